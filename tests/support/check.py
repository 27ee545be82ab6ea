# SPDX-License-Identifier: Apache-2.0
"""What ./check does once root, packages and Python are there: builds, runs the suites one after the other, counts.

  lint, unit, sync, packet (and any other suite that meson knows)   the release build
  smoke      frames through a real switch, with Scapy                failover   masters killed under load
  peers      the clients that operators have (ssh, netmiko, RANCID, Ansible) on a real switch
  routing    FRR beside Baton, and OSPF, BGP and RIP neighbours, through failovers
  causes     every cause of a failover at every level of preservation, every reason
  asan       the suites that need no EAL, under ASan and UBSan       fuzz       every libFuzzer target for a while
  demo       ./demo --no-wait, one result for each act
"""

import argparse
import concurrent.futures
import json
import os
import re
import signal
import subprocess
import sys
import time

from tests.support import ground, hugepages, results
from tests.support.results import FAILED, PASSED, SKIPPED, Result

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LANES = ('lint', 'unit', 'sync', 'packet', 'asan', 'fuzz', 'smoke', 'failover', 'peers', 'routing', 'causes',
         'demo')   # cheap and telling ones first
HUGE_MB = 1280
FUZZ_SECONDS = 30


class Check:
    def __init__(self, arguments):
        self.arguments = arguments
        self.build = os.path.abspath(os.environ.get('BATON_BUILD', 'build'))
        self.results = results.Results(arguments.only)
        self.runner = results.Runner(self.results, os.path.join(self.build, 'check-logs'))
        self.environment = {'BATON_BUILD': self.build, 'BATON_QUICK': '1' if arguments.quick else ''}

    def chosen(self, lane):
        return not self.arguments.suites or lane in self.arguments.suites

    def not_now(self, lane, why):
        """A lane that is left out is said by name, once."""
        self.results.add(Result(lane, 'all', SKIPPED, 0, why))

    def make(self, lane, folder, options='', compiler=None, targets=lambda: ()):
        """Configures and builds (what `targets`, asked once meson has run, names; or all). A failure is a failed test, with
        what the compiler said."""
        print(f'build: {os.path.relpath(folder, ROOT)}', flush=True)
        environment = self.runner.environment(setup_options=options, **({'CXX': compiler} if compiler else {}))
        started = time.monotonic()
        path = os.path.join(self.runner.logs, f'build-{lane}.log')

        def step(command, log):
            process = subprocess.Popen(['bash', '-c', '. tests/support/setup.sh; ' + command], cwd=ROOT, env=environment,
                                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            for line in process.stdout:
                log.write(line)
                if re.match(rb'\[\d+/\d+\]', line):
                    print('       ' + line.decode(errors='replace').split(' ')[0], flush=True)
            return process.wait() == 0

        with open(path, 'wb') as log:
            done = step(f'setup_meson {folder}', log) and step(f'setup_build {folder} {" ".join(targets())}', log)
        seconds = time.monotonic() - started
        if not done:
            self.results.add(Result(lane, 'build', FAILED, seconds, results.tail(path)))
            return False
        print(f'build: {os.path.relpath(folder, ROOT)} done in {seconds:.0f} s', flush=True)
        return True

    def meson_suites(self, lane, folder, suites=None, env=None):
        """Every test that meson knows in `folder`, those of `suites` if given; as many at once as there are cores, but one
        at a time those that say so (is_parallel: false)."""
        listed = subprocess.run(['meson', 'introspect', '--tests', folder], capture_output=True, text=True, check=True)
        together, alone = [], []
        for test in json.loads(listed.stdout):
            suite = test['suite'][-1].split(':')[-1] if test['suite'] else 'unit'
            if suites is not None and suite not in suites:
                continue
            (together if test['is_parallel'] else alone).append((lane or suite, test))
        if self.arguments.list:
            for suite, test in together + alone:
                print(f'{suite:<9} {test["name"]}')
            return
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            list(pool.map(lambda one: self.meson_test(*one, env), together))
        for one in alone:
            self.meson_test(*one, env)

    def meson_test(self, suite, test, env):
        command, environment = test['cmd'], {**self.environment, **test['env'], **(env or {})}
        timeout = 3 * test['timeout'] if test['timeout'] > 0 else 3600   # a shared machine pauses for tens of milliseconds
        run = self.runner.gtest if is_gtest(command[0]) else self.runner.program
        run(suite, test['name'], command, timeout, environment, test['workdir'] or self.build)

    def other_suites(self):
        """Suites that meson knows besides those with a lane of their own."""
        listed = subprocess.run(['meson', 'introspect', '--tests', self.build], capture_output=True, text=True, check=True)
        names = {test['suite'][-1].split(':')[-1] for test in json.loads(listed.stdout) if test['suite']}
        return names - set(LANES)

    def python_suite(self, lane, timeout):
        folder = os.path.join('tests', lane)
        if self.arguments.list:
            subprocess.run(['/usr/bin/python3', '-m', 'pytest', '-q', '--collect-only', folder], cwd=ROOT, check=False)
            return
        self.runner.pytest(lane, [folder], timeout, self.environment)

    def asan(self):
        if self.arguments.quick:
            return self.not_now('asan', 'a second build of everything; run ./check asan')
        folder = self.build + '-asan'
        options = '-Dbuildtype=debug -Db_sanitize=address,undefined -Db_lundef=false -Ddpdk=false'
        needed = ('meson-test-prereq', 'baton', 'baton-chassis')   # tests start these two by their paths; benches are for others
        if self.make('asan', folder, options, targets=lambda: needed):
            self.meson_suites('asan', folder, env={
                'ASAN_OPTIONS': 'detect_stack_use_after_return=1:strict_string_checks=1:abort_on_error=0',
                'LSAN_OPTIONS': 'print_suppressions=0:suppressions=' + os.path.join(ROOT, 'tests/support/leaks.supp'),
                'UBSAN_OPTIONS': 'halt_on_error=1:print_stacktrace=1'})

    def fuzz(self):
        if self.arguments.quick:
            return self.not_now('fuzz', 'another build; the unit suite replays the seeds; run ./check fuzz')
        folder = self.build + '-fuzz'
        options = '-Dbuildtype=debugoptimized -Dfuzz=true -Ddpdk=false -Db_lundef=false -Dwerror=false'
        if not self.make('fuzz', folder, options, 'clang++', lambda: fuzz_targets(folder)):
            return
        targets = [os.path.join(folder, target) for target in fuzz_targets(folder)]
        if self.arguments.list:
            for path in targets:
                print(f'{"fuzz":<9} {os.path.basename(path)}')
            return
        if not targets:
            self.results.add(Result('fuzz', 'targets', FAILED, 0, 'meson knows no program in tests/fuzz'))

        def one(path):
            name = os.path.basename(path)
            found = os.path.join(self.runner.logs, 'fuzz-' + name)
            os.makedirs(os.path.join(found, 'corpus'), exist_ok=True)
            seeds = os.path.join(ROOT, 'tests/fuzz/corpus', name)
            command = [path, os.path.join(found, 'corpus'), *([seeds] if os.path.isdir(seeds) else []),
                       f'-max_total_time={FUZZ_SECONDS}', '-timeout=5', '-rss_limit_mb=2048', '-print_final_stats=1',
                       f'-artifact_prefix={found}/']
            self.runner.program('fuzz', name, command, FUZZ_SECONDS + 120, self.environment)

        with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            list(pool.map(one, targets))

    def peers(self):
        if self.arguments.quick:
            return self.not_now('peers', 'takes a minute; run ./check peers')
        self.python_suite('peers', 900)

    def routing(self):
        if self.arguments.quick:
            return self.not_now('routing', 'takes minutes; run ./check routing')
        self.python_suite('routing', 1800)

    def causes(self):
        """Shows the matrix that the suite has just measured, too."""
        if self.arguments.quick:
            return self.not_now('causes', 'takes minutes; run ./check causes')
        path = os.path.join(self.build, 'matrix.txt')
        if os.path.exists(path) and not self.arguments.list:
            os.unlink(path)
        self.python_suite('causes', 1800)
        if os.path.exists(path) and not self.arguments.list:
            with open(path) as file:
                print(file.read(), flush=True)

    def demo(self):
        if self.arguments.list:
            return print(f'{"demo":<9} ./demo --no-wait')
        if self.arguments.quick:
            return self.not_now('demo', 'takes a minute; run ./check demo')
        if not self.results.wanted('demo', 'acts'):
            return
        path = os.path.join(self.runner.logs, 'demo.log')
        report_path = os.path.join(ROOT, 'report.json')
        if os.path.exists(report_path):
            os.unlink(report_path)
        started = time.monotonic()
        with open(path, 'wb') as log:
            process = subprocess.Popen([os.path.join(ROOT, 'demo'), '--no-wait'], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log,
                                       stderr=subprocess.STDOUT, env=self.runner.environment(**self.environment))
            try:
                code = process.wait(420)
            except subprocess.TimeoutExpired:
                results.kill_group(process.pid)
                process.kill()
                code = process.wait()
        seconds = time.monotonic() - started
        acts = []
        if os.path.exists(report_path):
            with open(report_path) as file:
                acts = json.load(file)['acts']
        for act in acts:
            self.results.add(Result('demo', act['name'].replace(' ', '_'), PASSED if act['hitless'] else FAILED,
                                    act.get('seconds', 0), '' if act['hitless'] else json.dumps(act, indent=1)))
        if code != 0 or not acts:
            verdict = SKIPPED if code == results.SKIP_EXIT else FAILED
            self.results.add(Result('demo', 'run', verdict, seconds, results.tail(path, 1 if verdict == SKIPPED else 60)))

    def run(self):
        known = {*LANES, *self.other_suites()} if os.path.exists(os.path.join(self.build, 'build.ninja')) else None
        if self.needs_release_build() and not self.make('build', self.build):
            return
        known = known or {*LANES, *self.other_suites()}
        for name in self.arguments.suites:
            if name not in known:
                sys.exit(f'check: there is no suite {name}; there are: {" ".join(sorted(known))}')
        own = {'lint': lambda: self.python_suite('lint', 900), 'asan': self.asan, 'fuzz': self.fuzz, 'demo': self.demo,
               'smoke': lambda: self.python_suite('smoke', 900), 'failover': lambda: self.python_suite('failover', 2400),
               'peers': self.peers, 'routing': self.routing, 'causes': self.causes}
        from_meson = {name for name in known if name not in own and self.chosen(name)}
        for lane in LANES:
            if lane == 'unit':
                if from_meson:
                    self.meson_suites(None, self.build, from_meson)
            elif lane not in own or not self.chosen(lane) or not self.lane_may_match(lane):
                continue
            else:
                own[lane]()
            ended = self.runner.stop()
            if ended:
                self.results.add(Result(lane, 'leaves_no_process_behind', FAILED, 0, f'{ended} processes had to be killed'))
            ground.sweep_all()

    def needs_release_build(self):
        return not self.arguments.suites or any(name not in ('asan', 'fuzz') for name in self.arguments.suites)

    def lane_may_match(self, lane):
        """--only must not build sanitizers and fuzzers for nothing: those run when the pattern speaks of them."""
        only = self.arguments.only
        return not only or lane not in ('asan', 'fuzz', 'demo') or self.chosen(lane) and bool(self.arguments.suites) or lane in only


def fuzz_targets(folder):
    """The programs that tests/fuzz/meson.build makes, by their paths in the build folder."""
    listed = subprocess.run(['meson', 'introspect', '--targets', folder], capture_output=True, text=True, check=True)
    return [os.path.relpath(target['filename'][0], folder) for target in json.loads(listed.stdout)
            if target['type'] == 'executable' and '/tests/fuzz/' in target['defined_in']]


def is_gtest(program):
    """Programs with gtest inside know --gtest_list_tests."""
    try:
        with open(program, 'rb') as file:
            return b'gtest_list_tests' in file.read()
    except OSError:
        return False


def main():
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument('--quick', action='store_true')
    parser.add_argument('--only')
    parser.add_argument('--list', action='store_true')
    parser.add_argument('suites', nargs='*')
    arguments = parser.parse_args()
    try:
        re.compile(arguments.only or '')
    except re.error as error:
        sys.exit(f'check: --only {arguments.only}: {error}')
    os.chdir(ROOT)
    started = time.monotonic()
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.default_int_handler)
    ground.sweep_all()
    check = Check(arguments)
    try:
        hugepages.borrow(HUGE_MB, lambda text: print('setup: ' + text))
        check.run()
    except KeyboardInterrupt:
        print('check: interrupted')
        check.results.add(Result('check', 'interrupted', FAILED, time.monotonic() - started))
    finally:
        check.runner.stop()
        ground.sweep_all()
        hugepages.give_back()
    if arguments.list:
        return 0
    failures = [result for result in check.results.all if result.verdict == FAILED]
    if failures:
        print('\nfailed:')
        for result in failures:
            print(f'  {result.suite} {result.name}')
        print(f'logs: {os.path.relpath(check.runner.logs, ROOT)}')
    print(f'\nin {time.monotonic() - started:.0f} s')
    print(f'{check.results.count(PASSED)} passed, {check.results.count(FAILED)} failed, {check.results.count(SKIPPED)} skipped')
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main())
