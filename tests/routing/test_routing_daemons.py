# SPDX-License-Identifier: Apache-2.0
"""FRR beside Baton, and neighbours that know nothing of Baton: sessions, routes and routed traffic through failovers, and what becomes of routes
when FRR itself goes, comes back, or stays away."""

import os
import random
import signal
import socket
import time

import pytest
from network import FROM_BIRD, LEARNED, VLANS, lost

from tests.support import processes
from tests.support.ground import inside, run
from tests.support.switch import KINDS, pause, settle, strike

FAILOVERS = 12 if os.environ.get('BATON_QUICK') else 50


def test_every_routed_vlan_has_an_interface_with_the_routers_address(network):
    shown = run('ip', '-n', network.netns['route'], '-br', 'address').stdout
    for tag in VLANS.values():
        assert f'bv{tag}' in shown and f'10.{tag}.0.1/24' in shown, shown


def test_neighbours_come_up_and_their_routes_come_into_the_tables(converged):
    for protocol, address in LEARNED.items():
        assert protocol in converged.origin(address)['origin'].lower()


def test_the_neighbours_learn_the_routers_own_networks(converged):
    assert processes.until(lambda: '10.20.0.0/24' in run('ip', '-n', converged.netns['peer'], 'route').stdout, 20, 0.2)


@pytest.mark.parametrize('protocol', [*LEARNED, *(f'bird-{name}' for name in FROM_BIRD)])
def test_traffic_follows_a_learned_route(converged, protocol):
    if protocol not in converged.expected():
        pytest.skip('needs the package bird2')
    address = converged.expected()[protocol]
    assert processes.until(lambda: converged.reaches(address), 10, 0.1), f'{address} does not answer\n{converged.chassis.log_tail(30)}'


def test_neighbours_routes_and_traffic_stay_through_mixed_failovers(converged):
    """Operator, SIGKILL, SIGSEGV; a ping each 20 ms over each learned route."""
    draw = random.Random(4)
    before = converged.sessions()
    addresses = converged.expected().values()
    for address in addresses:
        assert processes.until(lambda a=address: converged.reaches(a), 10, 0.1)
    began = time.monotonic()
    ages = {address: converged.origin(address)['duration'] for address in addresses}
    messages = converged.fpm()['connects']
    pings = {address: converged.ping(address) for address in addresses}
    done = 0
    for number in range(FAILOVERS):
        was = strike(converged.chassis, KINDS[number % len(KINDS)])
        assert was, 'nobody carries the baton'
        settle(converged.chassis, was, 60)
        done += 1
        pause(draw.random() * 0.3)
    pause(1)
    counts = {address: lost(ping) for address, ping in pings.items()}
    assert done == FAILOVERS
    assert all(not missing and sent > 100 for missing, sent in counts.values()), counts
    assert converged.sessions() == before
    assert converged.fpm()['connects'] == messages, 'zebra never had to come again'
    elapsed = time.monotonic() - began
    for address, age in ages.items():
        assert converged.origin(address)['duration'] >= age + elapsed - 3, f'{address} left the tables, or was another one meanwhile'


def test_a_route_that_is_withdrawn_goes_and_comes_back(converged):
    converged.theirs.configure('no ip route 172.16.3.0/24 blackhole')
    assert processes.until(lambda: not converged.origin(LEARNED['rip']), 30, 0.2)
    converged.theirs.configure('ip route 172.16.3.0/24 blackhole')
    assert processes.until(lambda: converged.origin(LEARNED['rip']), 30, 0.2)


