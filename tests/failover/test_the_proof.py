#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The proofs can fail: a switch that really loses, floods or forgets is found out by the same means that the other tests use."""

import pytest

from tests.failover.churn import Churn, Wrong, ports_of
from tests.support import switch as on_wires
from tests.support.switch import Switch

FLOWS = ['name=out,from=w1,to=w2,rate=5000', 'name=back,from=w2,to=w1,rate=5000']


@pytest.fixture(scope='module')
def switch():
    with Switch('proof') as up:
        up.two_vlans()
        yield up


def traffic_with(switch, *commands):
    """The report of traffic during which an operator types those commands."""
    tester = switch.tester(FLOWS)
    tester.wait_started()
    tester.mark('disturbed')
    for command in commands:
        switch.chassis.cli(command)
    tester.mark('after')
    on_wires.pause(0.3)
    return tester.finish()


def test_a_port_that_is_shut_for_a_moment_is_found_as_loss_in_that_window(switch):
    report = traffic_with(switch, 'disable ports 1:2', 'enable ports 1:2')
    assert report['verdict'] == 'bad' and report['lost'] > 0
    windows = {window['name']: window for window in report['windows']}
    assert windows['run']['lost'] == 0
    assert windows['disturbed']['lost'] > 0
    assert 'lost' in on_wires.faults_of(report)


def test_addresses_that_were_forgotten_are_found_as_flooding(switch):
    """w4 is tagged in red, so a flood comes out there as well. Ten times, since both flows teach their addresses again at once."""
    report = traffic_with(switch, *['clear fdb'] * 10)
    assert report['verdict'] == 'bad' and report['flooded'] > 0 and report['lost'] == 0


def test_a_static_entry_to_another_port_is_found_as_misdelivery(switch):
    entry = '02:ba:70:02:00:00 vlan red'
    report = traffic_with(switch, f'create fdbentry {entry} ports 1:4', f'delete fdbentry {entry}')
    assert report['verdict'] == 'bad' and report['misdelivered'] > 0 and report['lost'] >= report['misdelivered']


@pytest.mark.parametrize('behind_its_back', ['delete fdbentry 02:5a:00:00:00:01 vlan red', 'create fdbentry 02:5a:00:00:00:02 vlan red blackhole',
                                             'delete vlan churn100', 'configure vlan churn100 add ports 1:1 tagged',
                                             'configure fdb agingtime 777'])
def test_a_change_that_nobody_acknowledged_is_found(switch, behind_its_back):
    chassis = switch.chassis
    churn = Churn(chassis)
    undo = []
    try:
        for line, back in (('create vlan churn100', 'delete vlan churn100'), ('configure vlan churn100 tag 100', None),
                           ('create fdbentry 02:5a:00:00:00:01 vlan red ports 1:1', 'delete fdbentry 02:5a:00:00:00:01 vlan red'),
                           ('configure fdb agingtime 300', None)):
            chassis.cli(line)
            undo.insert(0, back)
        churn.vlans['churn100'] = (100, set())
        churn.statics['02:5a:00:00:00:01'] = '1:1'
        churn.check()
        chassis.cli(behind_its_back)
        with pytest.raises(Wrong):
            churn.check()
    finally:
        for line in [*undo, 'delete fdbentry 02:5a:00:00:00:02 vlan red']:
            if line:
                chassis.run(*line.split())


def test_port_lists_are_read_as_the_switch_prints_them():
    assert ports_of('1:1-1:3,1:5') == {'1:1', '1:2', '1:3', '1:5'}
    assert ports_of('1:2-4') == {'1:2', '1:3', '1:4'}
