"""gatewayd in front of two backends, with a folder of manifests as its source: to be tried by hand, or
to play a story by itself (--walkthrough)."""

import argparse
import http.server
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
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

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Answer)
        server.daemon_threads = True
        self.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()


class Stage:
    """A folder with the manifests, a second one for a document of our own, and gatewayd on both."""

    def __init__(self, folder, ports):
        self.folder = folder
        self.manifests = os.path.join(folder, 'manifests')
        self.documents = os.path.join(folder, 'documents')
        self.certificate = os.path.join(folder, 'shop.crt')
        self.log = os.path.join(folder, 'gatewayd.log')
        self.hello = Backend('hello')
        self.goodbye = Backend('goodbye')
        self.ports = ports
        self.process = None
        for path in (self.manifests, self.documents, os.path.join(folder, 'state')):
            shutil.rmtree(path, ignore_errors=True)
            os.makedirs(path)
        for name in os.listdir(os.path.join(HERE, 'manifests')):
            with open(os.path.join(HERE, 'manifests', name)) as file:
                text = file.read()
            self.write('manifests/' + name, text.replace('HELLO_PORT', str(self.hello.port))
                       .replace('GOODBYE_PORT', str(self.goodbye.port)))
        self.make_secret()

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

    def start(self):
        command = [os.environ['GATEWAYD'], 'run']
        for key, value in (('config.file.path', self.manifests + ',' + self.documents),
                           ('config.backup.path', os.path.join(self.folder, 'state')),
                           ('net.server.address', '127.0.0.1'), ('drain.delay', '0s'),
                           ('net.server.http.port', self.ports[0]), ('net.server.https.port', self.ports[1]),
                           ('admin.port', self.ports[2]), ('monitor.port', self.ports[3])):
            command += ['--set', '%s=%s' % (key, value)]
        with open(self.log, 'w') as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        match = self.wait(lambda: LISTENING.search(self.read('gatewayd.log')), 'gatewayd to listen')
        self.http, self.https, self.admin, self.monitor = match.groups()
        self.wait(lambda: 'ready' == curl('http://127.0.0.1:%s/ready' % self.monitor)[1].strip(), 'gatewayd to be ready')

    def wait(self, condition, what, seconds=20):
        deadline = time.monotonic() + seconds
        while True:
            found = condition()
            if found:
                return found
            if self.process.poll() is not None or time.monotonic() > deadline:
                sys.exit('%s\nwaited in vain for %s' % (self.read('gatewayd.log')[-3000:], what))
            time.sleep(0.02)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            return self.process.wait(20)
        return None


def curl(*arguments):
    """Status and body."""
    done = subprocess.run(['curl', '-s', '-o', '-', '-w', '\n%{http_code}', *arguments], capture_output=True, text=True)
    body, _, status = done.stdout.rpartition('\n')
    return int(status or 0), body


