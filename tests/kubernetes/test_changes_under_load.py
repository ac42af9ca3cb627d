#!/usr/bin/env python3
"""500 changes of routes while requests come at a fixed rate: none fails, and changes are quick."""

import os
import sys
import threading
import time

sys.path[:0] = [os.path.dirname(os.path.dirname(os.path.abspath(__file__)))]

import namespace

namespace.enter()

from cluster import INGRESSES, Watcher, cluster, ingress
from namespace import POD_ADDRESSES
from support import backend, runner
from support.gatewayd import Gatewayd
from support.http_client import Connection
from support.open_loop import OpenLoop, percentile
from support.process import Process
from support.wait import wait_until

CHANGES = 500
RATE = 400.0  # requests a second; the share of gatewayd's worker that it takes is checked
MOST_LOAD = 0.40
SERVED_MINUS_SEEN_P99 = 0.050


class Asker:
    """A thread that asks for one route all the time, and notes when the expected answer came."""

    def __init__(self, port):
        self._connection = Connection(port)
        self._lock = threading.Condition()
        self._question = None
        self._at = None
        threading.Thread(target=self._ask, daemon=True).start()

    def expect(self, host, expected):
        with self._lock:
            self._question, self._at = (host, expected), None
            self._lock.notify_all()

    def served_at(self):
        """When the answer was first the expected one; None if not yet."""
        with self._lock:
            return self._at

    def _ask(self):
        while True:
            with self._lock:
                while self._question is None:
                    self._lock.wait()
                host, expected = self._question
            answer = self._connection.request('/', host)
            now = time.monotonic()
            if (answer.header('X-Backend') if answer.status == 200 else answer.status) == expected:
                with self._lock:
                    if self._question == (host, expected):
                        self._question, self._at = None, now
            time.sleep(0.0005)  # the resolution of the measurement


def change(number):
    """The change of that number: (name, host, Ingress or None to delete, expected answer)."""
    turn = number % 4
    if turn in (0, 1):
        name = 'ab'[turn]
        return 'turns', 'turns.example', ingress('turns', [
            ('turns.example', '/', 'Prefix', name, 80)]), name
    host = 'comes-%d.example' % (number // 4)
    if turn == 2:
        return 'comes', host, ingress('comes', [(host, '/', 'Prefix', 'a', 80)]), 'a'
    return 'comes', host, None, 404


def make_changes(c, space, asker=None, watcher=None):
    """Makes all of them in `space`; returns served-minus-seen of each, where somebody asks."""
    waits = []
    for number in range(CHANGES):
        name, host, body, expected = change(number)
        if asker:
            asker.expect(host, expected)
            seen_before = len(watcher.events)
        if body is None:
            c.delete_ingress(space, name)
        else:
            c.put_ingress(space, body)
        if asker:
            served = wait_until(asker.served_at, 'change %d to be served' % number, 10.0, 0.001)
            seen = wait_until(lambda: watcher.events[seen_before:], 'the watcher', 10.0, 0.001)[0][0]
            waits.append(served - seen)
    return sorted(waits)


def loaded(g, targets, act):
    """Runs `act` under load; returns (what it returned, the load's figures, share of one core)."""
    load = OpenLoop(g.http, RATE, targets)
    started, used = time.monotonic(), g.process.cpu_seconds()
    try:
        result = act()
    finally:
        share = (g.process.cpu_seconds() - used) / (time.monotonic() - started)
        figures = load.finish()
    return result, figures, share


def test_500_changes_under_load(c):
    space, elsewhere = c.make_namespace(), c.make_namespace('elsewhere')
    names = ('a', 'b', 'steady')
    servers = Process([sys.executable, backend.__file__] + [
        '%s=%s:8080' % (name, POD_ADDRESSES[place]) for place, name in enumerate(names)], 'backends')
    servers.wait_for_output('listening')
    for place, name in enumerate(names):
        c.put_service(space, name, [POD_ADDRESSES[place]])
    hosts = ['steady-%d.example' % number for number in range(20)]
    for host in hosts:
        c.put_ingress(space, ingress(host.split('.')[0], [(host, '/', 'Prefix', 'steady', 80)]))
    c.put_ingress(space, ingress('turns', [('turns.example', '/', 'Prefix', 'b', 80)]))
    targets = [(host, '/path') for host in hosts]
    settings = dict(c.as_kubeconfig(space), workers='1')
    watcher = Watcher(c, INGRESSES % space)
    with Gatewayd(settings, folder=c.folder) as g:
        g.wait_ready()
        wait_until(lambda: g.backend_of('turns.example') == 'b', 'the routes')
        # the same work for the API server, in a namespace that is not followed: what it and the
        # client take from the machine is in both measurements
        _, quiet, quiet_share = loaded(g, targets, lambda: make_changes(c, elsewhere))
        waits, busy, busy_share = loaded(
            g, targets, lambda: make_changes(c, space, Asker(g.http), watcher))
    servers.kill()
    watcher.close()

    p99 = percentile(waits, 0.99)
    print('        %d changes in %.1f s at %.0f requests/s (%.0f %% of one worker without changes, '
          '%.0f %% with)' % (CHANGES, busy['seconds'], RATE, 100 * quiet_share, 100 * busy_share))
    print('        served minus seen by another watcher: p50 %.1f ms, p99 %.1f ms, most %.1f ms'
          % tuple(1000 * value for value in (percentile(waits, 0.5), p99, waits[-1])))
    print('        latency without changes: p50 %(p50_ms)s ms, p99 %(p99_ms)s ms, most %(max_ms)s ms'
          % quiet)
    print('        latency with changes:    p50 %(p50_ms)s ms, p99 %(p99_ms)s ms, most %(max_ms)s ms'
          % busy)
    for figures in (quiet, busy):
        assert figures['failures'] == {} and figures['answers'] == figures['requests'], figures
    assert quiet_share <= MOST_LOAD, quiet_share
    assert p99 <= SERVED_MINUS_SEEN_P99, p99
    assert busy['p99_ms'] <= 2 * quiet['p99_ms'], (busy, quiet)


if __name__ == '__main__':
    runner.main(globals(), cluster)
