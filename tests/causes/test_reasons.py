#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Why a slave is not ready: every reason code that takes processes, by its real cause, and what its remedy mends. Traffic goes on through all of
it, and loses nothing. (Those that one process can show are in tests/unit/control/reasons_test.cc.)"""

import ctypes
import os
import shutil
import signal
import socket
import stat

import pytest

from tests.support import faults, memory, processes
from tests.support import switch as on_wires
from tests.support.switch import Switch

KEEPALIVE_MS = 10000   # so that a slave may be stopped for a while
FLOWS = ['name=out,from=w1,to=w2,rate=2000', 'name=back,from=w2,to=w1,rate=2000']


class TwoReleases(Switch):
    """Its boards are started by a script, which adds what the test wrote for a slot: another release, a board that lacks something, or
    that gets no more than so many KB of memory."""

    def __init__(self):
        super().__init__('reasons', ports=2, journal_mb=1, keepalive_ms=KEEPALIVE_MS, board_program='/run/baton-reasons/board')

    def prepare(self):
        program = self.ground.path('baton-msm')   # the boards' user may not be allowed to walk to the build folder
        shutil.copy(os.path.join(self.build, 'baton-msm'), program)
        script = self.ground.path('board')
        with open(script, 'w') as file:
            file.write(f'#!/bin/sh\nat={self.ground.folder}\n[ ! -e $at/memory-$2 ] || ulimit -S -d $(cat $at/memory-$2)\n'
                       f'exec {program} "$@" $(cat $at/options-$2 2>/dev/null)\n')
        for path in (script, program):
            os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)

    def options(self, slot, words, what='options'):
        path = self.ground.path(f'{what}-{slot[-1]}')
        if words:
            with open(path, 'w') as file:
                file.write(words)
        elif os.path.exists(path):
            os.unlink(path)


@pytest.fixture(scope='module')
def switch():
    with TwoReleases() as up:
        yield up


@pytest.fixture(autouse=True)
def traffic(switch):
    """Every test begins ready, and no frame is lost in any."""
    for slot in ('a', 'b'):
        switch.options(slot, '')
        switch.options(slot, '', 'memory')
    switch.chassis.wait_ready(40)
    tester = switch.tester(FLOWS)
    tester.wait_started()
    yield
    on_wires.pause(0.3)
    wrong = on_wires.faults_of(tester.finish())
    if wrong:
        switch.keep_log()
    assert not wrong, wrong + '\n' + switch.chassis.log_tail(20)


def subsystem(chassis, role='slave', name='configuration'):
    board = chassis.board(role)
    return next((each for each in board['subsystems'] if each['name'] == name), {}) if board else {}


def wait_for(chassis, state, reason, seconds=20, **of):
    """Until the slave says so; what it says."""
    def says():
        now = subsystem(chassis, **of)
        return now.get('state') == state and now.get('reason') == reason and now
    found = processes.until(says, seconds, 0.02)
    assert found, f'not {state} with reason {reason}, but {subsystem(chassis, **of)}\n{chassis.log_tail(20)}'
    return found


def why_not(chassis):
    return (chassis.failover() or {}).get('why_not', '')


def stopped(pid):
    class Stopped:
        def __enter__(self):
            os.kill(pid, signal.SIGSTOP)

        def __exit__(self, *_):
            os.kill(pid, signal.SIGCONT)
    return Stopped()


def mended(chassis, reason, pid=None):
    """Ready again, with that as the old reason (the same process, if it is named); and then a failover is really hitless."""
    chassis.wait_ready(40)
    assert pid in (None, chassis.board('slave')['pid'])
    assert subsystem(chassis)['old_reason'] == reason
    before = on_wires.strike(chassis, 'SIGKILL')
    assert before
    on_wires.settle(chassis, before)


def script(switch, lines):
    path = switch.ground.path('lines')
    with open(path, 'w') as file:
        file.write('\n'.join(lines) + '\n')
    done = switch.chassis.run('-f', path, timeout=60)
    assert done.returncode == 0, done.stderr + done.stdout[-500:]


def test_brkt_ovflow_a_stopped_slave_is_overrun_and_transfers_all_again(switch):
    chassis = switch.chassis
    before = chassis.board('slave')
    with stopped(before['pid']), memory.Journal(chassis.process.pid) as journal:
        begun = journal.head()
        for turn in range(20):
            script(switch, [f'configure sys-name overrun{turn}-{i}' + ' ' * 800 for i in range(250)])   # journalled as typed
            if journal.head() - begun > 1.2 * journal.capacity:
                break
        else:
            pytest.fail('the journal was not overrun')
    chassis.wait_ready(40)
    after = chassis.board('slave')
    assert after['pid'] == before['pid'], 'it mends itself'
    assert after['resyncs'] == before['resyncs'] + 1
    assert after['transfer']['records'] == after['transfer']['of_records'] > 0
    assert processes.until(lambda: any('reason brkt ovflow' in line for line in chassis.log_lines()), 5, 0.05)
    mended(chassis, 'brkt ovflow')


def damaged(switch, damage):
    """A record is damaged between the master's store and the slave's reading."""
    chassis = switch.chassis
    pid = chassis.board('slave')['pid']
    with stopped(pid), memory.Journal(chassis.process.pid) as journal:
        at = journal.head()
        chassis.cli('create vlan damaged')
        place = next(position for position, header, payload in journal.records(at) if header[4] == 0 and header[6] == 3)
        damage(journal, place)
        chassis.cli('delete vlan damaged')
    return pid


@pytest.mark.parametrize('reason, damage', [
    ('invalid brkt', lambda journal, place: journal.flip(place + memory.RECORD.size + 3)),
    ('invalid subtype', lambda journal, place: journal.rewrite(place, subtype=999)),
    ('config failed', lambda journal, place: journal.rewrite(place, payload=journal.read(
        place + memory.RECORD.size, memory.RECORD.unpack(journal.read(place, memory.RECORD.size))[1]).replace(b'damaged', b'Default')))])
def test_a_record_that_the_slave_cannot_take_and_the_masters_snapshot(switch, reason, damage):
    pid = damaged(switch, damage)
    def mended_again():   # at once, or 10 s after the last snapshot: the failed state itself may be too short to be seen
        now = subsystem(switch.chassis)
        return now.get('state') == 'ready' and now.get('old_reason') == reason
    assert processes.until(mended_again, 40, 0.02), f'{subsystem(switch.chassis)}\n{switch.chassis.log_tail(20)}'
    switch.chassis.wait_ready(40)
    assert switch.chassis.board('slave')['pid'] == pid, 'the next snapshot mends it, without a reboot'
    assert any(f'configuration failed, reason {reason}; wait for the next snapshot' in line for line in switch.chassis.log_lines())


def break_channel(pid):
    """The socket between a board and the chassis, cut at the board's end."""
    libc = ctypes.CDLL(None, use_errno=True)
    pidfd = os.pidfd_open(pid)
    fd = libc.syscall(438, pidfd, 3, 0)   # pidfd_getfd of backplane_fd
    assert fd >= 0, os.strerror(ctypes.get_errno())
    channel = socket.socket(fileno=fd)
    channel.shutdown(socket.SHUT_RDWR)
    channel.close()
    os.close(pidfd)


