#!/usr/bin/python3
"""The gateway without its configuration service: the backup serves, whatever happens to its files, and what
changed meanwhile is applied without a failed request when the service is back.

`--long`: 200 ends by SIGKILL instead of 25. Environment `SEED`: the seed of all that is random, which is printed."""

import base64
import glob
import os
import random
import shutil
import stat
import sys
import threading
import time

from common import Folder, ingress, listed, service

from support import runner
from support.backend import Backend
from support.certificates import Authority
from support.cloud import (Poller, base_of, events_of, follower, lasting_token, logged, move_api, put_api, put_gateway,
                           story, wait_base, wait_logged)
from support.configd import Configd
from support.http_client import Connection
from support.process import Process, run
from support.wait import holds_for, wait_until
from support.wire import Wire

KILLS = 200 if '--long' in sys.argv else 25
DAMAGES = 50
KEY = 'the-key-of-the-backups-in-these-tests'
SEED = int(os.environ.get('SEED') or random.SystemRandom().randrange(1 << 32))
# What a start without its service says and is no trouble of the backup or the ledger.
EXPECTED = {'BackupNotEncrypted', 'CloudDegraded', 'SourceDegraded'}


class World:
    """A service with an API /users, its backend, and a wire that can be cut between the service and gateways."""

    def __init__(self):
        self.folder = Folder()
        self.backend = Backend('cloud')
        self.service = Configd(self.folder.at('service.db')).start()
        put_gateway(self.service)
        put_api(self.service, 'users', self.backend.port, 'first')
        self.token = lasting_token(self.service)
        self.wire = Wire(('127.0.0.1', self.service.port))
        self._folders = 0

    def __enter__(self):
        return self

    def __exit__(self, *problem):
        self.wire.__exit__()
        self.service.__exit__(*problem)
        self.backend.close()
        self.folder.__exit__()

    def new_folder(self):
        self._folders += 1
        return self.folder.folder('backup-%d' % self._folders)

    def gateway(self, backup, key=None, **more):
        """A gatewayd at the end of the wire; not started."""
        settings = {'config.backup.path': backup, 'config.backup.key': key}
        settings.update(more.pop('settings', {}))
        return follower('http://127.0.0.1:%d' % self.wire.port, self.token, settings, **more)

    def move(self, base):
        move_api(self.service, 'users', self.backend.port, base)


def backups(folder):
    """The backup files, the newest first."""
    return sorted(glob.glob(os.path.join(folder, 'cloud-*.backup')), reverse=True)


def three_generations(world, key=None):
    """A folder with three backups, in which /users has the bases old, middle and new."""
    world.wire.allow()
    folder = world.new_folder()
    for base in ('old', 'middle', 'new'):
        world.move(base)
        gateway = world.gateway(folder, key).start()
        wait_base(gateway, 'users', base)
        assert gateway.stop() == 0  # and with it the backup is written
    assert len(backups(folder)) == 3, os.listdir(folder)
    world.wire.refuse()
    return folder


def damage(path, rng):
    """Truncates the file or flips a byte of it, anywhere; returns what was done, in words."""
    with open(path, 'rb') as file:
        content = bytearray(file.read())
    at = rng.randrange(len(content))
    if rng.random() < 0.5:
        done, content = 'cut to %d bytes' % at, content[:at]
    else:
        flip = rng.randrange(1, 256)
        content[at] ^= flip
        done = 'byte %d ^ %#x' % (at, flip)
    with open(path, 'wb') as file:
        file.write(content)
    return '%s: %s' % (os.path.basename(path), done)


def files_below(folder):
    for path, _, names in os.walk(folder):
        for name in names:
            yield os.path.join(path, name)


