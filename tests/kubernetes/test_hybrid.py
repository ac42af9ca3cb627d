#!/usr/bin/env python3
"""The hybrid: a cluster's Ingress objects and a configuration service claim the same routes and hosts."""

import collections
import contextlib
import glob
import json
import os
import signal
import sys
import tempfile
import threading

sys.path[:0] = [os.path.dirname(os.path.dirname(os.path.abspath(__file__)))]

import namespace

namespace.enter()

from cluster import ADMIN_TOKEN, PORT, cluster, ingress
from scene import backends
from support import runner
from support.backend import Backend
from support.certificates import Authority
from support.configd import Configd
from support.gatewayd import Gatewayd, program
from support.http_client import Connection
from support.policy_document import DOCUMENT, bearer, put_orders
from support.process import run
from support.wait import holds_for, next_whole_second, wait_until
from support.wire import Wire

AUTHORITY = Authority()
HOST = 'shared.example'
# One port for all lives of a gatewayd, so that a client can ask on while it is dead. Outside of the
# range that connections take theirs from, or the client would one day be connected to itself.
DATA_PORT = 18080
# How often the winner is killed in the story of the conflict.
KILLS = int(os.environ.get('HYBRID_KILLS', '10'))

# Of the cloud's API there is no more than this.
OPERATIONS = [('GET', '/{id}'), ('POST', '/')]
IN_THE_API = [('GET', '/users/7'), ('POST', '/users')]
NOT_IN_THE_API = [('DELETE', '/users/7'), ('GET', '/users'), ('PUT', '/users/7/photo/small'), ('PATCH', '/users/')]
EVERYTHING = IN_THE_API + NOT_IN_THE_API
# Paths of the cloud are not case-sensitive, those of an Ingress are: of the cloud's, or of nobody.
IN_CAPITALS = ('GET', '/USERS/7')


class Hybrid:
    """Both halves for one or more gatewayds: a namespace, and a configd with the gateway `east`.

    The service assigns the API `users` at /users, and `open` at /open that nobody else claims.
    """

    def __init__(self, c, stack):
        self.c = c
        self.space = c.make_namespace()
        self.backends = stack.enter_context(backends(('ingress', 'ingress-2')))
        for name in ('cloud', 'cloud-2', 'open'):
            self.backends[name] = stack.enter_context(Backend(name))
        for name in ('ingress', 'ingress-2'):
            c.put_service(self.space, name, [self.backends[name].address])
        self.configd = stack.enter_context(
            Configd(os.path.join(tempfile.mkdtemp(prefix='configd-', dir=c.folder), 'configd.db')))
        self.configd.put('/gateways/east', description='', locationData={'name': 'here'})
        self.put_api('open', 'open')
        self.token = self.configd.token('east')

    def put_api(self, name='users', backend='cloud'):
        """Makes the API, or sends its requests to another backend."""
        self.configd.put('/apis/' + name, displayName=name, path=name, protocols=['http', 'https'],
                         subscriptionRequired=False,
                         serviceUrl='http://127.0.0.1:%d/%s' % (self.backends[backend].port, backend))
        for place, (method, template) in enumerate(OPERATIONS):
            self.configd.put('/apis/%s/operations/o%d' % (name, place), displayName='o', method=method,
                             urlTemplate=template)
        self.configd.put('/gateways/east/apis/' + name)

    def put_ingress(self, name='users', path='/users', host=None, backend='ingress', tls=()):
        self.c.put_ingress(self.space, ingress(name, [(host, path, 'Prefix', backend, 80)], tls=tls))

    def delete_ingress(self, name='users'):
        self.c.delete_ingress(self.space, name)

    @contextlib.contextmanager
    def gatewayd(self, settings=None, state=None, name='gatewayd', port=DATA_PORT, wait=True):
        """A gatewayd with both sources and a folder (`state`) for ledger and backup.

        Its `wire` leads to the API server.
        """
        state = state or tempfile.mkdtemp(prefix='state-', dir=self.c.folder)
        with Wire(('127.0.0.1', PORT)) as wire:
            path = os.path.join(self.c.folder, 'wire-%d.kubeconfig' % wire.port)
            with open(self.c.write_kubeconfig('wire', ADMIN_TOKEN)) as file:
                text = file.read()
            with open(path, 'w') as file:
                file.write(text.replace(':%d' % PORT, ':%d' % wire.port))
            chosen = self.c.as_kubeconfig(self.space, path)
            chosen.update({'config.service.endpoint': self.configd.url, 'config.service.auth': self.token,
                           'config.backup.path': state, 'net.server.http.port': str(port)})
            chosen.update(settings or {})
            made = Gatewayd(chosen, folder=self.c.folder, name=name)
            made.wire, made.state = wire, state
            with made as started:
                if wait:
                    started.wait_ready()
                yield started


