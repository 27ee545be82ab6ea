# SPDX-License-Identifier: Apache-2.0
"""A real switch with every kind of port, and our hands on the outer ends of all of them.

    veth1 veth2   net_af_packet on a veth          tap3 tap4   our tap kind
    wire5 wire6   in-memory, any bytes may be sent   ntap7     DPDK's net_tap

How a test knows that nothing (more) will come: a fence. One frame from every port, in a VLAN of its own that has all ports, must come out
at every other port; ports and worker keep order, so whatever was sent before the fence has come out before it, or never will.
No test sleeps to see that nothing happens."""

import ctypes
import os
import select
import struct

from scapy.all import Dot1Q, Ether, Raw, conf

from tests.support import hugepages, processes
from tests.support.chassis import Chassis
from tests.support.ground import Ground, run
from tests.support.wire import Wire

PORTS = {   # name -> (port, line of the configuration file)
    'veth1': ('1:1', 'net_af_packet,iface=sw1'),
    'veth2': ('1:2', 'net_af_packet,iface=sw2'),
    'tap3': ('1:3', 'tap,iface=tap3'),
    'tap4': ('1:4', 'tap,iface=tap4'),
    'wire5': ('1:5', 'wire,slots=2048,slot-size=9240'),
    'wire6': ('1:6', 'wire,slots=2048,slot-size=9240'),
    'ntap7': ('2:7', 'net_tap,iface=ntap7'),
}
MTU = 9300
HUGE_MB = 448
FENCE_TAG = 4000
FENCE_TYPE = 0x88b5   # IEEE 802 local experimental
SECONDS = 5           # how long a fence may take
CLONE_NEWNET = 0x40000000


def enter(namespace):
    """This process's network namespace from now on, so that Scapy finds the outer ends."""
    with open(f'/run/netns/{namespace}') as file:
        if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f'cannot enter namespace {namespace}')


class KernelEnd:
    """The outer end of a veth or tap, by Scapy's L2 socket."""

    def __init__(self, interface):
        self.interface = interface
        self.socket = conf.L2socket(iface=interface, promisc=True)
        self.socket.ins.setsockopt(1, 33, 1 << 24)   # SOL_SOCKET, SO_RCVBUFFORCE: a storm must not overflow us

    def send(self, frames):
        for frame in frames:
            self.socket.outs.send(frame)
        return len(frames)

    def receive(self):
        frames = []
        while select.select([self.socket.ins], [], [], 0)[0]:
            kind, raw, _ = self.socket.recv_raw()
            if raw is not None:
                frames.append(bytes(raw))
        return frames

    def close(self):
        self.socket.close()


class WireEnd:
    def __init__(self, door, port):
        self.wire = Wire(door, port)

    def send(self, frames):
        return self.wire.send(frames)

    def receive(self):
        return self.wire.receive()

    def close(self):
        self.wire.close()


