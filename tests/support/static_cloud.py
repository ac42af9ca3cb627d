"""A file host as configuration service: one snapshot with an ETag; and whatever else a test has it say."""

import hashlib
import http.server
import json
import threading


def resource(id, **properties):
    return {'id': id, 'properties': properties, 'lastModified': '2026-01-01T00:00:00Z'}


def api(name, port, base='', gateway='east', **properties):
    """The resources of an API /NAME with one operation, GET /{id}, that `gateway` is to serve."""
    return [
        resource('/apis/' + name, **dict({
            'displayName': name, 'path': name, 'protocols': ['http', 'https'], 'subscriptionRequired': False,
            'serviceUrl': 'http://127.0.0.1:%d/%s' % (port, base)}, **properties)),
        resource('/apis/%s/operations/get' % name, displayName='get', method='GET', urlTemplate='/{id}'),
        resource('/gateways/%s/apis/%s' % (gateway, name))]


class StaticCloud:
    """Serves `snapshot` to GET /v1/gateways/{id}/snapshot and 404 to all else, as a file host would.

    `script`: called with the request's handler in the place of all that; it writes its answer to
    `handler.wfile`, bytes as it likes. It sees every request, or those to `snapshot` alone.
    """

    def __init__(self, *resources, scripted='/snapshot'):
        self.requests = []  # (method, path, headers), in their order
        self.served = {200: 0, 304: 0}
        self.script = None
        self._scripted = scripted
        self._lock = threading.Lock()
        self._body = b''
        self.hold(*resources)
        cloud = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def do_GET(self):  # noqa: N802 - the name that the base class calls
                cloud._answer(self)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # clients go in the middle of an answer: that is what the tests are about

        self._server = Server(('127.0.0.1', 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={'poll_interval': 0.02}, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self):
        return 'http://127.0.0.1:%d' % self.port

    def hold(self, *resources):
        """The resources of the snapshot from now on."""
        self.put(json.dumps({'resources': resources}).encode())

    def put(self, body):
        """The bytes of the snapshot from now on."""
        with self._lock:
            self._body = body

    def say(self, script):
        """Answers with `script` from now on; None: with the snapshot."""
        self.script = script

    def asked(self, part=''):
        """How many requests came whose path has `part`."""
        with self._lock:
            return sum(part in path for _, path, _ in self.requests)

    def _answer(self, handler):
        handler.rfile.read(int(handler.headers.get('Content-Length', 0)))
        with self._lock:
            self.requests.append((handler.command, handler.path, dict(handler.headers)))
            body = self._body
        if self.script and self._scripted in handler.path:
            handler.close_connection = True
            return self.script(handler)
        if handler.command != 'GET' or not handler.path.endswith('/snapshot'):
            return self._send(handler, 404, b'no such file\n')
        tag = '"%s"' % hashlib.sha256(body).hexdigest()[:16]
        if handler.headers.get('If-None-Match') == tag:
            return self._send(handler, 304, b'', tag)
        self._send(handler, 200, body, tag)

    def _send(self, handler, status, body, tag=None):
        with self._lock:
            self.served[status] = self.served.get(status, 0) + 1
        handler.send_response(status)
        handler.send_header('Content-Type', 'application/json')
        if tag:
            handler.send_header('ETag', tag)
        if status != 304:
            handler.send_header('Content-Length', str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)
