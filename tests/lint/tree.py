# SPDX-License-Identifier: Apache-2.0
"""The project's own files, for the lint tests: what stands in the tree and is neither built nor ignored."""

import functools
import os
import re
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(os.environ.get('BATON_BUILD', os.path.join(ROOT, 'build')))


@functools.cache
def files():
    """Paths from the root, tracked or new. Without git (an unpacked archive) all but what is built."""
    listed = subprocess.run(['git', '-c', 'safe.directory=*', 'ls-files', '-co', '--exclude-standard'], cwd=ROOT, capture_output=True,
                            text=True, check=False)
    if listed.returncode == 0:
        found = listed.stdout.splitlines()
    else:
        found = []
        for folder, below, names in os.walk(ROOT):
            below[:] = [name for name in below if not name.startswith(('build', '.git', '__pycache__', '.pytest_cache'))]
            found += [os.path.relpath(os.path.join(folder, name), ROOT) for name in names]
    return sorted(path for path in found if os.path.isfile(os.path.join(ROOT, path)))


@functools.cache
def text(path):
    with open(os.path.join(ROOT, path), errors='replace') as file:
        return file.read()


def code():
    """C++ and BPF sources and headers."""
    return [path for path in files() if path.endswith(('.h', '.cc', '.c'))]


@functools.cache
def includes(path):
    """(line number, '"' or '<', included path) of a file."""
    return [(number, match[1], match[2]) for number, line in enumerate(text(path).splitlines(), 1)
            if (match := re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line))]


def report(faults):
    """For `assert not faults, report(faults)`: one fault a line."""
    return '\n'.join(['', *faults])
