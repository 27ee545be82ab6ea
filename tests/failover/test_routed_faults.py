#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""One fault after the other on a routed switch, each under traffic that has to go on as if nothing had happened: routed, by several next
hops, denied, switched; the router's own answers to ARP, neighbour solicitations and pings are counted as well."""

import os
import random
import signal
import time

import pytest

from tests.support import routed
from tests.support import switch as on_wires
from tests.support.routed import ROUTER, RoutedSwitch
from tests.support.switch import KINDS

RATE = 2000
DARK_SECONDS = 5


@pytest.fixture(scope='module')
def switch():
    with RoutedSwitch('routedfaults') as up:
        up.configure()
        up.chassis.wait_ready()
        yield up


class Traffic:
    """The flows, running; at the end every packet must have been right, and every question answered."""

    def __init__(self, switch, flows=(), hosts=()):
        self.switch, self.flows, self.hosts = switch, flows, hosts

    def __enter__(self):
        self.tester = self.switch.tester(routed.flows(RATE) + list(self.flows), hosts=routed.hosts() + list(self.hosts))
        self.tester.wait_started()
        on_wires.pause(0.3)
        return self.tester

    def __exit__(self, kind, *_):
        if kind is not None:
            self.switch.keep_log()
            self.tester.process.kill()
            return
        on_wires.pause(0.5)
        report = self.tester.finish()
        faults = on_wires.faults_of(report)
        if faults:
            self.switch.keep_log()
        drops = {name: count for name, count in self.switch.chassis.show('drops')['reasons'].items() if count}
        assert not faults, f'{faults}\ndrops: {drops}\n{self.switch.chassis.log_tail(20)}'
        assert report['denied'] > 0
        assert all(host['answered'] == host['asked'] > 0 for host in report['hosts'] if not host['name'].startswith('late'))


@pytest.mark.parametrize('kind', KINDS)
def test_one_failover_loses_no_packet_and_no_answer(switch, kind):
    with Traffic(switch):
        before = on_wires.strike(switch.chassis, kind)
        assert before, f'{kind} could not be begun'
        on_wires.settle(switch.chassis, before)
        on_wires.pause(1)


def test_ten_failovers_back_to_back_lose_nothing(switch):
    with Traffic(switch):
        for number in range(10):
            before = on_wires.strike(switch.chassis, KINDS[number % 3])
            assert before
            on_wires.settle(switch.chassis, before)


def test_the_slave_is_killed_while_it_takes_over(switch):
    """At ten moments in the first milliseconds of its taking over; each time nobody is left, and somebody must come."""
    draw = random.Random(11)
    with Traffic(switch):
        for _ in range(10):
            before = switch.chassis.wait_ready()
            master, slave = switch.chassis.board('master', before), switch.chassis.board('slave', before)
            delay = draw.random() * 0.004
            os.kill(master['pid'], signal.SIGKILL)
            end = time.monotonic() + delay
            while time.monotonic() < end:   # shorter than a sleep can be
                pass
            os.kill(slave['pid'], signal.SIGKILL)
            on_wires.settle(switch.chassis, before)


def test_with_both_boards_dead_for_five_seconds_it_routes_and_answers(switch):
    """The chassis is stopped meanwhile, since it would start new boards at once; so there is only the data plane."""
    chassis = switch.chassis
    with Traffic(switch) as tester:
        before = chassis.wait_ready()
        os.kill(chassis.process.pid, signal.SIGSTOP)
        try:
            for board in before['boards']:
                os.kill(board['pid'], signal.SIGKILL)
            tester.mark('nobody')
            on_wires.pause(DARK_SECONDS)
            assert chassis.failover() is None
        finally:
            os.kill(chassis.process.pid, signal.SIGCONT)
        on_wires.settle(chassis, before)
        tester.mark('somebody')


def test_a_route_that_was_acknowledged_outlives_both_boards(switch):
    chassis = switch.chassis
    with Traffic(switch):
        for number in range(3):
            before = chassis.wait_ready()
            chassis.cli(f'configure iproute add 172.31.{number}.0/24 10.20.0.2')
            for board in before['boards']:
                os.kill(board['pid'], signal.SIGKILL)
            on_wires.settle(chassis, before)
            assert f'configure iproute add 172.31.{number}.0/24 10.20.0.2 1' in chassis.show('configuration')['commands']
            chassis.cli(f'configure iproute delete 172.31.{number}.0/24 10.20.0.2')


@pytest.mark.parametrize('kind', KINDS)
def test_a_packet_that_waits_for_its_next_hop_outlives_the_master(switch, kind):
    """Its master ends when it has just been asked to resolve; the first packet must arrive all the same, so there is no probe before it."""
    late = f'late{KINDS.index(kind)}'
    address = f'10.30.0.{60 + KINDS.index(kind)}'
    flow = f'name={late},from=r,to={late},router={ROUTER},rate=5,start=no,probe=no'
    with Traffic(switch, [flow], [f'name={late},at=w3,ip={address},answers=no']) as tester:
        switch.chassis.wait_ready()
        tester.start_flow(late)
        before = on_wires.strike(switch.chassis, kind)
        tester.tell(f'answer {late}')
        assert before
        on_wires.settle(switch.chassis, before)
        on_wires.pause(1.5)
