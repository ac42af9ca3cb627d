#!/usr/bin/env python3
"""Routing from the Ingress objects of a real API server, through real sockets."""

import os
import sys

sys.path[:0] = [os.path.dirname(os.path.dirname(os.path.abspath(__file__)))]

import namespace

namespace.enter()

from cluster import CLASS_ANNOTATION, ApiError, cluster, ingress, ingress_class, service
from namespace import POD_ADDRESSES, POD_PORT
from scene import pod_scene, scene
from support import runner
from support.backend import Backend
from support.wait import holds_for, wait_until

NONE = 404

# The normative table of the Kubernetes documentation: rules (their services are a, b and c in
# order), then requests and who answers.
PATHS = [
    ([('Prefix', '/')], [('/', 'a'), ('/x', 'a'), ('/x/y/', 'a')]),
    ([('Exact', '/foo')], [('/foo', 'a'), ('/bar', NONE), ('/foo/', NONE), ('/', NONE)]),
    ([('Exact', '/foo/')], [('/foo', NONE), ('/foo/', 'a')]),
    ([('Prefix', '/foo')], [('/foo', 'a'), ('/foo/', 'a')]),
    ([('Prefix', '/foo/')], [('/foo', 'a'), ('/foo/', 'a')]),
    ([('Prefix', '/aaa/bb')], [('/aaa/bbb', NONE), ('/aaa/bb', 'a')]),
    ([('Prefix', '/aaa/bbb')], [('/aaa/bbb', 'a'), ('/aaa/bbb/', 'a'), ('/aaa/bbb/ccc', 'a'),
                                ('/aaa/bbbxyz', NONE)]),
    ([('Prefix', '/aaa/bbb/')], [('/aaa/bbb', 'a')]),
    ([('Prefix', '/'), ('Prefix', '/aaa')], [('/aaa/ccc', 'b'), ('/ccc', 'a')]),
    ([('Prefix', '/'), ('Prefix', '/aaa'), ('Prefix', '/aaa/bbb')],
     [('/aaa/bbb', 'c'), ('/ccc', 'a'), ('/aaa/b', 'b')]),
    ([('Prefix', '/aaa')], [('/ccc', NONE)]),
    ([('Prefix', '/foo'), ('Exact', '/foo')], [('/foo', 'b'), ('/foo/', 'a'), ('/foo/x', 'a')]),
    # beyond the table
    ([('ImplementationSpecific', '/foo')], [('/foo', 'a'), ('/foo/bar', 'a'), ('/foobar', NONE)]),
    ([('Prefix', '/Foo')], [('/Foo', 'a'), ('/foo', NONE), ('/Foo?q=/x', 'a')]),
    ([('Prefix', '/foo'), ('Exact', '/foo/bar')], [('/foo/bar', 'b'), ('/foo/bar/', 'a')]),
]


def test_path_table(c):
    with pod_scene(c) as s:
        for row, (rules, _) in enumerate(PATHS):
            s.put(ingress('row-%d' % row, [
                ('row-%d.example' % row, path, kind, name, 80)
                for (kind, path), name in zip(rules, ('a', 'b', 'c'))]))
        last = len(PATHS) - 1
        s.until('row-%d.example' % last, PATHS[last][1][0][0], PATHS[last][1][0][1])
        wrong = []
        for row, (rules, requests) in enumerate(PATHS):
            for path, expected in requests:
                seen = s.answers('row-%d.example' % row, path)
                if seen != expected:
                    wrong.append('%s: %s answered by %s, not %s' % (rules, path, seen, expected))
        assert not wrong, '\n'.join(wrong)


def test_prefix_with_and_without_slash_in_one_ingress(c):
    """The longer text wins for both spellings of the request."""
    with pod_scene(c) as s:
        s.put(ingress('both', [('both.example', '/foo', 'Prefix', 'a', 80),
                               ('both.example', '/foo/', 'Prefix', 'b', 80)]))
        s.until('both.example', '/foo', 'b')
        assert s.answers('both.example', '/foo/') == 'b'


