"""Instructions of gatewayd per request, counted by callgrind: repeatable on a busy machine."""

import glob
import json
import os
import shutil
import statistics
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get('BUILD') or os.path.join(ROOT, 'build/release')
sys.path.insert(0, os.path.join(ROOT, 'tests'))
os.environ.setdefault('GATEWAYD', os.path.join(BUILD, 'apps/gatewayd/gatewayd'))

from support.gatewayd import Gatewayd  # noqa: E402
from support.wait import wait_until  # noqa: E402

ROUNDS = 5


def check_tools():
    if not shutil.which('valgrind') or not shutil.which('callgrind_control'):
        sys.exit('valgrind is not installed')


class Counted:
    """gatewayd under callgrind, one worker, one kept connection."""

    def __init__(self, folder, name, document, binary=None):
        self.dumps = os.path.join(folder, 'callgrind.' + name)
        path = os.path.join(folder, 'document-%s.json' % name)
        with open(path, 'w') as file:
            json.dump(document, file)
        self.gateway = Gatewayd(
            {'config.file.path': path, 'workers': '1', 'log.access': 'false'}, folder=folder, binary=binary,
            wrapper=['valgrind', '--tool=callgrind', '--instr-atstart=no', '--callgrind-out-file=' + self.dumps])

    def __enter__(self):
        self.gateway.start().wait_ready(300)
        self.connection = self.gateway.connect(timeout=60)
        self.control('--instr=on')
        return self

    def __exit__(self, *_):
        self.connection.close()
        self.gateway.process.kill()  # ended in order it would write down what nobody reads

    def control(self, word):
        subprocess.run(['callgrind_control', word, str(self.gateway.process.pid)], check=True, timeout=120,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def dump(self):
        """The instructions since the last dump."""
        before = set(glob.glob(self.dumps + '*'))
        self.control('--dump')

        def total():
            for path in set(glob.glob(self.dumps + '*')) - before:
                with open(path) as file:
                    for line in file:
                        if line.startswith('totals:'):
                            return int(line.split()[1])
            return None
        return wait_until(total, 'callgrind to write its counts', 60)

    def per_request(self, asked, count, fields=None):
        """Instructions of one request for each (host, path) in turn, the median of some rounds."""
        results = []
        for number in range(1 + ROUNDS):
            for i in range(count):
                host, path = asked[(number * count + i) * 7919 % len(asked)]
                status = self.connection.request(path, host, headers=fields).status
                if status != 200:
                    raise AssertionError('%s%s was answered with %d' % (host, path, status))
            counted = self.dump() / count
            if number > 0:  # the first one fills pools and buffers
                results.append(counted)
        return statistics.median(results)
