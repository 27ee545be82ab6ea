# SPDX-License-Identifier: Apache-2.0
"""Information, not judgement: which files clang-format would write otherwise. Skipped with their number and names, so that the figure is
seen in every run and fails none."""

import os
import shutil
import subprocess

import pytest

from tests.lint.tree import ROOT, code


def test_format_is_that_of_clang_format():
    if not shutil.which('clang-format'):
        pytest.skip('clang-format is not installed')
    paths = code()
    done = subprocess.run(['clang-format', '--dry-run', *paths], cwd=ROOT, capture_output=True, text=True, check=False)
    differ = sorted({line.split(':')[0] for line in done.stderr.splitlines() if '-Wclang-format-violations' in line})
    if differ:
        pytest.skip(f'{len(differ)} of {len(paths)} files differ: ' + ' '.join(os.path.basename(path) for path in differ[:12]))