def test_forwarded_path_is_what_was_matched(c):
    with pod_scene(c) as s:
        s.put(ingress('x', [('x.example', '/api', 'Prefix', 'a', 80)]))
        s.until('x.example', '/api', 'a')
        seen = s.gatewayd.get('x.example', '/api/./v1/../v2?q=1').json()
        assert (seen['path'], seen['host']) == ('/api/v2?q=1', 'x.example'), seen


def test_path_is_not_stripped_and_host_is_kept(c):
    with pod_scene(c) as s:
        s.put(ingress('x', [('x.example', '/api', 'Prefix', 'a', 80)]))
        s.until('x.example', '/api', 'a')
        seen = s.gatewayd.get('X.Example:8080', '/api/v1').json()
        assert seen['path'] == '/api/v1'
        assert seen['host'] == 'X.Example:8080', seen


def test_hosts_exact_before_wildcard_before_any(c):
    with pod_scene(c) as s:
        s.put(ingress('hosts', [('foo.bar.example', '/', 'Prefix', 'a', 80),
                                ('*.bar.example', '/', 'Prefix', 'b', 80)]),
              ingress('any', [(None, '/any', 'Prefix', 'c', 80)]))
        s.until('foo.bar.example', '/', 'a')
        s.until('other', '/any', 'c')
        assert s.answers('FOO.bar.Example', '/') == 'a'
        assert s.answers('other.bar.example', '/') == 'b'
        assert s.answers('foo.bar.example:8080', '/') == 'a'


def test_wildcard_is_exactly_one_label(c):
    with pod_scene(c) as s:
        s.put(ingress('wild', [('*.foo.example', '/', 'Prefix', 'a', 80)]))
        s.until('bar.foo.example', '/', 'a')
        assert s.answers('baz.bar.foo.example', '/') == NONE
        assert s.answers('foo.example', '/') == NONE


def test_host_without_the_path_falls_to_a_less_specific_host(c):
    with pod_scene(c) as s:
        s.put(ingress('hosts', [('foo.example', '/only', 'Prefix', 'a', 80)]),
              ingress('any', [(None, '/any', 'Prefix', 'c', 80)]))
        s.until('foo.example', '/only', 'a')
        s.until('foo.example', '/any', 'c')
        assert s.answers('foo.example', '/neither') == NONE


def test_default_backend_takes_what_no_rule_takes(c):
    with pod_scene(c) as s:
        s.put(ingress('x', [('x.example', '/aaa', 'Prefix', 'a', 80)], default=('b', 80)))
        s.until('x.example', '/ccc', 'b')
        assert s.answers('x.example', '/aaa') == 'a'
        assert s.answers('unknown.example', '/') == 'b'
        s.delete('x')
        s.until('unknown.example', '/', NONE)


def test_default_backend_alone(c):
    with pod_scene(c) as s:
        s.put(ingress('only', default=('a', 'http')))
        s.until('any.example', '/x', 'a')


def test_rule_without_paths_gives_its_host_to_the_default_backend(c):
    with pod_scene(c) as s:
        body = ingress('whole', [('paths.example', '/', 'Prefix', 'a', 80)], default=('b', 80))
        body['spec']['rules'].append({'host': '*.whole.example'})
        s.put(body, ingress('any', [(None, '/x', 'Prefix', 'c', 80)]))
        s.until('www.whole.example', '/x', 'b')
        s.until('other.example', '/x', 'c')
        assert s.answers('other.example', '/') == 'b'
        assert s.answers('paths.example', '/') == 'a'


