# SPDX-License-Identifier: Apache-2.0
"""A switch on wires and the tester in front of it, for the failover proofs. No namespace, no kernel port: four in-memory cables, so that every
frame is accounted for at a rate at which a kernel in the path would drop some by itself.

  with Switch('kills', build, ports=4) as switch:
      switch.two_vlans()
      tester = switch.tester(['name=ab,from=w1,to=w2'])
      tester.wait_started()
      switch.chassis.kill('master')
      report = tester.finish()
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import threading
import time

from tests.support import processes
from tests.support.chassis import PROGRAMS, Chassis, NotUp
from tests.support.ground import Ground
from tests.support.wire import Wire

HUGE_FREE = '/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages'
SKIP_EXIT = 77
FAULTS = ('lost', 'duplicated', 'reordered', 'misdelivered', 'flooded', 'corrupted', 'moved')
KINDS = ('operator', 'SIGKILL', 'SIGSEGV')


def build_folder():
    return os.path.abspath(os.environ.get('BATON_BUILD', 'build'))


def why_not(build):
    """Why no switch can run here: a sentence, or nothing."""
    if os.geteuid() != 0:
        return 'a switch needs root'
    missing = [name for name in PROGRAMS if not os.access(os.path.join(build, name), os.X_OK)]
    return f'{build} lacks {", ".join(missing)}' if missing else None


def free_huge_mb():
    try:
        with open(HUGE_FREE) as file:
            return 2 * int(file.read())
    except OSError:
        return 0


class Tester:
    """A running baton-tester that takes commands; every call has a bound."""

    __test__ = False   # pytest takes it for a test by its name

    def __init__(self, chassis, ends, flows, options=(), hosts=()):
        ground = chassis.ground
        self._report, self._log = ground.path('tester.json'), ground.path('tester.log')
        self._events = []
        command = [chassis.program('baton-tester'), '--commands', f'--json={self._report}', '--nice', '-5',
                   '--core', str(chassis.settings['housekeeping_cores']), *options]
        for name, spec in ends.items():
            command += ['--end', f'{name}={spec}']
        for host in hosts:
            command += ['--host', host]
        for flow in flows:
            command += ['--flow', flow]
        with open(self._log, 'wb') as errors:
            self.process = ground.start(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True)
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()

    def _listen(self):
        for line in self.process.stdout:
            self._events.append(json.loads(line))

    def _fail(self, what):
        with open(self._log, errors='replace') as file:
            raise RuntimeError(f'baton-tester {what}: {file.read().strip()[-1500:]}')

    def wait_for(self, condition, seconds, what):
        """Until some event fulfils `condition`; that event."""
        def found():
            return next((event for event in list(self._events) if condition(event)), None)
        event = processes.until(lambda: found() or self.process.poll() is not None, seconds, 0.002)
        if not isinstance(event, dict):
            self._fail(what)
        return event

    def wait_started(self, seconds=20):
        self.wait_for(lambda event: event['event'] == 'ready', seconds, 'could not start its flows')

    def tell(self, command, seconds=5):
        """One command; its answer. An error is raised."""
        known = len(self._events)
        self.process.stdin.write(command + '\n')
        self.process.stdin.flush()
        def answer():
            return next((event for event in self._events[known:] if event.get('command') == command or
                         (command == 'status' and event['event'] == 'status')), None)
        event = processes.until(lambda: answer() or self.process.poll() is not None, seconds, 0.001)
        if not isinstance(event, dict):
            self._fail(f'did not answer {command!r}')
        if event['event'] == 'error':
            raise RuntimeError(f'baton-tester: {event["error"]}')
        return event

    def mark(self, window):
        self.tell(f'mark {window}')

    def start_flow(self, flow, seconds=10):
        """Starts a flow that waits; returns when its probe has passed."""
        self.tell(f'start {flow}')
        self.wait_for(lambda event: event == {'event': 'started', 'flow': flow}, seconds, f'could not start {flow}')

    def status(self):
        return self.tell('status')

    def finish(self, seconds=30):
        """Stops, drains, and returns the report."""
        if self.process.poll() is None:
            self.process.stdin.write('stop\n')
            self.process.stdin.flush()
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._fail(f'did not end within {seconds} s')
        if not os.path.exists(self._report):
            self._fail('left no report')
        with open(self._report) as file:
            return json.load(file)


class Switch:
    """A chassis with `ports` wires 1:1, 1:2, ..., which the tester calls w1, w2, ...; of two modules with four ports 1:1, 1:2, 2:1, 2:2.
    Odd ports are worker 0's, even ones worker 1's, where there are two. `settings` outrank the modest ones here."""

    def __init__(self, name, build=None, ports=4, slots=4096, modules=1, workers=1, **settings):
        self.ground = Ground(name)
        self.build = build or build_folder()
        each = ports // modules
        self.names = [f'{1 + port // each}:{1 + port % each}' for port in range(ports)]
        huge = 'yes' if free_huge_mb() >= 700 else 'no'
        settings = {'hugepages': huge, 'fdb_max_entries': 1000000, 'mbufs': 8192, 'max_frame': 2000, **settings}
        lines = [f'{name} wire,slots={slots},slot-size=2048' for name in self.names]
        cores = sorted(os.sched_getaffinity(0))
        self.workers, self.crowded = workers, 1 < workers >= len(cores)   # a worker on the boards' core would starve them
        if workers > 1:
            settings['worker_cores'] = ','.join(str(core) for core in cores[-workers:])
        self.chassis = Chassis(self.ground, lines, self.build, **settings)

    def crowd(self):
        """On a machine with too few cores the workers share its last one, which no configuration would allow: moved there as soon as they run."""
        def workers():
            owner = self.chassis.process
            every = processes.children(owner.pid) if owner else []
            return [thread for pid in every for thread, name in processes.threads(pid) if name.startswith('worker-')]
        found = processes.until(lambda: len(some := workers()) == self.workers and some, 30, 0.02)
        for thread in found or []:
            os.sched_setaffinity(thread, {max(os.sched_getaffinity(0))})

    def prepare(self):
        """What a switch of another kind puts on the ground before its chassis starts."""

    def __enter__(self):
        self.ground.up()
        try:
            self.prepare()
            if self.crowded:
                threading.Thread(target=self.crowd, daemon=True).start()
            self.chassis.start()
            if self.chassis.hitless:
                self.chassis.wait_ready()
        except BaseException:
            self.keep_log()
            self.ground.down()
            raise
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            self.keep_log()
        self.ground.down()

    def keep_log(self):
        """The logs of a switch that failed outlive its run directory, beside the build."""
        folder = os.path.join(self.build, 'failover-logs')
        os.makedirs(folder, exist_ok=True)
        for name in ('chassis.log', 'tester.log', 'tester.json'):
            if os.path.exists(self.ground.path(name)):
                with open(self.ground.path(name), 'rb') as source, open(os.path.join(folder, f'{self.ground.name}-{name}'), 'wb') as to:
                    to.write(source.read())

    def two_vlans(self):
        """red (tag 10): w1 and w2 untagged, w4 tagged; blue (tag 20): w3 untagged, w4 tagged."""
        for line in ('create vlan red', 'configure vlan red tag 10', 'create vlan blue', 'configure vlan blue tag 20',
                     'configure vlan Default delete ports all', 'configure vlan red add ports 1:1,1:2 untagged',
                     'configure vlan blue add ports 1:3 untagged', 'configure vlan red add ports 1:4 tagged',
                     'configure vlan blue add ports 1:4 tagged'):
            self.chassis.cli(line)

    @contextlib.contextmanager
    def connected(self):
        """Every wire has a silent end while no tester holds one: the links are up, so that subnets are routes."""
        ends = [Wire(self.chassis.door, name) for name in self.names]
        try:
            yield self
        finally:
            for end in ends:
                end.close()

    def tester(self, flows, options=(), hosts=()):
        ends = {f'w{number}': f'wire:{self.chassis.door}#{name}' for number, name in enumerate(self.names, 1)}
        return Tester(self.chassis, ends, flows, options, hosts)


def strike(chassis, kind):
    """One failover of that kind; what the chassis said of the boards just before. None: nobody was master, or the hand-over was refused."""
    before = chassis.failover()
    master = chassis.board('master', before)
    if master is None:
        return None
    if kind == 'operator':
        return before if chassis.run('run', 'msm-failover').returncode == 0 else None
    try:
        os.kill(master['pid'], getattr(signal, kind))
    except ProcessLookupError:
        return None
    return before


def settle(chassis, before, seconds=20):
    """Waits for a later term whose slave is ready; what it says of the boards."""
    state = processes.until(lambda: (now := chassis.failover()) and now['term'] > before['term'] and now['hitless_ready'] and now, seconds, 0.01)
    if not state:
        now = chassis.failover()
        raise NotUp(f'{seconds} s after a failover: ' + ('no master answers' if now is None else
                    f'term {now["term"]} (before: {before["term"]}), not ready: {now.get("why_not", "-")}') + '\n' + chassis.log_tail(40))
    return state


def pause(seconds):
    """Time that belongs to the traffic."""
    until = time.monotonic() + seconds
    processes.until(lambda: time.monotonic() >= until, seconds + 1, 0.005)


def random_pause(draw: random.Random, longest):
    pause(draw.random() * longest)


def faults_of(report):
    """The sentence that says what was wrong with the traffic; empty when nothing was."""
    if report['verdict'] == 'good':
        return ''
    worst = [f'{window["name"]}: ' + ', '.join(f'{window[name]} {name}' for name in FAULTS if window[name])
             for window in report['windows'] if any(window[name] for name in FAULTS)]
    return f'verdict {report["verdict"]}: ' + '; '.join(report['reasons'] + worst[:10])
