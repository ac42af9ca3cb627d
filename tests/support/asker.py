"""When an answer changes: for the time between a change and its being served."""

import threading
import time

from .http_client import Connection


class Asker:
    """A thread that asks one thing all the time, and notes when the expected answer came."""

    def __init__(self, port):
        self._connection = Connection(port)
        self._lock = threading.Condition()
        self._question = None
        self._at = None
        self._ended = False
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._thread.start()

    def expect(self, expected, path='/', host='localhost', headers=()):
        """From now on: a backend's name (its X-Backend, with 200), or another status."""
        with self._lock:
            self._question, self._at = (expected, path, host, headers), None
            self._lock.notify_all()

    def served_at(self):
        """When the answer was first the expected one; None if not yet."""
        with self._lock:
            return self._at

    def close(self):
        with self._lock:
            self._ended = True
            self._lock.notify_all()
        self._thread.join(10)
        self._connection.close()

    def _ask(self):
        while True:
            with self._lock:
                while self._question is None and not self._ended:
                    self._lock.wait()
                if self._ended:
                    return
                question = self._question
            expected, path, host, headers = question
            answer = self._connection.request(path, host, headers=headers)
            now = time.monotonic()
            with self._lock:
                if (answer.header('X-Backend') if answer.status == 200 else answer.status) == expected \
                        and self._question is question:
                    self._question, self._at = None, now
                elif not self._ended:
                    self._lock.wait(0.0005)  # the resolution of the measurement
