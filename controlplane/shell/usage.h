// SPDX-License-Identifier: Apache-2.0
// What `baton` understands on its command line: read by --help, and by the man page and the shell completion that are
// made when Baton is built (manual.cc).
#pragma once

#include <string_view>

namespace baton::session {

struct ProgramOption {
    char letter;
    std::string_view name, value, help;  // no name: has a letter only
};

inline constexpr ProgramOption program_options[] = {
    {'j', "json", "", "answer in JSON, errors too"},
    {'f', "file", "FILE", "run the commands in FILE; stop at the first that fails; - is standard input"},
    {'k', "keep-going", "", "do not stop"},
    {'y', "yes", "", "ask nothing back"},
    {'c', "", "LINE", "run LINE (as a login shell is told to)"},
    {'l', "login", "", "ask for the name and password of an account on the switch"},
    {'a', "as", "NAME", "log in as that account; its password is asked for when you have fewer rights than it has"},
    {'s', "socket", "PATH", "where the master listens (default: $BATON_SOCKET, else /run/baton/session.sock)"},
    {'t', "timeout", "SECONDS", "how long to wait for a master, and for each piece of an answer (default 10)"},
    {'C', "complete", "LINE", "print what could end LINE, one word a line (for shells)"},
    {'h', "help", "", "this"},
    {'V', "version", "", "the release"},
};

struct ExitCode {
    int code;
    std::string_view meaning;
};

inline constexpr ExitCode exit_codes[] = {
    {0, "done"},
    {1, "failed"},
    {2, "syntax"},
    {3, "no master"},
    {5, "not ready for a hitless failover"},
    {6, "no answer in time"},
};

inline constexpr std::string_view program_uses[][2] = {
    {"baton", "a session at the terminal; ? explains, Tab completes"},
    {"baton show fdb", "one command"},
    {"baton -j show msm-failover", "its answer as JSON"},
    {"baton -f FILE", "the commands in FILE, one a line; - is standard input"},
    {"baton < FILE", "the same"},
};

inline constexpr std::string_view about_filters =
    "A bar filters the answer: | json, | include RE, | exclude RE, | begin RE, | count. Quote it for the shell:";

inline constexpr std::string_view about_failover =
    "When the baton changes hands in the middle of a command, a read is asked again; a change is never repeated: the "
    "new\n"
    "master says what became of it.";

inline constexpr std::string_view about_accounts =
    "Root is an administrator. So are the members of the group that owns the socket (baton), but for those with an\n"
    "account of their name on the switch: then that account's role counts. Over ssh, sshd says who the user is: give\n"
    "operators baton as login shell or as forced command.";

}  // namespace baton::session