def test_comm_error_the_slaves_channel_breaks_and_the_chassis_starts_it_again(switch):
    chassis = switch.chassis
    before = chassis.board('slave')
    break_channel(before['pid'])
    assert processes.until(lambda: (board := chassis.board('slave')) and board['pid'] != before['pid'], 20, 0.02)
    mended(chassis, 'comm error')


def test_no_xh_support_a_slave_that_lacks_it_follows_but_is_not_ready(switch):
    chassis = switch.chassis
    slave = chassis.board('slave')
    switch.options(slave['slot'], '--follow-only')
    chassis.cli(f'--yes reboot slot {slave["slot"]}')
    said = wait_for(chassis, 'failed', 'no xh support')
    assert 'follow-only' in said['remedy']
    assert chassis.run('run', 'msm-failover').returncode == 5
    switch.options(slave['slot'], '')
    chassis.cli(f'--yes reboot slot {slave["slot"]}')
    chassis.wait_ready(40)


def test_an_older_slave_config_command_then_rev_and_then_the_upgrade(switch):
    """A conservative upgrade: the slave runs an older release. Ready until somebody uses what it does not know; ready again when that is taken
    back; not to be brought up while it stands; and ready with the master's release."""
    chassis = switch.chassis
    slave = chassis.board('slave')
    switch.options(slave['slot'], '--pretend-release 0.2.0')
    chassis.cli(f'--yes reboot slot {slave["slot"]}')
    assert processes.until(lambda: (board := chassis.board('slave')) and board['release'] == '0.2.0', 20, 0.02)
    chassis.wait_ready(40)
    chassis.cli('configure syslog add 127.0.0.1:5514')
    wait_for(chassis, 'failed', 'config command')
    assert 'config command; take the change back' in why_not(chassis)
    chassis.cli('configure syslog delete 127.0.0.1:5514')
    chassis.wait_ready(40)
    chassis.cli('configure syslog add 127.0.0.1:5514')
    wait_for(chassis, 'failed', 'config command')
    script(switch, [f'configure sys-name fill{i}' for i in range(4000)])   # past the middle of the journal: a snapshot, which holds the change
    chassis.cli(f'--yes reboot slot {slave["slot"]}')
    said = wait_for(chassis, 'failed', 'rev(M) > rev(S)')
    assert "master's release" in said['remedy']
    switch.options(slave['slot'], '')
    chassis.cli(f'--yes reboot slot {slave["slot"]}')
    chassis.wait_ready(40)
    chassis.cli('configure syslog delete 127.0.0.1:5514')