@contextlib.contextmanager
def hybrid(c):
    with contextlib.ExitStack() as stack:
        yield Hybrid(c, stack)


# --- what can be seen

def answer(g, method, path, host=HOST):
    return g.backend_of(host, path, method=method)


def answers(g, asked):
    return [answer(g, *question) for question in asked]


def until(g, expected, asked=IN_THE_API, seconds=5.0):
    """Waits until all of `asked` are answered by `expected` (a backend's name or a status)."""
    try:
        wait_until(lambda: set(answers(g, asked)) == {expected},
                   '%s to be answered by %s' % (asked, expected), seconds)
    except AssertionError as error:
        raise AssertionError('%s\n%s' % (error, json.dumps(g.explain(HOST, asked[0][1]), indent=1))) from None


def source(g, kind):
    return next(item for item in g.status()['sources'] if item['kind'] == kind)


def until_synced(g, kind):
    wait_until(lambda: source(g, kind)['state'] == 'synced', '%s to be synced' % kind, 30.0)


def candidates(g, path='/users/7'):
    return {item['source']: item for item in g.explain(HOST, path)['candidates']}


def digest(g):
    return g.status()['table_digest']


def content(path):
    with open(path, 'rb') as file:
        return file.read()


def backup_files(g):
    return glob.glob(os.path.join(g.state, '*.backup'))


def until_saved(g, marker):
    """Waits until a backup holds the text; it is written after what it is of is served."""
    def found():
        return any(marker.encode() in content(path) for path in backup_files(g))
    return wait_until(found, 'a backup with %s' % marker)


class Clients:
    """Ask for everything, over and over, through the deaths of a gatewayd; who answered is counted."""

    def __init__(self, g, asked=EVERYTHING):
        self._g = g
        self._asked = asked
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self.seen = collections.Counter()

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join(30)

    def _ask(self):
        while not self._stop.is_set():
            for method, path in self._asked:
                try:
                    self.seen[answer(self._g, method, path)] += 1
                except OSError:
                    self.seen['nobody'] += 1  # between two lives
                except Exception as error:  # noqa: BLE001 - an answer that is none
                    self.seen[repr(error)] += 1
            self._stop.wait(0.002)

    def saw_only(self, *expected):
        assert self.seen and set(self.seen) <= set(expected), dict(self.seen)


# --- starts, each with other sources there, late or away; each begins with a dead gatewayd and a
# running configd, and leaves both running

def both_are_there(h, g):
    g.start()
    g.wait_ready()


def api_server_hangs(h, g):
    h.c.api_server.signal(signal.SIGSTOP)
    try:
        g.start()
        until_synced(g, 'cloud')
        assert not g.ready(), 'ready without the cluster'
        assert answers(g, EVERYTHING) == [503] * len(EVERYTHING)
    finally:
        h.c.api_server.signal(signal.SIGCONT)
    g.wait_ready(60.0)


def api_server_refuses(h, g):
    g.wire.refuse()
    g.start()
    until_synced(g, 'cloud')
    assert answers(g, EVERYTHING) == [503] * len(EVERYTHING)
    g.wire.allow()
    g.wait_ready(60.0)


def configd_is_down(h, g):
    """The backup serves, and that the service comes back changes nothing."""
    h.configd.kill()
    g.start()
    g.wait_ready()
    assert source(g, 'cloud')['state'] == 'stale'
    before = digest(g), answers(g, EVERYTHING)
    h.configd.start()
    until_synced(g, 'cloud')
    assert (digest(g), answers(g, EVERYTHING)) == before


def configd_is_late_and_there_is_no_backup(h, g):
    for path in backup_files(g):
        os.unlink(path)
    h.configd.kill()
    g.start()
    until_synced(g, 'ingress')
    assert not g.ready(), 'ready without the cloud'
    assert answers(g, EVERYTHING) == [503] * len(EVERYTHING)
    h.configd.start()
    g.wait_ready(60.0)
    wait_until(lambda: backup_files(g), 'a backup')


