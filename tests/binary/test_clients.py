#!/usr/bin/python3
"""Traffic, driven by curl, openssl s_client and wrk; and the access log it leaves."""

import json
import os
import re
import subprocess

from common import Folder, document, ingress, listed, service, serving

from support import runner
from support.backend import Backend
from support.certificates import Authority
from support.process import run
from support.wait import wait_until


class World:
    """A gateway with a plain and a TLS route, and what to check certificates against."""

    def __init__(self):
        self.folder = Folder()
        self.authority = Authority(self.folder.folder('ca'))
        self.backend = Backend('hello')
        leaf = self.authority.issue('shop.example')
        secret = {'apiVersion': 'v1', 'kind': 'Secret', 'metadata': {'name': 'shop-tls', 'namespace': 'default'},
                  'type': 'kubernetes.io/tls', 'stringData': {'tls.crt': leaf.chain_pem, 'tls.key': leaf.key_pem}}
        self.folder.write('m/all.json', listed(
            *service('hello', self.backend.port), secret, ingress('plain', path='/plain'),
            ingress('shop', host='shop.example', tls=[{'hosts': ['shop.example'], 'secretName': 'shop-tls'}])))
        self.gateway = serving(self.folder.at('m'))

    def __enter__(self):
        return self

    def __exit__(self, *problem):
        self.gateway.__exit__(*problem)
        self.backend.close()
        self.folder.__exit__()

    def curl(self, *words):
        return run(['curl', '-sS', '-i', '--max-time', '10', *words])

    def url(self, path='/plain'):
        return 'http://127.0.0.1:%d%s' % (self.gateway.http, path)

    def shop(self, *words):
        return self.curl('--cacert', self.authority.path, '--resolve', 'shop.example:%d:127.0.0.1' % self.gateway.https,
                         'https://shop.example:%d/' % self.gateway.https, *words)

    def access_log(self):
        lines = [line for line in self.gateway.process.output().splitlines() if line.startswith('{')]
        return [json.loads(line) for line in lines]


def test_curl_gets_a_route_and_404_elsewhere(world):
    answer = world.curl(world.url('/plain/x?y=1'))
    assert answer.startswith('HTTP/1.1 200 ') and '"path": "/plain/x?y=1"' in answer, answer
    assert world.curl(world.url('/elsewhere')).startswith('HTTP/1.1 404 ')
    assert world.curl('-I', world.url()).startswith('HTTP/1.1 200 ')


def test_curl_sends_bodies_of_both_framings(world):
    body = os.urandom(300_000)
    path = world.folder.write('body', body)
    for words in ((), ('-H', 'Transfer-Encoding: chunked'), ('-H', 'Expect: 100-continue')):
        answer = world.curl('--data-binary', '@' + path, *words, world.url())
        assert '"body_bytes": 300000' in answer, (words, answer[:400])


def test_curl_checks_the_certificate_of_a_tls_host(world):
    assert '"host": "shop.example' in world.shop()
    answer = world.shop('--tlsv1.2', '--tls-max', '1.2')
    assert answer.startswith('HTTP/1.1 200 '), answer


def test_openssl_sees_the_right_certificate_and_resumes_its_session(world):
    where = '127.0.0.1:%d' % world.gateway.https
    shown = run(['openssl', 's_client', '-connect', where, '-servername', 'shop.example', '-CAfile', world.authority.path,
                 '-verify_return_error', '-alpn', 'http/1.1'], input='')
    assert 'Verify return code: 0 (ok)' in shown and 'ALPN protocol: http/1.1' in shown, shown
    other = run(['openssl', 's_client', '-connect', where, '-servername', 'other.example'], input='')
    assert re.search('subject=.*gateway', other), other
    session = world.folder.at('session')
    run(['openssl', 's_client', '-connect', where, '-servername', 'shop.example', '-tls1_2', '-sess_out', session], input='')
    again = run(['openssl', 's_client', '-connect', where, '-servername', 'shop.example', '-tls1_2', '-sess_in', session], input='')
    assert 'Reused, TLSv1.2' in again, again


def test_old_tls_versions_are_refused(world):
    for version in ('-tls1', '-tls1_1'):
        done = subprocess.run(['openssl', 's_client', '-connect', '127.0.0.1:%d' % world.gateway.https, version,
                               '-cipher', 'ALL:@SECLEVEL=0'], input='', capture_output=True, text=True)
        assert done.returncode != 0, version


def test_wrk_sees_no_error(world):
    out = run(['wrk', '-t1', '-c32', '-d2s', world.url()], seconds=30)
    assert 'Socket errors' not in out and 'Non-2xx' not in out, out
    assert int(re.search(r'(\d+) requests in', out)[1]) > 200, out


def test_access_log_lines_are_whole_json_with_route_and_reason(world):
    marker = 'marker-key-0815'
    world.curl(world.url('/plain/logged?subscription-key=' + marker), '-H', 'Authorization: Bearer ' + marker,
               '-H', 'Ocp-Apim-Subscription-Key: ' + marker)
    world.curl(world.url('/elsewhere/logged?key=' + marker))
    run(['wrk', '-t1', '-c16', '-d1s', world.url('/plain/many')], seconds=30)

    def line_of(path):
        return next((line for line in world.access_log() if line.get('path') == path), None)

    served = wait_until(lambda: line_of('/plain/logged'), 'the line of a served request')
    assert served['status'] == 200 and served['source'] == 'file' and 'plain' in served['route'], served
    assert served['backend'] and served['version'] >= 1 and served['request_id'], served
    refused = wait_until(lambda: line_of('/elsewhere/logged'), 'the line of a refused request')
    assert refused['status'] == 404 and refused['reason'] in ('no_path', 'no_host'), refused
    assert marker not in world.gateway.process.output()
    wait_until(lambda: sum(line.get('path') == '/plain/many' for line in world.access_log()) > 100, 'the lines of many requests')


def test_the_access_log_can_be_off():
    with Folder() as folder, Backend('hello') as backend:
        with serving(folder.write('d.json', document([('', '/', backend.port)])), log__access='false',
                     telemetry__logs__std='none') as gateway:
            assert gateway.get('a', '/').status == 200
            assert gateway.stop() == 0
            assert gateway.process.output().count('\n') == 1, gateway.process.output()


def test_every_line_is_json_when_the_log_is(world):
    with serving(world.folder.at('m'), telemetry__logs__std='json', telemetry__logs__std__level='all') as gateway:
        for _ in range(50):
            gateway.get('a', '/plain')
        assert gateway.stop() == 0
        lines = [json.loads(line) for line in gateway.process.output().splitlines()]
        assert any(line.get('event') == 'Listening' for line in lines) and sum('request_id' in line for line in lines) == 50


if __name__ == '__main__':
    runner.main(globals(), World)
