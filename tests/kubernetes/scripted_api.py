"""An API server that a test writes the lines for.

For what a real one does too rarely, or not yet: pages, bookmarks, 410 in lists and watches, drops
in the middle of a line, 429 and 500 with Retry-After, EndpointSlice v1. It keeps a small store of
objects with one history of resource versions, and records every request.
"""

import json
import select
import socket
import threading
import urllib.parse

from support.backend import Backend

# group/version -> resource -> kind
RESOURCES = {
    'v1': {'services': 'Service', 'secrets': 'Secret', 'endpoints': 'Endpoints',
           'namespaces': 'Namespace'},
    'networking.k8s.io/v1': {'ingresses': 'Ingress', 'ingressclasses': 'IngressClass'},
    'discovery.k8s.io/v1': {'endpointslices': 'EndpointSlice'},
    'discovery.k8s.io/v1beta1': {'endpointslices': 'EndpointSlice'},
}
CLUSTER_SCOPED = {'ingressclasses', 'namespaces'}


class Request:
    def __init__(self, method, target, headers):
        self.method = method
        self.target = target
        path, _, query = target.partition('?')
        self.path = urllib.parse.unquote(path)
        self.query = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        self.headers = {name.lower(): value for name, value in headers}
        words = self.path.strip('/').split('/')
        self.group_version = None
        self.namespace = None
        self.resource = None
        self.name = None
        if words[0] == 'api' and len(words) > 1:
            self.group_version, rest = words[1], words[2:]
        elif words[0] == 'apis' and len(words) > 2:
            self.group_version, rest = '/'.join(words[1:3]), words[3:]
        else:
            rest = []
        if len(rest) > 2 and rest[0] == 'namespaces':
            self.namespace, rest = rest[1], rest[2:]
        if rest:
            self.resource = rest[0]
            self.name = rest[1] if len(rest) > 1 else None
        self.watch = self.query.get('watch') in ('1', 'true')

    def __repr__(self):
        return '%s %s' % (self.method, self.target)


class _Cut(Exception):
    """Ends a connection without another byte."""


class _Watch:
    def __init__(self, request, stream):
        self.request = request
        self.stream = stream
        self.orders = []  # what to do next beside sending events: callables
        self.ended = False  # sends no more events


