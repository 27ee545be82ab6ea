// SPDX-License-Identifier: Apache-2.0
// A chassis under test: started on a run-dir of its own with fake children, its log and their events read as lines, the
// shared memory looked at through chassis.sock as any outside program may. Every wait is bounded and ends as soon as it
// can.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/types.h>

#include <string>
#include <vector>

#include "sync/base/time.h"
#include "sync/channel/backplane.h"
#include "sync/layout/board.h"
#include "sync/layout/tables.h"

namespace baton::test {

inline constexpr Duration patience = seconds(20);  // far beyond what a noisy machine needs; reached only by a failure

class Keeper : public ::testing::Test {
  protected:
    Keeper();
    ~Keeper() override;

    /// Starts the chassis; `lines` are added to its configuration.
    void start(const std::string& lines = "");

    /// start(), and until msm-a is master of term 1 and msm-b able.
    void start_and_settle(const std::string& lines = "");

    /// Runs it to its end: exit code, and what it printed.
    int run_to_end(const std::string& lines, std::vector<std::string> more = {});

    /// Sends `signal` to the chassis and waits for its end; the exit code, or -signal.
    int end_with(int signal);

    void tell(const std::string& child, const std::string& order);
    void tell_first(const std::string& child, const std::string& order);  // "" takes it back

    std::string log() const;
    std::string events() const;

    /// The first line of the log (the events) that has all those words, from the n-th such line on; fails the test when
    /// it does not come.
    std::string wait_log(const std::string& words, int nth = 1);
    std::string wait_event(const std::string& words, int nth = 1);
    int count_log(const std::string& words) const;

    static std::string value(const std::string& line, const std::string& key);
    static long number(const std::string& line, const std::string& key);

    /// Where a line begins; a test compares two of them to say which came first.
    std::size_t place(const std::string& text, const std::string& words) const;

    /// The fd that chassis.sock gives for that name.
    Fd want(const std::string& name);

    Fd connect() const;  // to chassis.sock

    /// Read-only views of the shared memory, once the chassis is there.
    const BatonPage& baton();
    const BoardPage& board(Slot slot);

    const GrantRecord& record(Term term) { return baton().records[term % 64]; }

    pid_t pid_of(Slot slot) { return static_cast<pid_t>(baton().board_pid[index_of(slot)].load()); }

    /// Until `what` holds; fails the test with `label` when it does not.
    template <class Condition>
    bool wait_for(const char* label, Condition what) {
        for (const Time until = monotonic_now() + patience; monotonic_now() < until; nap())
            if (what()) return true;
        ADD_FAILURE() << "never came: " << label << "\n" << log() << events();
        return false;
    }

    static void nap();
    static bool exists(pid_t pid);

    std::string folder_, run_dir_, config_, output_;
    pid_t chassis_ = 0;

  private:
    std::vector<std::string> command(const std::string& lines);
    std::string wait_line(bool in_log, const std::string& words, int nth);
    pid_t spawn(const std::vector<std::string>& words);

    Mapping baton_, boards_[2];
};

}  // namespace baton::test
