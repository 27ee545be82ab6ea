// SPDX-License-Identifier: Apache-2.0
// A board's flash: whole files or none, whatever happens while they are written; damaged ones named, the other used.
#include "controlplane/config/flash.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/control/random_changes.h"

namespace baton::config {
namespace {

using namespace baton::test;

class OnFlash : public ::testing::Test {
  protected:
    OnFlash() : folder_(::testing::TempDir() + "baton-flash-" + std::to_string(::getpid())), flash_(folder_) {
        std::filesystem::remove_all(folder_);
        std::filesystem::create_directory(folder_);
    }

    ~OnFlash() override { std::filesystem::remove_all(folder_); }

    static Stored some(const std::string& text) { return stored(text, 1'763'844'301, "admin", "0.1.0"); }

    std::string bytes(const std::string& name) const {
        std::ifstream file(folder_ + "/" + name, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }

    void set(const std::string& name, const std::string& text) const {
        std::ofstream(folder_ + "/" + name, std::ios::binary | std::ios::trunc) << text;
    }

    /// Reads "name X" as a switch called X; anything else is no configuration.
    static Result<Running> reader(std::string_view text) {
        Running out;
        if (!text.starts_with("name ")) return failure("line 1: this is nothing");
        if (auto good = out.replay({system_name(std::string(text.substr(5)))}); !good) return good.error();
        return out;
    }

    std::string booted() {
        boot_ = flash_.boot(reader);
        return boot_.running ? boot_.running->name() : "factory";
    }

    std::string folder_;
    Flash flash_;
    Flash::Boot boot_;
};

TEST_F(OnFlash, what_is_written_is_read_and_a_person_can_read_it_too) {
    const auto empty = flash_.read(Space::primary);
    ASSERT_TRUE(empty);
    EXPECT_FALSE(*empty);
    const Stored what = some("create vlan red\n");
    ASSERT_TRUE(flash_.write(Space::primary, what));
    const auto found = flash_.read(Space::primary);
    ASSERT_TRUE(found && *found);
    EXPECT_EQ(**found, what);
    EXPECT_TRUE(
        bytes("primary.cfg")
            .starts_with("# baton-configuration version=0.1.0 saved=2025-11-22T20:45:01Z by=admin size=16 crc32c="));
    EXPECT_TRUE(bytes("primary.cfg").ends_with("\ncreate vlan red\n"));
}

TEST_F(OnFlash, every_single_damaged_byte_and_every_cut_is_found) {
    ASSERT_TRUE(flash_.write(Space::secondary, some("name two")));
    const std::string good = bytes("secondary.cfg");
    const std::size_t head = std::string("# baton-configuration ").size();
    for (std::size_t i = head; i < good.size(); ++i) {
        std::string bad = good;
        bad[i] = static_cast<char>(bad[i] ^ 1);
        set("secondary.cfg", bad);
        const auto found = flash_.read(Space::secondary);
        ASSERT_FALSE(found) << "byte " << i;
        EXPECT_NE(found.error().what.find(folder_ + "/secondary.cfg is damaged"), std::string::npos);
    }
    for (std::size_t size = head; size < good.size(); ++size) {
        set("secondary.cfg", good.substr(0, size));
        ASSERT_FALSE(flash_.read(Space::secondary)) << size << " bytes";
    }
}

TEST_F(OnFlash, what_a_person_wrote_without_a_header_is_taken_and_said) {
    set("primary.cfg", "name mine");
    EXPECT_EQ(booted(), "mine");
    ASSERT_EQ(boot_.complaints.size(), 1u);
    EXPECT_NE(boot_.complaints[0].find("edited by hand"), std::string::npos);
}

TEST_F(OnFlash, boots_the_selected_one_else_the_other_else_the_factorys) {
    EXPECT_EQ(booted(), "factory");
    EXPECT_TRUE(boot_.complaints.empty());
    ASSERT_TRUE(flash_.write(Space::secondary, some("name two")));
    EXPECT_EQ(booted(), "two") << "primary is selected but empty";
    ASSERT_TRUE(flash_.write(Space::primary, some("name one")));
    EXPECT_EQ(booted(), "one");
    ASSERT_TRUE(flash_.select(Space::secondary, 0, "admin", "0.1.0"));
    EXPECT_EQ(booted(), "two");
    EXPECT_EQ(boot_.from, Space::secondary);
    EXPECT_TRUE(boot_.complaints.empty());

    set("secondary.cfg", bytes("secondary.cfg") + "x");
    EXPECT_EQ(booted(), "one");
    ASSERT_EQ(boot_.complaints.size(), 1u);
    EXPECT_NE(boot_.complaints[0].find("secondary.cfg is damaged"), std::string::npos);

    ASSERT_TRUE(flash_.write(Space::primary, some("nonsense")));
    EXPECT_EQ(booted(), "factory");
    ASSERT_EQ(boot_.complaints.size(), 2u);
    EXPECT_NE(boot_.complaints[1].find("primary.cfg cannot be used: line 1"), std::string::npos);

    set("selected.cfg", "use configuration tertiary\n");
    (void)booted();
    EXPECT_NE(boot_.complaints[0].find("selected.cfg selects nothing"), std::string::npos);
}

TEST_F(OnFlash, a_board_without_flash_boots_the_factorys_and_refuses_to_save) {
    flash_ = Flash("");
    EXPECT_EQ(booted(), "factory");
    const auto refused = flash_.write(Space::primary, some("name one"));
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().what.find("flash-dir"), std::string::npos);
}

TEST_F(OnFlash, a_folder_that_cannot_be_written_leaves_the_old_and_says_why) {
    ASSERT_TRUE(flash_.write(Space::primary, some("name one")));
    std::filesystem::create_directory(folder_ + "/.primary.cfg.new");  // whoever it is, it cannot be opened for writing
    const auto refused = flash_.write(Space::primary, some("name two"));
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().what.find("primary.cfg cannot be written: "), std::string::npos);
    EXPECT_EQ(booted(), "one");
}

/// The child does it under ptrace and is killed at its n-th stop: at the entry and at the exit of every system call.
/// False: it ended before.
template <class Act>
bool killed_at_stop(int n, Act act) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
        ::raise(SIGSTOP);
        act();
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    for (int stop = 0; WIFSTOPPED(status); ++stop) {
        if (stop == n) {
            ::kill(child, SIGKILL);
            ::waitpid(child, &status, 0);
            return true;
        }
        ::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr);
        ::waitpid(child, &status, 0);
    }
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
    return false;
}

bool may_trace() {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0 ? 0 : 1);
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST_F(OnFlash, a_kill_at_every_system_call_leaves_the_old_whole_or_the_new_whole) {
    if (!may_trace()) GTEST_SKIP() << "a process may not trace its child here";
    const Stored older = some("name old"), newer = some("name new-one");
    int stops = 0, olds = 0, news = 0;
    for (bool killed = true; killed; ++stops) {
        ASSERT_TRUE(flash_.write(Space::primary, older));
        ASSERT_TRUE(flash_.select(Space::primary, 0, "admin", "0.1.0"));
        killed = killed_at_stop(stops, [&] { (void)flash_.write(Space::primary, newer); });
        const auto found = flash_.read(Space::primary);
        ASSERT_TRUE(found && *found) << "stop " << stops << (found ? "" : found.error().what);
        ASSERT_TRUE(**found == older || **found == newer) << "stop " << stops;
        ASSERT_TRUE(killed || **found == newer);
        ++(**found == older ? olds : news);
        ASSERT_EQ(booted(), **found == older ? "old" : "new-one");
        ASSERT_TRUE(boot_.complaints.empty());
        // and what was left behind is in nobody's way
        ASSERT_TRUE(flash_.write(Space::primary, newer));
    }
    EXPECT_GE(stops, 14) << "open, write, fsync, rename, open, fsync, close: twice each";
    EXPECT_GT(olds, 6);
    EXPECT_GT(news, 3);
    for (int stop = 0; killed_at_stop(stop, [&] { (void)flash_.select(Space::secondary, 0, "admin", "0.1.0"); });
         ++stop) {
        const auto selected = flash_.selected();
        ASSERT_TRUE(selected) << "stop " << stop << selected.error().what;
        ASSERT_TRUE(flash_.select(Space::primary, 0, "admin", "0.1.0"));
    }
}

}  // namespace
}  // namespace baton::config
