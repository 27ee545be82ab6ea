# SPDX-License-Identifier: Apache-2.0
"""Frames of every size, broken ones, and those that no bridge forwards."""

import pytest
from network import A, B, BROADCAST, frame, payload
from scapy.all import Dot1Q, Ether, Raw

JUMBO = 9216


@pytest.mark.parametrize('size', [60, 61, 64, 128, 1514, 1518, 2047, 2048, 4096, 9000, JUMBO])
@pytest.mark.parametrize('into, out', [('wire5', 'wire6'), ('veth1', 'tap3'), ('tap3', 'veth2'), ('wire6', 'tap4'), ('veth2', 'wire5')])
def test_every_size_passes_whole(net, size, into, out):
    net.vlan('blue', 100, untagged=[into, out])
    sent = frame(A, B, size=size)
    came = net.out(into, sent)
    assert list(came) == [out] and payload(came[out][0]) == payload(sent) and len(came[out][0]) == size


@pytest.mark.parametrize('size', [JUMBO + 1, JUMBO + 8])
def test_what_is_longer_than_the_longest_is_dropped_by_name(net, size):
    net.vlan('blue', 100, untagged=['wire5', 'wire6', 'veth1'])
    before = net.drops('wire5')['oversize']
    assert net.out('wire5', frame(A, BROADCAST, size=size)) == {}
    assert net.drops('wire5')['oversize'] == before + 1


@pytest.mark.parametrize('size', [1, 13, 14, 17, 59])
def test_a_runt_is_dropped_by_name(net, size):
    net.vlan('blue', 100, untagged=['wire5', 'wire6'])
    before = net.drops('wire5')['runt']
    assert net.out('wire5', bytes(frame(A, BROADCAST))[:size]) == {}
    assert net.drops('wire5')['runt'] == before + 1


def test_a_runt_teaches_nothing(net):
    net.vlan('blue', 100, untagged=['wire5', 'wire6'])
    net.out('wire5', bytes(frame(B, BROADCAST))[:40])
    assert net.entry(B) is None


def test_vlan_identifier_4095_is_a_broken_tag(net):
    net.vlan('blue', 100, tagged=['wire5', 'wire6'])
    before = net.drops('wire5')['broken_tag']
    assert net.out('wire5', frame(A, BROADCAST, 4095)) == {}
    assert net.drops('wire5')['broken_tag'] == before + 1


def test_a_frame_that_ends_inside_its_tag_is_dropped(net):
    net.vlan('blue', 100, tagged=['wire5', 'wire6'], untagged=[])
    before = {reason: net.drops('wire5')[reason] for reason in ('runt', 'broken_tag')}
    whole = bytes(frame(A, BROADCAST, 100))
    for size in (14, 15, 16, 17):
        assert net.out('wire5', whole[:size]) == {}
    after = net.drops('wire5')
    assert sum(after[reason] - before[reason] for reason in before) == 4


def test_an_inner_tag_is_payload(net):
    net.vlan('blue', 100, tagged=['wire5', 'wire6'])
    sent = Ether(src=A, dst=B) / Dot1Q(vlan=100, type=0x8100) / Dot1Q(vlan=7, type=0x88b6) / Raw(b'inner'.ljust(60, b'.'))
    came = net.out('wire5', sent)
    assert bytes(came['wire6'][0]) == bytes(sent)


@pytest.mark.parametrize('last', range(16))
def test_reserved_group_addresses_are_not_forwarded(net, last):
    net.vlan('blue', 100, untagged=['veth1', 'tap3', 'wire5', 'wire6'])
    assert net.out('wire5', frame(A, f'01:80:c2:00:00:{last:02x}')) == {}


def test_group_addresses_beyond_the_reserved_are_forwarded(net):
    net.vlan('blue', 100, untagged=['veth1', 'tap3', 'wire5'])
    for address in ('01:80:c2:00:00:10', '01:80:c2:00:01:00', '01:80:c3:00:00:00'):
        assert sorted(net.out('wire5', frame(A, address))) == ['tap3', 'veth1']


def test_reserved_frames_are_taken_even_where_no_vlan_is(net):
    """BPDUs and LACPDUs belong to the port, not to a VLAN: they are not counted as dropped."""
    before = sum(net.drops('wire5').values())
    net.out('wire5', frame(A, '01:80:c2:00:00:00'))
    assert sum(net.drops('wire5').values()) == before


def test_a_tagged_frame_leaves_untagged_no_shorter_than_60(net):
    net.vlan('blue', 100, untagged=['wire6'], tagged=['wire5'])
    sent = bytes(frame(A, B, 100))[:60]   # 60 with its tag; 56 without
    came = net.out('wire5', sent)
    assert list(came) == ['wire6'] and len(came['wire6'][0]) >= 60


def test_every_frame_ends_somewhere(net):
    """Received = forwarded + dropped + punted, by the counters: nothing vanishes unnamed."""
    net.vlan('blue', 100, untagged=['wire5', 'wire6'])

    def account():
        statistics = {port['port']: port for port in net.show('ports statistics')['ports']}
        return statistics['1:5']['rx_frames'], statistics['1:6']['tx_frames'], net.show('drops')['total']

    before = account()
    net.out('wire6', frame(B, BROADCAST))
    for number in range(100):
        net.send('wire5', frame(A, B))
        net.send('wire5', frame(A, A))               # back where it came from: same_port
        net.send('wire5', bytes(frame(A, B))[:30])   # runt
    net.fence()
    after = account()
    fences = 2   # each sends one frame into wire5, and one from every other port out of wire6
    assert after[2] - before[2] == 200
    assert after[0] - before[0] == 300 + fences
    assert after[1] - before[1] == 100 + fences * 6
