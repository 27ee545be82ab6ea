# SPDX-License-Identifier: Apache-2.0
"""Ways to bring a board down for real, each by the cause that it is shown with. Nothing in the switch knows of them: a thread is held by
ptrace, memory is damaged through /proc/PID/mem, an allocation fails because the kernel gives no more."""

import os
import re
import subprocess
import sys

HOLD = '''
import ctypes, signal, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
thread = int(sys.argv[1])
for request in (0x4206, 0x4207):
    if libc.ptrace(request, thread, None, None) != 0:
        sys.exit(f"ptrace: {ctypes.get_errno()}")
libc.waitpid(thread, ctypes.byref(ctypes.c_int()), 0x40000000)
print("held", flush=True)
signal.pause()
'''


class Held:
    """One thread of a process that stands while the others go on: what a deadlock or a lost wake-up is to those who look from outside."""

    def __init__(self, thread):
        self.tracer = subprocess.Popen([sys.executable, '-c', HOLD, str(thread)], stdout=subprocess.PIPE, text=True)
        if self.tracer.stdout.readline().strip() != 'held':
            raise RuntimeError(f'thread {thread} could not be held')

    def release(self):
        self.tracer.kill()
        self.tracer.wait()


def thread_named(pid, name):
    for thread in os.listdir(f'/proc/{pid}/task'):
        with open(f'/proc/{pid}/task/{thread}/comm') as file:
            if file.read().strip() == name:
                return int(thread)
    raise RuntimeError(f'process {pid} has no thread {name}')


def stick_loop(pid):
    """The main thread stands: watchdog."""
    return Held(pid)


def stick_watchdog(pid):
    """The critical thread beside it stands: a critical task's failure."""
    return Held(thread_named(pid, 'watchdog'))


def status_of(pid, name):
    """The words of that line in /proc/PID/status."""
    with open(f'/proc/{pid}/status') as file:
        return next(line.split()[1:] for line in file if line.startswith(name + ':'))


def limit_memory(pid, size):
    """Allocations beyond that many bytes fail, until a later call says otherwise ('unlimited'). As the user whose process it is: root may be
    denied the capability for another's."""
    user, group = int(status_of(pid, 'Uid')[0]), int(status_of(pid, 'Gid')[0])
    subprocess.run(['prlimit', f'--pid={pid}', f'--data={size}:'], check=True, user=user, group=group, extra_groups=[])


def damage(pid, text):
    """Changes a letter wherever `text` stands in the private memory of a process, all at once; how often it was there."""
    found = []
    with open(f'/proc/{pid}/maps') as maps, open(f'/proc/{pid}/mem', 'r+b', buffering=0) as memory:
        for line in maps:
            match = re.match(r'([0-9a-f]+)-([0-9a-f]+) rw-p ', line)
            if not match:
                continue
            first, end = int(match[1], 16), int(match[2], 16)
            try:
                memory.seek(first)
                content = memory.read(end - first)
            except (OSError, OverflowError):
                continue
            found += [first + hit.start() for hit in re.finditer(re.escape(text.encode()), content)]
        for place in found:
            memory.seek(place)
            memory.write(bytes([ord(text[0]) ^ 0x02]))
    return len(found)
