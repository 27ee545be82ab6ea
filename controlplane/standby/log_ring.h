// SPDX-License-Identifier: Apache-2.0
// The last 1,000 lines of the master's log, journalled, so that `show log` tells the same story after a failover. The
// slave's own lines are on its standard error only: it may not write the journal.
#pragma once

#include <algorithm>
#include <deque>
#include <utility>

#include "controlplane/commands/switch.h"
#include "sync/base/time.h"

namespace baton {

inline constexpr std::size_t log_lines_kept = 1000;
inline constexpr std::size_t log_line_size = 240;  // bytes; longer lines are cut, so that a snapshot has a bound

class LogRing {
  public:
    void add(LoggedLine line) {
        if (line.line.size() > log_line_size) line.line.resize(log_line_size);
        lines_.push_back(std::move(line));
        if (lines_.size() > log_lines_kept) lines_.pop_front();
    }

    void clear() { lines_.clear(); }

    const std::deque<LoggedLine>& lines() const { return lines_; }  // oldest first

  private:
    std::deque<LoggedLine> lines_;
};

/// Lets `burst` lines through at once and `per_second` from then on; what it held back is told with the next that goes.
class LineRate {
  public:
    LineRate(double burst, double per_second) : burst_(burst), per_second_(per_second), left_(burst) {}

    bool let_through(Time now) {
        left_ = std::min(burst_, left_ + per_second_ * (now - last_).seconds());
        last_ = now;
        if (left_ < 1) {
            ++held_back_;
            return false;
        }
        left_ -= 1;
        return true;
    }

    std::uint64_t take_held_back() { return std::exchange(held_back_, 0); }

  private:
    double burst_, per_second_, left_;
    Time last_{};
    std::uint64_t held_back_ = 0;
};

}  // namespace baton
