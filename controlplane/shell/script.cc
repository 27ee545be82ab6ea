// SPDX-License-Identifier: Apache-2.0
#include "controlplane/shell/script.h"

#include <fmt/core.h>
#include <unistd.h>

#include "controlplane/commands/line.h"

namespace baton::session {
namespace {

/// JSON errors go where JSON answers go, so that a program that reads them finds one.
void complain(const Client::Answer& answer, bool json) {
    write_all(json ? STDOUT_FILENO : STDERR_FILENO, answer.complaint);
}

}  // namespace

int run_once(Client& client, const std::string& line) {
    const auto answer = client.run(line, STDOUT_FILENO);
    complain(answer, client.options().json);
    return static_cast<int>(answer.code);
}

int run_script(Client& client, std::istream& in, const std::string& name, bool keep_going) {
    int first_failure = 0;
    std::string line;
    for (std::size_t number = 1; std::getline(in, line); ++number) {
        const auto begin = line.find_first_not_of(" \t\r");
        if (begin == std::string::npos || line[begin] == '#') continue;
        while (line.ends_with('\r')) line.pop_back();
        const auto answer = client.run(line, STDOUT_FILENO);
        if (client.output_gone()) return 0;
        if (answer.local == "exit") break;
        if (answer.code == Code::ok) continue;
        write_all(STDERR_FILENO, fmt::format("%% {}, line {}: {}\n", name, number, line));
        complain(answer, client.options().json);
        if (first_failure == 0) first_failure = static_cast<int>(answer.code);
        if (!keep_going || answer.code == Code::no_master) break;
    }
    return first_failure;
}

std::string line_of(int count, char* const words[]) {
    if (count == 1) return words[0];
    std::string out;
    for (int i = 0; i < count; ++i) {
        const std::string_view word = words[i];
        if (i) out += ' ';
        out += word == "|" || word == "?" ? std::string(word) : commands::as_typed(word);
    }
    return out;
}

}  // namespace baton::session
