// SPDX-License-Identifier: Apache-2.0
#include "bench/tester/commands.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cstdlib>

#include "bench/tester/report.h"

namespace baton::tester {

std::string do_command(const std::string& line, Runner& runner) {
    const auto space = line.find(' ');
    const auto word = line.substr(0, space);
    const auto rest = space == std::string::npos ? "" : line.substr(space + 1);
    Result<void> done;
    if (word == "status") return runner.status();
    if (word == "mark" && !rest.empty()) {
        runner.mark(rest);
    } else if (word == "announce" && rest.empty()) {
        runner.announce();
    } else if (word == "silence" || word == "answer") {
        done = runner.set_answers(rest, word == "answer");
    } else if (word == "stop") {
        runner.stop();
    } else if (word == "start") {
        done = runner.start(rest);
    } else if (word == "pause") {
        done = runner.pause(rest);
    } else if (const auto last = rest.rfind(' '); word == "rate" && last != std::string::npos) {
        done = runner.set_rate(rest.substr(0, last), std::strtod(rest.c_str() + last, nullptr));
    } else {
        done = failure(
            "no such command; there are mark NAME, start FLOW, pause FLOW, rate FLOW N, silence HOST, answer HOST, "
            "announce, status, stop");
    }
    if (!done)
        return fmt::format(R"({{"event":"error","command":{},"error":{}}})", quoted(line), quoted(done.error().what));
    return fmt::format(R"({{"event":"done","command":{},"offered":{}}})", quoted(line), runner.ledger().offered());
}

void Commands::serve(int fd, Runner& runner, const Runner::Tell& tell) {
    if (closed_) return;
    pollfd waiting{fd, POLLIN, 0};
    if (::poll(&waiting, 1, 0) <= 0) return;
    char bytes[4096];
    const auto size = ::read(fd, bytes, sizeof bytes);
    if (size <= 0) {
        closed_ = true;
        runner.stop();
        return;
    }
    pending_.append(bytes, static_cast<std::size_t>(size));
    for (std::size_t end; (end = pending_.find('\n')) != std::string::npos;) {
        const auto line = pending_.substr(0, end);
        pending_.erase(0, end + 1);
        if (!line.empty()) tell(do_command(line, runner));
    }
}

}  // namespace baton::tester
