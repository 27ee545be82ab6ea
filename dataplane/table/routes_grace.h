// SPDX-License-Identifier: Apache-2.0
// What is no longer linked, but may still be under the eyes of a worker in its turn. It is given back when every worker
// has ended that turn. Three steps, one with each call: a fence, so that the unlinking is seen by all; the workers'
// turns are noted; each has ended two more. Two and not one, because the store that counts a turn may become visible
// later than the next turn's first loads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "sync/base/ids.h"

namespace baton {

enum class RoutePart : std::uint8_t { block, node, group, adjacency };

class RouteGrace {
  public:
    void put(RoutePart part, std::uint32_t index) { fresh_.emplace_back(part, index); }

    bool empty() const { return fresh_.empty() && waiting_.empty(); }

    /// `give(part, index)` for each whose time is up, `most` at the most. `turns`: each worker's count, read just now.
    template <class Give>
    void pass(std::span<const std::uint64_t> turns, std::size_t most, Give&& give) {
        if (waiting_.empty()) {
            if (fresh_.empty()) return;
            waiting_.swap(fresh_);
            std::atomic_thread_fence(std::memory_order_seq_cst);
            noted_ = false;
            return;
        }
        if (!noted_) {
            std::copy(turns.begin(), turns.end(), noted_turns_);
            noted_ = true;
            if (!turns.empty()) return;
        }
        for (std::size_t i = 0; i < turns.size(); ++i)
            if (turns[i] - noted_turns_[i] < 2) return;
        for (; most > 0 && !waiting_.empty(); --most) {
            give(waiting_.back().first, waiting_.back().second);
            waiting_.pop_back();
        }
    }

  private:
    std::vector<std::pair<RoutePart, std::uint32_t>> fresh_, waiting_;
    bool noted_ = false;
    std::uint64_t noted_turns_[max_workers] = {};
};

}  // namespace baton
