# SPDX-License-Identifier: Apache-2.0
"""What is made from the table of commands: docs/commands.md is current, the man page is clean troff, and bash takes the completion and completes
with it."""

import os
import shutil
import subprocess

import pytest

from tests.lint.tree import BUILD, ROOT

MANUAL = os.path.join(BUILD, 'baton-manual')
PAGE = 'docs/commands.md'


def made(what):
    assert os.access(MANUAL, os.X_OK), f'{MANUAL} is not built'
    return subprocess.run([MANUAL, what], capture_output=True, text=True, check=True).stdout


def test_the_command_reference_is_current():
    with open(os.path.join(ROOT, PAGE)) as file:
        kept = file.read()
    assert kept == made('markdown'), f'the table of commands has changed; renew the page: {os.path.relpath(MANUAL, ROOT)} markdown >{PAGE}'


def test_the_man_page_has_every_command_and_no_fault():
    if not shutil.which('groff'):
        pytest.skip('needs the package groff-base')
    done = subprocess.run(['groff', '-man', '-Tutf8', '-ww', '-rLL=200n', '-P-cbu'], input=made('man'), capture_output=True, text=True, check=True)
    assert not done.stderr, done.stderr
    shown = ' '.join(done.stdout.split())
    rows = [line[5:-1] for line in made('markdown').splitlines() if line.startswith('### ')]
    assert len(rows) > 30
    for row in rows:
        first_words = row.split('[')[0].split('{')[0].strip()
        assert first_words in shown, row


COMPLETE = '''
PATH=/nowhere:$PATH
eval "$(%s bash)"
COMP_LINE=$1 COMP_POINT=${#1}
read -ra COMP_WORDS <<<"$1"
[[ $1 == *' ' ]] && COMP_WORDS+=('')
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
COMP_WORDS[0]=%s
_baton
printf '%%s\\n' "${COMPREPLY[@]}"
'''


def completed(line, client='/nowhere/baton'):
    done = subprocess.run(['/bin/bash', '-c', COMPLETE % (MANUAL, client), 'bash', line], capture_output=True, text=True, check=True)
    assert not done.stderr, done.stderr
    return set(done.stdout.split())


def test_bash_completes_commands_without_a_switch():
    assert {'show', 'configure', 'create'} <= completed('baton ')
    assert completed('baton sh') == {'show'}
    assert completed('baton show vl') == {'vlan'}
    assert completed('baton conf vlan red a') == {'add'}
    assert {'tagged', 'untagged'} <= completed('baton -s /tmp/x configure vlan red add ports 1:1 ')
    assert '--json' in completed('baton --j')
    assert completed('baton nonsense ') == set()


def test_bash_completes_what_the_switch_says(tmp_path):
    """A client that knows ports: bash takes what stands before a colon for a word of its own."""
    client = tmp_path / 'baton'
    client.write_text('#!/bin/sh\necho 1:1\necho 1:2\n')
    client.chmod(0o755)
    assert completed('baton show ports 1:', str(client)) == {'1', '2'}
    assert completed('baton show ports ', str(client)) == {'1:1', '1:2'}
