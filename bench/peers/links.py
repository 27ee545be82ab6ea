# SPDX-License-Identifier: Apache-2.0
"""Two links between the generator and a switch, of a kind that both can use: how each side names its end.

  vhost-user   the generator is the guest (virtio-user) and makes the sockets; the switch connects
  memif        the switch makes the sockets; the generator connects
  veth         two pairs in a namespace of their own; the generator sends by AF_PACKET, and every frame goes through the kernel: the one kind
               that the Linux bridge can use. What a pair receives is handled on core 1, as a switch's own work is"""

import contextlib
import os
import subprocess

from tests.support import processes

PATIENCE = 30


class Links:
    prefix = ()          # in front of a command that is to see them
    baton_ports = ('',)  # kinds of Baton's own that can be tried on them
    generator_first = True

    def __init__(self, folder):
        self.folder = folder

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def paths(self):
        return [os.path.join(self.folder, str(n)) for n in (0, 1)]

    def wait_for_first(self):
        """Until the other side may be started."""


class VhostUser(Links):
    name, baton_ports = 'vhost-user', ('net_vhost',)

    def generator(self):
        return [f'--vdev=net_virtio_user{n},path={path},server=1,queues=1,queue_size=1024' for n, path in enumerate(self.paths())]

    def wait_for_first(self):
        if not processes.until(lambda: os.path.exists(self.paths()[0]), PATIENCE, 0.05):   # it makes the second when the first is connected
            raise RuntimeError('the generator made no sockets')

    def dpdk(self):
        return [f'--vdev=net_vhost{n},iface={path},client=1' for n, path in enumerate(self.paths())]

    def baton(self, _):
        return [f'net_vhost,path={path}' for path in self.paths()]

    def ovs(self):
        return [['type=dpdkvhostuserclient', f'options:vhost-server-path={path}'] for path in self.paths()]


class Memif(Links):
    name, baton_ports, generator_first = 'memif', ('net_memif',), False   # a client tries once

    def wait_for_first(self):
        if not processes.until(lambda: all(os.path.exists(path) for path in self.paths()), PATIENCE, 0.05):
            raise RuntimeError('the switch made no sockets')

    def ends(self, role):
        return [f'net_memif{n},role={role},id={n},socket={path},socket-abstract=no,rsize=11' for n, path in enumerate(self.paths())]

    def generator(self):
        return [f'--vdev={end}' for end in self.ends('client')]

    def dpdk(self):
        return [f'--vdev={end}' for end in self.ends('server')]

    def baton(self, _):
        return [f'net_memif,role=server,number={n},socket={path},ring=11' for n, path in enumerate(self.paths())]

    def ovs(self):
        return [['type=dpdk', f'options:dpdk-devargs="{end}"'] for end in self.ends('server')]


class Veth(Links):
    name, baton_ports, generator_first = 'veth', ('net_af_packet', 'xsk'), False

    def __init__(self, folder):
        super().__init__(folder)
        self.space = f'baton-peers-{os.getpid()}'
        self.prefix = ('ip', 'netns', 'exec', self.space)

    def __enter__(self):
        self.run('ip', 'netns', 'add', self.space, inside=False)
        self.run('sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=1', 'net.ipv6.conf.default.disable_ipv6=1')
        for n in (0, 1):   # DPDK's AF_PACKET numbers its fanout group pid ^ index, and the namespace refuses one that another device has
            gen, switch = str(1024 << n), str(4096 << n)
            self.run('ip', 'link', 'add', f'gen{n}', 'index', gen, 'type', 'veth', 'peer', 'name', f'sw{n}', 'index', switch)
            for name in (f'gen{n}', f'sw{n}'):
                self.run('ip', 'link', 'set', name, 'up', 'promisc', 'on')
                self.run('sh', '-c', f'echo {2 if name.startswith("sw") else 1} > /sys/class/net/{name}/queues/rx-0/rps_cpus')
        return self

    def __exit__(self, *_):
        with contextlib.suppress(subprocess.CalledProcessError):
            self.run('ip', 'netns', 'del', self.space, inside=False)

    def run(self, *command, inside=True):
        subprocess.run([*(self.prefix if inside else ()), *command], check=True, timeout=30, capture_output=True)

    def generator(self):
        return [f'--vdev=net_af_packet{n},iface=gen{n},qdisc_bypass=1' for n in (0, 1)]

    def dpdk(self):
        return [f'--vdev=net_af_packet{n},iface=sw{n},qdisc_bypass=1' for n in (0, 1)]

    def baton(self, kind):
        return [f'{kind},iface=sw{n}' for n in (0, 1)]

    def bridge(self):
        for n in (0, 1):
            self.run('ip', 'link', 'set', f'sw{n}', 'master', 'br0')


KINDS = {kind.name: kind for kind in (VhostUser, Memif, Veth)}