def test_the_backup_serves_within_a_second_of_the_start(world):
    folder = world.new_folder()
    world.wire.allow()
    gateway = world.gateway(folder).start()
    wait_base(gateway, 'users', 'first')
    assert gateway.stop() == 0
    port, took = world.service.port, []
    assert world.service.stop() == 0
    try:
        for _ in range(5):
            began = time.monotonic()
            gateway = follower('http://127.0.0.1:%d' % port, world.token, {'config.backup.path': folder}).start()
            wait_until(lambda: base_of(gateway, 'users') == 'first', 'the backup to serve', 10, every=0.002)
            took.append(time.monotonic() - began)
            wait_logged(gateway, 'CloudBackupLoaded')
            status = gateway.status()['sources'][0]
            assert status['state'] in ('stale', 'synced'), status
            gateway.kill()
    finally:
        world.service.start()
    print('from the start of the process to the first answer: %s ms' % [round(t * 1000) for t in took])
    assert max(took) < 1.0, took


def damage_cases(world, key, count, rng):
    pristine = three_generations(world, key)
    expected = {0: 'new', 1: 'middle', 2: 'old'}
    for number in range(count):
        folder = world.folder.at('damaged')
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(pristine, folder)
        newest = backups(folder)[:1 if rng.random() < 0.6 else 2]
        done = [damage(path, rng) for path in newest]
        gateway = world.gateway(folder, key).start()
        try:
            wait_until(lambda: base_of(gateway, 'users') == expected[len(newest)], 'the generation before to serve', 10)
            wait_logged(gateway, 'CloudBackupLoaded')
            passed = logged(gateway, 'CloudBackupPassedOver')
            assert len(passed) == len(newest), passed
            for path, event in zip(newest, passed):
                assert path in event['message'] and ' is not used: ' in event['message'], (path, event)
                assert event['level'] == 'warn', event
            used = backups(folder)[len(newest)]
            assert passed[-1]['message'].endswith('; %s is used instead' % used), passed[-1]
            assert len(logged(gateway, 'CloudBackupLoaded')) == 1, story(gateway)
            assert base_of(gateway, 'users') == expected[len(newest)]
        except AssertionError as error:
            raise AssertionError('case %d of seed %d, %s: %s\n%s' % (number, SEED, done, error, story(gateway))) from None
        finally:
            gateway.kill()


