"""What the tests of the cloud half share: APIs in a service, a gateway that follows it, what it logged."""

import json
import threading
import time

from .configd import sign
from .gatewayd import Gatewayd
from .http_client import get
from .wait import wait_until

GATEWAY = 'east'
DAY = 24 * 3600


def lasting_token(service, gateway=GATEWAY):
    """A token that no gateway warns about."""
    return sign(gateway, service.keys(gateway)['primary'], time.time() + 30 * DAY)


def put_gateway(service, gateway=GATEWAY):
    service.put('/gateways/' + gateway, description='', locationData={'name': gateway})


def put_api(service, name, port, base='', gateway=GATEWAY, **properties):
    """An API /NAME with one operation, GET /{id}, whose backend sees `base` before what is below it."""
    service.put('/apis/' + name, **dict({
        'displayName': name, 'path': name, 'protocols': ['http', 'https'], 'subscriptionRequired': False,
        'serviceUrl': 'http://127.0.0.1:%d/%s' % (port, base)}, **properties))
    service.put('/apis/%s/operations/get' % name, displayName='get', method='GET', urlTemplate='/{id}')
    service.put('/gateways/%s/apis/%s' % (gateway, name))


def move_api(service, name, port, base):
    """Changes what the backend of an API sees before the rest of the path."""
    service.manage('PATCH', '/apis/' + name, {'serviceUrl': 'http://127.0.0.1:%d/%s' % (port, base)}, If_Match='*')


def follower(endpoint, token, settings=None, **more):
    """A gatewayd that follows the service and logs JSON; not started. `token`: its text, or None."""
    given = {'config.service.endpoint': endpoint, 'config.service.auth': token, 'telemetry.logs.std': 'json'}
    given.update(settings or {})
    return Gatewayd(given, **more)


def events_of(process):
    """The log events of a program that logs JSON, oldest first."""
    found = []
    for line in process.output().splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue  # what it is still writing
        if 'event' in entry:
            found.append(entry)
    return found


def story(gateway, events=12):
    """Its last log events as text, without the access log."""
    lines = ['%(time)s %(level)s %(event)s: %(message)s' % entry for entry in events_of(gateway.process)[-events:]]
    return '\n'.join(['--- last events of %s' % gateway.name] + lines)


def logged(gateway, event, *parts):
    """The log events of that name whose message has all of `parts`."""
    return [entry for entry in events_of(gateway.process)
            if entry['event'] == event and all(part in entry['message'] for part in parts)]


def wait_logged(gateway, event, *parts, seconds=10.0):
    try:
        return wait_until(lambda: logged(gateway, event, *parts), 'the event %s with %r' % (event, parts), seconds)
    except AssertionError as error:
        raise AssertionError('%s\n%s' % (error, story(gateway))) from None


def base_of(gateway, api):
    """What the backend saw before the rest of the path; the status when it was not asked."""
    answer = gateway.get('any.example', '/%s/1' % api)
    return answer.json()['path'].split('/')[1] if answer.status == 200 else answer.status


def wait_base(gateway, api, base, seconds=20.0):
    try:
        wait_until(lambda: base_of(gateway, api) == base, '/%s to be answered by %r' % (api, base), seconds)
    except AssertionError as error:
        raise AssertionError('%s\n%s' % (error, story(gateway))) from None


class Poller:
    """Asks a gateway for /API/1 of each API, again and again, and keeps what it saw, without repetitions."""

    def __init__(self, gateway, *apis, threads=2):
        self.port = gateway.http
        self.apis = apis
        self.count = 0
        self._seen = {api: [] for api in apis}
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask, daemon=True) for _ in range(threads)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _ask(self):
        while not self._over.is_set():
            for api in self.apis:
                try:
                    answer = get(self.port, '/%s/1' % api, 'any.example')
                    seen = answer.json()['path'].split('/')[1] if answer.status == 200 else answer.status
                except Exception as error:  # noqa: BLE001 - an answer like any other, and never a good one
                    seen = repr(error)
                with self._lock:
                    self.count += 1
                    if seen not in self._seen[api]:
                        self._seen[api].append(seen)

    def seen(self, api):
        """The different answers for an API, in the order in which they first came."""
        with self._lock:
            return list(self._seen[api])

    def wait_seen(self, api, answer, seconds=20.0):
        wait_until(lambda: answer in self.seen(api), 'a poll of /%s to see %r' % (api, answer), seconds)

    def wait_more(self, requests=50, seconds=20.0):
        """Waits until so many more requests were answered."""
        until = self.count + requests
        wait_until(lambda: self.count >= until, '%d more requests' % requests, seconds)