def test_hosts_and_ports_that_the_api_server_refuses(c):
    """So that no rule is needed for them: IP addresses, ports and wildcards elsewhere than in front."""
    with pod_scene(c) as s:
        for host in ('10.1.2.3', 'x.example:8080', '*', 'x.*.example', '*.*.example', 'X.example'):
            try:
                s.put(ingress('refused', [(host, '/', 'Prefix', 'a', 80)]))
            except ApiError as error:
                assert error.status == 422, error
            else:
                raise AssertionError('%s was let in' % host)


def test_paths_that_cannot_be_served_are_told_and_spare_the_others(c):
    """What the API server lets in for ImplementationSpecific, and a backend that is no Service."""
    with pod_scene(c) as s:
        odd = ingress('odd', [('odd.example', '/good', 'Prefix', 'a', 80),
                              ('odd.example', '/re(/|$)(.*)', 'ImplementationSpecific', 'b', 80),
                              ('odd.example', '/b%2Fc', 'ImplementationSpecific', 'b', 80),
                              ('odd.example', '/d/../e', 'ImplementationSpecific', 'b', 80),
                              ('odd.example', '/store', 'Prefix', 'b', 80)], default=('c', 80))
        odd['spec']['rules'][4]['http']['paths'][0]['backend'] = {
            'resource': {'apiGroup': 'example.com', 'kind': 'Store', 'name': 'x'}}
        s.put(odd)
        s.until('odd.example', '/good', 'a')
        # its route is known, so it answers itself and not the default backend
        assert s.answers('odd.example', '/store/x') == 503
        assert s.answers('odd.example', '/other') == 'c'
        told = s.told()
        for rule, allowed in ((1, 'RFC 3986'), (2, 'encoded slash'), (3, 'dot segments')):
            field = 'Ingress %s/odd (ingress): spec.rules[%d].http.paths[0].path: ' % (s.namespace, rule)
            assert any(line.startswith(field) and allowed in line for line in told), (field, told)
        field = 'Ingress %s/odd (ingress): spec.rules[4].http.paths[0].backend.resource: ' % s.namespace
        assert any(line.startswith(field) and 'allowed is' in line for line in told), told
        seen = s.gatewayd.explain('odd.example', '/store/x')
        assert seen['outcome'] == 'tombstone' and seen['candidates'][0]['state'] == 'quarantined', seen


def test_good_ingress_that_turns_bad_keeps_its_last_good_form(c):
    with pod_scene(c) as s:
        s.put(ingress('x', [('x.example', '/', 'Prefix', 'a', 80)]))
        s.until('x.example', '/', 'a')
        bad = ingress('x', [('x.example', '/', 'Prefix', 'b', 80)])
        bad['spec']['rules'][0]['http']['paths'][0]['backend'] = {
            'resource': {'apiGroup': 'example.com', 'kind': 'Store', 'name': 'x'}}
        s.put(bad)
        wait_until(s.told, 'the error to be told')
        holds_for(lambda: s.answers('x.example', '/') == 'a', 'the last good form', 0.2)
        assert s.gatewayd.explain('x.example', '/')['candidates'][0]['state'] == 'stale'
        s.put(ingress('x', [('x.example', '/', 'Prefix', 'c', 80)]))
        s.until('x.example', '/', 'c')
        wait_until(lambda: not s.told(), 'the error to be taken back')


def test_port_by_name_and_by_number(c):
    ports = [('web', 80, 9001), ('other', 81, 9002)]
    with pod_scene(c) as s:
        with Backend('second-port', POD_ADDRESSES[5], 9002), \
                Backend('first-port', POD_ADDRESSES[5], 9001):
            c.put_service(s.namespace, 'two', [POD_ADDRESSES[5]], ports)
            s.put(ingress('ports', [('p.example', '/name', 'Prefix', 'two', 'other'),
                                    ('p.example', '/number', 'Prefix', 'two', 81),
                                    ('p.example', '/first', 'Prefix', 'two', 80),
                                    ('p.example', '/target', 'Prefix', 'two', 9002),
                                    ('p.example', '/unknown', 'Prefix', 'two', 'none')]))
            s.until('p.example', '/first', 'first-port')
            assert s.answers('p.example', '/name') == 'second-port'
            assert s.answers('p.example', '/number') == 'second-port'
            # the number is the Service's port, not the pod's
            assert s.answers('p.example', '/target') == 503
            assert s.answers('p.example', '/unknown') == 503


