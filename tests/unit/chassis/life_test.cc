// SPDX-License-Identifier: Apache-2.0
// The life mutex between real processes: its holder is killed in every way, and the watcher is told.
#include <gtest/gtest.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <new>
#include <thread>

#include "sync/baton/heartbeat.h"
#include "sync/baton/life.h"

namespace baton {
namespace {

class Life : public ::testing::Test {
  protected:
    Life() {
        void* at = ::mmap(nullptr, sizeof(BoardPage), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        page_ = ::new (at) BoardPage;
        life::reset(*page_);
    }

    ~Life() override { ::munmap(page_, sizeof(BoardPage)); }

    /// A child that holds the mutex and waits for its end.
    pid_t start_holder() {
        const pid_t pid = ::fork();
        if (pid == 0) {
            if (!life::hold(*page_)) ::_exit(1);
            while (true) ::pause();
        }
        for (int i = 0; i < 5000 && page_->pid != static_cast<std::uint32_t>(pid); ++i) ::usleep(1000);
        EXPECT_EQ(page_->pid, static_cast<std::uint32_t>(pid));
        return pid;
    }

    static void end(pid_t pid) {
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
    }

    BoardPage* page_;
};

TEST_F(Life, nobody_holds_it_at_first) {
    EXPECT_EQ(life::wait(*page_, milliseconds(5)), life::Sign::not_yet);
}

TEST_F(Life, a_running_holder_is_seen_as_running) {
    const pid_t pid = start_holder();
    EXPECT_EQ(life::wait(*page_, milliseconds(5)), life::Sign::running);
    end(pid);
}

TEST_F(Life, sleepers_are_woken_by_the_holders_death_and_not_by_the_time_limit) {
    const pid_t pid = start_holder();
    std::thread killer([pid] {
        ::usleep(20'000);
        ::kill(pid, SIGKILL);
    });
    EXPECT_EQ(life::wait(*page_, seconds(30)), life::Sign::ended);
    killer.join();
    ::waitpid(pid, nullptr, 0);
}

TEST_F(Life, a_watcher_that_came_before_the_holder_sees_it_come_and_go) {
    std::atomic<life::Sign> sign{life::Sign::running};
    std::thread watcher([&] { sign = life::wait(*page_, seconds(30)); });
    ::usleep(20'000);
    end(start_holder());
    watcher.join();
    EXPECT_EQ(sign, life::Sign::ended);
}

TEST_F(Life, a_death_before_the_watch_began_is_not_missed) {
    end(start_holder());
    EXPECT_EQ(life::wait(*page_, milliseconds(1)), life::Sign::ended);
}

TEST_F(Life, a_second_holder_is_refused_while_the_first_lives) {
    const pid_t pid = start_holder();
    EXPECT_FALSE(life::hold(*page_));
    end(pid);
}

TEST_F(Life, the_page_serves_the_next_incarnation_after_a_reset) {
    for (int round = 0; round < 20; ++round) {
        const pid_t pid = start_holder();
        EXPECT_EQ(life::wait(*page_, milliseconds(1)), life::Sign::running);
        end(pid);
        EXPECT_EQ(life::wait(*page_, seconds(10)), life::Sign::ended);
        life::reset(*page_);
        EXPECT_EQ(life::wait(*page_, milliseconds(1)), life::Sign::not_yet);
    }
}

TEST_F(Life, a_reset_clears_what_belonged_to_the_dead_and_keeps_the_punt_cursors) {
    beat(*page_, CriticalThread::loop);
    page_->punt_cursor[3] = 77;
    page_->words.said = 1;
    page_->role = BoardRole::master;
    page_->term = 9;
    life::reset(*page_);
    EXPECT_EQ(beats(*page_, CriticalThread::loop), 0u);
    EXPECT_EQ(page_->punt_cursor[3], 77u);
    EXPECT_EQ(page_->words.said, 0u);
    EXPECT_EQ(page_->role, BoardRole::starting);
    EXPECT_EQ(page_->term, 0u);
}

TEST_F(Life, a_page_that_its_board_scribbled_over_never_blocks_the_watcher) {
    const pid_t pid = start_holder();
    std::memset(page_->life, 0x5a, sizeof page_->life);
    const Time before = monotonic_now();
    (void)life::wait(*page_, milliseconds(20));
    EXPECT_LT((monotonic_now() - before).ns, seconds(10).ns);
    end(pid);
}

}  // namespace
}  // namespace baton
