# SPDX-License-Identifier: Apache-2.0
"""One switch and one machine with operators for all of tests/peers. What a client needs is looked for, and its tests are skipped by name where its
package is missing."""

import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from machine import SSHD, Machine

from tests.support import switch as on_wires
from tests.support.chassis import Chassis

PORTS = 4


def pytest_collection_modifyitems(items):
    if not os.access(SSHD, os.X_OK):
        for item in items:
            if item.path.parent.name == 'peers':
                item.add_marker(pytest.mark.skip(reason='needs the package openssh-server'))


class Site:
    """The machine, its switch, and how to make the baton change hands."""

    def __init__(self):
        self.machine = Machine('peers')
        build = on_wires.build_folder()
        lines = [f'1:{port} wire,slots=256,slot-size=2048' for port in range(1, PORTS + 1)]
        huge = 'yes' if on_wires.free_huge_mb() >= 400 else 'no'
        self.chassis = Chassis(self.machine, lines, build, netns=None, hugepages=huge, fdb_max_entries=10000, mbufs=4096,
                               max_frame=2000, journal_mb=16)

    def up(self):
        self.machine.up()
        self.chassis.netns = self.machine.netns   # there is a group baton, so the socket is its
        self.chassis.start()
        self.chassis.wait_ready()
        self.machine.open_door(self.chassis.program('baton'), self.chassis.socket)
        for line in ('create account user noc', 'create account user step', 'configure sys-name SW1', 'save'):
            self.chassis.cli(line)

    def fail_over(self):
        """The master is killed; returns when the next one is ready to be killed, too."""
        before = on_wires.strike(self.chassis, 'SIGKILL')
        assert before, 'nobody carries the baton'
        return on_wires.settle(self.chassis, before)


@pytest.fixture(scope='session')
def site():
    site = Site()
    try:
        site.up()
        yield site
    finally:
        if os.environ.get('BATON_KEEP_LOG') and os.path.exists(site.chassis.log):
            with open(site.chassis.log) as log, open(os.environ['BATON_KEEP_LOG'], 'w') as kept:
                kept.write(log.read())
        site.machine.down()
