"""A real Kubernetes control plane: etcd, kube-apiserver, and kube-controller-manager on demand.

Runs inside the namespace of namespace.py, on fixed ports. No kubelet, no scheduler: pods are
objects whose addresses the test makes up and answers on.
"""

import base64
import contextlib
import json
import os
import shutil
import socket
import tempfile
import threading
import time

from support.certificates import Authority
from support.http_client import Connection, tls_context
from support.process import Process, run
from support.runner import Skip
from support.wait import wait_until

from namespace import API_ADDRESS, POD_PORT, inside

_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DEPLOY = os.path.join(_ROOT, 'apps', 'gatewayd', 'deploy')
PORT = 6443
ETCD = 'http://127.0.0.1:2379'
ADMIN_TOKEN = 'admin-of-the-test'
# A user without any right, to be given what a test wants.
RESTRICTED_TOKEN = 'restricted-of-the-test'
RESTRICTED_USER = 'restricted'

INGRESSES = '/apis/networking.k8s.io/v1/namespaces/%s/ingresses'
CLASS_ANNOTATION = 'kubernetes.io/ingress.class'
CONTROLLER = 'azure-api-management/gateway'
ONE_PORT = (('http', 80, POD_PORT),)  # of a Service: (name, port, target port)


def _programs():
    folder = run([os.path.join(_ROOT, 'cmake', 'build-kube-apiserver')], seconds=1800).strip()
    for name in ('etcd', 'kubectl'):
        if not shutil.which(name):
            raise Skip('the program %s is missing' % name)
    return folder


class ApiError(Exception):
    def __init__(self, response):
        super().__init__('%d %s' % (response.status, response.body[:500]))
        self.status = response.status


