# SPDX-License-Identifier: Apache-2.0
"""The demo's network: one switch, six hosts in namespaces, two VLANs, every kind of port that a kernel host can stand behind.

           red (10)                     both                      blue (20)
  1:3 net_af_packet -- red1                               1:5 tap           -- blue1
  1:4 net_tap       -- red2     1:6 net_af_packet -- trunk   1:8 net_af_packet -- tester
  1:7 net_af_packet -- new      1:2 wire          -- tester (tagged)
  1:1 wire          -- tester

Host N of VLAN red is 10.10.0.N, of blue 10.20.0.N; the switch is 10.10.0.254 and 10.20.0.254 and routes between them. `new` has no link until somebody brings it (arrive). The switch
runs in a namespace of its own, so nothing of this is seen on the machine's own interfaces.
Also `--up` and `--down` of ./demo: up prints as JSON what is where."""

import argparse
import json
import os
import subprocess
import sys

from tests.support import hugepages, processes
from tests.support.chassis import PROGRAMS, READY, Chassis, NotUp
from tests.support.ground import Ground, run, sweep

NAME = 'demo'
HUGE_MB = 1024
VLANS = {'red': 10, 'blue': 20}
ROUTER, ROUTER_NUMBER = '02:ba:70:0f:0f:01', 254   # system-mac, and the switch's host number in each VLAN
TRUNK_INDEX, VLAN_INDEX = 100, 1000   # trunk.bpf.c knows them

# port: kind, interface at the switch, host, VLANs (one: untagged; more: tagged), host number
PORTS = {
    '1:1': ('wire', None, None, ['red'], 0),
    '1:2': ('wire', None, None, ['red', 'blue'], 0),
    '1:3': ('net_af_packet', 'sw3', 'red1', ['red'], 1),
    '1:4': ('net_tap', 'sw4', 'red2', ['red'], 2),
    '1:5': ('tap', 'sw5', 'blue1', ['blue'], 1),
    '1:6': ('net_af_packet', 'sw6', 'trunk', ['red', 'blue'], 3),
    '1:7': ('net_af_packet', 'sw7', 'new', ['red'], 7),
    '1:8': ('net_af_packet', 'sw8', 'tester', ['blue'], 0),
}


def address(vlan, number):
    return f'10.{VLANS[vlan]}.0.{number}'


def mac(vlan, number):
    return f'02:00:00:00:{VLANS[vlan]:02x}:{number:02x}'