def test_a_damaged_newest_backup_is_passed_over_for_the_one_before(world):
    damage_cases(world, None, DAMAGES // 2, random.Random(SEED))


def test_so_is_one_that_is_encrypted(world):
    damage_cases(world, KEY, DAMAGES - DAMAGES // 2, random.Random(SEED + 1))


def test_with_every_backup_damaged_nothing_is_served_until_the_service_is_back(world):
    folder = three_generations(world)
    rng = random.Random(SEED + 2)
    for path in backups(folder):
        damage(path, rng)
    gateway = world.gateway(folder).start()
    wait_until(lambda: len(logged(gateway, 'CloudBackupPassedOver')) == 3, 'three warnings')
    assert not any('used instead' in event['message'] for event in logged(gateway, 'CloudBackupPassedOver'))
    wait_logged(gateway, 'CloudDegraded')
    holds_for(lambda: base_of(gateway, 'users') == 503, 'a gateway that waits', 0.3)
    world.wire.allow()
    wait_base(gateway, 'users', 'new')
    wait_until(lambda: len(backups(folder)) == 3, 'a backup that is whole')
    gateway.kill()
    world.wire.refuse()
    gateway = world.gateway(folder).start()
    wait_base(gateway, 'users', 'new')
    wait_logged(gateway, 'CloudBackupLoaded')
    assert not logged(gateway, 'CloudBackupPassedOver'), story(gateway)
    gateway.kill()


def test_two_gateways_share_one_folder(world):
    world.wire.allow()
    folder = world.new_folder()
    world.move('zero')
    by_file = {'config.backup.key': None, 'config.backup.key.path': world.folder.write('backup-key', KEY + '\n')}
    pair = [world.gateway(folder, name='gatewayd-%d' % number, settings=by_file).start() for number in (1, 2)]
    for base in ('one', 'two'):
        for gateway in pair:
            gateway.wait_ready()
        generation = backups(folder)[:1]
        world.move(base)
        for gateway in pair:
            wait_base(gateway, 'users', base)
        wait_until(lambda: backups(folder)[:1] != generation, 'a new backup after the change')
    world.move('three')
    for gateway in pair:
        wait_base(gateway, 'users', 'three')
    assert [gateway.stop() for gateway in pair] == [0, 0]
    assert len(backups(folder)) == 3, os.listdir(folder)
    assert int(backups(folder)[0].split('.')[-2]) > 4, os.listdir(folder)  # more than one alone would have written
    assert not [name for name in os.listdir(folder) if name.endswith('.tmp')], os.listdir(folder)
    world.wire.refuse()
    for _ in range(2):
        pair = [world.gateway(folder, KEY, name='gatewayd-%d' % number).start() for number in (1, 2)]
        for gateway in pair:
            wait_base(gateway, 'users', 'three')
            wait_logged(gateway, 'CloudBackupLoaded')
            warned = {event['event'] for event in events_of(gateway.process) if event['level'] in ('warn', 'error')}
            assert warned <= EXPECTED, (warned, story(gateway))
        for gateway in pair:
            gateway.kill()


class Changes:
    """The bases c1, c2, … one after the other, as fast as the service takes them; `done` is the last one it took."""

    def __init__(self, world):
        self.world = world
        self.sent = self.done = 0
        self.trouble = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        wait_until(lambda: self.done or self.trouble, 'the first change')
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def _run(self):
        try:
            while not self._over.is_set():
                self.sent += 1
                self.world.move('c%d' % self.sent)
                self.done = self.sent
        except Exception as error:  # noqa: BLE001 - told by the test
            self.trouble = error


def wait_for_the_moment(folder, before, rng):
    """Any moment of a gateway's first 150 ms, or shortly after a file shows up that is being written."""
    end = time.monotonic() + rng.uniform(0, 0.15)
    if rng.random() < 0.6:
        end = time.monotonic() + 0.5
        while time.monotonic() < end:
            if any(name.endswith('.tmp') and name not in before for name in os.listdir(folder)):
                end = time.monotonic() + rng.choice((0, rng.uniform(0, 0.003)))
                break
    while time.monotonic() < end:
        pass


def test_killed_at_any_moment_a_readable_backup_is_left(world):
    rng = random.Random(SEED + 3)
    folder = world.new_folder()
    world.wire.allow()
    with Changes(world) as changes:
        gateway = world.gateway(folder, KEY).start().wait_ready()
        wait_until(lambda: backups(folder), 'the first backup')
        gateway.kill()
        served, torn = 0, 0
        for number in range(KILLS):
            world.wire.allow()
            gateway = world.gateway(folder, KEY)
            gateway.process = Process(gateway.command(), gateway.name)
            before = set(os.listdir(folder))
            wait_for_the_moment(folder, before, rng)
            gateway.kill()
            torn += any(name.endswith('.tmp') and name not in before for name in os.listdir(folder))
            world.wire.refuse()
            gateway = world.gateway(folder, KEY).start()
            try:
                base = wait_until(lambda: str(base_of(gateway, 'users')).startswith('c') and base_of(gateway, 'users'),
                                  'the backup to serve', 10)
                assert served <= int(base[1:]) <= changes.sent, (served, base, changes.sent)
                served = int(base[1:])
                wait_logged(gateway, 'CloudBackupLoaded')
                warned = {event['event'] for event in events_of(gateway.process) if event['level'] in ('warn', 'error')}
                assert warned <= EXPECTED, warned
                assert changes.trouble is None, changes.trouble
            except AssertionError as error:
                raise AssertionError('kill %d of seed %d: %s\n%s' % (number, SEED, error, story(gateway))) from None
            finally:
                gateway.kill()
        print('%d kills, %d of them in the middle of a write; %d changes, the last backup has number %d'
              % (KILLS, torn, changes.done, served))
    assert served > 1 and torn, 'no backup was ever written under these kills'
    assert len(backups(folder)) <= 4, os.listdir(folder)  # the fourth: killed before the oldest was removed
    world.wire.allow()
    world.move('quiet')
    gateway = world.gateway(folder, KEY).start()
    wait_base(gateway, 'users', 'quiet')
    assert gateway.stop() == 0 and len(backups(folder)) == 3, os.listdir(folder)


def secrets_of_the_service(world):
    """Puts a subscription key, a secret named value and a certificate; returns {what it is: bytes to look for}."""
    world.service.put('/subscriptions/marked', displayName='marked', scope='/apis', state='active',
                      primaryKey='marker-primary-key-4711', secondaryKey='marker-secondary-key-4711')
    world.service.put('/namedValues/marked', displayName='marked', value='marker-named-value-4711', secret=True)
    certificate = Authority(world.folder.folder('authority')).issue('marked.example')
    bundle = world.folder.at('marked.p12')
    run(['openssl', 'pkcs12', '-export', '-inkey', certificate.key_path, '-in', certificate.chain_path,
         '-passout', 'pass:marker-password-4711', '-out', bundle])
    with open(bundle, 'rb') as file:
        data = base64.b64encode(file.read())
    world.service.put('/certificates/marked', data=data.decode(), password='marker-password-4711')
    key = ''.join(line for line in certificate.key_pem.splitlines() if not line.startswith('-----'))
    return {'subscription key': b'marker-primary-key-4711', 'second subscription key': b'marker-secondary-key-4711',
            'named value': b'marker-named-value-4711', 'certificate data': data[:60],
            'private key': base64.b64decode(key)[:40], 'private key as text': key[:60].encode()}


def test_with_a_key_no_secret_is_in_any_file_and_all_are_for_their_owner_alone(world):
    world.wire.allow()
    secrets = secrets_of_the_service(world)
    manifests = world.folder.write('manifests/all.json', listed(
        *service('hello', world.backend.port), ingress('marker-ingress-4711', path='/marker-ingress-path-4711')))
    in_the_open = set()
    for key in (None, KEY):
        folder = world.new_folder()
        open_mask = ['/bin/sh', '-c', 'umask 000; exec "$0" "$@"']
        gateway = world.gateway(folder, key, wrapper=open_mask,
                                settings={'config.file.path': os.path.dirname(manifests)}).start().wait_ready()
        assert gateway.get('any.example', '/marker-ingress-path-4711').status == 200
        wait_until(lambda: backups(folder), 'a backup')
        assert gateway.stop() == 0
        assert len(logged(gateway, 'BackupNotEncrypted')) == (0 if key else 1), story(gateway)
        paths = list(files_below(folder))
        assert len(paths) >= 3, paths
        for path in paths:
            assert stat.S_IMODE(os.stat(path).st_mode) == 0o600, (path, oct(os.stat(path).st_mode))
            with open(path, 'rb') as file:
                content = file.read()
            found = {what for what, marker in secrets.items() if marker in content}
            assert not (found and key), (path, found)
            in_the_open |= found
            if path.endswith('.backup'):
                assert b'marker-ingress' not in content, path
                assert (b'users' in content.replace(world.token.encode(), b'')) == (key is None), path
            assert b'marker-ingress-path' not in content or not path.endswith('.backup'), path
            assert KEY.encode() not in content and world.token.split('&')[2].encode() not in content, path
    # without a key they are there: what was looked for above can be found
    assert {'subscription key', 'named value'} <= in_the_open, in_the_open


def test_a_backup_with_another_key_is_not_served(world):
    for name, written, read, reason in (('another key', KEY, 'the-wrong-key-of-these-tests', 'another key'),
                                        ('no key', KEY, None, 'there is no key'),
                                        ('a key and a plain backup', None, KEY, 'it is not encrypted')):
        world.wire.allow()
        world.move('before')
        folder = world.new_folder()
        gateway = world.gateway(folder, written).start()
        wait_base(gateway, 'users', 'before')
        assert gateway.stop() == 0
        world.wire.refuse()
        gateway = world.gateway(folder, read).start()
        event = wait_logged(gateway, 'CloudBackupPassedOver', reason)[0]
        assert event['level'] == 'warn' and backups(folder)[0] in event['message'], (name, event)
        wait_logged(gateway, 'CloudDegraded')
        with Connection(gateway.http) as connection:
            holds_for(lambda: connection.request('/users/1').status == 503, 'a gateway that waits', 0.5)
        assert not gateway.ready() and gateway.status()['sources'][0]['apis'] == 0, (name, gateway.status())
        world.wire.allow()
        wait_base(gateway, 'users', 'before')
        gateway.wait_ready()
        output = gateway.process.output()
        assert KEY not in output and 'the-wrong-key' not in output, output
        assert gateway.stop() == 0
        world.wire.refuse()
        gateway = world.gateway(folder, read).start()  # its own backup serves it now
        wait_base(gateway, 'users', 'before')
        gateway.kill()


def test_a_backup_of_another_gateway_is_not_served(world):
    world.wire.allow()
    world.move('before')
    folder = world.new_folder()
    gateway = world.gateway(folder, KEY).start()
    wait_base(gateway, 'users', 'before')
    assert gateway.stop() == 0
    put_gateway(world.service, 'west')
    token = lasting_token(world.service, 'west')
    world.wire.refuse()
    gateway = world.gateway(folder, KEY, settings={'config.service.auth': token}).start()
    wait_logged(gateway, 'CloudBackupPassedOver', 'it is of gateway "east"; this one is "west"')
    wait_logged(gateway, 'CloudDegraded')
    holds_for(lambda: base_of(gateway, 'users') == 503, 'a gateway that waits', 0.2)
    world.wire.allow()
    wait_until(lambda: base_of(gateway, 'users') == 404, 'what the service says of west')
    gateway.kill()


def test_a_backup_that_is_too_old_is_not_served(world):
    world.wire.allow()
    folder = world.new_folder()
    world.move('before')
    gateway = world.gateway(folder).start()
    wait_base(gateway, 'users', 'before')
    assert gateway.stop() == 0
    world.wire.refuse()
    written = os.stat(backups(folder)[0]).st_mtime
    wait_until(lambda: time.time() > written + 2, 'the backup to be older than a second', 5)
    for age, served in (('1s', 503), ('1h', 'before')):
        gateway = world.gateway(folder, settings={'config.backup.max-age': age}).start()
        wait_logged(gateway, 'CloudDegraded')
        assert len(logged(gateway, 'CloudBackupPassedOver', 'too old')) == (served == 503), story(gateway)
        wait_until(lambda: base_of(gateway, 'users') == served, 'the answer %r' % served)
        gateway.kill()


def test_differences_are_applied_without_a_failed_request_when_the_service_is_back(world):
    world.wire.allow()
    port = world.backend.port
    put_api(world.service, 'kept', port, 'kept')
    folder = world.new_folder()
    with world.gateway(folder, KEY).start() as gateway:
        wait_base(gateway, 'kept', 'kept')
    for number in range(4):
        world.wire.allow()
        world.move('before%d' % number)
        put_api(world.service, 'gone', port, 'gone')
        gateway = world.gateway(folder, KEY).start()
        wait_base(gateway, 'users', 'before%d' % number)
        wait_base(gateway, 'gone', 'gone')
        gateway.stop()
        world.wire.refuse()
        world.move('after%d' % number)
        world.service.delete('/apis/gone')
        put_api(world.service, 'added%d' % number, port, 'added')
        gateway = world.gateway(folder, KEY).start()
        wait_base(gateway, 'users', 'before%d' % number)
        version = gateway.status()['version']['number']
        with Poller(gateway, 'kept', 'users', 'gone', threads=4) as poller:
            poller.wait_more(100)
            if number % 2:  # killed, and started while the gateway asks
                world.service.kill()
                world.service.start()
            world.wire.allow()
            poller.wait_seen('users', 'after%d' % number, 60)
            poller.wait_seen('gone', 404)
            wait_base(gateway, 'added%d' % number, 'added')
            poller.wait_more(100)
        assert poller.seen('kept') == ['kept'], poller.seen('kept')
        assert poller.seen('users') == ['before%d' % number, 'after%d' % number], poller.seen('users')
        assert poller.seen('gone') == ['gone', 404], poller.seen('gone')
        wait_logged(gateway, 'CloudRecovered')
        # one table after the other, not an empty one in between
        assert gateway.status()['version']['number'] >= version + 1, gateway.status()
        gateway.stop()


if __name__ == '__main__':
    print('seed %d' % SEED, flush=True)
    runner.main(globals(), World)
