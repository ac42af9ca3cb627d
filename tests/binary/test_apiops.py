#!/usr/bin/python3
"""A folder of APIOps artifacts, with an override file for what it lacks."""

import os
import shutil
import threading

from common import Folder, gatewayd, serving

from support import runner
from support.backend import Backend
from support.wait import wait_until

POLICY = '<policies><inbound><base /></inbound><backend><base /></backend></policies>'
GLOBAL = '<policies><inbound /><backend><forward-request /></backend></policies>'
UNKNOWN = '<policies><inbound><base /><no-such-policy /></inbound></policies>'
KEY = 'Ocp-Apim-Subscription-Key'


def properties(**members):
    return {'properties': members}


def specification(*names):
    paths = ''.join('  /%s: {get: {operationId: get-%s, responses: {"200": {description: ok}}}}\n' % (name, name)
                    for name in names)
    return 'openapi: 3.0.1\ninfo: {title: Users, version: "1"}\nservers: [{url: "http://127.0.0.1:9"}]\npaths:\n' + paths


def write_tree(folder, port):
    """An API with a revision, in a product that one subscription is for, and an open one."""
    url = 'http://127.0.0.1:%d/base' % port
    both = ['http', 'https']
    for path, content in (
            ('policy.xml', GLOBAL),
            ('apis/users/apiInformation.json',
             properties(displayName='Users', path='users', protocols=both, serviceUrl=url, subscriptionRequired=True,
                        apiRevision='1', isCurrent=True)),
            ('apis/users/specification.yaml', specification('one')),
            ('apis/users/policy.xml', POLICY),
            ('apis/users/operations/get-one/policy.xml', POLICY),
            ('apis/users;rev=2/apiInformation.json',
             properties(displayName='Users', path='users', protocols=both, serviceUrl=url, subscriptionRequired=True,
                        apiRevision='2', isCurrent=False)),
            ('apis/users;rev=2/specification.yaml', specification('two')),
            ('apis/open/apiInformation.json',
             properties(displayName='Open', path='open', protocols=both, serviceUrl=url, subscriptionRequired=False)),
            ('apis/open/specification.yaml', specification('one')),
            ('products/starter/productInformation.json',
             properties(displayName='Starter', state='published', subscriptionRequired=True)),
            ('products/starter/apis/users/productApiInformation.json', '{}'),
            ('subscriptions/first/subscriptionInformation.json',
             properties(displayName='First', scope='/products/starter', state='active')),
            ('gateways/edge/gatewayInformation.json', properties(locationData={'name': 'edge'})),
            ('gateways/edge/apis/users/gatewayApiInformation.json', '{}')):
        folder.write('tree/' + path, content)
    return folder.at('tree')


def write_overrides(folder, key):
    return folder.write('overrides.yaml', 'resources:\n- id: /subscriptions/first\n  properties: {primaryKey: %s}\n' % key)


def status(gateway, path, key=None):
    return gateway.get('a.example', path, headers=[(KEY, key)] if key else []).status


def test_a_tree_is_served_with_the_keys_of_the_override_file():
    with Folder() as folder, Backend('users') as backend:
        tree, overrides = write_tree(folder, backend.port), write_overrides(folder, 'first-key')
        with serving(tree, config__file__overrides=overrides) as gateway:
            answer = gateway.get('a.example', '/users/one', headers=[(KEY, 'first-key')])
            assert answer.status == 200 and answer.json()['backend'] == 'users', answer
            assert answer.json()['path'] == '/base/one', answer.json()
            assert status(gateway, '/users;rev=2/two', 'first-key') == 200
            assert status(gateway, '/users/one') == 401
            assert status(gateway, '/users/one', 'other') == 401
            assert status(gateway, '/users/two', 'first-key') == 404
            assert status(gateway, '/open/one') == 200

            write_overrides(folder, 'second-key')
            wait_until(lambda: status(gateway, '/users/one', 'second-key') == 200, 'the new key to count')
            assert status(gateway, '/users/one', 'first-key') == 401
            output = gateway.process.output()
            assert 'first-key' not in output and 'second-key' not in output, output