def both_are_late_and_the_cluster_comes_first(h, g):
    h.configd.kill()
    g.wire.refuse()
    g.start()
    wait_until(lambda: source(g, 'cloud')['state'] == 'stale', 'the backup')
    assert answers(g, EVERYTHING) == [503] * len(EVERYTHING)
    g.wire.allow()
    g.wait_ready(60.0)
    h.configd.start()
    until_synced(g, 'cloud')


STARTS = [both_are_there, configd_is_down, api_server_hangs, configd_is_late_and_there_is_no_backup,
          api_server_refuses, both_are_late_and_the_cluster_comes_first]


def kill_and_start(h, g, times, asked, expected):
    """`asked` is answered by `expected` after every start, and by nobody else at any moment."""
    table = digest(g)
    total = collections.Counter()
    for turn in range(times):
        start = STARTS[turn % len(STARTS)]
        with Clients(g, asked) as clients:
            g.kill()
            start(h, g)
            until(g, expected, asked, 0.0)
        clients.saw_only('nobody', 503, expected)
        assert clients.seen[expected], start.__name__
        assert digest(g) == table, start.__name__
        total += clients.seen
    print('        %d starts, and who answered: %s' % (times, dict(total)))


# --- the story of the conflict

def test_story_of_the_conflict(c):
    with hybrid(c) as h, h.gatewayd() as g:
        until(g, 'open', [('GET', '/open/7')])
        assert answers(g, EVERYTHING) == [404] * len(EVERYTHING)

        h.put_api()
        until(g, 'cloud', IN_THE_API + [IN_CAPITALS])
        assert answers(g, NOT_IN_THE_API) == [404] * len(NOT_IN_THE_API)

        # the Ingress is later: it takes the whole API, also what the API does not have
        next_whole_second()
        with Clients(g, IN_THE_API) as clients:
            h.put_ingress()
            until(g, 'ingress', EVERYTHING)
        clients.saw_only('cloud', 'ingress')
        assert answer(g, *IN_CAPITALS) == 404, 'the whole API is shadowed'
        assert answer(g, 'GET', '/open/7') == 'open'
        seen = candidates(g)
        assert seen['ingress']['answers'] and seen['ingress']['state'] == 'serving', seen
        assert 'users@cloud' in seen['ingress']['reason'], seen
        assert not seen['cloud']['answers'] and seen['cloud']['state'] == 'shadowed', seen
        assert 'ingress' in seen['cloud']['reason'], seen
        assert seen['ingress']['stamp'] > seen['cloud']['stamp'], seen
        assert not seen['ingress']['stamp_observed'] and not seen['cloud']['stamp_observed'], seen
        told = run([program(), 'explain', '--admin', '127.0.0.1:%d' % g.admin, 'http://%s/users/7' % HOST])
        assert 'shadowed' in told and seen['ingress']['reason'] in told and seen['cloud']['reason'] in told, told
        until_saved(g, '/apis/users')
        kill_and_start(h, g, KILLS, EVERYTHING, 'ingress')

        # it goes: the API is there again, and no more than the API
        with Clients(g, IN_THE_API) as clients:
            h.delete_ingress()
            until(g, 'cloud', IN_THE_API)
        clients.saw_only('ingress', 'cloud')
        assert answers(g, NOT_IN_THE_API) == [404] * len(NOT_IN_THE_API)
        assert list(candidates(g)) == ['cloud'], candidates(g)
        kill_and_start(h, g, 3, IN_THE_API, 'cloud')

        # it comes again, and then the API changes
        next_whole_second()
        h.put_ingress(backend='ingress-2')
        until(g, 'ingress-2', EVERYTHING)
        next_whole_second()
        with Clients(g, IN_THE_API) as clients:
            h.put_api(backend='cloud-2')
            until(g, 'cloud-2', IN_THE_API)
        clients.saw_only('ingress-2', 'cloud-2')
        assert answers(g, NOT_IN_THE_API) == [404] * len(NOT_IN_THE_API)
        seen = candidates(g)
        assert seen['cloud']['answers'] and seen['ingress']['state'] == 'shadowed', seen
        assert seen['cloud']['stamp'] > seen['ingress']['stamp'], seen
        until_saved(g, '/cloud-2')
        kill_and_start(h, g, len(STARTS), IN_THE_API, 'cloud-2')
        with Clients(g, NOT_IN_THE_API) as clients:
            g.kill()
            configd_is_late_and_there_is_no_backup(h, g)
            assert answers(g, NOT_IN_THE_API) == [404] * len(NOT_IN_THE_API)
        clients.saw_only('nobody', 503, 404)


