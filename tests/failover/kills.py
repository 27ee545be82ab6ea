# SPDX-License-Identifier: Apache-2.0
"""What the proofs by many failovers have in common: a switch under load whose masters end one after the other, at random moments and in
random ways, while an operator changes its configuration (churn.py). Between two failovers it waits until the slave says that it is ready,
because that is what "ready" has to mean: a failover now is hitless (invariant 10). A proof says what is sent and what must hold in the end."""

import argparse
import json
import os
import random
import time

from tests.failover.churn import Churn
from tests.support import switch as on_wires
from tests.support.chassis import NotUp
from tests.support.switch import FAULTS, KINDS, SKIP_EXIT


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

    # --- what a proof says

    def prepare(self):
        """Configures the switch."""

    def flows(self):
        raise NotImplementedError

    def hosts(self):
        return []

    def churn(self):
        return Churn(self.chassis, self.arguments.seed)

    def meanwhile(self, tester):
        """Anything besides, before each failover."""

    def look_behind(self, report):
        """Sentences about what does not hold when all is quiet."""
        return []

    # --- the run

    def open_files(self):
        return {name: len(os.listdir(f'/proc/{pid}/fd')) for name, pid in self.chassis.pids().items() if name in ('chassis', 'dataplane')}

    def learn_from(self, state):
        for grant in state['history']:
            if grant['duration_us'] > 0 and grant['cause'] != 'never':
                self.durations[grant['term']] = (grant['duration_us'], grant['cause'])

    def run(self):
        self.prepare()
        files = self.open_files()
        tester = self.switch.tester(self.flows(), hosts=self.hosts())
        tester.wait_started()
        self.warm_up_drops = self.chassis.show('drops')['reasons']   # probes before the links were up
        churn = self.churn()
        churn.start()
        on_wires.pause(1)
        begun = time.monotonic()
        try:
            while sum(self.done.values()) < self.arguments.kills and not churn.wrong:
                kind = self.random.choice(KINDS)
                on_wires.random_pause(self.random, self.arguments.pause)
                self.meanwhile(tester)
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
        if not self.wrong:
            self.wrong += self.look_behind(report)
            after = self.open_files()
            if any(after[name] > files[name] + 4 for name in files):   # a CLI session may be open
                self.wrong.append(f'open files: {files} before, {after} after')
        return self.result(report, churn)

    def drops(self):
        """By reason, since the traffic began."""
        now = self.chassis.show('drops')['reasons']
        return {name: count - self.warm_up_drops[name] for name, count in now.items() if count != self.warm_up_drops[name]}

    def result(self, report, churn):
        gaps = {kind: max((window['longest_gap_us'] for window in report['windows'] if window['name'] == kind), default=None) for kind in KINDS}
        took = [duration for duration, _ in self.durations.values()]
        faults = on_wires.faults_of(report)
        if faults:
            self.wrong.append(faults)
        return {'kills': sum(self.done.values()), 'by_kind': self.done, 'not_begun': self.refused, 'seconds': round(self.seconds, 1),
                'kills_per_second': round(sum(self.done.values()) / max(self.seconds, 0.001), 2), 'seed': self.arguments.seed,
                'offered': report['offered'], 'expected': report['expected'], 'delivered': report['delivered'], 'denied': report['denied'],
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


def run(proof, switch, arguments):
    """A proof on a switch that is not up yet; the result."""
    with switch:
        result = proof(switch, arguments).run()
        if not result['hitless']:
            switch.keep_log()
        return result


def parser(description, kills):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument('--kills', type=int, default=kills)
    parser.add_argument('--rate', type=float, default=4000, help='frames per second of the largest flows')
    parser.add_argument('--pause', type=float, default=0.05, help='longest random pause before a kill, seconds')
    parser.add_argument('--seed', type=int, default=None)
    parser.add_argument('--workers', type=int, default=1)
    parser.add_argument('--build', default=on_wires.build_folder())
    parser.add_argument('--json', metavar='FILE', help='also write the result there')
    return parser


def main(parser, kill):
    """The program of a proof: its exit code."""
    arguments = parser.parse_args()
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
