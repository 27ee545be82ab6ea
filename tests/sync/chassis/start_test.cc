// SPDX-License-Identifier: Apache-2.0
// How the chassis begins and ends: what it refuses, what it cleans, and that nothing outlives it.
#include <pwd.h>
#include <signal.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/sync/chassis/harness.h"

namespace baton::test {
namespace {

class Start : public Keeper {
  protected:
    std::vector<pid_t> children() {
        return {pid_of(Slot::msm_a), pid_of(Slot::msm_b), static_cast<pid_t>(baton().dataplane_pid.load())};
    }

    static long cpu_ticks(pid_t pid) {
        std::ifstream file(fmt::format("/proc/{}/stat", pid));
        std::string word;
        for (int i = 0; i < 13; ++i) file >> word;  // the name has no blank
        long user = 0, system = 0;
        file >> user >> system;
        return user + system;
    }

    void expect_nothing_left(const std::vector<pid_t>& pids) {
        for (const pid_t pid : pids) wait_for("the end of a child", [&] { return !exists(pid); });
    }
};

TEST_F(Start, names_a_wrong_line_and_starts_nothing) {
    EXPECT_EQ(run_to_end("port = 1:1 wire\nkeepalive = 3\n"), 2);
    EXPECT_NE(output_.find(config_ + ":9: there is no setting \"keepalive\"; did you mean \"keepalive-ms\"?\n"),
              std::string::npos)
        << output_;
    EXPECT_EQ(events(), "");
    EXPECT_FALSE(std::filesystem::exists(run_dir_));
}

TEST_F(Start, has_the_ports_checked_and_names_the_line_of_the_wrong_one) {
    EXPECT_EQ(run_to_end("port = 1:1 wire\nport = 1:2 warp,factor=9\n"), 2);
    EXPECT_NE(output_.find(config_ + ":9: port 1:2: there is no kind \"warp\""), std::string::npos) << output_;
    EXPECT_EQ(events(), "");
    EXPECT_FALSE(std::filesystem::exists(run_dir_));
}

TEST_F(Start, checks_and_starts_nothing_when_asked_to_check) {
    EXPECT_EQ(run_to_end("port = 1:1 wire\n", {"--check"}), 0);
    EXPECT_NE(output_.find("the configuration is good"), std::string::npos);
    EXPECT_EQ(events(), "");
}

TEST_F(Start, helps) {
    EXPECT_EQ(run_to_end("", {"--help"}), 0);
    for (const char* word : {"--config", "--run-dir", "--port", "--keepalive-ms", "1:1 wire,slots=16384"})
        EXPECT_NE(output_.find(word), std::string::npos) << word;
}

TEST_F(Start, says_so_when_the_memory_is_not_there) {
    EXPECT_EQ(run_to_end("port = 1:1 wire\n", {"--hugepages", "perhaps"}), 2);
    EXPECT_NE(output_.find("--hugepages: hugepages is one of auto, yes, no"), std::string::npos) << output_;
}

TEST_F(Start, refuses_a_second_chassis_and_leaves_the_first_alone) {
    start_and_settle();
    EXPECT_EQ(run_to_end(""), 1);
    EXPECT_NE(output_.find(fmt::format("a chassis with pid {} runs in {} already", chassis_, run_dir_)),
              std::string::npos)
        << output_;
    EXPECT_TRUE(want("baton"));
    ::kill(pid_of(Slot::msm_a), SIGKILL);
    wait_event("msm-b granted term=2");
}

TEST_F(Start, makes_sockets_for_the_operators_only) {
    start_and_settle();
    for (const char* name : {"/chassis.sock", "/session.sock"}) {
        struct stat about {};

        ASSERT_EQ(::stat((run_dir_ + name).c_str(), &about), 0);
        EXPECT_EQ(about.st_mode & 07777, 0660u) << name;
    }
}

TEST_F(Start, makes_a_flash_for_each_board_that_only_the_boards_may_read) {
    const passwd* user = ::getpwnam("nobody");
    ASSERT_NE(user, nullptr);
    start_and_settle();
    for (const char* name : {"/flash/msm-a", "/flash/msm-b"}) {
        struct stat about {};

        ASSERT_EQ(::stat((folder_ + name).c_str(), &about), 0) << name;
        EXPECT_EQ(about.st_mode & 07777, 0700u) << name;
        EXPECT_EQ(about.st_uid, ::geteuid() == 0 ? user->pw_uid : ::geteuid()) << name;
    }
}

TEST_F(Start, gives_what_lies_in_a_flash_to_the_boards_user_but_follows_no_link) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
    std::filesystem::create_directories(folder_ + "/flash/msm-a");
    std::ofstream(folder_ + "/flash/msm-a/primary.cfg") << "x";
    std::ofstream(folder_ + "/precious") << "x";
    std::filesystem::create_symlink(folder_ + "/precious", folder_ + "/flash/msm-a/secondary.cfg");
    start_and_settle();

