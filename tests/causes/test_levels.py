#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every cause of a failover at every level of preservation, under traffic: what is not preserved is really gone, what is preserved loses
nothing. The six levels are the guide's. A tap and a veth have a kernel at their other end, which counts how often it lost its carrier; a host
that spoke once shows whether its address is remembered; a VLAN that was never saved shows whose configuration holds.

The table of frames offered and lost, by cause, level and flow, is written to BUILD/failover-logs/levels.json and printed (pytest -s)."""

import json
import os
import socket

import pytest

from tests.support import faults, processes
from tests.support import switch as on_wires
from tests.support.chassis import Chassis
from tests.support.ground import Ground, inside, run
from tests.support.switch import Switch, Tester

KEEP = 'configure msm-failover link-action keep-links-up'
#          name                     slave-config  link-action                         preserved: configuration, links, layer 2
LEVELS = {'nothing': ('flash', 'configure msm-failover link-action take-links-down', (False, False, False)),
          'configuration': ('inherited', 'configure msm-failover link-action take-links-down', (True, False, False)),
          'links': ('flash', KEEP, (False, True, False)),
          'configuration-links': ('inherited', KEEP, (True, True, False)),
          'l2': ('inherited', f'{KEEP} preserve-state l2', (True, True, True)),
          'l2_l3': ('inherited', f'{KEEP} preserve-state l2_l3', (True, True, True))}
CAUSES = {'operator': 'admin', 'SIGSEGV': 'exception', 'hard-reset': 'removal', 'pulled-out': 'removal', 'SIGSTOP': 'keepalive',
          'stuck-loop': 'watchdog', 'damaged-memory': 'hwFailure'}
FLOWS = ['name=out,from=w1,to=w2,rate=4000', 'name=back,from=w2,to=w1,rate=4000,size=imix']
SILENT = '02:51:1e:47:00:01'   # spoke once, before
UNSAVED = 'never-saved-by-anybody'   # too long to lie inside a std::string, so that damage finds it in one place
KERNEL_PORTS = {'1:3': 'lv3', '1:4': 'lv4'}


def combinations():
    """(cause, hang-action, level). All levels for the causes that differ; both ends of the scale for those that are like others."""
    quick = bool(os.environ.get('BATON_QUICK'))
    both_ends = ('configuration', 'l2_l3')
    for level in LEVELS:
        yield 'operator', 'discard', level
    for level in both_ends if quick else LEVELS:
        yield 'SIGSEGV', 'discard', level
    for level in ('l2_l3',) if quick else LEVELS:
        yield 'hard-reset', 'discard', level
        for hang in ('discard', 'hitless'):
            yield 'SIGSTOP', hang, level
    for level in () if quick else both_ends:
        yield 'pulled-out', 'discard', level
        yield 'damaged-memory', 'discard', level
        for hang in ('discard', 'hitless'):
            yield 'stuck-loop', hang, level


def preserved(cause, hang, level):
    """(configuration, links, layer 2), as the guide and this switch's own help have it; written down here once more on purpose."""
    configuration, links, l2 = LEVELS[level][2]
    if cause in ('SIGSTOP', 'stuck-loop') and hang == 'discard':
        return False, links, False
    return configuration, links, l2


