#!/usr/bin/env python3
"""What the other tests of this folder rely on: a real API server behaves as they assume."""

import os
import sys

sys.path[:0] = [os.path.dirname(os.path.dirname(os.path.abspath(__file__)))]

import namespace

namespace.enter()

from cluster import (INGRESSES, RESTRICTED_TOKEN, ApiClient, ApiError, Watcher, cluster, ingress,
                     service)
from namespace import POD_PORT
from support import runner
from support.backend import Backend
from support.http_client import get
from support.wait import next_whole_second, wait_until


def test_pods_have_addresses(c):
    with Backend('one', '10.244.0.10', POD_PORT) as one:
        assert get(one.port, address='10.244.0.10').json()['backend'] == 'one'


def test_kubectl_applies(c):
    space = c.make_namespace()
    c.kubectl('-n', space, 'apply', '-f', '-', input='''
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: users}
spec:
  rules:
  - http: {paths: [{path: /users, pathType: Prefix, backend: {service: {name: users, port: {number: 80}}}}]}
''')
    held = c.client.get((INGRESSES % space) + '/users')
    assert held['metadata']['generation'] == 1


def test_second_apply_in_a_later_second_raises_the_generation(c):
    """What the times of managedFields do then differs between servers; printed, not relied on."""
    space = c.make_namespace()

    def applied(path):
        body = ingress('users', [(None, path, 'Prefix', 'users', 80)])
        body['metadata']['namespace'] = space
        c.apply(body)
        held = c.client.get((INGRESSES % space) + '/users')['metadata']
        times = [entry['time'] for entry in held['managedFields']
                 if 'f:spec' in entry.get('fieldsV1', {})]
        return held['generation'], times
    generation, times = applied('/a')
    next_whole_second()
    later, later_times = applied('/b')
    assert (generation, later) == (1, 2), (generation, later)
    print('        managedFields time of f:spec: %s, after the second apply %s' % (times, later_times))


def test_controllers_make_endpoints_and_slices(c):
    space = c.make_namespace()
    c.put('/api/v1/namespaces/%s/services' % space,
          service('web', selector={'app': 'web'}))
    c.put_pod(space, 'web-1', {'app': 'web'}, '10.244.0.11')
    endpoints = '/api/v1/namespaces/%s/endpoints/web' % space
    wait_until(lambda: c.client.get(endpoints)['subsets'][0]['addresses'][0]['ip'] == '10.244.0.11',
               'Endpoints of the pod')
    slices = '/apis/discovery.k8s.io/v1beta1/namespaces/%s/endpointslices' % space
    wait_until(lambda: c.client.get(slices)['items'][0]['endpoints'][0]['addresses'] == ['10.244.0.11'],
               'an EndpointSlice of the pod')


def test_rights_are_enforced(c):
    space = c.make_namespace()
    restricted = ApiClient(c, RESTRICTED_TOKEN)
    assert restricted.raw('GET', INGRESSES % space).status == 403
    account = c.service_account(space)
    with open(os.path.join(account, 'token')) as file:
        token = file.read()
    assert ApiClient(c, token).raw('GET', INGRESSES % space).status == 403
    assert ApiClient(c, 'unknown').raw('GET', INGRESSES % space).status == 401


def test_loopback_endpoints_are_refused(c):
    space = c.make_namespace()
    try:
        c.client.create('/api/v1/namespaces/%s/endpoints' % space, {
            'metadata': {'name': 'x'},
            'subsets': [{'addresses': [{'ip': '127.0.0.1'}], 'ports': [{'port': 80}]}]})
        raise AssertionError('accepted')
    except ApiError as error:
        assert error.status == 422


def test_data_outlive_the_api_server(c):
    space = c.make_namespace()
    c.put_ingress(space, ingress('kept', [(None, '/kept', 'Prefix', 'web', 80)]))
    watcher = Watcher(c, INGRESSES % space)
    c.put_ingress(space, ingress('seen', [(None, '/seen', 'Prefix', 'web', 80)]))
    wait_until(lambda: watcher.events, 'the event')
    assert watcher.events[0][1] == 'ADDED' and watcher.events[0][2]['metadata']['name'] == 'seen'
    c.stop_api_server()
    c.start_api_server()
    assert c.client.get((INGRESSES % space) + '/kept')
    watcher.close()


if __name__ == '__main__':
    runner.main(globals(), lambda: cluster(controllers=True))
