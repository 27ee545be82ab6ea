#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The proofs of layer 3 can fail: a router that really loses, leads astray, or holds other tables than it was told is found out by the same
means that the other tests use."""

import pytest

from tests.failover.churn import Wrong
from tests.failover.routed_churn import RoutedChurn
from tests.support import processes, route_tables, routed
from tests.support import switch as on_wires
from tests.support.routed import ROUTER, SINGLE, RoutedSwitch

FLOWS = [flow for flow in routed.flows(2000) if flow.startswith(('name=single,', 'name=many,', 'name=red-blue,'))]


@pytest.fixture(scope='module')
def switch():
    with RoutedSwitch('routedproof') as up:
        up.configure()
        up.chassis.wait_ready()
        yield up


@pytest.fixture
def tables(switch):
    with route_tables.RouteTables(switch.chassis.show('switch')['dataplane']['pid']) as found:
        yield found


@pytest.fixture
def connected(switch):
    with switch.connected():
        yield switch


def traffic_with(switch, *commands):
    """The report of traffic during which an operator types those commands."""
    tester = switch.tester(FLOWS, hosts=routed.hosts())
    tester.wait_started()
    tester.mark('disturbed')
    for command in commands:
        switch.chassis.cli(command)
    tester.mark('after')
    on_wires.pause(0.3)
    return tester.finish()


def of_flow(report, name, what):
    return sum(flow[what] for window in report['windows'] for flow in window['flows'] if flow['name'] == name)


def test_a_longer_prefix_that_leads_elsewhere_is_found_as_misdelivery(switch):
    report = traffic_with(switch, f'configure iproute add {SINGLE}/25 10.30.0.2', f'configure iproute delete {SINGLE}/25 10.30.0.2')
    assert report['verdict'] == 'bad'
    assert of_flow(report, 'single', 'misdelivered') > 0
    assert of_flow(report, 'red-blue', 'lost') == of_flow(report, 'red-blue', 'misdelivered') == 0


def test_a_route_that_is_gone_for_a_moment_is_found(switch):
    """Until it comes back the default route takes its packets elsewhere."""
    report = traffic_with(switch, f'configure iproute delete {SINGLE}/24 10.20.0.2', f'configure iproute add {SINGLE}/24 10.20.0.2')
    assert report['verdict'] == 'bad' and of_flow(report, 'single', 'misdelivered') > 0


def test_a_black_hole_is_found_as_loss(switch):
    report = traffic_with(switch, f'configure iproute add blackhole {SINGLE}/25', f'configure iproute delete blackhole {SINGLE}/25')
    assert report['verdict'] == 'bad' and of_flow(report, 'single', 'lost') > 0 and of_flow(report, 'single', 'misdelivered') == 0


def test_a_next_hop_that_joins_or_leaves_moves_flows_and_is_found(switch):
    report = traffic_with(switch, 'configure iproute delete 203.0.113.0/24 10.30.0.2', 'configure iproute add 203.0.113.0/24 10.30.0.2')
    assert report['verdict'] == 'bad' and of_flow(report, 'many', 'moved') > 0 and of_flow(report, 'many', 'lost') == 0


def test_forwarding_that_is_off_for_a_moment_is_found(switch):
    report = traffic_with(switch, 'disable ipforwarding vlan red', 'enable ipforwarding vlan red')
    assert report['verdict'] == 'bad' and of_flow(report, 'red-blue', 'lost') > 0


@pytest.mark.parametrize('behind_its_back', ['configure iproute delete 172.20.0.0/16 10.20.0.2', 'configure iproute add 172.20.0.0/16 10.30.0.2',
                                             'configure iproute add blackhole 172.21.0.0/16', 'configure iparp delete 10.20.0.150'])
def test_a_change_that_nobody_acknowledged_is_found(connected, behind_its_back):
    chassis = connected.chassis
    churn = RoutedChurn(chassis, ROUTER)
    try:
        for line in ('configure iproute add 172.20.0.0/16 10.20.0.2', 'configure iparp add 10.20.0.150 02:5b:00:00:00:01'):
            chassis.cli(line)
        churn.routes['172.20.0.0/16'] = {'10.20.0.2'}
        churn.neighbors['10.20.0.150'] = '02:5b:00:00:00:01'
        churn.check()
        chassis.cli(behind_its_back)
        with pytest.raises(Wrong):
            churn.check()
    finally:
        for line in ('configure iproute delete 172.20.0.0/16 10.20.0.2', 'configure iproute delete 172.20.0.0/16 10.30.0.2',
                     'configure iproute delete blackhole 172.21.0.0/16', 'configure iparp delete 10.20.0.150'):
            chassis.run(*line.split())


def amiss(switch, tables):
    wanted = route_tables.expected(switch.chassis.show('configuration')['commands'], ROUTER)
    return route_tables.differences(tables.routes('configuration'), wanted) + tables.astray()


def test_a_slot_of_the_trie_that_was_emptied_is_found_by_a_look_into_the_memory(connected, tables):
    assert processes.until(lambda: not amiss(connected, tables), 5, 0.05), amiss(connected, tables)
    at, value = tables.slot_of(f'{SINGLE}')
    tables.memory[at:at + 4] = bytes(4)
    try:
        assert any(SINGLE in sentence for sentence in amiss(connected, tables))
    finally:
        tables.memory[at:at + 4] = value
    assert not amiss(connected, tables)


def test_a_route_that_the_tables_lost_is_found_by_the_audit_and_programmed_again(switch, tables):
    """Its record forgets who said it; the master finds that its configuration is not in the tables, says so, and mends it."""
    chassis = switch.chassis

    def failed():
        board = chassis.board('master') or {'subsystems': []}
        return [state for state in board['subsystems'] if state['name'] == 'l3 hardware' and 'L2,L3 failed' in (state['reason'], state['old_reason'])]
    with switch.connected():
        assert processes.until(lambda: not amiss(switch, tables), 5, 0.05), amiss(switch, tables)
        at = tables.record_at(f'{SINGLE}/24')
        tables.memory[at:at + 4] = bytes(4)
        assert any(SINGLE in sentence for sentence in amiss(switch, tables))
        assert processes.until(failed, 30, 0.05), chassis.board('master')
        chassis.wait_ready(40)
        assert processes.until(lambda: not amiss(switch, tables), 20, 0.1), amiss(switch, tables)
    tester = switch.tester(FLOWS, hosts=routed.hosts())
    tester.wait_started()
    on_wires.pause(0.3)
    assert on_wires.faults_of(tester.finish()) == ''
