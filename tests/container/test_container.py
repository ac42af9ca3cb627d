#!/usr/bin/python3
"""Builds the image of gatewayd with buildah on a base made by debootstrap, starts it, and asks it.

Everything lives in temporary folders but the base, whose tarball is kept in the cache folder."""

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.dirname(HERE))

from support import runner  # noqa: E402
from support.backend import Backend  # noqa: E402
from support.gatewayd import LISTENING  # noqa: E402
from support.http_client import get  # noqa: E402
from support.process import Process, run  # noqa: E402
from support.wait import wait_until  # noqa: E402

CACHE = os.path.join(os.environ.get('XDG_CACHE_HOME') or os.path.expanduser('~/.cache'), 'gateway')
BASE = 'localhost/gateway-base'
IMAGE = 'localhost/gatewayd'


def own_sources():
    """The distribution's own package lists, and of these the first mirror."""
    codename = re.search(r'^VERSION_CODENAME=(\w+)', open('/etc/os-release').read(), re.M)[1]
    lists, mirror = {}, None
    folder = '/etc/apt/sources.list.d'
    paths = sorted(os.path.join(folder, name) for name in os.listdir(folder)) + ['/etc/apt/sources.list']
    for path in paths:
        if not os.path.exists(path) or not path.endswith(('.sources', '.list')):
            continue
        text = open(path).read()
        ours = [(m[1], m[2]) for m in re.finditer(r'^deb\s+(?:\[[^]]*\]\s+)?(\S+)\s+(\S+)', text, re.M)]
        for stanza in re.split(r'\n\s*\n', text):
            uris = re.search(r'^URIs:\s*(\S+)', stanza, re.M)
            suites = re.search(r'^Suites:\s*(.+)', stanza, re.M)
            if uris and suites:
                ours += [(uris[1], suite) for suite in suites[1].split()]
        if not any(suite == codename or suite.startswith(codename + '-') for _, suite in ours):
            continue
        lists[os.path.basename(path)] = text
        mirror = mirror or next((uri for uri, suite in ours if suite == codename), None)
    if not mirror:
        raise runner.Skip('the package lists of this system name no mirror for %s' % codename)
    return codename, mirror, lists


