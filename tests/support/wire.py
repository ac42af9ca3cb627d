"""A TCP relay whose connections a test can refuse, hold up and cut."""

import socket
import struct
import threading


class Wire:
    """Relays 127.0.0.1:`port` to `target` (address, port)."""

    def __init__(self, target):
        self._target = target
        self._lock = threading.Lock()
        self._pairs = set()
        self._refusing = False
        self._budget = None  # bytes that may still come back before everything is cut
        self.accepted = 0
        self._listener = socket.create_server(('127.0.0.1', 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.close()
        self.cut()

    def refuse(self):
        """Cuts everything, and every connection to come, until `allow`."""
        self._refusing = True
        self.cut()

    def allow(self):
        self._refusing = False

    def cut(self):
        """Resets every open connection."""
        with self._lock:
            pairs, self._pairs = list(self._pairs), set()
        for pair in pairs:
            for end in pair:
                _reset(end)

    def cut_after(self, count):
        """Relays `count` more bytes towards the client, then resets every open connection."""
        with self._lock:
            self._budget = count

    def open(self):
        """How many connections are open."""
        with self._lock:
            return len(self._pairs)

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._refusing:
                _reset(client)
                continue
            try:
                server = socket.create_connection(self._target, 5)
            except OSError:
                _reset(client)
                continue
            server.settimeout(None)
            self.accepted += 1
            pair = (client, server)
            with self._lock:
                self._pairs.add(pair)
            threading.Thread(target=self._relay, args=(pair, client, server, False), daemon=True).start()
            threading.Thread(target=self._relay, args=(pair, server, client, True), daemon=True).start()

    def _relay(self, pair, source, sink, towards_client):
        try:
            while True:
                data = source.recv(65536)
                if not data:
                    break
                with self._lock:
                    over = False
                    if towards_client and self._budget is not None:
                        over = len(data) >= self._budget
                        data = data[:self._budget]
                        self._budget -= len(data)
                        if over:
                            self._budget = None
                sink.sendall(data)
                if over:
                    self.cut()
                    return
        except OSError:
            pass
        with self._lock:
            self._pairs.discard(pair)
        for end in pair:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()


def _reset(end):
    """Closes with RST, waking whoever reads from it."""
    try:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    end.close()
