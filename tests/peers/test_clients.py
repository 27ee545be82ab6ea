#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The clients that network operators have, as Debian packages them and with the settings they have for this family of switches: netmiko
(extreme_exos), RANCID (xlogin, and rancid -t extreme), Ansible (community.network.exos). Each also across a failover."""

import importlib.util
import json
import os
import re
import shutil
import subprocess

import pytest

from machine import ADDRESS
from tests.support.ground import run

PYTHON = '/usr/bin/python3'
XLOGIN, RANCID = '/usr/lib/rancid/bin/xlogin', '/usr/lib/rancid/bin/rancid'
NOTICE = r'-- msm-[ab] carries the baton now'


def on(site, *command, timeout=150, **more):
    """Runs a command on the operators' machine."""
    done = run(*command, netns=site.machine.netns, check=False, timeout=timeout, **more)
    assert done.returncode == 0, f'{command[0]}: exit {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}'
    return done.stdout


# --- netmiko ---

netmiko = pytest.mark.skipif(importlib.util.find_spec('netmiko') is None, reason='needs the package python3-netmiko')

NETMIKO = '''
import json, sys, netmiko
key = sys.argv[1]
device = netmiko.ConnectHandler(device_type="extreme_exos", host="{address}", username="boss", use_keys=True, key_file=key)
def tell(step):
    print(json.dumps(step), flush=True)
tell(["prompt", device.base_prompt])
tell(["vlans", device.send_command("show vlan")])
tell(["change", device.send_config_set(["create vlan netmiko", "configure vlan netmiko tag 77"])])
tell(["wrong", device.send_command("show nonsense")])
tell(["before", device.send_command("show msm-failover | include Term:")])
sys.stdin.readline()
tell(["after", device.send_command("show msm-failover | include Term:")])
tell(["kept", device.send_command("show vlan netmiko")])
tell(["again", device.send_command("show vlan")])
tell(["undone", device.send_config_set(["delete vlan netmiko"])])
device.disconnect()
'''


@netmiko
def test_netmiko_drives_the_switch_across_a_failover(site):
    command = ['ip', 'netns', 'exec', site.machine.netns, PYTHON, '-c', NETMIKO.format(address=ADDRESS), site.machine.key]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        steps = {}
        for line in process.stdout:
            name, said = json.loads(line)
            steps[name] = said
            if name == 'before':
                state = site.fail_over()
                process.stdin.write('\n')
                process.stdin.flush()
        process.stdin.close()
        errors = process.stderr.read()
        assert process.wait(60) == 0, errors[-3000:]
    finally:
        process.kill()
        process.wait()
    assert steps['prompt'] == 'SW1'
    assert 'Default' in steps['vlans'] and 'Total number of VLANs' in steps['vlans']
    assert 'VLAN "netmiko" created.' in steps['change'] and 'VLAN "netmiko" has tag 77.' in steps['change']
    assert steps['wrong'].lstrip().startswith('%% ') and '^' in steps['wrong']
    assert re.fullmatch(rf'\s*({NOTICE} \(term {state["term"]}\); this session goes on\s+)?Term: +{state["term"]}\s*', steps['after']), steps['after']
    assert 'Tagging:    802.1Q Tag 77' in steps['kept'], steps['kept']
    assert 'netmiko' in steps['again'] and 'carries the baton' not in steps['again'], 'the line is said once'
    assert 'VLAN "netmiko" deleted.' in steps['undone']


# --- RANCID ---

rancid = pytest.mark.skipif(not os.access(XLOGIN, os.X_OK), reason='needs the package rancid')


@pytest.fixture
def cloginrc(site):
    """RANCID's file of logins; ssh with this machine's known_hosts."""
    ssh = site.machine.path('ssh-here')
    with open(ssh, 'w') as file:
        file.write(f'#!/bin/sh\nexec ssh -F none -o UserKnownHostsFile={site.machine.path("known_hosts")} "$@"\n')
    os.chmod(ssh, 0o755)
    path = site.machine.path('cloginrc')
    with open(path, 'w') as file:
        file.write(f'add user {ADDRESS} boss\nadd password {ADDRESS} {{none}} {{none}}\nadd identity {ADDRESS} {site.machine.key}\n'
                   f'add method {ADDRESS} ssh\nadd sshcmd {ADDRESS} {ssh}\nadd autoenable {ADDRESS} 1\n')
    os.chmod(path, 0o600)
    return path


@rancid
def test_rancid_s_xlogin_runs_commands(site, cloginrc):
    said = on(site, XLOGIN, '-t', '30', '-f', cloginrc, '-c', 'show version;show vlan;show switch', ADDRESS)
    assert 'Image : Baton Version' in said and 'Total number of VLANs' in said and 'SysName:' in said, said
    assert 'Error' not in said, said