    struct stat about {};

    ASSERT_EQ(::stat((folder_ + "/flash/msm-a/primary.cfg").c_str(), &about), 0);
    EXPECT_NE(about.st_uid, 0u);
    ASSERT_EQ(::stat((folder_ + "/precious").c_str(), &about), 0);
    EXPECT_EQ(about.st_uid, 0u);
}

TEST_F(Start, names_the_flash_folder_that_it_cannot_make) {
    std::ofstream(folder_ + "/file") << "x";
    EXPECT_EQ(run_to_end("", {"--flash-dir", folder_ + "/file/flash"}), 1);
    EXPECT_NE(output_.find("name another folder with flash-dir"), std::string::npos) << output_;
}

TEST_F(Start, sleeps_when_nothing_happens) {
    start_and_settle();
    ::kill(pid_of(Slot::msm_b), SIGKILL);
    wait_log("able from=msm-b", 2);
    const auto used_ms = [&] { return cpu_ticks(chassis_) * 1000 / ::sysconf(_SC_CLK_TCK); };
    const long before = used_ms();
    ::usleep(1'000'000);
    EXPECT_LT(used_ms() - before, 300) << "of 1,000 ms; it wakes 20 times a second and does little";
}

TEST_F(Start, leaves_nothing_behind_when_it_is_asked_to_end) {
    start_and_settle();
    const auto pids = children();
    EXPECT_EQ(end_with(SIGTERM), 0);
    for (const pid_t pid : pids) EXPECT_FALSE(exists(pid));
    for (const char* name : {"msm-a leave", "msm-b leave", "dataplane leave"})
        EXPECT_NE(place(events(), name), std::string::npos) << name;
    EXPECT_EQ(count_log("killed"), 0);
    for (const char* name : {"/chassis.sock", "/session.sock", "/chassis.pid"})
        EXPECT_FALSE(std::filesystem::exists(run_dir_ + name)) << name;
}

TEST_F(Start, kills_who_does_not_leave) {
    start_and_settle();
    const auto pids = children();
    tell("msm-b", "stubborn");
    wait_event("msm-b done stubborn");
    EXPECT_EQ(end_with(SIGINT), 0);
    EXPECT_EQ(count_log("killed unit=msm-b"), 1);
    for (const pid_t pid : pids) EXPECT_FALSE(exists(pid));
}

TEST_F(Start, takes_its_children_along_when_it_is_killed_and_the_next_one_cleans_up) {
    start_and_settle();
    const auto pids = children();
    EXPECT_EQ(end_with(SIGKILL), -SIGKILL);
    expect_nothing_left(pids);
    EXPECT_TRUE(std::filesystem::exists(run_dir_ + "/chassis.sock"));
    std::filesystem::remove(folder_ + "/log");
    chassis_ = 0;
    start();
    wait_log("cleaned what a killed chassis left");
    wait_event("msm-a granted term=1", 2);
    EXPECT_EQ(end_with(SIGTERM), 0);
}

TEST_F(Start, kills_its_children_with_it_even_in_the_middle_of_their_start) {
    for (int round = 0; round < 5; ++round) {
        start();
        const auto line = [&](const char* unit) {
            return static_cast<pid_t>(number(wait_log(fmt::format("started unit={}", unit), round + 1), "pid"));
        };
        const std::vector<pid_t> pids{line("dataplane"), line("msm-a"), line("msm-b")};
        EXPECT_EQ(end_with(SIGKILL), -SIGKILL);
        expect_nothing_left(pids);
    }
}

}  // namespace
}  // namespace baton::test
