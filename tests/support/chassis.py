# SPDX-License-Identifier: Apache-2.0
"""A Baton switch on a ground: its configuration file, its chassis, and what its CLI says of it."""

import json
import os
import signal
import subprocess

from tests.support import processes
from tests.support.ground import run

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAMS = ('baton', 'baton-chassis', 'baton-dataplane', 'baton-msm', 'baton-tester')
HITLESS = ('configure sys-recovery-level all msm-failover', 'configure msm-failover slave-config inherited',
           'configure msm-failover link-action keep-links-up preserve-state l2_l3', 'configure msm-failover hang-action hitless')
READY = 'Slave MSM initialized for hitless failover operation.'


class NotUp(RuntimeError):
    """The switch did not come up; the message ends with its log."""


class Chassis:
    """`ports` are the lines of the configuration file ("1:1 wire"); `settings` its other names, - written _. `hitless`: it is configured for
    hitless failover as soon as it is up, the guide's way; else it is as the factory has it."""

    def __init__(self, ground, ports, build, netns=None, hitless=True, **settings):
        self.ground = ground
        self.build = os.path.abspath(build)
        self.netns = netns
        self.socket = ground.path('session.sock')
        self.door = ground.path('chassis.sock')
        self.log = ground.path('chassis.log')
        self.process = None
        cores = sorted(os.sched_getaffinity(0))
        self.settings = {'run_dir': ground.folder, 'flash_dir': ground.path('flash'),
                         'worker_cores': cores[-1], 'housekeeping_cores': cores[0], **settings}
        self.ports = ports
        self.hitless = hitless

    def program(self, name):
        return os.path.join(self.build, name)

    def start(self, seconds=30):
        """Starts everything and waits until a master answers, the data plane has all ports, and a configuration was booted."""
        with open(self.ground.path('baton.conf'), 'w') as file:
            for name, value in self.settings.items():
                file.write(f'{name.replace("_", "-")} = {value}\n')
            for port in self.ports:
                file.write(f'port = {port}\n')
        self.process = self.ground.start([self.program('baton-chassis'), '--config', self.ground.path('baton.conf')],
                                         netns=self.netns, log='chassis.log', stdin=subprocess.DEVNULL)
        # `ip netns exec` becomes the chassis, so the pid is the chassis's own
        if not processes.until(lambda: self.process.poll() is not None or self.booted(), seconds, 0.05):
            raise NotUp(f'{"no master answered" if self.term() is None else "not all ports were opened, or nothing booted"} within {seconds} s\n{self.log_tail()}')
        if self.process.poll() is not None:
            raise NotUp(f'baton-chassis ended with {self.process.returncode}\n{self.log_tail()}')
        if self.hitless:
            self.make_hitless()

    def make_hitless(self):
        processes.until(lambda: self.run(*HITLESS[0].split()).returncode == 0, 5)   # once it knows its ports
        for line in HITLESS:
            self.cli(line)

    def wait_ready(self, seconds=20):
        """Until a failover would be hitless."""
        if not processes.until(lambda: (self.failover() or {}).get('hitless_ready'), seconds, 0.02):
            state = self.failover() or {}
            raise NotUp(f'the slave was not ready within {seconds} s: {state.get("why_not", "no master answers")}\n{self.log_tail()}')
        return self.failover()

    def run(self, *words, timeout=10):
        """One CLI command as it is typed; the finished process."""
        command = [self.program('baton'), '--socket', self.socket, *words]
        try:
            return subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(command, 6, '', f'no answer within {timeout} s')

    def cli(self, line, timeout=10):
        """A command that must succeed; its text."""
        done = self.run(*line.split(), timeout=timeout)
        if done.returncode != 0:
            raise RuntimeError(f'baton {line}: exit {done.returncode}: {(done.stderr + done.stdout).strip()}')
        return done.stdout

    def show(self, line, timeout=10):
        """`show ...` as JSON."""
        done = self.run('-j', 'show', *line.split(), timeout=timeout)
        if done.returncode != 0:
            raise RuntimeError(f'baton -j show {line}: exit {done.returncode}: {(done.stderr + done.stdout).strip()}')
        return json.loads(done.stdout)

    def failover(self):
        """`show msm-failover`, or None while nobody answers."""
        done = self.run('-j', 'show', 'msm-failover', timeout=3)
        try:
            return json.loads(done.stdout) if done.returncode == 0 else None
        except ValueError:
            return None

    def term(self):
        state = self.failover()
        return state['term'] if state else None

    def port_count(self):
        done = self.run('-j', 'show', 'ports', timeout=3)
        try:
            return len(json.loads(done.stdout)['ports']) if done.returncode == 0 else 0
        except ValueError:
            return 0

    def booted(self):
        """Every configuration has VLAN Default; a master that has not booted yet shows none."""
        return self.port_count() == len(self.ports) and bool(self.show('vlan')['vlans'])

    def board(self, role, state=None):
        """The board that is master or slave, or None."""
        for board in (state or self.failover() or {'boards': []})['boards']:
            if board['role'] == role:
                return board
        return None

    def kill(self, role, how=signal.SIGKILL):
        """Sends a signal to the master or slave; its slot."""
        board = self.board(role)
        if board is None:
            raise RuntimeError(f'there is no {role} to kill')
        os.kill(board['pid'], how)
        return board['slot']

    def hand(self, act, slot, check=True):
        """A board is removed from its slot, or inserted again."""
        return run(self.program('baton-chassis'), '--run-dir', self.ground.folder, act, slot, check=check)

    def reset_hard(self, slot):
        """As if the board were pulled out and put back. A master that resets itself may be gone before it answers."""
        done = self.run('--yes', 'reboot', 'slot', slot, 'hard-reset')
        if done.returncode != 0 and 'the master was lost before it answered' not in done.stderr + done.stdout:
            raise RuntimeError(f'reboot slot {slot} hard-reset: exit {done.returncode}: {done.stderr}{done.stdout}')

    def pids(self):
        state, dataplane = self.failover() or {'boards': []}, self.show('switch')['dataplane']['pid']
        return {'chassis': self.process.pid if self.process else self.ground.state['owner'][0], 'dataplane': dataplane,
                **{board['slot']: board['pid'] for board in state['boards'] if board['role'] != 'absent'}}

    def log_lines(self):
        return [line['text'] if 'text' in line else line.get('line', '') for line in self.show('log')['lines']]

    def log_tail(self, lines=25):
        try:
            with open(self.log, errors='replace') as file:
                return ''.join(file.readlines()[-lines:])
        except OSError:
            return '(no log)'