def test_service_that_is_missing_answers_503_and_serves_once_it_is_there(c):
    with pod_scene(c) as s:
        s.put(ingress('late', [('late.example', '/', 'Prefix', 'late', 80)],
                      default=('a', 80)))
        s.until('late.example', '/', 503)
        c.put_service(s.namespace, 'late', [s.backends['b'].address])
        s.until('late.example', '/', 'b')


def test_class_by_annotation(c):
    with pod_scene(c) as s:
        s.put(ingress('ours', [('ours.example', '/', 'Prefix', 'a', 80)]),
              ingress('theirs', [('theirs.example', '/', 'Prefix', 'a', 80)],
                      annotations={CLASS_ANNOTATION: 'nginx'}),
              ingress('nobodys', [('nobodys.example', '/', 'Prefix', 'a', 80)], annotations={}))
        s.until('ours.example', '/', 'a')
        assert s.answers('theirs.example', '/') == NONE
        assert s.answers('nobodys.example', '/') == NONE


def test_class_by_name_through_ingress_class(c):
    classes = '/apis/networking.k8s.io/v1/ingressclasses'
    c.put(classes, ingress_class('ours-by-name'))
    c.put(classes, ingress_class('theirs-by-name', 'example.com/other'))
    with scene(c) as s:
        s.put(ingress('ours', [('ours.example', '/', 'Prefix', 'a', 80)], class_name='ours-by-name'),
              ingress('theirs', [('theirs.example', '/', 'Prefix', 'a', 80)],
                      class_name='theirs-by-name'),
              ingress('none', [('none.example', '/', 'Prefix', 'a', 80)], class_name='late-by-name'))
        s.until('ours.example', '/', 'a')
        assert s.answers('theirs.example', '/') == NONE
        assert s.answers('none.example', '/') == NONE
        c.put(classes, ingress_class('late-by-name'))
        s.until('none.example', '/', 'a')
        c.client.delete(classes + '/late-by-name')
        s.until('none.example', '/', NONE)
        assert s.answers('ours.example', '/') == 'a'
    for name in ('ours-by-name', 'theirs-by-name'):
        c.client.delete('%s/%s' % (classes, name))


def test_default_class_takes_an_ingress_without_class(c):
    classes = '/apis/networking.k8s.io/v1/ingressclasses'
    with scene(c) as s:
        # made before there was a default class, so nothing stamped a class on it
        s.put(ingress('older', [('older.example', '/', 'Prefix', 'a', 80)], annotations={}))
        c.put(classes, ingress_class('the-default', default=True))
        try:
            def stamped():
                name = 'newer'
                s.put(ingress(name, [('newer.example', '/', 'Prefix', 'b', 80)], annotations={}))
                held = c.client.get('/apis/networking.k8s.io/v1/namespaces/%s/ingresses/%s'
                                    % (s.namespace, name))
                if held['spec'].get('ingressClassName') == 'the-default':
                    return True
                s.delete(name)
                return False
            wait_until(stamped, 'the API server to know the default class')
            s.until('newer.example', '/', 'b')
            s.until('older.example', '/', 'a')
        finally:
            c.client.delete(classes + '/the-default')
        s.until('older.example', '/', NONE)


