#!/usr/bin/python3
"""The examples do what their first lines say."""

import glob
import os
import re
import subprocess

from common import ROOT

from support import runner
from support.backend import Backend
from support.gatewayd import program
from support.http_client import get
from support.wait import wait_until


class Example:
    """A running example; its standard input is ours."""

    def __init__(self, name, *words):
        build = os.environ.get('BUILD_DIR') or os.path.dirname(os.path.dirname(os.path.dirname(program())))
        path = os.path.join(build, 'examples', name, name)
        if not os.path.exists(path):
            raise runner.Skip('%s is not built' % path)
        self.child = subprocess.Popen([path, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = self.child.stdout.readline()
        self.port = int(re.fullmatch(r'listening on http://127\.0\.0\.1:(\d+)/\n', line)[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.stdin.close()
        try:
            self.code = self.child.wait(15)
        finally:
            if self.child.poll() is None:
                self.child.kill()
                self.child.wait()
            self.child.stdout.close()

    def say(self, line):
        self.child.stdin.write(line + '\n')
        self.child.stdin.flush()


def test_embed_minimal_sends_everything_to_its_backend():
    with Backend('hello') as backend, Example('embed_minimal', '127.0.0.1', str(backend.port)) as example:
        wait_until(lambda: get(example.port, '/any/path', 'any.example').status == 200, 'the route')
    assert example.code == 0


def test_custom_policy_runs_policies_of_its_own():
    with Backend('one') as backend, Example('custom_policy', '127.0.0.1', str(backend.port)) as example:
        wait_until(lambda: get(example.port, '/a', headers={'X-User': 'ann'}).status == 200, 'the route')
        seen = {name.lower(): value for name, value in get(example.port, '/a', headers={'X-User': 'ann'}).json()['headers']}
        assert seen['x-stamp'] == 'acme:everything/GET', seen
        assert seen['x-tenant'] == 'tenant-of-ann', seen
        answer = get(example.port, '/a')
        assert (answer.status, answer.body) == (403, b'no tenant\n'), answer
    assert example.code == 0


def test_custom_source_takes_routes_from_lines_and_tells_what_became_of_them():
    with Backend('one') as one, Backend('two') as two, Example('custom_source') as example:
        example.say('/a %d' % one.port)
        wait_until(lambda: get(example.port, '/a').json()['backend'] == 'one', 'the first route')
        assert re.fullmatch(r'version \d+: /a serves\n', example.child.stdout.readline())
        example.say('/a %d' % two.port)
        wait_until(lambda: get(example.port, '/a').json()['backend'] == 'two', 'the other backend')
        example.say('/a -')
        wait_until(lambda: get(example.port, '/a').status == 404, 'the route to go')
    assert example.code == 0


def test_every_example_has_a_main_and_stands_alone():
    for path in glob.glob(os.path.join(ROOT, 'examples', '*', 'CMakeLists.txt')):
        with open(path) as file:
            assert 'find_package(gateway REQUIRED)' in file.read(), path
        with open(os.path.join(os.path.dirname(path), 'main.cc')) as file:
            assert len(file.readlines()) < 60, path


if __name__ == '__main__':
    runner.main(globals(), None)
