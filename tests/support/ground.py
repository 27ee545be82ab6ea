# SPDX-License-Identifier: Apache-2.0
"""The ground a switch is tried on: network namespaces, interfaces, processes, a run directory - all written down before they are made, in
/run/baton-NAME/ground.json, so that they can be taken away whatever happens: at the end, on Ctrl-C, or by the next run
when this one was killed. Everything network lives in namespaces called NAME-..., so deleting those deletes it."""

import contextlib
import ctypes
import json
import os
import shutil
import signal
import subprocess
import threading

from tests.support import processes

RUN = '/run'
PREFIX = 'baton-'
STATE = 'ground.json'
CLONE_NEWNET = 0x40000000


def run(*command, check=True, netns=None, **more):
    """A command, in a namespace if one is named; its output is kept for the error."""
    if netns:
        command = ('ip', 'netns', 'exec', netns, *command)
    done = subprocess.run(command, capture_output=True, text=True, check=False, **more)
    if check and done.returncode != 0:
        raise RuntimeError(f'{" ".join(command)}: {(done.stderr or done.stdout).strip()}')
    return done


@contextlib.contextmanager
def inside(namespace):
    """This thread is in the network namespace meanwhile; a socket that it opens there stays there."""
    here = os.open('/proc/thread-self/ns/net', os.O_RDONLY)
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        with open(f'/run/netns/{namespace}') as there:
            if libc.setns(there.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), f'cannot enter namespace {namespace}')
        yield
    finally:
        libc.setns(here, CLONE_NEWNET)
        os.close(here)


class Ground:
    """Use with `with`, or call down() yourself. `name` is one word; one ground of a name at a time."""

    def __init__(self, name):
        self.name = name
        self.folder = os.path.join(RUN, PREFIX + name)
        self.state = {'owner': [os.getpid(), processes.start_time(os.getpid())], 'namespaces': [], 'processes': []}
        self._children = []

    def __enter__(self):
        self.up()
        return self

    def __exit__(self, *_):
        self.down()

    def up(self):
        sweep(self.name)
        os.makedirs(self.folder, exist_ok=True)
        os.chmod(self.folder, 0o755)
        self._write()

    @classmethod
    def resume(cls, name):
        """The ground of that name as its state file tells, or None."""
        ground = cls(name)
        try:
            with open(os.path.join(ground.folder, STATE)) as file:
                ground.state = json.load(file)
        except (OSError, ValueError):
            return None
        return ground

    def _write(self):
        path = os.path.join(self.folder, STATE)
        with open(path + '.new', 'w') as file:
            json.dump(self.state, file)
        os.replace(path + '.new', path)

    def path(self, name):
        return os.path.join(self.folder, name)

    def note(self, **more):
        """Anything else that a later run may want to know."""
        self.state.update(more)
        self._write()

    def leave_running(self, pid):
        """From here on the ground belongs to process `pid`: it stays when we go, as long as that lives."""
        self.note(owner=[pid, processes.start_time(pid)])

    def namespace(self, short):
        """A namespace NAME-short: loopback up, IPv6 silent (its router solicitations would be strangers' frames)."""
        full = f'{self.name}-{short}'
        self.state['namespaces'].append(full)
        self._write()
        run('ip', 'netns', 'add', full)
        run('ip', '-n', full, 'link', 'set', 'lo', 'up')
        run('sh', '-c', 'for f in all default; do echo 1 >/proc/sys/net/ipv6/conf/$f/disable_ipv6; done', netns=full, check=False)
        return full

    def start(self, command, netns=None, log=None, **more):
        """A background process, in a session of its own so that Ctrl-C reaches only us; ended by down()."""
        if netns:
            command = ['ip', 'netns', 'exec', netns, *command]
        if log:
            with open(self.path(log), 'ab') as out:
                process = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True, **more)
        else:
            process = subprocess.Popen(command, start_new_session=True, **more)
        self._children.append(process)
        self.state['processes'].append([process.pid, processes.start_time(process.pid)])
        self._write()
        return process

    def down(self):
        """Takes away all of it; says nothing, may be called twice, and goes on when a part fails."""
        endings = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) if threading.current_thread() is threading.main_thread() else ()
        handlers = {ending: signal.signal(ending, signal.SIG_IGN) for ending in endings}
        try:
            known = [tuple(entry) for entry in self.state['processes']]
            for pid, started in list(known):
                if processes.same(pid, started):
                    known += [(child, processes.start_time(child)) for child in processes.children(pid)]
            processes.end(known)
            for process in self._children:
                process.wait()
            for namespace in self.state['namespaces']:
                end_inside(namespace)
                run('ip', 'netns', 'del', namespace, check=False)
            self.state['namespaces'] = []
            shutil.rmtree(self.folder, ignore_errors=True)
        finally:
            for ending, handler in handlers.items():
                signal.signal(ending, handler)


def end_inside(namespace):
    """Ends what still lives in a namespace of ours, whoever started it."""
    pids = run('ip', 'netns', 'pids', namespace, check=False).stdout.split()
    processes.end([(int(pid), processes.start_time(int(pid))) for pid in pids if int(pid) != os.getpid()], 1.0)


def sweep(name):
    """Takes away what a run of that name left that was killed. Refuses while its owner lives."""
    ground = Ground.resume(name)
    if ground is None:
        shutil.rmtree(os.path.join(RUN, PREFIX + name), ignore_errors=True)
        return
    if processes.same(*ground.state['owner']) and ground.state['owner'][0] != os.getpid():
        raise RuntimeError(f'{name} is up already (process {ground.state["owner"][0]}); end it first: ./demo --down'
                           if name == 'demo' else f'{name} is in use by process {ground.state["owner"][0]}')
    ground.down()


def sweep_all():
    """The same for every ground whose owner is dead; those of living owners stay."""
    for entry in os.listdir(RUN):
        if entry.startswith(PREFIX) and os.path.exists(os.path.join(RUN, entry, STATE)):
            ground = Ground.resume(entry[len(PREFIX):])
            if ground and not processes.same(*ground.state['owner']):
                ground.down()