def test_hotswap_an_older_slave_is_pulled_out_while_the_upgrade_is_under_way(switch):
    chassis = switch.chassis
    slot = chassis.board('slave')['slot']
    switch.options(slot, '--pretend-release 0.2.0')
    chassis.cli(f'--yes reboot slot {slot}')
    assert processes.until(lambda: (board := chassis.board('slave')) and board['release'] == '0.2.0', 20, 0.02)
    chassis.wait_ready(40)
    chassis.hand('remove', slot)
    assert processes.until(lambda: 'reason hotswap; put the slave back' in why_not(chassis), 20, 0.02), why_not(chassis)
    assert chassis.run('run', 'msm-failover').returncode == 5
    assert any(f'{slot} was removed while an upgrade is under way (hotswap)' in line for line in chassis.log_lines())
    switch.options(slot, '')
    chassis.hand('insert', slot)
    chassis.wait_ready(40)


def test_memory_a_slave_that_gets_too_little_drops_the_state_and_takes_it_once_it_gets_more(switch):
    chassis = switch.chassis
    slave = chassis.board('slave')
    chassis.cli(f'--yes reboot slot {slave["slot"]}')
    assert processes.until(lambda: (board := chassis.board('slave')) and board['pid'] != slave['pid'], 20, 0.02)
    chassis.wait_ready(40)
    small = int(faults.status_of(chassis.board('slave')['pid'], 'VmData')[0])   # KB
    macs = [f'02:33:00:00:{number >> 8:02x}:{number & 255:02x}' for number in range(3500)]   # the journal has room for these
    script(switch, [f'create fdbentry {mac} vlan Default blackhole' for mac in macs])
    switch.options(slave['slot'], str(small + 256), 'memory')
    chassis.cli(f'--yes reboot slot {slave["slot"]}')
    said = wait_for(chassis, 'failed', 'memory')
    assert 'more memory' in said['remedy']
    assert 'memory' in why_not(chassis)
    pid = chassis.board('slave')['pid']
    faults.limit_memory(pid, 'unlimited')
    mended(chassis, 'memory', pid)
    script(switch, [f'delete fdbentry {mac} vlan Default' for mac in macs])