def test_change_of_the_api_while_gatewayd_is_dead_counts(c):
    with hybrid(c) as h:
        h.put_api()
        next_whole_second()
        h.put_ingress()
        with h.gatewayd() as g:
            until(g, 'ingress', EVERYTHING)
            until_saved(g, '/apis/users')
            g.kill()
            next_whole_second()
            h.put_api(backend='cloud-2')
            # the backup is from before: the Ingress answers until the service tells
            h.configd.kill()
            g.start()
            g.wait_ready()
            assert answers(g, EVERYTHING) == ['ingress'] * len(EVERYTHING)
            h.configd.start()
            until(g, 'cloud-2', seconds=30.0)


def test_ingress_deleted_while_gatewayd_is_dead_is_not_missed(c):
    with hybrid(c) as h:
        h.put_api()
        next_whole_second()
        h.put_ingress()
        with h.gatewayd() as g:
            until(g, 'ingress', EVERYTHING)
            until_saved(g, '/apis/users')
            g.kill()
            h.delete_ingress()
            with Clients(g, IN_THE_API) as clients:
                api_server_refuses(h, g)
                until(g, 'cloud', seconds=0.0)
            clients.saw_only('nobody', 503, 'cloud')


def test_second_apply_of_an_ingress_is_remembered_by_the_ledger(c):
    """Of which this API server tells no time: see test_two_sources.py."""
    with hybrid(c) as h:
        def apply(backend):
            body = ingress('users', [(None, '/users', 'Prefix', backend, 80)])
            body['metadata']['namespace'] = h.space
            c.apply(body)
        apply('ingress')
        with h.gatewayd() as g:
            until(g, 'ingress', EVERYTHING)
            next_whole_second()
            h.put_api()
            until(g, 'cloud')
            next_whole_second()
            apply('ingress-2')
            until(g, 'ingress-2', EVERYTHING)
            assert candidates(g)['ingress']['stamp'] > candidates(g)['cloud']['stamp'], candidates(g)
            until_saved(g, '/apis/users')
            kill_and_start(h, g, len(STARTS), EVERYTHING, 'ingress-2')


def test_put_of_equal_content_flips_nothing(c):
    with hybrid(c) as h:
        h.put_api()
        next_whole_second()
        h.put_ingress()
        with h.gatewayd() as g:
            until(g, 'ingress', EVERYTHING)
            next_whole_second()
            with Clients(g) as clients:
                h.put_api()
                h.put_api('open', 'cloud')  # of what comes after it one can tell that it was seen
                until(g, 'cloud', [('GET', '/open/7')])
            clients.saw_only('ingress')


def test_partial_start_answers_by_nobody_rather_than_by_the_wrong_one(c):
    """With `config.start.partial` the one source serves while the other is away, but not its loser."""
    with hybrid(c) as h:
        h.put_api()
        next_whole_second()
        h.put_ingress()
        h.put_ingress('other', '/other', backend='ingress-2')
        settings = {'config.start.partial': 'true', 'config.start.timeout': '1s',
                    'k8s.ingress.policy': 'none'}
        with h.gatewayd(settings) as g:
            until(g, 'ingress', EVERYTHING)
            with Clients(g) as clients:
                g.kill()
                g.wire.refuse()
                g.start()
                until(g, 'open', [('GET', '/open/7')], 20.0)
                assert answers(g, EVERYTHING) == [503] * len(EVERYTHING)
                assert answer(g, *IN_CAPITALS) in (404, 503)
                assert 'ledger' in candidates(g)['ingress']['reason'], candidates(g)
                g.wire.allow()
                until(g, 'ingress', EVERYTHING, 60.0)
            clients.saw_only('nobody', 503, 'ingress')

            # the other way round
            next_whole_second()
            h.put_api(backend='cloud-2')
            until(g, 'cloud-2')
            with Clients(g, IN_THE_API) as clients:
                g.kill()
                for path in backup_files(g):
                    os.unlink(path)
                h.configd.kill()
                g.start()
                until(g, 'ingress-2', [('GET', '/other')], 20.0)
                assert answers(g, IN_THE_API) == [503] * len(IN_THE_API)
                assert 'ledger' in candidates(g)['cloud']['reason'], candidates(g)
                h.configd.start()
                until(g, 'cloud-2', seconds=60.0)
            clients.saw_only('nobody', 503, 'cloud-2')