def test_annotation_wins_over_the_class_field(c):
    classes = '/apis/networking.k8s.io/v1/ingressclasses'
    c.put(classes, ingress_class('other-class', 'example.com/other'))
    with scene(c) as s:
        s.put(ingress('x', [('x.example', '/', 'Prefix', 'a', 80)], class_name='other-class'),
              ingress('seen', [('seen.example', '/', 'Prefix', 'a', 80)]))
        s.until('seen.example', '/', 'a')
        assert s.answers('x.example', '/') == NONE
        # both together are refused on creation only
        c.client.merge('/apis/networking.k8s.io/v1/namespaces/%s/ingresses/x' % s.namespace, {
            'metadata': {'annotations': {CLASS_ANNOTATION: 'azure-api-management/gateway'}}})
        s.until('x.example', '/', 'a')
    c.client.delete(classes + '/other-class')


def test_endpoints_follow_their_slices(c):
    with pod_scene(c) as s:
        s.put(ingress('x', [('x.example', '/', 'Prefix', 'web', 80)]))
        c.put_service(s.namespace, 'web', [s.backends['a'].address])
        s.until('x.example', '/', 'a')

        def answering():
            return {s.answers('x.example', '/') for _ in range(12)}
        # two slices, one address in both
        c.put_slice(s.namespace, 'web', [s.backends['a'].address, s.backends['b'].address], suffix='b')
        wait_until(lambda: answering() == {'a', 'b'}, 'both backends')
        # not ready
        c.put_slice(s.namespace, 'web', [], suffix='a')
        c.put_slice(s.namespace, 'web', [(s.backends['a'].address, {'ready': False}),
                                         s.backends['b'].address], suffix='b')
        wait_until(lambda: answering() == {'b'}, 'only the ready one')
        # a condition that is not given counts as ready
        c.put_slice(s.namespace, 'web', [(s.backends['c'].address, {})], suffix='b')
        wait_until(lambda: answering() == {'c'}, 'the one without conditions')
        c.put_slice(s.namespace, 'web', [], suffix='b')
        s.until('x.example', '/', 503)
        c.put_slice(s.namespace, 'web', [s.backends['b'].address], suffix='c')
        s.until('x.example', '/', 'b')


def test_pods_come_and_go(c):
    """Endpoints as the real controllers write them."""
    with pod_scene(c) as s:
        c.put('/api/v1/namespaces/%s/services' % s.namespace,
              service('web', selector={'app': 'web'}))
        s.put(ingress('x', [('x.example', '/', 'Prefix', 'web', 'http')]))
        s.until('x.example', '/', 503)
        c.put_pod(s.namespace, 'web-1', {'app': 'web'}, s.backends['a'].address)
        s.until('x.example', '/', 'a')
        c.put_pod(s.namespace, 'web-2', {'app': 'web'}, s.backends['b'].address)
        wait_until(lambda: {s.answers('x.example', '/') for _ in range(12)} == {'a', 'b'}, 'both')
        c.delete_pod(s.namespace, 'web-1')
        wait_until(lambda: {s.answers('x.example', '/') for _ in range(12)} == {'b'}, 'the other')


def test_service_without_selector_and_endpoints_by_hand(c):
    """Endpoints that the server mirrors into slices."""
    with pod_scene(c) as s:
        c.put('/api/v1/namespaces/%s/services' % s.namespace, service('manual'))
        c.put('/api/v1/namespaces/%s/endpoints' % s.namespace, {
            'metadata': {'name': 'manual'},
            'subsets': [{'addresses': [{'ip': s.backends['c'].address}],
                         'ports': [{'name': 'http', 'port': POD_PORT}]}]})
        s.put(ingress('x', [('x.example', '/', 'Prefix', 'manual', 80)]))
        s.until('x.example', '/', 'c')


def test_external_name_is_off_by_default(c):
    body = {'metadata': {'name': 'outside'},
            'spec': {'type': 'ExternalName', 'externalName': 'outside.example',
                     'ports': [{'name': 'http', 'port': 80}]}}
    with pod_scene(c) as s:
        c.put('/api/v1/namespaces/%s/services' % s.namespace, body)
        s.put(ingress('out', [('out.example', '/', 'Prefix', 'outside', 80)], default=('a', 80)))
        s.until('out.example', '/', 503)
        # never by the broader route
        assert s.answers('other.example', '/') == 'a'


