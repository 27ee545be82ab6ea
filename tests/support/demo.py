# SPDX-License-Identifier: Apache-2.0
"""The demo: a private network, a switch, traffic, seven acts, and what became of every frame. Started by ./demo."""

import argparse
import os
import signal
import subprocess
import sys
import time

from tests.support import processes, report
from tests.support.chassis import READY, NotUp
from tests.support.lab import ROUTER_NUMBER, Lab, address, down, mac
from tests.support.switch import pause
from tests.support.traffic import Ping, Transfers, Watch, flows, ping_once, tester

BACK_TO_BACK = 10
DARK_SECONDS = 5
TCP_BYTES_PER_SECOND = 2_000_000


class Demo:
    def __init__(self, arguments):
        self.lab = Lab(arguments.build)
        self.acts = []
        self.faults = []      # (our clock, what) for the timeline
        self.tester = None
        self.without_a_master = 0   # seconds of this act in which nobody was there to take over
        self.zero = None      # our clock when the tester's first window began
        self.pings = []

    # --- the acts. Each returns sentences about what went otherwise than it should; the frames are counted elsewhere.

    def hand_over(self):
        before = self.chassis.failover()
        self.fault('run msm-failover')
        self.chassis.cli('run msm-failover')
        return self.settled(before, 'admin')

    def kill_master(self, how):
        before = self.chassis.failover()
        self.fault(how.name + ' to the master')
        self.chassis.kill('master', how)
        return self.settled(before, 'exception')

    def in_a_row(self, count):
        ways = [lambda: self.hand_over(), lambda: self.kill_master(signal.SIGKILL), lambda: self.kill_master(signal.SIGSEGV)]
        wrong = []
        for turn in range(count):
            wrong += [f'failover {turn + 1}: {sentence}' for sentence in ways[turn % len(ways)]()]
        return wrong

    def while_it_routes(self):
        """One failover of each kind while a file crosses from one VLAN to the other; the router itself is asked, too."""
        wrong = self.in_a_row(3)
        for host, vlan in (('red1', 'red'), ('blue1', 'blue')):
            if not ping_once(self.lab, host, vlan, ROUTER_NUMBER):
                wrong.append(f'{host} got no answer from its router')
        return wrong

    def kill_slave(self):
        before = self.chassis.failover()
        slave = self.chassis.board('slave', before)
        self.fault('SIGKILL to the slave')
        self.chassis.kill('slave')
        restarted = processes.until(lambda: (now := self.chassis.failover()) and (board := self.chassis.board('slave', now)) and
                                    board['pid'] != slave['pid'] and now['hitless_ready'], 15, 0.02)
        after = self.chassis.failover()
        if not restarted:
            return ['no new slave was ready within 15 s']
        return [] if after['term'] == before['term'] else ['the baton changed hands although the master was well']

    def both_dead(self):
        """The chassis is stopped meanwhile, since it would start new boards at once; so for five seconds there is only the data plane."""
        before = self.chassis.failover()
        watch = Watch(self.lab, 'red2', 'sw4', 'red', 7)
        pids = [board['pid'] for board in before['boards']]
        keeper = self.chassis.process.pid
        killed = self.fault(report.BOTH_DEAD)
        os.kill(keeper, signal.SIGSTOP)
        wrong = []
        try:
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
            dark_until = time.monotonic() + DARK_SECONDS
            self.lab.arrive()
            if not ping_once(self.lab, 'new', 'red', 1):
                wrong.append('the new host, which came while both boards were dead, reached nobody')
            if not ping_once(self.lab, 'red1', 'red', 7, 20):
                wrong.append('nobody reached the new host while both boards were dead')
            pause(dark_until - time.monotonic())
        finally:
            os.kill(keeper, signal.SIGCONT)
        self.without_a_master = self.fault(report.CHASSIS_BACK) - killed
        wrong += self.settled(before, None)
        if not ping_once(self.lab, 'red1', 'red', 7, 20):
            wrong.append('the new host was lost when the new master came')
        flooded = watch.finish()
        if flooded:
            wrong.append(f'{flooded} frames to the new host were flooded to another one')
        entries = [entry for entry in self.chassis.show('fdb')['entries'] if entry['mac'] == mac('red', 7)]
        if [entry['port'] for entry in entries] != ['1:7']:
            wrong.append(f'the new host should be known at 1:7, but show fdb has {entries}')
        return wrong

    def settled(self, before, cause):
        """A new master, for that cause, and a slave that could take over next."""
        ended = processes.until(lambda: (now := self.chassis.failover()) and now['term'] > before['term'] and now['hitless_ready'] and now,
                                20, 0.02)
        if not ended:
            now = self.chassis.failover()
            return [f'20 s later there is {"no master" if now is None else "no slave that is ready: " + now.get("why_not", "the term did not rise")}']
        if cause and ended['last_failover']['cause'] != cause:
            return [f'the cause is shown as {ended["last_failover"]["cause"]}, not {cause}']
        return []

    # --- the frame around them

    @property
    def chassis(self):
        return self.lab.chassis

    def fault(self, what):
        """Notes a fault for the timeline; when it was."""
        self.faults.append((time.monotonic(), what))
        return self.faults[-1][0]

    def act(self, name, do, seconds, transfers=None):
        """`seconds`: how long its TCP transfer takes, about as long as the act."""
        transfers = transfers or self.transfers
        window = name
        self.tester.mark(window)
        for ping in self.pings:
            ping.mark(window)
        begun, before, self.without_a_master = time.monotonic(), self.chassis.failover(), 0
        transfers.begin(int(TCP_BYTES_PER_SECOND * seconds), seconds)
        pause(0.3)
        try:
            wrong = do()
        except (RuntimeError, ProcessLookupError) as error:
            wrong = [str(error)]
        tcp = transfers.end()
        pause(0.3)
        if not tcp['intact']:
            wrong.append(f'the TCP transfer did not arrive whole {tcp.get("error", "")}')
        took = [grant['duration_us'] + round(self.without_a_master * 1e6) for grant in (self.chassis.failover() or {'history': []})['history'] if grant['term'] > before['term']]
        act = {'name': name, 'seconds': round(time.monotonic() - begun, 3), 'takeover_us': max(took, default=None),
               'failovers': len(took), 'tcp': tcp, 'wrong': wrong}
        self.acts.append(act)
        print(f'  {name}: {len(took)} failover{"" if len(took) == 1 else "s"}, {act["seconds"]:.1f} s' +
              ''.join(f'\n    {sentence}' for sentence in wrong), flush=True)

    def begin_traffic(self):
        print('traffic: numbered UDP both ways over wires, veth and net_tap, within VLANs and routed between them; TCP; ping', flush=True)
        self.transfers = Transfers(self.lab, 'red2', 'trunk', address('red', 3))
        self.routed_transfers = Transfers(self.lab, 'blue1', 'red2', address('red', 2))
        self.pings = [Ping(self.lab, 'red1', address('red', 2)), Ping(self.lab, 'blue1', address('blue', 3)),
                      Ping(self.lab, 'red1', address('blue', 1)), Ping(self.lab, 'blue1', address('blue', ROUTER_NUMBER))]
        for ping in self.pings:
            ping.wait_started()
            ping.mark('undisturbed')
        self.tester = tester(self.lab, flows())
        self.tester.wait_started()
        self.zero = time.monotonic()
        pause(1.5)

    def run(self):
        print('demo: starting chassis, data plane and both boards', flush=True)
        state = self.lab.up()
        said = processes.until(lambda: any(READY in line for line in self.chassis.log_lines()), 5, 0.05)
        print(f'log:  {READY}' if said else f'log:  (the log lacks "{READY}")')
        master = self.chassis.board('master', state)
        print(f'demo: {master["slot"]} is master of term {state["term"]}, {self.chassis.board("slave", state)["slot"]} follows and is ready')
        self.begin_traffic()
        self.act('operator hand-over', self.hand_over, 2)
        self.act('SIGKILL of the master', lambda: self.kill_master(signal.SIGKILL), 2)
        self.act('SIGSEGV of the master', lambda: self.kill_master(signal.SIGSEGV), 2)
        self.act('ten failovers back to back', lambda: self.in_a_row(BACK_TO_BACK), 4)
        self.act('three failovers while it routes', self.while_it_routes, 3, self.routed_transfers)
        self.act('slave killed', self.kill_slave, 2)
        self.act('both boards dead for five seconds', self.both_dead, 7)
        measured = self.tester.finish()
        pings = [ping.finish() for ping in self.pings]
        result = report.build(self.acts, measured, pings, bool(said), self.lab.huge)
        report.write(result, measured, self.zero, self.faults)
        print('\n' + report.table(result))
        return 0 if result['hitless'] else 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--build', default='build')
    parser.add_argument('--no-wait', action='store_true')
    arguments = parser.parse_args()
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):   # all of them, also where a shell had SIGINT ignored
        signal.signal(ending, signal.default_int_handler)
    demo = Demo(arguments)
    code = 1
    try:
        down()   # what a killed run, or --lab, left
        code = demo.run()
        if sys.stdin.isatty() and sys.stdout.isatty() and not arguments.no_wait:
            print(f'\nThe switch is still running. Look around from another terminal:\n  sudo {demo.chassis.program("baton")} --socket '
                  f'{demo.chassis.socket}\nPress Enter here to end it.')
            sys.stdin.readline()
    except KeyboardInterrupt:
        print('\ndemo: interrupted; cleaning up')
        code = 130
    except (NotUp, RuntimeError, OSError, subprocess.SubprocessError) as error:
        print(f'demo: {error}')
    finally:
        demo.lab.down()
    return code


if __name__ == '__main__':
    sys.exit(main())
