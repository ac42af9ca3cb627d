"""The cloud of the quickstart: configd with one API, its backend, and a key for it."""

import json
import os
import re
import secrets
import shutil
import subprocess
import time
import urllib.request

from stage import HERE, Backend, Program, write_secret

LISTENING = re.compile(r'listening http=\S+?:(\d+)')
GATEWAY = 'quickstart'


class Cloud(Program):
    """configd on a database of its own, which is made anew."""

    def __init__(self, folder, port):
        self.folder = os.path.join(folder, 'cloud')
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        super().__init__(os.path.join(folder, 'configd.log'))
        self.database = os.path.join(self.folder, 'configd.db')
        self.admin_file = os.path.join(self.folder, 'admin-token')
        self.token_file = os.path.join(self.folder, 'gateway-token')
        self.port = port
        self.backend = Backend('cloud')
        write_secret(self.admin_file, secrets.token_hex(32))

    @property
    def url(self):
        return 'http://127.0.0.1:%d' % self.port

    def import_users(self):
        """Makes an API of users.yaml, and assigns it to the gateway; configd must not run."""
        subprocess.run([os.environ['CONFIGD'], 'import', 'openapi', '--database', self.database, '--api', 'users',
                        '--path', 'users', '--service-url', 'http://127.0.0.1:%d' % self.backend.port,
                        '--gateway', GATEWAY, os.path.join(HERE, 'users.yaml')], check=True, stdout=subprocess.DEVNULL)

    def start(self):
        self.launch([os.environ['CONFIGD'], 'serve', '--database', self.database, '--port', str(self.port),
                     '--admin-token-file', self.admin_file])
        self.port = int(self.wait(lambda: LISTENING.search(self.output()), 'configd to listen')[1])

    def sell(self):
        """A product with the API in it, a subscription to it, and the gateway's own token."""
        self.manage('PUT', '/products/starter', {'properties': {
            'displayName': 'Starter', 'state': 'published', 'subscriptionRequired': True}})
        self.manage('PUT', '/products/starter/apis/users')
        self.manage('PUT', '/subscriptions/ada', {'properties': {'displayName': "Ada's", 'scope': '/products/starter',
                                                                 'state': 'active'}})
        expiry = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time() + 29 * 24 * 3600))
        token = self.manage('POST', '/gateways/%s/generateToken' % GATEWAY, {'keyType': 'primary', 'expiry': expiry})
        write_secret(self.token_file, token['value'])
        self.key = self.manage('POST', '/subscriptions/ada/listSecrets')['primaryKey']

    def manage(self, method, path, body=None):
        """One request to the management API."""
        with open(self.admin_file) as file:
            fields = {'Authorization': 'Bearer ' + file.read(), 'Content-Type': 'application/json', 'If-Match': '*'}
        if method == 'PUT':
            del fields['If-Match']
        request = urllib.request.Request(self.url + path + '?api-version=2022-08-01', method=method, headers=fields,
                                         data=None if body is None else json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read() or b'null')
