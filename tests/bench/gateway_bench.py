"""Hooks of gateway.json: the routes as our own document, changed by replacing the file."""

import json
import os
import time
import urllib.error
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def prepare(peer, cfg):
    peer.document_path = os.path.join(peer.dir, 'document.json')
    peer.a.setdefault('vars', {}).update(
        gatewayd=os.environ.get('GATEWAYD') or os.path.join(ROOT, 'build/release/apps/gatewayd/gatewayd'),
        document=peer.document_path,
        access_log='true' if peer.name.endswith('@log') else 'false')
    routes = list(cfg.routes()) or [('', '/')]
    peer.document = {
        'apiVersion': 'gateway/v1', 'kind': 'Configuration',
        'backends': [{'id': 'origin', 'endpoints': [{'address': '127.0.0.1', 'port': peer.ctx['origin_port']}]}],
        'apis': [api(host, path) for host, path in routes]}
    if cfg.kind == 'policy':
        peer.document.update(policy_chain())
    write(peer)
    # Listeners answer 503 until the document is read; the driver would take that for up.
    peer.wait_up = lambda: wait_ready(peer)


def wait_ready(peer, seconds=90):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if peer.p.poll() is not None:
            break
        try:
            urllib.request.urlopen('http://127.0.0.1:%d/status-0123456789abcdef' % peer.port, timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.005)
    with open(os.path.join(peer.dir, 'log')) as log:
        raise RuntimeError('%s is not ready: %s' % (peer.name, log.read()[-800:]))


def apply(peer, host, path):
    peer.document['apis'].append(api(host, path))
    return write(peer)


def api(host, path):
    # Prefixes are matched element by element; a trailing slash says nothing.
    return {'id': host + path, 'host': host, 'path': path.rstrip('/') or '/', 'backend': 'origin'}


CHAIN = '''<policies>
  <inbound>
    <rate-limit-by-key calls="1000000" renewal-period="1" counter-key="@(context.Subscription.Id)" />
    <set-header name="X-Consumer"><value>@(context.Subscription.Id)</value></set-header>
    <rewrite-uri template="/{rest}" />
    <base />
  </inbound>
  <backend><base /></backend>
  <outbound>
    <set-header name="X-Gateway"><value>bench</value></set-header>
    <base />
  </outbound>
</policies>'''


def policy_chain():
    """A key check, a limit for each key, a path that is rewritten, and header fields both ways."""
    return {
        'apis': [{'id': 'chain', 'path': '/api', 'caseSensitive': False, 'revisions': [{
            'id': 'chain', 'backend': 'origin', 'subscriptionRequired': True, 'keyHeader': 'X-API-Key',
            'policy': CHAIN,
            'operations': [{'id': 'all', 'method': 'GET', 'urlTemplate': '/v1/{*rest}'}]}]}],
        'subscriptions': [{'id': 'consumer-%d' % i, 'primaryKey': 'key-%d' % i} for i in range(1000)]}


def write(peer):
    """Replaces the document in one step; returns the moment before."""
    temporary = os.path.join(peer.dir, '.document')
    with open(temporary, 'w') as file:
        json.dump(peer.document, file)
    moment = time.monotonic()
    os.rename(temporary, peer.document_path)
    return moment
