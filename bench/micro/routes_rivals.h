// SPDX-License-Identifier: Apache-2.0
// DPDK's own longest-prefix tables with the same prefixes, for the same addresses: rte_lpm and rte_fib (DIR-24-8) for
// IPv4, rte_fib6 (a trie) for IPv6. They lead to a number; Baton's leaf leads on to a group or a neighbour.
#pragma once

#include <cstdint>
#include <vector>

#include "sync/base/ip.h"

struct rte_lpm;
struct rte_fib;
struct rte_fib6;

namespace baton::micro {

/// EAL without devices; false when it does not start.
bool start_eal(bool huge);

class Rivals {
  public:
    /// Of no prefixes: none.
    Rivals(Family family, const std::vector<IpPrefix>& prefixes);
    ~Rivals();
    Rivals(const Rivals&) = delete;
    Rivals& operator=(const Rivals&) = delete;

    bool has_lpm() const { return lpm_ != nullptr; }

    bool has_fib() const { return fib_ != nullptr || fib6_ != nullptr; }

    /// Sums of next hops, so that nothing is left out. `count` a multiple of 4, 64 at the most.
    std::uint64_t lpm(const std::uint32_t* addresses, unsigned count) const;
    std::uint64_t fib(const std::uint32_t* addresses, unsigned count) const;
    std::uint64_t fib6(const std::uint8_t (*addresses)[16], unsigned count) const;

    double lpm_adds = 0, fib_adds = 0;  // routes a second while it was filled

  private:
    rte_lpm* lpm_ = nullptr;
    rte_fib* fib_ = nullptr;
    rte_fib6* fib6_ = nullptr;
};

}  // namespace baton::micro
