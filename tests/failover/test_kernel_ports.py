#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Twenty failovers over ports with a kernel behind them: net_af_packet on veth, net_tap, and the tap port of our own. Kernel hosts in
namespaces send TCP with a checksum and ping; the tester sends its numbered frames through packet sockets beside them."""

import pytest

from tests.support import lab
from tests.support import switch as on_wires
from tests.support.ground import Ground
from tests.support.switch import KINDS, Tester
from tests.support.traffic import Ping, Transfers

FAILOVERS = 20
RATE = 1000   # frames per second of a flow; the kernel's paths, not the switch, bound what can be sent without a drop


@pytest.fixture(scope='module')
def network():
    """The demo's network under another name."""
    up = lab.Lab(on_wires.build_folder())
    up.ground = Ground('kernel')
    try:
        up.up()
        yield up
    finally:
        up.down()


def flows():
    """Each kind of port as source and as destination, tagged and untagged."""
    return [f'name=veth-to-wire,from=veth,to=trunk/20,rate={RATE},size=60+1514', f'name=wire-to-veth,from=trunk/20,to=veth,rate={RATE},size=imix',
            f'name=net-tap-to-wire,from=net-tap,to=wire,rate={RATE / 2}', f'name=wire-to-net-tap,from=wire,to=net-tap,rate={RATE / 2},size=590',
            f'name=tap-to-veth,from=tap,to=veth,rate={RATE},size=imix', f'name=veth-to-tap,from=veth,to=tap,rate={RATE},size=60+1514',
            f'name=wire-to-trunk,from=wire,to=trunk/10,rate={RATE}', f'name=tap-to-trunk,from=tap,to=trunk/20,rate={RATE}']


def test_twenty_failovers_over_veth_net_tap_and_tap_lose_nothing(network):
    chassis = network.chassis
    ends = {'wire': f'wire:{chassis.door}#1:1', 'trunk': f'wire:{chassis.door}#1:2', 'veth': f'packet:{network.netns["tester"]}/eth0',
            'net-tap': f'packet:{network.netns["red2"]}/sw4', 'tap': f'packet:{network.netns["blue1"]}/sw5'}
    pings = [Ping(network, 'red1', lab.address('red', 2)), Ping(network, 'blue1', lab.address('blue', 3))]
    for ping in pings:
        ping.wait_started()
        ping.mark('all')
    tester = Tester(chassis, ends, flows(), ['--late', '0.1'])
    tester.wait_started()
    transfers = Transfers(network, 'red2', 'trunk', lab.address('red', 3))
    transfers.begin(4_000_000, 8)
    on_wires.pause(0.5)
    for number in range(FAILOVERS):
        kind = KINDS[number % len(KINDS)]
        tester.mark(f'{number + 1} {kind}')
        before = on_wires.strike(chassis, kind)
        assert before, f'failover {number + 1} ({kind}) could not be begun'
        on_wires.settle(chassis, before)
        on_wires.pause(0.1)
    transfer = transfers.end()
    on_wires.pause(0.5)
    report = tester.finish()
    replies = [ping.finish()['all'] for ping in pings]
    wrong = [on_wires.faults_of(report)] + [f'ping {ping.name}: of {sent} replies {lost} were lost and {doubled} doubled'
                                            for ping, (sent, lost, doubled) in zip(pings, replies) if lost or doubled or sent < 50]
    if not transfer['intact']:
        wrong.append(f'the TCP transfer did not arrive whole: {transfer}')
    wrong = [sentence for sentence in wrong if sentence]
    drops = {name: count for name, count in chassis.show('drops')['reasons'].items() if count}
    assert not wrong, '\n'.join([*wrong, f'drops: {drops}', chassis.log_tail(30)])
    assert report['offered'] > FAILOVERS * 100
