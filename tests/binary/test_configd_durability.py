#!/usr/bin/python3
"""configd is killed during commits, 20 times (another number: --kills=N): what it acknowledged is there
afterwards, and what it did not is there as a whole or not at all."""

import hashlib
import json
import random
import sys
import threading
import time

from common import Folder

from support import runner
from support.configd import ADMIN, Configd
from support.http_client import Connection
from support.wait import wait_until

KILLS = next((int(word.split('=')[1]) for word in sys.argv if word.startswith('--kills=')), 20)
WRITERS = 3
APIS_OF_A_WRITER = 3
OPERATIONS = 30
SUBSCRIPTIONS = 2


def document(version):
    """An API in which everything tells the version."""
    return json.dumps({
        'openapi': '3.0.0', 'info': {'title': 'version %d' % version, 'version': '1'},
        'servers': [{'url': 'http://127.0.0.1:9/version-%d' % version}],
        'paths': {'/version-%d/operation-%d' % (version, number): {'get': {
            'operationId': 'version-%d-operation-%d' % (version, number), 'responses': {'200': {'description': 'ok'}}}}
            for number in range(OPERATIONS)}})


class Client:
    """The management API on a kept connection."""

    def __init__(self, port):
        self.connection = Connection(port)

    def ask(self, method, path, properties=None, **headers):
        fields = [('Authorization', 'Bearer ' + ADMIN), ('Content-Type', 'application/json')]
        fields += [(name.replace('_', '-'), value) for name, value in headers.items()]
        return self.connection.request(path + ('&' if '?' in path else '?') + 'api-version=2022-08-01', method=method,
                                       headers=fields,
                                       body=None if properties is None else json.dumps({'properties': properties}).encode())

    def change(self, method, path, properties=None, **headers):
        answer = self.ask(method, path, properties, **headers)
        assert answer.status in (200, 201), (method, path, answer)
        return answer

    def names(self, collection):
        return sorted(entry['name'] for entry in self.ask('GET', collection + '?$top=1000').json()['value'])


class State:
    """What the service says of one API and of all that goes with it."""

    def __init__(self, client, api, subscriptions):
        answer = client.ask('GET', '/apis/' + api)
        self.etag, self.body = (answer.header('ETag'), answer.json()) if answer.status == 200 else (None, None)
        assert answer.status in (200, 404), answer
        self.version = None
        if self.body:
            self.version = int(self.body['properties']['serviceUrl'].rsplit('-', 1)[1])
            self.operations = client.names('/apis/%s/operations' % api)
        else:
            self.operations = []
        self.linked = api in client.names('/gateways/east/apis')
        self.subscriptions = [name for name in subscriptions if name.startswith(api + '-')]

    def check_whole(self, api):
        """All of one version, or nothing."""
        operations = [] if self.version is None else sorted(
            'version-%d-operation-%d' % (self.version, number) for number in range(OPERATIONS))
        assert self.operations == operations, (api, self.version, self.operations)
        if self.version is None:
            assert not self.linked and not self.subscriptions, (api, self.linked, self.subscriptions)


