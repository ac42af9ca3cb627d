"""configd, as the tests start and question it."""

import base64
import glob
import hashlib
import hmac
import json
import os
import time
import urllib.parse

from .http_client import Connection, get
from .process import Process, run

ADMIN = 'admin-token-of-the-tests'
LISTENING = r'listening (?P<scheme>https?)=(?P<address>\S+):(?P<port>\d+)'


def program():
    """The configd under test: environment `CONFIGD`, that of `BUILD_DIR`, else the newest build of this tree."""
    given = os.environ.get('CONFIGD')
    if not given and os.environ.get('BUILD_DIR'):
        given = os.path.join(os.environ['BUILD_DIR'], 'apps', 'configd', 'configd')
    if given:
        return os.path.abspath(given)
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    built = glob.glob(os.path.join(root, 'build', '*', 'apps', 'configd', 'configd'))
    if not built:
        raise AssertionError('no configd: set CONFIGD to the program, or build it')
    return max(built, key=os.path.getmtime)


def sign(gateway, key, expires=None):
    """A token as the protocol describes it; `expires` in seconds since 1970, by default in an hour."""
    time_text = time.strftime('%Y%m%d%H%M', time.gmtime(time.time() + 3600 if expires is None else expires))
    digest = hmac.new(key.encode(), ('%s\n%s' % (gateway, time_text)).encode(), hashlib.sha512).digest()
    return 'GatewayKey %s&%s&%s' % (gateway, time_text, base64.b64encode(digest).decode())


class Events:
    """An open stream of server-sent events."""

    def __init__(self, connection):
        self.connection = connection
        self._buffer = ''

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def _block(self):
        """The lines up to the next blank one; None at the end of the stream."""
        while '\n\n' not in self._buffer:
            data = self.connection.read_chunk()
            if not data:
                return None
            self._buffer += data.decode()
        block, self._buffer = self._buffer.split('\n\n', 1)
        return block.split('\n')

    def next(self):
        """The next change, with its `id`; comments and the retry hint are passed over. None at the end."""
        while True:
            lines = self._block()
            if lines is None:
                return None
            fields = dict(line.split(': ', 1) for line in lines if ': ' in line and not line.startswith(':'))
            if fields.get('event') == 'change':
                return dict(json.loads(fields['data']), id=fields['id'])


class Configd:
    """`configd serve` on loopback and any free port."""

    def __init__(self, database, options=(), tls=False, env=None):
        self.database = database
        self.options = list(options)
        self.tls = tls
        self.env = env
        self.process = None
        self.port = 0

    def __enter__(self):
        return self if self.process is not None else self.start()

    def __exit__(self, kind, *_):
        if kind is not None and self.process is not None:
            print(self.process.tail(60), flush=True)
        if self.process is not None and self.process.exit_code() is None:
            self.stop()

    def start(self):
        self.process = Process([program(), 'serve', '--database', self.database, '--port', str(self.port)] + self.options,
                               'configd', dict({'CONFIGD_ADMIN_TOKEN': ADMIN}, **(self.env or {})))
        self.port = int(self.process.wait_for_output(LISTENING).group('port'))
        return self

    def stop(self):
        """SIGTERM; returns the exit code."""
        return self.process.stop()

    def kill(self):
        self.process.kill()

    @property
    def url(self):
        return '%s://127.0.0.1:%d' % ('https' if self.tls else 'http', self.port)

    def manage(self, method, path, properties=None, body=None, expect=(200, 201, 204), **headers):
        """One request to the management API; returns its JSON, or None where there is none."""
        if properties is not None:
            body = {'properties': properties}
        fields = {'Authorization': 'Bearer ' + ADMIN, 'Content-Type': 'application/json'}
        fields.update({name.replace('_', '-'): value for name, value in headers.items()})
        path = urllib.parse.quote(path, safe="/;=?&-._~$'(),")
        path += ('&' if '?' in path else '?') + 'api-version=2022-08-01'
        answer = get(self.port, path, method=method, headers=fields, tls=self.tls,
                     body=None if body is None else json.dumps(body).encode())
        if answer.status not in expect:
            raise AssertionError('%s %s: %r' % (method, path, answer))
        return answer.json() if answer.body else None

    def put(self, id, **properties):
        return self.manage('PUT', id, properties)

    def delete(self, id):
        return self.manage('DELETE', id, If_Match='*')

    def keys(self, gateway):
        """Both keys of a gateway, {'primary': …, 'secondary': …}."""
        return self.manage('POST', '/gateways/%s/listKeys' % gateway)

    def token(self, gateway, expires=None):
        return sign(gateway, self.keys(gateway)['primary'], expires)

    def ask(self, gateway, what, token, method='GET', body=None, **headers):
        """One request of a gateway."""
        fields = {name.replace('_', '-'): value for name, value in headers.items()}
        if token:
            fields['Authorization'] = token
        return get(self.port, '/v1/gateways/%s/%s' % (gateway, what), method=method, headers=fields, tls=self.tls,
                   body=None if body is None else json.dumps(body).encode())

    def snapshot(self, gateway, token=None):
        answer = self.ask(gateway, 'snapshot', token or self.token(gateway))
        assert answer.status == 200, answer
        return answer.json()

    def events(self, gateway, after, token=None):
        """Opens the stream after (epoch, revision)."""
        connection = Connection(self.port, tls=self.tls)
        connection.send(('GET /v1/gateways/%s/events?after=%s:%s HTTP/1.1\r\nHost: localhost\r\nAuthorization: %s\r\n\r\n'
                         % ((gateway,) + tuple(after) + (token or self.token(gateway),))).encode())
        status, _, headers = connection.read_head()
        assert status == 200, (status, headers)
        return Events(connection)


def configd(*words, **more):
    """Runs configd to its end; returns its standard output."""
    return run([program(), *words], **more)
