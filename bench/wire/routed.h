// SPDX-License-Identifier: Apache-2.0
// The routes behind mode l3: N of them, of lengths as they are in the Internet's table (mostly /24, the rest /16 to /23
// and a few longer), spread at random over the whole unicast space, each leading to one of 64 next hops at either
// side. Destinations are drawn at random from all of them. The real arena, filled by the applier's own hand.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <thread>
#include <vector>

#include "dataplane/table/routes_maintain.h"
#include "sync/layout/tables.h"

namespace baton::bench {

class Routed {
  public:
    static constexpr unsigned next_hops = 64;  // in each VLAN
    static constexpr std::uint64_t router = 0x020000ba7001;

    /// VLAN 1 is port 1's, VLAN 2 port 2's. Throws StartupError.
    Routed(TablesArena& tables, std::uint64_t routes, bool huge);

    ~Routed() { quiet(); }

    Routed(const Routed&) = delete;
    Routed& operator=(const Routed&) = delete;

    /// So many routes a second to prefixes that nobody asks for come and go, on a thread of that core, until quiet().
    void churn(const WorkerCounters& worker, unsigned per_second, unsigned core);
    void quiet();

    std::byte* arena() { return memory_.bytes(); }

    /// The MAC of next hop n of a VLAN; it lives at the port of that number.
    static std::uint64_t mac(VlanId vlan, unsigned n) { return 0x020000000000 | std::uint64_t{vlan} << 16 | n; }

    /// An address behind VLAN 1 or 2, chosen by `random`.
    std::uint32_t address(VlanId behind, std::uint64_t random) const;

    std::uint64_t count() const { return prefixes_[0].size() + prefixes_[1].size(); }

  private:
    struct Prefix {
        std::uint32_t bits;
        std::uint8_t length;
    };

    void say(const IpPrefix& prefix, RouteKind kind, const RouteHop& hop);
    void draw(std::uint64_t routes);

    Mapping memory_;
    Fd fd_;
    std::optional<RoutesMaintenance> routes_;
    std::vector<Prefix> prefixes_[2];  // by VLAN - 1
    std::atomic<bool> churning_ = false;
    std::thread churn_;
    std::uint64_t churned_ = 0;
};

}  // namespace baton::bench
