"""Named backends: each answers with its name and with what it was asked, as JSON."""

import argparse
import json
import socket
import threading
import time


class Backend:
    """A threaded HTTP/1.1 server. `delay`, `status` and `headers` may be changed while it runs."""

    def __init__(self, name, address='127.0.0.1', port=0, delay=0.0, status=200, headers=(),
                 context=None):
        self.name = name
        self.delay = delay
        self.status = status
        self.headers = list(headers)
        self.requests = 0
        self._context = context  # an ssl.SSLContext, for a backend that speaks TLS
        self._open = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server((address, port), backlog=512)
        self.address, self.port = self._listener.getsockname()[:2]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Stops listening and cuts every connection."""
        # shutdown wakes the thread that waits in accept(); close alone would leave the port open
        self._end(self._listener)
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            self._end(connection)

    @staticmethod
    def _end(it):
        try:
            it.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        it.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._context:
                connection = self._context.wrap_socket(connection, server_side=True)
            with self._lock:
                self._open.add(connection)
            stream = connection.makefile('rb')
            while self._answer(connection, stream):
                pass
        except (OSError, ValueError):
            pass
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()

    def _answer(self, connection, stream):
        line = stream.readline()
        if not line:
            return False
        method, path, _ = line.decode('latin-1').split(' ', 2)
        headers = []
        while True:
            line = stream.readline().rstrip(b'\r\n')
            if not line:
                break
            name, value = line.decode('latin-1').split(':', 1)
            headers.append([name, value.strip()])
        fields = {name.lower(): value for name, value in headers}
        body = b''
        if 'chunked' in fields.get('transfer-encoding', ''):
            while True:
                size = int(stream.readline(), 16)
                body += stream.read(size)
                stream.readline()
                if size == 0:
                    break
        elif 'content-length' in fields:
            body = stream.read(int(fields['content-length']))
        self.requests += 1
        if self.delay:
            time.sleep(self.delay)
        answer = json.dumps({'backend': self.name, 'method': method, 'path': path,
                             'host': fields.get('host'), 'headers': headers,
                             'body_bytes': len(body)}).encode()
        head = ['HTTP/1.1 %d Answer' % self.status, 'Content-Type: application/json',
                'X-Backend: %s' % self.name, 'Content-Length: %d' % len(answer)]
        head += ['%s: %s' % tuple(pair) for pair in self.headers]
        connection.sendall('\r\n'.join(head).encode('latin-1') + b'\r\n\r\n'
                           + (b'' if method == 'HEAD' else answer))
        return fields.get('connection', '').lower() != 'close'


def main():
    parser = argparse.ArgumentParser(description='Named backends, one for each NAME=ADDRESS:PORT.')
    parser.add_argument('backends', nargs='+', metavar='NAME=ADDRESS:PORT')
    servers = []
    for text in parser.parse_args().backends:
        name, where = text.split('=', 1)
        address, port = where.rsplit(':', 1)
        servers.append(Backend(name, address, int(port)))
    print('listening ' + ' '.join('%s=%s:%d' % (s.name, s.address, s.port) for s in servers), flush=True)
    threading.Event().wait()


if __name__ == '__main__':
    main()
