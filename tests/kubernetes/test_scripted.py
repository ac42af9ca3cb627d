#!/usr/bin/env python3
"""What an API server may do that the real one here does not, or not when asked."""

import contextlib
import json
import os
import sys
import tempfile
import time

sys.path[:0] = [os.path.dirname(os.path.dirname(os.path.abspath(__file__)))]

from cluster import endpoint_slice, ingress, ingress_class, service, tls_secret
from probe import Probe
from scripted_api import ScriptedApi
from support import runner
from support.backend import Backend
from support.certificates import Authority
from support.gatewayd import Gatewayd
from support.wait import holds_for, wait_until

NETWORKING = 'networking.k8s.io/v1'


class Script:
    """A scripted API server, a gatewayd that follows it, and backends a, b and c on loopback."""

    def __init__(self, api, gatewayd, backends):
        self.api = api
        self.gatewayd = gatewayd
        self.backends = backends

    def put(self, body, space='default'):
        body['metadata']['namespace'] = space
        self.api.put(NETWORKING, 'ingresses', body)

    def route(self, name, backend_name, path='/'):
        self.put(ingress(name, [(name + '.example', path, 'Prefix', backend_name, 80)]))

    def until(self, name, expected, seconds=15.0):
        wait_until(lambda: self.gatewayd.backend_of(name + '.example') == expected,
                   '%s to be answered by %s' % (name, expected), seconds)


@contextlib.contextmanager
def script(prepare=None, start=True, slices='v1', settings=None, **options):
    folder = tempfile.mkdtemp(prefix='script-')
    with contextlib.ExitStack() as stack:
        backends = {name: stack.enter_context(Backend(name)) for name in 'abc'}
        api = stack.enter_context(ScriptedApi(
            discovery=(slices,) if slices else (), **options))
        for name, backend in backends.items():
            ports = [('http', 80, backend.port)]
            api.put('v1', 'services', service(name, ports))
            if slices:
                api.put('discovery.k8s.io/' + slices, 'endpointslices',
                        endpoint_slice(name, ['127.0.0.1'], ports, version=slices))
            else:
                api.put('v1', 'endpoints', {
                    'metadata': {'name': name},
                    'subsets': [{'addresses': [{'ip': '127.0.0.1'}],
                                 'ports': [{'name': 'http', 'port': backend.port}]}]})
        if prepare:
            prepare(api)
        chosen = {'k8s.ingress.enabled': 'true', 'k8s.ingress.namespace': 'default',
                  'k8s.ingress.config.path': api.kubeconfig(os.path.join(folder, 'kubeconfig'))}
        chosen.update(settings or {})
        with Gatewayd(chosen, folder=folder) as gatewayd:
            if start:
                gatewayd.wait_ready()
            yield Script(api, gatewayd, backends)


def ingresses_watch(request):
    return request.resource == 'ingresses' and request.watch


def ingresses_list(request):
    return request.resource == 'ingresses' and not request.watch


def many(api, count):
    for number in range(count):
        api.put(NETWORKING, 'ingresses', ingress('many-%d' % number, [
            ('many-%d.example' % number, '/', 'Prefix', 'a', 80)]))


def test_endpoint_slices_v1():
    with script() as s:
        s.route('x', 'a')
        s.until('x', 'a')
        assert any(request.group_version == 'discovery.k8s.io/v1' for request in s.api.seen())


def test_endpoint_slices_v1beta1():
    with script(slices='v1beta1') as s:
        s.route('x', 'a')
        s.until('x', 'a')


def test_endpoints_where_there_are_no_slices():
    with script(slices=None) as s:
        s.route('x', 'a')
        s.until('x', 'a')
        s.api.put('v1', 'endpoints', {
            'metadata': {'name': 'a'},
            'subsets': [{'addresses': [], 'notReadyAddresses': [{'ip': '127.0.0.1'}],
                         'ports': [{'name': 'http', 'port': s.backends['a'].port}]}]})
        s.until('x', 503)