class Lab:
    """Wires 1:1 and 1:2 for the tester, a tap 1:3 and a veth 1:4 with hosts that only listen."""

    def __init__(self, build):
        self.ground = Ground('levels')
        self.build = build
        self.table = []

    def up(self):
        self.ground.up()
        self.inside, self.hosts = self.ground.namespace('switch'), self.ground.namespace('hosts')
        run('ip', '-n', self.hosts, 'link', 'add', 'lv4', 'type', 'veth', 'peer', 'name', 'sw4', 'netns', self.inside)
        for namespace, name in ((self.inside, 'sw4'), (self.hosts, 'lv4')):
            run('ip', '-n', namespace, 'link', 'set', name, 'up')
        huge = 'yes' if on_wires.free_huge_mb() >= 500 else 'no'
        self.chassis = Chassis(self.ground, ['1:1 wire,slots=4096,slot-size=2048', '1:2 wire,slots=4096,slot-size=2048', '1:3 tap,iface=lv3',
                                             '1:4 net_af_packet,iface=sw4'], self.build, self.inside, hitless=False, hugepages=huge,
                               fdb_max_entries=100000, mbufs=8192, max_frame=2000, keepalive_ms=600)
        self.chassis.start()
        run('ip', '-n', self.inside, 'link', 'set', 'lv3', 'netns', self.hosts)
        run('ip', '-n', self.hosts, 'link', 'set', 'lv3', 'up')
        self.wait_settled()

    def down(self):
        self.ground.down()

    keep_log = Switch.keep_log

    def links(self):
        return {port['port'] for port in self.chassis.show('ports')['ports'] if port['link'] == 'up'}

    def checked(self):
        answer = self.chassis.run('-j', 'check', 'msm-failover')
        return json.loads(answer.stdout) if answer.returncode in (0, 5) else None

    def slave_ready(self):
        checked = self.checked()
        return checked and not any(finding['what'].startswith('msm-') for finding in checked['findings'])

    def wait_settled(self, seconds=30):
        """A slave that could take over, whatever that costs, and the kernel's links up (the wires' are the tester's)."""
        ok = processes.until(lambda: self.slave_ready() and self.links() >= set(KERNEL_PORTS), seconds, 0.02)
        assert ok, f'not settled: {self.checked()}, links {self.links()}\n{self.chassis.log_tail(40)}'

    def prepare(self, level, hang):
        """The same switch before each failover, whatever the last one left of it."""
        slave_config, link_action, _ = LEVELS[level]
        vlans = {vlan['name'] for vlan in self.chassis.show('vlan')['vlans']}
        lines = ['unconfigure msm-failover', 'configure sys-recovery-level all msm-failover',
                 f'configure msm-failover slave-config {slave_config}', link_action, f'configure msm-failover hang-action {hang}']
        if 'red' not in vlans:
            lines += ['configure vlan Default delete ports all', 'create vlan red', 'configure vlan red add ports 1:1-1:4 untagged']
        if UNSAVED not in vlans:
            lines.append(f'create vlan {UNSAVED}')
        for line in lines:
            self.chassis.cli(line)

    def speak_once(self):
        with inside(self.hosts), socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as host:
            host.bind(('lv3', 0))
            frame = bytes.fromhex('ffffffffffff' + SILENT.replace(':', '') + '88b6') + bytes(46)
            host.send(frame)
        assert processes.until(lambda: SILENT in self.addresses(), 5, 0.01), 'the silent host was not learned'

    def addresses(self):
        return {entry['mac'] for entry in self.chassis.show('fdb')['entries']}

    def carriers_lost(self):
        return {port: int(run('cat', f'/sys/class/net/{name}/carrier_down_count', netns=self.hosts).stdout)
                for port, name in KERNEL_PORTS.items()}

    def tester(self):
        return Tester(self.chassis, {f'w{n}': f'wire:{self.chassis.door}#1:{n}' for n in (1, 2)}, FLOWS)

    def strike(self, cause):
        """Brings the master down; what has to be undone afterwards."""
        before = self.chassis.failover()
        master = self.chassis.board('master', before)
        if cause == 'operator':
            self.chassis.cli('run msm-failover')
        elif cause == 'hard-reset':
            self.chassis.cli(f'reboot slot {master["slot"]} hard-reset')
        elif cause == 'pulled-out':
            self.hand('remove', master['slot'])
            return before, lambda: self.hand('insert', master['slot'])
        elif cause == 'stuck-loop':
            return before, faults.stick_loop(master['pid']).release
        elif cause == 'damaged-memory':
            assert faults.damage(master['pid'], UNSAVED), 'the name is nowhere in the memory of the master'
        else:
            faults.strike(master['pid'], cause)
        return before, lambda: None

    def hand(self, act, slot):
        run(self.chassis.program('baton-chassis'), '--config', self.ground.path('baton.conf'), act, slot)


@pytest.fixture(scope='module')
def lab():
    up = Lab(on_wires.build_folder())
    try:
        up.up()
        yield up
        print('\n' + table_of(up.table))
        os.makedirs(os.path.join(up.build, 'failover-logs'), exist_ok=True)
        with open(os.path.join(up.build, 'failover-logs', 'levels.json'), 'w') as file:
            json.dump(up.table, file, indent=1)
    finally:
        up.down()


