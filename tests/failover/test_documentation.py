# SPDX-License-Identifier: Apache-2.0
"""docs/hitless-failover.md does what it says: its blocks are executed in their order, and from its section 5 on every frame is counted.

A block is `conf` (the chassis's configuration), `baton` (a command a line; `# N` behind it is its exit code) or `sh`; `text`, what a program
printed, is not executed."""

import os
import re
import subprocess

from tests.support import chassis, processes, switch as on_wires

PAGE = os.path.join(chassis.ROOT, 'docs/hitless-failover.md')
FLOWS = ['name=out,from=w1,to=w2,rate=20000', 'name=back,from=w2,to=w1,rate=20000', 'name=trunk,from=w4/20,to=w3,rate=10000,size=imix']
VERIFYING = '## 5. '


def blocks():
    """(heading it stands under, kind, text) of every block."""
    heading, kind, lines = '', None, []
    with open(PAGE) as file:
        for line in file.read().splitlines():
            if kind is None and line.startswith('## '):
                heading = line
            elif kind is None and line.startswith('```'):
                kind, lines = line[3:], []
            elif kind is not None and line == '```':
                if kind != 'text':
                    yield heading, kind, '\n'.join(lines)
                kind = None
            elif kind is not None:
                lines.append(line)


def settings_of(text):
    """The configuration block without what the test has to choose itself: folders and ports."""
    lines = [re.split(r'\s*=\s*', line, maxsplit=1) for line in text.splitlines() if line]
    return {name.replace('-', '_'): value for name, value in lines if name not in ('run-dir', 'flash-dir', 'port')}, \
        [value for name, value in lines if name == 'port']


def run_command(switch, line):
    command, _, code = line.partition('#')
    done = switch.chassis.run('-y', *command.split(), timeout=30)
    assert done.returncode == int(code or 0), f'{command.strip()}: exit {done.returncode}: {done.stderr}{done.stdout}'


def run_shell(switch, text):
    environment = {**os.environ, 'BATON_SOCKET': switch.chassis.socket, 'PATH': switch.build + ':' + os.environ['PATH']}
    subprocess.run(['bash', '-eu', '-c', text], check=True, timeout=60, env=environment)


def test_the_page_from_an_unconfigured_switch_to_a_hitless_failover_holds():
    page = list(blocks())
    assert {kind for _, kind, _ in page} == {'conf', 'baton', 'sh'}
    settings, ports = settings_of(next(text for _, kind, text in page if kind == 'conf'))
    assert ports == [f'1:{port} wire' for port in range(1, 5)]
    switch = on_wires.Switch('page', hitless=False, **settings)
    with switch:
        # A person is slower than the first 100 ms, in which changes are refused because the ports are not known yet.
        assert processes.until(lambda: switch.chassis.run('configure', 'fdb', 'agingtime', '300').returncode == 0, 10, 0.05)
        tester = None
        for heading, kind, text in page:
            if heading.startswith(VERIFYING) and tester is None:
                tester = switch.tester(FLOWS)
                tester.wait_started()
            if kind == 'baton':
                for line in text.splitlines():
                    run_command(switch, line)
            elif kind == 'sh':
                run_shell(switch, text)
        state = switch.chassis.wait_ready()
        report = tester.finish()
    assert state['last_failover']['cause'] == 'exception' and state['term'] == 3
    assert on_wires.faults_of(report) == ''
    assert all(flow['offered'] > 1000 for window in report['windows'] for flow in window['flows'])
