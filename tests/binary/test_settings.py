#!/usr/bin/python3
"""The command line and the settings of gatewayd: what is refused, with which words and exit codes."""

from common import Folder, ROOT, document, gatewayd, ingress, listed, service

from support import runner

NO_SOURCE = 'no source is configured'


def problems(*words, env=None):
    code, out, err = gatewayd(*words, env=env)
    assert code == 2, (code, out, err)
    return err


def test_without_a_source_it_does_not_start():
    for words in ((), ('run',), ('run', '--set', 'k8s.ingress.enabled=false')):
        err = problems(*words)
        assert NO_SOURCE in err and 'k8s.ingress.enabled=true' in err and 'config.file.path' in err, err


def test_outside_a_pod_ingress_needs_a_kubeconfig():
    err = problems('run', '--set', 'k8s.ingress.enabled=true')
    assert 'KUBERNETES_SERVICE_HOST' in err and 'k8s.ingress.config.path' in err, err


def test_bad_values_name_key_value_and_what_is_allowed():
    for key, value, allowed in (
            ('net.server.http.port', '65536', '0 to 65535'),
            ('net.server.address', 'localhost', 'IP address'),
            ('telemetry.logs.std', 'yaml', 'none, text, json'),
            ('telemetry.logs.std.level', 'trace', 'all, debug, info, warn, error, fatal'),
            ('drain.timeout', '5 minutes', '5s'),
            ('limits.header.bytes', '1 parsec', '64KiB'),
            ('workers', '257', '1 to 256'),
            ('config.conflict', 'newest', 'last_write_wins, arrival_order, precedence'),
            ('k8s.ingress.enabled', '1', 'true or false')):
        err = problems('run', '--set', 'config.file.path=/', '--set', '%s=%s' % (key, value))
        assert key in err and "'%s'" % value in err and allowed in err, err


def test_all_problems_are_told_at_once():
    err = problems('run', '--set', 'workers=0', '--set', 'admin.port=x', env={'drain.delay': 'soon', 'net.server.htp.port': '1'})
    for part in ('workers', 'admin.port', 'drain.delay', "did you mean 'net.server.http.port'?"):
        assert part in err, (part, err)
    assert len(err.strip().splitlines()) == 4, err


def test_unknown_keys_are_refused_with_a_suggestion():
    with Folder() as folder:
        path = folder.write('settings.yaml', 'drain:\n  dealy: 1s\n')
        err = problems('run', '--config', path)
        assert "unknown setting 'drain.dealy'; did you mean 'drain.delay'?" in err and path + ':2' in err, err
    assert "did you mean 'config.file.path'?" in problems('run', '--set', 'config.file.pth=/')
    assert '--help-settings' in problems('run', '--set', 'something.else=1')


def test_two_listeners_need_two_ports():
    err = problems('run', '--set', 'config.file.path=/', '--set', 'net.server.http.port=9000', '--set', 'monitor.port=9000')
    assert 'net.server.http.port, monitor.port' in err and '9000' in err, err


CLOUD = ('--set', 'config.service.endpoint=https://config.example')
TOKEN = 'config.service.auth=GatewayKey east&209901010000&' + 'A' * 86 + '=='


def test_a_configuration_service_needs_a_token_and_https():
    assert 'token' in problems('run', *CLOUD)
    assert 'needs config.service.endpoint' in problems('run', '--set', 'config.file.path=/', '--set', TOKEN)
    err = problems('run', '--set', 'config.service.endpoint=http://config.example', '--set', TOKEN)
    assert 'https' in err, err
    code, out, _ = gatewayd('check', '--set', 'config.service.endpoint=config.example', '--set', TOKEN)
    assert code == 0 and out == 'ok\n', out


def test_a_proxy_may_be_named_without_its_scheme():
    for text in ('proxy.example:3128', 'proxy.example', 'http://proxy.example:3128', 'http://ada:secret@proxy.example:3128/',
                 'ada:secret@proxy.example:3128', '[::1]:3128', ''):
        code, out, err = gatewayd('check', *CLOUD, '--set', TOKEN, env={'HTTPS_PROXY': text})
        assert code == 0 and out == 'ok\n', (text, out, err)
    for text in ('socks5://proxy.example:3128', 'https://proxy.example', 'proxy.example:port', 'ada:secret@', 'a b'):
        code, out, _ = gatewayd('check', *CLOUD, '--set', TOKEN, env={'HTTPS_PROXY': text})
        assert code == 2 and 'http://user:password@proxy.example:3128' in out, (text, out)
        assert 'secret' not in out, out


