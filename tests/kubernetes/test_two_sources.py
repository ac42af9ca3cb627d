#!/usr/bin/env python3
"""Ingress and files claim one route: who answers, why, and the same one after every restart."""

import contextlib
import json
import os
import sys
import tempfile
import time

sys.path[:0] = [os.path.dirname(os.path.dirname(os.path.abspath(__file__)))]

import namespace

namespace.enter()

from cluster import ADMIN_TOKEN, INGRESSES, PORT, cluster, endpoint_slice, ingress, service
from scene import backends
from support import runner
from support.gatewayd import Gatewayd, program
from support.process import run
from support.wait import next_whole_second, wait_until
from support.wire import Wire

HOST = 'shared.example'
CHANGED_AT = 'gateway/changed-at'


class Claims:
    """Both sources of one or more gatewayds: a namespace, and a folder of manifests."""

    def __init__(self, c, made):
        self.c = c
        self.backends = made
        self.space = c.make_namespace()
        self.folder = tempfile.mkdtemp(prefix='manifests-', dir=c.folder)
        for name in ('ingress', 'ingress-2'):
            c.put_service(self.space, name, [made[name].address])
        self._write('services.yaml', [item for name in ('file', 'file-2') for item in (
            service(name), endpoint_slice(name, [made[name].address]))])

    def _write(self, name, objects):
        fresh = os.path.join(self.folder, '.' + name)
        with open(fresh, 'w') as file:
            file.write('\n---\n'.join(json.dumps(item) for item in objects))
        os.rename(fresh, os.path.join(self.folder, name))

    def apply_ingress(self, backend='ingress', path='/users', name='users'):
        """`kubectl apply`; returns the times of its managedFields that cover the spec."""
        body = ingress(name, [(HOST, path, 'Prefix', backend, 80)])
        body['metadata']['namespace'] = self.space
        self.c.apply(body)
        held = self.c.client.get((INGRESSES % self.space) + '/' + name)
        return [entry['time'] for entry in held['metadata']['managedFields']
                if 'f:spec' in entry.get('fieldsV1', {})]

    def delete_ingress(self, name='users'):
        self.c.delete_ingress(self.space, name)

    def write_file(self, backend='file', path='/users', changed_at=None):
        body = ingress('users', [(HOST, path, 'Prefix', backend, 80)])
        if changed_at:
            body['metadata']['annotations'][CHANGED_AT] = changed_at
        self._write('users.yaml', [body])

    def delete_file(self):
        os.unlink(os.path.join(self.folder, 'users.yaml'))

    @contextlib.contextmanager
    def gatewayd(self, name='gatewayd', ledger=None, settings=None, wait=True):
        """A gatewayd with both sources. Its `wire` leads to the API server; its `manifests` is a
        link to the folder, which may be away when it starts."""
        ledger = ledger or tempfile.mkdtemp(prefix='ledger-', dir=self.c.folder)
        link = os.path.join(tempfile.mkdtemp(prefix='link-', dir=self.c.folder), 'manifests')
        os.symlink(self.folder, link)
        with Wire(('127.0.0.1', PORT)) as wire:
            path = os.path.join(self.c.folder, 'wire-%d.kubeconfig' % wire.port)
            with open(self.c.write_kubeconfig('wire', ADMIN_TOKEN)) as file:
                text = file.read()
            with open(path, 'w') as file:
                file.write(text.replace(':%d' % PORT, ':%d' % wire.port))
            chosen = self.c.as_kubeconfig(self.space, path)
            chosen.update({'config.file.path': link, 'config.backup.path': ledger})
            chosen.update(settings or {})
            made = Gatewayd(chosen, folder=self.c.folder, name=name)
            made.wire, made.manifests = wire, link
            with made as started:
                if wait:
                    started.wait_ready()
                yield started

    def restart(self, g, first):
        """SIGKILL, then starts anew; `first` (ingress or file) is the source that comes up first."""
        g.kill()
        if first == 'file':
            g.wire.refuse()
        else:
            os.rename(g.manifests, g.manifests + '-away')
        g.start()
        wait_until(lambda: state(g, first) == 'synced', '%s to come up' % first, 30.0)
        assert g.get(HOST, '/users').status == 503, 'ready before its sources'
        if first == 'file':
            g.wire.allow()
        else:
            os.rename(g.manifests + '-away', g.manifests)
        g.wait_ready(60.0)


