"""Waiting for what can be observed."""

import time


def wait_until(condition, what, seconds=10.0, every=0.02):
    """Calls `condition` until it returns something true, and returns that.

    Exceptions of `condition` count as "not yet". Raises AssertionError, naming `what` and the last
    answer, when `seconds` have passed.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            last = condition()
            if last:
                return last
        except Exception as error:  # noqa: BLE001 - whatever is not ready yet
            last = error
        if time.monotonic() >= deadline:
            raise AssertionError('waited %.1f s for %s; last: %r' % (seconds, what, last))
        time.sleep(every)


def next_whole_second():
    """Waits until the clock shows another whole second, so that two edits get different times."""
    started = int(time.time())
    return wait_until(lambda: int(time.time()) > started, 'the next whole second', 2.0, 0.01)


def holds_for(condition, what, seconds, every=0.02):
    """Raises AssertionError when `condition` is false at any look within `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        seen = condition()
        if not seen:
            raise AssertionError('%s did not hold: %r' % (what, seen))
        time.sleep(every)
