# SPDX-License-Identifier: Apache-2.0
"""The six levels of preservation, and a switch on which each shows in what flows lose and what a kernel at the other end sees.

  what is not preserved   how it is seen
  links                   a tap and a veth count a lost carrier; every flow loses frames
  configuration           flow `tagged` crosses a VLAN that nobody saved: its frames are lost from then on
  layer 2                 flow `silent` goes to a host that spoke once: its frames are flooded from then on
  layer 3                 flow `routed` goes to a host that answered ARP once: its packets are lost from then on

Two modules, so that what a lost plane of the fabric costs is seen too: plane-a and plane-b cross it, each on its own plane."""

import json
import re
from typing import NamedTuple

from tests.support import causes, fabric, processes
from tests.support import switch as on_wires
from tests.support.causes import CAUSES, NAME
from tests.support.chassis import Chassis
from tests.support.ground import Ground, run
from tests.support.switch import Switch, Tester

TAKE, KEEP = ('configure msm-failover link-action ' + action for action in ('take-links-down', 'keep-links-up'))


class Kept(NamedTuple):
    configuration: bool
    links: bool
    l2: bool
    l3: bool


#          name                     slave-config  link-action              preserved
LEVELS = {'nothing': ('flash', TAKE, Kept(False, False, False, False)),
          'configuration': ('inherited', TAKE, Kept(True, False, False, False)),
          'links': ('flash', KEEP, Kept(False, True, False, False)),
          'configuration and links': ('inherited', KEEP, Kept(True, True, False, False)),
          'plus L2': ('inherited', f'{KEEP} preserve-state l2', Kept(True, True, True, False)),
          'plus L2 and L3': ('inherited', f'{KEEP} preserve-state l2_l3', Kept(True, True, True, True))}
ROUTER = '02:ba:70:0f:0f:01'
ADDRESSES = ('10.50.0.1/24', '10.50.1.1/24')   # both of VLAN Default: from one of its subnets to the other
SILENT, SPEAKER = '02:51:1e:47:00:01', '02:51:1e:47:00:02'
UNSAVED_TAG = 30
WIRES = {'w1': '1:1', 'w2': '1:2', 'w3': '2:1'}
KERNEL_PORTS = {'1:3': 'lv3', '2:2': 'lv4'}


def crossing(plane):
    [(near, far)] = fabric.pairs(plane, 1)
    name = 'plane-' + plane.lower()
    return [f'name={name},from=w1,to=w3,src={near},dst={far},rate=2000', f'name={name}-back,from=w3,to=w1,src={far},dst={near},rate=2000']


FLOWS = ['name=inside,from=w1,to=w2,rate=3000,size=imix', 'name=inside-back,from=w2,to=w1,rate=3000', *crossing('A'), *crossing('B'),
         f'name=tagged,from=w1/{UNSAVED_TAG},to=w2/{UNSAVED_TAG},rate=1000',
         f'name=silent,from=w1,to=w2,src={SPEAKER},dst={SILENT},rate=1000',
         f'name=routed,from=near,to=mute,router={ROUTER},rate=1000']
HOSTS = ['name=near,at=w1,ip=10.50.0.2,gateway=10.50.0.1', 'name=mute,at=w2,ip=10.50.1.2,gateway=10.50.1.1']


