#!/usr/bin/env python3
"""Trouble with a real API server: routes stay as they are, and catch up afterwards."""

import os
import signal
import sys

sys.path[:0] = [os.path.dirname(os.path.dirname(os.path.abspath(__file__)))]

import namespace

namespace.enter()

from cluster import ADMIN_TOKEN, PORT, ApiClient, cluster, ingress
from probe import Probe
from scene import scene
from support import runner
from support.certificates import Authority
from support.gatewayd import Gatewayd
from support.http_client import get
from support.wait import wait_until
from support.wire import Wire


def serving(s):
    """Three routes; returns the questions that a probe asks of them."""
    s.put(ingress('one', [('one.example', '/', 'Prefix', 'a', 80), ('one.example', '/b', 'Exact', 'b', 80)]),
          ingress('two', [('*.two.example', '/', 'Prefix', 'c', 80)]))
    s.until('one.example', '/b', 'b')
    s.until('x.two.example', '/', 'c')
    return [(lambda: s.answers('one.example', '/'), 'a'), (lambda: s.answers('one.example', '/b'), 'b'),
            (lambda: s.answers('y.two.example', '/z'), 'c')]


def source_state(s):
    return next(source['state'] for source in s.gatewayd.status()['sources']
                if source['kind'] == 'ingress')


def test_routes_outlive_the_api_server(c):
    with scene(c) as s, Probe(serving(s)) as probe:
        c.stop_api_server()
        wait_until(lambda: source_state(s) == 'stale', 'the source to be stale', 30.0)
        assert s.gatewayd.ready()
        asked = probe.asked
        wait_until(lambda: probe.asked > asked + 30, 'more questions')
        c.start_api_server()
        s.put(ingress('three', [('three.example', '/', 'Prefix', 'b', 80)]))
        s.until('three.example', '/', 'b', 45.0)
        assert source_state(s) == 'synced'


def test_api_server_ends_by_itself_and_comes_again(c):
    quick = '--request-timeout=3s'  # so long it waits for requests before it ends
    c.stop_api_server()
    c.start_api_server(quick)
    with scene(c) as s, Probe(serving(s)):
        for round_ in range(2):
            c.stop_api_server(kill=False)
            c.start_api_server(quick)
            name = 'again-%d' % round_
            s.put(ingress(name, [(name + '.example', '/', 'Prefix', 'b', 80)]))
            s.until(name + '.example', '/', 'b', 45.0)
    c.stop_api_server()
    c.start_api_server()


def test_api_server_hangs_for_a_while(c):
    with scene(c) as s, Probe(serving(s)) as probe:
        c.api_server.signal(signal.SIGSTOP)
        try:
            asked = probe.asked
            wait_until(lambda: probe.asked > asked + 60, 'more questions')
        finally:
            c.api_server.signal(signal.SIGCONT)
        s.put(ingress('after', [('after.example', '/', 'Prefix', 'b', 80)]))
        s.until('after.example', '/', 'b')


def test_etcd_stops_and_comes_again(c):
    with scene(c) as s, Probe(serving(s)):
        impatient = ApiClient(c, timeout=2.0)

        def reads():
            try:
                return impatient.raw('GET', '/api/v1/namespaces/default').status == 200
            except OSError:
                return False
        c.stop_etcd()
        wait_until(lambda: not reads(), 'the API server to notice', 60.0)
        c.start_etcd()
        wait_until(reads, 'the API server', 60.0)
        impatient.close()
        s.put(ingress('after', [('after.example', '/', 'Prefix', 'b', 80)]))
        s.until('after.example', '/', 'b', 45.0)


def through_wire(c, wire, namespace_):
    path = os.path.join(c.folder, 'wire-%d.kubeconfig' % wire.port)
    with open(c.write_kubeconfig('wire', ADMIN_TOKEN)) as file:
        text = file.read()
    with open(path, 'w') as file:
        file.write(text.replace(':%d' % PORT, ':%d' % wire.port))
    return {'k8s.ingress.config.path': path, 'k8s.ingress.namespace': namespace_}