class Writer:
    """Makes, replaces and removes its APIs, one commit at a time, until the service is gone.

    What was acknowledged is in `held`, by API; the one commit without an answer is `open`.
    """

    def __init__(self, number):
        self.apis = ['api-%d-%d' % (number, place) for place in range(APIS_OF_A_WRITER)]
        self.held = {api: None for api in self.apis}  # {version, etag, body, linked, subscriptions}, None: not there
        self.open = None                              # (API, the next of the same)
        self.commits = 0
        self.version = 0

    def run(self, port):
        """Ends when the service does."""
        try:
            client = Client(port)
            while True:
                self._step(client, self.apis[self.commits % len(self.apis)])
        except (ConnectionError, TimeoutError):
            pass

    def _step(self, client, api):
        held = self.held[api]
        turn = random.random()
        if held is None or turn < 0.4:
            self.version += 1
            after = dict(held or {'linked': False, 'subscriptions': []}, version=self.version, etag=None)
            self.open = (api, after)
            answer = client.change('PUT', '/apis/' + api, {'path': api, 'format': 'openapi+json', 'value': document(self.version)})
            after.update(etag=answer.header('ETag'), body=answer.json())
        elif turn < 0.6 and not held['linked']:
            after = dict(held, linked=True)
            self.open = (api, after)
            client.change('PUT', '/gateways/east/apis/' + api)
        elif turn < 0.8 and len(held['subscriptions']) < SUBSCRIPTIONS:
            name = '%s-%d' % (api, len(held['subscriptions']))
            after = dict(held, subscriptions=held['subscriptions'] + [name])
            self.open = (api, after)
            client.change('PUT', '/subscriptions/' + name, {'displayName': name, 'scope': '/apis/' + api, 'state': 'active'})
        else:
            after = None
            self.open = (api, None)
            client.change('DELETE', '/apis/' + api, If_Match='*')
        self.held[api], self.open = after, None
        self.commits += 1

    def check(self, client, subscriptions):
        """Compares with what is there now, and goes on from that. Returns 'new', 'old' or None for the open commit."""
        outcome = None
        for api in self.apis:
            state = State(client, api, subscriptions)
            state.check_whole(api)
            if self.open and self.open[0] == api:
                outcome = 'new' if self._is(state, self.open[1]) else 'old'
                if outcome == 'new':
                    self.held[api] = self.open[1]
                    if self.held[api]:
                        self.held[api].update(etag=state.etag, body=state.body)
            held = self.held[api]
            assert self._is(state, held), (api, vars(state), held)
            if held:
                assert (state.etag, state.body) == (held['etag'], held['body']), (api, vars(state), held)
        self.open = None
        return outcome

    @staticmethod
    def _is(state, held):
        if held is None:
            return state.version is None
        return (state.version, state.linked, state.subscriptions) == (held['version'], held['linked'], held['subscriptions'])


def digest(resources):
    whole = 0
    for resource in resources:
        text = json.dumps(resource, sort_keys=True, separators=(',', ':'), ensure_ascii=False)
        whole ^= int.from_bytes(hashlib.sha256(text.encode()).digest(), 'big')
    return '%064x' % whole


def kill_during_commits(service, writers, chance):
    """Lets all write, and kills the service at a moment that nobody knows before."""
    threads = [threading.Thread(target=writer.run, args=(service.port,), daemon=True) for writer in writers]
    goal = sum(writer.commits for writer in writers) + chance.randint(1, 60)
    for thread in threads:
        thread.start()
    wait_until(lambda: sum(writer.commits for writer in writers) >= goal, 'commits', 30, 0.0001)
    moment = time.monotonic() + chance.uniform(0, 0.003)
    while time.monotonic() < moment:
        pass
    service.kill()
    for thread in threads:
        thread.join(15)
        assert not thread.is_alive()


def test_what_was_acknowledged_is_there_after_a_kill_and_nothing_is_half_there():
    seed = int(time.time())
    random.seed(seed)
    chance = random.Random(seed)
    outcomes = {'new': 0, 'old': 0, None: 0}
    with Folder() as folder:
        service = Configd(folder.at('service.db')).start()
        service.put('/gateways/east', description='', locationData={'name': 'here'})
        before = service.snapshot('east')
        writers = [Writer(number) for number in range(WRITERS)]
        for _ in range(KILLS):
            kill_during_commits(service, writers, chance)
            service = Configd(folder.at('service.db')).start()
            client = Client(service.port)
            subscriptions = client.names('/subscriptions')
            for writer in writers:
                outcomes[writer.check(client, subscriptions)] += 1
            after = service.snapshot('east')
            # gateways go on where they were: the history is the same, longer by every acknowledged commit
            assert after['epoch'] == before['epoch'] and after['revision'] > before['revision'], (before, after)
            assert after['digest'] == digest(after['resources']), after['digest']
            with service.events('east', (before['epoch'], before['revision'])) as events:
                event = events.next()
                assert event['revision'] == after['revision'] and event['digest'] == after['digest'], event
            before = after
        service.stop()
        print('        seed %d: %d kills among %d commits; of those without an answer %d were there, %d were not'
              % (seed, KILLS, sum(writer.commits for writer in writers), outcomes['new'], outcomes['old']))
        assert outcomes['new'] + outcomes['old'] >= KILLS / 2, outcomes  # else the kills came when nothing happened


if __name__ == '__main__':
    runner.main(globals())