def test_no_secret_is_repeated():
    marker = 'Sesame-'
    for words in (('config.service.auth=' + marker, 'config.service.endpoint=https://config.example'),
                  (TOKEN, 'config.service.endpoint=https://ada:%s@config.example' % marker),
                  (TOKEN, 'config.service.endpoint=https://config.example', 'config.backup.key=' + marker),
                  (TOKEN, 'config.service.endpoint=https://config.example', 'HTTPS_PROXY=socks5://ada:%s@p.example' % marker),
                  ('config.service.auth: GatewayKey east&209901010000&%s==' % marker,),
                  ('config.service.auth ' + marker,),
                  ('config.service.auht=' + marker,)):
        for command in ('run', 'check'):
            code, out, err = gatewayd(command, *[word for text in words for word in ('--set', text)])
            assert code == 2 and (out + err).strip(), (words, out, err)
            assert marker not in out + err, (words, out, err)


def test_files_that_settings_name_must_be_there():
    err = problems('run', '--set', 'config.file.path=/', '--set', 'config.backup.path=/nonexistent',
                   '--set', 'net.server.tls.certificate.path=/nonexistent.crt')
    assert "'/nonexistent' is not a folder" in err and 'both or none' in err, err
    assert 'cannot be read' in problems('run', '--config', '/nonexistent.yaml')


def test_a_bad_command_line_ends_with_2():
    for words in (('serve',), ('run', '--no-such-option'), ('explain',), ('--set',)):
        code, _, err = gatewayd(*words)
        assert code == 2 and err, (words, code, err)


def test_help_version_and_the_table_of_settings():
    code, out, _ = gatewayd('--help')
    assert code == 0 and 'check' in out and 'explain' in out and 'Exit codes' in out, out
    code, out, _ = gatewayd('version')
    assert code == 0 and out.startswith('gatewayd '), out
    code, out, _ = gatewayd('--help-settings')
    assert code == 0 and '| `k8s.ingress.enabled`' in out, out
    with open(ROOT + '/apps/gatewayd/README.md') as file:
        assert out in file.read(), 'the table in apps/gatewayd/README.md differs from gatewayd --help-settings'


def test_check_of_sound_manifests_and_documents():
    with Folder() as folder:
        folder.write('m/all.json', listed(*service('hello', 9), ingress('hello')))
        folder.write('d.json', document([('a.example', '/x', 9)]))
        code, out, err = gatewayd('check', folder.at('m'), folder.at('d.json'))
        assert code == 0 and out == 'ok\n' and not err, (code, out, err)
        code, out, _ = gatewayd('check', '--set', 'config.file.path=' + folder.at('m'))
        assert code == 0 and out == 'ok\n', (code, out)


def test_check_tells_every_problem_on_its_own_line():
    with Folder() as folder:
        bad = ingress('bad', path='no-slash')
        port = ingress('port')
        port['spec']['rules'][0]['http']['paths'][0]['backend']['service']['port'] = {'number': 70000}
        folder.write('m/all.json', listed(*service('hello', 9), bad, port, ingress('good', path='/good')))
        folder.write('m/broken.yaml', 'a: [')
        folder.write('d.json', document([('UPPER', '/x', 9)], surprise=1))
        code, out, _ = gatewayd('check', folder.at('m'), folder.at('d.json'))
        lines = out.splitlines()
        assert code == 2, out
        assert all(line.startswith('problem: ') for line in lines[:-1]) and lines[-1] == '%d problems' % (len(lines) - 1), out
        for part in ('default/bad', 'default/port', 'broken.yaml', 'surprise', 'UPPER'):
            assert any(part in line for line in lines), (part, out)
        assert 'default/good' not in out, out
    code, out, _ = gatewayd('check', '/nonexistent')
    assert code == 2 and '/nonexistent' in out, out


def test_check_of_settings_alone():
    code, out, _ = gatewayd('check', '--set', 'drain.delay=never')
    assert code == 2 and "'never'" in out, out
    code, out, _ = gatewayd('check')
    assert code == 2 and NO_SOURCE in out, out
    # What only the library can tell, too.
    with Folder() as folder:
        path = folder.write('d.json', document())
        for rule, expected in (('https://a/b', 2), ('a.example/b', 0)):
            code, out, _ = gatewayd('check', '--set', 'config.file.path=' + path, '--set', 'config.conflict.protected=' + rule)
            assert code == expected and (code == 0 or 'https://a/b' in out), (rule, out)


if __name__ == '__main__':
    runner.main(globals())