class Network:
    def __init__(self, build):
        self.ground = Ground('smoke')
        self.build = build
        self.ends = {}
        self._fence = 0
        self._here = os.open('/proc/self/ns/net', os.O_RDONLY)

    def up(self):
        self.ground.up()
        self.switch_ns, self.hosts_ns = self.ground.namespace('switch'), self.ground.namespace('hosts')
        for n in (1, 2):
            run('ip', '-n', self.hosts_ns, 'link', 'add', f'veth{n}', 'mtu', str(MTU), 'type', 'veth', 'peer', 'name', f'sw{n}',
                'mtu', str(MTU), 'netns', self.switch_ns)
            run('ethtool', '-K', f'veth{n}', 'tx', 'off', 'gso', 'off', 'gro', 'off', netns=self.hosts_ns, check=False)
            run('ip', '-n', self.switch_ns, 'link', 'set', f'sw{n}', 'up')
            run('ip', '-n', self.hosts_ns, 'link', 'set', f'veth{n}', 'up')
        huge = hugepages.borrow(HUGE_MB)
        self.chassis = Chassis(self.ground, [f'{port} {line}' for port, line in PORTS.values()], self.build, self.switch_ns,
                               hugepages='yes' if huge else 'no', fdb_max_entries=1000000)
        self.chassis.start()
        self.fetch_taps()
        enter(self.hosts_ns)
        self.open_ends()
        for command in ('create vlan fence', f'configure vlan fence tag {FENCE_TAG}',
                        f'configure vlan fence add ports {self.list(PORTS)} tagged'):
            self.cli(command)
        self.cli('configure vlan Default delete ports all')
        self.chassis.wait_ready()
        self.wait_links()

    def fetch_taps(self, names=('tap3', 'tap4', 'ntap7')):
        """Taps are made by the data plane in its namespace; their outer ends belong to the hosts'."""
        for name in names:
            run('ip', '-n', self.switch_ns, 'link', 'set', name, 'netns', self.hosts_ns)
            run('ip', '-n', self.hosts_ns, 'link', 'set', name, 'mtu', str(MTU), check=False)
            run('ip', '-n', self.hosts_ns, 'link', 'set', name, 'up')

    def bring_back(self, name):
        """Fetches a tap that a new data plane made; True once it is here."""
        if run('ip', '-n', self.switch_ns, 'link', 'show', name, check=False).returncode != 0:
            return False
        self.fetch_taps([name])
        self.open_ends([name])
        return True

    def open_ends(self, names=PORTS):
        conf.ifaces.reload()
        for name in names:
            if name in self.ends:
                self.ends.pop(name).close()
            port = PORTS[name][0]
            self.ends[name] = WireEnd(self.chassis.door, port) if name.startswith('wire') else KernelEnd(name)

    def down(self):
        for end in self.ends.values():
            end.close()
        if ctypes.CDLL(None).setns(self._here, CLONE_NEWNET) == 0:
            os.close(self._here)
        self.ground.down()
        hugepages.give_back()

    # --- the switch, as an operator sees it

    def cli(self, line):
        return self.chassis.cli(line)

    def show(self, line):
        return self.chassis.show(line)

    @staticmethod
    def list(names):
        return ','.join(PORTS[name][0] for name in names)

    def vlan(self, name, tag=None, untagged=(), tagged=()):
        self.cli(f'create vlan {name}')
        if tag:
            self.cli(f'configure vlan {name} tag {tag}')
        for members, how in ((untagged, 'untagged'), (tagged, 'tagged')):
            if members:
                self.cli(f'configure vlan {name} add ports {self.list(members)} {how}')

    def reset(self):
        """As it was after up(): only VLAN fence, nothing learned or static, every port enabled."""
        for entry in self.show('fdb permanent')['entries']:
            self.cli(f'delete fdbentry {entry["mac"]} vlan {entry["vlan"]}')
        for vlan in self.show('vlan')['vlans']:
            if vlan['name'] == 'Default':
                if vlan['untagged'] or vlan['tagged']:
                    self.cli('configure vlan Default delete ports all')
            elif vlan['name'] != 'fence':
                self.cli(f'delete vlan {vlan["name"]}')
        for command in ('enable ports all', 'configure fdb agingtime 300', 'clear fdb'):
            self.cli(command)
        for name in PORTS:
            if not name.startswith('wire'):
                run('ip', '-n', self.hosts_ns, 'link', 'set', name, 'up')
        self.wait_links()
        self.fence()

    def wait_links(self, down=()):
        """Until the switch sees every link up but those of `down`."""
        def wrong():
            up = {port['port'] for port in self.show('ports')['ports'] if port['link'] == 'up'}
            return [name for name, (port, _) in PORTS.items() if (port in up) == (name in down)]
        if not processes.until(lambda: not wrong(), 10, 0.05):
            raise AssertionError(f'link of {wrong()} is not as it should be after 10 s')

    def entry(self, mac, vlan=None):
        """(port name, entry) of an address, or None; addresses are shown in lower case."""
        for entry in self.show('fdb')['entries']:
            if entry['mac'] == mac and (vlan is None or entry['vlan'] == vlan):
                return entry
        return None

    def where(self, mac, vlan=None):
        """The name of the port where an address is known, or None."""
        entry = self.entry(mac, vlan)
        return next((name for name, (port, _) in PORTS.items() if entry and entry['port'] == port), None)

    def drops(self, name):
        """{reason: frames} at a port."""
        port = PORTS[name][0]
        return next(one['drops'] for one in self.show('drops')['ports'] if one['port'] == port)

    # --- frames

    def send(self, name, frame):
        """One frame (Scapy's, or bytes) into a port."""
        if self.ends[name].send([bytes(frame)]) != 1:
            raise AssertionError(f'{name} took no frame')

    def fence(self, ports=None):
        """Everything that came out up to a fence: {port name: [frame, ...]}, ports without any left out."""
        names = list(ports or PORTS)
        self._fence += 1
        for n, name in enumerate(names):
            frame = Ether(src=f'02:fe:00:00:00:{n + 1:02x}', dst='ff:ff:ff:ff:ff:ff') / Dot1Q(vlan=FENCE_TAG, type=FENCE_TYPE) / \
                Raw(struct.pack('!QB', self._fence, n) + bytes(46))
            self.send(name, frame)
        waiting = {(out, into) for out in names for into in range(len(names)) if names[into] != out}
        came = {name: [] for name in names}

        def look():
            for name in names:
                for raw in self.ends[name].receive():
                    mark = self._fence_mark(raw)
                    if mark is None:
                        came[name].append(raw)
                    elif mark[0] == self._fence:
                        waiting.discard((name, mark[1]))
            return not waiting

        if not processes.until(look, SECONDS, 0.001):
            missing = sorted({f'{names[into]} to {out}' for out, into in waiting})
            raise AssertionError(f'fence frames did not pass within {SECONDS} s: {", ".join(missing)}')
        return {name: [Ether(raw) for raw in frames] for name, frames in came.items() if frames}

    @staticmethod
    def _fence_mark(raw):
        if len(raw) >= 27 and raw[12:14] == b'\x81\x00' and raw[16:18] == struct.pack('!H', FENCE_TYPE):
            return struct.unpack_from('!QB', raw, 18)
        return None

    def out(self, name, frame, ports=None):
        """Sends one frame into a port; what came out, where: {port name: [frame, ...]}."""
        self.send(name, frame)
        return self.fence(ports)


def frame(src, dst, tag=None, priority=0, size=60, text='', kind=0x88b6):
    """A frame of `size` bytes without FCS and tag, its payload telling it apart from every other."""
    head = Ether(src=src, dst=dst, type=kind) if tag is None else Ether(src=src, dst=dst) / Dot1Q(vlan=tag, prio=priority, type=kind)
    payload = (text or os.urandom(8).hex()).encode()
    return head / Raw(payload.ljust(size - 14, b'.'))


def payload(packet):
    return bytes(packet[Raw].load)


BROADCAST = 'ff:ff:ff:ff:ff:ff'
A, B, C = '02:00:00:00:00:0a', '02:00:00:00:00:0b', '02:00:00:00:00:0c'