@contextlib.contextmanager
def claims(c):
    with backends(('ingress', 'ingress-2', 'file', 'file-2')) as made:
        yield Claims(c, made)


def state(g, kind):
    return next(source['state'] for source in g.status()['sources'] if source['kind'] == kind)


def until(g, expected, path='/users', seconds=5.0):
    try:
        wait_until(lambda: g.backend_of(HOST, path) == expected,
                   '%s to be answered by %s' % (path, expected), seconds)
    except AssertionError as error:
        raise AssertionError('%s\n%s' % (error, json.dumps(g.explain(HOST, path), indent=1))) from None


def rfc3339_now():
    # gmtime() alone asks a coarser clock, which is in the last second for some milliseconds more
    return time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time()))


def candidates(g, path='/users'):
    return {item['source']: item for item in g.explain(HOST, path)['candidates']}


def test_later_change_wins_and_explain_says_why(c):
    with claims(c) as both:
        both.apply_ingress()
        with both.gatewayd() as g:
            until(g, 'ingress')
            next_whole_second()
            both.write_file()
            until(g, 'file')
            seen = candidates(g)
            assert seen['file']['answers'] and seen['file']['state'] == 'serving', seen
            assert not seen['ingress']['answers'] and seen['ingress']['state'] == 'shadowed', seen
            assert 'file' in seen['ingress']['reason'], seen
            assert seen['file']['stamp'] > seen['ingress']['stamp'], seen
            assert seen['ingress']['provenance']['name'] == 'users', seen
            # the command line says the same
            told = run([program(), 'explain', '--admin', '127.0.0.1:%d' % g.admin,
                        'http://%s/users' % HOST])
            assert 'shadowed' in told and seen['ingress']['reason'] in told, told
            next_whole_second()
            both.apply_ingress('ingress-2')
            until(g, 'ingress-2')
            seen = candidates(g)
            assert seen['ingress']['answers'] and seen['file']['state'] == 'shadowed', seen
            next_whole_second()
            both.write_file('file-2')
            until(g, 'file-2')
            # a broader path of the other source is another route
            both.apply_ingress('ingress', '/', 'root')
            until(g, 'ingress', '/other')
            assert g.backend_of(HOST, '/users/1') == 'file-2'


def test_second_apply_counts_as_a_change(c):
    with claims(c) as both:
        first = both.apply_ingress()
        with both.gatewayd() as g:
            until(g, 'ingress')
            next_whole_second()
            both.write_file()
            until(g, 'file')
            next_whole_second()
            second = both.apply_ingress('ingress-2')
            print('        managedFields times of the spec: %s, then %s' % (first, second))
            until(g, 'ingress-2')
            # to the old content and back are changes too
            next_whole_second()
            both.write_file('file-2')
            until(g, 'file-2')
            next_whole_second()
            both.apply_ingress('ingress')
            until(g, 'ingress')


def test_winner_deleted_the_other_answers(c):
    with claims(c) as both:
        both.apply_ingress()
        with both.gatewayd() as g:
            next_whole_second()
            both.write_file()
            until(g, 'file')
            both.delete_file()
            until(g, 'ingress')
            both.write_file('file-2')
            until(g, 'file-2')
            next_whole_second()
            both.apply_ingress('ingress-2')
            until(g, 'ingress-2')
            both.delete_ingress()
            until(g, 'file-2')
            both.delete_file()
            until(g, 404)


def test_same_winner_after_ten_kills_in_both_orders_ingress(c):
    with claims(c) as both:
        both.apply_ingress()
        with both.gatewayd() as g:
            next_whole_second()
            both.write_file()
            until(g, 'file')
            next_whole_second()
            # an observed change: only the ledger knows when
            both.apply_ingress('ingress-2')
            until(g, 'ingress-2')
            kill_ten_times(both, g, 'ingress-2')