class ScriptedApi(Backend):
    """Listens at once. Use it as a context manager, or close() it.

    `discovery`: the versions of discovery.k8s.io that it serves, newest first; () = Endpoints only.
    `page`: the most items of one list answer, whatever the client asks for.
    """

    def __init__(self, address='127.0.0.1', port=0, discovery=('v1',), page=None, context=None):
        self.page = page
        self.requests_seen = []
        self.forbidden = set()  # resources answered with 403
        self._versions = {'v1', 'networking.k8s.io/v1'} | {'discovery.k8s.io/' + v for v in discovery}
        self._discovery = list(discovery)
        self._objects = {}   # (group/version, resource) -> {(namespace, name): object}
        self._history = []   # (version, group/version, resource, type, object)
        self._version = 100
        self._compacted = 0
        self._rules = []     # (matches, answer, times left)
        self._watches = []
        self._pages = {}     # continue token -> (items left, version)
        self._changed = threading.Condition()
        super().__init__('scripted-api', address, port, context=context)

    # --- what the test says

    def put(self, group_version, resource, body):
        """Adds or changes an object; watches see it. Returns its resource version."""
        with self._changed:
            body = json.loads(json.dumps(body))
            metadata = body['metadata']
            if resource not in CLUSTER_SCOPED:
                metadata.setdefault('namespace', 'default')
            key = (metadata.get('namespace', ''), metadata['name'])
            held = self._objects.setdefault((group_version, resource), {})
            self._version += 1
            before = held.get(key)
            metadata['resourceVersion'] = str(self._version)
            metadata.setdefault('uid', before['metadata']['uid'] if before
                                else '00000000-0000-0000-0000-%012d' % self._version)
            metadata.setdefault('creationTimestamp', before['metadata']['creationTimestamp'] if before
                                else '2024-01-01T00:00:00Z')
            generation = 1
            if before:
                generation = before['metadata']['generation'] + (before.get('spec') != body.get('spec'))
            metadata['generation'] = generation
            body.setdefault('apiVersion', group_version)
            body.setdefault('kind', RESOURCES[group_version][resource])
            held[key] = body
            self._record(group_version, resource, 'MODIFIED' if before else 'ADDED', body)
            return self._version

    def delete(self, group_version, resource, name, namespace='default'):
        with self._changed:
            key = ('' if resource in CLUSTER_SCOPED else namespace, name)
            body = json.loads(json.dumps(self._objects[(group_version, resource)].pop(key)))
            self._version += 1
            body['metadata']['resourceVersion'] = str(self._version)
            self._record(group_version, resource, 'DELETED', body)

    def change_unseen(self, act):
        """Runs `act()`, whose changes no watch will ever send: only a list shows them."""
        with self._changed:
            kept = list(self._history)
            act()
            self._history = kept
            self._changed.notify_all()

    def answer(self, matches, status, headers=(), body=None, times=1):
        """The next `times` requests for which `matches(request)` is true get this answer.

        `body` is a dictionary, or by default a Status of that code.
        """
        with self._changed:
            self._rules.append([matches, (status, list(headers), body or status_of(status)), times])

    def cut(self, matches, times=1):
        """The next `times` matching requests are cut without an answer."""
        with self._changed:
            self._rules.append([matches, None, times])

    def compact(self):
        """Forgets the history: a watch from before now is answered 410, and so are list pages."""
        with self._changed:
            self._compacted = self._version
            self._history = []
            self._pages = {}

    def bookmark(self, resource):
        """Sends every watch of `resource` a bookmark with the newest version."""
        def order(watch):
            kind = RESOURCES[watch.request.group_version][resource]
            self._line(watch, 'BOOKMARK', {'kind': kind, 'apiVersion': watch.request.group_version,
                                           'metadata': {'resourceVersion': str(self._version)}})
        return self._order(resource, order)

    def expire(self, resource):
        """Sends every watch of `resource` the ERROR 410 and ends it."""
        def order(watch):
            self._line(watch, 'ERROR', status_of(410, 'Expired', 'too old resource version'))
            raise EOFError
        return self._order(resource, order)

    def end_watches(self, resource, meanwhile=None):
        """Ends the watches of `resource` as a server does whose time is up.

        What `meanwhile()` changes comes after them and before whatever is asked next.
        """
        def order(_):
            raise EOFError
        with self._changed:
            for watch in self._watches:
                watch.ended = watch.ended or watch.request.resource == resource
            if meanwhile:
                meanwhile()
            return self._order(resource, order)

    def cut_in_line(self, resource, body=None):
        """Cuts the watches of `resource` after half a line, in the middle of a chunk."""
        def order(watch):
            line = json.dumps({'type': 'ADDED', 'object': body or {
                'kind': 'Ingress', 'metadata': {'name': 'half', 'resourceVersion': '99999'}}}).encode()
            watch.stream.sendall(b'%x\r\n' % (len(line) + 1) + line[:len(line) // 2])
            raise _Cut
        return self._order(resource, order)

    def send_raw(self, resource, data):
        """Sends every watch of `resource` bytes of the test's own, as one chunk."""
        def order(watch):
            watch.stream.sendall(b'%x\r\n' % len(data) + data + b'\r\n')
        return self._order(resource, order)

    def held(self, group_version, resource, name, namespace='default'):
        """The object as it is held."""
        with self._changed:
            return self._objects[(group_version, resource)][
                ('' if resource in CLUSTER_SCOPED else namespace, name)]

    def watching(self, resource):
        """How many watches of `resource` are open."""
        with self._changed:
            return sum(watch.request.resource == resource for watch in self._watches)

    def seen(self, matches=lambda request: True):
        with self._changed:
            return [request for request in self.requests_seen if matches(request)]

    def kubeconfig(self, path, namespace='default', token='token-of-the-script'):
        """Writes a kubeconfig for this server to `path`; returns the path."""
        scheme = 'https' if self._context else 'http'
        with open(path, 'w') as file:
            json.dump({'apiVersion': 'v1', 'kind': 'Config', 'current-context': 'test',
                       'clusters': [{'name': 'test', 'cluster': {
                           'server': '%s://%s:%d' % (scheme, self.address, self.port),
                           'insecure-skip-tls-verify': True}}],
                       'users': [{'name': 'test', 'user': {'token': token}}],
                       'contexts': [{'name': 'test', 'context': {
                           'cluster': 'test', 'user': 'test', 'namespace': namespace}}]}, file)
        return path

    # --- how it is done

    def _order(self, resource, order):
        with self._changed:
            chosen = [watch for watch in self._watches if watch.request.resource == resource]
            for watch in chosen:
                watch.orders.append(order)
            self._changed.notify_all()
            return len(chosen)

    def _record(self, group_version, resource, kind, body):
        self._history.append((self._version, group_version, resource, kind, body))
        self._changed.notify_all()

    def _answer(self, connection, stream):
        line = stream.readline()
        if not line:
            return False
        method, target, _ = line.decode('latin-1').split(' ', 2)
        headers = []
        while True:
            line = stream.readline().rstrip(b'\r\n')
            if not line:
                break
            name, value = line.decode('latin-1').split(':', 1)
            headers.append((name, value.strip()))
        request = Request(method, target, headers)
        length = int(request.headers.get('content-length', '0'))
        request.body = stream.read(length) if length else b''
        with self._changed:
            self.requests_seen.append(request)
            rule = next((rule for rule in self._rules if rule[2] > 0 and rule[0](request)), None)
            if rule:
                rule[2] -= 1
        try:
            if rule and rule[1] is None:
                raise _Cut
            if rule:
                self._send(connection, *rule[1])
            elif request.watch:
                self._serve_watch(connection, request)
            else:
                self._send(connection, *self._look_up(request))
        except _Cut:
            return False
        return request.headers.get('connection', '').lower() != 'close'

    @staticmethod
    def _send(connection, status, headers, body):
        data = json.dumps(body).encode()
        head = ['HTTP/1.1 %d Answer' % status, 'Content-Type: application/json',
                'Content-Length: %d' % len(data)] + ['%s: %s' % pair for pair in headers]
        connection.sendall('\r\n'.join(head).encode() + b'\r\n\r\n' + data)

    def _look_up(self, request):
        if request.path in ('/version', '/version/'):
            return 200, [], {'major': '1', 'minor': '33', 'gitVersion': 'v1.33.0'}
        if request.path == '/api':
            return 200, [], {'kind': 'APIVersions', 'versions': ['v1']}
        if request.path == '/apis':
            groups = [_group('networking.k8s.io', ['v1'])]
            if self._discovery:
                groups.append(_group('discovery.k8s.io', self._discovery))
            return 200, [], {'kind': 'APIGroupList', 'apiVersion': 'v1', 'groups': groups}
        for group, versions in (('networking.k8s.io', ['v1']), ('discovery.k8s.io', self._discovery)):
            if request.path == '/apis/' + group and versions:
                return 200, [], _group(group, versions)
        if request.group_version not in self._versions:
            return 404, [], status_of(404)
        kinds = RESOURCES[request.group_version]
        if request.resource is None:
            return 200, [], {'kind': 'APIResourceList', 'groupVersion': request.group_version,
                             'resources': [{'name': name, 'kind': kind, 'verbs': ['get', 'list', 'watch'],
                                            'namespaced': name not in CLUSTER_SCOPED}
                                           for name, kind in kinds.items()]}
        if request.resource not in kinds:
            return 404, [], status_of(404)
        if request.resource in self.forbidden:
            return 403, [], status_of(403, 'Forbidden')
        with self._changed:
            if request.name is not None:
                held = self._objects.get((request.group_version, request.resource), {})
                body = held.get((request.namespace or '', request.name))
                return (200, [], body) if body else (404, [], status_of(404))
            return self._list(request, kinds[request.resource])

    def _list(self, request, kind):
        token = request.query.get('continue')
        if token:
            if token not in self._pages:
                return 410, [], status_of(410, 'Expired', 'the continue token is too old')
            items, version = self._pages.pop(token)
        else:
            items = [body for body in self._objects.get((request.group_version, request.resource),
                                                        {}).values() if _selected(request, body)]
            version = self._version
        metadata = {'resourceVersion': str(version)}
        limits = [limit for limit in (self.page, int(request.query.get('limit') or 0)) if limit]
        if limits and len(items) > min(limits):
            metadata['continue'] = 'page-%d-%d' % (version, len(items))
            metadata['remainingItemCount'] = len(items) - min(limits)
            self._pages[metadata['continue']] = (items[min(limits):], version)
            items = items[:min(limits)]
        # as real servers do, the items of a list carry neither kind nor apiVersion
        bare = [{k: v for k, v in body.items() if k not in ('kind', 'apiVersion')} for body in items]
        return 200, [], {'kind': kind + 'List', 'apiVersion': request.group_version,
                         'metadata': metadata, 'items': bare}

    def _serve_watch(self, connection, request):
        if request.group_version not in self._versions:
            return self._send(connection, 404, [], status_of(404))
        if request.resource in self.forbidden:
            return self._send(connection, 403, [], status_of(403, 'Forbidden'))
        after = int(request.query.get('resourceVersion') or 0)
        watch = _Watch(request, connection)
        connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'
                           b'Transfer-Encoding: chunked\r\n\r\n')
        with self._changed:
            self._watches.append(watch)
            gone = after < self._compacted
            first = []
            if after == 0:
                gone = False
                first = [('ADDED', body) for body in self._objects.get(
                    (request.group_version, request.resource), {}).values() if _selected(request, body)]
                after = self._version
        try:
            if gone:
                self._line(watch, 'ERROR', status_of(410, 'Expired', 'too old resource version'))
                raise EOFError
            for kind, body in first:
                self._line(watch, kind, body)
            while True:
                with self._changed:
                    orders, watch.orders = watch.orders, []
                    events = [event for event in self._history
                              if not watch.ended and event[0] > after and event[1:3] == (request.group_version,
                                                                     request.resource)
                              and _selected(request, event[4])]
                    if not orders and not events:
                        self._changed.wait(0.5)
                        if _peer_left(connection):
                            raise _Cut
                        continue
                for version, _, _, kind, body in events:
                    self._line(watch, kind, body)
                    after = version
                for order in orders:
                    order(watch)
        except EOFError:
            connection.sendall(b'0\r\n\r\n')
        finally:
            with self._changed:
                self._watches.remove(watch)

    @staticmethod
    def _line(watch, kind, body):
        line = json.dumps({'type': kind, 'object': body}).encode() + b'\n'
        watch.stream.sendall(b'%x\r\n' % len(line) + line + b'\r\n')


def _peer_left(connection):
    if not select.select([connection], [], [], 0)[0]:
        return False
    if hasattr(connection, 'pending'):  # TLS: what is readable may be a record of its own
        return False
    return connection.recv(1, socket.MSG_PEEK) == b''


def _selected(request, body):
    metadata = body['metadata']
    if request.namespace and metadata.get('namespace') != request.namespace:
        return False
    for selector in filter(None, request.query.get('fieldSelector', '').split(',')):
        field, _, value = selector.partition('=')
        if field == 'metadata.name' and metadata['name'] != value.lstrip('='):
            return False
    labels = metadata.get('labels', {})
    for selector in filter(None, request.query.get('labelSelector', '').split(',')):
        label, equals, value = selector.partition('=')
        if label not in labels or (equals and labels[label] != value.lstrip('=')):
            return False
    return True


def _group(name, versions):
    listed = [{'groupVersion': '%s/%s' % (name, version), 'version': version} for version in versions]
    return {'kind': 'APIGroup', 'apiVersion': 'v1', 'name': name, 'versions': listed,
            'preferredVersion': listed[0]}


def status_of(code, reason=None, message=None):
    """A Status object, as an API server sends with an error."""
    return {'kind': 'Status', 'apiVersion': 'v1', 'metadata': {}, 'status': 'Failure', 'code': code,
            'reason': reason or {404: 'NotFound', 410: 'Expired', 429: 'TooManyRequests',
                                 500: 'InternalError'}.get(code, 'Unknown'),
            'message': message or 'scripted answer %d' % code}
