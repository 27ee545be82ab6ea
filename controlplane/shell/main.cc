// SPDX-License-Identifier: Apache-2.0
// baton: the command line of the switch, at a terminal, for one command, or for a script; it may be a login shell.
#include <fmt/core.h>
#include <getopt.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <vector>

#include "controlplane/shell/interactive.h"
#include "controlplane/shell/script.h"
#include "controlplane/shell/usage.h"

namespace {

void print_usage() {
    using namespace baton::session;
    std::puts("baton - the command line of the Baton switch\n");
    for (const auto& [line, what] : program_uses) fmt::print("  {:<28}{}\n", line, what);
    std::puts("\nOptions (before the command):");
    for (const auto& option : program_options) {
        const auto name = option.name.empty() ? "" : fmt::format(", --{}", option.name);
        fmt::print("  {:<26}{}\n", fmt::format("-{}{} {}", option.letter, name, option.value), option.help);
    }
    fmt::print("\n{}\n  baton 'show fdb | include 1:3'\n\n{}\n\n{}\n\nExit codes:", about_filters, about_failover,
               about_accounts);
    for (const auto& one : exit_codes) fmt::print("{} {} {}", &one == exit_codes ? "" : ",", one.code, one.meaning);
    std::puts(".\n`baton help` lists the commands.");
}

/// Where the operator sits.
std::string whereabouts() {
    if (const char* ssh = std::getenv("SSH_CONNECTION"); ssh && *ssh) {
        const std::string_view all(ssh);
        return fmt::format("ssh {}", all.substr(0, all.find(' ')));
    }
    const char* terminal = ::isatty(STDIN_FILENO) ? ::ttyname(STDIN_FILENO) : nullptr;
    return terminal ? terminal : "local";
}

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
    options.from = whereabouts();
    std::string file, line;
    bool keep_going = false, yes = false, has_line = false, login = false, completes = false;

    std::string letters = "+:";
    std::vector<option> longs;
    for (const auto& one : session::program_options) {
        const bool value = !one.value.empty();
        letters += one.letter;
        if (value) letters += ':';
        if (!one.name.empty())
            longs.push_back({one.name.data(), value ? required_argument : no_argument, nullptr, one.letter});
    }
    longs.push_back({});
    opterr = 0;
    for (int c; (c = ::getopt_long(argc, argv, letters.c_str(), longs.data(), nullptr)) != -1;) {
        switch (c) {
            case 'j': options.json = true; break;
            case 'f': file = optarg; break;
            case 'k': keep_going = true; break;
            case 'y': yes = true; break;
            case 'c':
                line = optarg;
                has_line = true;
                break;
            case 'l': login = true; break;
            case 'a': options.account = optarg; break;
            case 'C':
                line = optarg;
                completes = true;
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
            case 'h': print_usage(); return 0;
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
    if (terminal && file.empty()) options.secret = session::ask_unseen;
    if (login) {
        const auto name = terminal ? session::ask_for("login: ") : std::nullopt;
        const auto password = name ? session::ask_unseen("password: ") : std::nullopt;
        if (!password) return wrong(argv[0], "a login needs a terminal, a name and a password");
        options.account = *name;
        options.password = *password;
        options.by_password = true;
    }

    session::Client client(std::move(options));
    if (completes) {
        for (const auto& word : client.complete(line, line.size())) std::puts(word.c_str());
        return 0;
    }
    if (has_line) return session::run_once(client, line);
    if (file == "-" || (file.empty() && !terminal))
        return session::run_script(client, std::cin, "standard input", keep_going);
    if (file.empty()) return session::interactive(client);
    std::ifstream in(file);
    if (!in) return wrong(argv[0], "cannot read " + file);
    return session::run_script(client, in, file, keep_going);
}
