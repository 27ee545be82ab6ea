// SPDX-License-Identifier: Apache-2.0
// Every way for a master to die or hang: what is recorded, and that the baton moves only once the last holder writes no
// more. Times are printed, never judged.
#include <dirent.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>

#include "tests/sync/chassis/harness.h"

namespace baton::test {
namespace {

class Crash : public Keeper {
  protected:
    /// What holds after every loss of term 1 by msm-a: fenced, recorded, granted, started again.
    std::string judge(const std::string& cause) {
        const std::string granted = wait_event("msm-b granted term=2");
        EXPECT_EQ(value(granted, "cause"), cause);
        EXPECT_EQ(value(granted, "other_ended"), "true") << "granted while the last holder could still write";
        EXPECT_EQ(value(granted, "quiet"), "true");
        EXPECT_EQ(value(granted, "word"), "2/msm-b");
        EXPECT_EQ(value(granted, "ring"), "2/0");
        EXPECT_EQ(name_of(record(2).cause), cause);
        EXPECT_EQ(record(2).last_holder, 1u);
        EXPECT_GT(record(2).lost_ns, 0);
        EXPECT_GE(record(2).granted_ns, record(2).lost_ns);
        wait_log("able from=msm-a", 2);
        fmt::print("    lost to granted: {} us\n", (record(2).granted_ns - record(2).lost_ns) / 1000);
        return granted;
    }

    std::filesystem::path core() const {
        for (const auto& entry : std::filesystem::directory_iterator(run_dir_ + "/cores"))
            if (entry.path().filename().string().starts_with("core")) return entry.path();
        return {};
    }

    /// Processor time that a process has used.
    static long cpu_ms(pid_t pid) {
        std::string stat;
        std::getline(std::ifstream("/proc/" + std::to_string(pid) + "/stat"), stat);
        long user = 0, system = 0;
        std::sscanf(stat.c_str() + stat.rfind(')') + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %ld %ld", &user,
                    &system);
        return (user + system) * 1000 / ::sysconf(_SC_CLK_TCK);
    }

    static bool traced(pid_t pid) {
        std::ifstream status("/proc/" + std::to_string(pid) + "/status");
        for (std::string line; std::getline(status, line);)
            if (line.starts_with("TracerPid:")) return line.find_first_of("123456789") != std::string::npos;
        return false;
    }