def test_list_in_pages():
    with script(lambda api: many(api, 23), page=5) as s:
        for number in (0, 4, 5, 22):
            s.until('many-%d' % number, 'a')
        lists = s.api.seen(lambda r: ingresses_list(r) and 'continue' in r.query)
        assert len(lists) >= 4, lists


def test_pages_that_expire_are_listed_anew():
    def prepare(api):
        many(api, 12)
        api.answer(lambda r: ingresses_list(r) and 'continue' in r.query, 410)
    with script(prepare, page=5) as s:
        for number in (0, 11):
            s.until('many-%d' % number, 'a')


def test_no_partial_list_is_ever_served():
    """While the second page does not come, nothing of the first is served, and nothing is lost."""
    def prepare(api):
        many(api, 8)
        api.answer(lambda r: ingresses_list(r) and 'continue' in r.query, 500, times=3)
    with script(prepare, start=False, page=5) as s:
        wait_until(lambda: s.api.seen(lambda r: 'continue' in r.query), 'the second page to be asked for')
        assert not s.gatewayd.ready() or s.gatewayd.backend_of('many-7.example') == 'a'
        s.gatewayd.wait_ready(60.0)
        s.until('many-0', 'a')
        s.until('many-7', 'a')


def test_bookmarks_move_the_version_that_a_watch_resumes_from():
    with script() as s:
        s.route('x', 'a')
        s.until('x', 'a')
        wait_until(lambda: s.api.watching('ingresses'), 'the watch')
        asked = s.api.seen(ingresses_watch)[-1]
        assert asked.query.get('allowWatchBookmarks') in ('true', '1'), asked
        # versions of other kinds pass by
        for number in range(5):
            s.api.put('v1', 'services', service('other-%d' % number))
        newest = s.api.put('v1', 'services', service('last'))
        s.api.bookmark('ingresses')
        before = len(s.api.seen(ingresses_watch))
        s.api.end_watches('ingresses')
        wait_until(lambda: len(s.api.seen(ingresses_watch)) > before, 'the next watch', 15.0)
        resumed = s.api.seen(ingresses_watch)[-1]
        assert int(resumed.query['resourceVersion']) == newest, (resumed, newest)


def lists_of_ingresses(s):
    return len(s.api.seen(ingresses_list))


def test_watch_that_ends_in_time_is_resumed_without_a_list():
    with script() as s:
        s.route('x', 'a')
        s.until('x', 'a')
        lists = lists_of_ingresses(s)
        for name in 'bca':
            wait_until(lambda: s.api.watching('ingresses'), 'the watch', 20.0)
            s.api.end_watches('ingresses', lambda: s.route('x', name))
            s.until('x', name, 20.0)
        assert lists_of_ingresses(s) == lists


def probing(s):
    s.route('steady', 'c')
    s.until('steady', 'c')
    return Probe([(lambda: s.gatewayd.backend_of('steady.example'), 'c')])


def test_410_in_a_watch_lists_anew_as_a_difference():
    with script() as s:
        s.route('goes', 'a')
        s.until('goes', 'a')
        with probing(s):
            wait_until(lambda: s.api.watching('ingresses'), 'the watch')

            def unseen():
                s.api.delete(NETWORKING, 'ingresses', 'goes')
                s.route('comes', 'b')
            s.api.change_unseen(unseen)
            s.api.expire('ingresses')
            s.until('comes', 'b')
            s.until('goes', 404)


def test_410_as_the_answer_to_a_watch():
    with script() as s, probing(s):
        wait_until(lambda: s.api.watching('ingresses'), 'the watch')
        s.api.answer(ingresses_watch, 410)
        s.api.change_unseen(lambda: s.route('comes', 'b'))
        s.api.end_watches('ingresses')
        s.until('comes', 'b')


