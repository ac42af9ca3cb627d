"""What these tests share: where things are, folders with manifests and documents, a gateway on them."""

import json
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.dirname(HERE))

from support.gatewayd import Gatewayd, program  # noqa: E402


def gatewayd(*words, env=None, seconds=30):
    """Runs gatewayd to its end, in an environment without settings; returns (code, stdout, stderr)."""
    done = subprocess.run([program(), *map(str, words)], capture_output=True, text=True, timeout=seconds,
                          env=dict({'PATH': os.environ['PATH'], 'HOME': '/'}, **(env or {})))
    return done.returncode, done.stdout, done.stderr


class Folder:
    """A temporary folder of files, each replaced in one step."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix='gatewayd-test-')

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)

    def at(self, name):
        return os.path.join(self.path, name)

    def write(self, name, content):
        if not isinstance(content, (str, bytes)):
            content = json.dumps(content)
        os.makedirs(os.path.dirname(self.at(name)), exist_ok=True)
        temporary = tempfile.mktemp(prefix='.', dir=self.path)
        with open(temporary, 'wb') as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        os.rename(temporary, self.at(name))
        return self.at(name)

    def folder(self, name):
        os.makedirs(self.at(name), exist_ok=True)
        return self.at(name)

    def remove(self, name):
        os.unlink(self.at(name))


def document(routes=(), **more):
    """Our document: `routes` are (host, path, port) or (host, path, port, id), each with a backend of its own."""
    apis, backends = [], []
    for host, path, port, *rest in routes:
        name = rest[0] if rest else host + path
        backends.append({'id': name, 'endpoints': [{'address': '127.0.0.1', 'port': port}]})
        apis.append({'id': name, 'host': host, 'path': path, 'backend': name})
    return dict({'apiVersion': 'gateway/v1', 'kind': 'Configuration', 'apis': apis, 'backends': backends}, **more)


def service(name, port, namespace='default'):
    """A Service and its EndpointSlice on this machine."""
    return [
        {'apiVersion': 'v1', 'kind': 'Service', 'metadata': {'name': name, 'namespace': namespace},
         'spec': {'ports': [{'name': 'http', 'port': 80}]}},
        {'apiVersion': 'discovery.k8s.io/v1', 'kind': 'EndpointSlice', 'addressType': 'IPv4',
         'metadata': {'name': name + '-1', 'namespace': namespace, 'labels': {'kubernetes.io/service-name': name}},
         'ports': [{'name': 'http', 'port': port}], 'endpoints': [{'addresses': ['127.0.0.1']}]}]


def ingress(name, path='/', service='hello', host=None, namespace='default', **spec):
    rule = {'http': {'paths': [{'path': path, 'pathType': 'Prefix',
                                'backend': {'service': {'name': service, 'port': {'number': 80}}}}]}}
    if host:
        rule['host'] = host
    return {'apiVersion': 'networking.k8s.io/v1', 'kind': 'Ingress',
            'metadata': {'name': name, 'namespace': namespace,
                         'annotations': {'kubernetes.io/ingress.class': 'azure-api-management/gateway'}},
            'spec': dict({'rules': [rule]}, **spec)}


def listed(*objects):
    return {'apiVersion': 'v1', 'kind': 'List', 'items': list(objects)}


def serving(path, **settings):
    """A gatewayd, ready, whose source is the file or folder `path`. Settings: dots as double underscores."""
    given = {'config.file.path': path}
    given.update({key.replace('__', '.'): value for key, value in settings.items()})
    return Gatewayd(given).start().wait_ready()
