#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The proof of layer 3: masters end again and again under routed traffic, and every packet is accounted for.

  sudo tests/failover/routed_kills.py --kills 500 --json=routed.json

Routed, by one next hop and by several, filtered by an access list, answered by the router itself and switched frames pass side by side
(tests/support/routed.py); routes, black holes, neighbours, access lists, VLANs and their addresses are changed all the while
(routed_churn.py), and hosts come and go. Exit: 0 hitless, 1 not, 77 cannot run."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from tests.failover import kills
from tests.failover.routed_churn import RoutedChurn
from tests.support import routed
from tests.support.routed import RoutedSwitch

PASSERS_BY = 8   # hosts to which nothing is sent; they are silent or not, by turns


class RoutedKills(kills.Kills):
    def prepare(self):
        self.switch.configure()

    def hosts(self):
        passing = [f'name=passer{number},at=w3,ip=10.30.0.{200 + number},gateway=10.30.0.1' for number in range(PASSERS_BY)]
        return routed.hosts() + passing

    def flows(self):
        return routed.flows(self.arguments.rate)

    def churn(self):
        return RoutedChurn(self.chassis, routed.ROUTER, self.arguments.seed)

    def meanwhile(self, tester):
        """A neighbour is heard of, or is heard of no more."""
        tester.tell(f'{self.random.choice(["silence", "answer"])} passer{self.random.randrange(PASSERS_BY)}')
        tester.tell('announce')

    def look_behind(self, report):
        """Dropped were what an access list denies and what a black hole takes, and all of it."""
        offered = {name: sum(flow['offered'] for window in report['windows'] for flow in window['flows'] if flow['name'] == name)
                   for name in ('denied', 'hole')}
        reasons = {'acl_denied': 'denied', 'route_blackhole': 'hole'}
        counted = self.chassis.show('drops')['reasons']
        wrong = [f'{counted[reason]} packets were dropped as {reason}, {offered[flow]} were offered'
                 for reason, flow in reasons.items() if counted[reason] != offered[flow]]
        others = {reason: count for reason, count in self.drops().items() if reason not in reasons}
        return wrong + ([f'dropped besides: {others}'] if others else [])


def kill(arguments):
    """Runs it all; the result."""
    return kills.run(RoutedKills, RoutedSwitch('routed', arguments.build, workers=arguments.workers), arguments)


def parser():
    return kills.parser('Kills masters under routed traffic and accounts for every packet.', 100)


if __name__ == '__main__':
    sys.exit(kills.main(parser(), kill))