def test_version_that_is_forgotten_while_no_watch_is_open():
    with script() as s:
        s.route('goes', 'a')
        s.until('goes', 'a')
        with probing(s):
            wait_until(lambda: s.api.watching('ingresses'), 'the watch')
            lists = lists_of_ingresses(s)

            def forgotten():
                s.api.delete(NETWORKING, 'ingresses', 'goes')
                s.route('comes', 'b')
                s.api.compact()
            s.api.end_watches('ingresses', forgotten)
            s.until('comes', 'b')
            s.until('goes', 404)
            assert lists_of_ingresses(s) == lists + 1


def test_lists_that_are_cut_are_asked_for_again():
    with script() as s, probing(s):
        wait_until(lambda: s.api.watching('ingresses'), 'the watch')
        s.api.cut(ingresses_list, times=2)
        s.api.change_unseen(lambda: s.route('comes', 'b'))
        s.api.expire('ingresses')
        s.until('comes', 'b', 30.0)


def test_410_in_watch_and_list():
    with script() as s, probing(s):
        wait_until(lambda: s.api.watching('ingresses'), 'the watch')
        s.api.change_unseen(lambda: s.route('comes', 'b'))
        s.api.answer(ingresses_list, 410, times=2)
        s.api.expire('ingresses')
        s.until('comes', 'b', 30.0)


def test_cut_in_the_middle_of_a_line():
    with script() as s, probing(s):
        for number in range(4):
            wait_until(lambda: s.api.watching('ingresses'), 'the watch', 30.0)
            s.api.cut_in_line('ingresses')
            s.route('x-%d' % number, 'ab'[number % 2])
            s.until('x-%d' % number, 'ab'[number % 2], 30.0)
        assert s.gatewayd.backend_of('half.example') == 404


def test_rubbish_in_a_watch():
    with script() as s, probing(s):
        for number, rubbish in enumerate((b'{"type": "ADDED", "object": {"metadata": }}\n', b'\0\0\n',
                                          b'{"type": "UNHEARD", "object": {}}\n', b'[]\n',
                                          b'{"type": "MODIFIED", "object": {"kind": "Ingress"}}\n')):
            wait_until(lambda: s.api.watching('ingresses'), 'the watch', 30.0)
            s.api.send_raw('ingresses', rubbish)
            s.route('x-%d' % number, 'a')
            s.until('x-%d' % number, 'a', 30.0)


def test_line_that_comes_in_pieces():
    with script() as s, probing(s):
        wait_until(lambda: s.api.watching('ingresses'), 'the watch')
        s.api.change_unseen(lambda: s.route('x', 'a'))
        line = json.dumps({'type': 'ADDED', 'object': s.api.held(NETWORKING, 'ingresses', 'x')}).encode()
        for piece in (line[:1], line[1:200], line[200:], b'\n'):
            s.api.send_raw('ingresses', piece)
        s.until('x', 'a')


def test_busy_server_is_asked_again_after_the_time_it_says():
    with script() as s, probing(s):
        wait_until(lambda: s.api.watching('ingresses'), 'the watch')
        lists = lists_of_ingresses(s)
        s.api.answer(ingresses_watch, 429, [('Retry-After', '1')], times=2)
        ended = time.monotonic()
        s.api.end_watches('ingresses', lambda: s.route('x', 'a'))
        s.until('x', 'a', 30.0)
        assert time.monotonic() - ended >= 1.9, 'twice it was told to wait for a second'
        assert lists_of_ingresses(s) == lists, 'a busy server is not to be listed from'


def test_errors_of_the_server_lose_nothing():
    with script() as s, probing(s):
        wait_until(lambda: s.api.watching('ingresses'), 'the watch')
        s.api.answer(lambda r: r.resource == 'ingresses', 500, times=3)
        s.api.end_watches('ingresses', lambda: s.route('x', 'a'))
        s.until('x', 'a', 60.0)


