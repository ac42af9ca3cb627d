#!/usr/bin/python3
"""Documents of public APIs that others wrote: imported into configd, assigned to a gateway, and called there."""

import os
import subprocess

from common import ROOT, Folder

from support import runner
from support.backend import Backend
from support.configd import Configd, program
from support.gatewayd import Gatewayd

DOCUMENTS = os.path.join(ROOT, 'tests/data/openapi')

# name, document, a request to one of its operations, one that it has not
APIS = (('etcd', 'etcd.swagger.json', ('POST', '/v3/kv/put'), ('GET', '/v3/kv/put')),
        ('lxkns', 'lxkns.openapi.yaml', ('GET', '/processes'), ('GET', '/processes/1')),
        ('rclone', 'rclone.openapi.yaml', ('POST', '/operations/list'), ('POST', '/operations/none')))


def operations_in(document):
    """`METHOD template` of each, by a reading of the document in Python."""
    return subprocess.run(['/usr/bin/python3', os.path.join(DOCUMENTS, 'operations.py'), os.path.join(DOCUMENTS, document)],
                          check=True, capture_output=True, text=True, timeout=60).stdout.splitlines()


def operations_of(service, api):
    listed = service.manage('GET', '/apis/%s/operations?$top=1000' % api)['value']
    return sorted('%s %s' % (entry['properties']['method'], entry['properties']['urlTemplate']) for entry in listed)


def check_served(service, folder):
    """Every API answers to what its document names, from the backend, and to nothing else.

    Asked in clear where the API allows that; one without a word about protocols does not."""
    for api, document, _, _ in APIS:
        assert operations_of(service, api) == operations_in(document), api
    with Gatewayd({'config.service.endpoint': service.url, 'config.service.auth': service.token('east')},
                  folder=folder.path) as g:
        g.wait_ready()
        for api, _, (method, path), (other_method, other_path) in APIS:
            protocols = service.manage('GET', '/apis/' + api)['properties'].get('protocols', ['https'])
            ask = g.get if 'http' in protocols else g.get_tls
            answer = ask('localhost', '/%s%s' % (api, path), method=method, body=b'{}' if method == 'POST' else None)
            assert answer.status == 200, (api, answer)
            heard = answer.json()
            assert (heard['backend'], heard['method'], heard['path']) == ('origin', method, '/base/' + api + path), heard
            answer = ask('localhost', '/%s%s' % (api, other_path), method=other_method)
            assert answer.status == 404, (api, answer)


def test_documents_are_imported_by_the_command_line():
    with Folder() as folder, Backend('origin') as backend:
        for (api, document, _, _), more in zip(APIS, ([], ['--protocol', 'http'], [])):
            done = subprocess.run(
                [program(), 'import', 'openapi', '--database', folder.at('db'), '--api', api, '--gateway', 'east',
                 '--subscription-required', 'false', *more, '--service-url', 'http://127.0.0.1:%d/base/%s' % (backend.port, api),
                 os.path.join(DOCUMENTS, document)], capture_output=True, text=True, timeout=60)
            assert done.returncode == 0 and 'resources written' in done.stdout, (document, done)
        with Configd(folder.at('db')) as service:
            lxkns = service.manage('GET', '/apis/lxkns')['properties']
            assert lxkns['protocols'] == ['http'], lxkns
            check_served(service, folder)


def test_documents_are_imported_by_the_management_api():
    with Folder() as folder, Backend('origin') as backend, Configd(folder.at('db')) as service:
        service.put('/gateways/east', description='', locationData={'name': 'here'})
        for api, document, _, _ in APIS:
            with open(os.path.join(DOCUMENTS, document), encoding='utf-8') as file:
                text = file.read()
            format_ = 'swagger-json' if document.endswith('.swagger.json') else 'openapi'
            service.put('/apis/' + api, path=api, format=format_, value=text, subscriptionRequired=False,
                        protocols=['http', 'https'], serviceUrl='http://127.0.0.1:%d/base/%s' % (backend.port, api))
            service.put('/gateways/east/apis/' + api)
        check_served(service, folder)


if __name__ == '__main__':
    runner.main(globals())
