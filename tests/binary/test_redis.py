#!/usr/bin/python3
"""Three gatewayds share a rate limit on Redis, a real one, which dies and comes back."""

import json
import os
import socket
import threading
import time

from common import Folder

from support import runner
from support.backend import Backend
from support.gatewayd import Gatewayd
from support.http_client import Connection
from support.process import Process
from support.wait import wait_until

LIMIT = 2000
POLICY = '''<policies><inbound>
  <rate-limit-by-key calls="%d" renewal-period="300" counter-key="@(context.Request.Headers.GetValueOrDefault("Who","nobody"))" />
</inbound><backend><base /></backend></policies>'''


class World:
    def __init__(self):
        self.folder = Folder()
        self.backend = Backend('orders')
        with socket.create_server(('127.0.0.1', 0)) as listener:
            self.port = listener.getsockname()[1]
        self.start_redis()
        document = self.folder.write('document.json', json.dumps({
            'apiVersion': 'gateway/v1', 'kind': 'Configuration',
            'backends': [{'id': 'b', 'endpoints': [{'address': '127.0.0.1', 'port': self.backend.port}]}],
            'apis': [{'id': 'limited', 'path': '/limited', 'caseSensitive': False, 'revisions': [{
                'id': 'limited', 'backend': 'b', 'policy': POLICY % LIMIT,
                'operations': [{'id': 'all', 'method': 'GET', 'urlTemplate': '/*'}]}]}]}))
        self.gateways = [Gatewayd({'config.file.path': document, 'workers': '2', 'log.access': 'false',
                                   'policies.redis': 'redis://127.0.0.1:%d' % self.port},
                                  folder=self.folder.path, name='gatewayd-%d' % i).start() for i in range(3)]
        for gateway in self.gateways:
            gateway.wait_ready()

    def start_redis(self):
        self.redis = Process(['redis-server', '--bind', '127.0.0.1', '--port', str(self.port), '--save', '',
                              '--appendonly', 'no', '--dir', self.folder.path], 'redis', folder=self.folder.path)
        wait_until(lambda: Connection(self.port).close() is None, 'redis')

    def __enter__(self):
        return self

    def __exit__(self, *problem):
        for gateway in self.gateways:
            gateway.__exit__(*problem)
        self.redis.kill()
        self.backend.close()
        self.folder.__exit__()


def ask_until(world, who, enough):
    """Four connections to each gateway ask until `enough(counts)`; counts of statuses by gateway."""
    counts = [dict() for _ in world.gateways]
    slowest = [0.0]
    lock, stop = threading.Lock(), threading.Event()

    def ask(index):
        connection = Connection(world.gateways[index].http)
        while not stop.is_set():
            began = time.monotonic()
            status = connection.request('/limited/x', headers={'Who': who}).status
            took = time.monotonic() - began
            with lock:
                counts[index][status] = counts[index].get(status, 0) + 1
                slowest[0] = max(slowest[0], took)
                if enough(counts):
                    stop.set()
        connection.close()

    threads = [threading.Thread(target=ask, args=(i % 3,)) for i in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return counts, slowest[0]


def total(counts, status):
    return sum(one.get(status, 0) for one in counts)


def test_three_gateways_share_one_limit(world):
    counts, slowest = ask_until(world, 'shared', lambda c: total(c, 200) + total(c, 429) >= 2 * LIMIT)
    admitted = total(counts, 200)
    print('        %d admitted of a limit of %d, by gateway %s; slowest answer %.0f ms'
          % (admitted, LIMIT, [one.get(200, 0) for one in counts], 1000 * slowest))
    assert abs(admitted - LIMIT) <= LIMIT // 100, counts
    assert all(one.get(200, 0) > 0 for one in counts), counts
    assert set().union(*counts) == {200, 429}, counts


def test_redis_away_stops_nobody_and_is_told(world):
    world.redis.kill()
    counts, slowest = ask_until(world, 'away', lambda c: total(c, 200) + total(c, 429) >= 500)
    print('        without Redis: %s, slowest answer %.0f ms' % (counts, 1000 * slowest))
    assert total(counts, 200) >= 490 and slowest < 2.0, (counts, slowest)
    wait_until(lambda: all('edis' in gateway.process.output() for gateway in world.gateways), 'a warning in each log')
    world.start_redis()
    # What they count is shared again: the limit of a new key is passed by all of them together.
    def shared():
        who = 'back-%f' % time.monotonic()
        counts, _ = ask_until(world, who, lambda c: total(c, 200) + total(c, 429) >= LIMIT + 500)
        return abs(total(counts, 200) - LIMIT) <= LIMIT // 100
    wait_until(shared, 'Redis to be used again', 60.0)


if __name__ == '__main__':
    runner.main(globals(), World)
