// SPDX-License-Identifier: Apache-2.0
// What became of the last 4,096 transactions, by the client's token. Both boards hold it, from the journal, so a client
// whose master died between commit and answer asks the next one and never has to try a change twice.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>

namespace baton {

inline constexpr std::size_t outcomes_kept = 4096;
inline constexpr std::size_t outcome_text_size = 256;  // bytes; a longer text is cut, so that a snapshot has a bound

struct TransactionOutcome {
    std::string text;
    bool failed = false;  // the data plane refused it and it was taken back
    friend bool operator==(const TransactionOutcome&, const TransactionOutcome&) = default;
};

class Outcomes {
  public:
    /// Token 0 is nobody's. A token that is known takes the newer outcome and keeps its place.
    void add(std::uint64_t token, const std::string& text, bool failed) {
        if (token == 0) return;
        const bool fresh =
            known_.insert_or_assign(token, TransactionOutcome{text.substr(0, outcome_text_size), failed}).second;
        if (!fresh) return;
        order_.push_back(token);
        if (order_.size() <= outcomes_kept) return;
        known_.erase(order_.front());
        order_.pop_front();
    }

    const TransactionOutcome* find(std::uint64_t token) const {
        const auto found = known_.find(token);
        return found == known_.end() ? nullptr : &found->second;
    }

    const std::deque<std::uint64_t>& tokens() const { return order_; }  // oldest first

    friend bool operator==(const Outcomes&, const Outcomes&) = default;

  private:
    std::deque<std::uint64_t> order_;
    std::unordered_map<std::uint64_t, TransactionOutcome> known_;
};

}  // namespace baton
