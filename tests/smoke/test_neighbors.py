# SPDX-License-Identifier: Apache-2.0
"""Neighbours with real kernels: hosts in namespaces, each behind a veth, two on VLAN left and one on VLAN right; the switch routes between
them. They are found when a packet needs them, found again when they are forgotten, followed when their MAC changes, and asked before
their time is over - and no packet is lost, whoever of the masters dies meanwhile.

    a  10.1.0.2  2001:db8:1::2   1:1  left  (tag 10)   gateway 10.1.0.1
    b  10.1.0.3  2001:db8:1::3   1:2  left
    c  10.2.0.2  2001:db8:2::2   1:3  right (tag 20)   gateway 10.2.0.1"""

import os
import re
import subprocess

import pytest

from tests.support import processes
from tests.support import switch as on_wires
from tests.support.chassis import Chassis
from tests.support.ground import Ground, run
from tests.support.traffic import Ping

ROUTER = '02:ba:70:00:00:01'
VLANS = {'left': (10, 1), 'right': (20, 2)}   # name -> (tag, third number of its subnet)
HOSTS = {'a': ('left', 2, '1:1'), 'b': ('left', 3, '1:2'), 'c': ('right', 2, '1:3')}


def address(host):
    vlan, number, _ = HOSTS[host]
    return f'10.{VLANS[vlan][1]}.0.{number}'


def address6(host):
    vlan, number, _ = HOSTS[host]
    return f'2001:db8:{VLANS[vlan][1]}::{number}'


def mac(host, generation=0):
    return f'02:aa:00:00:{generation:02x}:{ord(host):02x}'


class Routed:
    def __init__(self):
        self.ground = Ground('neighbors')
        self.netns = {}

    def up(self):
        self.ground.up()
        switch = self.netns['switch'] = self.ground.namespace('switch')
        for host in HOSTS:
            self._host(host, switch)
        lines = [f'{port} net_af_packet,iface=sw-{host}' for host, (_, _, port) in HOSTS.items()]
        self.chassis = Chassis(self.ground, lines, on_wires.build_folder(), switch, hugepages='no', system_mac=ROUTER,
                               fdb_max_entries=100000, mbufs=8192, max_frame=2000)
        self.chassis.start()
        self.cli('configure vlan Default delete ports all')
        for name, (tag, net) in VLANS.items():
            self.cli(f'create vlan {name}')
            self.cli(f'configure vlan {name} tag {tag}')
            for vlan, _, port in HOSTS.values():
                if vlan == name:
                    self.cli(f'configure vlan {name} add ports {port} untagged')
            self.cli(f'configure vlan {name} ipaddress 10.{net}.0.1/24')
            self.cli(f'configure vlan {name} ipaddress 2001:db8:{net}::1/64')
        self.cli('enable ipforwarding')
        self.cli('enable ipforwarding ipv6')
        self.chassis.wait_ready()

    def _host(self, host, switch):
        there = self.netns[host] = self.ground.namespace(host)
        run('ip', '-n', there, 'link', 'add', 'eth0', 'address', mac(host), 'type', 'veth', 'peer', 'name', f'sw-{host}', 'netns', switch)
        run('sh', '-c', 'echo 0 >/proc/sys/net/ipv6/conf/all/disable_ipv6; echo 0 >/proc/sys/net/ipv6/conf/eth0/disable_ipv6; '
            'echo 0 >/proc/sys/net/ipv6/conf/eth0/accept_dad; echo 1 >/proc/sys/net/ipv4/conf/eth0/arp_notify', netns=there)
        for netns, name in ((there, 'eth0'), (switch, f'sw-{host}')):
            run('ethtool', '-K', name, 'rx', 'off', 'tx', 'off', 'tso', 'off', 'gso', 'off', 'gro', 'off', netns=netns, check=False)
        run('ip', '-n', switch, 'link', 'set', f'sw-{host}', 'up')
        run('ip', '-n', there, 'address', 'add', address(host) + '/24', 'dev', 'eth0')
        run('ip', '-n', there, 'address', 'add', address6(host) + '/64', 'dev', 'eth0', 'nodad')
        run('ip', '-n', there, 'link', 'set', 'eth0', 'up')
        net = VLANS[HOSTS[host][0]][1]
        run('ip', '-n', there, 'route', 'add', 'default', 'via', f'10.{net}.0.1')
        run('ip', '-n', there, '-6', 'route', 'add', 'default', 'via', f'2001:db8:{net}::1', 'dev', 'eth0')

    def cli(self, line):
        return self.chassis.cli(line)

    def entries(self, command='iparp'):
        return {entry['destination']: entry for entry in self.chassis.show(command)['entries']}

    def entry(self, host):
        return self.entries().get(address(host), {})

    def ping(self, host, target, count=5, interval=0.1, size=56):
        """How many replies did not come."""
        done = subprocess.run(['ip', 'netns', 'exec', self.netns[host], 'ping', '-n', '-q', '-i', str(interval), '-c', str(count), '-W', '5',
                               '-s', str(size), target], capture_output=True, text=True, check=False)
        sent, received = (int(n) for n in re.search(r'(\d+) packets transmitted, (\d+) received', done.stdout).groups())
        assert sent == count
        return sent - received

    def forget(self, host):
        """The host's own neighbours."""
        run('ip', '-n', self.netns[host], 'neigh', 'flush', 'dev', 'eth0', check=False)

    def change_mac(self, host, to):
        there = self.netns[host]
        run('ip', '-n', there, 'link', 'set', 'eth0', 'address', to)
        run('ip', '-n', there, 'route', 'replace', 'default', 'via', f'10.{VLANS[HOSTS[host][0]][1]}.0.1')


