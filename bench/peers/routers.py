# SPDX-License-Identifier: Apache-2.0
"""Routers between two links: Baton, and DPDK's own l3fwd with its LPM and its FIB, built from the sources in Debian's dpdk-doc.

Prefix i of N (the generator knows the same): from 16.0.0.0 on in steps of a /24, each twentieth only a /28; behind link i % 2. The next hops
are 10.0.0.2 and 10.0.1.2, whose MACs are the generator's first two stations."""

import glob
import ipaddress
import os
import re
import shutil
import subprocess
import tempfile

from bench.peers.switches import BUILD, Baton, Peer, text_of
from tests.support import processes

ROUTER_MAC = '02:00:00:00:00:fe'
EXAMPLES = '/usr/share/dpdk/examples'
ROUTES_PATIENCE = 120
LPM_MOST = 100_000   # within the usual patience: rte_lpm_add looks through its rules one by one, and a million take minutes at every start


def prefix(i):
    return f'{ipaddress.IPv4Address((16 << 24) + (i << 8))}/{28 if i % 20 == 0 else 24}'


def station(i):
    value = 0x020000000000 | ((i + 1) * 0x9e3779b97f4b5 & 0x00ffffffffff)
    return ':'.join(f'{value >> shift & 255:02x}' for shift in range(40, -8, -8))


class Router:
    """What a peer needs besides to be one: `self.routes`."""

    links, most_routes = ('vhost-user', 'memif'), None


class RoutingBaton(Router, Baton):
    """Its routes come as a routing daemon's do, by FPM (bench/programming/feeder.cc), in a namespace of their own."""

    name, tags = 'baton', (101, 102)

    def __init__(self, *about):
        super().__init__(*about)
        self.netns = f'baton-peers-{os.getpid()}'
        self.settings = f'system-mac = {ROUTER_MAC}\nroute-netns = {self.netns}\n'

    def __exit__(self, *what):
        super().__exit__(*what)
        subprocess.run(['ip', 'netns', 'delete', self.netns], capture_output=True, check=False)

    def up(self):
        subprocess.run(['ip', 'netns', 'add', self.netns], check=True)
        subprocess.run(['ip', '-n', self.netns, 'link', 'set', 'lo', 'up'], check=True)
        super().up()
        lines = ['configure vlan Default delete ports all']
        for n, tag in enumerate(self.tags):
            lines += [f'create vlan side{n}', f'configure vlan side{n} tag {tag}', f'configure vlan side{n} add ports 1:{n + 1} untagged',
                      f'configure vlan side{n} ipaddress 10.0.{n}.1/24', f'configure iparp add 10.0.{n}.2 {station(n)}']
        self.type_in([*lines, 'enable ipforwarding'])
        self.feed(max(self.routes, 2))

    def feed(self, routes):
        """Returns when all are in the tables."""
        feeder = self.start([os.path.join(BUILD, 'bench/programming/feeder'), '--netns', self.netns, '--routes', str(routes),
                             *[word for n, tag in enumerate(self.tags) for word in ('--by', f'bv{tag}:10.0.{n}.2')]],
                            'feeder', core='0', stdin=subprocess.PIPE)   # it stays until its input ends

        def dealt_with():
            if feeder.poll() is not None:
                raise RuntimeError('the feeder of routes ended: ' + text_of(os.path.join(self.folder, 'feeder.log'), 200).strip())
            fpm = self.cli('show fpm') or {}
            return fpm.get('received', 0) > routes and fpm['dealt_with_bytes'] == fpm['written_bytes']

        if not processes.until(dealt_with, ROUTES_PATIENCE, 0.2):
            raise RuntimeError(f'{routes} routes were not in the tables within {ROUTES_PATIENCE} s')
        told = self.cli('show fpm')['this_master']
        if told['set'] != routes or told['refused']:
            raise RuntimeError(f'of {routes} routes Baton took {told["set"]} and refused {told["refused"]}')

    def type_in(self, lines):
        path = os.path.join(self.folder, 'lines')
        with open(path, 'w') as file:
            file.write('\n'.join(lines) + '\n')
        done = subprocess.run([os.path.join(BUILD, 'baton'), '--socket', f'{self.folder}/run/session.sock', '-f', path], capture_output=True, text=True,
                              check=False)
        if done.returncode != 0:
            raise RuntimeError(f'Baton refused: {(done.stderr + done.stdout).strip()[-200:]}')


