# SPDX-License-Identifier: Apache-2.0
"""Huge pages on loan. Looks first; raises nr_hugepages only by what is missing; puts the old number back when the last user is gone.

The loan is written down before the number is changed, with the pid and start time of each user (a lab that is left running counts as long as its
chassis lives). So a run that was killed is found by the next one, which puts its pages back first."""

import contextlib
import fcntl
import json
import os

from tests.support import processes

COUNT = '/proc/sys/vm/nr_hugepages'   # 2 MB pages on x86-64
FREE = '/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages'
LEDGER = '/run/baton-hugepages.json'
PAGE_MB = 2


def _number(path):
    with open(path) as file:
        return int(file.read())


def _set(count):
    with open(COUNT, 'w') as file:
        file.write(str(count))


@contextlib.contextmanager
def _ledger():
    """The ledger under a lock: {'before': N, 'users': [[pid, start time], ...]}; removed when nobody uses it."""
    with open(LEDGER, 'a+') as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        text = file.read()
        ledger = json.loads(text) if text else {'before': None, 'users': []}
        ledger['users'] = [user for user in ledger['users'] if processes.same(*user)]
        yield ledger, lambda: _write(file, ledger)
        if ledger['users']:
            _write(file, ledger)
        else:
            if ledger['before'] is not None:
                _set(ledger['before'])
            os.unlink(LEDGER)


def _write(file, ledger):
    file.seek(0)
    file.truncate()
    file.write(json.dumps(ledger))
    file.flush()
    os.fsync(file.fileno())


def borrow(megabytes, say=print, pid=None):
    """Sees that `megabytes` of 2 MB pages are free. True if they are; False, after saying so, if the machine will not give them."""
    wanted = -(-megabytes // PAGE_MB)
    pid = pid or os.getpid()
    if not os.path.exists(FREE):
        say('hugepages: this kernel has none of 2 MB; going on with --no-huge (4 KB pages, slower)')
        return False
    with _ledger() as (ledger, write_now):
        if ledger['before'] is not None and not ledger['users']:
            _set(ledger['before'])   # a killed run's
            ledger['before'] = None
        free, total = _number(FREE), _number(COUNT)
        if free >= wanted:
            say(f'hugepages: {free * PAGE_MB} MB free, enough; nothing changed')
            return True
        if not os.access(COUNT, os.W_OK):   # a container whose /proc/sys is read-only
            say(f'hugepages: {wanted * PAGE_MB} MB wanted, {free * PAGE_MB} MB free, and {COUNT} cannot be written here; going on with '
                '--no-huge (4 KB pages, slower)')
            return False
        if ledger['before'] is None:
            ledger['before'] = total
        ledger['users'].append([pid, processes.start_time(pid)])
        write_now()
        for _ in range(5):   # each request makes the kernel compact some more of its memory
            _set(total + wanted - free)
            if _number(FREE) >= wanted:
                break
        now = _number(COUNT)
        if _number(FREE) >= wanted:
            say(f'hugepages: raised nr_hugepages from {total} to {now}; it goes back to {ledger["before"]} at the end')
            return True
        say(f'hugepages: {wanted * PAGE_MB} MB wanted, the machine gave {_number(FREE) * PAGE_MB} MB; put back, going on with --no-huge '
            '(4 KB pages, slower)')
        ledger['users'].pop()
        if not ledger['users']:
            return False
        _set(total)
        return False


def hand_to(pid):
    """The pages borrowed by this process stay on loan as long as `pid` lives."""
    if not os.path.exists(LEDGER):
        return
    with _ledger() as (ledger, _):
        mine = [os.getpid(), processes.start_time(os.getpid())]
        if mine in ledger['users']:
            ledger['users'][ledger['users'].index(mine)] = [pid, processes.start_time(pid)]


def give_back(pid=None):
    """Ends this process's (or `pid`'s) loan, and cleans after users that are dead."""
    if not os.path.exists(LEDGER):
        return
    with _ledger() as (ledger, _):
        ledger['users'] = [user for user in ledger['users'] if user[0] != (pid or os.getpid())]
