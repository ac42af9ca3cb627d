"""gatewayd with two sources, a folder of Kubernetes manifests and configd: to be tried by hand, or to play a
story by itself (--walkthrough)."""

import argparse
import os
import signal
import socket
import sys
import tempfile

sys.dont_write_bytecode = True

from cloud import Cloud  # noqa: E402
from stage import HERE, Stage  # noqa: E402
from walkthrough import Walkthrough  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(HERE))


def free(ports):
    for port in ports:
        try:
            with socket.create_server(('127.0.0.1', port)):
                pass
        except OSError:
            return False
    return True


def put_up(folder, ports, cloud_port):
    """Both halves, configd started; gatewayd is left to the caller."""
    cloud = Cloud(folder, cloud_port)
    cloud.import_users()
    cloud.start()
    try:
        cloud.sell()
        return Stage(folder, ports, cloud), cloud
    except BaseException:
        cloud.stop()
        raise


def stay(stage, cloud):
    stage.start()
    base = 'http://127.0.0.1:' + stage.http
    print("""
gatewayd serves {base} and https://127.0.0.1:{https}; its log is {log}
configd listens on {cloud}; its log is {cloud_log}

from the folder of manifests:
  curl {base}/hello/world
  curl {base}/goodbye
  curl --cacert {certificate} --resolve shop.example:{https}:127.0.0.1 https://shop.example:{https}/
from the cloud, with the key of a subscription:
  curl -H 'Ocp-Apim-Subscription-Key: {key}' {base}/users
  curl -H 'Ocp-Apim-Subscription-Key: {key}' {base}/users/7
what answers, and why:
  {gatewayd} explain --admin 127.0.0.1:{admin} {base}/users
  curl http://127.0.0.1:{admin}/status
  curl http://127.0.0.1:{monitor}/metrics
the management API of the cloud:
  curl -H "Authorization: Bearer $(cat {admin_file})" {cloud}/apis/users
  curl -X PATCH -H "Authorization: Bearer $(cat {admin_file})" -H 'If-Match: *' -H 'Content-Type: application/json' \\
    -d '{{"properties":{{"path":"people"}}}}' {cloud}/apis/users

Edit the manifests in {manifests}, or change the cloud: routes change at once.
Ctrl-C ends it.""".format(base=base, https=stage.https, log=stage.log, certificate=stage.certificate, admin=stage.admin,
                          monitor=stage.monitor, manifests=stage.manifests, gatewayd=os.environ['GATEWAYD'],
                          cloud=cloud.url, cloud_log=cloud.log, key=cloud.key, admin_file=cloud.admin_file), flush=True)
    try:
        return stage.process.wait()
    except KeyboardInterrupt:
        return stage.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--walkthrough', action='store_true', help='play a story; exit code 0 when every answer was right')
    wanted = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # Everything is on this machine: no proxy on the way.
    os.environ['no_proxy'] = os.environ['NO_PROXY'] = '*'
    if wanted.walkthrough:
        with tempfile.TemporaryDirectory(prefix='quickstart-') as folder:
            stage, cloud = put_up(folder, (0, 0, 0, 0), 0)
            try:
                return Walkthrough(stage, cloud).play()
            finally:
                stage.stop()
                cloud.stop()
    folder = os.path.join(ROOT, 'build', 'quickstart')
    os.makedirs(folder, exist_ok=True)
    ports = (8080, 8081, 8082, 8083)
    stage, cloud = put_up(folder, ports if free(ports) else (0, 0, 0, 0), 8090 if free([8090]) else 0)
    try:
        return stay(stage, cloud)
    finally:
        stage.stop()
        cloud.stop()


if __name__ == '__main__':
    sys.exit(main())
