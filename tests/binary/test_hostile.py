#!/usr/bin/python3
"""Malformed and hostile manifests and documents: the error names object, field and what is allowed, and
everything else serves on."""

import copy

from common import Folder, document, gatewayd, ingress, listed, service, serving

from support import runner
from support.backend import Backend
from support.certificates import Authority
from support.wait import wait_until


class World:
    """A gateway that serves /good; each test adds something bad beside it."""

    def __init__(self):
        self.folder = Folder()
        self.backend = Backend('hello')
        self.folder.write('m/good.json', listed(*service('hello', self.backend.port), ingress('good', path='/good')))
        self.gateway = serving(self.folder.at('m'))

    def __enter__(self):
        return self

    def __exit__(self, *problem):
        self.gateway.__exit__(*problem)
        self.backend.close()
        self.folder.__exit__()

    def errors(self):
        return [error['where'] + ': ' + error['message'] for source in self.gateway.status()['sources'] for error in source['errors']]

    def expect(self, name, content, *parts):
        """Adds a file, and waits for one error that has all of `parts`; the good route serves on."""
        self.folder.write('m/' + name, content)
        try:
            def told():
                return any(all(part in error for part in parts) for error in self.errors())
            try:
                wait_until(told, 'an error with %r' % (parts,), 5)
            except AssertionError as problem:
                raise AssertionError('%s; errors: %r' % (problem, self.errors())) from None
            assert self.gateway.get('a.example', '/good').status == 200
            code, out, _ = gatewayd('check', self.folder.at('m'))
            assert code == 2 and any(all(part in line for part in parts) for line in out.splitlines()), (parts, out)
        finally:
            self.folder.remove('m/' + name)
        wait_until(lambda: not self.errors(), 'the errors to go with their file', 5)


def changed(change, path='/bad'):
    """An Ingress with `change` applied to a copy of a sound one."""
    made = ingress('bad', path=path)
    change(made)
    return made


def test_ingresses_with_a_broken_field(world):
    def first(made):
        return made['spec']['rules'][0]['http']['paths'][0]

    def service_of(made):
        return first(made)['backend']['service']

    rows = [
        ('a path without a slash', lambda m: first(m).update(path='bad'), 'path'),
        ('a path type that is none', lambda m: first(m).update(pathType='Regex'), 'pathType'),
        ('no path type', lambda m: first(m).pop('pathType'), 'pathType'),
        ('a host with a port', lambda m: m['spec']['rules'][0].update(host='a.example:80'), 'host'),
        ('a wildcard in the middle', lambda m: m['spec']['rules'][0].update(host='a.*.example'), 'host'),
        ('a port out of range', lambda m: service_of(m)['port'].update(number=70000), 'port'),
        ('a port name and number', lambda m: service_of(m)['port'].update(name='http'), 'port'),
        ('no backend', lambda m: first(m).pop('backend'), 'backend'),
        ('rules that are no list', lambda m: m['spec'].update(rules='all'), 'rules'),
    ]
    for what, change, field in rows:
        try:
            world.expect('bad.json', changed(change), 'bad', field)
        except AssertionError as problem:
            raise AssertionError('%s: %s' % (what, problem)) from None


def test_a_service_or_port_that_is_not_there_is_503_until_it_comes(world):
    def port(made):
        made['spec']['rules'][0]['http']['paths'][0]['backend']['service']['port'] = {'name': 'nope'}
    for bad in (changed(port), ingress('bad', path='/bad', service='nope')):
        world.folder.write('m/bad.json', bad)
        wait_until(lambda: world.gateway.get('a', '/bad').status in (502, 503), 'the route without endpoints')
        assert world.gateway.get('a.example', '/good').status == 200
        world.folder.remove('m/bad.json')
        wait_until(lambda: world.gateway.get('a', '/bad').status == 404, 'it to go')


def test_secrets_that_are_no_certificates(world):
    tls = ingress('tls', path='/tls', host='tls.example', tls=[{'hosts': ['tls.example'], 'secretName': 'bad-tls'}])
    leaf, other = (Authority(world.folder.folder('ca')).issue('tls.example') for _ in range(2))

    def secret(**data):
        return {'apiVersion': 'v1', 'kind': 'Secret', 'metadata': {'name': 'bad-tls', 'namespace': 'default'},
                'type': 'kubernetes.io/tls', 'stringData': data}
    marker = 'MARKERSECRETMARKERSECRET'
    for bad, parts in (
            (secret(**{'tls.crt': leaf.chain_pem}), ('bad-tls', 'tls.key')),
            (secret(**{'tls.crt': 'no PEM', 'tls.key': leaf.key_pem}), ('bad-tls',)),
            (secret(**{'tls.crt': leaf.chain_pem, 'tls.key': other.key_pem}), ('bad-tls',)),
            (secret(**{'tls.crt': leaf.chain_pem, 'tls.key': '-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----\n' % marker}),
             ('bad-tls',))):
        world.expect('bad.json', listed(bad, tls), *parts)
    assert marker not in world.gateway.process.output()


