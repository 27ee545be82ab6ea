// SPDX-License-Identifier: Apache-2.0
// The routes that both ways of this bench program: prefixes with about the lengths that the Internet's have, in the
// order in which they were drawn (BGP says them in none), each by one of 64 next hops on one VLAN.
#pragma once

#include "bench/micro/routes_table.h"

namespace baton::programming {

inline constexpr VlanId vlan = 20;
inline constexpr std::uint32_t router = 0x0a140001;  // 10.20.0.1/24; its neighbours are .2 to .65
inline constexpr unsigned next_hops = 64;

constexpr std::uint64_t neighbor_mac(unsigned n) {
    return 0x020000000000 + n;
}

/// The next hop's address. Where a prefix leads says the prefix itself, so that any route can be judged alone.
constexpr std::uint32_t next_hop(const IpPrefix& prefix, bool elsewhere) {
    const std::uint64_t mixed = (prefix.bits.high >> 32 ^ prefix.length) * 0x9e3779b97f4b7c15;
    return router + 1 + static_cast<std::uint32_t>((mixed >> 40) + elsewhere) % next_hops;
}

/// IPv4 prefixes, each once; the default route is the first. Nothing of the VLAN's own network, nor what no router
/// forwards by.
inline std::vector<IpPrefix> offered(std::size_t count) {
    auto out = micro::prefixes(Family::ipv4, count + count / 50 + 64);
    std::erase_if(out, [](const IpPrefix& prefix) {
        return prefix.bits.v4() >> 24 == 10 || prefix.first().is_loopback() || prefix.first().is_link_local();
    });
    out.resize(count);
    return out;
}

}  // namespace baton::programming
