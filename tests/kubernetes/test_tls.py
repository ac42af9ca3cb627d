#!/usr/bin/env python3
"""TLS from the Secrets that Ingress objects name: who gets which certificate, and when."""

import os
import ssl
import sys
import time

sys.path[:0] = [os.path.dirname(os.path.dirname(os.path.abspath(__file__)))]

import namespace

namespace.enter()

from cluster import cluster, ingress, tls_secret
from scene import pod_scene
from support import runner
from support.certificates import Authority, dns_names
from support.http_client import tls_context
from support.wait import holds_for, wait_until

AUTHORITY = Authority()


def certificate(*names, **more):
    return AUTHORITY.issue(*names, **more)


def shows(s, sni, expected, seconds=5.0):
    """Waits until a new handshake with that SNI shows the certificate."""
    wait_until(lambda: s.gatewayd.certificate(sni) == expected.der,
               'the certificate of %s for SNI %r' % (expected.chain_path, sni), seconds)


def test_certificate_by_sni_exact_then_wildcard_then_default(c):
    exact, wild = certificate('www.shop.example'), certificate('*.shop.example', algorithm='rsa')
    with pod_scene(c) as s:
        c.put_tls_secret(s.namespace, 'exact', exact)
        c.put_tls_secret(s.namespace, 'wild', wild)
        s.put(ingress('x', [('www.shop.example', '/', 'Prefix', 'a', 80),
                            ('*.shop.example', '/', 'Prefix', 'b', 80)],
                      tls=[(['www.shop.example'], 'exact'), (['*.shop.example'], 'wild')]))
        shows(s, 'www.shop.example', exact)
        shows(s, 'blog.shop.example', wild)
        assert s.gatewayd.certificate('WWW.shop.example') == exact.der
        default = s.gatewayd.certificate(None)
        assert default not in (exact.der, wild.der)
        assert dns_names(default), 'the default certificate needs a DNS name'
        for sni in ('unknown.example', 'a.b.shop.example', 'shop.example'):
            assert s.gatewayd.certificate(sni) == default, sni
        answer = s.gatewayd.get_tls('www.shop.example', '/')
        assert answer.json()['backend'] == 'a'
        forwarded = {name.lower(): value for name, value in answer.json()['headers']}
        assert forwarded['x-forwarded-proto'] == 'https', forwarded
        assert s.gatewayd.get_tls('blog.shop.example', '/').json()['backend'] == 'b'
        # a verifying client is content
        checked = tls_context(AUTHORITY.pem)
        assert s.gatewayd.get_tls('www.shop.example', '/', context=checked).status == 200


def test_sni_selects_the_certificate_and_host_the_route(c):
    one, two = certificate('one.example'), certificate('two.example')
    with pod_scene(c) as s:
        c.put_tls_secret(s.namespace, 'one', one)
        c.put_tls_secret(s.namespace, 'two', two)
        s.put(ingress('x', [('one.example', '/', 'Prefix', 'a', 80), ('two.example', '/', 'Prefix', 'b', 80)],
                      tls=[(['one.example'], 'one'), (['two.example'], 'two')]))
        shows(s, 'one.example', one)
        shows(s, 'two.example', two)
        with s.gatewayd.connect_tls('one.example') as connection:
            assert connection.certificate() == one.der
            assert connection.request('/', 'two.example').json()['backend'] == 'b'
            assert connection.request('/', 'one.example').json()['backend'] == 'a'
        assert s.gatewayd.get_tls('two.example', '/', sni='').json()['backend'] == 'b'


def test_missing_secret_means_the_default_certificate_until_it_comes(c):
    late = certificate('late.example')
    with pod_scene(c) as s:
        default = s.gatewayd.certificate(None)
        s.put(ingress('x', [('late.example', '/', 'Prefix', 'a', 80)],
                      tls=[(['late.example'], 'late')]))
        s.until('late.example', '/', 'a')
        assert s.gatewayd.certificate('late.example') == default
        assert s.gatewayd.get_tls('late.example', '/').json()['backend'] == 'a'
        c.put_tls_secret(s.namespace, 'late', late)
        shows(s, 'late.example', late)


