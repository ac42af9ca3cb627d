"""HTTP/1.1 over one socket, plain or TLS, with nothing between the test and the bytes."""

import json
import socket
import ssl


class Response:
    def __init__(self, status, reason, headers, body):
        self.status = status
        self.reason = reason
        self.headers = headers  # pairs, in the order received
        self.body = body

    def header(self, name, default=None):
        for key, value in self.headers:
            if key.lower() == name.lower():
                return value
        return default

    def all(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return 'Response(%d, %r)' % (self.status, self.body[:200])


def tls_context(ca_pem=None, min_version=None, max_version=None, alpn=None, cert=None):
    """A client context; without `ca_pem` no certificate is checked. `cert`: (chain, key) paths."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca_pem is None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        context.load_verify_locations(cadata=ca_pem)
    if min_version:
        context.minimum_version = min_version
    if max_version:
        context.maximum_version = max_version
    if alpn:
        context.set_alpn_protocols(alpn)
    if cert:
        context.load_cert_chain(*cert)
    return context


class Connection:
    """A connection that stays open between requests."""

    def __init__(self, port, address='127.0.0.1', tls=False, sni=None, context=None, timeout=10.0,
                 session=None):
        self.address = address
        self.port = port
        raw = socket.create_connection((address, port), timeout)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = raw
        if tls:
            context = context or tls_context()
            try:
                self.socket = context.wrap_socket(raw, server_hostname=sni, session=session)
            except Exception:
                raw.close()
                raise
        self._buffer = b''

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def certificate(self):
        """The peer's leaf certificate as DER."""
        return self.socket.getpeercert(binary_form=True)

    def send(self, data):
        self.socket.sendall(data)

    def request(self, path='/', host='localhost', method='GET', headers=(), body=None):
        """Sends a request and reads its answer."""
        lines = ['%s %s HTTP/1.1' % (method, path)]
        if host is not None:
            lines.append('Host: %s' % host)
        pairs = headers.items() if isinstance(headers, dict) else headers
        lines += ['%s: %s' % pair for pair in pairs]
        if body is not None:
            lines.append('Content-Length: %d' % len(body))
        self.send('\r\n'.join(lines).encode() + b'\r\n\r\n' + (body or b''))
        return self.read_response(method)

    def _more(self):
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError('closed by the peer; unread: %r' % self._buffer[:200])
        self._buffer += data

    def _until(self, mark):
        while mark not in self._buffer:
            self._more()
        part, self._buffer = self._buffer.split(mark, 1)
        return part

    def _exactly(self, count):
        while len(self._buffer) < count:
            self._more()
        part, self._buffer = self._buffer[:count], self._buffer[count:]
        return part

    def read_head(self):
        """One status line with its fields; returns (status, reason, headers)."""
        lines = self._until(b'\r\n\r\n').decode('latin-1').split('\r\n')
        _, status, reason = (lines[0] + ' ').split(' ', 2)
        headers = []
        for line in lines[1:]:
            name, value = line.split(':', 1)
            headers.append((name, value.strip()))
        return int(status), reason.strip(), headers

    def read_response(self, method='GET'):
        """The next final response; interim ones are passed over."""
        while True:
            status, reason, headers = self.read_head()
            if status == 101 or status >= 200:
                break
        fields = {name.lower(): value for name, value in headers}
        if method == 'HEAD' or status in (101, 204, 304):
            body = b''
        elif 'chunked' in fields.get('transfer-encoding', '').lower():
            body = self._chunked()
        elif 'content-length' in fields:
            body = self._exactly(int(fields['content-length']))
        else:
            body = self.read_to_end()
        return Response(status, reason, headers, body)

    def read_chunk(self):
        """The next chunk of a chunked body; empty at its end."""
        size = int(self._until(b'\r\n').split(b';')[0], 16)
        if size == 0:
            while self._until(b'\r\n'):  # trailers
                pass
            return b''
        data = self._exactly(size)
        self._exactly(2)
        return data

    def _chunked(self):
        return b''.join(iter(self.read_chunk, b''))

    def read_to_end(self):
        while True:
            try:
                self._more()
            except (ConnectionError, ssl.SSLEOFError):
                body, self._buffer = self._buffer, b''
                return body

    def closed_by_peer(self, seconds=5.0):
        """Whether the peer closes within `seconds`, sending nothing more."""
        self.socket.settimeout(seconds)
        try:
            return self.socket.recv(1) == b''
        except ConnectionError:
            return True
        except (socket.timeout, ssl.SSLError):
            return False


def get(port, path='/', host='localhost', method='GET', headers=(), body=None, address='127.0.0.1',
        tls=False, sni=None, context=None, timeout=10.0):
    """One request on a connection of its own."""
    with Connection(port, address, tls, sni, context, timeout) as connection:
        return connection.request(path, host, method, list(
            headers.items() if isinstance(headers, dict) else headers) + [('Connection', 'close')],
            body)