def test_changes_of_a_tree_are_followed_without_a_failed_request():
    with Folder() as folder, Backend('users') as backend:
        tree = write_tree(folder, backend.port)
        with serving(tree) as gateway:
            answers, stop = [], threading.Event()

            def ask():
                while not stop.is_set():
                    answers.append(status(gateway, '/open/one'))
            asking = threading.Thread(target=ask)
            asking.start()
            try:
                folder.write('tree/apis/open/specification.yaml', specification('one', 'more'))
                wait_until(lambda: status(gateway, '/open/more') == 200, 'the new operation')
                folder.write('tree/apis/open/specification.yaml', 'paths: [')
                folder.write('tree/apis/late/apiInformation.json',
                             properties(displayName='Late', path='late', protocols=['http'], subscriptionRequired=False,
                                        serviceUrl='http://127.0.0.1:%d' % backend.port))
                folder.write('tree/apis/late/specification.yaml', specification('one'))
                wait_until(lambda: status(gateway, '/late/one') == 200, 'the new API')
                assert status(gateway, '/open/more') == 200, 'a broken specification keeps what it said'
                assert 'apis/open/specification.yaml' in gateway.process.output()
                shutil.rmtree(os.path.join(tree, 'apis/late'))
                wait_until(lambda: status(gateway, '/late/one') == 404, 'the API to go')
            finally:
                stop.set()
                asking.join()
            assert set(answers) == {200}, set(answers)


def test_an_api_is_not_served_without_its_policy():
    with Folder() as folder, Backend('users') as backend:
        tree = write_tree(folder, backend.port)
        folder.write('tree/apis/open/policy.xml', UNKNOWN)
        with serving(tree) as gateway:
            assert status(gateway, '/open/one') == 503
            assert status(gateway, '/users/one') == 401
            folder.write('tree/apis/open/policy.xml', POLICY)
            wait_until(lambda: status(gateway, '/open/one') == 200, 'the API with a policy that counts as none')


def test_an_api_whose_specification_was_never_sound_is_not_served():
    with Folder() as folder, Backend('users') as backend:
        tree = write_tree(folder, backend.port)
        folder.write('tree/apis/open/specification.yaml', 'paths: [')
        with serving(tree) as gateway:
            assert status(gateway, '/open/one') == 503
            folder.write('tree/apis/open/specification.yaml', specification('one'))
            wait_until(lambda: status(gateway, '/open/one') == 200, 'the specification that is sound')


def test_a_named_gateway_serves_what_is_assigned_to_it():
    with Folder() as folder, Backend('users') as backend:
        tree = write_tree(folder, backend.port)
        with serving(tree, config__file__gateway='edge') as gateway:
            assert status(gateway, '/users/one') == 401
            assert status(gateway, '/open/one') == 404


def test_documents_of_arm_resources_are_served():
    with Folder() as folder, Backend('users') as backend:
        folder.write('arm/apis.json', {'resources': [
            {'id': '/apis/users', 'properties': {'displayName': 'Users', 'path': 'users', 'protocols': ['http'],
                                                 'serviceUrl': 'http://127.0.0.1:%d' % backend.port}}]})
        folder.write('arm/operations.yaml', 'resources:\n- id: /apis/users/operations/get\n'
                                            '  properties: {displayName: get, method: GET, urlTemplate: "/{id}"}\n')
        folder.write('arm/keys.yaml', 'resources:\n- id: /subscriptions/all\n'
                                      '  properties: {scope: /apis, state: active, primaryKey: all-key}\n')
        with serving(folder.at('arm')) as gateway:
            assert status(gateway, '/users/7', 'all-key') == 200
            assert status(gateway, '/users/7') == 401


def test_check_takes_trees_and_names_the_files():
    with Folder() as folder:
        tree, overrides = write_tree(folder, 9), write_overrides(folder, 'marker-key')
        code, out, err = gatewayd('check', tree, '--set', 'config.file.overrides=' + overrides)
        assert code == 0 and out == 'ok\n' and not err, (code, out, err)

        folder.write('tree/apis/users/apiInformation.json', properties(path='users', isCurrent='yes'))
        folder.write('tree/apis/users/operations/lost/policy.xml', POLICY)
        folder.write('tree/apis/open/specification.yaml', 'paths: [')
        folder.write('overrides.yaml', 'resources:\n- {id: /subscriptions/first, properties: {primaryKey: [marker-key]}}\n'
                                       '- {id: /nothing/x}\n')
        code, out, _ = gatewayd('check', tree, '--set', 'config.file.overrides=' + overrides)
        assert code == 2 and 'marker-key' not in out, (code, out)
        for words in ('apis/users/apiInformation.json: /apis/users: properties.isCurrent must be true or false',
                      'apis/users/operations/lost/policy.xml: operation "lost" is not in apis/users/specification.yaml',
                      'apis/open/specification.yaml, line ', 'overrides.yaml: resources[1].id: "nothing"',
                      'subscriptions/first/subscriptionInformation.json with '):
            assert words in out, (words, out)

        os.unlink(overrides)
        code, out, _ = gatewayd('check', tree, '--set', 'config.file.overrides=' + overrides)
        assert code == 2 and overrides + ': No such file' in out, (code, out)


if __name__ == '__main__':
    runner.main(globals())