def test_ingress_routes_wait_for_the_policies_of_the_cloud(c):
    """The global document runs on them; without it known they are not served, whatever starts first."""
    with hybrid(c) as h:
        h.put_ingress('other', '/other', backend='ingress-2')
        h.configd.put('/policies/policy', format='rawxml', value="""<policies><inbound /><backend><forward-request /></backend>
            <outbound><set-header name="Passed"><value>@(context.Api.Name)</value></set-header></outbound></policies>""")
        with h.gatewayd({'config.start.partial': 'true', 'config.start.timeout': '1s'}) as g:
            until(g, 'ingress-2', [('GET', '/other')], 20.0)
            assert 'other' in g.get(HOST, '/other').header('Passed', ''), g.get(HOST, '/other').headers
            g.kill()
            for path in backup_files(g):
                os.unlink(path)
            h.configd.kill()
            g.start()
            wait_until(lambda: g.get(HOST, '/other').status == 503, 'the route to answer')
            holds_for(lambda: g.get(HOST, '/other').status == 503, 'nothing without policies', 2.0)
            h.configd.start()
            until(g, 'ingress-2', [('GET', '/other')], 60.0)
            assert 'other' in g.get(HOST, '/other').header('Passed', ''), g.get(HOST, '/other').headers


def test_realistic_policies_beside_ingress_change_without_a_failed_request(c):
    """A document of many policies on the cloud's API, an Ingress beside it; both change while clients ask."""
    with hybrid(c) as h, Backend('orders') as orders, Backend('issued') as tokens:
        put_orders(h.configd, 'east', orders.port, tokens.port)
        h.put_ingress('web', '/web')
        with h.gatewayd() as g:
            until(g, 'ingress', [('GET', '/web')])
            wait_until(lambda: g.get(HOST, '/orders/42', headers=bearer(tenant='blue')).status == 200, 'the API')
            seen = g.get(HOST, '/orders/42?x=1', headers=bearer(tenant='blue')).json()
            assert seen == {'path': '/internal/42?x=1', 'tenant': 'blue', 'said': 'hello'}, seen
            assert tokens.requests == 1, tokens.requests  # its answer is kept
            refused = g.get(HOST, '/orders/42')
            assert (refused.status, refused.header('Error-Reason')) == (401, 'TokenNotPresent'), refused
            assert g.get(HOST, '/orders/1', headers=bearer(tenant='blocked')).status == 403
            failures, asked, stop = [], [], threading.Event()

            def ask(path, headers):
                with Connection(g.http) as connection:
                    while not stop.is_set():
                        answer = connection.request(path, HOST, headers=headers)
                        asked.append(path)
                        if answer.status not in (200, 429):
                            failures.append((path, answer.status, answer.body))

            threads = [threading.Thread(target=ask, args=one)
                       for one in (('/orders/7', bearer(tenant='red')), ('/web', ()), ('/web/page', ()))]
            for thread in threads:
                thread.start()
            try:
                for number in range(40):
                    text = 'hello-%d' % number
                    h.configd.put('/apis/orders/policies/policy', format='rawxml',
                                  value=DOCUMENT.replace('{{greeting}}', text))
                    if number % 10 == 0:
                        backend = 'ingress-2' if number % 20 == 0 else 'ingress'
                        h.put_ingress('web', '/web', backend=backend)
                        until(g, backend, [('GET', '/web')])
                    wait_until(lambda: g.get(HOST, '/orders/7', headers=bearer(sub='s%d' % number)).json()['said'] == text,
                               'change %d to be served' % number)
            finally:
                stop.set()
                for thread in threads:
                    thread.join()
            assert not failures, failures[:3]
            assert len(asked) > 1000, len(asked)


