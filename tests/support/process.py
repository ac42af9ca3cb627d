"""Programs that a test starts, and ends by their ids."""

import atexit
import os
import re
import signal
import subprocess
import sys
import tempfile

from .wait import wait_until

_running = []


def _end_all():
    for process in reversed(list(_running)):
        process.kill()


atexit.register(_end_all)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


class Process:
    """A program whose output goes to a file. Ends with the test at the latest."""

    def __init__(self, argv, name=None, env=None, folder=None):
        self.name = name or os.path.basename(argv[0])
        self.argv = [str(word) for word in argv]
        self.log_path = tempfile.mktemp(prefix=self.name + '-', suffix='.log', dir=folder)
        environment = dict(os.environ)
        environment.update(env or {})
        with open(self.log_path, 'wb') as log:
            self._child = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=log,
                                           stderr=subprocess.STDOUT, env=environment)
        self.pid = self._child.pid
        _running.append(self)

    def output(self):
        with open(self.log_path, errors='replace') as log:
            return log.read()

    def exit_code(self):
        """None while it runs; -N when signal N ended it."""
        return self._child.poll()

    def wait_for_output(self, pattern, seconds=15.0):
        """Waits for text that matches the regular expression; returns the match."""
        def look():
            ended = self.exit_code() is not None  # asked first: what it printed last still counts
            match = re.search(pattern, self.output(), re.MULTILINE)
            return (match, ended) if match or ended else None
        try:
            match, _ = wait_until(look, '%r of %s' % (pattern, self.name), seconds)
        except AssertionError as error:
            raise AssertionError('%s\n%s' % (error, self.tail())) from None
        if not match:
            raise AssertionError('%s ended with %s before it printed %r\n%s'
                                 % (self.name, self.exit_code(), pattern, self.tail()))
        return match

    def tail(self, lines=30):
        return '--- last output of %s\n%s' % (self.name, '\n'.join(self.output().splitlines()[-lines:]))

    def wait(self, seconds=15.0):
        """Waits for the end; returns the exit code."""
        try:
            code = self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError('%s did not end within %.0f s\n%s'
                                 % (self.name, seconds, self.tail())) from None
        self._forget()
        return code

    def signal(self, number):
        if self._child.poll() is None:
            self._child.send_signal(number)

    def stop(self, seconds=15.0):
        """SIGTERM, then waits; returns the exit code."""
        self.signal(signal.SIGTERM)
        return self.wait(seconds)

    def kill(self):
        """SIGKILL, then waits."""
        if self._child.poll() is None:
            self._child.kill()
        self._child.wait()
        self._forget()

    def _forget(self):
        if self in _running:
            _running.remove(self)

    def cpu_seconds(self):
        """User and system time used so far by all its threads."""
        with open('/proc/%d/stat' % self.pid) as stat:
            fields = stat.read().rsplit(')', 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def run(argv, input=None, check=True, env=None, seconds=60.0):
    """Runs a program to its end; returns its standard output as text."""
    environment = dict(os.environ)
    environment.update(env or {})
    done = subprocess.run([str(word) for word in argv], input=input, text=True, capture_output=True,
                          env=environment, timeout=seconds)
    if check and done.returncode != 0:
        raise AssertionError('%s ended with %d: %s%s'
                             % (' '.join(map(str, argv)), done.returncode, done.stdout, done.stderr))
    return done.stdout