def base_tarball():
    """A minimal system of this distribution, as a tar file; made once."""
    codename, mirror, lists = own_sources()
    path = os.path.join(CACHE, 'base-%s.tar' % codename)
    os.makedirs(CACHE, exist_ok=True)
    with open(os.path.join(CACHE, 'base.lock'), 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.path.exists(path):
            return path
        work = tempfile.mkdtemp(prefix='base-', dir=CACHE)
        try:
            root = os.path.join(work, 'root')
            run(['debootstrap', '--variant=minbase', '--include=ca-certificates', codename, root, mirror], seconds=600)
            os.unlink(os.path.join(root, 'etc/apt/sources.list'))
            for name, text in lists.items():
                where = 'etc/apt/sources.list.d' if name != 'sources.list' else 'etc/apt'
                with open(os.path.join(root, where, name), 'w') as file:
                    file.write(text)
            shutil.rmtree(os.path.join(root, 'var/cache/apt/archives'), ignore_errors=True)
            run(['tar', '-C', root, '--exclude=./dev/*', '--exclude=./var/lib/apt/lists/*', '-cf', path + '.new', '.'],
                seconds=120)
            os.rename(path + '.new', path)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return path


class Storage:
    """podman and buildah on a storage of their own."""

    def __init__(self, folder):
        self.options = ['--root', os.path.join(folder, 'storage'), '--runroot', os.path.join(folder, 'run'),
                        '--storage-driver', 'vfs']

    def podman(self, *words, **more):
        return run(['podman', *self.options, *words], **more)

    def buildah(self, *words, **more):
        return run(['buildah', *self.options, *words], **more)


class Image:
    """The image, built from this tree."""

    def __init__(self, folder):
        self.folder = folder
        self.storage = Storage(folder)
        self.storage.podman('import', base_tarball(), BASE, seconds=300)
        # Mounted, so that what is in the caches is not fetched or compiled again.
        ccache = os.environ.get('CCACHE_DIR') or os.path.join(os.path.dirname(CACHE), 'ccache')
        os.makedirs(ccache, exist_ok=True)
        self.storage.buildah('bud', '--isolation', 'chroot', '--build-arg', 'BASE=' + BASE,
                             '--build-arg', 'SOURCE=' + ROOT, '--volume', CACHE + ':/root/.cache/gateway:rw',
                             '--volume', ccache + ':/root/.cache/ccache:rw', '--tag', IMAGE,
                             '--file', os.path.join(ROOT, 'apps/gatewayd/Containerfile'), ROOT, seconds=900)
        self.container = self.storage.buildah('from', IMAGE).strip()
        self.mount = self.storage.buildah('mount', self.container).strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.storage.buildah('umount', self.container)
        self.storage.buildah('rm', self.container)
        shutil.rmtree(self.folder, ignore_errors=True)

    def files(self):
        for base, _, names in os.walk(self.mount):
            for name in names:
                yield os.path.join(base, name)


def fixture():
    for tool in ('debootstrap', 'buildah', 'podman'):
        if not shutil.which(tool):
            raise runner.Skip('%s is not installed; cmake/install-dependencies installs it' % tool)
    if os.geteuid() != 0:
        raise runner.Skip('building images here needs root')
    return Image(tempfile.mkdtemp(prefix='container-'))


def test_the_image_is_small_has_no_shell_and_runs_as_1001(image):
    about = json.loads(image.storage.buildah('inspect', '--type', 'image', IMAGE))['OCIv1']['config']
    assert about['User'] == '1001:1001', about
    assert set(about['ExposedPorts']) == {'8080/tcp', '8081/tcp', '8083/tcp'}, about
    assert about['Entrypoint'][0].endswith('gatewayd'), about
    names = {os.path.basename(path) for path in image.files()}
    assert not names & {'sh', 'bash', 'dash', 'busybox', 'apt', 'dpkg'}, names
    size = sum(os.lstat(path).st_size for path in image.files())
    print('    %.1f MiB in %d files' % (size / 2**20, len(list(image.files()))))
    assert size < 40 * 2**20, size


def test_it_answers_a_request_by_a_manifests_folder(image):
    manifests = tempfile.mkdtemp(prefix='manifests-', dir=image.folder)
    os.chmod(image.folder, 0o755)
    os.chmod(manifests, 0o755)
    with Backend('hello') as backend:
        with open(os.path.join(manifests, 'hello.yaml'), 'w') as file:
            file.write(MANIFEST.replace('PORT', str(backend.port)))
        gateway = Process(
            ['buildah', *image.storage.options, 'run', '--isolation', 'chroot', '--user', '1001:1001', '--volume',
             manifests + ':/manifests:ro', image.container, '--', '/usr/bin/gatewayd', 'run',
             '--set', 'config.file.path=/manifests', '--set', 'net.server.address=127.0.0.1',
             '--set', 'net.server.http.port=0', '--set', 'net.server.https.port=0', '--set', 'admin.port=0',
             '--set', 'monitor.port=0', '--set', 'drain.delay=0s'], 'container')
        match = gateway.wait_for_output(LISTENING.pattern, 30)
        monitor, http = int(match.group('monitor_port')), int(match.group('http_port'))
        wait_until(lambda: get(monitor, '/ready').status == 200, 'readiness in the container')
        answer = get(http, '/hello', 'any.example')
        assert answer.status == 200 and answer.json()['backend'] == 'hello', answer
        pid = next(int(pid) for pid in os.listdir('/proc') if pid.isdigit() and in_container(pid, match))
        status = open('/proc/%d/status' % pid).read()
        assert re.search(r'^Uid:\s+1001\s', status, re.M), status
        os.kill(pid, 15)
        code = gateway.wait()
        assert code == 0, gateway.tail()


def in_container(pid, match):
    """Whether this is the gatewayd whose announced port it is: the one that names /manifests."""
    try:
        with open('/proc/%s/cmdline' % pid, 'rb') as file:
            words = file.read().split(b'\0')
    except OSError:
        return False
    return words[0] == b'/usr/bin/gatewayd' and b'config.file.path=/manifests' in words


MANIFEST = '''
apiVersion: v1
kind: Service
metadata: {name: hello, namespace: default}
spec:
  ports: [{port: 80}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: hello-1, namespace: default, labels: {kubernetes.io/service-name: hello}}
addressType: IPv4
ports: [{port: PORT}]
endpoints: [{addresses: [127.0.0.1]}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: hello
  namespace: default
  annotations: {kubernetes.io/ingress.class: azure-api-management/gateway}
spec:
  rules:
    - http:
        paths: [{path: /hello, pathType: Prefix, backend: {service: {name: hello, port: {number: 80}}}}]
'''

if __name__ == '__main__':
    runner.main(globals(), fixture)
