// SPDX-License-Identifier: Apache-2.0
#include "sync/chassis/process.h"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "sync/channel/backplane.h"
#include "sync/chassis/prompt.h"

namespace baton::chassis {
namespace {

constexpr int notes_buffer = 4 << 20;  // bytes: room for some thousand notes, so that a `give` never has to wait

struct Ready {  // all that the child needs, made before the fork
    const Launch* what;
    std::vector<char*> arguments;
    cpu_set_t cores;
    Fd null, program, socket;
    pid_t chassis;
    char nice[8];  // as text
};

[[noreturn]] void complain(const char* step) {
    char line[256];
    std::snprintf(line, sizeof line, "baton-chassis: a child cannot %s: errno %d\n", step, errno);
    if (::write(2, line, std::strlen(line)) < 0) ::_exit(126);
    ::_exit(126);
}

// For what a container may forbid and nothing depends on.
void try_to_write(const char* path, const char* text) {
    const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return;
    if (::write(fd, text, std::strlen(text)) < 0) errno = 0;
    ::close(fd);
}

// setuid and its kin by syscall: glibc's would signal threads that a forked child does not have.
void become(const Identity& identity) {
    if (!identity.change) return;
    if (::syscall(SYS_setgroups, 0, nullptr) < 0) complain("drop its groups");
    if (::syscall(SYS_setresgid, identity.gid, identity.gid, identity.gid) < 0) complain("change its group");
    if (::syscall(SYS_setresuid, identity.uid, identity.uid, identity.uid) < 0) complain("change its user");
    ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

// Between fork and exec of a program with threads: async-signal-safe calls only.
[[noreturn]] void run(const Ready& ready) {
    constexpr int program = backplane_fd + 1;
    const Launch& what = *ready.what;
    ::setsid();  // Ctrl-C on the chassis's terminal is for the chassis
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    ::setpriority(PRIO_PROCESS, 0, what.nice);
    ::sched_setaffinity(0, sizeof ready.cores, &ready.cores);
    try_to_write("/proc/self/autogroup", ready.nice);
    try_to_write("/proc/self/oom_score_adj", what.oom_score);
    if (::chdir(what.folder.c_str()) < 0) complain("enter its folder");
    // Moved above the targets first, as any of the three may be one of the others' numbers.
    const int socket = ::fcntl(ready.socket.get(), F_DUPFD, 16), null = ::fcntl(ready.null.get(), F_DUPFD, 16),
              image = ::fcntl(ready.program.get(), F_DUPFD, 16);
    if (::dup2(null, 0) < 0 || ::dup2(socket, backplane_fd) < 0 || ::dup2(image, program) < 0) complain("get its fds");
    ::syscall(SYS_close_range, static_cast<unsigned>(program) + 1, ~0u, 0u);
    ::fcntl(program, F_SETFD, FD_CLOEXEC);
    become(what.identity);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);              // after the change of user, which would clear it
    if (::getppid() != ready.chassis) ::_exit(127);  // the chassis died before that line
    ::execv(what.program.c_str(), ready.arguments.data());
    // The user may not be allowed to walk there: then by the fd that root opened.
    ::syscall(SYS_execveat, program, "", ready.arguments.data(), environ, AT_EMPTY_PATH);
    complain("execute its program");
}

std::string because(const char* what) {
    return std::string(what) + ": " + std::strerror(errno);
}

}  // namespace

Identity identity_of(const std::string& user) {
    const passwd* entry = ::getpwnam(user.c_str());
    if (::geteuid() != 0 || !entry) return {};
    return {true, entry->pw_uid, entry->pw_gid};
}

void Process::kill() const {
    ::syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, 0u);
}

Result<Process> launch(const Launch& what) {
    Ready ready{};
    ready.what = &what;
    ready.chassis = ::getpid();
    std::snprintf(ready.nice, sizeof ready.nice, "%d", what.nice);
    ready.arguments.push_back(const_cast<char*>(what.program.c_str()));
    for (const auto& argument : what.arguments) ready.arguments.push_back(const_cast<char*>(argument.c_str()));
    ready.arguments.push_back(nullptr);
    CPU_ZERO(&ready.cores);
    for (const unsigned core : what.cores) CPU_SET(core, &ready.cores);
    ready.null = Fd{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    ready.program = Fd{::open(what.program.c_str(), O_PATH | O_CLOEXEC)};
    int ends[2];
    if (!ready.null || !ready.program || ::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return failure(because("cannot prepare a child"));
    Process process;
    process.socket = Fd{ends[0]};
    ready.socket = Fd{ends[1]};
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    if (::setsockopt(ends[0], SOL_SOCKET, SO_SNDBUFFORCE, &notes_buffer, sizeof notes_buffer) < 0)
        ::setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &notes_buffer, sizeof notes_buffer);

    process.pid = ::fork();
    if (process.pid < 0) return failure(because("cannot fork"));
    if (process.pid == 0) run(ready);
    process.pidfd =
        Fd{static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0u))};  // safe: we have not waited for it
    if (!process.pidfd) {
        const std::string why = because("no pidfd for a child");
        ::kill(process.pid, SIGKILL);
        ::waitpid(process.pid, nullptr, 0);
        return failure(why);
    }
    return process;
}

void set_nice(const Process& process, int nice) {
    char path[48], text[8];
    std::snprintf(text, sizeof text, "%d", nice);
    std::snprintf(path, sizeof path, "/proc/%d/autogroup", process.pid);
    try_to_write(path, text);
    std::snprintf(path, sizeof path, "/proc/%d/task", process.pid);
    DIR* tasks = ::opendir(path);
    if (!tasks) return;
    while (const dirent* task = ::readdir(tasks))
        if (const int id = std::atoi(task->d_name); id > 0) ::setpriority(PRIO_PROCESS, static_cast<id_t>(id), nice);
    ::closedir(tasks);
}

bool has_ended(const Process& process, Ended& how) {
    siginfo_t info{};
    if (::waitid(P_PID, static_cast<id_t>(process.pid), &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid == 0)
        return false;
    how.signal = info.si_code == CLD_EXITED ? 0 : static_cast<std::uint32_t>(info.si_status);
    how.code = info.si_code == CLD_EXITED ? info.si_status : 0;
    return true;
}

void bury(pid_t pid) {
    const Patient while_the_kernel_tidies_up;
    ::waitpid(pid, nullptr, WNOHANG);
}

}  // namespace baton::chassis
