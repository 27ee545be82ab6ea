#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""One fault after the other on a switch of four wires, each under traffic that has to go on as if nothing had happened."""

import os
import random
import signal
import time

import pytest

from tests.support import processes
from tests.support import switch as on_wires
from tests.support.switch import KINDS, Switch

FLOWS = ['name=out,from=w1,to=w2,rate=10000', 'name=back,from=w2,to=w1,rate=10000,size=imix', 'name=trunk-in,from=w4/10,to=w1,rate=2000',
         'name=trunk-out,from=w3,to=w4/20,rate=2000', 'name=flood,from=w1,to=w2+w4/10,expect=flood,rate=500',
         'name=newcomer,from=w1,to=w2,dst=02:33:00:00:00:01,rate=2000,start=no',
         'name=newcomer-back,from=w2,to=w1,src=02:33:00:00:00:01,rate=2000,start=no']


@pytest.fixture(scope='module', params=[1, 2], ids=['one worker', 'two workers'])
def switch(request):
    with Switch('faults', workers=request.param) as up:
        up.two_vlans()
        yield up


class Traffic:
    """The flows, running; at the end every frame must have been right."""

    def __init__(self, switch, newcomers=False):
        self.switch = switch
        self.flows = FLOWS if newcomers else FLOWS[:5]

    def __enter__(self):
        self.tester = self.switch.tester(self.flows)
        self.tester.wait_started()
        on_wires.pause(0.3)
        return self.tester

    def __exit__(self, kind, *_):
        if kind is not None:
            self.switch.keep_log()
            self.tester.process.kill()
            return
        on_wires.pause(0.5)
        faults = on_wires.faults_of(self.tester.finish())
        if faults:
            self.switch.keep_log()
        assert not faults, faults + '\n' + self.switch.chassis.log_tail(20)


def ready(chassis, seconds=20):
    return chassis.wait_ready(seconds)


@pytest.mark.parametrize('kind', KINDS)
def test_one_failover_loses_nothing_and_shows_its_cause(switch, kind):
    with Traffic(switch):
        before = on_wires.strike(switch.chassis, kind)
        assert before, f'{kind} could not be begun'
        after = on_wires.settle(switch.chassis, before)
        assert after['term'] == before['term'] + 1
        assert after['last_failover']['cause'] == ('admin' if kind == 'operator' else 'exception')
        assert after['last_failover']['duration_us'] > 0
        assert switch.chassis.board('master', after)['slot'] != switch.chassis.board('master', before)['slot']
        if kind != 'operator':
            assert after['last_failover']['signal'] == getattr(signal, kind)


def test_ten_failovers_back_to_back_lose_nothing(switch):
    with Traffic(switch):
        for number in range(10):
            before = on_wires.strike(switch.chassis, KINDS[number % 3])
            assert before
            on_wires.settle(switch.chassis, before)


def test_a_killed_slave_is_replaced_and_the_baton_stays(switch):
    with Traffic(switch):
        before = ready(switch.chassis)
        slave = switch.chassis.board('slave', before)
        os.kill(slave['pid'], signal.SIGKILL)
        assert processes.until(lambda: (now := switch.chassis.failover()) and (board := switch.chassis.board('slave', now)) and
                               board['pid'] != slave['pid'] and now['hitless_ready'], 20, 0.02)
        assert switch.chassis.term() == before['term']


def test_the_slave_is_killed_while_it_takes_over(switch):
    """At ten moments in the first milliseconds of its taking over; each time nobody is left, and somebody must come."""
    draw = random.Random(7)
    with Traffic(switch):
        for _ in range(10):
            before = ready(switch.chassis)
            master, slave = switch.chassis.board('master', before), switch.chassis.board('slave', before)
            delay = draw.random() * 0.004
            os.kill(master['pid'], signal.SIGKILL)
            end = time.monotonic() + delay
            while time.monotonic() < end:   # shorter than a sleep can be
                pass
            os.kill(slave['pid'], signal.SIGKILL)
            on_wires.settle(switch.chassis, before)


def test_a_change_that_was_acknowledged_outlives_both_boards(switch):
    chassis = switch.chassis
    with Traffic(switch):
        for number in range(5):
            before = ready(chassis)
            chassis.cli(f'create vlan outlives{number}')
            for board in before['boards']:
                os.kill(board['pid'], signal.SIGKILL)
            on_wires.settle(chassis, before)
            assert f'outlives{number}' in [vlan['name'] for vlan in chassis.show('vlan')['vlans']]
            chassis.cli(f'delete vlan outlives{number}')


def test_with_both_boards_dead_it_forwards_and_learns_a_new_host(switch):
    """The chassis is stopped meanwhile, since it would start new boards at once; so for three seconds there is only the data plane."""
    chassis = switch.chassis
    with Traffic(switch, newcomers=True) as tester:
        before = ready(chassis)
        os.kill(chassis.process.pid, signal.SIGSTOP)
        try:
            for board in before['boards']:
                os.kill(board['pid'], signal.SIGKILL)
            dark = time.monotonic()
            tester.mark('nobody')
            tester.start_flow('newcomer')
            tester.start_flow('newcomer-back')
            on_wires.pause(max(0, 3 - (time.monotonic() - dark)))
            assert chassis.failover() is None
        finally:
            os.kill(chassis.process.pid, signal.SIGCONT)
        on_wires.settle(chassis, before)
        tester.mark('somebody')
        known = [entry for entry in chassis.show('fdb')['entries'] if entry['mac'] == '02:33:00:00:00:01']
        assert [entry['port'] for entry in known] == ['1:2']


def test_a_stopped_master_is_dispossessed_by_keepalive_and_changes_nothing_afterwards(switch):
    chassis = switch.chassis
    with Traffic(switch):
        before = ready(chassis)
        refused = before['refused_commands']
        master = chassis.board('master', before)
        os.kill(master['pid'], signal.SIGSTOP)
        after = on_wires.settle(chassis, before, 30)
        assert after['last_failover']['cause'] in ('keepalive', 'watchdog')
        assert not processes.start_time(master['pid']), 'the stopped master still lives'
        assert after['refused_commands'] == refused


def test_a_stopped_slave_costs_readiness_and_not_the_baton(switch):
    chassis = switch.chassis
    with Traffic(switch):
        before = ready(chassis)
        slave = chassis.board('slave', before)
        os.kill(slave['pid'], signal.SIGSTOP)
        assert processes.until(lambda: (now := chassis.failover()) and (board := chassis.board('slave', now)) and
                               board['pid'] != slave['pid'] and now['hitless_ready'], 30, 0.02)
        assert chassis.term() == before['term']