def test_start_while_the_server_errs():
    def prepare(api):
        api.answer(lambda r: True, 503, [('Retry-After', '1')], times=4)
    with script(prepare, start=False) as s:
        s.gatewayd.wait_ready(60.0)
        s.route('x', 'a')
        s.until('x', 'a')


def test_empty_list_is_a_configuration():
    with script() as s:
        s.route('x', 'a')
        s.until('x', 'a')
        wait_until(lambda: s.api.watching('ingresses'), 'the watch')
        s.api.change_unseen(lambda: s.api.delete(NETWORKING, 'ingresses', 'x'))
        s.api.expire('ingresses')
        s.until('x', 404)
        assert s.gatewayd.ready()


def test_forbidden_classes_are_no_failure():
    def prepare(api):
        api.forbidden.add('ingressclasses')
        api.put(NETWORKING, 'ingressclasses', ingress_class('named'))
    with script(prepare) as s:
        s.route('x', 'a')
        s.until('x', 'a')
        assert 'forbid' in s.gatewayd.process.output().lower() or '403' in s.gatewayd.process.output()


def test_only_the_secrets_that_an_ingress_names_are_asked_for():
    mine = Authority().issue('tls.example')
    other = Authority().issue('other.example')
    with script() as s:
        s.api.put('v1', 'secrets', tls_secret('named', mine.chain_pem, mine.key_pem))
        s.api.put('v1', 'secrets', tls_secret('unnamed', other.chain_pem, other.key_pem))
        s.put(ingress('tls', [('tls.example', '/', 'Prefix', 'a', 80)], tls=[(['tls.example'], 'named')]))
        wait_until(lambda: s.gatewayd.certificate('tls.example') == mine.der, 'the certificate')
        for request in s.api.seen(lambda r: r.resource == 'secrets'):
            named = request.name or request.query.get('fieldSelector', '').partition('=')[2].lstrip('=')
            assert named == 'named', request


def test_identifies_itself_and_asks_for_json():
    with script() as s:
        for request in s.api.seen():
            assert request.headers.get('authorization') == 'Bearer token-of-the-script', request.headers
            assert 'json' in request.headers.get('accept', ''), request.headers
            assert request.headers.get('user-agent'), request.headers


def test_broken_object_disturbs_nothing_else():
    with script() as s, probing(s):
        for body in ({'metadata': {'name': 'no-spec'}},
                     {'metadata': {'name': 'no-backend'},
                      'spec': {'rules': [{'host': 'x.example', 'http': {'paths': [
                          {'path': '/', 'pathType': 'Prefix'}]}}]}},
                     {'metadata': {'name': 'wrong-types'}, 'spec': {'rules': 'none'}},
                     {'metadata': {'name': 'bad-path'},
                      'spec': {'rules': [{'host': 'x.example', 'http': {'paths': [
                          {'path': 'no-slash', 'pathType': 'Prefix',
                           'backend': {'service': {'name': 'a', 'port': {'number': 80}}}}]}}]}}):
            body['metadata']['annotations'] = {
                'kubernetes.io/ingress.class': 'azure-api-management/gateway'}
            s.put(body)
        s.route('after', 'b')
        s.until('after', 'b')
        told = str(s.gatewayd.status()['sources'])
        for name in ('no-backend', 'wrong-types', 'bad-path'):
            assert name in told, told


def test_watches_do_not_pile_up():
    with script() as s:
        s.route('x', 'a')
        s.until('x', 'a')
        for _ in range(3):
            wait_until(lambda: s.api.watching('ingresses') == 1, 'one watch', 20.0)
            before = len(s.api.seen(ingresses_watch))
            s.api.end_watches('ingresses')
            wait_until(lambda: len(s.api.seen(ingresses_watch)) > before, 'the next watch', 20.0)
        wait_until(lambda: s.api.watching('ingresses') == 1, 'one watch', 20.0)
        holds_for(lambda: s.api.watching('ingresses') <= 1, 'one watch', 0.3)


if __name__ == '__main__':
    runner.main(globals())
