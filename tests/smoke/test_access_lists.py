# SPDX-License-Identifier: Apache-2.0
"""Access lists with packets that Scapy made, on every kind of port."""

import pytest
from network import A, B
from scapy.all import ARP, ICMP, IP, TCP, UDP, Ether, IPv6, Raw, fragment

NET = '192.0.2.0/24'


@pytest.fixture(name='blue', autouse=True)
def _blue(net):
    net.vlan('blue', 100, untagged=['veth1', 'tap3', 'wire5', 'wire6'])
    yield net
    for rule in net.show('access-list')['access_lists']:
        net.cli(f'delete access-list {rule["name"]}')


def packet(inside, to='192.0.2.9'):
    return Ether(src=A, dst=B) / IP(src='198.51.100.1', dst=to) / inside


def passes(net, sent, port='wire5'):
    return net.out(port, sent) != {}


def rule(net, name):
    return {each['name']: each for each in net.show('access-list')['access_lists']}[name]


@pytest.mark.parametrize('port', ['veth1', 'tap3', 'wire5'])
def test_tcp_to_a_port_is_denied_by_name_and_counted(net, port):
    net.cli(f'create access-list telnet tcp destination {NET} ip-port 23 source any ip-port any deny ports any')
    before = net.drops(port)['acl_denied']
    assert not passes(net, packet(TCP(sport=1000, dport=23) / Raw(b'x' * 20)), port)
    assert passes(net, packet(TCP(sport=1000, dport=24) / Raw(b'x' * 20)), port)
    assert passes(net, packet(UDP(sport=1000, dport=23) / Raw(b'x' * 20)), port)
    assert net.drops(port)['acl_denied'] == before + 1
    assert rule(net, 'telnet')['frames'] == 1


def test_only_what_opens_a_connection_is_denied(net):
    net.cli('create access-list est tcp destination any ip-port any source any ip-port any permit-established ports any')
    for flags, good in (('S', False), ('SA', True), ('A', True), ('R', True), ('FA', True), ('F', False), ('', False), ('SR', False)):
        assert passes(net, packet(TCP(sport=1, dport=2, flags=flags) / Raw(b'x' * 20))) == good, flags


def test_echo_requests_are_denied_and_replies_are_not(net):
    net.cli('create access-list ping icmp destination any source any type 8 code 0 deny ports any')
    assert not passes(net, packet(ICMP(type=8) / Raw(b'x' * 40)))
    assert passes(net, packet(ICMP(type=0) / Raw(b'x' * 40)))


def test_the_default_rule_lets_arp_and_ipv6_pass_and_no_ipv4(net):
    net.cli('create access-list denyall ip dest 0.0.0.0/0 source 0.0.0.0/0 deny ports any')
    assert not passes(net, packet(UDP() / Raw(b'x' * 30)))
    assert passes(net, Ether(src=A, dst='ff:ff:ff:ff:ff:ff') / ARP(psrc='192.0.2.1', pdst='192.0.2.2') / Raw(bytes(18)))
    assert passes(net, Ether(src=A, dst=B) / IPv6(src='2001:db8::1', dst='2001:db8::2') / UDP() / Raw(b'x' * 30))


def test_a_rule_of_other_ports_does_not_match(net):
    port = {'wire5': '1:5', 'wire6': '1:6'}
    net.cli(f'create access-list here ip destination any source any deny ports {port["wire5"]}')
    assert not passes(net, packet(UDP() / Raw(b'x' * 30)), 'wire5')
    assert passes(net, packet(UDP() / Raw(b'x' * 30)), 'wire6')


def test_later_fragments_match_rules_that_name_no_ports(net):
    net.cli(f'create access-list web udp destination {NET} ip-port 80 source any ip-port any deny ports any')
    first, *later = [Ether(src=A, dst=B) / each for each in
                     fragment(IP(src='198.51.100.1', dst='192.0.2.9') / UDP(sport=1, dport=80) / Raw(b'x' * 600), 256)]
    assert not passes(net, first)
    assert all(passes(net, each) for each in later)
    net.cli(f'create access-list net ip destination {NET} source any deny ports any')
    assert not any(passes(net, each) for each in later)


def test_a_hundred_rules_are_compiled_and_the_most_specific_decides(net):
    for number in range(100):
        net.cli(f'create access-list host{number} ip destination 192.0.2.{number}/32 source any permit ports any')
    net.cli(f'create access-list rest ip destination {NET} source any deny ports any')
    assert passes(net, packet(UDP() / Raw(b'x' * 30), '192.0.2.99'))
    assert not passes(net, packet(UDP() / Raw(b'x' * 30), '192.0.2.100'))
    net.cli('delete access-list host99')
    assert not passes(net, packet(UDP() / Raw(b'x' * 30), '192.0.2.99'))
