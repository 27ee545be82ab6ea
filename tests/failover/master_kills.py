#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Kills the master again and again, at random moments, under load over in-memory ports, and accounts for every frame.

  sudo tests/failover/master_kills.py --kills 1000 --json=kills.json

Operator hand-over, SIGKILL and SIGSEGV are mixed by chance. All the while an operator changes VLANs, static entries and
the ageing time (churn.py) and a host sends from addresses that change with every frame. Between two failovers it waits until the slave
says that it is ready, because that is what "ready" has to mean: a failover now is hitless (invariant 10). Exit: 0 hitless, 1 not, 77 cannot run."""

import argparse
import json
import os
import random
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from tests.failover.churn import Churn
from tests.support import switch as on_wires
from tests.support.chassis import NotUp
from tests.support.switch import FAULTS, KINDS, SKIP_EXIT, Switch

BLACKHOLED = '02:00:00:00:0b:ad'
CHURN_MACS = 100000


def flows(rate):
    """Unicast both ways, untagged and tagged, of all sizes; a flood of exactly two copies; sources that never were seen before; a
    black-holed destination, of which nothing may come out anywhere."""
    return [f'name=red-out,from=w1,to=w2,rate={rate}', f'name=red-back,from=w2,to=w1,rate={rate},size=60+590',
            f'name=trunk-in,from=w4/10,to=w1,rate={rate / 2}', f'name=trunk-out,from=w1,to=w4/10,rate={rate / 2}',
            f'name=blue-in,from=w4/20,to=w3,rate={rate / 2},size=imix', f'name=blue-out,from=w3,to=w4/20,rate={rate / 2},size=imix',
            f'name=flood,from=w1,to=w2+w4/10,expect=flood,rate={rate / 10}',
            f'name=learning,from=w3,to=w4/20,src=02:11:00:00:00:00,src-macs={CHURN_MACS},rate={rate / 5}',
            f'name=black-hole,from=w2,dst={BLACKHOLED},expect=none,rate={rate / 20}']


def percentile(values, percent):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * percent / 100))] if values else None


class Kills:
    def __init__(self, switch, arguments):
        self.switch, self.chassis = switch, switch.chassis
        self.arguments = arguments
        self.random = random.Random(arguments.seed)
        self.done = dict.fromkeys(KINDS, 0)
        self.durations = {}     # term -> (microseconds, cause)
        self.wrong = []
        self.refused = 0        # hand-overs that the switch did not want just then
        self.seconds = 0

    def prepare(self):
        self.switch.two_vlans()
        self.chassis.cli(f'create fdbentry {BLACKHOLED} vlan red blackhole')
        self.before = {name: len(os.listdir(f'/proc/{pid}/fd')) for name, pid in self.chassis.pids().items() if name in ('chassis', 'dataplane')}

    def other_drops(self):
        return {name: count for name, count in self.chassis.show('drops')['reasons'].items() if name != 'blackhole'}

    def learn_from(self, state):
        for grant in state['history']:
            if grant['duration_us'] > 0 and grant['cause'] != 'never':
                self.durations[grant['term']] = (grant['duration_us'], grant['cause'])

    def run(self):
        self.prepare()
        tester = self.switch.tester(flows(self.arguments.rate))
        tester.wait_started()
        self.warm_up_drops = self.other_drops()   # probes before the links were up
        churn = Churn(self.chassis, self.arguments.seed)
        churn.start()
        on_wires.pause(1)
        begun = time.monotonic()
        try:
            while sum(self.done.values()) < self.arguments.kills and not churn.wrong:
                kind = self.random.choice(KINDS)
                on_wires.random_pause(self.random, self.arguments.pause)
                tester.mark(kind)
                before = on_wires.strike(self.chassis, kind)
                if before is None:   # between our look and our hand it was no longer so
                    self.refused += 1
                    if self.refused > 20 + self.arguments.kills // 10:
                        raise NotUp(f'{self.refused} failovers could not be begun\n{self.chassis.log_tail(40)}')
                    continue
                self.done[kind] += 1
                self.learn_from(on_wires.settle(self.chassis, before))
        except NotUp as error:
            self.wrong.append(str(error))
        self.seconds = time.monotonic() - begun
        churn.stop()
        try:
            if not churn.wrong and not self.wrong:
                churn.check()
        except RuntimeError as error:
            churn.wrong.append(str(error))
        on_wires.pause(0.5)
        report = tester.finish()
        self.wrong += churn.wrong
        self.look_behind(report)
        return self.result(report, churn)

    def look_behind(self, report):
        """What must hold when all is quiet: nothing dropped but what was black-holed, addresses where they live, nothing leaked."""
        if self.wrong:
            return
        drops = self.chassis.show('drops')['reasons']
        others = {name: count - self.warm_up_drops[name] for name, count in self.other_drops().items() if count != self.warm_up_drops[name]}
        offered = sum(flow['offered'] for window in report['windows'] for flow in window['flows'] if flow['name'] == 'black-hole')
        if others or drops['blackhole'] != offered:
            self.wrong.append(f'{drops["blackhole"]} frames were black-holed, {offered} were offered; otherwise dropped were {others}')
        homes = {'1:1': 'w1', '1:2': 'w2', '1:3': 'w3', '1:4': 'w4'}
        for entry in self.chassis.show('fdb')['entries']:
            mac, port = entry['mac'], entry['port']
            wrong = mac.startswith('02:11:') and port != '1:3' or mac.startswith('02:ba:70:') and homes[port] != f'w{int(mac[9:11], 16)}'
            if wrong:
                self.wrong.append(f'{mac} of VLAN {entry["vlan"]} is known at {port}')
        after = {name: len(os.listdir(f'/proc/{pid}/fd')) for name, pid in self.chassis.pids().items() if name in self.before}
        if any(after[name] > self.before[name] + 4 for name in self.before):   # a CLI session may be open
            self.wrong.append(f'open files: {self.before} before, {after} after')

    def result(self, report, churn):
        gaps = {kind: max((window['longest_gap_us'] for window in report['windows'] if window['name'] == kind), default=None) for kind in KINDS}
        took = [duration for duration, _ in self.durations.values()]
        faults = on_wires.faults_of(report)
        if faults:
            self.wrong.append(faults)
        return {'kills': sum(self.done.values()), 'by_kind': self.done, 'not_begun': self.refused, 'seconds': round(self.seconds, 1),
                'kills_per_second': round(sum(self.done.values()) / max(self.seconds, 0.001), 2), 'seed': self.arguments.seed,
                'offered': report['offered'], 'expected': report['expected'], 'delivered': report['delivered'],
                **{name: report[name] for name in FAULTS},
                'longest_gap_us': report['longest_gap_us'], 'longest_gap_us_by_kind': gaps,
                'latency_us': report['latency_us'], 'own': report['own'], 'tester_verdict': report['verdict'],
                'takeover_us': {'count': len(took), 'p50': percentile(took, 50), 'p99': percentile(took, 99), 'max': max(took, default=None)},
                'takeover_us_by_cause': {cause: {'count': len(some), 'p50': percentile(some, 50), 'max': max(some)}
                                         for cause in sorted({cause for _, cause in self.durations.values()})
                                         if (some := [us for us, its in self.durations.values() if its == cause])},
                'changes_acknowledged': churn.acknowledged, 'acknowledged_changes_checked': churn.checked, 'checks': churn.checks,
                'changes_lost_and_said_so': churn.lost, 'changes_unanswered': churn.unanswered, 'wrong': self.wrong,
                'hitless': not self.wrong and sum(self.done.values()) == self.arguments.kills}


def kill(arguments):
    """Runs it all; the result."""
    with Switch('kills', arguments.build, workers=arguments.workers) as switch:
        result = Kills(switch, arguments).run()
        if not result['hitless']:
            switch.keep_log()
        return result


def parser():
    parser = argparse.ArgumentParser(description='Kills masters under load and accounts for every frame.')
    parser.add_argument('--kills', type=int, default=200)
    parser.add_argument('--rate', type=float, default=4000, help='frames per second of the largest flows; all together 3.85 times that')
    parser.add_argument('--pause', type=float, default=0.05, help='longest random pause before a kill, seconds')
    parser.add_argument('--seed', type=int, default=None)
    parser.add_argument('--workers', type=int, default=1)
    parser.add_argument('--build', default=on_wires.build_folder())
    parser.add_argument('--json', metavar='FILE', help='also write the result there')
    return parser


def main():
    arguments = parser().parse_args()
    if arguments.seed is None:
        arguments.seed = random.SystemRandom().randrange(1 << 31)
    reason = on_wires.why_not(arguments.build)
    if reason:
        print('cannot run here: ' + reason)
        return SKIP_EXIT
    result = kill(arguments)
    text = json.dumps(result, indent=1)
    print(text)
    if arguments.json:
        with open(arguments.json, 'w') as file:
            file.write(text + '\n')
    return 0 if result['hitless'] else 1


if __name__ == '__main__':
    sys.exit(main())
