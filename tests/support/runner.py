"""Runs the functions `test_*` of a file, in their order, and counts."""

import contextlib
import inspect
import sys
import time
import traceback


class Skip(Exception):
    """Raised by a test, or by what it needs, that cannot run here; says why."""


def main(names, fixture=None):
    """Runs the tests of `names` (a module's globals()) and exits.

    A test that takes an argument gets what the context manager `fixture()` yields; it is entered
    once for all tests. Words of the command line choose tests by a part of their names.
    """
    wanted = [word for word in sys.argv[1:] if not word.startswith('-')]
    tests = [(name, value) for name, value in names.items()
             if name.startswith('test_') and callable(value)
             and (not wanted or any(word in name for word in wanted))]
    counts = {'passed': 0, 'failed': 0, 'skipped': 0}

    def report(outcome, name, started, detail=''):
        counts[outcome] += 1
        print('%-7s %s (%.1f s)%s' % (outcome, name, time.monotonic() - started, detail), flush=True)

    def run(name, test, *arguments):
        started = time.monotonic()
        try:
            test(*arguments)
        except Skip as reason:
            report('skipped', name, started, ': %s' % reason)
        except Exception:  # noqa: BLE001 - the next test runs all the same
            report('failed', name, started, '\n' + traceback.format_exc())
        else:
            report('passed', name, started)

    with contextlib.ExitStack() as stack:
        value, trouble = None, None
        if fixture and any(inspect.signature(test).parameters for _, test in tests):
            try:
                value = stack.enter_context(fixture())
            except (Skip, Exception) as error:  # noqa: BLE001 - told with each test
                trouble = error
                if not isinstance(error, Skip):
                    traceback.print_exc()
        for name, test in tests:
            if not inspect.signature(test).parameters:
                run(name, test)
            elif trouble is None:
                run(name, test, value)
            elif isinstance(trouble, Skip):
                report('skipped', name, time.monotonic(), ': %s' % trouble)
            else:
                report('failed', name, time.monotonic(), ': what it needs did not start')

    summary = '%d passed, %d failed' % (counts['passed'], counts['failed'])
    if counts['skipped']:
        summary += ', %d skipped' % counts['skipped']
    print(summary, flush=True)
    sys.exit(1 if counts['failed'] else 0)
