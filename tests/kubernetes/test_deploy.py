#!/usr/bin/env python3
"""The manifests of the deployment, and its two READMEs, word by word.

A real API server takes every manifest and every kubectl command. There is no kubelet: this file starts the
programs in its place, with the environment, arguments, Secrets and volumes that the stored objects say."""

import base64
import contextlib
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading

sys.path[:0] = [os.path.dirname(os.path.dirname(os.path.abspath(__file__)))]

import namespace

namespace.enter()

from cluster import DEPLOY, cluster
from namespace import POD_ADDRESSES
from support import runner
from support.backend import Backend
from support.configd import LISTENING, program as configd_program
from support.gatewayd import TEST_SETTINGS, Gatewayd, program
from support.process import Process

HYBRID = os.path.join(DEPLOY, 'hybrid')


def test_an_api_server_takes_every_manifest(c):
    gateway, cloud = c.make_namespace(), c.make_namespace()
    paths = sorted(glob.glob(os.path.join(DEPLOY, '*.yaml')) + glob.glob(os.path.join(HYBRID, '*.yaml')))
    assert len(paths) >= 13, paths
    for path in paths:
        with open(path) as file:
            text = re.sub(r'(?m)(namespace: )gateway$', r'\1' + gateway, file.read())
        text = re.sub(r'(?m)(namespace: )cloud$', r'\1' + cloud, text)
        told = c.kubectl('apply', '--dry-run=server', '-f', '-', input=text)
        lines = told.strip().splitlines()
        assert lines and all(line.endswith(' created (server dry run)') for line in lines), (path, told)


def commands(text):
    """The code blocks of a README as one script."""
    blocks = re.findall(r'(?:^ {7,}.*\n|^\n(?= {7,}\S))+', text, re.M)
    script = ''.join(re.sub(r'^ {7,8}', '', block, flags=re.M) + '\n' for block in blocks)
    # `curl …  # 200` is to be answered so, in the end
    return re.sub(r'^(curl .*\S)\s+# (\d{3})$', r'expect \2 \1', script, flags=re.M)


PRELUDE = '''
set -euo pipefail
podman() { test "$1" = build; }
expect() {
  for _ in $(seq 200); do
    code=$("${@:2}" -s -o /dev/null -w '%{http_code}' || true)
    if [ "$code" = "$1" ]; then echo "expected $*"; return; fi
    read -rt 0.05 <> <(:) || true
  done
  echo "WRONG: $code instead of $*"; exit 1
}
'''

# What no API server does alone is asked of this file: one line there, one back.
KUBECTL = '''#!/bin/bash
case " $* " in
  *" port-forward "*) exit 0 ;;
  *" exec "*) while [ "$1" != -- ]; do shift; done; shift 2; exec GATEWAYD "$@" ;;
  *" get service gatewayd "*) echo 127.0.0.1; exit ;;
  *" rollout status "*) echo "$*" > FOLDER/asked; read -r answer < FOLDER/answered; echo "$answer"; [ "$answer" = up ]; exit ;;
esac
exec KUBECTL --kubeconfig CONFIG --cache-dir FOLDER/cache "$@"
'''


class Node:
    """Runs what the stored workloads say, one process each."""

    def __init__(self, c, stack):
        self.c = c
        self.stack = stack
        self.volumes = {}
        self.gatewayd = None
        self.folder = tempfile.mkdtemp(prefix='node-', dir=c.folder)
        self.hosts = os.path.join(self.folder, 'hosts')
        with open('/etc/hosts') as file, open(self.hosts, 'w') as ours:
            ours.write(file.read() + '\n127.0.0.1 configd.cloud.svc.cluster.local\n'
                       '%s echo-service.gateway.svc.cluster.local\n' % POD_ADDRESSES[0])

    def rollout(self, words):
        kind, name = re.search(r'(deployment|statefulset)/(\S+)', words).groups()
        space = re.search(r'-n (\S+)', words)[1]
        found = self.c.client.get('/apis/apps/v1/namespaces/%s/%ss/%s' % (space, kind, name))
        getattr(self, 'run_' + name)(space, found['spec'])

    def mounts(self, space, spec):
        """A folder for each mount path of the one container."""
        pod = spec['template']['spec']
        assert pod['securityContext']['fsGroup'] == 1001, 'volumes must be writable for the group'
        sources = {volume['name']: volume for volume in pod['volumes']}
        for claim in spec.get('volumeClaimTemplates', []):
            sources[claim['metadata']['name']] = {'persistentVolumeClaim': {'claimName': claim['metadata']['name']}}
        made = {}
        for mount in pod['containers'][0]['volumeMounts']:
            source = sources[mount['name']]
            if 'secret' in source:
                folder = tempfile.mkdtemp(prefix='secret-', dir=self.folder)
                held = self.c.client.get('/api/v1/namespaces/%s/secrets/%s' % (space, source['secret']['secretName']))
                for name, data in held['data'].items():
                    with open(os.path.join(folder, name), 'wb') as file:
                        file.write(base64.b64decode(data))
            else:  # an emptyDir lasts as long as the pod, which is all that is asked of it here
                claim = source.get('persistentVolumeClaim', {'claimName': 'none'})['claimName']
                folder = self.volumes.setdefault(claim, tempfile.mkdtemp(prefix='volume-', dir=self.folder))
            made[mount['mountPath']] = folder
        return made

    @staticmethod
    def here(text, mounts):
        for path, folder in mounts.items():
            text = text.replace(path + '/', folder + '/')
        return text

    def run_configd(self, space, spec):
        container = spec['template']['spec']['containers'][0]
        mounts = self.mounts(space, spec)
        process = Process([configd_program()] + [self.here(word, mounts) for word in container['args']], 'configd',
                          folder=self.folder)
        self.stack.callback(process.kill)
        assert process.wait_for_output(LISTENING).group('port') == str(container['ports'][0]['containerPort'])

    def run_shop(self, space, spec):
        self.stack.enter_context(Backend('shop', POD_ADDRESSES[1], 8080))
        self.c.put_slice(space, 'shop', [POD_ADDRESSES[1]], (('', 80, 8080),))

    def run_echo(self, space, spec):
        self.stack.enter_context(Backend('echo', POD_ADDRESSES[0], 8080))
        self.c.put_slice(space, 'echo-service', [POD_ADDRESSES[0]], (('http', 8080, 8080),))

    def run_gatewayd(self, space, spec):
        container = spec['template']['spec']['containers'][0]
        mounts = self.mounts(space, spec)
        settings = {}
        for source in container.get('envFrom', []):
            settings.update(self.c.client.get('/api/v1/namespaces/%s/configmaps/%s' % (
                space, source['configMapRef']['name']))['data'])
        for variable in container['env']:
            field = variable.get('valueFrom', {}).get('fieldRef', {}).get('fieldPath')
            assert 'value' in variable or field == 'metadata.namespace', variable
            settings[variable['name']] = variable.get('value', space)
        settings = {name: self.here(value, mounts) for name, value in settings.items()}
        # the load balancer's ports, and a default that depends on a folder at the root
        settings.update({'net.server.http.port': '80', 'net.server.https.port': '443',
                         'config.backup.path': mounts['/apim/config']})
        if self.gatewayd:
            self.gatewayd.kill()
        account = self.c.service_account(space, spec['template']['spec']['serviceAccountName'], create=False)
        names = ['unshare', '--mount', 'sh', '-c', 'mount --bind "$0" /etc/hosts; exec "$@"', self.hosts]
        self.gatewayd = Gatewayd(dict.fromkeys(TEST_SETTINGS), wrapper=names + self.c.in_pod(account, settings),
                                 folder=self.folder).start()
        self.stack.callback(self.gatewayd.kill)
        self.gatewayd.wait_ready()


