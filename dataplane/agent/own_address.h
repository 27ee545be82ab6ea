// SPDX-License-Identifier: Apache-2.0
// Whether an address is the router's own on a VLAN: the routes say so (RouteKind::local), and the VLAN that the route
// names must be this one, so that no link is told of another's addresses. The link-local address is the same on all
// VLANs that have IPv6.
#pragma once

#include "dataplane/ip/icmp.h"
#include "dataplane/worker/context.h"

namespace baton::agent {

inline constexpr VlanId any_vlan = 0;

inline bool is_local_leaf(const Context& context, Leaf leaf, VlanId vlan) {
    if (leaf.kind() != LeafKind::adjacency) return false;
    const HopWord hop = HopWord::of(context.routes.adjacency(leaf.index()).word.load(std::memory_order_acquire));
    return hop.hop == Hop::local && (hop.vlan == vlan || vlan == any_vlan);
}

inline bool is_own(const Context& context, VlanId vlan, std::uint32_t address) {
    Leaf leaf;
    context.routes.lookup4(&address, &leaf, 1);
    return is_local_leaf(context, leaf, vlan);
}

inline bool is_own(const Context& context, VlanId vlan, const IpBits& address) {
    Leaf leaf;
    context.routes.lookup6(&address, &leaf, 1);
    if (!ip::is_link_local(address)) return is_local_leaf(context, leaf, vlan);
    const VlanEntry& entry = vlan_of(context, vlan);
    const bool speaks_v6 = (entry.routing.load(std::memory_order_relaxed) & interface_forwards_v6) ||
                           entry.ipv6_high.load(std::memory_order_relaxed) != 0;
    return speaks_v6 && is_local_leaf(context, leaf, any_vlan);
}

}  // namespace baton::agent