def test_documents_with_a_broken_member(world):
    sound = document([('doc.example', '/doc', world.backend.port, 'doc')])
    rows = [
        (lambda d: d['apis'][0].update(path='doc'), ('doc.json/doc', 'path', "'/'")),
        (lambda d: d['apis'][0].update(host='Doc.Example'), ('doc.json/doc', 'host', 'lower case')),
        (lambda d: d['apis'][0].update(match='regex'), ('apis[0]', 'match', 'prefix')),
        (lambda d: d['apis'][0].update(backend='nope'), ('doc', 'nope')),
        (lambda d: d['apis'][0].update(pathh='/'), ('apis[0]', 'pathh')),
        (lambda d: d['apis'][0].pop('id'), ('apis[0]', 'id')),
        (lambda d: d['backends'][0]['endpoints'][0].update(port=0), ('backends[0]', 'port')),
        (lambda d: d['backends'][0]['endpoints'][0].update(port='80'), ('backends[0]', 'port')),
        (lambda d: d.update(apis={}), ('apis',)),
        (lambda d: d.update(apiVersion='gateway/v9'), ('apiVersion', 'gateway/v1')),
        (lambda d: d['apis'].append(dict(d['apis'][0])), ('apis[1]', 'doc')),
    ]
    for change, parts in rows:
        bad = copy.deepcopy(sound)
        change(bad)
        world.expect('doc.json', bad, *parts)


def test_files_that_are_bombs_or_no_text(world):
    aliases = 'a: &a [x, x, x, x, x, x, x, x, x, x]\n' + ''.join(
        '%s: &%s [%s]\n' % (b, b, ', '.join(['*' + a] * 10)) for a, b in zip('abcdefgh', 'bcdefghi'))
    rows = [
        ('bad.json', '{"apiVersion": ', ('bad.json',)),
        ('bad.json', '[' * 100_000, ('bad.json',)),
        ('bad.json', '{"a": 1, "a": 2}', ('bad.json', 'a')),
        ('bad.json', b'{"a": "\xff"}', ('bad.json',)),
        ('bad.yaml', aliases, ('bad.yaml', 'alias')),
        ('bad.yaml', '{a: ' * 5000, ('bad.yaml',)),
        ('bad.yaml', 'a: &x [*x]\n', ('bad.yaml',)),
        ('bad.yaml', 'kind: Ingress\nkind: Secret\n', ('bad.yaml', 'kind')),
        ('bad.yaml', b'\x00\x01\x02', ('bad.yaml',)),
    ]
    for name, content, parts in rows:
        world.expect(name, content, *parts)


def test_a_file_that_breaks_keeps_what_it_last_said(world):
    name = 'm/later.json'
    world.folder.write(name, document([('', '/later', world.backend.port)]))
    wait_until(lambda: world.gateway.get('a', '/later').status == 200, 'the new route')
    world.folder.write(name, '{"apiVersion": ')
    wait_until(lambda: any('later.json' in error for error in world.errors()), 'the error')
    assert world.gateway.get('a', '/later').status == 200
    world.folder.remove(name)
    wait_until(lambda: world.gateway.get('a', '/later').status == 404, 'the route to go')


def test_a_broken_route_never_falls_through_to_a_broader_one(world):
    world.folder.write('m/broad.json', document([('', '/', world.backend.port, 'all')]))
    wait_until(lambda: world.gateway.get('a', '/bad/x').status == 200, 'the broad route')
    broken = document([('', '/bad', world.backend.port, 'bad')])
    broken['apis'][0]['backend'] = 'nope'
    world.folder.write('m/broken.json', broken)
    answer = wait_until(lambda: (lambda a: a if a.status != 200 else None)(world.gateway.get('a', '/bad/x')), 'a tombstone')
    assert answer.status == 503, answer
    assert world.gateway.get('a', '/other').status == 200
    world.folder.remove('m/broken.json')
    world.folder.remove('m/broad.json')
    wait_until(lambda: world.gateway.get('a', '/bad/x').status == 404, 'both to go')


if __name__ == '__main__':
    runner.main(globals(), World)
