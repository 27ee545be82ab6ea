# SPDX-License-Identifier: Apache-2.0
"""The traffic of the demo: the tester's numbered UDP frames, and what kernel hosts do at the same time: ping, and TCP transfers with a
checksum. Everything is counted by window; a window is one act."""

import json
import os
import re
import signal
import subprocess
import threading

from tests.support import processes
from tests.support.lab import ROUTER, ROUTER_NUMBER, address, mac
from tests.support.switch import Tester

PEER = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'peer.py')
TCP_PORT = 5001


def tester(lab, flows):
    """baton-tester on the lab's ends, its first window `undisturbed`; told by commands when an act begins."""
    ends = {'w1': f'wire:{lab.chassis.door}#1:1', 'w2': f'wire:{lab.chassis.door}#1:2', 'veth': f'packet:{lab.netns["tester"]}/eth0',
            'tap': f'packet:{lab.netns["red2"]}/sw4'}
    return Tester(lab.chassis, ends, flows, ['--sample', '0.02', '--window', 'undisturbed'], hosts())


class Ping:
    """ping from one host to another, for as long as it lives; lost and doubled replies by window."""

    def __init__(self, lab, host, target, interval=0.02):
        self.name = f'{host} to {target}'
        self.replies = {}   # sequence number -> how often it came
        self.marks = []     # (window, first sequence number that may belong to it)
        self.process = lab.ground.start(['ping', '-n', '-O', '-i', str(interval), target], netns=lab.netns[host], stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, text=True)
        self._highest = 0
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        for line in self.process.stdout:
            if match := re.search(r'bytes from .*icmp_seq=(\d+)', line):
                number = int(match[1])
                self.replies[number] = self.replies.get(number, 0) + 1
                self._highest = max(self._highest, number)
            elif match := re.search(r'no answer yet for icmp_seq=(\d+)', line):
                self._highest = max(self._highest, int(match[1]))

    def wait_started(self, seconds=10):
        if not processes.until(lambda: self.replies, seconds, 0.01):
            raise RuntimeError(f'ping {self.name}: no reply within {seconds} s')

    def mark(self, window):
        self.marks.append((window, self._highest + 1))

    def finish(self):
        """{window: (sent, lost, doubled)}, but for the one that is under way: ping does not wait for it when it is ended."""
        processes.until(lambda: self._highest in self.replies, 2)   # or it is late, and may come
        last = self._highest
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(3)
        except subprocess.TimeoutExpired:
            self.process.kill()
        counts = {}
        for (window, first), (_, end) in zip(self.marks, self.marks[1:] + [(None, last + 1)]):
            numbers = range(first, max(first, min(end, last + 1)))
            counts[window] = (len(numbers), sum(1 for n in numbers if n not in self.replies), sum(self.replies.get(n, 1) - 1 for n in numbers))
        return counts


class Transfers:
    """One TCP transfer in each act, from one host to another, evenly spread, its checksum compared."""

    def __init__(self, lab, source, target_host, target):
        self.lab, self.source, self.target = lab, source, target
        self.server = lab.ground.start(['/usr/bin/python3', PEER, 'serve', str(TCP_PORT)], netns=lab.netns[target_host],
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, text=True)
        self.server.stdout.readline()
        self.running = None

    def begin(self, size, seconds):
        self.running = self.lab.ground.start(
            ['/usr/bin/python3', PEER, 'send', self.target, str(TCP_PORT), str(size), str(seconds)], netns=self.lab.netns[self.source],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)

    def end(self, seconds=40):
        """{'bytes', 'intact', 'seconds', 'retransmits'}; intact is False when it did not end."""
        try:
            out, error = self.running.communicate(timeout=seconds)
            return json.loads(out) if out else {'bytes': 0, 'intact': False, 'error': error.strip().splitlines()[-1:]}
        except (subprocess.TimeoutExpired, ValueError):
            self.running.kill()
            return {'bytes': 0, 'intact': False, 'error': f'not done within {seconds} s'}


class Watch:
    """Counts the unicast frames to one address that come out where they should not."""

    def __init__(self, lab, host, interface, vlan, number):
        self.process = lab.ground.start(['/usr/bin/python3', PEER, 'watch', interface, mac(vlan, number)], netns=lab.netns[host],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.process.stdout.readline()

    def finish(self):
        out, _ = self.process.communicate('\n', timeout=5)
        return json.loads(out)['seen']


def hosts():
    """Neighbours of the router that the tester plays: one on a wire in red, one on the tagged wire in blue, one on veth in blue."""
    return [f'name={name},at={at},ip={address(vlan, number)},gateway={address(vlan, ROUTER_NUMBER)},ask=10'
            for name, at, vlan, number in (('red-host', 'w1', 'red', 101), ('blue-host', 'w2/20', 'blue', 102), ('veth-host', 'veth', 'blue', 103))]


def flows():
    """Both ways between: wires in red, wire and veth in blue (tagged to untagged), net_tap and wire in red; and routed between red and blue."""
    def both(name, a, b, rate, size):
        return [f'name={name},from={a},to={b},rate={rate},size={size}', f'name={name}-back,from={b},to={a},rate={rate},size={size}']
    return [*both('red-wires', 'w1', 'w2/10', 10000, 'imix'), *both('blue-veth', 'w2/20', 'veth', 2000, '60+1514'),
            *both('red-tap', 'w1', 'tap', 500, '590'),
            *(f'{flow},router={ROUTER}' for flow in both('routed', 'red-host', 'blue-host', 5000, 'imix') + both('routed-veth', 'red-host', 'veth-host', 1000, '590'))]


def ping_once(lab, host, vlan, number, count=5, timeout=3):
    """True when `count` pings all came back."""
    done = subprocess.run(['ip', 'netns', 'exec', lab.netns[host], 'ping', '-n', '-q', '-i', '0.05', '-c', str(count), '-W', str(timeout),
                           address(vlan, number)], capture_output=True, text=True, check=False)
    return done.returncode == 0 and f'{count} received' in done.stdout