def rename(text, space):
    """The namespace `gateway` under another name."""
    return re.sub(r'(namespace:? |-n )gateway\b', r'\1' + space, text)


class Walk:
    """A folder of the deployment, copied, with its README run from the first command to the last."""

    def __init__(self, c, folder, space):
        self.c = c
        self.space = space
        with contextlib.ExitStack() as stack:
            self.node = Node(c, stack)
            work = os.path.join(self.node.folder, 'deploy')
            subprocess.run(['cp', '-r', DEPLOY, work], check=True)
            for path in glob.glob(work + '/**/*.yaml', recursive=True):
                with open(path) as file:
                    text = rename(file.read(), space)
                with open(path, 'w') as file:
                    file.write(text)
            with open(os.path.join(folder, 'README.md')) as file:
                script = PRELUDE + commands(rename(file.read(), space))
            self.run(script, os.path.join(work, os.path.relpath(folder, DEPLOY)))

    def place(self, name):
        return os.path.join(self.node.folder, name)

    def run(self, script, work):
        os.mkfifo(self.place('asked'))
        os.mkfifo(self.place('answered'))
        os.mkdir(self.place('bin'))
        with open(self.place('bin/kubectl'), 'w') as file:
            file.write(KUBECTL.replace('GATEWAYD', program()).replace('FOLDER', self.node.folder)
                       .replace('KUBECTL', shutil.which('kubectl')).replace('CONFIG', self.c.kubeconfig))
        os.chmod(file.name, 0o755)
        problems = []
        thread = threading.Thread(target=self.answer, args=(problems,), daemon=True)
        thread.start()
        done = subprocess.run(['bash', '-c', script], cwd=work, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              env=dict(os.environ, PATH=self.place('bin') + ':' + os.environ['PATH'], no_proxy='*'),
                              timeout=120)
        with open(self.place('asked'), 'w') as file:
            file.write('end\n')
        thread.join(10)
        self.told = '%s\n%s\n%s' % (done.stdout, done.stderr, problems)
        assert done.returncode == 0 and not problems, self.told

    def answer(self, problems):
        """Each rollout that the script waits for."""
        while True:
            with open(self.place('asked')) as file:
                asked = file.read().strip()
            if asked == 'end':
                return
            try:
                self.node.rollout(asked)
                said = 'up'
            except BaseException as error:  # told to the script, which ends
                problems.append('%s: %r' % (asked, error))
                said = 'down'
            with open(self.place('answered'), 'w') as file:
                file.write(said + '\n')

    def expected(self):
        """How many requests were answered as the README says."""
        return len(re.findall('^expected ', self.told, re.M))


def test_the_walkthrough_of_the_readme_for_ingress_only(c):
    walk = Walk(c, DEPLOY, 'gateway-only')
    assert walk.expected() == 2, walk.told
    assert '* gateway-only/shop' in walk.told, walk.told  # explain


def test_the_walkthrough_of_the_hybrid_readme(c):
    walk = Walk(c, HYBRID, 'gateway')
    assert walk.expected() == 8, walk.told
    assert '* pet@cloud' in walk.told, walk.told  # explain
    assert '"lastHeartbeat"' in walk.told, walk.told
    backup = glob.glob(os.path.join(walk.node.volumes['backup'], 'cloud-*.backup'))
    assert backup, 'no backup on the volume'
    for path in backup:
        assert os.stat(path).st_mode & 0o777 == 0o600, path
        with open(path, 'rb') as file:
            assert b'echo-service' not in file.read(), 'not encrypted'


if __name__ == '__main__':
    runner.main(globals(), cluster)
