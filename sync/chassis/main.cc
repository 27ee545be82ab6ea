// SPDX-License-Identifier: Apache-2.0
// baton-chassis: read the configuration, have the ports checked, create the memory, keep the switch. Whatever can be
// wrong is found before the first child starts.
#include <fcntl.h>
#include <fmt/core.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>

#include "sync/chassis/act.h"
#include "sync/chassis/flash_dir.h"
#include "sync/chassis/keeper.h"
#include "sync/chassis/port_check.h"
#include "sync/chassis/prompt.h"

namespace baton::chassis {
namespace {

// Out of the reach of what ends other processes: memory pressure, a busy CPU, a closed pipe. Each may be forbidden by a
// container; nothing depends on it.
void harden(const Options& options) {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    for (const unsigned core : options.housekeeping_cores) CPU_SET(core, &cores);
    ::sched_setaffinity(0, sizeof cores, &cores);  // first: a prompt thread has no business on a worker's core
    if (!be_prompt()) log::info("real-time priority refused; effect=\"a busy machine delays the notice of a death\"");
    ::signal(SIGPIPE, SIG_IGN);
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    ::setpriority(PRIO_PROCESS, 0, -20);
    if (Fd score{::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)}; score)
        if (::write(score.get(), "-1000", 5) < 0) log::debug("oom_score_adj stays");
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &files);
    }
}

// Not before the arenas are made: a sparse one in huge pages that is mapped while this is in force is filled at once,
// MCL_ONFAULT or not (Linux 6.18: 512 MB for the FDB's control words).
void stay_in_memory() {
    ::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
}

// Before any thread, so that all inherit it and the main loop's signalfd gets them.
void block_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) sigaddset(&set, signal);
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
}

bool choose_pages(const Options& options) {
    const std::size_t wanted = memory_wanted(options);
    if (options.hugepages != HugePages::automatic) return options.hugepages == HugePages::yes;
    if (huge_pages_available(wanted)) return true;
    log::warning("fewer than {} free huge pages of 2 MB: using 4 KB pages, which is slower", (wanted >> 21) + 1);
    return false;
}

int run(int argc, char** argv) {
    const auto options = read_options(argc, argv);
    if (!options) return 0;
    if (options->act != Act::none) return act(*options);
    log::open("baton-chassis", options->log_level);
    const bool huge = choose_pages(*options);
    check_ports(*options, huge);
    if (options->check_only) return std::puts("the configuration is good"), 0;
    block_signals();
    const Identity identity = identity_of(options->board_user);
    if (!identity.change) log::warning("not started by root: the boards run as the same user as the chassis");
    const RunDir run_dir(options->run_dir, identity.change ? identity.uid : ::geteuid(),
                         identity.change ? identity.gid : ::getegid());
    make_flash(options->flash_dir, identity.change ? identity.uid : ::geteuid(),
               identity.change ? identity.gid : ::getegid());
    harden(*options);  // not before it is certain that no other chassis runs here, whose boards it would keep waiting
    if (run_dir.cleaned()) log::notice("cleaned what a killed chassis left in {}", options->run_dir);
    const Arenas arenas(*options, huge ? Pages::huge : Pages::small);
    stay_in_memory();
    log::notice("chassis started pid={} release={} run_dir={} flash_dir={} huge={} ports={}", ::getpid(), BATON_VERSION,
                options->run_dir, options->flash_dir, huge ? 1 : 0, options->ports.size());
    return Keeper(*options, arenas, run_dir, huge).run();
}

}  // namespace
}  // namespace baton::chassis

int main(int argc, char** argv) {
    try {
        return baton::chassis::run(argc, argv);
    } catch (const baton::StartupError& error) {
        fmt::print(stderr, "{}\n", error.what);
        return error.exit_code;
    }
}
