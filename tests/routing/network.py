# SPDX-License-Identifier: Apache-2.0
"""A Baton that routes, its routing daemons, and independent neighbours, each in a namespace of its own.

                     namespace route: Baton's FRR (ospfd, bgpd, ripd) on the TAPs bv10, bv20, bv30
                          |
  peer ---- 1:1 --[ VLAN up    10 ]--     peer: another FRR; OSPF, BGP and RIP neighbour 10.10.0.2
  bird ---- 1:2 --[ VLAN side  20 ]--     bird: BIRD 2; OSPF and BGP neighbour 10.20.0.2
  host ---- 1:3 --[ VLAN users 30 ]--     host: a kernel host 10.30.0.5 whose router is Baton

What is learned, and answers a ping there: 172.16.1.1 (OSPF), 172.16.2.1 (BGP), 172.16.3.1 (RIP) behind peer;
172.17.1.1 (OSPF), 172.17.2.1 (BGP) behind bird.
"""

import json
import os
import re
import shutil
import subprocess
import sys

from tests.support import processes, switch as on_wires
from tests.support.chassis import ROOT, Chassis
from tests.support.ground import Ground, run
from tests.support.traffic import Ping

BATON_FRR = os.path.join(ROOT, 'controlplane/route/baton-frr')
VLANS = {'up': 10, 'side': 20, 'users': 30}
PORTS = {'peer': ('1:1', 'up'), 'bird': ('1:2', 'side'), 'host': ('1:3', 'users')}
HOSTS = {'peer': '10.10.0.2', 'bird': '10.20.0.2', 'host': '10.30.0.5'}
LEARNED = {'ospf': '172.16.1.1', 'bgp': '172.16.2.1', 'rip': '172.16.3.1'}   # behind peer
FROM_BIRD = {'ospf': '172.17.1.1', 'bgp': '172.17.2.1'}

OSPF_INTERFACE = """\
interface {name}
 ip ospf area 0
 ip ospf network point-to-point
 ip ospf hello-interval 1
 ip ospf dead-interval 4
exit
"""

OURS = 'frr defaults traditional\n' + ''.join(OSPF_INTERFACE.format(name=f'bv{VLANS[vlan]}') for vlan in ('up', 'side')) + """\
router ospf
 ospf router-id 10.10.0.1
exit
router bgp 65001
 bgp router-id 10.10.0.1
 no bgp ebgp-requires-policy
 neighbor 10.10.0.2 remote-as 65002
 neighbor 10.10.0.2 timers 1 3
 neighbor 10.10.0.2 timers connect 1
 neighbor 10.20.0.2 remote-as 65003
 neighbor 10.20.0.2 timers 1 3
 neighbor 10.20.0.2 timers connect 1
exit
router rip
 network bv10
 timers basic 5 15 10
exit
"""

THEIRS = 'frr defaults traditional\n' + OSPF_INTERFACE.format(name='eth0').replace(' ip ospf area 0\n', '') + """\
ip route 172.16.3.0/24 blackhole
router ospf
 ospf router-id 10.10.0.2
 network 10.10.0.0/24 area 0
 network 172.16.1.1/32 area 0
exit
router bgp 65002
 bgp router-id 10.10.0.2
 no bgp ebgp-requires-policy
 no bgp network import-check
 neighbor 10.10.0.1 remote-as 65001
 neighbor 10.10.0.1 timers 1 3
 neighbor 10.10.0.1 timers connect 1
 address-family ipv4 unicast
  network 172.16.2.0/24
 exit-address-family
exit
router rip
 network eth0
 redistribute static
 timers basic 5 15 10
exit
"""

BIRD = """\
log "{log}" all;
router id 10.20.0.2;
protocol device {{ scan time 1; }}
protocol static nets {{ ipv4; route 172.17.2.0/24 blackhole; }}
protocol ospf v2 area0 {{
  ipv4 {{ import all; export none; }};
  area 0 {{
    interface "eth0" {{ type ptp; hello 1; dead 4; }};
    stubnet 172.17.1.0/24;
  }};
}}
protocol bgp baton {{
  local 10.20.0.2 as 65003;
  neighbor 10.20.0.1 as 65001;
  hold time 3; keepalive time 1; connect retry time 1; connect delay time 1;
  ipv4 {{ import all; export where source = RTS_STATIC; }};
}}
"""


