// SPDX-License-Identifier: Apache-2.0
// baton: the command line of the switch, at a terminal, for one command, or for a script; it may be a login shell.
#include <getopt.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

#include "controlplane/shell/interactive.h"
#include "controlplane/shell/script.h"

namespace {

constexpr const char* usage =
    R"(baton - the command line of the Baton switch

  baton                       a session at the terminal; ? explains, Tab completes
  baton show fdb              one command
  baton -j show msm-failover  its answer as JSON
  baton -f FILE               the commands in FILE, one a line; - is standard input
  baton < FILE                the same

Options (before the command):
  -j, --json             answer in JSON, errors too
  -f, --file FILE        run the commands in FILE; stop at the first that fails
  -k, --keep-going       do not stop
  -y, --yes              ask nothing back
  -c LINE                run LINE (as a login shell is told to)
  -s, --socket PATH      where the master listens (default: $BATON_SOCKET, else /run/baton/session.sock)
  -t, --timeout SECONDS  how long to wait for a master, and for each piece of an answer (default 10)
  -h, --help             this
  -V, --version          the release

A bar filters the answer: | json, | include RE, | exclude RE, | begin RE, | count. Quote it for the shell:
  baton 'show fdb | include 1:3'

When the baton changes hands in the middle of a command, a read is asked again; a change is never repeated: the new
master says what became of it.

Exit codes: 0 done, 1 failed, 2 syntax, 3 no master, 5 not ready for a hitless failover, 6 no answer in time.
`baton help` lists the commands.
)";

int wrong(const char* program, const std::string& what) {
    std::fprintf(stderr, "%%%% %s; %s --help shows how\n", what.c_str(), program);
    return 2;
}

}  // namespace

int main(int argc, char* argv[]) {
    using namespace baton;
    std::signal(SIGPIPE, SIG_IGN);
    session::Client::Options options;
    const char* from_environment = std::getenv("BATON_SOCKET");
    options.path = from_environment && *from_environment ? from_environment : "/run/baton/session.sock";
    std::string file, line;
    bool keep_going = false, yes = false, has_line = false;

    constexpr option longs[] = {{"json", no_argument, nullptr, 'j'},
                                {"file", required_argument, nullptr, 'f'},
                                {"keep-going", no_argument, nullptr, 'k'},
                                {"yes", no_argument, nullptr, 'y'},
                                {"socket", required_argument, nullptr, 's'},
                                {"timeout", required_argument, nullptr, 't'},
                                {"help", no_argument, nullptr, 'h'},
                                {"version", no_argument, nullptr, 'V'},
                                {nullptr, 0, nullptr, 0}};
    opterr = 0;
    for (int c; (c = ::getopt_long(argc, argv, "+:jf:kyc:s:t:hV", longs, nullptr)) != -1;) {
        switch (c) {
            case 'j': options.json = true; break;
            case 'f': file = optarg; break;
            case 'k': keep_going = true; break;
            case 'y': yes = true; break;
            case 'c':
                line = optarg;
                has_line = true;
                break;
            case 's': options.path = optarg; break;
            case 't': {
                char* end = nullptr;
                const double seconds = std::strtod(optarg, &end);
                if (end == optarg || *end != 0 || !(seconds > 0) || seconds > 86400)
                    return wrong(argv[0], "a timeout is a number of seconds up to 86400");
                options.timeout = nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
                break;
            }
            case 'h': std::fputs(usage, stdout); return 0;
            case 'V': std::puts("baton " BATON_VERSION); return 0;
            case ':': return wrong(argv[0], std::string("option ") + argv[optind - 1] + " needs a value");
            default: return wrong(argv[0], std::string("there is no option ") + argv[optind - 1]);
        }
    }
    if (optind < argc) {
        if (!file.empty() || has_line) return wrong(argv[0], "a command and a file or -c cannot go together");
        line = session::line_of(argc - optind, argv + optind);
        has_line = true;
    }
    const bool terminal = ::isatty(STDIN_FILENO);
    if (terminal && !yes && file.empty()) options.confirm = session::ask_at_terminal;

    session::Client client(std::move(options));
    if (has_line) return session::run_once(client, line);
    if (file == "-" || (file.empty() && !terminal))
        return session::run_script(client, std::cin, "standard input", keep_going);
    if (file.empty()) return session::interactive(client);
    std::ifstream in(file);
    if (!in) return wrong(argv[0], "cannot read " + file);
    return session::run_script(client, in, file, keep_going);
}