def test_tls_without_a_secret_name_means_the_default_certificate(c):
    with pod_scene(c) as s:
        s.put(ingress('x', [('plain.example', '/', 'Prefix', 'a', 80)], tls=[(['plain.example'], None)]))
        s.until('plain.example', '/', 'a')
        assert s.gatewayd.certificate('plain.example') == s.gatewayd.certificate(None)
        assert s.gatewayd.get_tls('plain.example', '/').status == 200


def test_broken_secrets_are_told_and_disturb_nothing_else(c):
    good, bad, other = (certificate(name + '.example') for name in ('good', 'bad', 'other'))
    with pod_scene(c) as s:
        default = s.gatewayd.certificate(None)
        secrets = {
            'mixed': (tls_secret('mixed', bad.chain_pem, other.key_pem),
                      'key: does not belong to the first certificate'),
            'chainless': (tls_secret('chainless', 'not PEM', bad.key_pem), 'chain: must be'),
            'keyless': (tls_secret('keyless', bad.chain_pem, 'neither'), 'key: must be a private key in PEM'),
            'opaque': (dict(tls_secret('opaque', bad.chain_pem, bad.key_pem), type='Opaque'),
                       'type: "Opaque" is not allowed: kubernetes.io/tls'),
        }
        for body, _ in secrets.values():
            c.put('/api/v1/namespaces/%s/secrets' % s.namespace, body)
        c.put_tls_secret(s.namespace, 'good', good)
        s.put(ingress('bad', [(name + '.example', '/', 'Prefix', 'a', 80) for name in secrets],
                      tls=[([name + '.example'], name) for name in secrets]),
              ingress('good', [('good.example', '/', 'Prefix', 'b', 80)],
                      tls=[(['good.example'], 'good')]))
        shows(s, 'good.example', good)
        for name in secrets:
            s.until(name + '.example', '/', 'a')
            assert s.gatewayd.certificate(name + '.example') == default, name
            assert s.gatewayd.get_tls(name + '.example', '/').json()['backend'] == 'a', name
        told = s.told()
        for name, (_, why) in secrets.items():
            line = 'Secret %s/%s (ingress): %s' % (s.namespace, name, why)
            assert any(one.startswith(line) for one in told), (line, told)
        assert 'BEGIN' not in str(told) and 'BEGIN' not in s.gatewayd.process.output()


def test_secret_rotates_within_a_second_and_open_connections_live_on(c):
    certificates = [certificate('turn.example') for _ in range(4)]
    with pod_scene(c) as s:
        c.put_tls_secret(s.namespace, 'turn', certificates[0])
        s.put(ingress('x', [('turn.example', '/', 'Prefix', 'a', 80)],
                      tls=[(['turn.example'], 'turn')]))
        shows(s, 'turn.example', certificates[0])
        took = []
        with s.gatewayd.connect_tls('turn.example') as kept:
            assert kept.request('/', 'turn.example').status == 200
            for before, after in zip(certificates, certificates[1:]):
                c.put_tls_secret(s.namespace, 'turn', after)
                took.append(handshakes_until(s, 'turn.example', before, after))
                assert kept.certificate() == certificates[0].der
                assert kept.request('/', 'turn.example').json()['backend'] == 'a'
        print('        new certificate after %s ms' % ', '.join('%.1f' % (1000 * t) for t in took))
        assert max(took) < 1.0, took


def handshakes_until(s, sni, before, after):
    """Shakes hands until the certificate `after` is shown, and for a while on; no handshake fails or
    shows anything else than `before` and then `after`. Returns the seconds it took."""
    started = time.monotonic()
    while s.gatewayd.certificate(sni) == before.der:
        assert time.monotonic() < started + 5, 'the old certificate is still shown'
    took = time.monotonic() - started
    holds_for(lambda: s.gatewayd.certificate(sni) == after.der, 'the new certificate', 0.1, 0.001)
    return took


