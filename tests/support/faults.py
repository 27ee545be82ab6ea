# SPDX-License-Identifier: Apache-2.0
"""Ways to bring a board down for real, each by the cause that it is shown with. Nothing in the switch knows of them: a thread is held by
ptrace, memory is damaged through /proc/PID/mem, an allocation fails because the kernel gives no more."""

import ctypes
import os
import re
import resource
import signal
import subprocess
import sys

PTRACE_SEIZE, PTRACE_INTERRUPT = 0x4206, 0x4207

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


def threads(pid):
    return sorted(int(thread) for thread in os.listdir(f'/proc/{pid}/task'))


def stick_loop(pid):
    """The main thread stands: watchdog."""
    return Held(pid)


def stick_watchdog(pid):
    """The critical thread beside it stands: a critical task's failure."""
    return Held(next(thread for thread in threads(pid) if thread != pid))


def starve_of_memory(pid):
    """Every further allocation of some size fails: std::bad_alloc, which nobody catches."""
    resource.prlimit(pid, resource.RLIMIT_DATA, (4096, 4096))


def damage(pid, text):
    """Changes a letter wherever `text` stands in the private memory of a process; how often it was there."""
    found = 0
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
            for hit in re.finditer(re.escape(text.encode()), content):
                memory.seek(first + hit.start())
                memory.write(bytes([content[hit.start()] ^ 0x02]))
                found += 1
    return found


def strike(pid, how):
    os.kill(pid, getattr(signal, how))
