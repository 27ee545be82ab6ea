#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A real sshd whose users have `baton` as login shell or as forced command: who may do what, and sessions that outlive their master."""

import json
import os
import re
import select
import stat
import subprocess
import time

import pytest

from machine import ADDRESS, GROUP

SAVE = r'Do you wish to save your configuration changes\? \(y or n\) '


class Terminal:
    """ssh -tt, keys in, screen out."""

    def __init__(self, machine, user):
        command = machine.ssh_command(user, terminal=True)
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        start_new_session=True)
        self.seen = ''

    def key(self, text):
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def until(self, pattern, seconds=20):
        end = time.monotonic() + seconds
        while not (found := re.search(pattern, self.seen, re.S)):
            left = end - time.monotonic()
            ready = left > 0 and select.select([self.process.stdout], [], [], left)[0]
            data = os.read(self.process.stdout.fileno(), 65536) if ready else b''
            assert data, f'no {pattern!r} in {self.seen!r}'
            self.seen += data.decode(errors='replace')
        text, self.seen = self.seen[:found.end()], self.seen[found.end():]
        return text

    def leave(self):
        """Ends the session; what is not saved stays so."""
        self.key('exit\r')
        if re.search(SAVE, self.until(rf'{SAVE}|closed\.')):
            self.key('n\r')
            self.until(r'closed\.')

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


def test_the_socket_is_the_group_s(site):
    found = os.stat(site.chassis.socket)
    assert (found.st_gid, stat.S_IMODE(found.st_mode)) == (GROUP, 0o660)


def test_a_command_over_ssh_is_the_switch_s_own(site):
    done = site.machine.ssh('boss', 'show switch')
    assert done.returncode == 0 and 'SysName:' in done.stdout and 'SW1' in done.stdout, done
    assert json.loads(site.machine.ssh('boss', 'show vlan | json').stdout)['vlans'], 'JSON over ssh'
    wrong = site.machine.ssh('boss', 'show nonsense')
    assert wrong.returncode == 2 and wrong.stderr.startswith('%% '), 'exit codes and errors come through'


def test_a_forced_command_runs_that_and_nothing_else(site):
    for words in (['create vlan stolen'], ['sh', '-c', 'id']):
        done = site.machine.ssh('poller', *words)
        assert done.returncode == 0 and json.loads(done.stdout)['term'] > 0, done
    assert site.chassis.run('show', 'vlan', 'stolen').returncode == 1


def test_who_is_not_in_the_group_is_kept_out_by_the_socket(site):
    done = site.machine.ssh('guest', 'show version')
    assert done.returncode == 3 and 'Permission denied' in done.stderr, done


def test_an_account_of_the_same_name_makes_a_user_of_an_operator(site):
    done = site.machine.ssh('noc', 'create vlan red')
    assert done.returncode == 1 and 'user noc may look but not touch' in done.stderr, done
    assert site.machine.ssh('noc', 'show vlan').returncode == 0
    assert 'account' not in site.machine.ssh('noc', 'show configuration').stdout
    with Terminal(site.machine, 'noc') as terminal:
        terminal.until(r'SW1\.1 > ')
        terminal.key('show session\r')
        assert re.search(rf'\* +\S+ +noc +RO +0 s +ssh {re.escape(ADDRESS)}', terminal.until(r'SW1\.2 > '))
        terminal.leave()


def test_an_account_that_is_changed_or_deleted_counts_at_once(site):
    with Terminal(site.machine, 'noc') as terminal:
        terminal.until(r'SW1\.1 > ')
        site.chassis.cli('delete account noc')
        terminal.key('show version\r')
        terminal.until(r'SW1\.2 # ')   # of the group, and no account that makes it less
        site.chassis.cli('create account user noc')
        terminal.key('create vlan red\r')
        terminal.until(r'user noc may look but not touch.*SW1\.3 > ')
        terminal.leave()


