#!/usr/bin/python3
"""configd from outside: its command line, and what gateways and strangers get from it."""

import json
import os
import random
import subprocess
import threading
import time

from common import Folder

from support import runner
from support.certificates import Authority
from support.configd import ADMIN, Configd, program, sign
from support.http_client import Connection, get, tls_context
from support.process import Process, run
from support.wait import wait_until

OPENAPI = {
    'openapi': '3.0.0', 'info': {'title': 'Users', 'version': '1'}, 'servers': [{'url': 'http://127.0.0.1:9/base'}],
    'paths': {'/users/{id}': {'get': {
        'operationId': 'getUser', 'responses': {'200': {'description': 'ok'}},
        'parameters': [{'name': 'id', 'in': 'path', 'required': True, 'schema': {'type': 'string'}}]}}}}


def configd(*words, env=None):
    """Runs configd to its end; returns (code, stdout, stderr)."""
    done = subprocess.run([program(), *map(str, words)], capture_output=True, text=True, timeout=30,
                          env=dict({'PATH': os.environ['PATH']}, **(env or {})))
    return done.returncode, done.stdout, done.stderr


class World:
    """A service with two gateways, to one of which an API is assigned."""

    def __init__(self):
        self.folder = Folder()
        self.service = Configd(self.folder.at('service.db')).start()
        for gateway in ('east', 'west'):
            self.service.put('/gateways/' + gateway, description='', locationData={'name': gateway})
        for api in ('users', 'orders'):
            self.service.put('/apis/' + api, displayName=api, path=api, protocols=['http'], serviceUrl='http://127.0.0.1:9')
            self.service.put('/apis/%s/operations/get' % api, displayName='get', method='GET', urlTemplate='/')
        self.service.put('/gateways/east/apis/users')

    def __enter__(self):
        return self

    def __exit__(self, *problem):
        self.service.__exit__(*problem)
        self.folder.__exit__()


def position(snapshot):
    return snapshot['epoch'], snapshot['revision']


def ids(resources):
    return [resource['id'] for resource in resources]


def test_help_names_every_command():
    code, out, _ = configd('--help')
    assert code == 0 and all(word in out for word in ('serve', 'import', 'token', 'version')), out
    assert configd('version')[1].startswith('configd 0.'), configd('version')


def test_a_bad_command_line_ends_with_2_and_says_what_is_wrong():
    with Folder() as folder:
        database = folder.at('db')
        secret = {'CONFIGD_ADMIN_TOKEN': ADMIN}
        folder.write('empty-token', '\n')
        for words, part, env in (((), 'subcommand', None), (('nonsense',), 'subcommand', None),
                                 (('serve',), '--database', secret),
                                 (('serve', '--database', database), 'CONFIGD_ADMIN_TOKEN', None),
                                 (('serve', '--database', database, '--admin-token-file', folder.at('none')), 'none', None),
                                 (('serve', '--database', database, '--admin-token-file', folder.at('empty-token')), 'not empty', None),
                                 (('serve', '--database', database, '--address', '0.0.0.0'), '--allow-http', secret),
                                 (('serve', '--database', database, '--address', '::'), '--allow-http', secret),
                                 (('serve', '--database', database, '--tls-key', 'x'), '--tls-certificate', secret),
                                 (('token', '--database', folder.at('none'), '--gateway', 'a'), 'no file', None),
                                 (('import', 'openapi', '--database', database, '--api', 'a', folder.at('none')), 'none', None),
                                 (('import', 'apiops', '--database', database, folder.folder('empty')), 'no APIOps folder', None)):
            code, out, err = configd(*words, env=env)
            assert code == 2 and part in err and not out and ADMIN not in err, (words, code, out, err)
        assert not os.path.exists(database)


def test_a_start_that_fails_ends_with_3(world):
    env = {'CONFIGD_ADMIN_TOKEN': ADMIN}
    code, _, err = configd('serve', '--database', world.service.database, '--port', '0', env=env)
    assert code == 3 and 'in use' in err, (code, err)
    code, _, err = configd('serve', '--database', world.folder.at('other.db'), '--port', world.service.port, env=env)
    assert code == 3 and str(world.service.port) in err, (code, err)
    path = world.folder.write('nonsense.db', b'no database at all ' * 100)
    code, _, err = configd('serve', '--database', path, '--port', '0', env=env)
    assert code == 3 and 'nonsense.db' in err, (code, err)


