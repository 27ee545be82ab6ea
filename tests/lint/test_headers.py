# SPDX-License-Identifier: Apache-2.0
"""Every header compiles alone, with the flags of the sources beside it. One that a source of its own name includes before all else was
compiled so by the build. What compiled once is not compiled again until it, or anything of ours that it includes, changes
(build/lint-cache)."""

import concurrent.futures
import functools
import hashlib
import json
import os
import shlex
import subprocess

import pytest

from tests.lint.tree import BUILD, ROOT, code, includes, report, text

CACHE = os.path.join(BUILD, 'lint-cache')
DROPPED = ('-o', '-c', '-MD', '-MQ', '-MF')


@functools.cache
def compile_commands():
    """(source, command) of all that is built."""
    with open(os.path.join(BUILD, 'compile_commands.json')) as file:
        return [(os.path.relpath(os.path.join(one['directory'], one['file']), ROOT), one) for one in json.load(file)]


@functools.cache
def flags_by_folder():
    """Compiler and flags, by the folder of the source they were used for; of a source that several programs build, those of a program of
    its own folder."""
    found = {}
    for source, command in compile_commands():
        words, kept = shlex.split(command['command']), []
        if 'ccache' in words[0]:
            words = words[1:]
        skip = False
        for word in words:
            if skip or word in DROPPED or word == command['file']:
                skip = not skip and word in ('-o', '-MQ', '-MF', '-c')
                continue
            kept.append(word)
        folder = os.path.dirname(source)
        at_home = command['output'].startswith(folder + '/')
        if folder not in found or at_home and not found[folder][0]:
            found[folder] = at_home, kept
    return {folder: flags for folder, (_, flags) in found.items()}


def flags_for(header):
    """Those of its folder; of the nearest folder above; of any source of its room."""
    known = flags_by_folder()
    folder = os.path.dirname(header)
    while folder:
        if folder in known:
            return known[folder]
        below = [name for name in known if name.startswith(folder + '/')]
        if below:
            return known[sorted(below)[0]]
        folder = os.path.dirname(folder)
    return None


def digest(path):
    """Of a file and all of ours that it includes."""
    reached, todo = {path}, [path]
    while todo:
        for _, mark, target in includes(todo.pop()):
            if mark == '"' and target not in reached and os.path.exists(os.path.join(ROOT, target)):
                reached.add(target)
                todo.append(target)
    return hashlib.sha256('\0'.join(text(one) for one in sorted(reached)).encode()).hexdigest()


def is_built_alone(header):
    source = header[:-len('.h')] + '.cc'
    built = any(source == one for one, _ in compile_commands())
    return built and next(((mark, target) for _, mark, target in includes(source)), None) == ('"', header)


def headers(room):
    return [path for path in code() if path.endswith('.h') and path.startswith(room + '/') and not is_built_alone(path)]


def compiles(header):
    """Nothing if it does, else what the compiler said."""
    flags = flags_for(header)
    if flags is None:
        return f'{header}: no source near it is built, so nobody knows its flags'
    key = hashlib.sha256((digest(header) + ' '.join(flags)).encode()).hexdigest()
    stamp = os.path.join(CACHE, key)
    if os.path.exists(stamp):
        return None
    done = subprocess.run([*flags, '-Wno-unused', '-O0', '-fdiagnostics-color=never', '-fsyntax-only', '-include',
                           os.path.join(ROOT, header), '-x', 'c++', os.devnull], cwd=BUILD, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return f'{header}: ' + '\n    '.join((done.stderr or done.stdout).splitlines()[:6])
    os.makedirs(CACHE, exist_ok=True)
    open(stamp, 'w').close()
    return None


@pytest.mark.parametrize('room', ['sync', 'dataplane', 'controlplane', 'pmd-config', 'bench', 'tests'])
def test_headers_compile_alone(room):
    found = headers(room)
    if not found:
        pytest.skip(f'{room} has no header')
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        faults = [fault for fault in pool.map(compiles, found) if fault]
    assert not faults, report(faults)