def test_tls_without_hosts_is_for_the_hosts_of_the_rules(c):
    mine = certificate('one.example', '*.two.example')
    with pod_scene(c) as s:
        c.put_tls_secret(s.namespace, 'mine', mine)
        body = ingress('x', [('one.example', '/', 'Prefix', 'a', 80), ('*.two.example', '/', 'Prefix', 'b', 80)],
                       tls=[([], 'mine')])
        s.put(body)
        shows(s, 'one.example', mine)
        assert s.gatewayd.certificate('x.two.example') == mine.der
        assert s.gatewayd.certificate('three.example') != mine.der


def test_broken_rotation_keeps_the_last_good_certificate(c):
    good, next_one = certificate('keep.example'), certificate('keep.example')
    with pod_scene(c) as s:
        c.put_tls_secret(s.namespace, 'keep', good)
        s.put(ingress('x', [('keep.example', '/', 'Prefix', 'a', 80)],
                      tls=[(['keep.example'], 'keep')]))
        shows(s, 'keep.example', good)
        broken = type('Broken', (), {'chain_pem': 'rubbish', 'key_pem': 'rubbish'})
        c.put_tls_secret(s.namespace, 'keep', broken)
        wait_until(lambda: 'keep' in str(s.gatewayd.status()['sources'][0].get('errors')),
                   'the broken Secret to be told')
        assert s.gatewayd.certificate('keep.example') == good.der
        c.client.delete('/api/v1/namespaces/%s/secrets/keep' % s.namespace)
        holds_for(lambda: s.gatewayd.certificate('keep.example') == good.der,
                  'the last good certificate', 0.5)
        c.put_tls_secret(s.namespace, 'keep', next_one)
        shows(s, 'keep.example', next_one)


def test_secret_of_another_namespace_is_out_of_reach(c):
    mine = certificate('border.example')
    with pod_scene(c) as s:
        other = c.make_namespace('other')
        c.put_tls_secret(other, 'border', mine)
        s.put(ingress('x', [('border.example', '/', 'Prefix', 'a', 80)],
                      tls=[(['border.example'], 'border')]))
        s.until('border.example', '/', 'a')
        assert s.gatewayd.certificate('border.example') == s.gatewayd.certificate(None)


def test_secret_that_no_ingress_names_any_more_is_forgotten(c):
    mine = certificate('gone.example')
    with pod_scene(c) as s:
        c.put_tls_secret(s.namespace, 'gone', mine)
        s.put(ingress('x', [('gone.example', '/', 'Prefix', 'a', 80)],
                      tls=[(['gone.example'], 'gone')]))
        shows(s, 'gone.example', mine)
        s.put(ingress('x', [('gone.example', '/', 'Prefix', 'a', 80)]))
        wait_until(lambda: s.gatewayd.certificate('gone.example') == s.gatewayd.certificate(None),
                   'the default certificate')


def test_versions_and_protocol(c):
    mine = certificate('v.example')
    with pod_scene(c) as s:
        c.put_tls_secret(s.namespace, 'v', mine)
        s.put(ingress('x', [('v.example', '/', 'Prefix', 'a', 80)], tls=[(['v.example'], 'v')]))
        shows(s, 'v.example', mine)
        for version, name in ((ssl.TLSVersion.TLSv1_2, 'TLSv1.2'), (ssl.TLSVersion.TLSv1_3, 'TLSv1.3')):
            context = tls_context(AUTHORITY.pem, version, version, ['http/1.1'])
            with s.gatewayd.connect_tls('v.example', context=context) as connection:
                assert connection.socket.version() == name
                assert connection.socket.selected_alpn_protocol() == 'http/1.1'
                assert connection.request('/', 'v.example').status == 200


if __name__ == '__main__':
    runner.main(globals(), cluster)