def test_watches_are_cut_in_the_middle(c):
    with Wire(('127.0.0.1', PORT)) as wire:
        settings = {'k8s.ingress.config.path': through_wire(c, wire, 'x')['k8s.ingress.config.path']}
        with scene(c, settings=settings) as s, Probe(serving(s)):
            for count in range(12):
                # inside the headers of the record, of the line, and near its end
                wire.cut_after([1, 5, 40, 200, 700, 1200][count % 6])
                name = 'cut-%d' % count
                s.put(ingress(name, [(name + '.example', '/', 'Prefix', 'b', 80)]))
                s.until(name + '.example', '/', 'b', 30.0)


def test_unseen_history_is_listed_anew_and_nothing_flaps(c):
    """Changes while cut off, on a server that forgot the versions in between: it answers 410."""
    authority = Authority()
    before, after = authority.issue('goes.example'), authority.issue('goes.example')
    with Wire(('127.0.0.1', PORT)) as wire:
        settings = {'k8s.ingress.config.path': through_wire(c, wire, 'x')['k8s.ingress.config.path']}
        with scene(c, settings=settings) as s:
            c.put_tls_secret(s.namespace, 'tls', before)
            s.put(ingress('goes', [('goes.example', '/', 'Prefix', 'b', 80)]),
                  ingress('tls', [('tls.example', '/', 'Prefix', 'b', 80)],
                          tls=[(['tls.example'], 'tls')]))
            s.until('goes.example', '/', 'b')
            wait_until(lambda: s.gatewayd.certificate('tls.example') == before.der, 'the certificate')
            with Probe(serving(s)):
                wire.refuse()
                s.delete('goes')
                c.put_tls_secret(s.namespace, 'tls', after)
                c.put_service(s.namespace, 'late', [s.backends['c'].address])
                s.put(ingress('comes', [('comes.example', '/', 'Prefix', 'late', 80)]))
                for turn in range(5):
                    s.put(ingress('turns', [('turns.example', '/', 'Prefix', 'abc'[turn % 3], 80)]))
                c.stop_api_server()
                c.start_api_server()
                assert s.answers('goes.example', '/') == 'b'
                assert s.answers('comes.example', '/') == 404
                assert 'IngressWatchExpired' not in s.gatewayd.process.output()
                wire.allow()
                s.until('comes.example', '/', 'c', 45.0)
                s.until('goes.example', '/', 404)
                s.until('turns.example', '/', 'b')
                wait_until(lambda: s.gatewayd.certificate('tls.example') == after.der, 'the new certificate')
                assert 'IngressWatchExpired' in s.gatewayd.process.output(), 'the server answered 410'


def test_gatewayd_started_before_the_api_server_waits_for_it(c):
    with Wire(('127.0.0.1', PORT)) as wire, scene(c) as s:
        s.put(ingress('x', [('x.example', '/', 'Prefix', 'a', 80)]))
        wire.refuse()
        settings = dict(c.as_kubeconfig(s.namespace), **through_wire(c, wire, s.namespace))
        with Gatewayd(settings, folder=c.folder, name='early') as early:
            wait_until(lambda: wire_asked(early), 'an attempt to reach the API server', 15.0)
            assert not early.ready()
            answer = early.get('x.example', '/')
            assert answer.status == 503 and answer.header('Retry-After'), answer
            assert get(early.http, '/status-0123456789abcdef').status == 503
            wire.allow()
            early.wait_ready(60.0)
            assert early.backend_of('x.example', '/') == 'a'
            assert get(early.http, '/status-0123456789abcdef').status == 200


def wire_asked(gatewayd):
    """Whether the source says that it cannot reach the server."""
    return any(source.get('degraded') for source in gatewayd.status()['sources'])


if __name__ == '__main__':
    runner.main(globals(), cluster)
