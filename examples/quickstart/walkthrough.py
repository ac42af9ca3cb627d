"""The story that the quickstart plays by itself. Every answer is checked."""

import json
import os
import re
import shlex
import subprocess
import time

from stage import curl

USERS_MANIFEST = '''\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: users
  namespace: default
  annotations:
    kubernetes.io/ingress.class: azure-api-management/gateway
spec:
  rules:
    - http:
        paths:
          - path: /users
            pathType: Prefix
            backend: {service: {name: hello, port: {number: 80}}}
'''


class Walkthrough:
    def __init__(self, stage, cloud):
        self.stage = stage
        self.cloud = cloud
        self.wrong = 0
        self.chapter = 0

    def say(self, text):
        print('\n' + text, flush=True)

    def title(self, text):
        self.chapter += 1
        self.say('%d. %s' % (self.chapter, text))

    def check(self, right, expected):
        if not right:
            self.wrong += 1
            print('    WRONG: expected ' + expected, flush=True)

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
        self.check(right(answer), '%d with %r' % (expected_status, expected_text))

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
        self.check(done.returncode == 0 and answers == [winner] and loser in others,
                   '%s to answer and %s to be shadowed' % (winner, loser))

    def restart(self, how, conflict='last_write_wins'):
        print('  # gatewayd: %s, and started again' % how, flush=True)
        if how == 'SIGKILL':
            self.stage.kill()
        else:
            self.check(self.stage.stop() == 0, 'exit code 0')
        self.stage.start(conflict)

    def write(self, name, text):
        print('  # writes ' + name, flush=True)
        self.stage.write(name, text)

    def remove(self, name):
        print('  # deletes ' + name, flush=True)
        self.stage.remove(name)

    def manage(self, method, path, body):
        print('  # cloud: %s %s %s' % (method, path, json.dumps(body)), flush=True)
        self.cloud.manage(method, path, body)

    def later(self, path):
        """Waits for the next second: changes are compared in whole ones."""
        query = 'http://127.0.0.1:%s/explain?host=any.example&path=%s' % (self.stage.admin, path)
        newest = max(candidate['stamp'] for candidate in json.loads(curl(query)[1])['candidates'])
        while time.time() < newest + 1:
            time.sleep(0.02)

    def ask_users(self, who, until=False):
        """Who answers /users: `cloud`, which wants a key, or a manifest's service, which takes every request."""
        if who == 'cloud':
            self.ask(200, 'cloud answers /7', '-H', 'Ocp-Apim-Subscription-Key: ' + self.cloud.key, self.url('/users/7'),
                     until=until)
        else:
            self.ask(200, who + ' answers /users/7', self.url('/users/7'), until=until)

    def play(self):
        self.stage.start()
        for part in (self.routes, self.tls, self.changed_manifest, self.two_files, self.cloud_api, self.ingress_wins,
                     self.restarts, self.cloud_answers_again, self.cloud_wins, self.arrival_order, self.end):
            part()
        self.say('%d wrong' % self.wrong if self.wrong else 'Every answer was right.')
        return 1 if self.wrong else 0

    def routes(self):
        self.title('Routes: an Ingress with two paths, a prefix each.')
        self.ask(200, 'hello answers /hello/world', self.url('/hello/world'))
        self.ask(200, 'goodbye answers /goodbye', self.url('/goodbye'))
        self.ask(404, '', self.url('/elsewhere'))
        self.ask(404, '', self.url('/helloworld'))

    def tls(self):
        self.title('TLS: the certificate comes from the Secret, by server name.')
        self.ask(200, 'hello answers / for shop.example', '--cacert', self.stage.certificate, '--resolve',
                 'shop.example:%s:127.0.0.1' % self.stage.https, 'https://shop.example:%s/' % self.stage.https)

    def changed_manifest(self):
        self.title('A changed manifest: /goodbye now leads to the service hello.')
        text = self.stage.read('manifests/ingress.yaml')
        self.write('manifests/ingress.yaml',
                   text.replace('name: goodbye, port: {name: http}', 'name: hello, port: {number: 80}'))
        self.ask(200, 'hello answers /goodbye', self.url('/goodbye'), until=True)

    def two_files(self):
        self.title('A conflict of two folders: a document of our own claims /hello, later. The last change wins.')
        self.write('documents/routes.json', json.dumps({
            'apiVersion': 'gateway/v1', 'kind': 'Configuration',
            'backends': [{'id': 'goodbye', 'endpoints': [{'address': '127.0.0.1', 'port': self.stage.goodbye.port}]}],
            'apis': [{'id': 'farewell', 'path': '/hello', 'backend': 'goodbye'}]}, indent=2))
        self.ask(200, 'goodbye answers /hello', self.url('/hello'), until=True)
        self.explain('/hello', 'file-2', 'file')
        self.restart('SIGKILL')
        self.ask(200, 'goodbye answers /hello', self.url('/hello'))
        self.explain('/hello', 'file-2', 'file')
        self.remove('documents/routes.json')
        self.ask(200, 'hello answers /hello', self.url('/hello'), until=True)

    def cloud_api(self):
        self.title('The cloud: configd serves an API from an OpenAPI document; a product protects it with a key.')
        self.ask(401, 'missing subscription key', self.url('/users'))
        self.ask(200, 'cloud answers / ', '-H', 'Ocp-Apim-Subscription-Key: ' + self.cloud.key, self.url('/users'))
        self.ask_users('cloud')
        self.ask(404, 'Resource not found', '-X', 'DELETE', '-H', 'Ocp-Apim-Subscription-Key: ' + self.cloud.key,
                 self.url('/users/7'))

    def ingress_wins(self):
        self.title("An Ingress manifest adds /users, later than the cloud: it answers every operation, the cloud's or not.")
        self.write('manifests/users.yaml', USERS_MANIFEST)
        self.ask(200, 'hello answers /users', self.url('/users'), until=True)
        self.ask_users('hello')
        self.ask(200, 'hello answers /users/7', '-X', 'DELETE', self.url('/users/7'))
        self.explain('/users', 'file', 'cloud')

    def restarts(self):
        self.title('Restarts: the winner stays, whatever ends the gateway, and without the cloud too.')
        self.restart('SIGTERM')
        self.ask_users('hello')
        self.restart('SIGKILL')
        self.ask_users('hello')
        print('  # configd: SIGTERM', flush=True)
        self.check(self.cloud.stop() == 0, 'exit code 0')
        self.restart('SIGKILL')
        self.ask_users('hello')
        self.explain('/users', 'file', 'cloud')

    def cloud_answers_again(self):
        self.title("The manifest is deleted: the cloud's API answers, here from the backup, for configd is still down.")
        self.remove('manifests/users.yaml')
        self.ask_users('cloud', until=True)
        self.ask(401, '', self.url('/users'))
        self.cloud.start()
        print('  # configd: started again', flush=True)
        self.stage.wait(lambda: 'CloudConnected' in self.stage.output(), 'gatewayd to follow configd again')
        self.ask_users('cloud')

    def cloud_wins(self):
        self.title("The manifest comes back and wins; then the cloud's API is changed: the later change wins, and stays.")
        self.later('/users')
        self.write('manifests/users.yaml', USERS_MANIFEST)
        self.ask_users('hello', until=True)
        self.later('/users')
        self.manage('PATCH', '/apis/users', {'properties': {'displayName': 'Users, improved'}})
        self.ask_users('cloud', until=True)
        self.explain('/users', 'cloud', 'file')
        self.restart('SIGKILL')
        self.ask_users('cloud')

    def arrival_order(self):
        self.title("config.conflict=arrival_order, as in the vendor's gateway: a restart flips the winner.")
        self.restart('SIGTERM', 'arrival_order')
        self.ask_users('cloud')
        self.write('manifests/users.yaml', USERS_MANIFEST.replace('name: hello,', 'name: goodbye,'))
        self.ask_users('goodbye', until=True)
        self.restart('SIGTERM', 'arrival_order')
        self.ask_users('cloud')

    def end(self):
        self.title('SIGTERM: gatewayd drains and ends with 0; so does configd.')
        for name, program in (('gatewayd', self.stage), ('configd', self.cloud)):
            code = program.stop()
            print('    %s: exit code %s' % (name, code), flush=True)
            self.check(code == 0, 'exit code 0')
