"""gatewayd, as the tests start and question it."""

import glob
import os
import re
import signal
import urllib.parse

from .http_client import Connection, get
from .process import Process
from .wait import wait_until

LISTENING = re.compile(r'listening\s+http=(?P<http>\S+?):(?P<http_port>\d+)'
                       r'\s+https=(?P<https>\S+?):(?P<https_port>\d+)'
                       r'\s+admin=(?P<admin>\S+?):(?P<admin_port>\d+)'
                       r'\s+monitor=(?P<monitor>\S+?):(?P<monitor_port>\d+)')

# Loopback and any free port, so that several run side by side, and an end without waiting.
TEST_SETTINGS = {
    'net.server.address': '127.0.0.1',
    'net.server.http.port': '0',
    'net.server.https.port': '0',
    'admin.port': '0',
    'monitor.port': '0',
    'drain.delay': '0s',
}


def program():
    """The gatewayd under test: environment `GATEWAYD`, else the newest build of this tree."""
    given = os.environ.get('GATEWAYD')
    if given:
        return os.path.abspath(given)
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    built = glob.glob(os.path.join(root, 'build', '*', 'apps', 'gatewayd', 'gatewayd'))
    if not built:
        raise AssertionError('no gatewayd: set GATEWAYD to the program, or build it')
    return max(built, key=os.path.getmtime)


class Gatewayd:
    """`gatewayd run` with TEST_SETTINGS, changed by `settings` (None takes one away).

    `wrapper` is put before the program, for example to give it namespaces of its own; `binary` is another program
    than program().
    """

    def __init__(self, settings=None, env=None, wrapper=(), folder=None, name='gatewayd', binary=None):
        self.settings = dict(TEST_SETTINGS)
        self.settings.update(settings or {})
        self.env = dict(env or {})
        self.wrapper = list(wrapper)
        self.binary = binary
        self.folder = folder
        self.name = name
        self.process = None

    def __enter__(self):
        return self if self.process is not None else self.start()

    def __exit__(self, kind, *_):
        if kind is not None and self.process is not None:
            print(self.process.tail(60), flush=True)
        if self.process is not None and self.process.exit_code() is None:
            self.stop()

    def command(self):
        words = self.wrapper + [self.binary or program(), 'run']
        for key, value in sorted(self.settings.items()):
            if value is not None:
                words += ['--set', '%s=%s' % (key, value)]
        return words

    def start(self):
        """Starts it and reads its ports; not yet ready."""
        self.process = Process(self.command(), self.name, self.env, self.folder)
        match = self.process.wait_for_output(LISTENING.pattern)
        self.http = int(match.group('http_port'))
        self.https = int(match.group('https_port'))
        self.admin = int(match.group('admin_port'))
        self.monitor = int(match.group('monitor_port'))
        return self

    def ready(self):
        return get(self.monitor, '/ready').status == 200

    def wait_ready(self, seconds=20.0):
        try:
            wait_until(self.ready, '%s to be ready' % self.name, seconds)
        except AssertionError as error:
            raise AssertionError('%s\n%s' % (error, self.process.tail())) from None
        return self

    def stop(self, seconds=20.0):
        """SIGTERM; returns the exit code."""
        return self.process.stop(seconds)

    def kill(self):
        """SIGKILL."""
        self.process.kill()

    def hang_up(self):
        self.process.signal(signal.SIGHUP)

    def get(self, host, path='/', **more):
        """One plain-text request."""
        return get(self.http, path, host, **more)

    def get_tls(self, host, path='/', sni=None, **more):
        """One request over TLS; the SNI is the host unless another is given ('' = none)."""
        return get(self.https, path, host, tls=True, sni=host if sni is None else sni or None, **more)

    def connect(self, **more):
        return Connection(self.http, **more)

    def connect_tls(self, sni=None, **more):
        return Connection(self.https, tls=True, sni=sni, **more)

    def certificate(self, sni=None):
        """The leaf that a new handshake shows, as DER."""
        with self.connect_tls(sni) as connection:
            return connection.certificate()

    def status(self):
        """The admin endpoint's /status."""
        return get(self.admin, '/status').json()

    def explain(self, host, path, **more):
        """The admin endpoint's /explain."""
        query = urllib.parse.urlencode(dict({'host': host, 'path': path}, **more))
        return get(self.admin, '/explain?' + query).json()

    def metrics(self):
        return get(self.monitor, '/metrics').body.decode()

    def backend_of(self, host, path='/', **more):
        """Which backend answers: its name, or the status when none does."""
        answer = self.get(host, path, **more)
        return answer.json()['backend'] if answer.status == 200 else answer.status