def table_of(rows):
    lines = [f'{"cause":<11} {"by":<15} {"hang":<8} {"preserved":<20} {"flow":<5} {"offered":>8} {"lost":>7} {"switch dropped":>15}']
    for row in rows:
        for flow, (offered, lost) in row['flows'].items():
            lines.append(f'{row["cause"]:<11} {row["by"]:<15} {row["hang"]:<8} {row["level"]:<20} {flow:<5} {offered:>8} {lost:>7} '
                         f'{str(row["frames_dropped"]):>15}')
    return '\n'.join(lines)


@pytest.mark.parametrize('cause, hang, level', list(combinations()))
def test_a_failover_keeps_what_its_level_says_and_nothing_else(lab, cause, hang, level):
    chassis = lab.chassis
    configuration, links, l2 = preserved(cause, hang, level)
    lab.wait_settled()
    lab.prepare(level, hang)
    tester = lab.tester()
    try:
        tester.wait_started()
        lab.speak_once()
        carriers = lab.carriers_lost()
        on_wires.pause(0.2)
        tester.mark('failover')
        before, undo = lab.strike(cause)
        try:
            after = processes.until(lambda: (now := chassis.failover()) and now['term'] > before['term'] and
                                    now['last_failover']['frames_dropped'] is not None and now, 20, 0.02)
        finally:
            undo()
        assert after, f'no master that had settled after 20 s\n{chassis.log_tail(40)}'
        addresses, vlans = lab.addresses(), {vlan['name'] for vlan in chassis.show('vlan')['vlans']}
        lab.wait_settled()
        carriers_after = lab.carriers_lost()
        on_wires.pause(0.2)
        report = tester.finish()
    except BaseException:
        tester.process.kill()
        lab.keep_log()
        raise
    window = next(one for one in report['windows'] if one['name'] == 'failover')
    flows = {flow['name']: (flow['offered'], flow['lost']) for flow in window['flows']}
    dropped = after['last_failover']['frames_dropped']
    lab.table.append({'cause': CAUSES[cause], 'by': cause, 'hang': hang, 'level': level, 'flows': flows, 'frames_dropped': dropped})

    said = f'{table_of(lab.table[-1:])}\n{chassis.log_tail(15)}'
    assert after['last_failover']['cause'] == CAUSES[cause], said
    assert (UNSAVED in vlans) == configuration, f'VLANs {vlans}\n{said}'
    for port, name in KERNEL_PORTS.items():
        lost_carrier = carriers_after[port] - carriers[port]
        assert lost_carrier == (0 if links else 1), f'{name} lost its carrier {lost_carrier} times\n{said}'
    assert (SILENT in addresses) == l2, f'known: {addresses}\n{said}'
    for name, (offered, lost) in flows.items():
        assert offered > 100, said
        if configuration and links:
            assert lost == 0, f'{name}\n{said}'
        if not links:
            assert lost > 0, f'{name}\n{said}'
    assert (dropped > 0) == (not links) or not configuration, said


def test_an_exception_without_a_recovery_level_brings_the_switch_up_anew(lab):
    """Whatever else is preserved: the guide's switch without T-sync."""
    lab.wait_settled()
    lab.prepare('l2_l3', 'hitless')
    lab.chassis.cli('configure sys-recovery-level none')
    lab.speak_once()
    carriers = lab.carriers_lost()
    before, _ = lab.strike('SIGSEGV')
    after = processes.until(lambda: (now := lab.chassis.failover()) and now['term'] > before['term'] and
                            now['last_failover']['frames_dropped'] is not None and now, 20, 0.02)
    assert after and after['last_failover']['cause'] == 'exception'
    assert SILENT not in lab.addresses()
    assert UNSAVED not in {vlan['name'] for vlan in lab.chassis.show('vlan')['vlans']}
    lab.wait_settled()
    assert {port: count - carriers[port] for port, count in lab.carriers_lost().items()} == {'1:3': 1, '1:4': 1}
