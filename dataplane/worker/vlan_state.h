// SPDX-License-Identifier: Apache-2.0
// Which VLANs have a member port by which a frame can leave: what a choice among several next hops asks for. Made anew
// at once when a port comes or goes; and when the applier has done commands, which may have changed VLANs, a few VLANs
// a turn until all have been looked at, so that no turn becomes long. Owned by a worker.
#pragma once

#include <cstdint>

#include "sync/layout/tables.h"

namespace baton {

class VlanState {
  public:
    const std::uint64_t* up() const { return up_; }  // 64 words; bit n: VLAN n

    /// Once a turn; true while there is more to look at.
    bool look(const TablesArena& tables, const PortSet256& usable) {
        if (!(usable == usable_)) [[unlikely]] {
            usable_ = usable;
            for (unsigned id = 0; id < max_vlans; ++id) judge(tables, static_cast<VlanId>(id));
        }
        const std::uint64_t applied = tables.applier.term.load(std::memory_order_relaxed) * 0x9e3779b97f4a7c15 +
                                      tables.applier.applied.load(std::memory_order_acquire);
        if (applied != applied_) [[unlikely]] {
            applied_ = applied;
            left_ = max_vlans;
        }
        if (left_ == 0) [[likely]]
            return false;
        for (unsigned n = 0; n < in_a_turn; ++n) judge(tables, next_++ % max_vlans);
        left_ -= in_a_turn;
        return left_ != 0;
    }

  private:
    static constexpr unsigned in_a_turn = 32;  // some 200 ns
    static_assert(max_vlans % in_a_turn == 0);

    void judge(const TablesArena& tables, VlanId id) {
        std::uint64_t ways = 0;
        for (unsigned word = 0; word < 4; ++word)
            ways |= tables.vlans[id].member[word].load(std::memory_order_relaxed) & usable_.words[word];
        const std::uint64_t bit = 1ull << id % 64;
        up_[id / 64] = ways != 0 ? up_[id / 64] | bit : up_[id / 64] & ~bit;
    }

    PortSet256 usable_;
    std::uint64_t applied_ = 0;
    unsigned left_ = 0;
    VlanId next_ = 0;
    std::uint64_t up_[max_vlans / 64] = {};
};

}  // namespace baton