class Lab:
    def __init__(self, build, say=print):
        self.build, self.say = os.path.abspath(build), say
        self.ground = Ground(NAME)
        self.chassis = None
        self.huge = False
        self.netns = {}

    def up(self):
        """Everything up to a slave that is ready; the caller says down()."""
        self.ground.up()
        self.huge = hugepages.borrow(HUGE_MB, self.say)
        self.say('network: six hosts in namespaces, VLANs ' + ', '.join(f'{name} (tag {tag})' for name, tag in VLANS.items()))
        self.netns['switch'] = self.ground.namespace('switch')
        for host in ('red1', 'red2', 'blue1', 'trunk', 'new', 'tester'):
            self.netns[host] = self.ground.namespace(host)
        for kind, interface, host, vlans, number in PORTS.values():
            if kind == 'net_af_packet':
                self._veth(interface, host, vlans, number)
        self.chassis = Chassis(self.ground, [self._port_line(port) for port in PORTS], self.build, self.netns['switch'],
                               hugepages='yes' if self.huge else 'no', system_mac=ROUTER)
        self.chassis.start()
        for kind, interface, host, vlans, number in PORTS.values():
            if kind in ('tap', 'net_tap'):
                run('ip', '-n', self.netns['switch'], 'link', 'set', interface, 'netns', self.netns[host])
                self._host(host, interface, vlans[0], number)
        self.configure()
        state = self.chassis.wait_ready()
        self._wait_links()
        return state

    def _port_line(self, port):
        kind, interface = PORTS[port][:2]
        return f'{port} {kind}' + (f',iface={interface}' if interface else '')

    def _veth(self, interface, host, vlans, number):
        """A veth pair from the switch's namespace to the host's."""
        switch, there = self.netns['switch'], self.netns[host]
        index = ['index', str(TRUNK_INDEX)] if host == 'trunk' else []
        run('ip', '-n', there, 'link', 'add', 'eth0', *index, 'type', 'veth', 'peer', 'name', interface, 'netns', switch)
        for netns, name in ((there, 'eth0'), (switch, interface)):
            self._plain(netns, name)
        run('ip', '-n', switch, 'link', 'set', interface, 'up')
        if host == 'trunk':
            self._trunk(there, vlans, number)
        elif host == 'tester':
            run('ip', '-n', there, 'link', 'set', 'eth0', 'up')
        elif host != 'new':
            self._host(host, 'eth0', vlans[0], number)

    @staticmethod
    def _plain(netns, name):
        """Frames as they would be on a cable: no checksum, no segment left for hardware that is not there."""
        run('ethtool', '-K', name, 'rx', 'off', 'tx', 'off', 'tso', 'off', 'gso', 'off', 'gro', 'off', netns=netns, check=False)

    def _host(self, host, interface, vlan, number):
        netns = self.netns[host]
        self._plain(netns, interface)
        run('ip', '-n', netns, 'link', 'set', interface, 'address', mac(vlan, number))
        run('ip', '-n', netns, 'address', 'add', address(vlan, number) + '/24', 'dev', interface)
        run('ip', '-n', netns, 'link', 'set', interface, 'up')
        if host != 'trunk':   # it stands in both VLANs
            run('ip', '-n', netns, 'route', 'add', 'default', 'via', address(vlan, ROUTER_NUMBER))

    def _trunk(self, netns, vlans, number):
        """Tags by tc, since the kernel here may have no 8021q module (trunk.bpf.c)."""
        program = self.ground.path('trunk.o')
        run('clang', '-O2', '-g', '-target', 'bpf', '-I/usr/include/x86_64-linux-gnu', '-c',
            os.path.join(os.path.dirname(os.path.abspath(__file__)), 'trunk.bpf.c'), '-o', program)

        def attach(interface, section):
            run('tc', 'qdisc', 'add', 'dev', interface, 'clsact', netns=netns)
            run('tc', 'filter', 'add', 'dev', interface, 'ingress', 'bpf', 'da', 'obj', program, 'sec', section, netns=netns)

        for vlan in vlans:
            inner = f'in-{vlan}'
            run('ip', '-n', netns, 'link', 'add', inner, 'index', str(VLAN_INDEX + VLANS[vlan]), 'type', 'veth', 'peer', 'name', vlan)
            self._plain(netns, inner)
            run('ip', '-n', netns, 'link', 'set', inner, 'up')
            attach(inner, 'tc/to_trunk')
            self._host('trunk', vlan, vlan, number)
        attach('eth0', 'tc/from_trunk')
        run('ip', '-n', netns, 'link', 'set', 'eth0', 'up')

    def arrive(self):
        """The new host's cable is plugged in."""
        self._host('new', 'eth0', 'red', PORTS['1:7'][4])

    def configure(self):
        """The guide's notation, typed as an operator would."""
        commands = []
        for vlan, tag in VLANS.items():
            commands += [f'create vlan {vlan}', f'configure vlan {vlan} tag {tag}']
        commands.append('configure vlan Default delete ports all')
        for vlan in VLANS:
            for tagged in (False, True):
                members = [port for port, (*_, vlans, _number) in PORTS.items() if vlan in vlans and (len(vlans) > 1) == tagged]
                commands.append(f'configure vlan {vlan} add ports {",".join(members)} {"tagged" if tagged else "untagged"}')
            commands.append(f'configure vlan {vlan} ipaddress {address(vlan, ROUTER_NUMBER)}/24')
        commands.append('enable ipforwarding')
        for command in commands:
            self.chassis.cli(command)
        return commands

    def _wait_links(self, seconds=10):
        """All but the wires (their other end is the tester) and the new host."""
        expected = {port for port, (kind, _, host, *_) in PORTS.items() if kind != 'wire' and host != 'new'}

        def missing():
            return expected - {port['port'] for port in self.chassis.show('ports')['ports'] if port['link'] == 'up'}

        if not processes.until(lambda: not missing(), seconds, 0.05):
            raise NotUp(f'no link at ports {", ".join(sorted(missing()))} after {seconds} s\n{self.chassis.log_tail()}')

    def describe(self):
        """What people who test from outside want to know (./demo --lab)."""
        hosts = []
        for port, (kind, interface, host, vlans, number) in PORTS.items():
            if host is None:
                continue
            for vlan in vlans:
                inside = vlan if host == 'trunk' else 'eth0' if kind == 'net_af_packet' else interface
                hosts.append({'namespace': self.netns[host], 'interface': inside, 'port': port, 'vlan': vlan,
                              'tagged_at_port': len(vlans) > 1,
                              'address': address(vlan, number) + '/24' if number else None,
                              'mac': mac(vlan, number) if number else None,
                              'link': 'down until it is brought up' if host == 'new' else 'up'})
        return {
            'namespaces': list(self.netns.values()),
            'interfaces': hosts,
            'vlans': [{'name': vlan, 'tag': tag, 'router': address(vlan, ROUTER_NUMBER) + '/24', 'router_mac': ROUTER,
                       'untagged': [port for port, (*_, vlans, _n) in PORTS.items() if vlans == [vlan]],
                       'tagged': [port for port, (*_, vlans, _n) in PORTS.items() if vlan in vlans and len(vlans) > 1]}
                      for vlan, tag in VLANS.items()],
            'ports': [{'port': port, 'kind': kind, 'interface': interface, 'namespace': self.netns.get(host),
                       'tester_end': f'wire:{self.chassis.door}#{port}' if kind == 'wire' else
                       f'packet:{self.netns["tester"]}/eth0' if host == 'tester' else None}
                      for port, (kind, interface, host, *_) in PORTS.items()],
            'programs': {name: self.chassis.program(name) for name in PROGRAMS},
            'sockets': {'session': self.chassis.socket, 'chassis': self.chassis.door},
            'run_dir': self.ground.folder,
            'log': self.chassis.log,
            'huge_pages': self.huge,
            'pids': self.chassis.pids(),
            'ready': READY,
            'cli': f'{self.chassis.program("baton")} --socket {self.chassis.socket}',
        }

    def down(self):
        self.ground.down()
        hugepages.give_back()


def down():
    """Removes what a lab, or a killed run, left; whoever started it."""
    ground = Ground.resume(NAME)
    if ground is None:
        sweep(NAME)
    else:
        ground.down()
        hugepages.give_back(ground.state['owner'][0])
    hugepages.give_back()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--up', action='store_true')
    parser.add_argument('--down', action='store_true')
    parser.add_argument('--build', default='build')
    arguments = parser.parse_args()
    if arguments.down:
        down()
        return 0
    lab = Lab(arguments.build, lambda text: print(text, file=sys.stderr))
    try:
        lab.up()
        pid = lab.chassis.process.pid
        lab.ground.leave_running(pid)
        hugepages.hand_to(pid)
        print(json.dumps(lab.describe(), indent=2))
        return 0
    except (NotUp, RuntimeError, subprocess.SubprocessError) as error:
        print(f'lab: {error}\n{lab.chassis.log_tail() if lab.chassis and not isinstance(error, NotUp) else ""}', file=sys.stderr)
        lab.down()
        return 1
    except BaseException:
        lab.down()
        raise


if __name__ == '__main__':
    sys.exit(main())
