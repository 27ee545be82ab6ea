# SPDX-License-Identifier: Apache-2.0
"""Shared layouts change only together with arena_abi. sync/layout/abi.golden is the output of print-layout as last agreed on."""

import difflib
import os
import re
import subprocess

import pytest

from tests.lint.tree import BUILD, ROOT, code, text

GOLDEN = 'sync/layout/abi.golden'
PROGRAM = os.path.join(BUILD, 'tests/lint/print-layout')
RENEW = f'raise arena_abi in sync/layout/arena.h, then: build/tests/lint/print-layout > {GOLDEN}'


def printed():
    return subprocess.run([PROGRAM], capture_output=True, text=True, check=True).stdout


def abi(layout):
    return int(re.match(r'arena_abi (\d+)', layout)[1])


def at_commit(commit):
    """The golden layout at a commit, or None if it was not there."""
    shown = subprocess.run(['git', '-c', 'safe.directory=*', 'show', f'{commit}:{GOLDEN}'], cwd=ROOT, capture_output=True, text=True,
                           check=False)
    return shown.stdout if shown.returncode == 0 else None


def test_the_layout_is_the_golden_one():
    assert os.path.exists(os.path.join(ROOT, GOLDEN)), f'{GOLDEN} is missing; {RENEW}'
    golden, now = text(GOLDEN), printed()
    difference = '\n'.join(difflib.unified_diff(golden.splitlines(), now.splitlines(), GOLDEN, 'as compiled', lineterm='', n=0))
    assert golden == now, f'shared layout changed; {RENEW}\n{difference}'


def test_a_changed_layout_has_a_raised_abi():
    """The golden file may not be renewed in silence: against the last commit, and the last commit that changed it against the one before."""
    log = subprocess.run(['git', '-c', 'safe.directory=*', 'log', '-2', '--format=%H', '--', GOLDEN], cwd=ROOT, capture_output=True,
                         text=True, check=False)
    if log.returncode != 0:
        pytest.skip('no git history here')
    versions = [text(GOLDEN)] + [at_commit(commit) for commit in log.stdout.split()]
    for newer, older in zip(versions, versions[1:]):
        assert older is None or newer == older or abi(newer) > abi(older), f'{GOLDEN} changed, arena_abi did not rise; {RENEW}'


def test_every_described_struct_is_printed():
    described = {name for path in code() if path.startswith('sync/')
                 for name in re.findall(r'struct Describe<([\w:]+)>', text(path))}
    listed = set(re.findall(r'^([\w:]+): \d+ bytes', printed(), re.MULTILINE))
    assert described == listed, f'tests/lint/print_layout.cc lacks {sorted(described - listed)}'