@pytest.fixture(scope='module')
def net():
    why = on_wires.why_not(on_wires.build_folder())
    if why:
        pytest.skip(why)
    routed = Routed()
    try:
        routed.up()
        yield routed
        if os.environ.get('BATON_KEEP_LOG'):
            run('cp', routed.chassis.log, os.environ['BATON_KEEP_LOG'])
    finally:
        routed.ground.down()


@pytest.fixture(autouse=True)
def afresh(net):
    net.cli('clear iparp')
    net.cli('clear neighbor-discovery cache ipv6')
    net.cli('configure iparp timeout 20')
    for host in HOSTS:
        net.forget(host)


def test_the_first_packet_waits_until_its_host_is_found(net):
    assert net.ping('a', address('c')) == 0
    entry = net.entry('c')
    assert (entry['mac'], entry['port'], entry['vlan'], entry['static']) == (mac('c'), '1:3', 'right', False)
    assert net.entry('a')['port'] == '1:1'


def test_ipv6_hosts_are_found_likewise(net):
    assert net.ping('a', address6('c')) == 0
    entry = net.entries('neighbor-discovery cache ipv6')[address6('c')]
    assert (entry['mac'], entry['port']) == (mac('c'), '1:3')


def test_what_is_forgotten_here_or_there_is_found_again(net):
    for _ in range(3):
        assert net.ping('a', address('c'), 3) == 0
        net.cli('clear iparp')
        assert net.ping('a', address('c'), 3) == 0
        net.forget('a')
        net.forget('c')


def test_a_host_that_does_not_answer_is_asked_and_left_alone(net):
    assert net.ping('a', '10.2.0.99', 1) == 1
    assert net.entries()['10.2.0.99']['state'] in ('incomplete', 'failed')
    assert processes.until(lambda: '10.2.0.99' not in net.entries(), 20, 0.2), 'it never goes'


def test_a_host_that_changes_its_mac_is_followed(net):
    assert net.ping('a', address('c')) == 0
    try:
        net.change_mac('c', mac('c', 1))
        assert processes.until(lambda: net.entry('c').get('mac') == mac('c', 1), 5, 0.05), net.entry('c')
        assert net.ping('a', address('c')) == 0
    finally:
        net.change_mac('c', mac('c'))
    assert processes.until(lambda: net.entry('c').get('mac') == mac('c'), 5, 0.05), net.entry('c')


