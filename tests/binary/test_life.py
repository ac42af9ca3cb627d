#!/usr/bin/python3
"""Start, signals, drain and exit codes."""

import resource
import signal
import socket
import threading

from common import Folder, document, gatewayd, serving

from support import runner
from support.backend import Backend
from support.gatewayd import Gatewayd
from support.http_client import get
from support.wait import wait_until

STATUS = '/status-0123456789abcdef'


def test_a_signal_drains_and_ends_with_0():
    with Folder() as folder:
        path = folder.write('d.json', document())
        for number in (signal.SIGTERM, signal.SIGINT):
            gateway = serving(path)
            gateway.process.signal(number)
            assert gateway.process.wait() == 0, gateway.process.tail()


def test_a_request_under_way_is_answered_before_the_end():
    with Folder() as folder, Backend('slow', delay=1.0) as backend:
        with serving(folder.write('d.json', document([('', '/', backend.port)]))) as gateway:
            answers = []
            asking = threading.Thread(target=lambda: answers.append(gateway.get('a.example', '/x')))
            asking.start()
            wait_until(lambda: backend.requests == 1, 'the request to reach the backend')
            assert gateway.stop() == 0
            asking.join()
            assert answers[0].status == 200 and answers[0].json()['backend'] == 'slow', answers


def test_while_draining_readiness_fails_and_connections_are_still_accepted():
    with Folder() as folder, Backend('hello') as backend:
        path = folder.write('d.json', document([('', '/', backend.port)]))
        with serving(path, drain__delay='2s') as gateway:
            assert gateway.get('a.example', STATUS).status == 200
            gateway.process.signal(signal.SIGTERM)
            wait_until(lambda: get(gateway.monitor, '/ready').status == 503, 'readiness to fail')
            assert b'draining' in get(gateway.monitor, '/ready').body
            assert get(gateway.monitor, '/live').status == 200
            assert gateway.get('a.example', STATUS).status == 503
            assert gateway.get('a.example', '/').status == 200
            assert gateway.process.wait() == 0
            try:
                socket.create_connection(('127.0.0.1', gateway.http), 1).close()
                raise AssertionError('the listener is still open')
            except ConnectionRefusedError:
                pass


def test_requests_that_outlast_drain_timeout_are_cut():
    with Folder() as folder, Backend('stuck', delay=30.0) as backend:
        path = folder.write('d.json', document([('', '/', backend.port)]))
        with serving(path, drain__timeout='200ms') as gateway:
            with gateway.connect() as connection:
                connection.send(b'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
                wait_until(lambda: backend.requests == 1, 'the request to reach the backend')
                assert gateway.stop(10) == 0
                assert 'DrainTimeout' in gateway.process.output()


def test_a_second_signal_ends_at_once():
    with Folder() as folder, Backend('stuck', delay=30.0) as backend:
        path = folder.write('d.json', document([('', '/', backend.port)]))
        with serving(path, drain__timeout='60s') as gateway:
            with gateway.connect() as connection:
                connection.send(b'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
                wait_until(lambda: backend.requests == 1, 'the request to reach the backend')
                gateway.process.signal(signal.SIGTERM)
                wait_until(lambda: get(gateway.monitor, '/ready').status == 503, 'the drain to begin')
                gateway.process.signal(signal.SIGTERM)
                assert gateway.process.wait(5) == -signal.SIGTERM


def test_two_gateways_never_share_a_port():
    with Folder() as folder:
        path = folder.write('d.json', document())
        with serving(path) as first:
            for key, port in (('net.server.http.port', first.http), ('net.server.https.port', first.https),
                              ('admin.port', first.admin), ('monitor.port', first.monitor)):
                settings = {'config.file.path': path, 'net.server.address': '127.0.0.1', 'net.server.http.port': 0,
                            'net.server.https.port': 0, 'admin.port': 0, 'monitor.port': 0, key: port}
                words = [word for pair in settings.items() for word in ('--set', '%s=%s' % pair)]
                code, _, err = gatewayd('run', *words)
                assert code == 3 and str(port) in err, (key, code, err)
            assert first.get('a', STATUS).status == 200


def test_a_source_that_never_comes_ends_the_start_with_3_or_serves_partially():
    with Folder() as folder, Backend('hello') as backend:
        path = folder.write('d.json', document([('', '/', backend.port)]))
        kubeconfig = folder.write('kubeconfig', {
            'apiVersion': 'v1', 'kind': 'Config', 'current-context': 'c',
            'clusters': [{'name': 'c', 'cluster': {'server': 'https://127.0.0.1:1'}}],
            'users': [{'name': 'u', 'user': {'token': 'marker-secret'}}],
            'contexts': [{'name': 'c', 'context': {'cluster': 'c', 'user': 'u'}}]})
        settings = {'k8s.ingress.enabled': 'true', 'k8s.ingress.config.path': kubeconfig, 'config.file.path': path,
                    'config.start.timeout': '500ms'}
        gateway = Gatewayd(settings).start()
        assert gateway.get('a', '/').status == 503 and gateway.get('a', '/').header('Retry-After')
        assert gateway.process.wait() == 3, gateway.process.tail()
        assert 'ingress' in gateway.process.output() and 'marker-secret' not in gateway.process.output()
        with Gatewayd(dict(settings, **{'config.start.partial': 'true'})).start().wait_ready() as gateway:
            assert gateway.get('a', '/').status == 200


def test_the_limit_of_open_files_is_raised():
    with Folder() as folder:
        path = folder.write('d.json', document())
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(512, hard), hard))
        try:
            with serving(path) as gateway:
                now = resource.prlimit(gateway.process.pid, resource.RLIMIT_NOFILE)
                assert now[0] == now[1] == hard, now
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


if __name__ == '__main__':
    runner.main(globals())
