# SPDX-License-Identifier: Apache-2.0
"""Processes by pid and start time, so that a pid the kernel has given to somebody else is never taken for ours."""

import contextlib
import os
import signal
import time


def _stat(pid):
    """The fields of /proc/PID/stat behind the name (state first), or None."""
    try:
        with open(f'/proc/{pid}/stat') as file:
            return file.read().rsplit(')', 1)[1].split()
    except OSError:
        return None


def start_time(pid):
    """Clock ticks since boot at which `pid` started; 0 if there is no such process."""
    fields = _stat(pid)
    return int(fields[19]) if fields else 0


def same(pid, started):
    """Is `pid` alive (a zombie is not), and the process that started then?"""
    fields = _stat(pid)
    return bool(fields) and fields[0] not in 'ZX' and int(fields[19]) == started


def children(pid):
    """Pids of all descendants of `pid`."""
    parents = {}
    for entry in os.listdir('/proc'):
        if entry.isdigit() and (fields := _stat(entry)):
            parents.setdefault(int(fields[1]), []).append(int(entry))
    found, todo = [], [pid]
    while todo:
        for child in parents.get(todo.pop(), []):
            found.append(child)
            todo.append(child)
    return found


def threads(pid):
    """(tid, name) of each thread of `pid`; none when it has gone."""
    found = []
    with contextlib.suppress(OSError):
        for tid in os.listdir(f'/proc/{pid}/task'):
            with open(f'/proc/{pid}/task/{tid}/comm') as file:
                found.append((int(tid), file.read().strip()))
    return found


def end(known, patience=3.0):
    """Ends processes, given as (pid, start time): asks, waits, then kills. Returns when they are gone."""
    for how, wait in ((signal.SIGTERM, patience), (signal.SIGKILL, 5.0)):
        for pid, started in known:
            with contextlib.suppress(ProcessLookupError):   # it may end by itself meanwhile
                if same(pid, started):
                    os.kill(pid, signal.SIGCONT)   # a stopped one could not obey
                    os.kill(pid, how)
        if until(lambda: not any(same(*process) for process in known), wait, 0.02):
            return


def until(condition, seconds, step=0.01):
    """Waits, bounded, until `condition()` is true; its last value."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() >= deadline:
            return value
        time.sleep(step)
    return value
