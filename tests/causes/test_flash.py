# SPDX-License-Identifier: Apache-2.0
"""Configurations at rest, on the real programs: both boards' flashes, boots from them, the mark for unsaved changes across failovers, and
files by TFTP, with Debian's atftpd as the other side."""

import os
import shutil
import signal
import socket
import subprocess

import pytest

from tests.support import processes
from tests.support.switch import Switch


@pytest.fixture(scope='module')
def switch():
    with Switch('flash', fdb_max_entries=100000, hitless=False) as one:
        yield one


def flash(switch, slot, name):
    return switch.ground.path(f'flash/{slot}/{name}')


def body(path):
    """What a stored file holds behind its header line."""
    with open(path) as file:
        head, _, text = file.read().partition('\n')
    assert head.startswith('# baton-configuration '), head
    return text


def commands(text):
    return [line for line in text.splitlines() if not line.startswith('#')]


def modified(switch):
    return switch.chassis.show('switch')['configuration']['modified']


def again(switch, how=signal.SIGTERM):
    """The whole switch off and on."""
    process = switch.chassis.process
    os.kill(process.pid, how)
    process.wait(20)
    switch.chassis.start()


def test_what_is_saved_lies_on_both_flashes_and_the_mark_survives_failovers(switch):
    chassis = switch.chassis
    assert not modified(switch)
    chassis.make_hitless()
    chassis.cli('create vlan red')
    chassis.cli('configure vlan red tag 10')
    assert modified(switch)
    chassis.wait_ready()
    before = chassis.term()
    chassis.kill('master')
    assert processes.until(lambda: (chassis.term() or 0) > before, 20, 0.05)
    assert modified(switch), 'the mark survives'
    chassis.cli('save')
    assert not modified(switch)
    wanted = commands(chassis.cli('show configuration'))
    assert processes.until(lambda: all(os.path.exists(flash(switch, slot, 'primary.cfg')) for slot in ('msm-a', 'msm-b')), 10, 0.05)
    for slot in ('msm-a', 'msm-b'):
        assert commands(body(flash(switch, slot, 'primary.cfg'))) == wanted
        status = os.stat(os.path.dirname(flash(switch, slot, 'primary.cfg')))
        assert status.st_mode & 0o777 == 0o700
    chassis.cli('create vlan green')
    assert modified(switch)


def test_the_switch_boots_what_was_saved_whatever_ended_it(switch):
    for how in (signal.SIGTERM, signal.SIGKILL):
        again(switch, how)
        said = switch.chassis.cli('show configuration')
        assert 'create vlan "red"' in said and 'green' not in said
        state = switch.chassis.show('switch')['configuration']
        assert state['booted'] == 'primary' and not state['modified']


def test_a_damaged_file_is_named_and_the_other_one_used(switch):
    chassis = switch.chassis
    chassis.cli('configure sys-name Second')
    chassis.cli('save secondary')
    slots = ('msm-a', 'msm-b')
    assert processes.until(lambda: all(os.path.exists(flash(switch, slot, 'secondary.cfg')) for slot in slots), 10, 0.05)
    os.kill(chassis.process.pid, signal.SIGKILL)
    chassis.process.wait(20)
    for slot in slots:
        with open(flash(switch, slot, 'primary.cfg'), 'r+b') as file:
            file.seek(200)
            file.write(b'?')
    chassis.start()
    assert chassis.show('configuration')['name'] == 'Second'
    state = chassis.show('switch')['configuration']
    assert state['booted'] == 'secondary'
    assert 'damaged' in state['primary']['error']
    assert any('primary.cfg is damaged' in line for line in chassis.log_lines())


def test_a_local_file_goes_there_and_back(switch, tmp_path):
    chassis = switch.chassis
    path = str(tmp_path / 'switch.cfg')
    chassis.cli(f'upload configuration {path}')
    with open(path) as file:
        text = file.read()
    assert text == chassis.cli('show configuration')
    with open(path, 'w') as file:
        file.write('create vlan blue\ncreate vlan red\nconfigure vlan blue tag 77\n')
    done = chassis.run('download', 'configuration', path, 'incremental', timeout=30)
    assert done.returncode == 1
    assert 'line 1: done\nline 2: VLAN red exists already' in done.stdout and 'line 3: done\n' in done.stdout
    assert '1 of 3 lines failed' in done.stdout + done.stderr
    with open(path, 'w') as file:
        file.write('# nonsense\nmake me a sandwich\n')
    wrong = chassis.run('download', 'configuration', path)
    assert wrong.returncode != 0 and 'line 2' in wrong.stderr
    missing = chassis.run('download', 'configuration', path + '.missing')
    assert missing.returncode == 1 and 'No such file' in missing.stderr


@pytest.fixture()
def tftp(switch, tmp_path_factory):
    """A server on a high port of the loopback; its folder and host:port."""
    program = shutil.which('atftpd')
    if not program:
        pytest.skip('atftpd is not installed')
    folder = switch.ground.path('tftp')
    os.makedirs(folder, exist_ok=True)
    os.chmod(folder, 0o777)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(('127.0.0.1', 0))
        port = probe.getsockname()[1]
    server = switch.ground.start([program, '--daemon', '--no-fork', '--user', 'nobody', '--group', 'nogroup', '--bind-address', '127.0.0.1',
                                  '--port', str(port), '--logfile', '-', folder], log='tftp.log', stdin=subprocess.DEVNULL)
    def listens():
        with open('/proc/net/udp') as file:
            return any(f':{port:04X} ' in line for line in file)
    assert processes.until(listens, 10, 0.05), 'atftpd did not come up'
    yield folder, f'127.0.0.1:{port}'
    server.terminate()
    server.wait(10)


def test_tftp_takes_a_configuration_away_and_brings_it_back(switch, tftp):
    chassis, (folder, host) = switch.chassis, tftp
    path = os.path.join(folder, 'switch.cfg')
    with open(path, 'w'):
        pass
    os.chmod(path, 0o666)
    chassis.cli(f'upload configuration {host} switch.cfg', timeout=60)
    assert commands(open(path).read()) == commands(chassis.cli('show configuration'))
    with open(path, 'w') as file:
        file.write('configure sys-name FromTftp\n' + ''.join(f'create fdbentry 02:00:00:00:{n >> 8:02x}:{n & 255:02x} vlan Default blackhole\n'
                                                            for n in range(2000)))
    running = chassis.cli('show configuration')
    said = chassis.cli(f'download configuration {host} switch.cfg', timeout=60)
    assert 'when the switch boots next' in said
    assert chassis.cli('show configuration') == running, 'a plain download leaves the running configuration'
    again(switch)
    assert chassis.show('configuration')['name'] == 'FromTftp'
    assert len(chassis.show('configuration')['commands']) >= 2001


def test_tftp_errors_say_what_is_wrong(switch, tftp):
    chassis, (_, host) = switch.chassis, tftp
    missing = chassis.run('download', 'configuration', host, 'missing.cfg', timeout=60)
    assert missing.returncode == 1 and "there is no file 'missing.cfg'" in missing.stderr
    unknown = chassis.run('download', 'configuration', 'no-such-host.invalid', 'x.cfg', timeout=90)
    assert unknown.returncode == 1 and 'there is no host no-such-host.invalid' in unknown.stderr
    silent = chassis.run('download', 'configuration', '127.0.0.1:9', 'x.cfg', timeout=90)
    assert silent.returncode in (1, 6) and '127.0.0.1:9' in silent.stderr