def why_not():
    """Why the suite cannot run here: a sentence, or nothing."""
    if not os.access('/usr/lib/frr/zebra', os.X_OK):
        return 'needs the package frr'
    return on_wires.why_not(on_wires.build_folder())


class Frr:
    """A private FRR in a namespace, by the helper that operators have."""

    def __init__(self, network, short, daemons, configuration):
        self.netns = network.netns[short]
        self.folder = network.ground.path(f'frr-{short}')
        self.daemons = daemons
        self.configuration = network.ground.path(f'{short}.conf')
        with open(self.configuration, 'w') as file:
            file.write(configuration)

    def helper(self, verb, *more, check=True):
        return run(sys.executable if sys.executable == '/usr/bin/python3' else '/usr/bin/python3', BATON_FRR, verb, '--netns', self.netns,
                   '--dir', self.folder, *more, check=check, stdin=subprocess.DEVNULL)

    def start(self):
        self.helper('start', '--daemons', self.daemons, '--config', self.configuration)

    def stop(self):
        self.helper('stop')

    def pid(self, daemon):
        with open(os.path.join(self.folder, f'{daemon}.pid')) as file:
            return int(file.read())

    def vtysh(self, command):
        return run('vtysh', '--vty_socket', self.folder, '-c', command).stdout

    def json(self, command):
        return json.loads(self.vtysh(command + ' json') or '{}')

    def configure(self, *lines):
        run('vtysh', '--vty_socket', self.folder, *[word for line in ('configure terminal', *lines) for word in ('-c', line)])


