// SPDX-License-Identifier: Apache-2.0
// ICMP's numbers (RFC 792, RFC 4443, RFC 4861), where a message lies in a packet, and the router's own link-local
// address (RFC 4291 appendix A).
#pragma once

#include "dataplane/ip/checksum.h"
#include "dataplane/ip/header.h"

namespace baton::ip {

namespace icmp {
inline constexpr std::uint8_t echo_reply = 0, unreachable = 3, quench = 4, redirect = 5, echo = 8, expired = 11,
                              parameter = 12;
}

namespace icmp6 {
inline constexpr std::uint8_t unreachable = 1, too_big = 2, expired = 3, parameter = 4, echo = 128, echo_reply = 129;
inline constexpr std::uint8_t router_solicitation = 133, router_advertisement = 134, neighbor_solicitation = 135,
                              neighbor_advertisement = 136, redirect = 137;
inline constexpr std::uint8_t source_link_address = 1, target_link_address = 2, redirected = 4;  // options of discovery
}  // namespace icmp6

inline constexpr unsigned icmp_header = 8;

/// The length and the sum are right, of an ICMPv6 message straight behind the header. `size`: bytes that are there.
inline bool icmp6_is_whole(V6 packet, std::size_t size) {
    const unsigned length = packet.payload_length();
    if (length < icmp_header || v6_header + length > size) return false;
    return checksum(sum_of({packet.at + v6_header, length}, pseudo_header(packet.at + 8, length, protocol_icmp6))) == 0;
}

/// Writes the checksum of the ICMPv6 message behind the header, whose other fields are there.
inline void seal_icmp6(std::uint8_t* packet) {
    const unsigned length = V6{packet}.payload_length();
    std::memset(packet + v6_header + 2, 0, 2);
    const std::uint16_t check =
        checksum(sum_of({packet + v6_header, length}, pseudo_header(packet + 8, length, protocol_icmp6)));
    std::memcpy(packet + v6_header + 2, &check, sizeof check);
}

/// Writes the header's checksum.
inline void seal_v4(std::uint8_t* packet) {
    std::memset(packet + 10, 0, 2);
    const std::uint16_t check = checksum(sum_of({packet, V4{packet}.header_size()}));
    std::memcpy(packet + 10, &check, sizeof check);
}

constexpr IpBits link_local_of(std::uint64_t mac) {
    const std::uint64_t high = mac >> 24 ^ 0x020000, low = mac & 0xffffff;
    return {0xfe80ull << 48, high << 40 | 0xfffeull << 24 | low};
}

}  // namespace baton::ip