def test_same_winner_after_ten_kills_in_both_orders_file(c):
    with claims(c) as both:
        both.apply_ingress()
        with both.gatewayd() as g:
            next_whole_second()
            both.apply_ingress('ingress-2')
            until(g, 'ingress-2')
            next_whole_second()
            both.write_file()
            until(g, 'file')
            kill_ten_times(both, g, 'file')


def kill_ten_times(both, g, winner):
    digest = g.status()['table_digest']
    for turn in range(10):
        both.restart(g, ('ingress', 'file')[turn % 2])
        assert g.backend_of(HOST, '/users') == winner, (turn, g.explain(HOST, '/users'))
        assert g.status()['table_digest'] == digest, turn


def test_change_while_it_is_dead_counts(c):
    with claims(c) as both:
        both.apply_ingress()
        with both.gatewayd() as g:
            next_whole_second()
            both.write_file()
            until(g, 'file')
            g.kill()
            next_whole_second()
            both.apply_ingress('ingress-2')
            g.start()
            g.wait_ready()
            until(g, 'ingress-2')


def test_arrival_order_flips_on_restart(c):
    """What the vendor documents: the order starts anew at boot, Ingress first."""
    with claims(c) as both:
        both.apply_ingress()
        both.write_file()
        with both.gatewayd(settings={'config.conflict': 'arrival_order'}) as g:
            until(g, 'file')
            next_whole_second()
            both.apply_ingress('ingress-2')
            until(g, 'ingress-2')
            g.kill()
            g.start()
            g.wait_ready()
            until(g, 'file')


def test_precedence_is_a_fixed_order(c):
    with claims(c) as both:
        both.apply_ingress()
        with both.gatewayd(settings={'config.conflict': 'precedence'}) as g:
            next_whole_second()
            both.write_file(path='/users')
            both.apply_ingress('ingress', '/seen', 'seen')
            until(g, 'ingress', '/seen')
            wait_until(lambda: 'file' in candidates(g), 'the claim of the file')
            until(g, 'ingress')
            next_whole_second()
            both.write_file('file-2')
            wait_until(lambda: candidates(g)['file']['state'] == 'shadowed', 'the file to be shadowed')
            until(g, 'ingress')


def test_two_gatewayds_with_given_stamps_agree(c):
    with claims(c) as both:
        both.apply_ingress()
        both.apply_ingress('ingress-2', '/more', 'more')
        both.write_file(changed_at='2001-01-01T00:00:00Z')
        with both.gatewayd('one') as one, both.gatewayd('two', wait=False) as two:
            # the second one gets its sources the other way round
            two.kill()
            two.wire.refuse()
            two.start()
            wait_until(lambda: state(two, 'file') == 'synced', 'the file', 30.0)
            two.wire.allow()
            two.wait_ready(60.0)
            agree(one, two)
            assert one.backend_of(HOST, '/users') == two.backend_of(HOST, '/users') == 'ingress'
            next_whole_second()
            both.write_file('file-2', changed_at=rfc3339_now())
            for g in (one, two):
                until(g, 'file-2')
            agree(one, two)
            both.delete_file()
            for g in (one, two):
                until(g, 'ingress')
            agree(one, two)
            two.wire.cut()
            both.apply_ingress('ingress-2', '/last', 'last')
            for g in (one, two):
                until(g, 'ingress-2', '/last', 30.0)
            agree(one, two)


def agree(one, two):
    wait_until(lambda: one.status()['table_digest'] == two.status()['table_digest'], 'the same table digest')
    assert len(one.status()['table_digest']) == 64


def test_protected_path_is_for_neither(c):
    """A claim on it is told, and changes nothing: not even a tombstone may stand in the cloud's way."""
    with claims(c) as both:
        both.apply_ingress()
        both.write_file()
        both.apply_ingress('ingress-2', '/', 'root')
        with both.gatewayd(settings={'config.conflict.protected': '/users'}) as g:
            until(g, 'ingress-2', '/open')
            seen = candidates(g)
            for source in ('ingress', 'file'):
                assert seen[source]['state'] == 'quarantined', seen
                assert 'protected' in seen[source]['reason'], seen
            # nor is it for the broader path
            assert g.backend_of(HOST, '/users/1') == 404
            assert g.backend_of(HOST, '/usersx') == 'ingress-2'


if __name__ == '__main__':
    runner.main(globals(), cluster)
