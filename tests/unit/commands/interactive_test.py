#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The client at a terminal: keys in, screen out. Arguments: the programs baton and commands-lab."""
import os
import pty
import re
import select
import subprocess
import sys
import time
import unittest

BATON, LAB = sys.argv[1:3]
SAVE = r"Do you wish to save your configuration changes\? \(y or n\) "


class Lab:
    def __init__(self):
        self.process = subprocess.Popen([LAB], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.socket = self.process.stdout.readline().strip()

    def failover(self):
        return self.tell("")

    def unsave(self):
        return self.tell("unsaved")

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def end(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


class Terminal:
    def __init__(self, *arguments):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "vt100"
            os.execv(BATON, [BATON, *arguments])
        self.seen = ""

    def key(self, text):
        os.write(self.fd, text.encode())

    def until(self, pattern, seconds=10):
        """What came up to and with `pattern`; a test that waits in vain fails with what there was."""
        end = time.monotonic() + seconds
        while not (found := re.search(pattern, self.seen, re.S)):
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                raise AssertionError(f"no {pattern!r} in {self.seen!r}")
            try:
                self.seen += os.read(self.fd, 65536).decode(errors="replace")
            except OSError:
                raise AssertionError(f"ended without {pattern!r}: {self.seen!r}")
        text, self.seen = self.seen[: found.end()], self.seen[found.end():]
        return text

    def end(self):
        """The exit code; a client that does not end is a failure."""
        try:
            while select.select([self.fd], [], [], 10)[0]:
                if not os.read(self.fd, 65536):
                    break
            else:
                os.kill(self.pid, 9)
        except OSError:
            pass
        _, status = os.waitpid(self.pid, 0)
        os.close(self.fd)
        return os.waitstatus_to_exitcode(status)


class AtATerminal(unittest.TestCase):
    def setUp(self):
        self.lab = Lab()
        self.terminal = Terminal("-s", self.lab.socket)
        self.terminal.until(r"Baton\.1 # ")

    def tearDown(self):
        self.lab.end()

    def leave(self):
        self.terminal.key("\x15exit\r")
        try:
            self.terminal.until(SAVE)
            self.terminal.key("n\r")
        except AssertionError:
            pass  # there was nothing to save
        self.assertEqual(self.terminal.end(), 0)

    def test_runs_a_line_and_counts_the_prompt(self):
        self.terminal.key("create vlan blue\r")
        self.terminal.until(r'VLAN "blue" created\.')
        self.terminal.until(r"Baton\.2 # ")
        self.leave()

    def test_tab_completes_words_and_lists_what_is_ambiguous(self):
        self.terminal.key("sh\tvl\tDe\t")
        self.terminal.until(r"detail +Default")
        self.terminal.key("f\t\r")
        self.terminal.until(r'VLAN Interface with name "Default"')
        self.leave()

    def test_a_question_mark_explains_at_once_and_keeps_the_line(self):
        self.terminal.key("configure vlan ?")
        self.terminal.until(r"<vlan> +Name of a VLAN that exists.*Baton\.1 # configure vlan ")
        self.terminal.key("Default tag 7\r")
        self.terminal.until(r'VLAN "Default" has tag 7\.')
        self.leave()

    def test_control_c_clears_the_line_and_runs_nothing(self):
        self.terminal.key("create vlan red")
        self.terminal.until("create vlan red")
        self.terminal.key("\x03")
        self.terminal.until(r"\^C.*Baton\.1 # ")
        self.terminal.key("show vlan red\r")
        self.terminal.until(r'%% Error: there is no VLAN "red"')
        self.leave()

    def test_history_brings_lines_back(self):
        self.terminal.key("show version\r")
        self.terminal.until(r"Image :.*Baton\.2 # ")
        self.terminal.key("\x1b[A")
        self.terminal.until("show version")
        self.terminal.key("\r")
        self.terminal.until(r"Image :.*Baton\.3 # ")
        self.terminal.key("history\r")
        self.terminal.until(r"1  show version.*2  history")
        self.leave()

    NOTICE = r"-- msm-b carries the baton now \(term 2\); this session goes on\r\n"

    def test_an_idle_session_says_at_once_that_the_master_changed_and_keeps_what_was_typed(self):
        self.terminal.key("create vlan blue\r")
        self.terminal.until(r"Baton\.2 # ")
        self.terminal.key("show vlan bl")
        self.terminal.until(r"show vlan bl")
        self.assertEqual(self.lab.failover(), 2)
        self.terminal.until(self.NOTICE + r"Baton\.2 # show vlan bl")
        self.terminal.key("ue\r")
        self.assertNotIn("carries the baton", self.terminal.until(r"VLAN Interface with name.*Baton\.3 # "))
        self.leave()

    def test_a_script_is_told_with_its_next_answer_and_sees_no_prompt_that_it_did_not_ask_for(self):
        self.terminal.key("disable clipaging\r")
        self.terminal.until(r"Baton\.2 # ")
        self.assertEqual(self.lab.failover(), 2)
        self.assertEqual(select.select([self.terminal.fd], [], [], 0.5)[0], [])
        self.terminal.key("show version\r")
        self.assertEqual(self.terminal.until(r"Baton\.3 # ").count("Baton."), 1)
        self.leave()

    def test_a_password_that_is_asked_for_is_not_seen_and_a_typed_one_is_not_in_the_history(self):
        self.terminal.key("create account user noc\r")
        self.terminal.until(r"password: ")
        self.terminal.key("s3cret\r")
        self.assertNotIn("s3cret", self.terminal.until(r"Reenter password: "))
        self.terminal.key("s3cret\r")
        self.assertNotIn("s3cret", self.terminal.until(r'Account "noc" created\..*Baton\.2 # '))
        self.terminal.key("configure account noc t7ped\r")
        self.terminal.until(r"Baton\.3 # ")
        self.terminal.key("history\r")
        seen = self.terminal.until(r"2  history.*Baton\.4 # ")
        self.assertIn("create account user noc", seen)
        self.assertNotIn("t7ped", seen)
        self.leave()

    def test_errors_have_the_marks_that_other_makers_clients_look_for(self):
        self.terminal.key("show nonsense\r")
        self.terminal.until(r'%% "nonsense" is no command.*\^+\r\n%% Invalid input detected at \'\^\' marker\.\r\nBaton\.2 # ')
        self.terminal.key("delete vlan none\r")
        self.terminal.until(r"%% Error: there is no VLAN")
        self.leave()

    def test_an_ended_session_ends_its_client(self):
        done = subprocess.run([BATON, "-s", self.lab.socket, "clear", "session", "1"], capture_output=True, text=True, timeout=30)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.terminal.until(r"this session was ended by \w+")
        self.assertEqual(self.terminal.end(), 0)

    def test_who_exits_is_asked_whether_to_save_what_is_not(self):
        self.lab.unsave()
        self.terminal.key("show version\r")
        self.terminal.until(r"\* Baton\.2 # ")
        self.terminal.key("exit\r")
        self.terminal.until(SAVE)
        self.terminal.key("n\r")
        self.assertEqual(self.terminal.end(), 0)
        for round in (1, 2):
            self.terminal = Terminal("-s", self.lab.socket)
            self.terminal.key("exit\r")
            if round == 1:
                self.terminal.until(SAVE)
                self.terminal.key("y\r")
                self.terminal.until(r"The configuration is saved as primary, on both boards\.")
            self.assertEqual(self.terminal.end(), 0)

    def test_who_asked_not_to_be_asked_is_not(self):
        self.lab.unsave()
        self.terminal.key("disable cli prompting\r")
        self.terminal.until(r"\* Baton\.2 # ")
        self.terminal.key("reboot slot msm-b\r")
        self.assertNotIn("Are you sure", self.terminal.until(r"msm-b restarts\..*Baton\.3 # "))
        self.terminal.key("exit\r")
        self.assertEqual(self.terminal.end(), 0)  # a question would keep it

    def test_a_reboot_is_asked_back(self):
        self.terminal.key("reboot slot msm-b\r")
        self.terminal.until(r"\(y or n\) ")
        self.terminal.key("n\r")
        self.terminal.until(r"Baton\.")
        self.terminal.key("reboot slot msm-b\r")
        self.terminal.until(r"\(y or n\) ")
        self.terminal.key("y\r")
        self.terminal.until(r"msm-b restarts\.")
        self.leave()

    def test_long_answers_stop_at_pages_until_told_not_to(self):
        import fcntl
        import struct
        import termios

        fcntl.ioctl(self.terminal.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 10, 80, 0, 0))
        self.terminal.key("help\r")
        self.terminal.until(r"Press <SPACE> to continue or <Q> to quit:")
        self.terminal.key(" ")
        self.terminal.until(r"Press <SPACE> to continue or <Q> to quit:")
        self.terminal.key("q")
        self.terminal.until(r"Baton\.2 # ")
        self.terminal.key("disable clipaging\r")
        self.terminal.until(r"Baton\.3 # ")
        self.terminal.key("help\r")
        self.assertNotIn("Press <SPACE>", self.terminal.until(r"Filters: .*Baton\.4 # "))
        self.leave()

    def test_the_end_of_input_ends_the_session(self):
        self.terminal.key("\x04")
        self.assertEqual(self.terminal.end(), 0)


class FromAShell(unittest.TestCase):
    def setUp(self):
        self.lab = Lab()

    def tearDown(self):
        self.lab.end()

    def run_baton(self, *arguments, stdin="", **more):
        environment = dict(os.environ, BATON_SOCKET=self.lab.socket)
        return subprocess.run([BATON, *arguments], input=stdin, capture_output=True, text=True, env=environment, timeout=30, **more)

    def test_one_command_in_text_and_json(self):
        self.assertIn("Total: 3", self.run_baton("show", "fdb").stdout)
        import json

        self.assertEqual(json.loads(self.run_baton("-j", "show fdb").stdout)["total"], 3)
        self.assertEqual(json.loads(self.run_baton("show", "fdb", "|", "json").stdout)["total"], 3)

    def test_exit_codes(self):
        self.assertEqual(self.run_baton("show", "version").returncode, 0)
        self.assertEqual(self.run_baton("show", "vlan", "none").returncode, 1)
        self.assertEqual(self.run_baton("show", "nonsense").returncode, 2)
        self.assertEqual(self.run_baton("--nonsense").returncode, 2)
        self.assertEqual(self.run_baton("-s", "/tmp/no/such/socket", "show", "version").returncode, 3)

    def test_a_script_on_standard_input_stops_at_its_first_error(self):
        done = self.run_baton(stdin="create vlan a\n# comment\nnonsense\ncreate vlan b\n")
        self.assertEqual(done.returncode, 2)
        self.assertIn("standard input, line 3: nonsense", done.stderr)
        self.assertEqual(self.run_baton("show", "vlan", "b").returncode, 1)
        self.assertEqual(self.run_baton("-k", "-f", "-", stdin="nonsense\ncreate vlan b\n").returncode, 2)
        self.assertEqual(self.run_baton("show", "vlan", "b").returncode, 0)

    def test_a_script_asks_nothing_back(self):
        self.assertIn("msm-b restarts", self.run_baton("reboot", "slot", "msm-b").stdout)

    def test_a_pipe_that_closes_is_no_error(self):
        command = f"{BATON} help | head -1; exit ${{PIPESTATUS[0]}}"
        done = subprocess.run(["/bin/bash", "-c", command], capture_output=True, text=True, timeout=30,
                              env=dict(os.environ, BATON_SOCKET=self.lab.socket))
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_help_helps(self):
        for word in ("--json", "--timeout", "BATON_SOCKET", "Exit codes"):
            self.assertIn(word, self.run_baton("--help").stdout)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
