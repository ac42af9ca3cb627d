#!/usr/bin/env python3
"""gatewayd as a pod: a service account's files, the rights of the manifests, and nothing else."""

import os
import sys

sys.path[:0] = [os.path.dirname(os.path.dirname(os.path.abspath(__file__)))]

import namespace

namespace.enter()

from cluster import DEPLOY, cluster, deploy_manifest, ingress, ingress_class
from scene import backends, in_pod
from support import runner
from support.certificates import Authority
from support.http_client import get
from support.wait import wait_until


def test_two_settings_and_the_role_of_one_namespace(c):
    """Nothing set but k8s.ingress.enabled and k8s.ingress.namespace, as environment variables."""
    space = c.make_namespace()
    c.apply(deploy_manifest('rbac.yaml', space))
    mine = Authority().issue('pod.example')
    with backends(['a']) as made:
        c.put_service(space, 'a', [made['a'].address])
        c.put_tls_secret(space, 'pod', mine)
        c.put_ingress(space, ingress('pod', [('pod.example', '/', 'Prefix', 'a', 80)],
                                     tls=[(['pod.example'], 'pod')]))
        settings = {'k8s.ingress.enabled': 'true', 'k8s.ingress.namespace': space}
        with in_pod(c, space, settings, by_default=True) as g:
            g.wait_ready()
            assert '--set' not in g.command() and '--config' not in g.command()
            assert (g.http, g.https, g.admin, g.monitor) == (8080, 8081, 8082, 8083)
            assert get(8080, '/', 'pod.example').json()['backend'] == 'a'
            assert g.certificate('pod.example') == mine.der
            assert get(8080, '/status-0123456789abcdef').status == 200
            c.put_ingress(space, ingress('more', [('more.example', '/', 'Prefix', 'a', 80)]))
            wait_until(lambda: g.backend_of('more.example') == 'a', 'a change')


def test_manifests_are_taken_by_the_api_server(c):
    c.put('/api/v1/namespaces', {'metadata': {'name': 'gateway'}})
    files = sorted(name for name in os.listdir(DEPLOY) if name.endswith('.yaml'))
    assert len(files) > 3, files
    for name in files:
        c.kubectl('apply', '--dry-run=server', '-f', os.path.join(DEPLOY, name))


def test_namespace_of_the_pod_by_default(c):
    space = c.make_namespace()
    c.apply(deploy_manifest('rbac.yaml', space))
    with backends(['a']) as made:
        c.put_service(space, 'a', [made['a'].address])
        c.put_ingress(space, ingress('x', [('own.example', '/', 'Prefix', 'a', 80)]))
        with in_pod(c, space, {'k8s.ingress.enabled': 'true'}) as g:
            g.wait_ready()
            assert g.backend_of('own.example') == 'a'


def test_classes_by_name_need_the_optional_role(c):
    space = c.make_namespace()
    c.apply(deploy_manifest('rbac.yaml', space))
    classes = '/apis/networking.k8s.io/v1/ingressclasses'
    c.put(classes, ingress_class('rights-class'))
    with backends(['a']) as made:
        c.put_service(space, 'a', [made['a'].address])
        c.put_ingress(space, ingress('named', [('named.example', '/', 'Prefix', 'a', 80)],
                                     class_name='rights-class'))
        c.put_ingress(space, ingress('annotated', [('annotated.example', '/', 'Prefix', 'a', 80)]))
        settings = {'k8s.ingress.enabled': 'true'}
        with in_pod(c, space, settings) as g:
            g.wait_ready()
            wait_until(lambda: g.backend_of('annotated.example') == 'a', 'the annotated one')
            assert g.backend_of('named.example') == 404
            assert g.process.output().lower().count('ingressclass') >= 1, 'it is told'
        with in_pod(c, space, dict(settings, **{'k8s.ingress.class.names': 'rights-class'})) as g:
            g.wait_ready()
            wait_until(lambda: g.backend_of('named.example') == 'a', 'the class given by name')
        c.apply(deploy_manifest('rbac-classes.yaml', space))
        with in_pod(c, space, settings) as g:
            g.wait_ready()
            wait_until(lambda: g.backend_of('named.example') == 'a', 'the class looked up')
    c.client.delete(classes + '/rights-class')
    c.kubectl('delete', '-f', '-', input=deploy_manifest('rbac-classes.yaml', space))


def test_without_rights_it_is_not_ready_and_recovers(c):
    space = c.make_namespace()
    c.put('/api/v1/namespaces/%s/serviceaccounts' % space, {'metadata': {'name': 'gatewayd'}})
    with backends(['a']) as made:
        c.put_service(space, 'a', [made['a'].address])
        c.put_ingress(space, ingress('x', [('x.example', '/', 'Prefix', 'a', 80)]))
        with in_pod(c, space, {'k8s.ingress.enabled': 'true'}) as g:
            wait_until(lambda: any('403' in str(source.get('degraded')) or
                                   'forbidden' in str(source.get('degraded')).lower()
                                   for source in g.status()['sources']), 'the refusal to be told')
            assert not g.ready()
            assert g.get('x.example').status == 503
            c.apply(deploy_manifest('rbac.yaml', space))
            g.wait_ready(60.0)
            assert g.backend_of('x.example') == 'a'


def test_all_namespaces(c):
    home, other = c.make_namespace('home'), c.make_namespace('other')
    c.apply(deploy_manifest('rbac-all-namespaces.yaml', home))
    with backends(['a']) as made:
        c.put_service(other, 'a', [made['a'].address])
        c.put_ingress(other, ingress('x', [('everywhere.example', '/', 'Prefix', 'a', 80)]))
        with in_pod(c, home, {'k8s.ingress.enabled': 'true', 'k8s.ingress.namespace': ''}) as g:
            g.wait_ready()
            assert g.backend_of('everywhere.example') == 'a'
    c.kubectl('delete', '-f', '-', input=deploy_manifest('rbac-all-namespaces.yaml', home))


def test_token_is_read_anew(c):
    """The account is replaced, and its tokens with it: the new file's token is taken."""
    space = c.make_namespace()
    c.apply(deploy_manifest('rbac.yaml', space))
    accounts = '/api/v1/namespaces/%s/serviceaccounts' % space
    with backends(['a', 'b']) as made:
        for name in made:
            c.put_service(space, name, [made[name].address])
        c.put_ingress(space, ingress('x', [('x.example', '/', 'Prefix', 'a', 80)]))
        with in_pod(c, space, {'k8s.ingress.enabled': 'true'}) as g:
            g.wait_ready()
            c.client.delete(accounts + '/gatewayd')
            fresh = c.service_account(space)
            with open(os.path.join(fresh, 'token')) as source:
                token = source.read()
            with open(os.path.join(g.account_folder, 'token'), 'w') as file:
                file.write(token)
            # whatever is open was admitted with the old one
            c.stop_api_server()
            c.start_api_server()
            c.put_ingress(space, ingress('x', [('x.example', '/', 'Prefix', 'b', 80)]))
            wait_until(lambda: g.backend_of('x.example') == 'b', 'the change', 90.0)


if __name__ == '__main__':
    runner.main(globals(), cluster)
