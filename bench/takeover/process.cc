// SPDX-License-Identifier: Apache-2.0
#include "bench/takeover/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <utility>

namespace baton::takeover {

Process::Process(const std::vector<std::string>& words, const std::string& log, bool talks) {
    std::vector<char*> arguments;
    for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    int in[2] = {-1, -1}, out[2] = {-1, -1};
    if (talks && (::pipe2(in, O_CLOEXEC) < 0 || ::pipe2(out, O_CLOEXEC) < 0))
        throw StartupError{1, "no pipe: too many open files?"};
    Fd child_in{in[0]}, child_out{out[1]}, file{::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)};
    to_ = Fd{in[1]};
    from_ = Fd{out[0]};
    pid_ = ::fork();
    if (pid_ < 0) throw StartupError{1, "cannot fork"};
    if (pid_ > 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (talks) ::dup2(child_in.get(), 0);
    ::dup2(talks ? child_out.get() : file.get(), 1);
    ::dup2(file.get(), 2);
    const rlimit core{RLIM_INFINITY, RLIM_INFINITY};  // a crash shall have all it has in life
    ::setrlimit(RLIMIT_CORE, &core);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)),
      to_(std::move(other.to_)),
      from_(std::move(other.from_)),
      pending_(std::move(other.pending_)) {}

Process& Process::operator=(Process&& other) noexcept {
    std::swap(pid_, other.pid_);
    std::swap(to_, other.to_);
    std::swap(from_, other.from_);
    std::swap(pending_, other.pending_);
    return *this;
}

Process::~Process() {
    if (pid_ == 0) return;
    ::kill(pid_, SIGTERM);
    if (wait(seconds(3)) >= 0) return;
    ::kill(pid_, SIGKILL);
    wait(seconds(10));
}

int Process::wait(Duration at_most) {
    for (const Time until = monotonic_now() + at_most; pid_ != 0; ::usleep(1000)) {
        int status = 0;
        if (::waitpid(pid_, &status, WNOHANG) == pid_) {
            pid_ = 0;
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        }
        if (monotonic_now() >= until) return -1;
    }
    return 0;
}

void Process::say(const std::string& line) const {
    const std::string text = line + "\n";
    if (::write(to_.get(), text.data(), text.size()) < 0) throw StartupError{1, "the tester does not listen any more"};
}

std::string Process::line(Duration at_most) {
    for (const Time until = monotonic_now() + at_most;;) {
        if (const auto end = pending_.find('\n'); end != std::string::npos) {
            std::string line = pending_.substr(0, end);
            pending_.erase(0, end + 1);
            return line;
        }
        const Duration left = until - monotonic_now();
        pollfd one{from_.get(), POLLIN, 0};
        char chunk[65536];
        if (left <= Duration{} || ::poll(&one, 1, static_cast<int>(left.ns / 1'000'000) + 1) <= 0) return {};
        const ssize_t size = ::read(from_.get(), chunk, sizeof chunk);
        if (size <= 0) return {};
        pending_.append(chunk, static_cast<std::size_t>(size));
    }
}

}  // namespace baton::takeover
