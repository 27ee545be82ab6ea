# SPDX-License-Identifier: Apache-2.0
"""What came out of a test, one line for each, and how the three kinds of test are run: a gtest program (one line for each
of its cases), a pytest folder (likewise), and any other program (its exit code; 77 is a skip).

Every process gets a mark in its environment, so that whatever a test leaves behind is found by that mark and ended by its
pid, whoever its parent is by then."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import uuid
from dataclasses import dataclass

PASSED, FAILED, SKIPPED = 'ok', 'FAILED', 'skip'
SKIP_EXIT = 77
MARK = 'BATON_CHECK_RUN'


@dataclass
class Result:
    suite: str
    name: str
    verdict: str
    seconds: float
    detail: str = ''   # why it was skipped, or what a failed test printed


class Results:
    """Collects results and prints each as it comes; may be called from several threads."""

    def __init__(self, only=None):
        self.all = []
        self.only = re.compile(only, re.IGNORECASE) if only else None
        self._lock = threading.Lock()

    def wanted(self, suite, name):
        return self.only is None or bool(self.only.search(f'{suite} {name}'))

    def add(self, result):
        with self._lock:
            self.all.append(result)
            reason = f'   ({result.detail.strip().splitlines()[0]})' if result.verdict == SKIPPED and result.detail else ''
            print(f'{result.verdict:<7}{result.suite:<9} {result.name}   {result.seconds:.2f} s{reason}', flush=True)
            if result.verdict == FAILED:
                lines = result.detail.rstrip().splitlines()
                if len(lines) > 60:
                    print(f'        | ... {len(lines) - 60} lines above left out')
                for line in lines[-60:]:
                    print(f'        | {line}')
                sys.stdout.flush()

    def count(self, verdict):
        return sum(1 for result in self.all if result.verdict == verdict)


class Runner:
    """Runs commands for one whole ./check. `stop()` ends everything that still carries this run's mark."""

    def __init__(self, results, logs):
        self.results = results
        self.logs = logs
        self.mark = uuid.uuid4().hex
        os.makedirs(logs, exist_ok=True)

    def environment(self, **more):
        return {**os.environ, MARK: self.mark, 'PYTHONUNBUFFERED': '1', **{k: str(v) for k, v in more.items()}}

    def _log_path(self, suite, name):
        return os.path.join(self.logs, re.sub(r'[^\w.-]+', '_', f'{suite}-{name}')[:120] + '.log')

    def program(self, suite, name, command, timeout, env=None, cwd=None):
        """Any program: one result from its exit code."""
        if not self.results.wanted(suite, name):
            return
        path = self._log_path(suite, name)
        started = time.monotonic()
        with open(path, 'wb') as log:
            code = self._wait(self._start(command, log, env, cwd), timeout)
        self.results.add(self._judged(suite, name, code, time.monotonic() - started, path))

    def gtest(self, suite, name, command, timeout, env=None, cwd=None):
        """A gtest program: a result for each case, printed when the case ends."""
        cases = self._gtest_cases(command, env, cwd)
        wanted = [case for case in cases if self.results.wanted(suite, case)]
        if not wanted:
            return
        if len(wanted) < len(cases):
            command = command + ['--gtest_filter=' + ':'.join(wanted)]
        path = self._log_path(suite, name)
        with open(path, 'wb') as log:
            process = self._start(command + ['--gtest_color=no'], subprocess.PIPE, env, cwd)
            watch = threading.Timer(timeout, lambda: kill_group(process.pid))
            watch.daemon = True   # an interrupted check does not wait for it
            watch.start()
            running, output, seen, failed = None, [], 0, 0
            for raw in process.stdout:
                log.write(raw)
                line = raw.decode(errors='replace')
                output.append(line)
                if line.startswith('[ RUN      ]'):
                    running, output, began = line[12:].strip(), [], time.monotonic()
                    continue
                ended = re.match(r'\[ +(OK|FAILED|SKIPPED) +\] ([^ ,]+).*\((\d+) ms\)', line)
                if ended and ended[2] == running:
                    verdict = {'OK': PASSED, 'FAILED': FAILED, 'SKIPPED': SKIPPED}[ended[1]]
                    detail = '' if verdict == PASSED else ''.join(output)
                    if verdict == SKIPPED:
                        detail = skip_reason(output)
                    self.results.add(Result(suite, running, verdict, int(ended[3]) / 1000, detail))
                    running, seen, failed = None, seen + 1, failed + (verdict == FAILED)
            code = process.wait()
            late = not watch.is_alive()
            watch.cancel()
        why = f'ended by the check after {timeout} s' if late else f'ended with {describe_exit(code)}'
        if running is not None:
            self.results.add(Result(suite, running, FAILED, time.monotonic() - began, ''.join(output) + why))
        elif code != 0 and not failed:   # a sanitizer's report at exit, for one
            self.results.add(Result(suite, name, FAILED, 0, ''.join(output[-60:]) + why))
        elif seen < len(wanted):
            self.results.add(Result(suite, name, FAILED, 0, f'{len(wanted)} cases were asked for, {seen} ran'))

    def _gtest_cases(self, command, env, cwd):
        listing = subprocess.run(command + ['--gtest_list_tests'], capture_output=True, text=True, cwd=cwd, timeout=60,
                                 env=self.environment(**(env or {}))).stdout
        cases, prefix = [], ''
        for line in listing.splitlines():
            text = line.split('#')[0].rstrip()
            if text and not text.startswith(' '):
                prefix = text if text.endswith('.') else ''
            elif text and prefix and 'DISABLED_' not in prefix + text:
                cases.append(prefix + text.strip())
        return cases

    def pytest(self, suite, paths, timeout, env=None):
        """A pytest folder. tests/support/pytest_lines.py tells us of every case as it ends, through a pipe."""
        reader, writer = os.pipe()
        command = ['/usr/bin/python3', '-m', 'pytest', '-q', '-p', 'no:cacheprovider', '-p', 'tests.support.pytest_lines', *paths]
        env = {**(env or {}), 'BATON_LINES_FD': writer, 'BATON_SUITE': suite,
               'BATON_ONLY': self.results.only.pattern if self.results.only else ''}
        path = self._log_path(suite, 'pytest')
        started = time.monotonic()
        with open(path, 'wb') as log:
            process = self._start(command, log, env, pass_fds=[writer])
            os.close(writer)
            watch = threading.Timer(timeout, lambda: kill_group(process.pid))
            watch.daemon = True   # an interrupted check does not wait for it
            watch.start()
            seen = 0
            with os.fdopen(reader) as lines:
                for line in lines:
                    case = json.loads(line)
                    self.results.add(Result(suite, case['name'], case['verdict'], case['seconds'], case['detail']))
                    seen += 1
            code = process.wait()
            late = not watch.is_alive()
            watch.cancel()
        spent = time.monotonic() - started
        if late:
            self.results.add(Result(suite, 'pytest', FAILED, spent, tail(path) + f'\nended by the check after {timeout} s'))
        elif code not in (0, 1, 5) or (code == 1 and seen == 0):   # 5: nothing collected
            self.results.add(Result(suite, 'pytest', FAILED, spent, tail(path)))

    def _start(self, command, out, env=None, cwd=None, pass_fds=()):
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, cwd=cwd,
                                env=self.environment(**(env or {})), start_new_session=True, pass_fds=pass_fds)

    @staticmethod
    def _wait(process, timeout):
        try:
            return process.wait(timeout)
        except subprocess.TimeoutExpired:
            kill_group(process.pid)
            process.wait()
            return None

    @staticmethod
    def _judged(suite, name, code, seconds, path):
        if code == 0:
            return Result(suite, name, PASSED, seconds)
        if code == SKIP_EXIT:
            return Result(suite, name, SKIPPED, seconds, (tail(path, 1) or 'exit 77'))
        why = 'ended by the check: it took too long' if code is None else f'ended with {describe_exit(code)}'
        return Result(suite, name, FAILED, seconds, tail(path) + '\n' + why)

    def stop(self):
        """Ends what the tests left running; returns how many processes that were."""
        ended = 0
        for _ in range(20):
            left = marked(self.mark)
            if not left:
                break
            for pid in left:
                try:
                    os.kill(pid, signal.SIGKILL)
                    ended += 1
                except ProcessLookupError:
                    pass
            time.sleep(0.05)
        return ended


def marked(mark):
    """Pids of the processes, ourselves excepted, that carry this run's mark."""
    needle = f'{MARK}={mark}'.encode()
    pids = []
    for entry in os.listdir('/proc'):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        try:
            with open(f'/proc/{entry}/environ', 'rb') as file:
                if needle in file.read().split(b'\0'):
                    pids.append(int(entry))
        except OSError:
            pass
    return pids


def kill_group(pid):
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def describe_exit(code):
    return f'signal {-code} ({signal.Signals(-code).name})' if code < 0 else f'exit code {code}'


def skip_reason(output):
    """gtest prints `file:line: Skipped` and then the reason."""
    for index, line in enumerate(output):
        if line.rstrip().endswith(': Skipped') and index + 1 < len(output):
            return output[index + 1].strip()
    return 'skipped by itself'


def tail(path, lines=60):
    with open(path, errors='replace') as file:
        return '\n'.join(line.rstrip('\n') for line in file.readlines()[-lines:])
