# SPDX-License-Identifier: Apache-2.0
"""Kernel hosts on three VLANs route through Baton: ping, traceroute, TCP, UDP, large packets cut into fragments or refused with the MTU that
fits, of both families; through masters that die and a data plane that is started anew. A switch of its own, with hosts behind veths."""

import json
import os
import signal
import socket
import threading

import pytest

from tests.support import processes
from tests.support.chassis import Chassis
from tests.support.ground import Ground, inside, run
from tests.support.traffic import Ping

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HOSTS = {  # name -> VLAN, port, host number; 10.7.<vlan>.<number> and 2001:db8:<vlan>::<number>
    'red1': (1, '1:1', 11), 'blue1': (2, '1:2', 11), 'green1': (3, '1:3', 11)}
VLANS = {1: 'red', 2: 'blue', 3: 'green'}
SMALL = 1400   # the MTU of VLAN green


def ipv4(name):
    vlan, _, number = HOSTS[name]
    return f'10.7.{vlan}.{number}'


def ipv6(name):
    vlan, _, number = HOSTS[name]
    return f'2001:db8:{vlan}::{number}'


class Routed:
    def __init__(self, build):
        self.ground = Ground('routing')
        self.build = build
        self.netns = {}

    def up(self):
        self.ground.up()
        self.switch_ns = self.ground.namespace('switch')
        for name, (_, port, _) in HOSTS.items():
            self.netns[name] = self.ground.namespace(name)
            run('ip', '-n', self.netns[name], 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', f'sw-{name}', 'netns', self.switch_ns)
            run('ethtool', '-K', 'eth0', 'tx', 'off', 'tso', 'off', 'gso', 'off', 'gro', 'off', netns=self.netns[name], check=False)
            run('ip', '-n', self.switch_ns, 'link', 'set', f'sw-{name}', 'mtu', '1600', 'up')
            run('ip', '-n', self.netns[name], 'link', 'set', 'eth0', 'up')
        self.chassis = Chassis(self.ground, [f'{port} net_af_packet,iface=sw-{name}' for name, (_, port, _) in HOSTS.items()], self.build,
                               self.switch_ns, hugepages='no', fdb_max_entries=100000)
        self.chassis.start()
        self.cli('configure vlan Default delete ports all')
        for number, vlan in VLANS.items():
            port = next(port for host, port, _ in HOSTS.values() if host == number)
            for line in (f'create vlan {vlan}', f'configure vlan {vlan} tag {number + 100}', f'configure vlan {vlan} add ports {port} untagged',
                         f'configure vlan {vlan} ipaddress 10.7.{number}.1 255.255.255.0', f'configure vlan {vlan} ipaddress 2001:db8:{number}::1/64'):
                self.cli(line)
        for line in ('enable ipforwarding', 'enable ipforwarding ipv6', f'configure ip-mtu {SMALL} vlan green'):
            self.cli(line)
        for name, (vlan, _, number) in HOSTS.items():
            self.address(name, vlan, number)
        self.chassis.wait_ready()

    def address(self, name, vlan, number):
        inner = self.netns[name]
        run('sh', '-c', 'for f in all default eth0; do echo 0 >/proc/sys/net/ipv6/conf/$f/disable_ipv6; done;'
            'echo 0 >/proc/sys/net/ipv6/conf/eth0/accept_dad', netns=inner)
        run('ip', '-n', inner, 'address', 'add', f'10.7.{vlan}.{number}/24', 'dev', 'eth0')
        run('ip', '-n', inner, 'address', 'add', f'2001:db8:{vlan}::{number}/64', 'dev', 'eth0', 'nodad')
        run('ip', '-n', inner, 'route', 'add', 'default', 'via', f'10.7.{vlan}.1')
        run('ip', '-n', inner, '-6', 'route', 'add', 'default', 'via', f'2001:db8:{vlan}::1')

    def cli(self, line):
        return self.chassis.cli(line)

    def show(self, line):
        return self.chassis.show(line)

    def ping(self, name, target, *more, check=True):
        done = run('ping', '-n', '-W', '5', '-w', '20', *(more or ('-c', '3', '-i', '0.2')), target, netns=self.netns[name], check=False)
        if check:
            assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def forget_path_mtu(self, name):
        for family in ('-4', '-6'):
            run('ip', family, 'route', 'flush', 'cache', netns=self.netns[name], check=False)

    def down(self):
        if os.environ.get('BATON_KEEP_LOG'):
            run('cp', self.ground.path('chassis.log'), os.environ['BATON_KEEP_LOG'], check=False)
        self.ground.down()


@pytest.fixture(scope='module')
def routed():
    build = os.path.abspath(os.environ.get('BATON_BUILD', os.path.join(ROOT, 'build')))
    if os.geteuid() != 0:
        pytest.skip('needs root, for namespaces and ports')
    network = Routed(build)
    try:
        network.up()
        yield network
    finally:
        network.down()


def transfer(routed, sender, receiver, address, size, family=socket.AF_INET):
    """`size` bytes by TCP; what arrived must be what was sent."""
    data = os.urandom(size)
    got = bytearray()
    with inside(routed.netns[receiver]):
        server = socket.create_server((address, 4000), family=family)
    server.settimeout(30)

    def serve():
        connection, _ = server.accept()
        with connection:
            connection.settimeout(30)
            while len(got) < size:
                piece = connection.recv(65536)
                if not piece:
                    break
                got.extend(piece)

    thread = threading.Thread(target=serve)
    thread.start()
    with inside(routed.netns[sender]):
        client = socket.socket(family, socket.SOCK_STREAM)
    client.settimeout(30)
    with client:
        client.connect((address, 4000))
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        thread.join(60)
    server.close()
    assert bytes(got) == data


@pytest.mark.parametrize('address', [ipv4, ipv6])
def test_hosts_reach_each_other_and_the_switch(routed, address):
    for name in HOSTS:
        routed.ping(name, '10.7.1.1' if address is ipv4 else '2001:db8:1::1')
        for other in HOSTS:
            if other != name:
                assert ' 0% packet loss' in routed.ping(name, address(other))


def test_the_time_to_live_ends_at_the_switch(routed):
    done = run('traceroute', '-n', '-q', '1', '-w', '5', '-m', '4', ipv4('blue1'), netns=routed.netns['red1'])
    hops = [line.split()[1] for line in done.stdout.splitlines()[1:]]
    assert hops == ['10.7.1.1', ipv4('blue1')], done.stdout
    done = run('traceroute', '-6', '-n', '-q', '1', '-w', '5', '-m', '4', ipv6('blue1'), netns=routed.netns['red1'])
    assert [line.split()[1] for line in done.stdout.splitlines()[1:]][-1] == ipv6('blue1'), done.stdout


@pytest.mark.parametrize('family, address', [(socket.AF_INET, ipv4), (socket.AF_INET6, ipv6)])
def test_tcp_arrives_whole(routed, family, address):
    transfer(routed, 'red1', 'blue1', address('blue1'), 2_000_000, family)
    transfer(routed, 'green1', 'red1', address('red1'), 500_000, family)


@pytest.mark.parametrize('family, address', [(socket.AF_INET, ipv4), (socket.AF_INET6, ipv6)])
def test_udp_arrives_once_and_in_order(routed, family, address):
    """Datagrams of one packet and of several; paced, for a host's buffer is not endless."""
    with inside(routed.netns['blue1']):
        server = socket.socket(family, socket.SOCK_DGRAM)
    with inside(routed.netns['red1']):
        client = socket.socket(family, socket.SOCK_DGRAM)
    with server, client:
        server.bind((address('blue1'), 4001))
        server.settimeout(10)
        for number in range(600):
            sent = number.to_bytes(4, 'big') + bytes([number & 255]) * (8, 1000, 1400, 3000)[number % 4]
            client.sendto(sent, (address('blue1'), 4001))
            got, sender = server.recvfrom(65536)
            assert got == sent and sender[0] == address('red1')


def test_large_packets_are_cut_when_they_may_be(routed):
    """1500 bytes into a VLAN of 1400: fragments, put together by the host."""
    text = routed.ping('red1', ipv4('green1'), '-c', '3', '-i', '0.2', '-s', '1472', '-M', 'dont')
    assert ' 0% packet loss' in text
    text = routed.ping('red1', ipv4('green1'), '-c', '2', '-i', '0.2', '-s', '4000', '-M', 'dont')
    assert ' 0% packet loss' in text


def test_large_packets_are_refused_with_the_mtu_when_they_must_not_be_cut(routed):
    routed.forget_path_mtu('red1')
    text = routed.ping('red1', ipv4('green1'), '-c', '1', '-s', '1472', '-M', 'do', check=False)
    assert f'mtu = {SMALL}' in text.lower() or f'mtu={SMALL}' in text.lower(), text
    routed.forget_path_mtu('red1')
    text = routed.ping('red1', ipv6('green1'), '-c', '1', '-s', '1452', '-M', 'do', check=False)
    assert str(SMALL) in text and 'too big' in text.lower(), text
    routed.forget_path_mtu('red1')
    transfer(routed, 'red1', 'green1', ipv6('green1'), 300_000, socket.AF_INET6)   # finds the MTU by itself


def test_what_cannot_be_reached_is_said(routed):
    text = routed.ping('red1', '10.9.9.9', '-c', '1', check=False)
    assert 'From 10.7.1.1' in text and 'nreachable' in text, text
    routed.cli('configure iproute add blackhole 10.9.0.0/16')
    text = routed.ping('red1', '10.9.9.9', '-c', '1', '-W', '1', '-w', '2', check=False)
    assert 'nreachable' not in text and '100% packet loss' in text
    routed.cli('configure iproute delete blackhole 10.9.0.0/16')


def test_a_vlan_that_does_not_forward_keeps_its_packets(routed):
    routed.cli('disable ipforwarding vlan red')
    assert '100% packet loss' in routed.ping('red1', ipv4('blue1'), '-c', '2', '-W', '1', '-w', '3', check=False)
    routed.ping('red1', '10.7.1.1')
    routed.cli('enable ipforwarding vlan red')
    routed.ping('red1', ipv4('blue1'))


def test_a_static_route_leads_through_a_host(routed):
    """blue1 is the router to an address that it has on its loopback."""
    run('ip', '-n', routed.netns['blue1'], 'address', 'add', '10.8.0.1/32', 'dev', 'lo')
    routed.cli(f'configure iproute add 10.8.0.0/16 {ipv4("blue1")}')
    routed.ping('red1', '10.8.0.1')
    [row] = routed.show('iproute 10.8.0.0/16')['routes']
    assert (row['origin'], row['active'], row['gateways'][0]['address']) == ('Static', True, ipv4('blue1'))
    routed.cli(f'configure iproute delete 10.8.0.0/16 {ipv4("blue1")}')
    assert routed.show('iproute 10.8.0.0/16')['routes'] == []


def test_a_subnet_and_its_gateways_are_routes_while_a_port_of_theirs_is_up(routed):
    """blue1 and green1 both lead to an address; when blue's only port loses its link, green1 does, and blue's subnet is no route."""
    routers = {'blue1': 1, 'green1': 5}
    for name, metric in routers.items():
        run('ip', '-n', routed.netns[name], 'address', 'add', '10.8.1.1/32', 'dev', 'lo')
        routed.cli(f'configure iproute add 10.8.1.0/24 {ipv4(name)} {metric}')

    def leads_to(name):
        rows = routed.show('iproute 10.8.1.0/24')['routes']
        return [gateway['address'] for row in rows if row['active'] for gateway in row['gateways']] == [ipv4(name)]

    def is_connected():
        return any(row['active'] for row in routed.show('iproute 10.7.2.0/24')['routes'] if row['destination'] == '10.7.2.0/24')

    assert leads_to('blue1') and is_connected()
    run('ip', '-n', routed.switch_ns, 'link', 'set', 'sw-blue1', 'down')
    try:
        assert processes.until(lambda: leads_to('green1') and not is_connected(), 10, 0.1)
        routed.ping('red1', '10.8.1.1')
        routed.ping('red1', '10.7.2.1')   # the switch's own address still answers
    finally:
        run('ip', '-n', routed.switch_ns, 'link', 'set', 'sw-blue1', 'up')
    assert processes.until(lambda: leads_to('blue1') and is_connected(), 10, 0.1)
    routed.ping('red1', '10.8.1.1')
    routed.ping('red1', ipv6('blue1'))
    for name in routers:
        routed.cli(f'configure iproute delete 10.8.1.0/24 {ipv4(name)}')
        run('ip', '-n', routed.netns[name], 'address', 'delete', '10.8.1.1/32', 'dev', 'lo')


def test_nothing_is_lost_through_masters_that_die(routed):
    """A ping through the switch and one to it, every 20 ms."""
    routed.chassis.wait_ready(40)
    pings = [Ping(routed, 'red1', target) for target in (ipv4('blue1'), '10.7.1.1', ipv6('blue1'))]
    for ping in pings:
        ping.wait_started()
        ping.mark('all')
    for how in (signal.SIGKILL, signal.SIGSEGV, signal.SIGKILL):
        before = routed.chassis.wait_ready(40)
        routed.chassis.kill('master', how)
        assert processes.until(lambda: (routed.chassis.term() or 0) > before['term'], 30, 0.02)
        routed.chassis.wait_ready(40)
    assert processes.until(lambda: all(len(ping.replies) > 50 for ping in pings), 20, 0.1), 'they go on'
    counts = {ping.name: ping.finish()['all'] for ping in pings}
    assert all(lost == 0 and doubled == 0 and sent > 20 for sent, lost, doubled in counts.values()), counts


def test_the_ip_fdb_and_interfaces_are_shown(routed):
    routed.ping('red1', ipv4('blue1'))
    hosts = {host['address']: host['vlan'] for host in routed.show('ipfdb')['hosts']}
    assert hosts.get(ipv4('blue1')) == 'blue' and hosts.get(ipv4('red1')) == 'red'
    routed.cli('clear ipfdb')
    routed.ping('red1', ipv4('blue1'))
    shown = routed.show('ipconfig')
    assert [one['vlan'] for one in shown['interfaces']] == ['blue', 'green', 'red']
    assert shown['routed'] > 0


BAD = [('configure vlan blue ipaddress 10.7.1.9/24', 'overlaps 10.7.1.0/24 of VLAN red'),
       ('configure vlan blue ipaddress 224.0.0.1/24', "is no host's address"),
       ('configure vlan blue ipaddress 10.50.0.0/24', 'is the name of the subnet'),
       ('configure iproute add 10.60.0.0/16 10.7.1.1', "this switch's own address"),
       ('configure iproute add 10.60.0.1/16 10.7.1.11', 'did you mean 10.60.0.0/16'),
       ('configure iparp add 10.99.0.1 02:00:00:00:00:01', 'is in no subnet of this switch'),
       ('configure ip-mtu 1279 vlan red', '1280 to 9198')]


@pytest.mark.parametrize('line, sentence', BAD)
def test_bad_input_changes_nothing_and_says_why(routed, line, sentence):
    before = routed.cli('show configuration')
    done = routed.chassis.run(*line.split())
    assert done.returncode != 0
    assert sentence in done.stdout + done.stderr
    assert routed.cli('show configuration') == before


def test_restart_a_killed_data_plane_routes_again(routed):
    before = routed.cli('show configuration')
    old = routed.show('switch')['dataplane']['pid']
    os.kill(old, signal.SIGKILL)
    assert processes.until(lambda: routed.show('switch')['dataplane']['pid'] not in (0, old), 30, 0.05)
    routed.chassis.wait_ready(40)
    assert processes.until(lambda: ' 0% packet loss' in routed.ping('red1', ipv4('blue1'), '-c', '1', check=False), 30, 0.1)
    routed.ping('blue1', ipv6('red1'))
    assert routed.cli('show configuration') == before


def test_restart_configuration_from_flash_routes_again(routed):
    """Saved, then the switch comes up anew: a failover that takes the flash configuration."""
    routed.cli('configure iproute add 10.8.0.0/16 10.7.2.11 5')
    routed.cli('save')
    routed.cli('configure iproute add blackhole 10.66.0.0/16')
    routed.cli('configure msm-failover link-action keep-links-up')
    routed.cli('configure msm-failover slave-config flash')
    before = routed.chassis.failover()
    routed.cli('run msm-failover')
    assert processes.until(lambda: (routed.chassis.term() or 0) > before['term'], 30, 0.05)
    text = json.dumps(routed.show('iproute origin blackhole'))
    assert '10.66.0.0' not in text
    assert [row['metric'] for row in routed.show('iproute 10.8.0.0/16')['routes']] == [5]
    assert processes.until(lambda: ' 0% packet loss' in routed.ping('red1', ipv4('blue1'), '-c', '1', check=False), 30, 0.1)
