#!/usr/bin/python3
"""A realistic policy document through configd and gatewayd, with Ingress beside it; and what authors try locally."""

import base64
import json
import os
import threading
import time

from common import Folder

from support import runner
from support.backend import Backend
from support.configd import Configd
from support.gatewayd import Gatewayd, program
from support.http_client import Connection
from support.policy_document import DOCUMENT, SECRET, bearer, put_orders, token
from support.process import run
from support.wait import wait_until

INGRESS = '''apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop, annotations: {"kubernetes.io/ingress.class": azure-api-management/gateway}}
spec:
  rules:
  - http:
      paths:
      - {path: /web, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {ports: [{port: 80, name: http}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, namespace: shop, labels: {"kubernetes.io/service-name": web}}
addressType: IPv4
ports: [{name: http, port: %d}]
endpoints: [{addresses: [127.0.0.1], conditions: {ready: true}}]
'''

class World:
    def __init__(self):
        self.folder = Folder()
        self.orders, self.web, self.tokens = Backend('orders'), Backend('web'), Backend('issued')
        self.service = Configd(self.folder.at('service.db')).start()
        c = self.service
        c.put('/gateways/east', description='', locationData={'name': 'here'})
        put_orders(c, 'east', self.orders.port, self.tokens.port)
        manifests = self.folder.write('ingress.yaml', INGRESS % self.web.port)
        self.gateway = Gatewayd({'config.service.endpoint': c.url, 'config.service.auth': c.token('east'),
                                 'config.file.path': manifests, 'log.access': 'false',
                                 'policies.debug.credential': 'debug-credential-of-tests'},
                                folder=self.folder.path).start().wait_ready()

    def get(self, path, **headers):
        with_dashes = {name.replace('_', '-'): value for name, value in headers.items()}
        connection = Connection(self.gateway.http)
        try:
            return connection.request(path, headers=with_dashes)
        finally:
            connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *problem):
        self.gateway.__exit__(*problem)
        self.service.__exit__(*problem)
        for backend in (self.orders, self.web, self.tokens):
            backend.close()
        self.folder.__exit__()


def test_the_document_as_a_whole(world):
    answer = world.get('/orders/42?x=1', **bearer(tenant='blue'))
    assert answer.status == 200, (answer.status, answer.body)
    assert answer.json() == {'path': '/internal/42?x=1', 'tenant': 'blue', 'said': 'hello'}, answer.body
    assert answer.header('Remaining') == '999', answer.headers
    assert answer.header('Server-Time') == time.strftime('%Y', time.gmtime()), answer.headers


def test_a_token_of_another_service_is_asked_for_once(world):
    before = world.tokens.requests
    for _ in range(5):
        assert world.get('/orders/1', **bearer(tenant='green')).status == 200
    assert world.tokens.requests == before + 1, (before, world.tokens.requests)


def test_refusals_tell_their_reason(world):
    answer = world.get('/orders/42')
    assert answer.status == 401 and answer.header('Error-Reason') == 'TokenNotPresent', (answer.status, answer.headers)
    assert answer.body == b'{ "statusCode": 401, "message": "JWT not present." }', answer.body
    answer = world.get('/orders/42', **bearer(aud='users'))
    assert answer.header('Error-Reason') == 'TokenAudienceNotAllowed', answer.headers
    answer = world.get('/orders/42', **bearer(tenant='blocked'))
    assert (answer.status, answer.body) == (403, b'{"tenant":"blocked"}'), (answer.status, answer.body)


def test_ingress_beside_it_has_none_of_that(world):
    answer = world.get('/web/page')
    assert answer.status == 200 and answer.json()['backend'] == 'web', answer.body