def test_keepalive_is_the_new_masters_reason_and_the_hung_boards_reason_to_transfer(switch):
    chassis = switch.chassis
    before = chassis.wait_ready()
    os.kill(chassis.board('master', before)['pid'], signal.SIGSTOP)
    after = on_wires.settle(chassis, before, 60)
    assert after['last_failover']['cause'] == 'keepalive'
    for name in ('configuration', 'l2 hardware', 'l3 hardware', 'log'):
        master = subsystem(chassis, 'master', name)
        assert (master['state'], master['reason'], master['old_state']) == ('ready', 'keepalive', 'ready')
        assert subsystem(chassis, 'slave', name)['old_reason'] == 'keepalive'


def test_watchdog_is_the_new_masters_reason(switch):
    chassis = switch.chassis
    before = chassis.wait_ready()
    held = faults.stick_loop(chassis.board('master', before)['pid'])
    assert processes.until(lambda: (chassis.term() or 0) > before['term'], 30, 0.02)
    held.release()
    after = on_wires.settle(chassis, before, 60)
    assert after['last_failover']['cause'] == 'watchdog'
    assert subsystem(chassis, 'master')['reason'] == 'watchdog'
    assert subsystem(chassis, 'slave')['old_reason'] == 'watchdog'


def test_l2_l3_failed_tables_are_changed_behind_the_back_and_programmed_again(switch):
    """A VLAN of no flow loses its ports in the tables; the audit finds it, and it is mended."""
    chassis = switch.chassis
    chassis.cli('create vlan audited')
    chassis.cli('configure vlan audited tag 999')
    chassis.cli('configure vlan audited add ports 1:1-1:2 tagged')
    dataplane = chassis.show('switch')['dataplane']['pid']
    with memory.Arena(dataplane, 'tables') as tables:
        at = tables.layout['TablesArena']['vlans'][0] + 999 * tables.layout['VlanEntry'][''][1] + tables.layout['VlanEntry']['member'][0]
        assert tables.memory[at] != 0
        tables.memory[at] = 0
        said = wait_for(chassis, 'failed', 'L2,L3 failed', role='master', name='l2 hardware')
        assert 'programmed again' in said['remedy']
        assert 'L2,L3 failed' in why_not(chassis)
        chassis.wait_ready(40)
        assert tables.memory[at] != 0
    chassis.cli('delete vlan audited')


def test_l2_l3_failed_is_of_layer_3_alone_when_an_interface_is_changed_behind_the_back(switch):
    """The MTU of a VLAN's interface changes in the tables; the audit finds it, layer 2 is not blamed, and it is mended."""
    chassis = switch.chassis
    chassis.cli('create vlan audited')
    chassis.cli('configure vlan audited tag 999')
    chassis.cli('configure vlan audited ipaddress 192.0.2.1/24')
    chassis.cli('configure iproute add 198.51.100.0/24 192.0.2.2')
    chassis.wait_ready(40)
    dataplane = chassis.show('switch')['dataplane']['pid']
    with memory.Arena(dataplane, 'tables') as tables:
        at = tables.layout['TablesArena']['vlans'][0] + 999 * tables.layout['VlanEntry'][''][1] + tables.layout['VlanEntry']['mtu'][0]
        assert tables.memory[at] != 1
        tables.memory[at] = 1
        wait_for(chassis, 'failed', 'L2,L3 failed', role='master', name='l3 hardware')
        assert subsystem(chassis, 'master', 'l2 hardware')['state'] == 'ready'
        assert 'l3 hardware is failed' in why_not(chassis)
        chassis.wait_ready(40)
        assert tables.memory[at] != 1
    chassis.cli('delete vlan audited')
