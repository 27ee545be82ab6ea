# SPDX-License-Identifier: Apache-2.0
"""Permanent and black-holed entries, and the ageing of learned ones."""

import time

import pytest
from network import A, B, BROADCAST, C, frame

from tests.support import processes

SOME = ['veth1', 'tap3', 'wire5', 'ntap7']


def test_a_permanent_entry_leads_to_its_port_before_anything_is_heard(net):
    net.vlan('blue', 100, untagged=SOME)
    net.cli(f'create fdbentry {B} vlan blue ports 1:3')
    assert list(net.out('veth1', frame(A, B))) == ['tap3']
    assert net.entry(B)['static'] is True


def test_a_permanent_entry_does_not_move(net):
    net.vlan('blue', 100, untagged=SOME)
    net.cli(f'create fdbentry {B} vlan blue ports 1:3')
    net.out('wire5', frame(B, BROADCAST))
    assert list(net.out('veth1', frame(A, B))) == ['tap3']
    assert net.where(B) == 'tap3'


def test_a_permanent_entry_survives_clear_fdb(net):
    net.vlan('blue', 100, untagged=SOME)
    net.cli(f'create fdbentry {B} vlan blue ports 1:3')
    net.out('wire5', frame(C, BROADCAST))
    net.cli('clear fdb')
    assert net.where(B) == 'tap3' and net.where(C) is None


def test_a_deleted_entry_may_be_learned_again(net):
    net.vlan('blue', 100, untagged=SOME)
    net.cli(f'create fdbentry {B} vlan blue ports 1:3')
    net.cli(f'delete fdbentry {B} vlan blue')
    assert sorted(net.out('veth1', frame(A, B))) == ['ntap7', 'tap3', 'wire5']
    net.out('wire5', frame(B, BROADCAST))
    assert list(net.out('veth1', frame(A, B))) == ['wire5']


def test_frames_to_and_from_a_black_holed_address_are_dropped_by_name(net):
    net.vlan('blue', 100, untagged=SOME)
    net.cli(f'create fdbentry {B} vlan blue blackhole')
    before = {name: net.drops(name)['blackhole'] for name in ('veth1', 'wire5')}
    assert net.out('veth1', frame(A, B)) == {}
    assert net.out('wire5', frame(B, BROADCAST)) == {}
    assert net.out('wire5', frame(B, A)) == {}
    assert net.drops('veth1')['blackhole'] == before['veth1'] + 1
    assert net.drops('wire5')['blackhole'] == before['wire5'] + 2
    assert sorted(net.out('wire5', frame(C, BROADCAST))) == ['ntap7', 'tap3', 'veth1'], 'only that address'


def test_a_black_hole_is_one_vlans(net):
    net.vlan('blue', 100, tagged=SOME)
    net.vlan('red', 101, tagged=SOME)
    net.cli(f'create fdbentry {B} vlan blue blackhole')
    assert net.out('veth1', frame(A, B, 100)) == {}
    assert sorted(net.out('veth1', frame(A, B, 101))) == ['ntap7', 'tap3', 'wire5']


@pytest.mark.slow
def test_a_silent_address_ages_and_a_talking_one_does_not(net):
    """agingtime 15: gone between 15 and 18 s after its last frame (six epochs of 3 s), not before; 2 s more for a slow machine."""
    net.vlan('blue', 100, untagged=SOME)
    net.cli('configure fdb agingtime 15')
    net.send('veth1', frame(B, BROADCAST))
    last_heard = time.monotonic()
    net.fence()

    def talk_and_look():
        net.out('tap3', frame(C, BROADCAST))
        return net.where(B) is None

    gone = processes.until(talk_and_look, 22, 0.5)
    after = time.monotonic() - last_heard
    assert gone, 'it never aged'
    assert 14.5 <= after <= 21, f'it aged after {after:.1f} s'
    assert sorted(net.out('wire5', frame(A, B))) == ['ntap7', 'tap3', 'veth1'], 'an aged address floods'
    assert list(net.out('wire5', frame(A, C))) == ['tap3'], 'an address that was heard all the time stays'


@pytest.mark.slow
def test_ageing_time_0_means_never(net):
    """Learned under 15 s, kept under 0: nothing may count down any more."""
    net.vlan('blue', 100, untagged=SOME)
    net.cli('configure fdb agingtime 15')
    net.out('veth1', frame(B, BROADCAST))
    net.cli('configure fdb agingtime 0')
    assert not processes.until(lambda: net.where(B) is None, 23, 0.5), 'it aged although agingtime is 0'
    assert list(net.out('wire5', frame(A, B))) == ['veth1']


def test_ageing_times_outside_the_range_are_refused(net):
    for seconds in (1, 14, 1000001):
        assert net.chassis.run('configure', 'fdb', 'agingtime', str(seconds)).returncode != 0
    net.cli('configure fdb agingtime 15')
    net.cli('configure fdb agingtime 1000000')
