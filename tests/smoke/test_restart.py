# SPDX-License-Identifier: Apache-2.0
"""The data plane is killed, and comes back on the same ports; boards die, and frames do not notice. Runs after all the others."""

import os
import signal

from network import A, B, BROADCAST, frame

from tests.support import processes

SOME = ['veth1', 'tap3', 'wire5', 'ntap7']


def test_frames_pass_while_the_master_is_killed(net):
    net.vlan('blue', 100, untagged=SOME)
    net.out('veth1', frame(B, BROADCAST))
    before = net.chassis.wait_ready()
    for how in (signal.SIGKILL, signal.SIGSEGV):
        net.chassis.kill('master', how)
        for _ in range(50):
            assert list(net.out('wire5', frame(A, B))) == ['veth1']
        net.chassis.wait_ready()
    assert net.chassis.term() == before['term'] + 2
    assert net.where(B) == 'veth1'


def test_configuration_outlives_both_masters(net):
    net.vlan('blue', 100, untagged=['veth1'], tagged=['wire5'])
    net.cli(f'create fdbentry {B} vlan blue ports 1:5')
    net.cli('configure fdb agingtime 77')
    net.cli('disable ports 1:4')
    said = net.cli('show configuration')
    for _ in range(2):
        net.chassis.wait_ready()
        net.cli('run msm-failover')
    net.chassis.wait_ready()
    strip = [line for line in said.splitlines() if not line.startswith('#')]
    assert [line for line in net.cli('show configuration').splitlines() if not line.startswith('#')] == strip
    assert list(net.out('veth1', frame(A, B), [name for name in net.ends if name != 'tap4'])) == ['wire5']


def test_a_killed_data_plane_comes_back_on_the_same_ports(net):
    net.vlan('blue', 100, untagged=SOME)
    net.out('veth1', frame(B, BROADCAST))
    net.send('wire5', frame(A, B))
    net.fence()
    frames = {port['port']: port['rx_frames'] for port in net.show('ports statistics')['ports']}
    old = net.show('switch')['dataplane']['pid']
    os.kill(old, signal.SIGKILL)

    def back():
        now = net.show('switch')['dataplane']
        return now['pid'] not in (0, old) and now
    assert processes.until(back, 15, 0.05), 'no new data plane within 15 s'
    fetched = processes.until(lambda: net.bring_back('ntap7'), 15, 0.1)   # net_tap's interface went with its process
    assert fetched, 'net_tap was not made again within 15 s'
    net.wait_links()
    assert sorted(net.out('wire5', frame(A, BROADCAST))) == ['ntap7', 'tap3', 'veth1']
    net.out('veth1', frame(B, BROADCAST))
    assert list(net.out('tap3', frame(A, B))) == ['veth1']
    again = {port['port']: port['rx_frames'] for port in net.show('ports statistics')['ports']}
    assert all(again[port] >= frames[port] for port in frames), 'counters went back'
    assert net.show('vlan blue')['vlans'][0]['untagged'] == ['1:1', '1:3', '1:5', '2:7']
