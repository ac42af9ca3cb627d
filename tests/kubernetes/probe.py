"""Asks the same questions over and over, and keeps every answer that was not the expected one."""

import threading
import time


class Probe:
    """A thread that asks each of `questions` (a callable and the answer expected) in turn.

    Leaving the context stops it and raises AssertionError when any answer was wrong.
    """

    def __init__(self, questions, pause=0.01):
        self._questions = questions
        self._pause = pause
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self.asked = 0
        self.wrong = []

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, kind, *_):
        self._stop.set()
        self._thread.join(30)
        if kind is None:
            assert not self.wrong, 'of %d answers %d were wrong: %s' % (self.asked, len(self.wrong),
                                                                      self.wrong[:5])

    def _ask(self):
        while not self._stop.is_set():
            for ask, expected in self._questions:
                try:
                    seen = ask()
                except Exception as error:  # noqa: BLE001 - a failed request is a wrong answer
                    seen = repr(error)
                self.asked += 1
                if seen != expected:
                    self.wrong.append((round(time.time(), 3), expected, seen))
            self._stop.wait(self._pause)