def test_import_and_token_work_on_a_stopped_service():
    with Folder() as folder:
        database = folder.at('db')
        code, out, err = configd('import', 'openapi', '--database', database, '--api', 'users', '--gateway', 'east',
                                 '--subscription-required', 'false', folder.write('users.json', OPENAPI))
        assert code == 0 and 'resources written' in out, (code, out, err)
        code, token, err = configd('token', '--database', database, '--gateway', 'east', '--days', '1')
        assert code == 0 and token.startswith('GatewayKey east&'), (code, token, err)
        old = configd('token', '--database', database, '--gateway', 'east', '--expiry', '2020-01-01T00:00:00Z')
        assert old[0] == 2 and '--expiry' in old[2], old
        other = configd('token', '--database', database, '--gateway', 'west')
        assert other[0] == 2 and 'west' in other[2], other
        with Configd(database) as service:
            snapshot = service.snapshot('east', token.strip())
            assert '/apis/users/operations/getUser' in ids(snapshot['resources']), ids(snapshot['resources'])
            api = next(r for r in snapshot['resources'] if r['id'] == '/apis/users')['properties']
            assert api['path'] == 'users' and api['serviceUrl'] == 'http://127.0.0.1:9/base', api
            for words in (('token', '--gateway', 'east'), ('import', 'openapi', '--api', 'b', folder.at('users.json'))):
                code, _, err = configd(*words, '--database', database)
                assert code == 3 and 'in use' in err, (words, code, err)


def test_an_apiops_folder_is_imported_with_its_overrides():
    with Folder() as folder:
        for name, content in (('apis/users/apiInformation.json', {'properties': {'displayName': 'Users', 'path': 'people'}}),
                              ('apis/users/specification.json', OPENAPI),
                              ('gateways/east/gatewayInformation.json', {'properties': {'locationData': {'name': 'here'}}}),
                              ('gateways/east/apis/users/gatewayApiInformation.json', {}),
                              ('.git/config', 'not read'), ('README.md', '# nothing')):
            folder.write('tree/' + name, content)
        overrides = folder.write('overrides.json', {'resources': [
            {'id': '/apis/users', 'properties': {'serviceUrl': 'http://127.0.0.1:1/'}}]})
        code, out, err = configd('import', 'apiops', '--database', folder.at('db'), '--overrides', overrides, folder.at('tree'))
        assert code == 0, (code, out, err)
        token = configd('token', '--database', folder.at('db'), '--gateway', 'east')[1].strip()
        with Configd(folder.at('db')) as service:
            resources = {r['id']: r['properties'] for r in service.snapshot('east', token)['resources']}
            assert resources['/apis/users']['serviceUrl'] == 'http://127.0.0.1:1/', resources
            assert '/apis/users/operations/getUser' in resources, resources


def test_the_token_is_what_the_protocol_says(world):
    keys = world.service.keys('east')
    for key in keys.values():
        assert world.service.ask('east', 'snapshot', sign('east', key)).status == 200, key
    made = world.service.manage('POST', '/gateways/east/generateToken', body={
        'keyType': 'primary', 'expiry': time.strftime('%Y-%m-%dT%H:%M:00Z', time.gmtime(time.time() + 7200))})['value']
    assert world.service.ask('east', 'snapshot', made if made.startswith('GatewayKey ') else 'GatewayKey ' + made).status == 200


def test_a_shell_can_make_the_token(world):
    script = """id=east; until=$(date -u -d '+30 days' +%Y%m%d%H%M)
        signature=$(printf '%s\\n%s' "$id" "$until" | openssl dgst -sha512 -hmac "$key" -binary | base64 -w0)
        printf 'GatewayKey %s&%s&%s' "$id" "$until" "$signature" """
    token = run(['sh', '-c', script], env={'key': world.service.keys('east')['secondary']})
    assert world.service.ask('east', 'snapshot', token).status == 200, token