    static bool cores_are_files() {
        std::string pattern;
        std::getline(std::ifstream("/proc/sys/kernel/core_pattern") >> std::ws, pattern);
        return pattern.starts_with("core");
    }
};

TEST_F(Crash, sigkill_is_noticed_by_the_life_mutex) {
    start_and_settle();
    ::kill(pid_of(Slot::msm_a), SIGKILL);
    judge("exception");
    wait_log("gone unit=msm-a signal=9");
    wait_for("the signal in the record", [&] { return record(2).signal == 9u; });
    EXPECT_EQ(count_log("dying words"), 0);
}

TEST_F(Crash, sigsegv_says_words_first_and_the_grant_does_not_wait_for_the_core) {
    start_and_settle();
    tell("msm-a", "fatten");
    wait_event("msm-a done fatten");
    tell("msm-a", "segv");
    judge("exception");
    const std::string words = wait_log("dying words slot=msm-a");
    EXPECT_EQ(value(words, "signal"), "11");
    EXPECT_EQ(value(words, "address"), "0x1230");
    EXPECT_NE(number(words, "pc"), 0);
    EXPECT_EQ(record(2).signal, 11u);
    EXPECT_LT(place(log(), "dying words"), place(log(), "baton granted term=2"));
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "sanitizers forbid cores: the core itself is not looked at";
#endif
    if (!cores_are_files()) GTEST_SKIP() << "core_pattern is no plain file name here: the core itself is not looked at";
    wait_for("the core", [&] { return !core().empty() && std::filesystem::file_size(core()) > (64u << 20); });

    struct stat about {};

    ASSERT_EQ(::stat(core().c_str(), &about), 0);
    const std::int64_t written = about.st_mtim.tv_sec * 1'000'000'000LL + about.st_mtim.tv_nsec;
    EXPECT_LT(record(2).wall_ns, written) << "the grant came after the last byte of the core";
    fmt::print("    granted {} ms before the core was complete\n", (written - record(2).wall_ns) / 1'000'000);
}

TEST_F(Crash, a_crash_of_another_thread_is_the_boards) {
    start_and_settle();
    const pid_t master = pid_of(Slot::msm_a);
    tell("msm-a", "segv-in-thread");
    judge("exception");
    const std::string words = wait_log("dying words slot=msm-a");
    EXPECT_EQ(value(words, "address"), "0x4560");
    EXPECT_NE(number(words, "thread"), master);
}

TEST_F(Crash, an_overflowing_stack_still_has_a_stack_to_say_so) {
    start_and_settle();
    tell("msm-a", "overflow");
    judge("exception");
    EXPECT_EQ(value(wait_log("dying words slot=msm-a"), "signal"), "11");
}

TEST_F(Crash, abort_is_recorded_as_sigabrt) {
    start_and_settle();
    tell("msm-a", "abort");
    judge("exception");
    EXPECT_EQ(value(wait_log("dying words slot=msm-a"), "signal"), "6");
    EXPECT_EQ(record(2).signal, 6u);
}

TEST_F(Crash, an_uncaught_exception_says_what) {
    start_and_settle();
    tell("msm-a", "throw");
    judge("exception");
    EXPECT_NE(wait_log("dying words slot=msm-a").find("what=\"uncaught exception: the fan stopped\""),
              std::string::npos);
}

TEST_F(Crash, a_stopped_master_is_killed_before_the_grant) {
    start_and_settle();
    const pid_t master = pid_of(Slot::msm_a);
    ::kill(master, SIGSTOP);
    judge("keepalive");
    EXPECT_LT(place(log(), "killed unit=msm-a cause=keepalive"), place(log(), "baton granted term=2"));
    wait_for("its end", [&] { return !exists(master); });
}

TEST_F(Crash, a_stopped_slave_is_killed_and_the_master_not_disturbed) {
    start_and_settle();
    ::kill(pid_of(Slot::msm_b), SIGSTOP);
    wait_log("killed unit=msm-b cause=keepalive");
    wait_log("able from=msm-b", 2);
    EXPECT_EQ(GrantWord::of(baton().grant).term, 1u);
}

TEST_F(Crash, a_stuck_loop_is_the_watchdogs_affair) {
    start_and_settle();
    const pid_t master = pid_of(Slot::msm_a);
    tell("msm-a", "stick");
    judge("watchdog");
    const std::string words = wait_log("dying words slot=msm-a cause=watchdog");
    EXPECT_NE(words.find("the event loop stood for"), std::string::npos);
    EXPECT_NE(number(words, "thread"), master) << "the words are the watchdog thread's";
    EXPECT_EQ(count_log("killed unit=msm-a cause=keepalive"), 0);
}

TEST_F(Crash, a_dead_board_that_a_debugger_holds_costs_no_time_and_is_started_again_when_it_is_let_go) {
    start_and_settle();
    const pid_t master = pid_of(Slot::msm_a), debugger = ::fork();
    if (debugger == 0) {
        if (::ptrace(PTRACE_SEIZE, master, nullptr, nullptr) != 0) ::_exit(1);
        while (true) ::pause();
    }
    wait_for("a debugger", [&] { return traced(master) || ::waitpid(debugger, nullptr, WNOHANG) != 0; });
    if (!traced(master)) GTEST_SKIP() << "no process may be traced here";
    ::kill(master, SIGKILL);
    wait_event("msm-b granted term=2");
    const long before = cpu_ms(chassis_);
    ::usleep(500'000);
    EXPECT_LT(cpu_ms(chassis_) - before, 100) << "ms of 500: it asks over and over for what it cannot have";
    EXPECT_EQ(count_log("gone unit=msm-a"), 0);
    ::kill(debugger, SIGKILL);
    ::waitpid(debugger, nullptr, 0);
    wait_log("gone unit=msm-a");
    wait_log("able from=msm-a", 2);
}

TEST_F(Crash, a_main_thread_that_ends_alone_takes_its_process_along) {
    start_and_settle();
    const pid_t master = pid_of(Slot::msm_a);
    tell("msm-a", "thread-exit");
    judge("exception");
    wait_for("its end", [&] { return !exists(master); });
}

TEST_F(Crash, an_exit_without_a_release_is_a_fault) {
    start_and_settle();
    tell("msm-a", "exit");
    judge("exception");
    wait_log("gone unit=msm-a exit_code=3");
}

TEST_F(Crash, a_page_that_claims_its_owner_died_is_not_believed_while_the_owner_runs) {
    start_and_settle();
    const pid_t master = pid_of(Slot::msm_a);
    tell("msm-a", "scribble");
    wait_event("msm-a done scribble");
    ::usleep(300'000);  // the watcher looks at the word at least every 100 ms
    EXPECT_EQ(GrantWord::of(baton().grant).term, 1u);
    EXPECT_TRUE(exists(master));
    ::kill(master, SIGKILL);
    judge("exception");
}

TEST_F(Crash, twenty_in_a_row_each_get_their_own_term) {
    start_and_settle();
    const char* orders[] = {"segv", "abort", "release", "exit"};
    for (Term term = 2; term <= 21; ++term) {
        const Slot holder = GrantWord::of(baton().grant).holder;
        const std::string name(name_of(holder));
        const int able = count_log("able from=" + name);
        if (term % 5 == 0)
            ::kill(pid_of(holder), SIGKILL);
        else
            tell(name, orders[term % 4]);
        const std::string granted = wait_event(fmt::format("granted term={}", term));
        EXPECT_EQ(value(granted, "quiet"), "true") << granted;
        EXPECT_EQ(value(granted, "ring"), fmt::format("{}/0", term)) << "a ring is empty when its term begins";
        wait_log("able from=" + name, able + 1);
        if (HasFailure()) return;
    }
}

}  // namespace
}  // namespace baton::test