def test_a_permanent_entry_holds_against_what_the_host_says(net):
    net.cli(f'configure iparp add {address("c")} 02:00:00:00:00:99')
    try:
        assert net.entry('c')['static'] is True
        net.ping('c', '10.2.0.1', 1)
        assert net.entry('c')['mac'] == '02:00:00:00:00:99'
    finally:
        net.cli(f'configure iparp delete {address("c")}')
    assert net.ping('a', address('c')) == 0


def test_an_address_is_announced_when_it_is_configured(net):
    log = net.ground.path('announced')
    seen = net.ground.start(['/usr/bin/python3', '-c', LISTEN, 'eth0', ROUTER], netns=net.netns['c'], stdout=open(log, 'w'))
    try:
        assert processes.until(lambda: 'ready' in open(log).read(), 5, 0.02)
        net.cli('configure vlan right ipaddress 192.0.2.1/24')
        assert processes.until(lambda: open(log).read().count('192.0.2.1') == 2, 8, 0.05), open(log).read()
    finally:
        net.cli('unconfigure vlan right ipaddress 192.0.2.1')
        seen.kill()


LISTEN = '''
import socket, sys
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806))
link.bind((sys.argv[1], 0))
print('ready', flush=True)
while True:
    frame = link.recv(2048)
    if frame[6:12] == bytes.fromhex(sys.argv[2].replace(':', '')) and frame[28:32] == frame[38:42]:
        print(socket.inet_ntoa(frame[28:32]), flush=True)
'''


def test_masters_die_while_neighbours_come_and_go_and_no_packet_is_lost(net):
    pings = [Ping(net, 'a', address('c')), Ping(net, 'c', address('b')), Ping(net, 'a', '10.1.0.1')]
    for ping in pings:
        ping.wait_started()
        ping.mark('all')
    for number in range(12):
        kind = on_wires.KINDS[number % len(on_wires.KINDS)]
        if number % 2:
            net.cli('clear iparp')
        before = on_wires.strike(net.chassis, kind)
        assert before, f'failover {number + 1} ({kind}) could not be begun'
        on_wires.settle(net.chassis, before)
        on_wires.pause(0.1)
    counts = [(ping.name, *ping.finish()['all']) for ping in pings]
    assert all(lost == 0 and doubled == 0 and sent > 50 for _, sent, lost, doubled in counts), f'{counts}\n{net.chassis.log_tail(30)}'


def test_after_a_failover_the_neighbours_are_those_of_before(net):
    for host in ('a', 'b'):
        assert net.ping(host, address('c'), 2) == 0
        assert net.ping(host, address6('c'), 2) == 0
    before = {name: {key: entry['mac'] for key, entry in net.entries(name).items()} for name in ('iparp', 'neighbor-discovery cache ipv6')}
    on_wires.settle(net.chassis, on_wires.strike(net.chassis, 'SIGKILL'))
    after = {name: {key: entry['mac'] for key, entry in net.entries(name).items()} for name in before}
    assert after == before


@pytest.mark.slow
def test_an_entry_is_refreshed_before_its_time_is_over_and_no_packet_is_lost(net):
    """A time-out of one minute: asked for between 50 and 54 s; masters die before, while and after. The hosts know the router for good: a kernel
    that asks for it now and then would renew the entry by that."""
    for host in ('a', 'c'):
        run('ip', '-n', net.netns[host], 'neigh', 'replace', f'10.{VLANS[HOSTS[host][0]][1]}.0.1', 'lladdr', ROUTER, 'dev', 'eth0', 'nud', 'permanent')
    net.cli('configure iparp timeout 1')
    net.cli('clear iparp')
    ping = Ping(net, 'a', address('c'))
    ping.wait_started()
    ping.mark('all')
    oldest = 0
    for number in range(9):
        on_wires.pause(8)
        oldest = max(oldest, net.entry('c')['age'])
        on_wires.settle(net.chassis, on_wires.strike(net.chassis, on_wires.KINDS[number % len(on_wires.KINDS)]))
    sent, lost, doubled = ping.finish()['all']
    assert (lost, doubled) == (0, 0) and sent > 1000, net.chassis.log_tail(30)
    assert 35 <= oldest <= 58, f'the oldest that the entry was seen is {oldest} s'
    assert net.entry('c')['age'] < oldest, 'it was not refreshed'
