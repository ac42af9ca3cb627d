"""What the quickstart puts up: two small backends, a folder of manifests, and gatewayd."""

import http.server
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
LISTENING = re.compile(r'listening http=\S+?:(\d+) https=\S+?:(\d+) admin=\S+?:(\d+) monitor=\S+?:(\d+)')


class Backend:
    """Answers every request with its name and what it was asked."""

    def __init__(self, name):
        class Answer(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def do_GET(self):
                body = ('%s answers %s for %s\n' % (name, self.path, self.headers['Host'])).encode()
                self.send_response(200)
                self.send_header('Content-Type', 'text/plain')
                self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_DELETE = do_GET

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Answer)
        server.daemon_threads = True
        self.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()


def curl(*arguments):
    """Status and body."""
    done = subprocess.run(['curl', '-s', '-o', '-', '-w', '\n%{http_code}', *arguments], capture_output=True, text=True)
    body, _, status = done.stdout.rpartition('\n')
    return int(status or 0), body


def write_secret(path, text):
    """A file that its owner alone may read."""
    with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), 'w') as file:
        file.write(text)


class Program:
    """A process whose output goes to a file; ends when it is stopped or killed."""

    def __init__(self, log):
        self.log = log
        self.process = None

    def launch(self, command):
        with open(self.log, 'w') as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)

    def output(self):
        with open(self.log) as file:
            return file.read()

    def wait(self, condition, what, seconds=20):
        deadline = time.monotonic() + seconds
        while True:
            found = condition()
            if found:
                return found
            if self.process.poll() is not None or time.monotonic() > deadline:
                sys.exit('%s\nwaited in vain for %s' % (self.output()[-3000:], what))
            time.sleep(0.02)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """SIGTERM; the exit code, or None where nothing runs."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            return self.process.wait(20)
        return None


class Stage(Program):
    """A folder with manifests, a second one for a document of our own, and gatewayd that follows both and
    the configuration service."""

    def __init__(self, folder, ports, cloud):
        super().__init__(os.path.join(folder, 'gatewayd.log'))
        self.folder = folder
        self.manifests = os.path.join(folder, 'manifests')
        self.documents = os.path.join(folder, 'documents')
        self.certificate = os.path.join(folder, 'shop.crt')
        self.cloud = cloud
        self.hello = Backend('hello')
        self.goodbye = Backend('goodbye')
        self.ports = ports
        for path in (self.manifests, self.documents, os.path.join(folder, 'state')):
            shutil.rmtree(path, ignore_errors=True)
            os.makedirs(path)
        for name in os.listdir(os.path.join(HERE, 'manifests')):
            with open(os.path.join(HERE, 'manifests', name)) as file:
                text = file.read()
            self.write('manifests/' + name, text.replace('HELLO_PORT', str(self.hello.port))
                       .replace('GOODBYE_PORT', str(self.goodbye.port)))
        self.make_secret()
        write_secret(os.path.join(folder, 'backup.key'), secrets.token_hex(32))

    def make_secret(self):
        key = os.path.join(self.folder, 'shop.key')
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
                        '-keyout', key, '-out', self.certificate, '-days', '30', '-subj', '/CN=shop.example',
                        '-addext', 'subjectAltName=DNS:shop.example'], check=True, capture_output=True)
        secret = {'apiVersion': 'v1', 'kind': 'Secret', 'metadata': {'name': 'shop-tls', 'namespace': 'default'},
                  'type': 'kubernetes.io/tls', 'stringData': {}}
        for name, path in (('tls.crt', self.certificate), ('tls.key', key)):
            with open(path) as file:
                secret['stringData'][name] = file.read()
        self.write('manifests/shop-tls.json', json.dumps(secret))

    def write(self, name, text):
        """Replaces a file in one step, so that nobody reads half of it."""
        path = os.path.join(self.folder, name)
        with open(os.path.join(self.folder, '.new'), 'w') as file:
            file.write(text)
        os.rename(os.path.join(self.folder, '.new'), path)

    def read(self, name):
        with open(os.path.join(self.folder, name)) as file:
            return file.read()

    def remove(self, name):
        os.unlink(os.path.join(self.folder, name))

    def start(self, conflict='last_write_wins'):
        command = [os.environ['GATEWAYD'], 'run']
        for key, value in (('config.file.path', self.manifests + ',' + self.documents),
                           ('config.service.endpoint', self.cloud.url),
                           ('config.service.auth.file', self.cloud.token_file),
                           ('config.backup.path', os.path.join(self.folder, 'state')),
                           ('config.backup.key.path', os.path.join(self.folder, 'backup.key')),
                           ('config.conflict', conflict),
                           ('net.server.address', '127.0.0.1'), ('drain.delay', '0s'),
                           ('net.server.http.port', self.ports[0]), ('net.server.https.port', self.ports[1]),
                           ('admin.port', self.ports[2]), ('monitor.port', self.ports[3])):
            command += ['--set', '%s=%s' % (key, value)]
        self.launch(command)
        match = self.wait(lambda: LISTENING.search(self.output()), 'gatewayd to listen')
        self.http, self.https, self.admin, self.monitor = match.groups()
        self.wait(lambda: 'ready' == curl('http://127.0.0.1:%s/ready' % self.monitor)[1].strip(), 'gatewayd to be ready')