def test_hostile_tokens_all_get_the_same_answer(world):
    key = world.service.keys('east')['primary']
    good = sign('east', key)
    assert world.service.ask('east', 'snapshot', good).status == 200
    head, signature = good.rsplit('&', 1)
    bodies = set()
    for token in (None, 'GatewayKey', 'GatewayKey ', 'GatewayKey &&', 'Bearer ' + ADMIN, good[11:], good[:-1], good[:len(good) // 2],
                  head + '&', head, 'GatewayKey east&' + signature, good + 'AAAA', good.replace('&', '&&'), good.lower(),
                  good.replace('east', 'west'), sign('east', key, time.time() - 120), sign('east', key[:-1]), sign('east', ''),
                  sign('west', key), sign('west', world.service.keys('west')['primary']), 'GatewayKey ' + 'x' * 8000,
                  'GatewayKey east&999999999999&' + signature, 'GatewayKey \x80\xff&1&2'):
        for what in ('snapshot', 'events?after=x:1'):
            answer = world.service.ask('east', what, token)
            assert answer.status == 401, (token, answer)
            bodies.add(answer.body)
    assert world.service.ask('nobody', 'snapshot', sign('nobody', '')).status == 401
    assert world.service.ask('west', 'snapshot', good).status == 401
    assert world.service.ask('east', 'heartbeat', good.replace('east', 'west'), 'POST', {'instance': 'a'}).status == 401
    assert len(bodies) == 1, bodies


def test_a_gateway_sees_its_apis_alone(world):
    east = ids(world.service.snapshot('east')['resources'])
    assert east == sorted(east) and '/apis/users/operations/get' in east and '/gateways/east' in east, east
    assert not any('orders' in id or 'west' in id for id in east), east
    west = ids(world.service.snapshot('west')['resources'])
    assert not any('/apis/' in id or 'east' in id for id in west), west


def test_polling_with_the_etag_costs_nothing(world):
    token = world.service.token('east')
    first = world.service.ask('east', 'snapshot', token)
    again = world.service.ask('east', 'snapshot', token, If_None_Match=first.header('ETag'))
    assert again.status == 304 and not again.body, again
    world.service.put('/namedValues/n', displayName='n', value=str(time.time_ns()))
    assert world.service.ask('east', 'snapshot', token, If_None_Match=first.header('ETag')).status == 200


def test_changes_are_told_to_every_stream(world):
    service = world.service
    after = position(service.snapshot('east'))
    with service.events('east', after) as one, service.events('east', after) as two, service.events('west', after) as other:
        service.put('/gateways/east/apis/orders')
        for stream in (one, two):
            change = stream.next()
            assert ids(change['upserts']) == ['/apis/orders', '/apis/orders/operations/get', '/gateways/east/apis/orders'], change
            assert change['removes'] == [] and change['id'] == '%s:%d' % (after[0], after[1] + 1), change
            assert change['digest'] == service.snapshot('east')['digest'], change
        unseen = other.next()
        assert not unseen['upserts'] and not unseen['removes'] and unseen['revision'] == after[1] + 1, unseen
        service.delete('/gateways/east/apis/orders')
        change = one.next()
        assert change['removes'] == ['/apis/orders', '/apis/orders/operations/get', '/gateways/east/apis/orders'], change
    with service.events('east', after) as late:
        change = late.next()
        assert not change['upserts'] and '/apis/orders' in change['removes'], change
        assert change['revision'] == after[1] + 2 and change['digest'] == service.snapshot('east')['digest'], change


def test_curl_follows_events(world):
    epoch, revision = position(world.service.snapshot('east'))
    world.service.put('/namedValues/n', displayName='n', value=str(time.time_ns()))
    curl = Process(['curl', '-sN', '-H', 'Authorization: ' + world.service.token('east'), '-H',
                    'Last-Event-ID: %s:%d' % (epoch, revision), world.service.url + '/v1/gateways/east/events'], 'curl')
    try:
        curl.wait_for_output(r'^retry: \d+$')
        curl.wait_for_output(r'^id: %s:%d\nevent: change\ndata: \{"epoch"' % (epoch, revision + 1))
        world.service.put('/namedValues/n', displayName='n', value=str(time.time_ns()))
        curl.wait_for_output(r'^id: %s:%d$' % (epoch, revision + 2))
    finally:
        curl.kill()


def test_a_position_of_another_life_is_gone(world):
    epoch, revision = position(world.service.snapshot('east'))
    token = world.service.token('east')
    for after, status in (('other:%d' % revision, 410), ('%s:%d' % (epoch, revision + 1), 410), ('', 400), (str(revision), 400)):
        assert world.service.ask('east', 'events?after=' + after, token).status == status, after


def test_a_stream_ends_when_its_key_is_changed(world):
    after = position(world.service.snapshot('east'))
    keys = world.service.keys('east')
    with world.service.events('east', after, sign('east', keys['primary'])) as ended, \
            world.service.events('east', after, sign('east', keys['secondary'])) as kept:
        world.service.manage('POST', '/gateways/east/regenerateKey', body={'keyType': 'primary'})
        assert ended.next() is None
        world.service.put('/namedValues/n', displayName='n', value=str(time.time_ns()))
        assert ids(kept.next()['upserts']) == ['/namedValues/n']
    assert world.service.ask('east', 'snapshot', sign('east', keys['primary'])).status == 401


def test_what_instances_say_is_shown_to_the_admin(world):
    token = world.service.token('west')
    assert world.service.ask('west', 'heartbeat', token, 'POST', {'instance': 'pod-1', 'gatewayVersion': '0.1.0'}).status == 204
    assert world.service.ask('west', 'ack', token, 'POST', {
        'instance': 'pod-1', 'epoch': 'e', 'revision': 3, 'version': 'x:1',
        'rejected': [{'id': '/apis/users', 'reason': 'because'}]}).status == 204
    status = world.service.ask('west', 'status', 'Bearer ' + ADMIN).json()
    assert status['instances'][0]['rejected'] == [{'id': '/apis/users', 'reason': 'because'}], status
    assert world.service.ask('west', 'status', token).status == 401
    for body in ([], {}, {'instance': 5}):
        assert world.service.ask('west', 'ack', token, 'POST', body).status == 400, body


def test_unknown_paths_and_methods(world):
    token = world.service.token('east')
    assert world.service.ask('east', 'nothing', token).status == 404
    answer = world.service.ask('east', 'snapshot', token, 'POST', {})
    assert answer.status == 405 and answer.header('Allow') == 'GET, HEAD', answer
    head = world.service.ask('east', 'snapshot', token, 'HEAD')
    assert head.status == 200 and not head.body, head


def test_sigterm_ends_streams_and_everything_is_there_afterwards():
    with Folder() as folder, Configd(folder.at('db')) as service:
        service.put('/gateways/g', description='', locationData={'name': 'g'})
        before = service.snapshot('g')
        with service.events('g', position(before)) as stream:
            service.process.signal(15)
            assert stream.next() is None
        assert service.process.wait() == 0
        assert not os.path.exists(folder.at('db') + '-wal'), os.listdir(folder.path)
        service.start()
        assert service.snapshot('g') == before


def test_a_database_put_back_from_a_copy_is_another_epoch():
    with Folder() as folder, Configd(folder.at('db')) as service:
        service.put('/gateways/g', description='', locationData={'name': 'g'})
        service.stop()
        with open(folder.at('db'), 'rb') as file:
            copy = file.read()
        service.start()
        service.put('/namedValues/n', displayName='n', value='1')
        after = position(service.snapshot('g'))
        service.stop()
        with open(folder.at('db'), 'wb') as file:
            file.write(copy)
        service.start()
        answer = service.ask('g', 'events?after=%s:%d' % after, service.token('g'))
        assert answer.status == 410, answer
        assert service.snapshot('g')['epoch'] != after[0]


def test_what_is_acknowledged_survives_a_kill_and_nothing_is_half_there():
    with Folder() as folder, Configd(folder.at('db')) as service:
        service.put('/gateways/g', description='', locationData={'name': 'g'})
        service.put('/apis/users', displayName='u', path='users', protocols=['http'])
        service.put('/gateways/g/apis/users')
        token, epoch = service.token('g'), service.snapshot('g')['epoch']
        acknowledged = attempted = 0
        revision = 0
        random.seed(20261125)

        def document(number):
            operation = {'responses': {'200': {'description': 'ok'}}}
            return json.dumps({'openapi': '3.0.0', 'info': {'title': 'u', 'version': '1'}, 'paths': {
                '/' + letter: {'get': dict(operation, operationId='%s%d' % (letter, number))} for letter in 'abcdefgh'}})

        def write():
            nonlocal acknowledged, attempted
            try:
                while True:
                    attempted += 1
                    service.put('/apis/users', displayName='u', path='users', format='openapi', value=document(attempted))
                    acknowledged = attempted
            except (OSError, ConnectionError):
                pass

        for _ in range(100):
            target, writer = acknowledged + random.randint(1, 3), threading.Thread(target=write)
            writer.start()
            wait_until(lambda: acknowledged >= target, 'acknowledgements', every=random.random() / 200)
            service.kill()
            writer.join()
            service.start()
            snapshot = service.snapshot('g', token)
            operations = {id.rsplit('/', 1)[1] for id in ids(snapshot['resources']) if '/operations/' in id}
            whole = [{'%s%d' % (letter, number) for letter in 'abcdefgh'} for number in (acknowledged, attempted)]
            assert operations in whole, (acknowledged, attempted, operations)
            assert snapshot['epoch'] == epoch and snapshot['revision'] > revision, (snapshot['epoch'], revision)
            revision = snapshot['revision']


def test_tls_and_no_secret_in_the_log():
    with Folder() as folder:
        authority = Authority()
        leaf = authority.issue('127.0.0.1')
        with Configd(folder.at('db'), ['--tls-certificate', leaf.chain_path, '--tls-key', leaf.key_path], tls=True) as service:
            service.put('/gateways/g', description='', locationData={'name': 'g'})
            service.put('/namedValues/n', displayName='n', value='marker-secret-value', secret=True)
            token, keys = service.token('g'), service.keys('g')
            assert 'marker-secret-value' in json.dumps(service.snapshot('g', token))
            answer = get(service.port, '/v1/gateways/g/snapshot?token=marker-in-query', tls=True,
                         context=tls_context(authority.pem), sni='127.0.0.1', headers={'Authorization': token})
            assert answer.status == 200, answer
            with service.events('g', position(service.snapshot('g', token)), token) as stream:
                service.put('/namedValues/m', displayName='m', value='marker-secret-value', secret=True)
                assert ids(stream.next()['upserts']) == ['/namedValues/m']
            wait_until(lambda: '/snapshot' in service.process.output(), 'the access log')
            service.stop()
            log = service.process.output()
            assert '"/v1/gateways/g/snapshot" 200' in log, log
            for secret in (ADMIN, token, token[11:], keys['primary'], keys['secondary'], 'marker', '?'):
                assert secret not in log, (secret, log)


def test_many_streams_at_once(world):
    after = position(world.service.snapshot('west'))
    token = world.service.token('west')
    streams = [world.service.events('west', after, token) for _ in range(300)]
    try:
        world.service.put('/namedValues/many', displayName='many', value=str(time.time_ns()))
        for stream in streams:
            assert ids(stream.next()['upserts']) == ['/namedValues/many']
    finally:
        for stream in streams:
            stream.connection.close()
    status = lambda: world.service.ask('west', 'status', 'Bearer ' + ADMIN).json()
    wait_until(lambda: status()['streams'] == 0, 'the streams to be forgotten')


def test_nonsense_disturbs_nobody(world):
    token = world.service.token('east')
    for data in (b'\x16\x03\x01\x00\xa5\x01\x00', b'GET / HTTP/1.1\r\n\r\n', b'POST /v1/gateways/east/ack HTTP/1.1\r\nHost: a\r\n'
                 b'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n', b'\r\n' * 1000, b'A' * 100000):
        with Connection(world.service.port) as connection:
            connection.send(data)
            assert world.service.ask('east', 'snapshot', token).status == 200
    for body in (b'', b'{', b'\xff\xfe', b'[' * 100000, b'{"instance":"a","instance":"b"}', b'null'):
        answer = get(world.service.port, '/v1/gateways/east/heartbeat', method='POST', body=body, headers={'Authorization': token})
        assert answer.status == 400 and 'error' in answer.json(), (body[:20], answer)


if __name__ == '__main__':
    runner.main(globals(), World)
