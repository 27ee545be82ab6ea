// SPDX-License-Identifier: Apache-2.0
// Which VLAN a kernel interface is: zebra names next hops by the number of a TAP. The data plane writes that number
// beside each VLAN; looked for only when what is remembered does not hold.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "sync/layout/tables.h"

namespace baton::zebra {

class Interfaces {
  public:
    explicit Interfaces(const TablesArena& tables) : tables_(tables) {}

    /// 0: no VLAN's. What is not found is looked for once only until again().
    VlanId vlan(std::uint32_t index) {
        const auto known = vlans_.find(index);
        if (known != vlans_.end() && index_of(known->second) == index) return known->second;
        if (!looked_) look();
        const auto found = vlans_.find(index);
        return found == vlans_.end() ? VlanId{0} : found->second;
    }

    void again() { looked_ = false; }

  private:
    std::uint32_t index_of(VlanId vlan) const {
        return tables_.vlans[vlan].interface_index.load(std::memory_order_relaxed);
    }

    void look() {
        looked_ = true;
        vlans_.clear();
        for (VlanId vlan = 1; vlan < max_vlans; ++vlan)
            if (const std::uint32_t index = index_of(vlan); index != 0) vlans_[index] = vlan;
    }

    const TablesArena& tables_;
    std::unordered_map<std::uint32_t, VlanId> vlans_;
    bool looked_ = false;
};

}  // namespace baton::zebra
