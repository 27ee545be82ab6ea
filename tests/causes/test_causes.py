#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every way in which a board can end, provoked for real on the real programs, each with its cause, its dying words and its log line, under
traffic that does not notice: everything is configured to be hitless."""

import os
import re
import signal

import pytest

from tests.support import faults, processes
from tests.support import switch as on_wires
from tests.support.ground import run
from tests.support.switch import Switch

FLOWS = ['name=out,from=w1,to=w2,rate=4000', 'name=back,from=w2,to=w1,rate=4000,size=imix']
NAME = 'a-name-too-long-for-a-short-string'[:32]


@pytest.fixture(scope='module')
def switch():
    with Switch('causes', keepalive_ms=600) as up:
        up.two_vlans()
        up.chassis.cli(f'create vlan {NAME}')
        yield up


def by_signal(number):
    def do(switch, master):
        os.kill(master['pid'], number)
        return None
    return do


def out_of_memory(switch, master):
    """The next larger allocation is asked for by many VLANs being shown at once, on several sessions."""
    faults.starve_of_memory(master['pid'])
    for _ in range(50):
        if not processes.start_time(master['pid']):
            break
        switch.chassis.run('-j', '--timeout', '1', 'show', 'configuration')
        switch.chassis.run('-j', '--timeout', '1', 'show', 'log')


def watchdog_thread(_, master):
    return faults.stick_watchdog(master['pid']).release


def loop_thread(_, master):
    return faults.stick_loop(master['pid']).release


def memory(_, master):
    assert faults.damage(master['pid'], NAME)


def hard_reset(switch, master):
    switch.chassis.cli(f'reboot slot {master["slot"]} hard-reset')


def by_hand(switch, master):
    config = switch.ground.path('baton.conf')
    run(switch.chassis.program('baton-chassis'), '--config', config, 'remove', master['slot'])
    return lambda: run(switch.chassis.program('baton-chassis'), '--config', config, 'insert', master['slot'])


#        how             provoked by                       shown as      words in the chassis's log, or none
CASES = {'segfault': (by_signal(signal.SIGSEGV), 'exception', r'dying words .*signal=11 .*Segmentation fault'),
         'abort': (by_signal(signal.SIGABRT), 'exception', r'dying words .*signal=6 .*Aborted'),
         'bus error': (by_signal(signal.SIGBUS), 'exception', r'dying words .*signal=7 '),
         'kill': (by_signal(signal.SIGKILL), 'exception', None),
         'uncaught exception': (out_of_memory, 'exception', r'dying words .*uncaught exception: std::bad_alloc'),
         'critical task': (watchdog_thread, 'exception', r'dying words .*a critical task failed: the watchdog thread stands'),
         'stuck loop': (loop_thread, 'watchdog', r'dying words .*cause=watchdog .*the event loop stood for'),
         'stopped': (by_signal(signal.SIGSTOP), 'keepalive', r'killed unit=.* cause=keepalive'),
         'damaged memory': (memory, 'hwFailure', r'dying words .*cause=hwFailure .*diagnostics: the configuration in memory was damaged'),
         'hard reset': (hard_reset, 'removal', r'plane=.* state=absent because=hard-reset'),
         'pulled out': (by_hand, 'removal', r'plane=.* state=absent because=removal')}


@pytest.mark.parametrize('how', CASES)
def test_it_is_shown_with_its_cause_and_loses_nothing(switch, how):
    provoke, cause, words = CASES[how]
    chassis = switch.chassis
    before = chassis.wait_ready(30)
    with open(chassis.log) as log:
        seen = len(log.read())
    tester = switch.tester(FLOWS)
    try:
        tester.wait_started()
        undo = provoke(switch, chassis.board('master', before))
        try:
            after = processes.until(lambda: (now := chassis.failover()) and now['term'] > before['term'] and now, 20, 0.02)
        finally:
            if undo:
                undo()
        assert after, f'nobody took over within 20 s\n{chassis.log_tail(40)}'
        ready = on_wires.settle(chassis, before, 30)
    except BaseException:
        tester.process.kill()
        switch.keep_log()
        raise
    on_wires.pause(0.3)
    wrong = on_wires.faults_of(tester.finish())
    with open(chassis.log) as log:
        told = log.read()[seen:]
    assert not wrong, wrong + '\n' + chassis.log_tail(30)
    assert after['last_failover']['cause'] == cause
    assert ready['term'] == before['term'] + 1, 'one fault, one failover'
    assert ready['last_failover']['frames_dropped'] == 0
    if words:
        assert re.search(words, told), told[-3000:]
    assert any(f'cause={cause}' in line and 'took over' in line for line in chassis.log_lines()), 'show log tells it'


def test_a_board_that_is_pulled_out_is_shown_as_not_there_and_comes_back_ready(switch):
    chassis = switch.chassis
    chassis.wait_ready(30)
    slave = chassis.board('slave')['slot']
    command = [chassis.program('baton-chassis'), '--run-dir', switch.ground.folder]
    run(*command, 'remove', slave)
    assert processes.until(lambda: (now := chassis.failover()) and not now['hitless_ready'] and
                           not any(board['role'] == 'slave' for board in now['boards']), 10, 0.02)
    assert chassis.run('run', 'msm-failover').returncode == 5
    checked = chassis.run('-j', 'check', 'msm-failover')
    assert checked.returncode == 5 and slave in checked.stdout
    twice = run(*command, 'remove', slave, check=False)
    assert twice.returncode == 1 and 'insert it first' in twice.stderr
    run(*command, 'insert', slave)
    chassis.wait_ready(30)
    assert chassis.run('check', 'msm-failover').returncode == 0


def test_diagnostics_of_both_boards_pass_and_find_a_damaged_slave(switch):
    chassis = switch.chassis
    before = chassis.wait_ready(30)
    for slot in ('msm-a', 'msm-b'):
        for how in ('', ' normal', ' extended'):
            assert 'passed' in chassis.cli(f'run diagnostics slot {slot}{how}')
    slave = chassis.board('slave', before)
    assert faults.damage(slave['pid'], NAME)
    found = chassis.run('run', 'diagnostics', 'slot', slave['slot'], 'extended')
    assert found.returncode == 1 and 'failed its diagnostics' in found.stderr, found.stderr
    assert 'hard-reset' in found.stderr
    after = chassis.wait_ready(30)
    assert after['term'] == before['term'], 'a failing slave costs no failover'
    chassis.cli(f'reboot slot {slave["slot"]} hard-reset')
    chassis.wait_ready(30)
