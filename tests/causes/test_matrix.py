#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every cause of a failover at every level of preservation, under traffic: what is not preserved is really gone, what is preserved loses
nothing. The table of frames offered and lost, by cause, level and flow, is left in BUILD/matrix.txt and BUILD/matrix.json."""

import pytest

from tests.support import causes, matrix
from tests.support import switch as on_wires
from tests.support.causes import CAUSES, NAME
from tests.support.levels import SILENT, Lab, loses_a_plane, preserved
from tests.support.switch import FAULTS

ATTEMPTS = 3   # while the tester itself could not follow


@pytest.fixture(scope='module')
def lab():
    with Lab(on_wires.build_folder()) as up:
        up.rows = []
        yield up
        matrix.write(up.build, up.rows)
        print('\n' + matrix.text_of(up.rows))


def measured(lab, how, level, hang):
    for _ in range(ATTEMPTS):
        found = lab.measure(how, level, hang)
        if not found['window']['own']['receive_overflows']:
            break
    return found


@pytest.mark.parametrize('how, hang, level', list(matrix.cells()))
def test_a_failover_keeps_what_its_level_says_and_nothing_else(lab, how, hang, level):
    found = measured(lab, how, level, hang)
    row = matrix.row_of(found)
    lab.rows.append(row)
    try:
        judge(found, row, preserved(how, hang, level), f'{matrix.by_flow([row])}\n{found["window"]["own"]}\n{lab.chassis.log_tail(25)}')
    except AssertionError:
        lab.keep_log()
        raise


def judge(found, row, kept, said):
    how = found['cause']
    flows = {flow['name']: flow for flow in row['flows']}
    assert found['shown'] == CAUSES[how].shown, said
    assert found['configuration_kept'] == kept.configuration, said
    assert found['address_kept'] == kept.l2, said
    assert set(found['carriers_lost'].values()) == {0 if kept.links else 1}, f'{found["carriers_lost"]}\n{said}'
    assert ('layer 3 state is forgotten' in found['given_up']) == (not kept.l3), found['given_up']

    assert all(flow['offered'] > 100 for flow in flows.values()), said
    damaged = {flow['name'] for flow in found['window']['flows'] if flow['corrupted']}
    if not kept.l3:   # a switch that is no router floods what is for one, as it is
        damaged.discard('routed')
    assert not row['duplicated'] and not damaged, said
    assert not flows['tagged']['misdelivered'] and not flows['tagged']['flooded'], said
    on_lost_plane = {name for name in flows if loses_a_plane(how, found['hang_action']) and name.startswith('plane-' + found['plane'])}
    assert bool(flows['silent']['flooded']) == (not kept.l2), said
    assert bool(flows['tagged']['lost']) == (not kept.configuration or not kept.links), said
    assert bool(flows['routed']['lost']) == (not kept.l3), said
    for name in flows.keys() - on_lost_plane - {'tagged', 'routed'}:
        assert bool(flows[name]['lost']) == (not kept.links), f'{name}\n{said}'
    if kept.l2:
        wrong = {name: {fault: flow[fault] for fault in FAULTS if flow.get(fault)} for name, flow in flows.items()
                 if name not in on_lost_plane and (name != 'routed' or kept.l3)}
        assert not any(wrong.values()), f'{wrong}\n{said}'
    if row['lost'] == 0 or not kept.links:
        assert bool(found['frames_dropped']) == (not kept.links), said


def test_an_exception_without_a_recovery_level_brings_the_switch_up_anew(lab):
    """Whatever else is preserved: the guide's switch without T-sync."""
    lab.wait_settled()
    lab.prepare('plus L2 and L3', 'hitless')
    lab.chassis.cli('configure sys-recovery-level none')
    tester = lab.tester()
    tester.wait_started()
    carriers = lab.carriers_lost()
    before, _ = causes.lose_master(lab.chassis, 'segfault')
    after = lab.settled_since(before['term'])
    tester.finish()
    assert after['last_failover']['cause'] == 'exception'
    assert SILENT not in lab.addresses()
    assert NAME not in lab.vlans()
    lab.wait_settled()
    assert {port: count - carriers[port] for port, count in lab.carriers_lost().items()} == {port: 1 for port in carriers}
