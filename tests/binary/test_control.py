#!/usr/bin/python3
"""The admin and monitor listeners, and `gatewayd explain`."""

import re

from common import Folder, document, gatewayd, serving

from support import runner
from support.backend import Backend
from support.http_client import get
from support.wait import wait_until


class World:
    """Two sources that claim one route."""

    def __init__(self):
        self.folder = Folder()
        self.backend = Backend('hello')
        first, second = (document([('', '/users', self.backend.port, 'users')]) for _ in range(2))
        first['apis'][0]['changedAt'] = '2026-01-01T00:00:00Z'
        second['apis'][0]['changedAt'] = '2026-01-02T00:00:00Z'
        paths = self.folder.write('a.json', first) + ',' + self.folder.write('b.json', second)
        self.gateway = serving(paths)

    def __enter__(self):
        return self

    def __exit__(self, *problem):
        self.gateway.__exit__(*problem)
        self.backend.close()
        self.folder.__exit__()


def test_status_shows_version_digest_and_sources(world):
    status = world.gateway.status()
    assert status['version']['number'] >= 1 and re.fullmatch('[0-9a-f]{64}', status['table_digest']), status
    sources = {source['name']: source for source in status['sources']}
    assert set(sources) == {'file', 'file-2'} and all(s['state'] == 'synced' for s in sources.values()), status
    assert sources['file']['shadowed'] == 1 and sources['file-2']['shadowed'] == 0, status


def test_config_is_the_effective_configuration(world):
    config = get(world.gateway.admin, '/config').json()
    assert 'users' in str(config), config


def test_explain_names_winner_and_loser(world):
    answer = world.gateway.explain('a.example', '/users/1')
    assert answer['outcome'] == 'route', answer
    winner, loser = answer['candidates'][:2]
    assert winner['answers'] and winner['source'] == 'file-2' and winner['stamp'] == 1767312000, answer
    assert not loser['answers'] and loser['source'] == 'file' and loser['state'] == 'shadowed' and loser['reason'], answer


def test_the_explain_command_prints_it(world):
    code, out, err = gatewayd('explain', '--admin', '127.0.0.1:%d' % world.gateway.admin, 'http://a.example/users/1?q=1')
    assert code == 0 and not err, (code, err)
    assert re.search(r'^\* users@file-2 ', out, re.M) and re.search(r'^  users@file ', out, re.M), out
    assert '2026-01-02T00:00:00Z' in out and 'shadowed' in out, out
    code, out, _ = gatewayd('explain', '--admin', '127.0.0.1:%d' % world.gateway.admin, 'https://a.example/none')
    assert code == 0 and re.search(r'outcome\s+no_(path|host)', out), out


def test_the_explain_command_says_what_is_wrong(world):
    for words, part in ((('--admin', '127.0.0.1:1', 'http://a/'), '127.0.0.1:1'),
                        (('--admin', 'nonsense', 'http://a/'), 'HOST:PORT'),
                        (('--admin', '127.0.0.1:%d' % world.gateway.admin, 'a.example'), 'http://host/path'),
                        (('--admin', '127.0.0.1:%d' % world.backend.port, 'http://a/'), 'not a gateway')):
        code, out, err = gatewayd('explain', *words)
        assert code == 2 and part in err and not out, (words, code, err)


def test_admin_refuses_requests_of_other_sites(world):
    for host, headers, status in (('127.0.0.1', {}, 200), ('localhost:1', {}, 200), ('evil.example', {}, 403),
                                  ('127.0.0.1', {'Origin': 'http://evil.example'}, 403),
                                  ('127.0.0.1', {'Origin': 'null'}, 403),
                                  ('127.0.0.1', {'Origin': 'http://127.0.0.1:8082'}, 200)):
        assert get(world.gateway.admin, '/status', host, headers=headers).status == status, (host, headers)


def test_admin_only_reads(world):
    for method in ('POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'):
        assert get(world.gateway.admin, '/status', method=method).status == 405, method


def test_monitor_has_metrics_and_probes(world):
    world.gateway.get('a.example', '/users')
    assert get(world.gateway.monitor, '/live').status == 200
    assert get(world.gateway.monitor, '/ready', 'anything.example').status == 200
    assert get(world.gateway.monitor, '/status').status == 404
    metrics = wait_until(world.gateway.metrics, 'metrics')
    names = re.findall(r'^# TYPE (\w+) \w+$', metrics, re.M)
    assert len(names) > 10 and len(names) == len(set(names)), names
    for line in metrics.splitlines():
        assert line.startswith('#') or re.fullmatch(r'[a-z_]+(\{.*\})? [-+0-9.eInf]+', line), line


if __name__ == '__main__':
    runner.main(globals(), World)