def test_changes_and_deletions_are_followed(c):
    with pod_scene(c) as s:
        s.put(ingress('x', [('x.example', '/', 'Prefix', 'a', 80)]))
        s.until('x.example', '/', 'a')
        s.put(ingress('x', [('x.example', '/', 'Prefix', 'b', 80)]))
        s.until('x.example', '/', 'b')
        s.put(ingress('x', [('y.example', '/', 'Prefix', 'b', 80)]))
        s.until('y.example', '/', 'b')
        assert s.answers('x.example', '/') == NONE
        s.put(ingress('x', [('y.example', '/', 'Prefix', 'b', 80)], annotations={'none': 'of ours'}))
        s.until('y.example', '/', NONE)
        s.put(ingress('x', [('y.example', '/', 'Prefix', 'c', 80)]))
        s.until('y.example', '/', 'c')
        s.delete('x')
        s.until('y.example', '/', NONE)


def test_one_path_of_two_ingresses_goes_to_the_older(c):
    with pod_scene(c) as s:
        s.put(ingress('older', [('x.example', '/', 'Prefix', 'a', 80)]))
        wait_until(lambda: created(s, 'later') > created(s, 'older'), 'a later creation', 3.0)
        s.until('x.example', '/', 'a')
        s.put(ingress('later', [('x.example', '/', 'Prefix', 'b', 80),
                                ('x.example', '/more', 'Prefix', 'c', 80)]))
        s.until('x.example', '/more', 'c')
        holds_for(lambda: s.answers('x.example', '/') == 'a', 'the older answers', 0.3)
        s.delete('older')
        s.until('x.example', '/', 'b')


def created(s, name):
    """When it was created; made anew each time unless it is `older`."""
    path = '/apis/networking.k8s.io/v1/namespaces/%s/ingresses/' % s.namespace
    if name != 'older':
        try:
            s.delete(name)
        except Exception:  # noqa: BLE001 - the first time there is none
            pass
        s.put(ingress(name, [('later.example', '/', 'Prefix', 'b', 80)]))
    return s.cluster.client.get(path + name)['metadata']['creationTimestamp']


def test_one_namespace_only(c):
    with pod_scene(c) as s:
        other = c.make_namespace('other')
        c.put_service(other, 'b', [s.backends['b'].address])
        c.put_ingress(other, ingress('other', [('other.example', '/', 'Prefix', 'b', 80)]))
        s.put(ingress('own', [('own.example', '/', 'Prefix', 'a', 80)]))
        s.until('own.example', '/', 'a')
        assert s.answers('other.example', '/') == NONE


def test_all_namespaces(c):
    with scene(c, settings={'k8s.ingress.namespace': ''}) as s:
        other = c.make_namespace('other')
        # the same names in both namespaces lead to their own
        c.put_service(other, 'a', [s.backends['b'].address])
        c.put_ingress(other, ingress('same', [('other-all.example', '/', 'Prefix', 'a', 80)]))
        s.put(ingress('same', [('own-all.example', '/', 'Prefix', 'a', 80)]))
        s.until('own-all.example', '/', 'a')
        s.until('other-all.example', '/', 'b')
        c.delete_ingress(other, 'same')
        s.until('other-all.example', '/', NONE)
        assert s.answers('own-all.example', '/') == 'a'


def test_service_dns_name_by_setting(c):
    with scene(c, settings={'k8s.ingress.endpoints': 'service'}) as s:
        s.put(ingress('x', [('x.example', '/', 'Prefix', 'a', 80)]))
        wait_until(lambda: s.gatewayd.explain('x.example', '/')['outcome'] == 'route', 'the route')
        # no name server answers here
        assert s.answers('x.example', '/') in (502, 503, 504)


if __name__ == '__main__':
    runner.main(globals(), lambda: cluster(controllers=True))