class ApiClient:
    """JSON requests to the API server on one kept connection. Not for several threads at once."""

    def __init__(self, cluster, token=ADMIN_TOKEN, timeout=30.0):
        self._cluster = cluster
        self._token = token
        self._timeout = timeout
        self._connection = None

    def _connect(self):
        return Connection(PORT, tls=True, sni='127.0.0.1', context=tls_context(self._cluster.ca.pem),
                          timeout=self._timeout)

    def raw(self, method, path, body=None, content_type='application/json'):
        headers = [('Authorization', 'Bearer ' + self._token), ('Accept', 'application/json')]
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            headers.append(('Content-Type', content_type))
        for attempt in (1, 2):
            if self._connection is None:
                self._connection = self._connect()
            try:
                return self._connection.request(path, '127.0.0.1', method, headers, data)
            except OSError:
                self.close()
                if attempt == 2:
                    raise

    def call(self, method, path, body=None, content_type='application/json'):
        """The decoded answer; ApiError unless it is a 2xx."""
        response = self.raw(method, path, body, content_type)
        if not 200 <= response.status < 300:
            raise ApiError(response)
        return response.json()

    def get(self, path):
        return self.call('GET', path)

    def create(self, path, body):
        return self.call('POST', path, body)

    def replace(self, path, body):
        return self.call('PUT', path, body)

    def merge(self, path, body):
        return self.call('PATCH', path, body, 'application/merge-patch+json')

    def delete(self, path):
        return self.call('DELETE', path)

    def close(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Cluster:
    def __init__(self, controllers=False):
        if not inside():
            raise Skip('not in a network namespace of its own')
        self._bin = _programs()
        self._controllers = controllers
        self.folder = tempfile.mkdtemp(prefix='cluster-')
        self.etcd = self.api_server = self.controller_manager = None
        self.ca = Authority(self._made('ca'))
        self._serving = self.ca.issue('localhost', '127.0.0.1', API_ADDRESS, '10.96.0.1',
                                      'kubernetes.default.svc')
        self._sa_key = os.path.join(self.folder, 'service-accounts.key')
        run(['openssl', 'genrsa', '-out', self._sa_key, '2048'])
        self._tokens = os.path.join(self.folder, 'tokens.csv')
        with open(self._tokens, 'w') as file:
            file.write('%s,admin,1,"system:masters"\n%s,%s,2\n'
                       % (ADMIN_TOKEN, RESTRICTED_TOKEN, RESTRICTED_USER))
        self.kubeconfig = self.write_kubeconfig('admin', ADMIN_TOKEN)
        self.client = ApiClient(self)
        self._namespaces = 0

    def _made(self, name):
        path = os.path.join(self.folder, name)
        os.makedirs(path, exist_ok=True)
        return path

    def write_kubeconfig(self, name, token, namespace='default'):
        """A kubeconfig file (YAML) for a bearer token; returns its path."""
        path = os.path.join(self.folder, name + '.kubeconfig')
        with open(path, 'w') as file:
            file.write('''apiVersion: v1
kind: Config
clusters:
- name: test
  cluster:
    server: https://127.0.0.1:%d
    certificate-authority: %s
users:
- name: %s
  user:
    token: %s
contexts:
- name: test
  context:
    cluster: test
    user: %s
    namespace: %s
current-context: test
''' % (PORT, self.ca.path, name, token, name, namespace))
        return path

    # --- starting and ending

    def start(self):
        self.start_etcd()
        self.start_api_server()
        if self._controllers:
            self.start_controllers()
        return self

    def start_etcd(self):
        """Starts etcd on the data that an earlier one left."""
        self.etcd = Process(
            ['etcd', '--data-dir', self._made('etcd'), '--listen-client-urls', ETCD,
             '--advertise-client-urls', ETCD, '--listen-peer-urls', 'http://127.0.0.1:0',
             '--unsafe-no-fsync'], 'etcd', folder=self.folder)
        self.etcd.wait_for_output('ready to serve client requests')

    def start_api_server(self, *more):
        """Starts kube-apiserver with `more` flags and waits until the namespace default is there."""
        self.api_server = Process(
            [os.path.join(self._bin, 'kube-apiserver'), '--advertise-address', API_ADDRESS,
             '--bind-address=127.0.0.1', '--secure-port=%d' % PORT, '--etcd-servers', ETCD,
             '--cert-dir', self._made('api'), '--tls-cert-file', self._serving.chain_path,
             '--tls-private-key-file', self._serving.key_path,
             '--service-cluster-ip-range=10.96.0.0/16',
             '--service-account-key-file', self._sa_key,
             '--service-account-signing-key-file', self._sa_key,
             '--service-account-issuer=https://kubernetes.default.svc',
             '--token-auth-file', self._tokens, '--authorization-mode=RBAC',
             # pods are only objects here and need no account; quotas are nobody's here, and their
             # check does not outlive a restart of etcd
             '--disable-admission-plugins=ServiceAccount,ResourceQuota',
             # what the gateway does when the server is busy has tests of its own
             '--max-requests-inflight=2000', '--shutdown-delay-duration=0s'] + list(more),
            'kube-apiserver', folder=self.folder)

        def ready():
            if self.api_server.exit_code() is not None:
                raise AssertionError(self.api_server.tail())
            return self.client.get('/api/v1/namespaces/default')
        wait_until(ready, 'the API server', 40.0)

    def stop_api_server(self, kill=True):
        """Ends kube-apiserver: at once, or (kill=False) as it ends by itself on SIGTERM."""
        self.client.close()
        if self.api_server is not None:
            if kill:
                self.api_server.kill()
            else:
                self.api_server.stop(70.0)
            self.api_server = None

    def stop_etcd(self):
        if self.etcd is not None:
            self.etcd.kill()
            self.etcd = None

    def start_controllers(self):
        """Starts the controllers that make Endpoints and EndpointSlices of Services and Pods."""
        self.put('/api/v1/nodes', {'metadata': {'name': 'node'}})
        self.controller_manager = Process(
            [os.path.join(self._bin, 'kube-controller-manager'), '--kubeconfig', self.kubeconfig,
             '--controllers=endpoint,endpointslice,endpointslicemirroring,namespace',
             '--leader-elect=false', '--address=127.0.0.1', '--port=0', '--secure-port=10257',
             '--cert-dir', self._made('controllers')], 'kube-controller-manager', folder=self.folder)

    def stop(self):
        for process in (self.controller_manager, self.api_server, self.etcd):
            if process is not None:
                process.kill()
        self.controller_manager = self.api_server = self.etcd = None
        self.client.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- objects

    def kubectl(self, *words, input=None, check=True):
        return run(['kubectl', '--kubeconfig', self.kubeconfig, '--cache-dir', self._made('cache')]
                   + list(words), input=input, check=check)

    def apply(self, *objects):
        """`kubectl apply` of manifests: text (YAML) or dictionaries."""
        text = '\n---\n'.join(item if isinstance(item, str) else json.dumps(item)
                              for item in objects)
        return self.kubectl('apply', '-f', '-', input=text)

    def make_namespace(self, stem='test'):
        """A new namespace; returns its name."""
        self._namespaces += 1
        name = '%s-%d' % (stem, self._namespaces)
        self.client.create('/api/v1/namespaces', {'metadata': {'name': name}})
        return name

    def put(self, path, body):
        """Creates the object in the collection `path`, or replaces it whole."""
        name = body['metadata']['name']
        try:
            return self.client.create(path, body)
        except ApiError as error:
            if error.status != 409:
                raise
        held = self.client.get('%s/%s' % (path, name))
        body = dict(body, metadata=dict(body['metadata'],
                                        resourceVersion=held['metadata']['resourceVersion']))
        if 'clusterIP' in held.get('spec', {}):
            body['spec'] = dict(body['spec'], clusterIP=held['spec']['clusterIP'])
        return self.client.replace('%s/%s' % (path, name), body)

    def put_service(self, namespace, name, addresses, ports=ONE_PORT):
        """A Service without selector and its EndpointSlice. `ports`: (name, port, target port)."""
        self.put('/api/v1/namespaces/%s/services' % namespace, service(name, ports))
        return self.put_slice(namespace, name, addresses, ports)

    def put_slice(self, namespace, name, addresses, ports=ONE_PORT, suffix='a'):
        """One EndpointSlice of a Service. `addresses`: texts, or (address, conditions)."""
        self.put('/apis/discovery.k8s.io/v1beta1/namespaces/%s/endpointslices' % namespace,
                 endpoint_slice(name, addresses, ports, suffix))

    def put_pod(self, namespace, name, labels, address, ready=True):
        """A Pod that claims to run at `address`: what kubelet and scheduler would have written."""
        path = '/api/v1/namespaces/%s/pods' % namespace
        try:
            self.client.create(path, {
                'metadata': {'name': name, 'labels': labels},
                'spec': {'nodeName': 'node', 'containers': [{'name': 'main', 'image': 'none'}]}})
        except ApiError as error:
            if error.status != 409:
                raise
        self.client.merge('%s/%s/status' % (path, name), {'status': {
            'phase': 'Running', 'podIP': address, 'podIPs': [{'ip': address}],
            'conditions': [{'type': 'Ready', 'status': 'True' if ready else 'False'}]}})

    def delete_pod(self, namespace, name):
        self.client.call('DELETE', '/api/v1/namespaces/%s/pods/%s' % (namespace, name),
                         {'gracePeriodSeconds': 0})

    def put_ingress(self, namespace, body):
        return self.put(INGRESSES % namespace, body)

    def delete_ingress(self, namespace, name):
        self.client.delete((INGRESSES % namespace) + '/' + name)

    def put_tls_secret(self, namespace, name, certificate):
        return self.put('/api/v1/namespaces/%s/secrets' % namespace,
                        tls_secret(name, certificate.chain_pem, certificate.key_pem))

    # --- the gateway's side

    def service_account(self, namespace, name='gatewayd', create=True):
        """The files of a pod of that ServiceAccount: token, ca.crt, namespace; returns the folder."""
        path = '/api/v1/namespaces/%s/serviceaccounts' % namespace
        if create:
            self.put(path, {'metadata': {'name': name}})
        token = self.client.create('%s/%s/token' % (path, name),
                                   {'apiVersion': 'authentication.k8s.io/v1', 'kind': 'TokenRequest',
                                    'spec': {'expirationSeconds': 3600}})['status']['token']
        folder = tempfile.mkdtemp(prefix='account-', dir=self.folder)
        for file_name, text in (('token', token), ('ca.crt', self.ca.pem), ('namespace', namespace)):
            with open(os.path.join(folder, file_name), 'w') as file:
                file.write(text)
        return folder

    def as_kubeconfig(self, namespace, kubeconfig=None):
        """Settings of a gatewayd that reaches the API server by a kubeconfig."""
        return {'k8s.ingress.enabled': 'true', 'k8s.ingress.namespace': namespace,
                'k8s.ingress.config.path': kubeconfig or self.kubeconfig}

    @staticmethod
    def in_pod(account_folder, settings=None):
        """A wrapper that starts a program as in a pod: with the files of its service account where a
        pod has them, and with the environment that Kubernetes and `settings` (name -> value) give it."""
        environment = {'KUBERNETES_SERVICE_HOST': '127.0.0.1', 'KUBERNETES_SERVICE_PORT': str(PORT)}
        environment.update(settings or {})
        # a fresh tmpfs over /run, seen by this program alone, holds the mount point
        script = ('set -e; place=/run/secrets/kubernetes.io/serviceaccount; '
                  'mount -t tmpfs -o mode=755 none /run; mkdir -p "$place"; '
                  'mount --bind "$0" "$place"; exec "$@"')
        # the shell would drop variables with dots in their names; env does not
        return (['unshare', '--mount', 'sh', '-c', script, account_folder, 'env']
                + ['%s=%s' % pair for pair in sorted(environment.items())])


def deploy_manifest(name, space):
    """A manifest of the deployment, for another namespace than its own."""
    with open(os.path.join(DEPLOY, name)) as file:
        return file.read().replace('namespace: gateway\n', 'namespace: %s\n' % space)


@contextlib.contextmanager
def cluster(controllers=False):
    """A started cluster; skips where the programs cannot be had."""
    made = Cluster(controllers)
    try:
        yield made.start()
    finally:
        made.stop()


# --- objects in short

def ingress(name, rules=(), tls=(), default=None, class_name=None, annotations=None):
    """An Ingress. `rules`: (host or None, path, path type, service, port); one object a rule.

    Without `class_name` the class annotation is set; annotations={} leaves the class out.
    """
    spec = {}
    if rules:
        spec['rules'] = []
        for host, path, kind, service_name, port in rules:
            rule = {'http': {'paths': [{'path': path, 'pathType': kind,
                                        'backend': backend(service_name, port)}]}}
            if host:
                rule['host'] = host
            spec['rules'].append(rule)
    if default:
        spec['defaultBackend'] = backend(*default)
    if tls:
        spec['tls'] = [{'hosts': list(hosts), 'secretName': secret} if secret else
                       {'hosts': list(hosts)} for hosts, secret in tls]
    metadata = {'name': name}
    if class_name:
        spec['ingressClassName'] = class_name
    elif annotations is None:
        annotations = {CLASS_ANNOTATION: CONTROLLER}
    if annotations:
        metadata['annotations'] = annotations
    return {'apiVersion': 'networking.k8s.io/v1', 'kind': 'Ingress', 'metadata': metadata,
            'spec': spec}


def backend(service_name, port):
    return {'service': {'name': service_name,
                        'port': {'number': port} if isinstance(port, int) else {'name': port}}}


def ingress_class(name, controller=CONTROLLER, default=False):
    metadata = {'name': name}
    if default:
        metadata['annotations'] = {'ingressclass.kubernetes.io/is-default-class': 'true'}
    return {'apiVersion': 'networking.k8s.io/v1', 'kind': 'IngressClass', 'metadata': metadata,
            'spec': {'controller': controller}}


def service(name, ports=ONE_PORT, selector=None):
    spec = {'ports': [{'name': port_name, 'port': port, 'targetPort': target}
                      for port_name, port, target in ports]}
    if selector:
        spec['selector'] = selector
    return {'apiVersion': 'v1', 'kind': 'Service', 'metadata': {'name': name}, 'spec': spec}


def tls_secret(name, chain_pem, key_pem):
    data = {'tls.crt': chain_pem, 'tls.key': key_pem}
    return {'apiVersion': 'v1', 'kind': 'Secret', 'metadata': {'name': name},
            'type': 'kubernetes.io/tls',
            'data': {key: base64.b64encode(text.encode()).decode() for key, text in data.items()}}


def endpoint_slice(service_name, addresses, ports=ONE_PORT, suffix='a',
                   version='v1beta1'):
    endpoints = []
    for item in addresses:
        address, conditions = item if isinstance(item, tuple) else (item, {'ready': True})
        endpoints.append({'addresses': [address], 'conditions': conditions})
    return {'apiVersion': 'discovery.k8s.io/' + version, 'kind': 'EndpointSlice',
            'metadata': {'name': '%s-%s' % (service_name, suffix),
                         'labels': {'kubernetes.io/service-name': service_name}},
            'addressType': 'IPv4', 'endpoints': endpoints,
            'ports': [{'name': port_name, 'port': target, 'protocol': 'TCP'}
                      for port_name, _, target in ports]}


class Watcher:
    """Another watch on the same API server: when a change could be known, and what it was."""

    def __init__(self, cluster, path, token=ADMIN_TOKEN):
        self.events = []  # (monotonic seconds, type, object)
        listed = cluster.client.get(path)
        self._connection = Connection(PORT, tls=True, sni='127.0.0.1',
                                      context=tls_context(cluster.ca.pem), timeout=600.0)
        separator = '&' if '?' in path else '?'
        self._connection.send(('GET %s%swatch=1&resourceVersion=%s HTTP/1.1\r\nHost: 127.0.0.1\r\n'
                               'Authorization: Bearer %s\r\n\r\n'
                               % (path, separator, listed['metadata']['resourceVersion'],
                                  token)).encode())
        status, _, _ = self._connection.read_head()
        if status != 200:
            raise AssertionError('watch answered %d' % status)

        def follow():
            pending = b''
            try:
                for data in iter(self._connection.read_chunk, b''):
                    pending += data
                    while b'\n' in pending:
                        line, pending = pending.split(b'\n', 1)
                        now = time.monotonic()
                        event = json.loads(line)
                        self.events.append((now, event['type'], event['object']))
            except (OSError, ValueError):
                return
        threading.Thread(target=follow, daemon=True).start()

    def close(self):
        try:
            self._connection.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._connection.close()
