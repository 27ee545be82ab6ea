// SPDX-License-Identifier: Apache-2.0
// Which sequence numbers arrived, exactly and for the whole run: a sorted set of intervals. Traffic that arrives whole
// and in order is one interval, however long the run, so an arrival costs one comparison; each gap costs one node. A
// bitmap over the last N numbers was refused: what it forgets, it can no longer tell from a duplicate.
// Memory is bounded: with more than `most_intervals` gaps the oldest gap is given up, and the set says so.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>

namespace baton::tester {

class SequenceSet {
  public:
    static constexpr std::size_t most_intervals = 1u << 20;

    enum class Added { in_order, late, again };

    /// in_order: above all before it; late: below one that came before, so overtaken; again: it was there.
    Added add(std::uint64_t n) {
        if (last_ != intervals_.end() && n == last_->second + 1) {
            last_->second = n;
            return Added::in_order;
        }
        if (last_ == intervals_.end() || n > last_->second) {
            last_ = intervals_.emplace_hint(intervals_.end(), n, n);
            if (intervals_.size() > most_intervals) give_up_oldest_gap();
            return Added::in_order;
        }
        auto after = intervals_.upper_bound(n);
        auto before = after == intervals_.begin() ? intervals_.end() : std::prev(after);
        if (before != intervals_.end() && n <= before->second) return Added::again;
        const bool joins_before = before != intervals_.end() && before->second + 1 == n;
        const bool joins_after = after != intervals_.end() && after->first == n + 1;
        if (joins_before && joins_after) {
            before->second = after->second;
            if (last_ == after) last_ = before;
            intervals_.erase(after);
        } else if (joins_before) {
            before->second = n;
        } else if (joins_after) {
            const bool is_last = last_ == after;
            const auto end = after->second;
            const auto joined = intervals_.emplace_hint(intervals_.erase(after), n, end);
            if (is_last) last_ = joined;
        } else {
            intervals_.emplace_hint(after, n, n);
            if (intervals_.size() > most_intervals) give_up_oldest_gap();
        }
        return Added::late;
    }

    bool has(std::uint64_t n) const {
        auto after = intervals_.upper_bound(n);
        return after != intervals_.begin() && n <= std::prev(after)->second;
    }

    /// How many numbers of [first, end) are in the set.
    std::uint64_t count(std::uint64_t first, std::uint64_t end) const {
        std::uint64_t sum = 0;
        each_within(first, end, [&](std::uint64_t from, std::uint64_t to) { sum += to - from; });
        return sum;
    }

    /// How many numbers of [first, end) are in this set and in the other one.
    std::uint64_t count_common(const SequenceSet& other, std::uint64_t first, std::uint64_t end) const {
        std::uint64_t sum = 0;
        each_within(first, end, [&](std::uint64_t from, std::uint64_t to) { sum += other.count(from, to); });
        return sum;
    }

    bool empty() const { return intervals_.empty(); }

    std::uint64_t given_up() const { return given_up_; }  // numbers counted as arrived that did not

  private:
    template <class Visit>
    void each_within(std::uint64_t first, std::uint64_t end, Visit&& visit) const {
        auto at = intervals_.upper_bound(first);
        if (at != intervals_.begin()) --at;
        for (; at != intervals_.end() && at->first < end; ++at)
            if (at->second >= first) visit(std::max(at->first, first), std::min(at->second + 1, end));
    }

    void give_up_oldest_gap() {
        auto oldest = intervals_.begin(), next = std::next(oldest);
        given_up_ += next->first - oldest->second - 1;
        oldest->second = next->second;
        if (last_ == next) last_ = oldest;
        intervals_.erase(next);
    }

    using Intervals = std::map<std::uint64_t, std::uint64_t>;  // first -> last
    Intervals intervals_;
    Intervals::iterator last_ = intervals_.end();
    std::uint64_t given_up_ = 0;
};

}  // namespace baton::tester