@rancid
def test_rancid_s_xlogin_goes_on_across_a_failover(site, cloginrc):
    # the hand-over is one of its commands; the answer comes before the baton goes, and xlogin is quick
    term = site.chassis.failover()['term']
    said = on(site, XLOGIN, '-t', '30', '-f', cloginrc, '-c', 'run msm-failover;' + 20 * 'show version;' + 'show msm-failover', ADDRESS)
    assert f'(term {term + 1}); this session goes on' in said, said
    assert re.search(rf'Term: +{term + 1}', said) and 'Image : Baton Version' in said, said
    site.chassis.wait_ready()


@rancid
def test_rancid_collects_the_configuration(site, cloginrc, tmp_path):
    home = tmp_path / 'rancid'
    home.mkdir()
    shutil.copy(cloginrc, home / '.cloginrc')
    os.chmod(home / '.cloginrc', 0o600)
    path = os.path.dirname(RANCID) + ':' + os.environ['PATH']
    on(site, RANCID, '-t', 'extreme', ADDRESS, cwd=home, env={**os.environ, 'HOME': str(home), 'PATH': path, 'TERM': 'network', 'NOPIPE': 'YES'})
    collected = (home / f'{ADDRESS}.new').read_text()
    assert '#RANCID-CONTENT-TYPE: extreme' in collected, collected
    assert 'configure sys-name "SW1"' in collected and 'create account user "noc"' in collected, collected
    assert '# End of configuration file for "SW1".' in collected, collected


# --- Ansible ---

ansible = pytest.mark.skipif(shutil.which('ansible-playbook') is None or
                             not os.path.exists('/usr/lib/python3/dist-packages/ansible_collections/community/network/plugins/terminal/exos.py'),
                             reason='needs the package ansible')

PLAYBOOK = '''
- hosts: all
  gather_facts: no
  vars:
    own: '[*] +[0-9TZ:.-]+ +boss'
  tasks:
    - community.network.exos_command: {commands: [show version, show vlan, show session]}
      register: looked
    - assert: {that: ["'Image : Baton Version' in looked.stdout[0]", "'Default' in looked.stdout[1]"]}
    - community.network.exos_config: {lines: [create vlan ansible, configure vlan ansible tag 78]}
      register: changed
    - assert: {that: [changed.changed]}
    - ansible.netcommon.cli_command: {command: run msm-failover}
    - community.network.exos_command: {commands: [show vlan ansible, show msm-failover, show session]}
      register: after
      until: "after.stdout[1] is search('Term: +' ~ term)"
      retries: 10
      delay: 1
    - assert:
        that:
          - "'802.1Q Tag 78' in after.stdout[0]"
          - looked.stdout[2] is search(own)
          - looked.stdout[2] | regex_search(own) == after.stdout[2] | regex_search(own)
    - community.network.exos_config: {lines: [configure vlan nowhere tag 9]}
      register: refused
      ignore_errors: yes
    - assert: {that: [refused.failed, "'there is no VLAN' in refused.msg"]}
    - community.network.exos_config: {lines: [delete vlan ansible]}
'''


@ansible
def test_ansible_drives_the_switch_across_a_failover(site, tmp_path):
    (tmp_path / 'play.yml').write_text(PLAYBOOK)
    (tmp_path / 'hosts').write_text(
        f'{ADDRESS} ansible_connection=ansible.netcommon.network_cli ansible_network_os=community.network.exos ansible_user=boss '
        f'ansible_ssh_private_key_file={site.machine.key} ansible_network_cli_ssh_type=paramiko ansible_command_timeout=30 '
        f'ansible_python_interpreter={PYTHON}\n')
    environment = {**os.environ, 'HOME': str(tmp_path), 'ANSIBLE_HOST_KEY_CHECKING': 'False', 'ANSIBLE_LOCAL_TEMP': str(tmp_path),
                   'ANSIBLE_NOCOLOR': '1', 'ANSIBLE_PERSISTENT_CONTROL_PATH_DIR': str(tmp_path / 'pc'), 'PATH': '/usr/sbin:/usr/bin:/sbin:/bin'}
    term = site.chassis.failover()['term'] + 1
    said = on(site, 'ansible-playbook', '-e', f'term={term}', '-i', str(tmp_path / 'hosts'), str(tmp_path / 'play.yml'), env=environment, cwd=tmp_path, timeout=240)
    assert 'failed=0' in said and 'unreachable=0' in said, said
    site.chassis.wait_ready()
