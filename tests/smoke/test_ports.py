# SPDX-License-Identifier: Apache-2.0
"""Ports that are disabled, lose their link, or are stormed at."""

import threading

from network import A, B, BROADCAST, C, PORTS, frame, payload

from tests.support import processes
from tests.support.ground import run

SOME = ['veth1', 'tap3', 'wire5', 'wire6']
OTHERS = [name for name in PORTS if name != 'veth1']


def test_a_disabled_port_takes_nothing_and_says_so(net):
    net.vlan('blue', 100, untagged=SOME)
    net.cli('disable ports 1:5')
    before = net.drops('wire5')['port_disabled']
    net.send('wire5', frame(A, BROADCAST))
    assert net.fence([name for name in PORTS if name != 'wire5']) == {}
    assert processes.until(lambda: net.drops('wire5')['port_disabled'] == before + 1, 5)
    assert net.entry(A) is None


def test_a_disabled_port_sends_nothing(net):
    net.vlan('blue', 100, untagged=SOME)
    net.cli('disable ports 1:5')
    rest = [name for name in PORTS if name != 'wire5']
    net.send('veth1', frame(A, BROADCAST))
    assert sorted(net.fence(rest)) == ['tap3', 'wire6']
    assert [raw for raw in net.ends['wire5'].receive()] == []


def test_disabling_a_port_forgets_what_was_behind_it(net):
    net.vlan('blue', 100, untagged=SOME)
    net.out('wire5', frame(B, BROADCAST))
    net.cli('disable ports 1:5')
    net.cli('enable ports 1:5')
    net.wait_links()
    assert net.entry(B) is None
    assert sorted(net.out('veth1', frame(A, B))) == ['tap3', 'wire5', 'wire6']


def test_a_permanent_entry_at_a_disabled_port_drops_by_name(net):
    net.vlan('blue', 100, untagged=SOME)
    net.cli(f'create fdbentry {B} vlan blue ports 1:5')
    net.cli('disable ports 1:5')
    before = net.drops('wire5')['egress_down']
    net.send('veth1', frame(A, B))
    assert net.fence([name for name in PORTS if name != 'wire5']) == {}
    assert net.drops('wire5')['egress_down'] == before + 1


def test_a_lost_link_is_seen_and_flushes(net):
    net.vlan('blue', 100, untagged=SOME)
    net.out('veth1', frame(B, BROADCAST))
    changes = next(port['link_changes'] for port in net.show('ports')['ports'] if port['port'] == '1:1')
    run('ip', '-n', net.hosts_ns, 'link', 'set', 'veth1', 'down')
    net.wait_links(down=['veth1'])
    assert processes.until(lambda: net.entry(B) is None, 3), 'what was behind a dead link is still known'
    net.send('wire5', frame(A, B))
    assert sorted(net.fence(OTHERS)) == ['tap3', 'wire6'], 'it floods, and not to the dead port'
    run('ip', '-n', net.hosts_ns, 'link', 'set', 'veth1', 'up')
    net.wait_links()
    net.open_ends(['veth1'])   # a packet socket whose device went down reports that once more
    assert next(port['link_changes'] for port in net.show('ports')['ports'] if port['port'] == '1:1') >= changes + 2
    net.out('veth1', frame(B, BROADCAST))
    assert list(net.out('wire5', frame(A, B))) == ['veth1']


def test_a_wires_link_is_its_peers_word(net):
    net.vlan('blue', 100, untagged=SOME)
    net.ends['wire5'].wire.set_link(False)
    net.wait_links(down=['wire5'])
    net.ends['wire5'].wire.set_link(True)
    net.wait_links()


def test_a_storm_does_not_stop_others(net):
    """50,000 broadcasts in one VLAN; meanwhile every frame in another, through the same worker, arrives, once and in order."""
    net.vlan('storm', 100, untagged=['wire5', 'wire6'])
    net.vlan('calm', 101, untagged=['veth1', 'tap3'])
    net.out('tap3', frame(B, BROADCAST))
    burst = [bytes(frame(C, BROADCAST, text=f'{n:08d}')) for n in range(500)]
    sent, seen, over = 0, 0, threading.Event()
    full = net.drops('wire6')['transmit_full']

    def storm():
        nonlocal sent, seen
        while sent < 50000:
            sent += net.ends['wire5'].send(burst)
            seen += len(net.ends['wire6'].receive())
        over.set()

    thread = threading.Thread(target=storm)
    thread.start()
    calm, got = [], []
    while len(calm) < 400 or (not over.is_set() and len(calm) < 20000):
        calm.append(frame(A, B, text=f'calm {len(calm):06d}'))
        net.send('veth1', calm[-1])
        got += net.ends['tap3'].receive()
    thread.join(60)
    assert over.is_set() and sent >= 50000
    dropped = net.drops('wire6')['transmit_full'] - full

    def storm_is_over():
        nonlocal seen, dropped
        seen += len(net.ends['wire6'].receive())
        dropped = net.drops('wire6')['transmit_full'] - full
        return seen + dropped >= sent

    assert processes.until(storm_is_over, 10, 0.001), f'{sent} sent, {seen} arrived, {dropped} dropped by name'
    assert seen + dropped == sent
    rest = net.fence()
    got += [bytes(one) for one in rest.pop('tap3', [])]
    assert rest == {}, 'the storm stays in its VLAN'
    assert [raw[14:25] for raw in got] == [payload(one)[:11] for one in calm]


def test_counters_name_port_and_vlan(net):
    net.vlan('blue', 100, untagged=['wire5', 'wire6'])

    def counted():
        statistics = {port['port']: port for port in net.show('ports statistics')['ports']}
        vlan = next(vlan for vlan in net.show('vlan detail')['vlans'] if vlan['name'] == 'blue')
        return (statistics['1:5']['rx_frames'], statistics['1:6']['tx_frames'], statistics['1:6']['tx_bytes'], vlan['rx_frames'],
                vlan['rx_bytes'], vlan['tx_frames'])

    before = counted()
    for _ in range(10):
        net.send('wire5', frame(A, BROADCAST, size=100))
    net.fence()
    change = [after - first for after, first in zip(counted(), before)]
    fence_bytes = change[2] - 10 * 100
    assert change[0] == 10 + 1 and change[1] == 10 + 6 and fence_bytes > 0
    assert change[3:] == [10, 10 * 100, 10]