def test_an_ingress_runs_the_fragment_that_it_names(c):
    """An annotation names it; without the fragment the route is not served, rather than without its policies."""
    with hybrid(c) as h:
        h.put_ingress('web', '/web')
        with h.gatewayd() as g:
            until(g, 'ingress', [('GET', '/web')])
            c.kubectl('annotate', '-n', h.space, 'ingress/web', 'azure-api-management/policy-fragment=stamp')
            wait_until(lambda: g.get(HOST, '/web').status == 503, 'the route to wait for its fragment')
            put_fragment = lambda value: h.configd.put(
                '/policyFragments/stamp', format='rawxml',
                value='<fragment><set-header name="X-Stamp"><value>%s</value></set-header></fragment>' % value)

            def stamp():
                answer = g.get(HOST, '/web')
                return answer.status == 200 and dict((name.lower(), value) for name, value in answer.json()['headers']).get('x-stamp')

            put_fragment('one')
            wait_until(lambda: stamp() == 'one', 'the fragment')
            put_fragment('@(context.Api.Id.Contains("web") ? "two" : "none")')
            wait_until(lambda: stamp() == 'two', 'the changed fragment')
            c.kubectl('annotate', '-n', h.space, 'ingress/web', 'azure-api-management/policy-fragment-')
            wait_until(lambda: stamp() is None, 'the route without it')


# --- other rules

def test_arrival_order_flips_on_restart(c):
    """What the vendor documents: each start begins anew, Ingress first and the cloud after it."""
    with hybrid(c) as h:
        h.put_api()
        with h.gatewayd({'config.conflict': 'arrival_order'}) as g:
            until(g, 'cloud')
            next_whole_second()
            h.put_ingress()
            until(g, 'ingress', EVERYTHING)
            until_saved(g, '/apis/users')
            for start in (both_are_there, configd_is_down):
                g.kill()
                start(h, g)
                until(g, 'cloud')
                assert answers(g, NOT_IN_THE_API) == [404] * len(NOT_IN_THE_API)
            # the next to arrive wins again
            h.put_ingress(backend='ingress-2')
            until(g, 'ingress-2', EVERYTHING)


def test_protected_path_is_the_clouds_whoever_claims_it(c):
    with hybrid(c) as h:
        h.put_api()
        with h.gatewayd({'config.conflict.protected': '/users'}) as g:
            until(g, 'cloud')
            with Clients(g, IN_THE_API) as clients:
                next_whole_second()
                h.put_ingress()
                h.put_ingress('below', '/users/7', backend='ingress-2')
                h.put_ingress('host', '/users', HOST, 'ingress-2')
                h.put_ingress('root', '/', backend='ingress-2')
                until(g, 'ingress-2', [('GET', '/other'), ('GET', '/usersx')])
                wait_until(lambda: source(g, 'ingress')['quarantined'] == 3, 'three claims to be quarantined')
                assert answers(g, IN_THE_API) == ['cloud'] * len(IN_THE_API)
                assert answers(g, NOT_IN_THE_API) == [404] * len(NOT_IN_THE_API)
            clients.saw_only('cloud')
            held = g.explain(HOST, '/users/7')['candidates']
            assert held[0]['source'] == 'cloud' and held[0]['answers'], held
            claims = {item['provenance']['name']: item for item in held if item['source'] == 'ingress'}
            assert set(claims) >= {'users', 'below', 'host'}, held
            for name in ('users', 'below', 'host'):
                assert claims[name]['state'] == 'quarantined' and 'protected' in claims[name]['reason'], claims[name]
            for start in STARTS[:3]:
                g.kill()
                start(h, g)
                assert answers(g, IN_THE_API) == ['cloud'] * len(IN_THE_API), start.__name__


# --- what holds for every replica

def test_two_gatewayds_with_ledgers_of_their_own_agree(c):
    with hybrid(c) as h:
        h.put_api()
        next_whole_second()
        h.put_ingress()
        with h.gatewayd(name='one') as one, h.gatewayd(name='two', port=0, wait=False) as two:
            # the second gets its sources the other way round, and nothing from a ledger
            two.kill()
            two.wire.refuse()
            two.start()
            until_synced(two, 'cloud')
            two.wire.allow()
            two.wait_ready(60.0)

            def agree(expected, asked, seconds=5.0):
                for g in (one, two):
                    until(g, expected, asked, seconds)
                wait_until(lambda: digest(one) == digest(two), 'the same table digest')
                assert len(digest(one)) == 64
                return digest(one)
            tables = [agree('ingress', EVERYTHING)]
            next_whole_second()
            h.put_api(backend='cloud-2')
            tables.append(agree('cloud-2', IN_THE_API))
            h.delete_ingress()
            wait_until(lambda: list(candidates(two)) == ['cloud'], 'the Ingress to be gone')
            tables.append(agree('cloud-2', IN_THE_API))
            next_whole_second()
            two.wire.cut()
            h.put_ingress(backend='ingress-2')
            tables.append(agree('ingress-2', EVERYTHING, 30.0))
            assert tables[1] == tables[2], 'a claim that is shadowed is not part of the table'
            assert len(set(tables)) == 3, tables


