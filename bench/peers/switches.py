# SPDX-License-Identifier: Apache-2.0
"""Baton, and what its users would pick instead, each between two links (links.py). A switch has core 1; it ends with its context."""

import json
import os
import shutil
import signal
import subprocess

from tests.support import processes

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(os.environ.get('BATON_BUILD', os.path.join(ROOT, 'build')))
VSWITCHD = '/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk'


def text_of(path, size=4096):
    """Its end."""
    with open(path, 'rb') as file:
        file.seek(max(0, os.path.getsize(path) - size))
        return file.read().decode(errors='replace')


class Peer:
    """`variant`: which of several ways it has on such links (Baton's kinds of port)."""

    name, links, needs, rx_queues = '', ('vhost-user', 'memif', 'veth'), None, 1
    learns = True
    patience = 30   # seconds until it must be up

    def __init__(self, links, macs, variant='', routes=0):
        self.links_used, self.folder, self.macs, self.variant, self.routes, self.processes = links, links.folder, macs, variant, routes, []

    @classmethod
    def why_not(cls):
        """Why it cannot run here, or nothing. `needs`: a program, and the package that has it."""
        return f'needs the package {cls.needs[1]}' if cls.needs and not shutil.which(cls.needs[0]) else None

    def start(self, command, name, core=None, **more):
        with open(os.path.join(self.folder, name + '.log'), 'ab') as log:
            process = subprocess.Popen([*self.links_used.prefix, *(['taskset', '-c', core] if core else []), *command],
                                       stdin=more.pop('stdin', subprocess.DEVNULL), stdout=log, stderr=log, **more)
        self.processes.append(process)
        return process

    def wait_for(self, sign, name):
        """Until the program that was started last, called so, has said it."""
        log = os.path.join(self.folder, name + '.log')
        processes.until(lambda: sign in text_of(log) or self.processes[-1].poll() is not None, self.patience, 0.05)
        if sign not in text_of(log):
            raise RuntimeError(f'{name} did not come up: {text_of(log, 600)}')

    def __enter__(self):
        try:
            self.up()
        except BaseException:
            self.__exit__()   # nobody else ends what has been started
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(5)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


class Baton(Peer):
    name, settings = 'baton', ''

    def up(self):
        path = os.path.join(self.folder, 'baton.conf')
        with open(path, 'w') as file:
            file.write(f'run-dir = {self.folder}/run\nflash-dir = {self.folder}/flash\nworker-cores = 1\nhousekeeping-cores = 0\n'
                       f'fdb-max-entries = {max(65536, 2 * self.macs)}\n{self.settings}')
            for number, port in enumerate(self.links_used.baton(self.variant), 1):
                file.write(f'port = 1:{number} {port}\n')
        os.chmod(self.folder, 0o755)
        self.start([os.path.join(BUILD, 'baton-chassis'), '--config', path], 'baton')
        if not processes.until(lambda: (self.cli('show msm-failover') or {}).get('boards', [{}, {}])[1].get('state') == 'ready', self.patience, 0.1):
            raise RuntimeError('Baton did not come up: ' + text_of(os.path.join(self.folder, 'baton.log'), 600))
        for line in ('configure sys-recovery-level all msm-failover', 'configure msm-failover slave-config inherited',
                     'configure msm-failover link-action keep-links-up preserve-state l2_l3', 'configure fdb agingtime 0'):
            self.cli(line)

    def cli(self, *words):
        words = words[0].split() if len(words) == 1 else list(words)
        done = subprocess.run([os.path.join(BUILD, 'baton'), '-j', '--socket', f'{self.folder}/run/session.sock', *words],
                              capture_output=True, text=True, check=False)
        return json.loads(done.stdout) if done.returncode == 0 and done.stdout else None

    def kill_control_plane(self):
        master = next(board for board in self.cli('show msm-failover')['boards'] if board['role'] == 'master')
        os.kill(master['pid'], signal.SIGKILL)


class Testpmd(Peer):
    """Bare receive and transmit: what the links themselves carry."""

    name, mode, needs, learns = 'io', 'io', ('dpdk-testpmd', 'dpdk-dev'), False

    def up(self):
        self.start(['dpdk-testpmd', '--lcores', '0@0,1@1', '--main-lcore', '0', '--no-pci', '--in-memory', '-m', '512', *self.links_used.dpdk(), '--',
                    f'--forward-mode={self.mode}', '--auto-start', '--nb-cores=1', '--rxd=1024', '--txd=1024', '--stats-period=60'], 'testpmd')
        self.wait_for('Port statistics', 'testpmd')


class Macswap(Testpmd):
    """The same, and it looks into every frame."""

    name = mode = 'macswap'


class Bridge(Peer):
    """The kernel's own, with room for as many addresses as it likes."""

    name, links = 'linux-bridge', ('veth',)

    def up(self):
        self.links_used.run('ip', 'link', 'add', 'br0', 'type', 'bridge', 'ageing_time', '360000')
        self.links_used.run('ip', 'link', 'set', 'br0', 'up')
        self.links_used.bridge()


class OpenVSwitch(Peer):
    name, links, needs = 'ovs', ('vhost-user', 'memif'), (VSWITCHD, 'openvswitch-switch-dpdk')
    rx_queues = 2   # on memif it transmits on the queue of its own number

    def up(self):
        self.environment = {**os.environ, **{f'OVS_{name}': self.folder for name in ('RUNDIR', 'LOGDIR', 'DBDIR', 'SYSCONFDIR')}}
        database = os.path.join(self.folder, 'conf.db')
        self.run('ovsdb-tool', 'create', database, '/usr/share/openvswitch/vswitch.ovsschema')
        self.start(['ovsdb-server', database, f'--remote=punix:{self.folder}/db.sock'], 'ovsdb', env=self.environment)
        if not processes.until(lambda: os.path.exists(f'{self.folder}/db.sock'), self.patience, 0.05):
            raise RuntimeError('ovsdb-server did not come up')
        self.set('Open_vSwitch', '.', 'other_config:dpdk-init=true', 'other_config:dpdk-lcore-mask=0x1', 'other_config:pmd-cpu-mask=0x2',
                 'other_config:dpdk-socket-mem=1024', 'other_config:dpdk-extra="--no-pci --in-memory"', 'other_config:flow-limit=1000000')
        self.daemon()
        self.run('ovs-vsctl', f'--db=unix:{self.folder}/db.sock', 'add-br', 'br0', '--', 'set', 'bridge', 'br0', 'datapath_type=netdev',
                 f'other-config:mac-table-size={max(2048, int(self.macs * 1.2))}', 'other-config:mac-aging-time=3600')
        for number, words in enumerate(self.links_used.ovs()):
            self.run('ovs-vsctl', f'--db=unix:{self.folder}/db.sock', 'add-port', 'br0', f'v{number}', '--', 'set', 'Interface', f'v{number}', *words)

    def run(self, *command):
        subprocess.run(command, env=self.environment, check=True, timeout=60, capture_output=True)

    def set(self, *words):
        self.run('ovs-vsctl', f'--db=unix:{self.folder}/db.sock', '--no-wait', 'set', *words)

    def daemon(self):
        self.vswitchd = self.start([VSWITCHD, f'unix:{self.folder}/db.sock'], 'vswitchd', env=self.environment)

    def kill_control_plane(self):
        self.vswitchd.kill()
        self.vswitchd.wait()
        self.daemon()


SWITCHES = (Testpmd, Macswap, Baton, OpenVSwitch, Bridge)
