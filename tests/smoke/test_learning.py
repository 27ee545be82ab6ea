# SPDX-License-Identifier: Apache-2.0
"""Learning, moving, flooding and its bounds, forgetting."""

import pytest
from network import A, B, BROADCAST, C, PORTS, frame

ALL = list(PORTS)
SOME = ['veth1', 'tap3', 'wire5', 'ntap7']


def test_the_unknown_floods_to_every_other_member_and_never_back(net):
    net.vlan('blue', 100, untagged=ALL)
    for into in ALL:
        came = net.out(into, frame(A, BROADCAST))
        assert sorted(came) == sorted(set(ALL) - {into})
        assert all(len(frames) == 1 for frames in came.values())


def test_flooding_stays_inside_the_vlan(net):
    net.vlan('blue', 100, untagged=['veth1', 'tap3', 'wire5'])
    net.vlan('red', 101, untagged=['veth2', 'tap4', 'wire6'], tagged=['ntap7'])
    assert sorted(net.out('veth1', frame(A, B))) == ['tap3', 'wire5']
    assert sorted(net.out('wire6', frame(A, B))) == ['ntap7', 'tap4', 'veth2']


def test_a_known_address_is_reached_through_its_port_alone(net):
    net.vlan('blue', 100, untagged=SOME)
    for home in SOME:
        net.out(home, frame(B, BROADCAST))
        assert net.where(B) == home
        others = [name for name in SOME if name != home]
        for into in others:
            assert list(net.out(into, frame(A, B))) == [home]


def test_an_address_moves_with_its_next_frame(net):
    net.vlan('blue', 100, untagged=SOME)
    for home in ['veth1', 'wire5', 'tap3', 'veth1']:
        net.out(home, frame(B, BROADCAST))
        assert list(net.out('ntap7', frame(A, B))) == [home]


def test_an_address_is_known_for_each_vlan_by_itself(net):
    net.vlan('blue', 100, tagged=SOME)
    net.vlan('red', 101, tagged=SOME)
    net.out('veth1', frame(B, BROADCAST, 100))
    net.out('tap3', frame(B, BROADCAST, 101))
    assert list(net.out('wire5', frame(A, B, 100))) == ['veth1']
    assert list(net.out('wire5', frame(A, B, 101))) == ['tap3']


def test_a_frame_to_where_it_came_from_is_dropped_by_name(net):
    net.vlan('blue', 100, untagged=SOME)
    net.out('veth1', frame(B, BROADCAST))
    before = net.drops('veth1')['same_port']
    assert net.out('veth1', frame(A, B)) == {}
    assert net.drops('veth1')['same_port'] == before + 1


def test_a_flood_with_nobody_else_is_dropped_by_name(net):
    net.vlan('blue', 100, untagged=['wire5'])
    before = net.drops('wire5')['no_other_port']
    assert net.out('wire5', frame(A, B)) == {}
    assert net.drops('wire5')['no_other_port'] == before + 1


def test_a_group_address_is_never_learned(net):
    net.vlan('blue', 100, untagged=SOME)
    before = net.drops('veth1')['source_multicast']
    assert net.out('veth1', frame('03:00:00:00:00:01', BROADCAST)) == {}
    assert net.drops('veth1')['source_multicast'] == before + 1
    assert net.entry('03:00:00:00:00:01') is None


def test_multicast_floods_though_its_sender_is_known(net):
    net.vlan('blue', 100, untagged=SOME)
    net.out('veth1', frame(A, BROADCAST))
    assert sorted(net.out('veth1', frame(A, '01:00:5e:00:00:05'))) == ['ntap7', 'tap3', 'wire5']


@pytest.mark.parametrize('what, left', [('', []), ('vlan blue', ['red']), ('ports 1:1', ['blue 3']),
                                        (f'{B} vlan blue', ['blue 3', 'red'])])
def test_clear_fdb_forgets_what_it_says_and_no_more(net, what, left):
    net.vlan('blue', 100, tagged=SOME)
    net.vlan('red', 101, tagged=SOME)
    net.out('veth1', frame(B, BROADCAST, 100))
    net.out('tap3', frame(C, BROADCAST, 100))
    net.out('veth1', frame(B, BROADCAST, 101))
    net.cli(f'clear fdb {what}'.strip())
    known = {'red': net.where(B, 'red'), 'blue 3': net.where(C, 'blue'), 'blue 1': net.where(B, 'blue')}
    assert sorted(name for name, port in known.items() if port) == sorted(left)
    assert ('blue 1' in left) == (list(net.out('wire5', frame(A, B, 100))) == ['veth1'])


def test_a_port_that_leaves_a_vlan_is_forgotten_there(net):
    net.vlan('blue', 100, untagged=['veth1', 'tap3', 'wire5'])
    net.out('veth1', frame(B, BROADCAST))
    net.cli('configure vlan blue delete ports 1:1')
    came = net.out('wire5', frame(A, B))
    assert 'veth1' not in came, 'nothing may come out at a port that is no member'


def test_deleting_a_vlan_forgets_its_addresses(net):
    net.vlan('blue', 100, untagged=['veth1', 'tap3'])
    net.out('veth1', frame(B, BROADCAST))
    net.cli('delete vlan blue')
    net.vlan('blue', 100, untagged=['veth1', 'tap3', 'wire5'])
    assert net.entry(B, 'blue') is None
    assert sorted(net.out('wire5', frame(A, B))) == ['tap3', 'veth1']


def test_a_thousand_addresses_are_learned_and_shown(net):
    net.vlan('blue', 100, untagged=['wire5', 'wire6'])
    macs = [f'02:10:00:00:{n >> 8:02x}:{n & 255:02x}' for n in range(1000)]
    for mac in macs:
        net.send('wire5', frame(mac, BROADCAST))
    came = net.fence()
    assert len(came['wire6']) == 1000
    known = {entry['mac'] for entry in net.show('fdb vlan blue')['entries']}
    assert known == set(macs)
    for mac in macs[::50]:
        assert net.out('wire6', frame(A, mac))['wire5'][0].dst == mac
