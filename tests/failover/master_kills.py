#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Kills the master again and again, at random moments, under load over in-memory ports, and accounts for every frame.

  sudo tests/failover/master_kills.py --kills 1000 --json=kills.json

Operator hand-over, SIGKILL and SIGSEGV are mixed by chance. All the while an operator changes VLANs, static entries and
the ageing time (churn.py) and a host sends from addresses that change with every frame. Exit: 0 hitless, 1 not, 77 cannot run."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from tests.failover import kills
from tests.support.switch import Switch

BLACKHOLED = '02:00:00:00:0b:ad'
CHURN_MACS = 100000


class MasterKills(kills.Kills):
    def prepare(self):
        self.switch.two_vlans()
        self.chassis.cli(f'create fdbentry {BLACKHOLED} vlan red blackhole')

    def flows(self):
        """Unicast both ways, untagged and tagged, of all sizes; a flood of exactly two copies; sources that never were seen before; a
        black-holed destination, of which nothing may come out anywhere."""
        rate = self.arguments.rate
        return [f'name=red-out,from=w1,to=w2,rate={rate}', f'name=red-back,from=w2,to=w1,rate={rate},size=60+590',
                f'name=trunk-in,from=w4/10,to=w1,rate={rate / 2}', f'name=trunk-out,from=w1,to=w4/10,rate={rate / 2}',
                f'name=blue-in,from=w4/20,to=w3,rate={rate / 2},size=imix', f'name=blue-out,from=w3,to=w4/20,rate={rate / 2},size=imix',
                f'name=flood,from=w1,to=w2+w4/10,expect=flood,rate={rate / 10}',
                f'name=learning,from=w3,to=w4/20,src=02:11:00:00:00:00,src-macs={CHURN_MACS},rate={rate / 5}',
                f'name=black-hole,from=w2,dst={BLACKHOLED},expect=none,rate={rate / 20}']

    def look_behind(self, report):
        """Nothing dropped but what was black-holed; addresses where they live."""
        wrong, drops = [], self.drops()
        holed = self.chassis.show('drops')['reasons']['blackhole']
        drops.pop('blackhole', None)
        offered = sum(flow['offered'] for window in report['windows'] for flow in window['flows'] if flow['name'] == 'black-hole')
        if drops or holed != offered:
            wrong.append(f'{holed} frames were black-holed, {offered} were offered; otherwise dropped were {drops}')
        homes = {'1:1': 'w1', '1:2': 'w2', '1:3': 'w3', '1:4': 'w4'}
        for entry in self.chassis.show('fdb')['entries']:
            mac, port = entry['mac'], entry['port']
            if mac.startswith('02:11:') and port != '1:3' or mac.startswith('02:ba:70:') and homes[port] != f'w{int(mac[9:11], 16)}':
                wrong.append(f'{mac} of VLAN {entry["vlan"]} is known at {port}')
        return wrong


def kill(arguments):
    """Runs it all; the result."""
    return kills.run(MasterKills, Switch('kills', arguments.build, workers=arguments.workers), arguments)


def parser():
    return kills.parser('Kills masters under load and accounts for every frame.', 200)


if __name__ == '__main__':
    sys.exit(kills.main(parser(), kill))