class Walkthrough:
    def __init__(self, stage):
        self.stage = stage
        self.wrong = 0

    def say(self, text):
        print('\n' + text, flush=True)

    def ask(self, expected_status, expected_text, *arguments, until=False):
        """Asks with curl and prints question and answer; `until`: asks again until the answer is right."""
        arguments = [str(argument) for argument in arguments]
        print('  $ curl ' + ' '.join(shlex.quote(a.replace(self.stage.folder + '/', '')) for a in arguments), flush=True)

        def right(answer):
            return answer[0] == expected_status and expected_text in answer[1]
        deadline = time.monotonic() + (10 if until else 0)
        answer = curl(*arguments)
        while not right(answer) and time.monotonic() < deadline:
            time.sleep(0.02)
            answer = curl(*arguments)
        lines = answer[1].strip().splitlines() or ['']
        print('    %d %s' % (answer[0], lines[0][:150]), flush=True)
        if not right(answer):
            self.wrong += 1
            print('    WRONG: expected %d with %r' % (expected_status, expected_text), flush=True)

    def url(self, path):
        return 'http://127.0.0.1:%s%s' % (self.stage.http, path)

    def explain(self, path, winner, loser):
        """gatewayd explain must name the source that answers, and the one that is shadowed."""
        command = ['explain', '--admin', '127.0.0.1:' + self.stage.admin, 'http://any.example' + path]
        print('  $ gatewayd ' + ' '.join(command), flush=True)
        done = subprocess.run([os.environ['GATEWAYD'], *command], capture_output=True, text=True)
        print('    ' + done.stdout.strip().replace('\n', '\n    ') + done.stderr, flush=True)
        answers = re.findall(r'^\* \S+@(\S+) ', done.stdout, re.M)
        others = re.findall(r'^  \S+@(\S+) .*?shadowed', done.stdout, re.M | re.S)
        if done.returncode != 0 or answers != [winner] or loser not in others:
            self.wrong += 1
            print('    WRONG: expected %s to answer and %s to be shadowed' % (winner, loser), flush=True)

    def play(self):
        stage = self.stage
        stage.start()
        self.say('1. Routes: an Ingress with two paths, a prefix each.')
        self.ask(200, 'hello answers /hello/world', self.url('/hello/world'))
        self.ask(200, 'goodbye answers /goodbye', self.url('/goodbye'))
        self.ask(404, '', self.url('/elsewhere'))
        self.ask(404, '', self.url('/helloworld'))

        self.say('2. TLS: the certificate comes from the Secret, by server name.')
        self.ask(200, 'hello answers / for shop.example', '--cacert', stage.certificate, '--resolve',
                 'shop.example:%s:127.0.0.1' % stage.https, 'https://shop.example:%s/' % stage.https)

        self.say('3. A changed manifest: /goodbye now leads to the service hello.')
        text = stage.read('manifests/ingress.yaml')
        stage.write('manifests/ingress.yaml', text.replace('name: goodbye, port: {name: http}', 'name: hello, port: {number: 80}'))
        self.ask(200, 'hello answers /goodbye', self.url('/goodbye'), until=True)

        self.say('4. A conflict: a second source claims /hello, later. The last change wins; explain says why.')
        stage.write('documents/routes.json', json.dumps({
            'apiVersion': 'gateway/v1', 'kind': 'Configuration',
            'backends': [{'id': 'goodbye', 'endpoints': [{'address': '127.0.0.1', 'port': stage.goodbye.port}]}],
            'apis': [{'id': 'farewell', 'path': '/hello', 'backend': 'goodbye'}]}, indent=2))
        self.ask(200, 'goodbye answers /hello', self.url('/hello'), until=True)
        self.explain('/hello', 'file-2', 'file')

        self.say('5. A restart: gatewayd is killed with SIGKILL and started again. The winner stays the same.')
        stage.kill()
        stage.start()
        self.ask(200, 'goodbye answers /hello', self.url('/hello'))
        self.explain('/hello', 'file-2', 'file')

        self.say('6. The winner is deleted: the other answers.')
        os.unlink(os.path.join(stage.documents, 'routes.json'))
        self.ask(200, 'hello answers /hello', self.url('/hello'), until=True)

        self.say('7. SIGTERM: gatewayd drains and ends with 0.')
        code = stage.stop()
        print('    exit code %s' % code)
        self.wrong += code != 0
        self.say('%d wrong' % self.wrong if self.wrong else 'Every answer was right.')
        return 1 if self.wrong else 0


def free(ports):
    for port in ports:
        try:
            with socket.create_server(('127.0.0.1', port)):
                pass
        except OSError:
            return False
    return True


def stay(stage):
    stage.start()
    base = 'http://127.0.0.1:' + stage.http
    print("""
gatewayd serves {base} and https://127.0.0.1:{https}; its log is {log}

  curl {base}/hello/world
  curl {base}/goodbye
  curl --cacert {certificate} --resolve shop.example:{https}:127.0.0.1 https://shop.example:{https}/
  {gatewayd} explain --admin 127.0.0.1:{admin} {base}/hello
  curl http://127.0.0.1:{admin}/status
  curl http://127.0.0.1:{monitor}/metrics

Edit the manifests in {manifests}: routes change at once.
Ctrl-C ends it.""".format(base=base, https=stage.https, log=stage.log, certificate=stage.certificate, admin=stage.admin,
                          monitor=stage.monitor, manifests=stage.manifests, gatewayd=os.environ['GATEWAYD']), flush=True)
    try:
        return stage.process.wait()
    except KeyboardInterrupt:
        return stage.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--walkthrough', action='store_true', help='play a story; exit code 0 when every answer was right')
    wanted = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if wanted.walkthrough:
        with tempfile.TemporaryDirectory(prefix='quickstart-') as folder:
            stage = Stage(folder, (0, 0, 0, 0))
            try:
                return Walkthrough(stage).play()
            finally:
                stage.stop()
    folder = os.path.join(ROOT, 'build', 'quickstart')
    os.makedirs(folder, exist_ok=True)
    ports = (8080, 8081, 8082, 8083)
    stage = Stage(folder, ports if free(ports) else (0, 0, 0, 0))
    try:
        return stay(stage)
    finally:
        stage.stop()


if __name__ == '__main__':
    sys.exit(main())