def test_zebra_killed_and_started_again_forwards_on_and_what_did_not_come_back_is_swept(converged):
    """The neighbours' route over RIP is withdrawn while Baton's FRR is dead, so only the sweep can delete it."""
    converged.chassis.cli('configure msm-failover timeout 30')
    assert processes.until(lambda: converged.reaches(LEARNED['bgp']), 10, 0.1)
    ping = converged.ping(LEARNED['ospf'])
    for daemon in ('zebra', 'staticd', 'ospfd', 'bgpd', 'ripd'):
        os.kill(converged.ours.pid(daemon), signal.SIGKILL)
    assert processes.until(lambda: not converged.fpm()['connected'], 10, 0.1)
    converged.theirs.configure('no ip route 172.16.3.0/24 blackhole')
    pause(2)
    assert converged.origin(LEARNED['rip']), 'nothing goes because FRR is away'
    # The kernel's copy would come back with zebra, which reads it; the test wants a route that nobody says any more.
    run('ip', '-n', converged.netns['route'], 'route', 'del', '172.16.3.0/24', check=False)
    converged.ours.start()
    assert processes.until(lambda: converged.fpm()['connected'], 15, 0.1)
    assert converged.origin(LEARNED['rip']), 'and not before the new zebra has had its time'
    assert processes.until(lambda: converged.fpm()['generation'] == 'complete', 60, 0.2), converged.fpm()
    assert processes.until(lambda: not converged.origin(LEARNED['rip']), 10, 0.2), 'swept'
    missing, sent = lost(ping)
    converged.theirs.configure('ip route 172.16.3.0/24 blackhole')
    converged.wait_converged()
    assert not missing and sent > 100, f'{missing} of {sent} lost while FRR started again'


def test_a_restarted_data_plane_finds_interfaces_and_routes_again(converged):
    before = run('ip', '-n', converged.netns['route'], '-br', 'link').stdout
    os.kill(converged.chassis.pids()['dataplane'], signal.SIGKILL)
    assert processes.until(lambda: (now := converged.chassis.failover()) and now['hitless_ready'], 60, 0.1)
    assert processes.until(lambda: converged.fpm()['connected'] and converged.fpm()['generation'] == 'complete', 30, 0.1)
    names = [line.split()[0] for line in before.splitlines()]
    after = run('ip', '-n', converged.netns['route'], '-br', 'link').stdout
    assert [line.split()[0] for line in after.splitlines()] == names
    converged.wait_converged()
    assert processes.until(lambda: converged.reaches(LEARNED['ospf']), 20, 0.2)


def test_what_is_no_fpm_is_cut_off_and_zebra_comes_again(converged):
    comings = converged.fpm()['connects']
    with inside(converged.netns['route']):
        stranger = socket.create_connection(('127.0.0.1', 2620), 5)
    with stranger:
        stranger.sendall(b'GET / HTTP/1.1\r\n\r\n')
        stranger.settimeout(10)
        assert stranger.recv(1) == b''
    assert processes.until(lambda: converged.fpm()['closed_malformed'] == 1, 10, 0.1)
    assert processes.until(lambda: converged.fpm()['connects'] >= comings + 2 and converged.fpm()['generation'] == 'complete', 30, 0.2)
    converged.wait_converged()


def test_messages_that_are_malformed_inside_are_passed_over(converged):
    with inside(converged.netns['route']):
        stranger = socket.create_connection(('127.0.0.1', 2620), 5)
    draw = random.Random(5)
    with stranger:
        for size in range(1, 300):
            body = bytes(draw.randrange(256) for _ in range(size))
            stranger.sendall(bytes((1, 1, (size + 4) >> 8, (size + 4) & 255)) + body)
        assert processes.until(lambda: converged.fpm()['this_master']['malformed'] > 100, 20, 0.1)
    converged.wait_converged()
    assert processes.until(lambda: converged.fpm()['connected'] and converged.fpm()['generation'] == 'complete', 60, 0.2)


def test_the_failover_timer_deletes_what_no_daemon_came_for_and_says_so(converged):
    """Last: FRR is gone for good."""
    converged.chassis.cli('configure msm-failover timeout 30')
    for daemon in ('zebra', 'staticd', 'ospfd', 'bgpd', 'ripd'):
        os.kill(converged.ours.pid(daemon), signal.SIGKILL)
    assert processes.until(lambda: not converged.fpm()['connected'], 10, 0.1)
    was = strike(converged.chassis, 'SIGKILL')
    settle(converged.chassis, was, 60)
    assert converged.origin(LEARNED['bgp']), 'not at once'
    assert processes.until(lambda: not any(converged.origin(address) for address in LEARNED.values()), 60, 0.5)
    assert any('failover timer has expired' in line for line in converged.chassis.log_lines())
