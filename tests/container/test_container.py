#!/usr/bin/python3
"""Builds the images of gatewayd and configd with buildah on a base made by debootstrap, starts them, and asks them.

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
from support.certificates import Authority  # noqa: E402
from support.configd import ADMIN, Configd  # noqa: E402
from support.configd import LISTENING as CONFIGD_LISTENING  # noqa: E402
from support.gatewayd import LISTENING, TEST_SETTINGS  # noqa: E402
from support.http_client import get  # noqa: E402
from support.process import Process, run  # noqa: E402
from support.wait import wait_until  # noqa: E402

CACHE = os.path.join(os.environ.get('XDG_CACHE_HOME') or os.path.expanduser('~/.cache'), 'gateway')
BASE = 'localhost/gateway-base'


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
    """The image of one program, built from this tree."""

    def __init__(self, storage, program):
        self.storage = storage
        self.program = program
        self.name = 'localhost/' + program
        # Mounted, so that what is in the caches is not fetched or compiled again.
        ccache = os.environ.get('CCACHE_DIR') or os.path.join(os.path.dirname(CACHE), 'ccache')
        os.makedirs(ccache, exist_ok=True)
        storage.buildah('bud', '--isolation', 'chroot', '--build-arg', 'BASE=' + BASE,
                        '--build-arg', 'SOURCE=' + ROOT, '--volume', CACHE + ':/root/.cache/gateway:rw',
                        '--volume', ccache + ':/root/.cache/ccache:rw', '--tag', self.name,
                        '--file', os.path.join(ROOT, 'apps', program, 'Containerfile'), ROOT, seconds=900)
        self.container = storage.buildah('from', self.name).strip()
        self.mount = storage.buildah('mount', self.container).strip()

    def release(self):
        self.storage.buildah('umount', self.container)
        self.storage.buildah('rm', self.container)

    def about(self):
        return json.loads(self.storage.buildah('inspect', '--type', 'image', self.name))['OCIv1']['config']

    def files(self):
        for base, _, names in os.walk(self.mount):
            for name in names:
                yield os.path.join(base, name)

    def run(self, words, volumes=(), env=()):
        """Starts the program in the container; `volumes`: (folder here, path there, ro or rw)."""
        options = ['--isolation', 'chroot', '--user', '1001:1001']
        for volume in volumes:
            options += ['--volume', ':'.join(volume)]
        for pair in env:
            options += ['--env', pair]
        return Contained(self, options, words)


class Contained(Process):
    """A program in a container. It is told apart from its like by its words."""

    def __init__(self, image, options, words):
        self.words = ['/usr/bin/' + image.program, *words]
        super().__init__(['buildah', *image.storage.options, 'run', *options, image.container, '--', *self.words],
                         'container-' + image.program)

    def inner_pid(self):
        """The program's own id; buildah's is not passed a signal on."""
        expected = [word.encode() for word in self.words]
        for pid in filter(str.isdigit, os.listdir('/proc')):
            try:
                with open('/proc/%s/cmdline' % pid, 'rb') as file:
                    if file.read().split(b'\0')[:-1] == expected:
                        return int(pid)
            except OSError:
                continue
        raise AssertionError('%s does not run' % ' '.join(self.words))

    def uid(self):
        return re.search(r'^Uid:\s+(\d+)\s', open('/proc/%d/status' % self.inner_pid()).read(), re.M)[1]

    def stop(self, seconds=15.0):
        os.kill(self.inner_pid(), 15)
        return self.wait(seconds)


class Images:
    """Both images, and a folder that they may read."""

    def __init__(self, folder):
        self.folder = folder
        os.chmod(folder, 0o755)
        storage = Storage(folder)
        storage.podman('import', base_tarball(), BASE, seconds=300)
        self.gatewayd = Image(storage, 'gatewayd')
        self.configd = Image(storage, 'configd')

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.gatewayd.release()
        self.configd.release()
        shutil.rmtree(self.folder, ignore_errors=True)

    def make_folder(self, name, owner=0):
        path = tempfile.mkdtemp(prefix=name + '-', dir=self.folder)
        os.chmod(path, 0o755)
        os.chown(path, owner, owner)
        return path

    def gateway(self, settings, volumes=()):
        """A gatewayd on any free ports, and these: {http_port, monitor_port, …}."""
        words = ['run']
        for key, value in dict(TEST_SETTINGS, **settings).items():
            words += ['--set', '%s=%s' % (key, value)]
        started = self.gatewayd.run(words, volumes)
        ports = started.wait_for_output(LISTENING.pattern, 30)
        return started, int(ports.group('http_port')), int(ports.group('monitor_port'))


def fixture():
    for tool in ('debootstrap', 'buildah', 'podman'):
        if not shutil.which(tool):
            raise runner.Skip('%s is not installed; cmake/install-dependencies installs it' % tool)
    if os.geteuid() != 0:
        raise runner.Skip('building images here needs root')
    return Images(tempfile.mkdtemp(prefix='container-'))


def test_the_images_are_small_have_no_shell_and_run_as_1001(images):
    for image, ports in ((images.gatewayd, {'8080/tcp', '8081/tcp', '8083/tcp'}), (images.configd, {'8090/tcp'})):
        about = image.about()
        assert about['User'] == '1001:1001', about
        assert set(about['ExposedPorts']) == ports, about
        assert about['Entrypoint'] == ['/usr/bin/' + image.program], about
        names = {os.path.basename(path) for path in image.files()}
        assert not names & {'sh', 'bash', 'dash', 'busybox', 'apt', 'dpkg'}, names
        size = sum(os.lstat(path).st_size for path in image.files())
        print('    %s: %.1f MiB in %d files' % (image.program, size / 2**20, len(list(image.files()))))
        assert size < 64 * 2**20, size  # half of it are the tables of ICU, which libxml2 brings
    assert os.stat(os.path.join(images.configd.mount, 'data')).st_uid == 1001
    assert set(images.configd.about()['Volumes']) == {'/data'}


def test_gatewayd_answers_a_request_by_a_manifests_folder(images):
    manifests = images.make_folder('manifests')
    with Backend('hello') as backend:
        with open(os.path.join(manifests, 'hello.yaml'), 'w') as file:
            file.write(MANIFEST.replace('PORT', str(backend.port)))
        gateway, http, monitor = images.gateway({'config.file.path': '/manifests'}, [(manifests, '/manifests', 'ro')])
        wait_until(lambda: get(monitor, '/ready').status == 200, 'readiness in the container')
        answer = get(http, '/hello', 'any.example')
        assert answer.status == 200 and answer.json()['backend'] == 'hello', answer
        assert gateway.uid() == '1001'
        assert gateway.stop() == 0, gateway.tail()


class ContainedConfigd(Configd):
    """configd in its image, over TLS, with its database on a volume."""

    def __init__(self, images, data, secrets):
        super().__init__('/data/configd.db', tls=True)
        self.images = images
        self.volumes = [(data, '/data', 'rw'), (secrets, '/secrets', 'ro')]

    def start(self):
        words = ['serve', '--database', self.database, '--address', '127.0.0.1', '--port', str(self.port),
                 '--tls-certificate', '/secrets/tls.crt', '--tls-key', '/secrets/tls.key']
        self.process = self.images.configd.run(words, self.volumes, ['CONFIGD_ADMIN_TOKEN=' + ADMIN])
        self.port = int(self.process.wait_for_output(CONFIGD_LISTENING, 30).group('port'))
        return self


def test_gatewayd_serves_what_configd_says_each_in_its_container(images):
    data, state = images.make_folder('data', 1001), images.make_folder('state', 1001)
    secrets = images.make_folder('secrets')
    authority = Authority()
    leaf = authority.issue('127.0.0.1')
    for name, text in (('tls.crt', leaf.chain_pem), ('tls.key', leaf.key_pem), ('ca.crt', authority.pem)):
        with open(os.path.join(secrets, name), 'w') as file:
            file.write(text)
    with Backend('cloud') as backend, ContainedConfigd(images, data, secrets) as configd:
        assert configd.process.uid() == '1001'
        configd.put('/gateways/east', description='', locationData={'name': 'here'})
        configd.put('/apis/users', displayName='Users', path='users', protocols=['http'], subscriptionRequired=False,
                    serviceUrl='http://127.0.0.1:%d' % backend.port)
        configd.put('/apis/users/operations/get', displayName='get', method='GET', urlTemplate='/{id}')
        configd.put('/gateways/east/apis/users')
        with open(os.path.join(secrets, 'token'), 'w') as file:
            file.write(configd.token('east'))
        settings = {'config.service.endpoint': configd.url, 'config.service.auth.file': '/secrets/token',
                    'config.service.ca.path': '/secrets/ca.crt'}
        volumes = [(secrets, '/secrets', 'ro'), (state, '/apim/config', 'rw')]
        gateway, http, monitor = images.gateway(settings, volumes)
        wait_until(lambda: get(monitor, '/ready').status == 200, 'readiness in the container', 30.0)
        answer = get(http, '/users/7', 'any.example')
        assert answer.status == 200 and answer.json()['backend'] == 'cloud', answer
        configd.delete('/apis/users/operations/get')
        wait_until(lambda: get(http, '/users/7', 'any.example').status == 404, 'the change')
        configd.put('/apis/users/operations/all', displayName='all', method='GET', urlTemplate='/*')
        wait_until(lambda: get(http, '/users/7', 'any.example').status == 200, 'the next change')
        assert gateway.stop() == 0, gateway.tail()
        assert configd.stop() == 0, configd.process.tail()
        assert os.path.exists(os.path.join(data, 'configd.db'))
        # on its own, from the backup on the volume
        gateway, http, monitor = images.gateway(settings, volumes)
        wait_until(lambda: get(monitor, '/ready').status == 200, 'readiness without the service', 30.0)
        assert get(http, '/users/7', 'any.example').status == 200
        assert gateway.stop() == 0, gateway.tail()


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
