#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every way in which a board can end, provoked for real on the real programs, each with its cause, its dying words and its log line, under
traffic that does not notice: everything is configured to be hitless."""

import re

import pytest

from tests.support import causes, fabric, faults, processes
from tests.support import switch as on_wires
from tests.support.causes import CAUSES, NAME
from tests.support.switch import Switch

FLOWS = ['name=out,from=w1,to=w2,rate=4000', 'name=back,from=w2,to=w1,rate=4000,size=imix']


@pytest.fixture(scope='module')
def switch():
    with Switch('causes', keepalive_ms=1000) as up:
        up.two_vlans()
        up.chassis.cli(f'create vlan {NAME}')
        yield up


@pytest.mark.parametrize('how', CAUSES)
def test_it_is_shown_with_its_cause_and_loses_nothing(switch, how):
    chassis, cause = switch.chassis, CAUSES[how]
    fabric.mend(chassis)
    chassis.wait_ready(30)
    with open(chassis.log) as log:
        seen = len(log.read())
    tester = switch.tester(FLOWS)
    try:
        tester.wait_started()
        before, after = causes.lose_master(chassis, how)
        ready = on_wires.settle(chassis, before, 30)
        on_wires.pause(0.3)
        wrong = on_wires.faults_of(tester.finish())
    except BaseException:
        tester.process.kill()
        switch.keep_log()
        raise
    with open(chassis.log) as log:
        told = log.read()[seen:]
    assert not wrong, wrong + '\n' + chassis.log_tail(30)
    assert after['last_failover']['cause'] == cause.shown
    assert ready['term'] == before['term'] + 1, 'one fault, one failover'
    assert ready['last_failover']['frames_dropped'] == 0
    if cause.words:
        assert re.search(cause.words, told), told[-3000:]
    assert any(f'cause={cause.shown}' in line and 'took over' in line for line in chassis.log_lines()), 'show log tells it'


def test_a_board_that_is_pulled_out_is_shown_as_not_there_and_comes_back_ready(switch):
    chassis = switch.chassis
    chassis.wait_ready(30)
    slave = chassis.board('slave')['slot']
    chassis.hand('remove', slave)
    assert processes.until(lambda: (now := chassis.failover()) and not now['hitless_ready'] and
                           not any(board['role'] == 'slave' for board in now['boards']), 10, 0.02)
    assert chassis.run('run', 'msm-failover').returncode == 5
    checked = chassis.run('-j', 'check', 'msm-failover')
    assert checked.returncode == 5 and slave in checked.stdout
    twice = chassis.hand('remove', slave, check=False)
    assert twice.returncode == 1 and 'insert it first' in twice.stderr
    chassis.hand('insert', slave)
    chassis.wait_ready(30)
    assert chassis.run('check', 'msm-failover').returncode == 0


def examined_after_damage(chassis, slave):
    """The answer to `run diagnostics`, or nothing when the look that each board takes at itself once a second came first."""
    assert faults.damage(slave['pid'], NAME)
    found = chassis.run('run', 'diagnostics', 'slot', slave['slot'], 'extended')
    return None if 'is not there to be examined' in found.stderr else found


def test_diagnostics_of_both_boards_pass_and_find_a_damaged_slave(switch):
    chassis = switch.chassis
    before = chassis.wait_ready(30)
    for slot in ('msm-a', 'msm-b'):
        for how in ('', ' normal', ' extended'):
            assert 'passed' in chassis.cli(f'run diagnostics slot {slot}{how}')
    for _ in range(5):
        chassis.wait_ready(30)
        slave = chassis.board('slave')
        if found := examined_after_damage(chassis, slave):
            break
    assert found and found.returncode == 1 and 'failed its diagnostics' in found.stderr, found
    assert 'hard-reset' in found.stderr
    after = chassis.wait_ready(30)
    assert after['term'] == before['term'], 'a failing slave costs no failover'
    chassis.reset_hard(slave['slot'])
    chassis.wait_ready(30)
