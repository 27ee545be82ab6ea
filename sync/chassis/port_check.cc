// SPDX-License-Identifier: Apache-2.0
#include "sync/chassis/port_check.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sstream>

#include "sync/region/arena.h"

namespace baton::chassis {
namespace {

constexpr Duration patience = seconds(20);
constexpr std::size_t most_output = 64 * 1024;

bool is_part_of_a_name(char c) {
    return (c >= '0' && c <= '9') || c == ':' || c == '.' || c == '/';
}

// True when the port's name stands in the line as a word of its own: "1:1" is not in "1:11" nor in "file:1:1".
bool names(std::string_view line, std::string_view port) {
    for (auto at = line.find(port); at != std::string_view::npos; at = line.find(port, at + 1)) {
        const bool fresh = at == 0 || !is_part_of_a_name(line[at - 1]);
        const auto end = at + port.size();
        if (fresh && (end == line.size() || line[end] == ':' || !is_part_of_a_name(line[end]))) return true;
    }
    return false;
}

// What the program printed; its wait status in `status`, -1 when it had to be ended.
std::string output_of(const std::string& program, const std::vector<std::string>& arguments, int& status) {
    std::vector<char*> words{const_cast<char*>(program.c_str())};
    for (const auto& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
    words.push_back(nullptr);
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) < 0) throw StartupError{1, "no pipe for the port check: too many open files?"};
    Fd from{ends[0]}, to{ends[1]};
    const pid_t pid = ::fork();
    if (pid < 0) throw StartupError{1, "cannot fork for the port check"};
    if (pid == 0) {
        sigset_t none;
        sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
        ::dup2(to.get(), 1);
        ::dup2(to.get(), 2);
        ::execv(program.c_str(), words.data());
        ::_exit(127);
    }
    to.reset();
    std::string output;
    const Time until = monotonic_now() + patience;
    while (true) {
        const Duration left = until - monotonic_now();
        pollfd one{from.get(), POLLIN, 0};
        char chunk[4096];
        if (left <= Duration{} || ::poll(&one, 1, static_cast<int>(left.ns / 1'000'000)) == 0) {
            ::kill(pid, SIGKILL);
            ::waitpid(pid, nullptr, 0);
            status = -1;
            return output;
        }
        const ssize_t size = ::read(from.get(), chunk, sizeof chunk);
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) break;
        if (output.size() < most_output) output.append(chunk, static_cast<std::size_t>(size));
    }
    ::waitpid(pid, &status, 0);
    return output;
}

}  // namespace

std::string with_place(const Options& options, std::string_view line) {
    for (const PortLine& port : options.ports)
        if (names(line, port.name.text())) return fmt::format("{}: {}", port.where, line);
    for (const ModuleLine& module : options.modules)
        if (line.starts_with(fmt::format("module {}:", module.module)))
            return fmt::format("{}: {}", module.where, line);
    return std::string(line);
}

void check_ports(const Options& options, bool huge) {
    int status = 0;
    const std::string output = output_of(options.dataplane_program, dataplane_arguments(options, huge, true), status);
    if (status == 0) return;
    std::string faults;
    std::istringstream lines(output);
    for (std::string line; std::getline(lines, line);)
        if (!line.empty()) faults += with_place(options, line) + "\n";
    if (status == -1)
        faults +=
            fmt::format("{} --check gave no answer in {} s", options.dataplane_program, patience.ns / 1'000'000'000);
    else if (faults.empty() || WIFSIGNALED(status))
        faults +=
            fmt::format("{} --check failed (wait status {:#x}): run it by hand", options.dataplane_program, status);
    while (!faults.empty() && faults.back() == '\n') faults.pop_back();
    throw StartupError{2, faults};
}

}  // namespace baton::chassis
