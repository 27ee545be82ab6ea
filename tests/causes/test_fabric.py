#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Two modules on one worker, a board pulled out and put back: who loses frames, flow by flow. Frames that stay inside a module and frames
over the plane that remains lose nothing, not even their order; the others lose what the fabric says that it lost, and only while the
plane was gone and the modules did not know; when the board is back, so is its plane."""

import pytest

from tests.support import fabric
from tests.support import switch as on_wires
from tests.support.switch import FAULTS, Switch

RATE = 3000
FLOWS = ['name=inside-1,from=w1,to=w2,rate=3000,size=imix', 'name=inside-2,from=w4,to=w3,rate=3000',
         *fabric.crossing_flows('w1', 'w3', RATE)]
OTHER_FAULTS = [fault for fault in FAULTS if fault != 'lost']


@pytest.fixture(scope='module')
def switch():
    with Switch('fabric', modules=2) as up:
        fabric.wait_whole(up.chassis)
        yield up


def lost_by_flow(report, window):
    [found] = [one for one in report['windows'] if one['name'] == window]
    return {flow['name']: flow['lost'] for flow in found['flows']}


@pytest.mark.parametrize('role', ['slave', 'master'])
def test_a_board_that_is_reset_hard_costs_the_flows_on_its_plane_and_no_other(switch, role):
    chassis = switch.chassis
    fabric.wait_whole(chassis)
    slot = chassis.board(role)['slot']
    [gone] = [plane for plane, board in fabric.PLANES.items() if board == slot]
    [remains] = set(fabric.PLANES) - {gone}
    tester = switch.tester(FLOWS, ['--announce', '0'])
    tester.wait_started()
    before = fabric.planes(chassis)
    on_wires.pause(0.3)
    tester.mark('reset')
    fabric.hard_reset(chassis, slot)
    after = fabric.planes(chassis)
    tester.mark('whole')
    on_wires.pause(0.3)
    whole = fabric.planes(chassis)
    report = tester.finish()
    state = chassis.failover()

    wrong = {fault: report[fault] for fault in OTHER_FAULTS if report[fault]}
    assert not wrong, f'{wrong}\n{chassis.log_tail(30)}'
    assert report['own']['receive_overflows'] == 0 and report['own']['send_refused'] == 0
    for window in ('run', 'whole'):
        assert not any(lost_by_flow(report, window).values()), f'{window}: {lost_by_flow(report, window)}'
    lost = lost_by_flow(report, 'reset')
    assert not any(count for name, count in lost.items() if name[0] != gone), f'plane {gone} was gone, but {lost}\n{chassis.log_tail(30)}'
    assert sum(lost.values()) == after[gone]['lost'] - before[gone]['lost'], 'the fabric did not count what was lost'
    assert after[remains]['lost'] == before[remains]['lost']
    for plane in fabric.PLANES:
        assert whole[plane]['frames'] - after[plane]['frames'] > RATE * 0.1, f'plane {plane} carries nothing since the board is back'
    if role == 'master':
        assert state['last_failover']['cause'] == 'removal'
        assert chassis.board('master', state)['slot'] != slot


def test_a_crash_of_the_software_leaves_the_plane_and_every_frame(switch):
    chassis = switch.chassis
    fabric.wait_whole(chassis)
    before = fabric.planes(chassis)
    tester = switch.tester(FLOWS)
    tester.wait_started()
    state = on_wires.strike(chassis, 'SIGKILL')
    on_wires.settle(chassis, state)
    on_wires.pause(0.3)
    faults = on_wires.faults_of(tester.finish())
    assert not faults, f'{faults}\n{chassis.log_tail(30)}'
    after = fabric.planes(chassis)
    for plane in fabric.PLANES:
        assert after[plane]['lost'] == before[plane]['lost'] and after[plane]['state'] == 'working'
        assert after[plane]['frames'] > before[plane]['frames']


def test_the_fabric_is_shown_with_its_modules(switch):
    shown = switch.chassis.show('fabric')
    assert [(module['module'], module['ports']) for module in shown['modules']] == [(1, ['1:1', '1:2']), (2, ['2:1', '2:2'])]
    assert {(one['from'], one['to'], one['plane']) for one in shown['crossings']} == {(1, 2, 'A'), (2, 1, 'A'), (1, 2, 'B'), (2, 1, 'B')}
    assert all(one['frames'] > 0 and one['full'] == 0 for one in shown['crossings'])
    text = switch.chassis.cli('show fabric')
    assert 'msm-a  working  yes' in text and 'Most waiting' in text
