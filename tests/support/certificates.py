"""Certificates made with the openssl program."""

import os
import ssl
import subprocess
import tempfile


class Certificate:
    def __init__(self, chain_path, key_path):
        self.chain_path = chain_path
        self.key_path = key_path
        with open(chain_path) as file:
            self.chain_pem = file.read()
        with open(key_path) as file:
            self.key_pem = file.read()

    @property
    def der(self):
        """The leaf, to be compared with what a handshake showed."""
        end = '-----END CERTIFICATE-----'
        return ssl.PEM_cert_to_DER_cert(self.chain_pem.split(end)[0] + end + '\n')


def _openssl(*words, input=None):
    done = subprocess.run(['openssl', *words], input=input, capture_output=True)
    if done.returncode != 0:
        raise AssertionError('openssl %s: %s' % (' '.join(words), done.stderr.decode()))
    return done.stdout


def alternative_names(name):
    """The subjectAltName value for a DNS name or an IP address."""
    kind = 'IP' if name.replace('.', '').isdigit() or ':' in name else 'DNS'
    return '%s:%s' % (kind, name)


class Authority:
    """A certificate authority in a folder of its own."""

    def __init__(self, folder=None, name='test authority'):
        self.folder = folder or tempfile.mkdtemp(prefix='ca-')
        self._count = 0
        self.path = os.path.join(self.folder, 'ca.crt')
        self._key = os.path.join(self.folder, 'ca.key')
        _openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
                 '-keyout', self._key, '-out', self.path, '-days', '30', '-subj', '/CN=' + name,
                 '-addext', 'keyUsage=critical,keyCertSign,cRLSign')
        with open(self.path) as file:
            self.pem = file.read()

    def issue(self, *names, algorithm='ec', days=30):
        """A certificate for DNS names or IP addresses. `algorithm`: ec or rsa."""
        self._count += 1
        stem = os.path.join(self.folder, 'leaf-%d' % self._count)
        key = (['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'] if algorithm == 'ec'
               else ['-newkey', 'rsa:2048'])
        _openssl('req', *key, '-nodes', '-keyout', stem + '.key', '-out', stem + '.csr',
                 '-subj', '/CN=' + names[0])
        with open(stem + '.ext', 'w') as file:
            file.write('subjectAltName=%s\nbasicConstraints=CA:FALSE\n'
                       % ','.join(alternative_names(name) for name in names))
        _openssl('x509', '-req', '-in', stem + '.csr', '-CA', self.path, '-CAkey', self._key,
                 '-set_serial', str(1000 + self._count), '-days', str(days), '-extfile', stem + '.ext',
                 '-out', stem + '.crt')
        return Certificate(stem + '.crt', stem + '.key')


def dns_names(der):
    """The DNS names of a certificate's subjectAltName."""
    text = _openssl('x509', '-inform', 'der', '-noout', '-ext', 'subjectAltName', input=der).decode()
    return [word.strip()[4:] for line in text.splitlines() for word in line.split(',')
            if word.strip().startswith('DNS:')]
