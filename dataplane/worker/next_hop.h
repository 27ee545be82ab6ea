// SPDX-License-Identifier: Apache-2.0
// What is done at a next hop whose address is not known, by the forwarding path and by the router's own voice alike:
// the packet waits, and the master is asked.
#pragma once

#include "dataplane/ip/header.h"
#include "dataplane/worker/context.h"

namespace baton {

/// A packet has taken this adjacency in that `second` (RoutesControl): the aging of host entries looks at when. Written
/// once a second and no more.
inline void stamp(const Context& context, std::uint32_t index, std::uint32_t second) {
    std::atomic<std::uint32_t>& used = context.routes.adjacency(index).used;
    if (used.load(std::memory_order_relaxed) != second) used.store(second, std::memory_order_relaxed);
}

/// The address to ask for: of a packet to a connected subnet its own destination, else the next hop's.
inline IpBits address_of(const Context& context, const Waiting::Packet& packet, Family family, const HopWord& hop,
                         std::uint32_t index) {
    if (hop.hop == Hop::connected) {
        const std::uint8_t* at = rte_pktmbuf_mtod(packet.frame, const std::uint8_t*) + packet.offset;
        return family == Family::ipv4 ? IpBits::v4(ip::V4{at}.destination()) : ip::V6{at}.destination();
    }
    const AdjacencyRecord& record = context.routes.record(index);
    return {record.high.load(std::memory_order_relaxed), record.low.load(std::memory_order_relaxed)};
}

/// The master is asked; when its ring is full it is asked again in a second.
inline void ask(Context& context, Waiting::NextHop& hop) {
    const PuntedAddress asked{hop.address.high, hop.address.low, static_cast<std::uint64_t>(hop.family)};
    hop.asked = context.now;
    context.punt.push({reinterpret_cast<const std::uint8_t*>(&asked), sizeof asked}, no_port, hop.vlan,
                      PuntReason::resolve);
}

/// False: there is no room, and the packet is still the caller's.
inline bool let_wait(Context& context, Waiting::Packet packet, Family family, const HopWord& hop, std::uint32_t index) {
    packet.since = context.now;
    const IpBits address = address_of(context, packet, family, hop, index);
    const unsigned before = context.waiting.hops();
    if (!context.waiting.add(address, family, hop.vlan, index, packet)) return false;
    add(context.counters->waited, 1);
    if (context.waiting.hops() != before) ask(context, context.waiting.hop(before));
    return true;
}

}  // namespace baton