class L3fwd(Router, Peer):
    needs = ('cc', 'gcc')

    @classmethod
    def why_not(cls):
        return super().why_not() or (None if program() else 'needs the packages dpdk-doc and libdpdk-dev')

    def up(self):
        rules = os.path.join(self.folder, 'v4')
        with open(rules, 'w') as file:
            file.writelines(f'R{prefix(i)} {i % 2}\n' for i in range(max(self.routes, 2)))
        with open(os.path.join(self.folder, 'v6'), 'w') as file:
            file.write('R2001:db8::/32 1\n')
        self.start([program(), '--lcores', '1@1', '--no-pci', '--in-memory', '-m', '1024', '--force-max-simd-bitwidth=512',
                    *self.links_used.dpdk(), '--', '-P', '-p', '0x3', '--config=(0,0,1),(1,0,1)', f'--lookup={self.lookup}', '--parse-ptype',
                    f'--rule_ipv4={rules}', f'--rule_ipv6={self.folder}/v6'], 'l3fwd')   # one lcore: it wants a transmit queue for each
        self.wait_for('entering main loop', 'l3fwd')


class L3fwdLpm(L3fwd):
    name, lookup, most_routes = 'l3fwd-lpm', 'lpm', LPM_MOST


class L3fwdFib(L3fwd):
    name, lookup = 'l3fwd-fib', 'fib'


def program():
    """The built l3fwd, or nothing. What is changed: no checksum offload is asked of links that have none, room for more routes, and this CPU's own
    instructions behind pkg-config's."""
    folder = os.path.join(BUILD, 'bench/peers/l3fwd')
    made = os.path.join(folder, 'l3fwd/build/l3fwd')
    if os.path.exists(made):
        return made
    with tempfile.TemporaryDirectory(prefix='baton-l3fwd-') as fetched:
        sources = EXAMPLES if os.path.exists(f'{EXAMPLES}/l3fwd/main.c') else fetch(fetched)
        if not sources:
            return None
        os.makedirs(folder, exist_ok=True)
        for part in ('l3fwd', 'common'):
            shutil.copytree(os.path.join(sources, part), os.path.join(folder, part), dirs_exist_ok=True)
    for name, changes in {
            'main.c': [(r'RTE_ETH_RX_OFFLOAD_CHECKSUM', '0')],
            'l3fwd_lpm.c': [(r'(IPV4_L3FWD_LPM_MAX_RULES\s+)1024', r'\g<1>(1 << 20)'), (r'(IPV4_L3FWD_LPM_NUMBER_TBL8S )\(1 << 8\)', r'\g<1>(1 << 16)')],
            'l3fwd_fib.c': [(r'(config_ipv4\.max_routes = )\(1 << 16\)', r'\g<1>(1 << 21)'), (r'(config_ipv4\.dir24_8\.num_tbl8 = )\(1 << 15\)',
                                                                                           r'\g<1>(1 << 17)')],
            'Makefile': [(r'(CFLAGS \+= -I\.\./common)', r'\g<1> -march=native')]}.items():
        path = os.path.join(folder, 'l3fwd', name)
        with open(path) as file:
            text = file.read()
        for pattern, to in changes:
            text = re.sub(pattern, to, text)
        with open(path, 'w') as file:
            file.write(text)
    done = subprocess.run(['make', '-C', os.path.join(folder, 'l3fwd'), 'shared'], capture_output=True, check=False, timeout=300)
    return made if done.returncode == 0 else None


def fetch(into):
    """The sources out of Debian's package, which need not be installed."""
    for command in (['apt-get', 'download', 'dpdk-doc'], ['sh', '-c', 'dpkg -x dpdk-doc_*.deb .']):
        if subprocess.run(command, cwd=into, capture_output=True, check=False, timeout=120).returncode != 0:
            return None
    found = glob.glob(f'{into}{EXAMPLES}')
    return found[0] if found else None


ROUTERS = (RoutingBaton, L3fwdLpm, L3fwdFib)