class Lab:
    """Wires for the tester; a tap 1:3 and a veth 2:2 with hosts that only listen. All in VLAN Default, which the factory has too."""

    keep_log = Switch.keep_log

    def __init__(self, build):
        self.ground = Ground('levels')
        self.build = build
        self.chassis = None

    def __enter__(self):
        self.ground.up()
        try:
            self._build()
        except BaseException:
            self.keep_log()
            self.ground.down()
            raise
        return self

    def __exit__(self, *_):
        self.ground.down()

    def _build(self):
        inside, self.hosts = self.ground.namespace('switch'), self.ground.namespace('hosts')
        run('ip', '-n', self.hosts, 'link', 'add', 'lv4', 'type', 'veth', 'peer', 'name', 'sw4', 'netns', inside)
        for namespace, name in ((inside, 'sw4'), (self.hosts, 'lv4')):
            run('ip', '-n', namespace, 'link', 'set', name, 'up')
        ports = [f'{port} wire,slots=4096,slot-size=2048' for port in WIRES.values()] + ['1:3 tap,iface=lv3', '2:2 net_af_packet,iface=sw4']
        huge = 'yes' if on_wires.free_huge_mb() >= 500 else 'no'
        self.chassis = Chassis(self.ground, ports, self.build, inside, hitless=False, hugepages=huge, fdb_max_entries=100000, mbufs=8192,
                               max_frame=2000, keepalive_ms=1000, system_mac=ROUTER)
        self.chassis.start()
        run('ip', '-n', inside, 'link', 'set', 'lv3', 'netns', self.hosts)
        run('ip', '-n', self.hosts, 'link', 'set', 'lv3', 'up')
        self.wait_settled()

    def links(self):
        return {port['port'] for port in self.chassis.show('ports')['ports'] if port['link'] == 'up'}

    def slave_ready(self):
        answer = self.chassis.run('-j', 'check', 'msm-failover')
        return answer.returncode in (0, 5) and not any(finding['what'].startswith('msm-') for finding in json.loads(answer.stdout)['findings'])

    def wait_settled(self, seconds=30):
        """A slave that could take over, whatever that costs, and the kernel's links up (the wires' are the tester's)."""
        ok = processes.until(lambda: self.slave_ready() and self.links() >= set(KERNEL_PORTS), seconds, 0.02)
        assert ok, f'not settled within {seconds} s: links {self.links()}\n{self.chassis.log_tail(40)}'

    def prepare(self, level, hang):
        """The same switch before each failover, whatever the last one left of it."""
        slave_config, link_action, _ = LEVELS[level]
        lines = ['unconfigure msm-failover', 'configure sys-recovery-level all msm-failover',
                 f'configure msm-failover slave-config {slave_config}', link_action, f'configure msm-failover hang-action {hang}']
        if NAME not in self.vlans():
            lines += [f'create vlan {NAME}', f'configure vlan {NAME} tag {UNSAVED_TAG}',
                      f'configure vlan {NAME} add ports {WIRES["w1"]},{WIRES["w2"]} tagged']
        shown = self.chassis.cli('show configuration')
        lines += [f'configure vlan Default ipaddress {address}' for address in ADDRESSES if address not in shown]
        lines += ['enable ipforwarding vlan Default', 'disable icmp redirects vlan Default']
        path = self.ground.path('lines')
        with open(path, 'w') as file:
            file.write('\n'.join(lines) + '\n')
        self.chassis.cli(f'-f {path}')

    def vlans(self):
        return {vlan['name'] for vlan in self.chassis.show('vlan')['vlans']}

    def addresses(self):
        return {entry['mac'] for entry in self.chassis.show('fdb')['entries']}

    def carriers_lost(self):
        return {port: int(run('cat', f'/sys/class/net/{name}/carrier_down_count', netns=self.hosts).stdout)
                for port, name in KERNEL_PORTS.items()}

    def given_up(self, term):
        """What the new master of that term said that it cost."""
        with open(self.chassis.log) as log:
            return re.findall(rf'took over term={term} .*cost="([^"]*)"', log.read())[-1]

    def tester(self):
        ends = {name: f'wire:{self.chassis.door}#{port}' for name, port in WIRES.items()}
        return Tester(self.chassis, ends, FLOWS, ['--announce', '0', '--drain', '0.1'], HOSTS)

    def settled_since(self, term, seconds=20):
        """A master of a later term that has said everything to the data plane, and links that are back; what it shows."""
        after = processes.until(lambda: (now := self.chassis.failover()) and now['term'] > term and
                                now['last_failover']['frames_dropped'] is not None and now, seconds, 0.01)
        assert after, f'no master that had settled after {seconds} s\n{self.chassis.log_tail(40)}'
        return after

    def measure(self, how, level, hang):
        """One failover under traffic: what it did to flows, links, configuration, addresses."""
        chassis = self.chassis
        fabric.mend(chassis)
        self.wait_settled()
        self.prepare(level, hang)
        tester = self.tester()
        try:
            tester.wait_started()
            tester.tell('silence mute')
            carriers = self.carriers_lost()
            on_wires.pause(0.1)
            tester.mark('failover')
            before, _ = causes.lose_master(chassis, how)
            after = self.settled_since(before['term'])
            addresses, vlans = self.addresses(), self.vlans()
            self.wait_settled()
            carriers_after = self.carriers_lost()
            on_wires.pause(0.1)
            report = tester.finish()
        except BaseException:
            tester.process.kill()
            self.keep_log()
            raise
        [window] = [one for one in report['windows'] if one['name'] == 'failover']
        lost_board = chassis.board('master', before)['slot']
        return {'cause': how, 'hang_action': hang, 'level': level, 'shown': after['last_failover']['cause'],
                'takeover_us': after['last_failover']['duration_us'], 'frames_dropped': after['last_failover']['frames_dropped'],
                'plane': next(plane for plane, slot in fabric.PLANES.items() if slot == lost_board).lower(),
                'carriers_lost': {port: count - carriers[port] for port, count in carriers_after.items()},
                'configuration_kept': NAME in vlans, 'address_kept': SILENT in addresses, 'given_up': self.given_up(after['term']),
                'window': window}


def preserved(how, hang, level):
    """As the guide and this switch's own help have it; written down here once more on purpose."""
    kept = LEVELS[level][2]
    if CAUSES[how].shown in ('keepalive', 'watchdog') and hang == 'discard':
        return Kept(False, kept.links, False, False)
    return kept


def loses_a_plane(how, hang):
    shown = CAUSES[how].shown
    return shown in ('hwFailure', 'removal') or shown in ('keepalive', 'watchdog') and hang == 'discard'
