// SPDX-License-Identifier: Apache-2.0
// The number of a flow, by which one of several next hops is taken: the same for all packets of one connection in one
// direction, so that they stay in order. Addresses and protocol, and the ports of TCP and UDP where every packet has
// them: a fragment has not, so fragmented packets go by their addresses alone.
#pragma once

#include "dataplane/ip/header.h"

namespace baton::ip {

constexpr std::uint32_t stir(std::uint64_t a, std::uint64_t b) {
    std::uint64_t mixed = (a ^ b * 0xc2b2ae3d27d4eb4f) * 0x9e3779b97f4a7c15;
    mixed ^= mixed >> 32;
    return static_cast<std::uint32_t>(mixed * 0xd6e8feb86659fd93 >> 32);
}

constexpr bool has_ports(std::uint8_t protocol) {
    return protocol == protocol_tcp || protocol == protocol_udp;
}

/// `size`: bytes of the packet that are there.
inline std::uint32_t flow_of(V4 packet, std::size_t size) {
    const std::uint64_t addresses = static_cast<std::uint64_t>(packet.source()) << 32 | packet.destination();
    std::uint64_t rest = packet.protocol();
    const unsigned header = packet.header_size();
    if (has_ports(packet.protocol()) && !packet.is_fragment() && size >= header + 4)
        rest |= static_cast<std::uint64_t>(load_be32(packet.at + header)) << 16;
    return stir(addresses, rest);
}

inline std::uint32_t flow_of(V6 packet, std::size_t size) {
    const IpBits source = packet.source(), destination = packet.destination();
    std::uint64_t rest = packet.next_header();
    if (has_ports(packet.next_header()) && size >= v6_header + 4)
        rest |= static_cast<std::uint64_t>(load_be32(packet.at + v6_header)) << 16;
    const std::uint64_t addresses =
        static_cast<std::uint64_t>(stir(source.high, source.low)) << 32 | stir(destination.high, destination.low);
    return stir(addresses, rest);
}

}  // namespace baton::ip