def test_backup_holds_the_cloud_and_nothing_of_the_cluster(c):
    shown = AUTHORITY.issue('marker-host.example')
    with hybrid(c) as h:
        h.put_api()
        c.put_tls_secret(h.space, 'marker-secret', shown)
        with h.gatewayd() as g:
            next_whole_second()
            h.put_ingress('marker-ingress', '/marker-path', 'marker-host.example',
                          tls=[(['marker-host.example'], 'marker-secret')])
            wait_until(lambda: g.certificate('marker-host.example') == shown.der, 'the certificate')
            wait_until(lambda: answer(g, 'GET', '/marker-path', 'marker-host.example') == 'ingress', 'the Ingress')
            # three generations from after the Ingress was there
            first = set(backup_files(g))
            for turn in range(3):
                h.put_api('api-%d' % turn, 'open')
                until(g, 'open', [('GET', '/api-%d/7' % turn)])
                until_saved(g, '/apis/api-%d' % turn)
            # the oldest goes after the newest is there
            wait_until(lambda: len(backup_files(g)) == 3 and not first & set(backup_files(g)), 'three generations')
            g.kill()
            files = backup_files(g)
            address = h.backends['ingress'].address.encode()
            key = shown.key_pem.splitlines()[1].encode()
            for path in files:
                held = content(path)
                assert b'/apis/users' in held, path
                for word in (b'marker', address, key, h.space.encode()):
                    assert word not in held, (path, word)
                assert os.stat(path).st_mode & 0o777 == 0o600, path
            # beside it the ledger: keys, digests and stamps, and no objects
            others = set(os.path.join(g.state, name) for name in os.listdir(g.state)) - set(files)
            assert any(b'marker-host.example' in content(path) for path in others), others
            for path in others:
                for word in (address, key, shown.chain_pem.splitlines()[1].encode()):
                    assert word not in content(path), (path, word)


# --- hostnames

def test_certificate_of_a_host_is_that_of_who_claimed_it_last(c):
    of_cloud, of_ingress = AUTHORITY.issue(HOST), AUTHORITY.issue(HOST)
    with hybrid(c) as h:
        def put_hostname(**more):
            h.configd.put('/gateways/east/hostnameConfigurations/shared', hostname=HOST,
                          certificateId='/certificates/shared', **more)

        def shows(expected, seconds=5.0):
            wait_until(lambda: g.certificate(HOST) == expected.der,
                       'the certificate of %s' % ('the cloud' if expected is of_cloud else 'the Ingress'), seconds)

        def survives(expected):
            for start in STARTS[:4]:
                g.kill()
                start(h, g)
                shows(expected, 0.0)
        c.put_tls_secret(h.space, 'shared', of_ingress)
        h.configd.put('/certificates/shared', pem=of_cloud.chain_pem + of_cloud.key_pem)
        put_hostname()
        with h.gatewayd() as g:
            shows(of_cloud)
            until_saved(g, 'hostnameConfigurations/shared')
            next_whole_second()
            h.put_ingress('tls', '/tls', HOST, tls=[([HOST], 'shared')])
            shows(of_ingress)
            survives(of_ingress)
            h.delete_ingress('tls')
            shows(of_cloud)
            h.put_ingress('tls', '/tls', HOST, tls=[([HOST], 'shared')])
            shows(of_ingress)
            # a new Secret or certificate is no later claim
            next_whole_second()
            newer = AUTHORITY.issue(HOST)
            h.configd.put('/certificates/shared', pem=newer.chain_pem + newer.key_pem)
            h.put_api('seen', 'open')
            until(g, 'open', [('GET', '/seen/7')])
            shows(of_ingress, 0.0)
            next_whole_second()
            put_hostname(http2Enabled=False)
            of_cloud = newer
            shows(of_cloud)
            until_saved(g, '"http2Enabled":false')
            survives(of_cloud)
            h.configd.delete('/gateways/east/hostnameConfigurations/shared')
            shows(of_ingress)


if __name__ == '__main__':
    runner.main(globals(), cluster)