def test_a_password_is_asked_for_unseen_and_kept_as_a_hash_only(site):
    with Terminal(site.machine, 'boss') as terminal:
        terminal.until(r'SW1\.1 # ')
        terminal.key('create account admin chief\r')
        for question in ('password: ', 'Reenter password: '):
            terminal.until(question)
            terminal.key('s3cret-chief\r')
        assert 's3cret' not in terminal.until(r'Account "chief" created\..*SW1\.2 # ')
        terminal.leave()
    assert 'create account admin "chief" encrypted "$y$' in site.chassis.cli('show configuration')
    for text in (site.chassis.cli('show configuration'), site.chassis.cli('show log'), open(site.chassis.log).read()):
        assert 's3cret-chief' not in text
    with Terminal(site.machine, 'step') as terminal:   # a user with the password of an administrator
        terminal.until(r'password: ')
        terminal.key('s3cret-chief\r')
        terminal.until(r'SW1\.1 # ')
        terminal.leave()
    with Terminal(site.machine, 'shared') as terminal:
        terminal.until(r'login: ')
        terminal.key('chief\r')
        terminal.until(r'password: ')
        terminal.key('s3cret-chief\r')
        terminal.until(r'SW1\.1 # ')
        terminal.key('show session\r')
        terminal.until(r'\* +\S+ +chief +R/W.*SW1\.2 # ')
        terminal.leave()
    site.chassis.cli('delete account chief')


def test_an_administrator_may_choose_to_look_only(site):
    with Terminal(site.machine, 'watch') as terminal:
        terminal.until(r'SW1\.1 > ')
        terminal.leave()


def test_three_wrong_passwords_end_it_each_after_a_second_and_logged(site):
    started = time.monotonic()
    with Terminal(site.machine, 'shared') as terminal:
        terminal.until(r'login: ')
        terminal.key('admin\r')   # the factory's account has no password: nobody gets in with one
        for _ in range(3):
            terminal.until(r'password: ')
            terminal.key('\r')
        terminal.until(r'login incorrect.*closed\.')
    assert time.monotonic() - started > 3
    assert site.chassis.cli('show log').count('login=refused account="admin" user=shared') == 3


def test_a_session_can_be_ended_by_another(site):
    with Terminal(site.machine, 'boss') as terminal:
        terminal.until(r'SW1\.1 # ')
        number, _ = own_session(terminal, 2)
        site.chassis.cli(f'clear session {number}')
        terminal.until(r'this session was ended by root.*closed\.')


@pytest.mark.parametrize('kind', ['idle', 'next_answer'])
def test_a_session_survives_a_failover_with_one_line(site, kind):
    with Terminal(site.machine, 'boss') as terminal:
        terminal.until(r'SW1\.1 # ')
        if kind == 'next_answer':
            terminal.key('disable clipaging\r')   # what scripts do
            terminal.until(r'SW1\.2 # ')
        state = site.fail_over()
        line = rf'-- msm-[ab] carries the baton now \(term {state["term"]}\); this session goes on\r\n'
        if kind == 'idle':
            terminal.until(line + r'\*? ?SW1\.1 # ')   # nobody touched a key
        terminal.key('show version\r')
        answer = terminal.until(r'SW1\.\d # ')
        assert 'Image :' in answer
        assert len(re.findall(line, answer)) == (kind == 'next_answer'), answer
        terminal.key('create vlan kept\r')
        terminal.until(r'VLAN "kept" created\.')
        terminal.key('delete vlan kept\r')
        terminal.until(r'VLAN "kept" deleted\.')
        terminal.leave()


def test_both_boards_list_the_session_under_the_same_number(site):
    with Terminal(site.machine, 'boss') as terminal:
        terminal.until(r'SW1\.1 # ')
        before = own_session(terminal, 2)
        site.fail_over()
        terminal.until(r'carries the baton now')
        terminal.until(r'SW1\.\d # ')
        after = own_session(terminal, 3)
        assert after == before
        terminal.leave()


def own_session(terminal, count):
    terminal.key('show session\r')
    found = re.search(r'(\d+) +\* +(\S+Z) +boss', terminal.until(rf'SW1\.{count} # '))
    return found.groups()
