// SPDX-License-Identifier: Apache-2.0
// The headers of IPv4 (RFC 791) and IPv6 (RFC 8200) where they lie, and what of an address decides whether a router may
// have to do with it (RFC 1812 4.2.2.11 and 5.3.7, RFC 6890, RFC 4291 2.5 and 2.7). The caller has made sure that the
// bytes are there.
#pragma once

#include <cstdint>
#include <cstring>

#include "dataplane/worker/retag.h"
#include "sync/layout/routes.h"

namespace baton::ip {

inline constexpr std::uint16_t type_v4 = 0x0800, type_v6 = 0x86dd, type_arp = 0x0806;
inline constexpr unsigned v4_header = 20, v6_header = 40;
inline constexpr std::uint8_t protocol_icmp = 1, protocol_tcp = 6, protocol_udp = 17, protocol_icmp6 = 58;
inline constexpr std::uint8_t protocol_fragment = 44;

inline constexpr std::uint16_t dont_fragment = 0x4000, more_fragments = 0x2000, fragment_offset = 0x1fff;

inline std::uint32_t load_be32(const std::uint8_t* at) {
    std::uint32_t value;
    std::memcpy(&value, at, sizeof value);
    return __builtin_bswap32(value);
}

inline void store_be32(std::uint8_t* at, std::uint32_t value) {
    value = __builtin_bswap32(value);
    std::memcpy(at, &value, sizeof value);
}

inline IpBits load_v6(const std::uint8_t* at) {
    std::uint64_t high, low;
    std::memcpy(&high, at, sizeof high);
    std::memcpy(&low, at + 8, sizeof low);
    return {__builtin_bswap64(high), __builtin_bswap64(low)};
}

inline void store_v6(std::uint8_t* at, const IpBits& address) {
    const std::uint64_t high = __builtin_bswap64(address.high), low = __builtin_bswap64(address.low);
    std::memcpy(at, &high, sizeof high);
    std::memcpy(at + 8, &low, sizeof low);
}

/// Offsets: version and length of the header 0, total length 2, fragment 6, time to live 8, protocol 9, checksum 10,
/// source 12, destination 16.
struct V4 {
    const std::uint8_t* at;

    unsigned version() const { return at[0] >> 4; }

    unsigned header_size() const { return (at[0] & 15u) * 4; }

    std::uint16_t total_length() const { return load_be16(at + 2); }

    std::uint16_t fragment_word() const { return load_be16(at + 6); }

    bool is_fragment() const { return fragment_word() & (more_fragments | fragment_offset); }

    std::uint8_t ttl() const { return at[8]; }

    std::uint8_t protocol() const { return at[9]; }

    std::uint32_t source() const { return load_be32(at + 12); }

    std::uint32_t destination() const { return load_be32(at + 16); }
};

/// Offsets: version 0, payload length 4, next header 6, hop limit 7, source 8, destination 24.
struct V6 {
    const std::uint8_t* at;

    unsigned version() const { return at[0] >> 4; }

    std::uint16_t payload_length() const { return load_be16(at + 4); }

    std::uint8_t next_header() const { return at[6]; }

    std::uint8_t hop_limit() const { return at[7]; }

    IpBits source() const { return load_v6(at + 8); }

    IpBits destination() const { return load_v6(at + 24); }
};

/// Where IP begins in a frame that came with such a tag.
constexpr unsigned offset_behind(TagForm tag) {
    return addresses_size + 2 + (tag == TagForm::none ? 0 : tag_size);
}

/// The type of what the frame carries, behind its tag if it has one.
inline std::uint16_t type_of(const std::uint8_t* frame, TagForm tag) {
    return load_be16(frame + offset_behind(tag) - 2);
}

/// Of one host somewhere: not "this network" (0/8), loopback, multicast or reserved (240/4 with the broadcast).
constexpr bool is_unicast(std::uint32_t address) {
    const std::uint32_t first = address >> 24;
    return first - 1 < 223 && first != 127;
}

constexpr bool is_multicast(const IpBits& address) {
    return address.high >> 56 == 0xff;
}

constexpr bool is_link_local(const IpBits& address) {
    return address.high >> 54 == 0x3fa;
}

constexpr bool is_unspecified(const IpBits& address) {
    return (address.high | address.low) == 0;
}

/// Of one host somewhere: not unspecified, loopback, multicast, or an IPv4 address written as IPv6 (::ffff:0:0/96).
constexpr bool is_unicast(const IpBits& address) {
    if (address.high == 0 && (address.low <= 1 || address.low >> 32 == 0xffff)) return false;
    return !is_multicast(address);
}

}  // namespace baton::ip
