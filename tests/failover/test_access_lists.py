#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What an access list denies is never delivered, and what none denies is never lost: while masters die, rules come and go, and
the data plane compiles them anew. Hits never go back, and what was acknowledged is in force afterwards."""

import os
import random
import signal
import threading

import pytest

from tests.support import processes
from tests.support import switch as on_wires
from tests.support.switch import KINDS, Switch

NOBODY = '02:00:00:00:66:01'   # where denied packets are sent: an address that nobody has, so that one let through is flooded
FLOWS = ['name=out,from=w1,to=w2,rate=5000', 'name=back,from=w2,to=w1,rate=5000,size=imix',
         f'name=wall,from=w1,router={NOBODY},src-ip=10.1.0.1,dst-ip=10.66.0.1,dst-ips=64,rate=5000,expect=denied',
         f'name=port,from=w2,router={NOBODY},src-ip=10.1.0.2,dst-ip=10.67.0.1,dst-port=4789,rate=2000,expect=denied']
RULES = ['create access-list wall ip destination 10.66.0.0/16 source any deny ports any precedence 100',
         'create access-list port udp destination any ip-port 4789 source any ip-port any deny ports 1:2 precedence 200']


@pytest.fixture(scope='module')
def switch():
    with Switch('access-lists') as up:
        up.two_vlans()
        for rule in RULES:
            up.chassis.cli(rule)
        yield up


class Churn:
    """Rules that have nothing to do with the flows, or agree with what is denied: up to 80, so that they are compiled and not."""

    def __init__(self, chassis):
        self.chassis, self.random, self.rules, self.wrong = chassis, random.Random(5), set(), []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join(60)
        assert not self._thread.is_alive(), 'the operator never got an answer'

    def _run(self):
        number = 0
        while not self._stop.is_set() and not self.wrong:
            number += 1
            come = len(self.rules) < 80 and (len(self.rules) < 20 or self.random.random() < 0.6)
            if come:
                name = f'churn{number}'
                target = self.random.choice([f'10.66.{number % 256}.0/24', f'10.9.{number % 256}.0/24', '172.16.0.0/12'])
                action = 'deny' if target.startswith('10.66') else self.random.choice(['permit', 'deny'])
                line = f'create access-list {name} ip destination {target} source any {action} ports any precedence {1000 + number}'
            else:
                name = self.random.choice(sorted(self.rules))
                line = f'delete access-list {name}'
            answer = self.chassis.run(*line.split(), timeout=15)
            if answer.returncode in (3, 6) or 'was lost before it committed' in answer.stderr + answer.stdout:
                if not processes.until(lambda: self.chassis.term() is not None, 20, 0.02):
                    self.wrong.append(f'no master 20 s after: {line}')
                    return
                come = name in {rule['name'] for rule in self.chassis.show('access-list')['access_lists']}
            elif answer.returncode != 0:
                self.wrong.append(f'`{line}` was refused: {(answer.stderr + answer.stdout).strip()}')
                return
            (self.rules.add if come else self.rules.discard)(name)


def rules_of(chassis):
    return {rule['name']: rule for rule in chassis.show('access-list')['access_lists']}


def test_what_is_denied_is_never_delivered_while_masters_die_and_rules_churn(switch):
    chassis = switch.chassis
    hits = {name: 0 for name in ('wall', 'port')}
    tester = switch.tester(FLOWS)
    tester.wait_started()
    with Churn(chassis) as churn:
        for number in range(9):
            before = on_wires.strike(chassis, KINDS[number % 3])
            assert before, 'the fault could not be begun'
            on_wires.settle(chassis, before)
            now = rules_of(chassis)
            for name, last in hits.items():
                assert now[name]['frames'] >= last, f'hits of {name} went back'
                hits[name] = now[name]['frames']
    report = tester.finish()
    faults = on_wires.faults_of(report)
    if faults or churn.wrong:
        switch.keep_log()
    assert not churn.wrong, churn.wrong
    assert not faults, faults + '\n' + chassis.log_tail(20)
    assert report['denied'] > 1000
    assert set(rules_of(chassis)) == churn.rules | {'wall', 'port'}, 'what was acknowledged is in force, and nothing else'
    assert processes.until(lambda: chassis.show('access-list-monitor')['in_force'] == len(churn.rules) + 2, 5, 0.02)


def test_what_is_denied_is_never_delivered_while_the_data_plane_starts_anew(switch):
    """Its frames are lost for a moment, as those of any restart; but none that is denied gets through, and hits go on."""
    chassis = switch.chassis
    last = rules_of(chassis)['wall']['frames']
    tester = switch.tester(FLOWS)
    tester.wait_started()
    on_wires.pause(0.3)
    old = chassis.show('switch')['dataplane']['pid']
    os.kill(old, signal.SIGKILL)
    assert processes.until(lambda: chassis.show('switch')['dataplane']['pid'] not in (0, None, old), 20, 0.02)
    assert processes.until(lambda: (now := chassis.failover()) and now['hitless_ready'], 30, 0.02)
    on_wires.pause(0.5)
    report = tester.finish()
    assert report['misdelivered'] == 0, report['reasons']
    now = rules_of(chassis)
    assert now['wall']['frames'] >= last
    assert now['wall']['in_force']
