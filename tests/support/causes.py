# SPDX-License-Identifier: Apache-2.0
"""Every way in which a master can end, provoked for real: how it is done, the cause that it is shown with, and the words in the chassis's
log. Doing it may leave something to be undone (a call) once another board has taken over."""

import os
import signal
from typing import Callable, NamedTuple

from tests.support import faults, processes

NAME = 'a-name-too-long-for-a-short-string'[:32]   # of a VLAN: damage finds it in one place of a std::string's own
BIG_FILE = 3 << 20   # bytes; beyond what lies free in a board's heap


class Cause(NamedTuple):
    provoke: Callable   # of the chassis and the master's board
    shown: str
    words: str | None = None   # a regular expression; none: such an end leaves no words


def by_signal(number):
    def do(_, master):
        os.kill(master['pid'], number)
    return do


def operator(chassis, _):
    chassis.cli('run msm-failover')


def out_of_memory(chassis, master):
    """A large file is read by a master that gets no more memory: std::bad_alloc, which nobody catches."""
    path = chassis.ground.path('large')
    with open(path, 'w') as file:
        file.write('#\n' * (BIG_FILE // 2))
    faults.limit_memory(master['pid'], 4096)
    chassis.run('--timeout', '1', 'download', 'configuration', path, 'incremental')
    os.unlink(path)


def watchdog_thread(_, master):
    return faults.stick_watchdog(master['pid']).release


def loop_thread(_, master):
    return faults.stick_loop(master['pid']).release


def memory(_, master):
    assert faults.damage(master['pid'], NAME), f'{NAME} is nowhere in the memory of the master'


def hard_reset(chassis, master):
    chassis.reset_hard(master['slot'])


def pulled_out(chassis, master):
    chassis.hand('remove', master['slot'])
    return lambda: chassis.hand('insert', master['slot'])


def lose_master(chassis, name, seconds=20):
    """One such end: what was shown before, and what the new master shows once somebody has taken over."""
    before = chassis.failover()
    undo = CAUSES[name].provoke(chassis, chassis.board('master', before))
    try:
        after = processes.until(lambda: (now := chassis.failover()) and now['term'] > before['term'] and now, seconds, 0.01)
    finally:
        if undo:
            undo()
    assert after, f'nobody took over within {seconds} s\n{chassis.log_tail(40)}'
    return before, after


CAUSES = {'operator': Cause(operator, 'admin'),
          'segfault': Cause(by_signal(signal.SIGSEGV), 'exception', r'dying words .*signal=11 .*Segmentation fault'),
          'abort': Cause(by_signal(signal.SIGABRT), 'exception', r'dying words .*signal=6 .*Aborted'),
          'bus error': Cause(by_signal(signal.SIGBUS), 'exception', r'dying words .*signal=7 '),
          'kill': Cause(by_signal(signal.SIGKILL), 'exception'),
          'uncaught exception': Cause(out_of_memory, 'exception', r'dying words .*uncaught exception: std::bad_alloc'),
          'critical task': Cause(watchdog_thread, 'exception', r'dying words .*a critical task failed: the watchdog thread stands'),
          'stuck loop': Cause(loop_thread, 'watchdog', r'dying words .*cause=watchdog .*the event loop stood for'),
          'stopped': Cause(by_signal(signal.SIGSTOP), 'keepalive', r'killed unit=.* cause=keepalive'),
          'damaged memory': Cause(memory, 'hwFailure',
                                  r'dying words .*cause=hwFailure .*diagnostics: the configuration in memory was damaged'),
          'hard reset': Cause(hard_reset, 'removal', r'plane=.* state=absent because=hard-reset'),
          'pulled out': Cause(pulled_out, 'removal', r'plane=.* state=absent because=removal')}
