# SPDX-License-Identifier: Apache-2.0
"""802.1Q at the ports: every way in, every way out, and what must not come in at all."""

import pytest
from network import A, B, BROADCAST, frame, payload
from scapy.all import Dot1Q

VLAN = 100
PAIRS = [('veth1', 'tap3'), ('tap4', 'veth2'), ('wire5', 'wire6'), ('ntap7', 'wire5'), ('veth2', 'ntap7')]


@pytest.mark.parametrize('into, out', PAIRS)
@pytest.mark.parametrize('comes', ['untagged', 'tagged', 'priority-tagged'])
@pytest.mark.parametrize('leaves', ['untagged', 'tagged'])
def test_a_frame_that_comes_and_leaves(net, comes, leaves, into, out):
    tagged = [name for name, how in ((into, comes), (out, leaves)) if how == 'tagged']
    net.vlan('blue', VLAN, untagged=[name for name in (into, out) if name not in tagged], tagged=tagged)
    tag = {'untagged': None, 'tagged': VLAN, 'priority-tagged': 0}[comes]
    sent = frame(A, B, tag, priority=5 if tag is not None else 0, size=120)
    came = net.out(into, sent)
    assert list(came) == [out] and len(came[out]) == 1
    got = came[out][0]
    assert payload(got) == payload(sent)
    assert (got.src, got.dst) == (A, B)
    if leaves == 'untagged':
        assert Dot1Q not in got
    else:
        assert got[Dot1Q].vlan == VLAN
        assert got[Dot1Q].prio == (5 if tag is not None else 0), 'the priority is part of the frame'


def test_a_tagged_frame_of_its_own_vlan_is_taken_at_an_untagged_port(net):
    net.vlan('blue', VLAN, untagged=['veth1', 'tap3'])
    came = net.out('veth1', frame(A, B, VLAN))
    assert list(came) == ['tap3'] and Dot1Q not in came['tap3'][0]


def test_an_untagged_frame_needs_a_port_vlan(net):
    net.vlan('blue', VLAN, tagged=['veth1', 'tap3'])
    before = net.drops('veth1')['no_port_vlan']
    assert net.out('veth1', frame(A, BROADCAST)) == {}
    assert net.drops('veth1')['no_port_vlan'] == before + 1


def test_a_priority_tagged_frame_needs_a_port_vlan_too(net):
    net.vlan('blue', VLAN, tagged=['tap3', 'wire5'])
    before = net.drops('tap3')['no_port_vlan']
    assert net.out('tap3', frame(A, BROADCAST, 0)) == {}
    assert net.drops('tap3')['no_port_vlan'] == before + 1


def test_a_tag_that_no_vlan_has_is_dropped_by_name(net):
    net.vlan('blue', VLAN, tagged=['wire5', 'wire6'])
    before = net.drops('wire5')['vlan_unknown']
    assert net.out('wire5', frame(A, BROADCAST, VLAN + 1)) == {}
    assert net.drops('wire5')['vlan_unknown'] == before + 1


def test_a_tag_of_a_vlan_that_the_port_is_not_in_is_dropped_by_name(net):
    net.vlan('blue', VLAN, tagged=['wire5', 'wire6'])
    net.vlan('red', VLAN + 1, tagged=['veth1', 'veth2'])
    before = net.drops('wire5')['not_member']
    assert net.out('wire5', frame(A, BROADCAST, VLAN + 1)) == {}
    assert net.drops('wire5')['not_member'] == before + 1


def test_a_vlan_without_a_tag_carries_untagged_frames_only(net):
    net.vlan('plain', untagged=['veth1', 'wire5'])
    internal = next(vlan['id'] for vlan in net.show('vlan')['vlans'] if vlan['name'] == 'plain')
    assert list(net.out('veth1', frame(A, B))) == ['wire5']
    before = net.drops('veth1')['vlan_unknown']
    assert net.out('veth1', frame(A, B, internal)) == {}, 'its internal number is no tag'
    assert net.drops('veth1')['vlan_unknown'] == before + 1


def test_one_trunk_carries_two_vlans_apart(net):
    net.vlan('blue', VLAN, untagged=['veth1'], tagged=['wire6'])
    net.vlan('red', VLAN + 1, untagged=['tap3'], tagged=['wire6'])
    from_blue = net.out('veth1', frame(A, BROADCAST))
    assert list(from_blue) == ['wire6'] and from_blue['wire6'][0][Dot1Q].vlan == VLAN
    from_red = net.out('tap3', frame(A, BROADCAST))
    assert list(from_red) == ['wire6'] and from_red['wire6'][0][Dot1Q].vlan == VLAN + 1
    assert list(net.out('wire6', frame(B, BROADCAST, VLAN))) == ['veth1']
    assert list(net.out('wire6', frame(B, BROADCAST, VLAN + 1))) == ['tap3']


def test_a_port_may_be_untagged_in_one_vlan_only(net):
    net.vlan('blue', VLAN, untagged=['veth1'])
    net.cli('create vlan red')
    refused = net.chassis.run('configure', 'vlan', 'red', 'add', 'ports', '1:1', 'untagged')
    assert refused.returncode == 1 and 'blue' in refused.stderr + refused.stdout
