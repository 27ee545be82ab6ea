#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Boards come back in step whatever happens on the way: a slave that dies in the middle of a transfer, of a take-over, both boards at once,
failovers back to back. Each ends in a switch that is right: configuration, tables, traffic."""

import os
import random
import signal
import time

import pytest

from tests.support import processes
from tests.support import switch as on_wires
from tests.support.switch import KINDS, Switch

ENTRIES = 300
FLOWS = ['name=out,from=w1,to=w2,rate=4000', 'name=back,from=w2,to=w1,rate=4000,size=imix', 'name=trunk,from=w4/10,to=w1,rate=1000']


@pytest.fixture(scope='module', params=[1, 2], ids=['one worker', 'two workers'])
def switch(request):
    """With a configuration that takes a slave some time to transfer."""
    with Switch('instep', workers=request.param) as up:
        up.two_vlans()
        path = up.ground.path('entries')
        with open(path, 'w') as file:
            for i in range(ENTRIES):
                file.write(f'create fdbentry 02:99:00:00:{i >> 8:02x}:{i & 255:02x} vlan red ports 1:{1 + i % 2}\n')
        done = up.chassis.run('-f', path, timeout=120)
        assert done.returncode == 0, done.stdout[-500:] + done.stderr
        up.wanted = up.chassis.cli('show configuration')
        yield up


@pytest.fixture(autouse=True)
def right_in_the_end(switch):
    chassis = switch.chassis
    chassis.wait_ready(40)
    tester = switch.tester(FLOWS)
    tester.wait_started()
    yield
    chassis.wait_ready(60)
    assert chassis.cli('show configuration') == switch.wanted
    fixed = {entry['mac']: entry['port'] for entry in chassis.show('fdb permanent')['entries']}
    assert fixed == {f'02:99:00:00:{i >> 8:02x}:{i & 255:02x}': f'1:{1 + i % 2}' for i in range(ENTRIES)}
    faults = on_wires.faults_of(tester.finish())
    if faults:
        switch.keep_log()
    assert not faults, faults + '\n' + chassis.log_tail(30)


def spin(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:   # shorter than a sleep can be
        pass


def board_pid(chassis, slot):
    """The chassis's child in that slot, also when it has said nothing yet."""
    for pid in processes.children(chassis.process.pid):
        try:
            with open(f'/proc/{pid}/cmdline', 'rb') as file:
                words = file.read().split(b'\0')
        except OSError:
            continue
        if b'--slot' in words and words[words.index(b'--slot') + 1] == slot[-1].encode():
            return pid
    return None


def test_a_slave_dies_in_the_middle_of_its_transfer_again_and_again(switch):
    chassis, draw = switch.chassis, random.Random(3)
    before = chassis.wait_ready()
    slave = chassis.board('slave', before)
    os.kill(slave['pid'], signal.SIGKILL)
    last, died = slave['pid'], 0
    for _ in range(12):
        pid = processes.until(lambda: (now := board_pid(chassis, slave['slot'])) and now != last and now, 20, 0.001)
        assert pid, 'nobody restarts the slave'
        spin(draw.random() * 0.06)
        try:
            os.kill(pid, signal.SIGKILL)
            died += 1
        except ProcessLookupError:
            pass
        last = pid
    assert died > 6
    chassis.wait_ready(60)
    assert chassis.term() == before['term'], 'the master stayed'
    after = on_wires.strike(chassis, 'SIGKILL')   # and now the slave that came up last has to carry it
    on_wires.settle(chassis, after)


def test_a_slave_dies_in_the_middle_of_taking_over(switch):
    chassis, draw = switch.chassis, random.Random(5)
    for _ in range(6):
        before = chassis.wait_ready(40)
        master, slave = chassis.board('master', before), chassis.board('slave', before)
        os.kill(master['pid'], signal.SIGKILL)
        spin(draw.random() * 0.02)
        os.kill(slave['pid'], signal.SIGKILL)
        on_wires.settle(chassis, before, 40)


def test_both_boards_die_together(switch):
    chassis = switch.chassis
    for _ in range(4):
        before = chassis.wait_ready(40)
        for board in before['boards']:
            os.kill(board['pid'], signal.SIGKILL)
        on_wires.settle(chassis, before, 40)


def test_failovers_back_to_back(switch):
    chassis = switch.chassis
    for number in range(12):
        before = on_wires.strike(chassis, KINDS[number % 3])
        assert before
        on_wires.settle(chassis, before, 40)


def test_the_next_failover_comes_before_the_slave_is_back(switch):
    """Not hitless, said so beforehand, and yet the state is whole: the journal has it."""
    chassis = switch.chassis
    for _ in range(4):
        before = chassis.wait_ready(40)
        chassis.kill('master')
        after = processes.until(lambda: (now := chassis.failover()) and now['term'] > before['term'] and now, 20, 0.002)
        assert after
        os.kill(chassis.board('master', after)['pid'], signal.SIGKILL)
        on_wires.settle(chassis, after, 40)