class Network:
    def __init__(self, name='daemons'):
        self.ground = Ground(name)
        self.netns = {}
        build = on_wires.build_folder()
        huge = 'yes' if on_wires.free_huge_mb() >= 900 else 'no'
        lines = [f'{port} tap,iface=rt{number},mtu=1500' for number, (port, _) in enumerate(PORTS.values(), 1)]
        self.chassis = Chassis(self.ground, lines, build, None, hugepages=huge, fdb_max_entries=10000, mbufs=4096, max_frame=2000,
                               route_netns=f'{name}-route')
        self.ours = self.theirs = None
        self.has_bird = shutil.which('bird', path='/usr/sbin:/usr/bin') is not None

    def up(self):
        self.ground.up()
        for short in ('switch', 'route', *PORTS):
            self.netns[short] = self.ground.namespace(short)
        self.chassis.netns = self.netns['switch']
        self.chassis.start()
        for number, host in enumerate(PORTS, 1):
            self.plug(host, f'rt{number}')
        self.configure()
        self.chassis.wait_ready()
        self.ours = Frr(self, 'route', 'ospfd,bgpd,ripd', OURS)
        self.theirs = Frr(self, 'peer', 'ospfd,bgpd,ripd', THEIRS)
        self.theirs.start()
        self.ours.start()
        if self.has_bird:
            self.start_bird()

    def down(self):
        for frr in (self.ours, self.theirs):
            if frr:
                frr.helper('stop', check=False)
        self.ground.down()

    def plug(self, host, interface):
        """A port's TAP becomes the host's eth0."""
        netns = self.netns[host]
        run('ip', '-n', self.netns['switch'], 'link', 'set', interface, 'netns', netns, 'name', 'eth0')
        run('ip', '-n', netns, 'address', 'add', HOSTS[host] + '/24', 'dev', 'eth0')
        run('ip', '-n', netns, 'link', 'set', 'eth0', 'up')
        router = HOSTS[host].rsplit('.', 1)[0] + '.1'
        run('ip', '-n', netns, 'route', 'add', '10.0.0.0/8', 'via', router)
        learned = {'peer': LEARNED, 'bird': FROM_BIRD}.get(host, {})
        for address in learned.values():
            run('ip', '-n', netns, 'address', 'add', address + '/32', 'dev', 'lo')
        if host == 'host':
            run('ip', '-n', netns, 'route', 'add', 'default', 'via', router)

    def configure(self):
        for vlan, tag in VLANS.items():
            self.chassis.cli(f'create vlan {vlan}')
            self.chassis.cli(f'configure vlan {vlan} tag {tag}')
        for port, vlan in PORTS.values():
            self.chassis.cli(f'configure vlan Default delete ports {port}')
            self.chassis.cli(f'configure vlan {vlan} add ports {port} untagged')
        for vlan, tag in VLANS.items():
            self.chassis.cli(f'configure vlan {vlan} ipaddress 10.{tag}.0.1/24')
        self.chassis.cli('enable ipforwarding')

    def start_bird(self):
        configuration = self.ground.path('bird.conf')
        with open(configuration, 'w') as file:
            file.write(BIRD.format(log=self.ground.path('bird.log')))
        self.ground.start(['bird', '-f', '-c', configuration, '-s', self.ground.path('bird.ctl')], netns=self.netns['bird'], log='bird.out')

    def birdc(self, command):
        return run('birdc', '-s', self.ground.path('bird.ctl'), command, netns=self.netns['bird'], check=False).stdout

    # What neighbours say.

    def sessions(self):
        """What must not change while neighbours stay up: how often each session came up. None of a session that is not up."""
        out = {}
        ospf = [one for rows in self.theirs.json('show ip ospf neighbor').get('neighbors', {}).values() for one in rows]
        text = self.theirs.vtysh('show ip ospf neighbor detail')
        changes = re.search(r'(\d+) state changes', text)
        out['ospf'] = int(changes[1]) if changes and any('Full' in str(one) for one in ospf) else None
        bgp = self.theirs.json('show bgp neighbors').get('10.10.0.1', {})
        out['bgp'] = bgp.get('connectionsEstablished') if bgp.get('bgpState') == 'Established' else None
        if self.has_bird:
            table = self.birdc('show protocols all')
            for name, protocol in (('bird-ospf', 'area0'), ('bird-bgp', 'baton')):
                row = re.search(rf'^{protocol}\s+\S+\s+\S+\s+up\s+(\S+)\s*(\S*)', table, re.M)
                up = row and (protocol != 'baton' or row[2] == 'Established')
                out[name] = row[1] if up else None
            neighbors = self.birdc('show ospf neighbors')
            out['bird-ospf'] = out['bird-ospf'] if 'Full' in neighbors else None
        return out

    def expected(self):
        return {**LEARNED, **({f'bird-{name}': address for name, address in FROM_BIRD.items()} if self.has_bird else {})}

    def kernel_routes(self):
        """What Baton's FRR has put into its namespace: what it has learned."""
        return run('ip', '-n', self.netns['route'], 'route', 'show').stdout

    def wait_converged(self, seconds=60):
        """All sessions up, all that is to be learned in Baton's tables."""
        def up():
            return all(value is not None for value in self.sessions().values())
        assert processes.until(up, seconds, 0.2), f'neighbours did not come up: {self.sessions()}\n{self.chassis.log_tail(40)}'
        def missing():
            return [address for address in self.expected().values() if not self.origin(address)]
        assert processes.until(lambda: not missing(), seconds, 0.2), \
            f'not in the tables: {missing()}\n{self.kernel_routes()}\n{self.chassis.cli("show fpm")}\n{self.chassis.log_tail(40)}'

    # What Baton says.

    def routes(self):
        return self.chassis.show('iproute')['routes']

    def origin(self, address):
        """The learned route to an address, as show iproute has it; None."""
        net = address.rsplit('.', 1)[0]
        return next((row for row in self.routes() if row['destination'].startswith(net + '.')), None)

    def fpm(self):
        return self.chassis.show('fpm')

    def ping(self, address):
        """A ping from the host, 50 a second, under way; wait for it with lost()."""
        ping = Ping(self, 'host', address)
        ping.mark('all')
        return ping

    def reaches(self, address, source='host'):
        return run('ping', '-n', '-q', '-c', '1', '-W', '1', address, netns=self.netns[source], check=False).returncode == 0


def lost(ping):
    """The sequence numbers of pings that got no answer, or two, of how many."""
    sent, _, _ = ping.finish()['all']
    return [number for number in range(1, sent + 1) if ping.replies.get(number, 0) != 1], sent