def test_changes_while_requests_come(world):
    """The text that the document says changes 40 times; no request fails, and each change is served."""
    failures, stop = [], threading.Event()
    headers = bearer(tenant='red')

    def ask():
        connection = Connection(world.gateway.http)
        while not stop.is_set():
            answer = connection.request('/orders/7', headers=headers)
            if answer.status not in (200, 429):
                failures.append((answer.status, answer.body))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for number in range(40):
            text = 'hello-%d' % number
            if number % 2:
                world.service.put('/namedValues/greeting', displayName='greeting', value=text, secret=False)
            else:
                world.service.put('/apis/orders/policies/policy', format='rawxml', value=DOCUMENT.replace('{{greeting}}', text))
            expected = text if number % 2 == 0 else None
            if expected:
                wait_until(lambda: world.get('/orders/7', **bearer(sub='s%d' % number)).json()['said'] == expected,
                           'change %d to be served' % number)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not failures, failures[:3]
    world.service.put('/apis/orders/policies/policy', format='rawxml', value=DOCUMENT)
    wait_until(lambda: world.get('/orders/7', **bearer(sub='last')).json()['said'] == 'hello-39', 'the named value')


def test_a_broken_document_leaves_the_last_good_one_serving(world):
    world.service.put('/apis/orders/policies/policy', format='rawxml',
                      value=DOCUMENT.replace('context.Timestamp', 'context.Timestmap'))
    def told():
        status = Connection(world.gateway.admin).request('/status').json()
        return 'Timestmap' in json.dumps(status)
    wait_until(told, 'the error to be told')
    assert world.get('/orders/9', **bearer(sub='still')).status == 200
    world.service.put('/apis/orders/policies/policy', format='rawxml', value=DOCUMENT)


def test_a_trace_of_a_live_request(world):
    answer = world.get('/orders/5', Gateway_Debug='debug-credential-of-tests', **bearer(tenant='blue', sub='traced'))
    trace = Connection(world.gateway.admin).request('/trace?id=' + answer.header('X-Request-Id')).json()
    paths = [step['path'] for step in trace['steps']]
    assert any(path.startswith('validate-jwt') for path in paths), paths
    assert any('variable tenant: blue' in change for step in trace['steps'] for change in step.get('changes', [])), trace
    assert 'Bearer' not in json.dumps(trace), 'a credential is in the trace'
    seen = [name.lower() for name, _ in answer.json().get('headers', [])]
    assert 'gateway-debug' not in seen
    answer = world.get('/orders/5', Gateway_Debug='debug-credential-of-someone', **bearer(sub='traced'))
    missing = Connection(world.gateway.admin).request('/trace?id=' + answer.header('X-Request-Id'))
    assert missing.status == 404, missing


def test_authors_check_and_run_documents(world):
    folder = world.folder
    document = folder.write('policy.xml', DOCUMENT.replace('{{token-url}}', 'http://127.0.0.1:%d/token' % world.tokens.port)
                            .replace('{{jwt-secret}}', base64.b64encode(SECRET).decode()).replace('{{greeting}}', 'hi'))
    said = run([program(), 'check', document])
    assert said.strip().endswith('ok'), said
    request = folder.write('request.http', 'GET /42?x=1 HTTP/1.1\nHost: api.example\nAuthorization: Bearer %s\n\n'
                           % token(tenant='blue'))
    context = folder.write('context.json', json.dumps({
        'operation': {'id': 'get', 'method': 'GET', 'urlTemplate': '/{id}'},
        'backend': {'status': 200, 'headers': {'Content-Type': 'application/json'}, 'body': '{"path":"/there"}'}}))
    said = run([program(), 'policy', 'run', '--policy', document, '--request', request, '--context', context])
    for expected in ('validate-jwt[2]', 'variable tenant: blue', 'send-request[1]', 'variable token: issued', '/internal/42?x=1',
                     '{"path":"/there","tenant":"blue","said":"hi"}'):
        assert expected in said, (expected, said)
    broken = folder.write('broken.xml', DOCUMENT.replace('<rewrite-uri', '<rewrite-url').replace('.Subject', '.Subjekt'))
    said = run([program(), 'check', broken], check=False)
    for expected in ('rewrite-url', 'rewrite-uri', 'Subjekt'):
        assert expected in said, (expected, said)


if __name__ == '__main__':
    runner.main(globals(), World)
