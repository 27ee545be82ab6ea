// SPDX-License-Identifier: Apache-2.0
// What access lists look at in an IPv4 packet (RFC 791), as 16 bytes in network order, side by side for a burst; and
// where what is not there comes to stand:
//
//   packet                                   protocol  ports known  ports
//   TCP or UDP, its ports within             yes       yes          as they are
//   ICMP, its type and code within           yes       yes          type << 8 | code, as destination port
//   a later fragment, or cut short before    yes       no           0: a rule that names ports does not match
//   any other protocol                       other     no           0
//
// A header that cannot be right is no key at all, and neither is a TCP fragment at offset 1, which could only be there
// to overwrite the flags that its first one was judged by (RFC 1858 section 3, RFC 3128).
#pragma once

#include <cstdint>
#include <cstring>

#include "sync/base/ids.h"
#include "sync/layout/acl_rule.h"

namespace baton {

inline constexpr std::uint8_t acl_protocol_bits = 3;  // of AclKey::what: an AclProtocol, ip: some other protocol
inline constexpr std::uint8_t acl_ports_known = 4;

inline constexpr std::uint8_t tcp_syn = 0x02, tcp_rst = 0x04, tcp_ack = 0x10;

struct AclKey {
    std::uint8_t what = 0;
    std::uint8_t tcp_flags = 0;  // 0: not known
    std::uint16_t pad = 0;
    std::uint32_t destination = 0;  // in network order, all that follow
    std::uint32_t source = 0;
    std::uint16_t destination_port = 0;
    std::uint16_t source_port = 0;
    std::uint16_t ingress = 0;
    std::uint16_t pad2 = 0;
};

static_assert(sizeof(AclKey) == 20);

/// `bytes`: from the IPv4 header to the frame's end. False: the header cannot be right.
inline bool read_acl_key(const std::uint8_t* bytes, std::uint32_t length, PortId ingress, AclKey& key) {
    const auto be16 = [bytes](unsigned at) { return static_cast<std::uint32_t>(bytes[at] << 8 | bytes[at + 1]); };
    if (length < 20 || bytes[0] >> 4 != 4) return false;
    const std::uint32_t header = (bytes[0] & 15) * 4u, total = be16(2);
    if (header < 20 || total < header || total > length) return false;
    key = {};
    key.ingress = __builtin_bswap16(ingress);
    std::memcpy(&key.source, bytes + 12, 4);
    std::memcpy(&key.destination, bytes + 16, 4);
    const std::uint8_t* inside = bytes + header;
    const std::uint32_t rest = total - header, offset = be16(6) & 0x1fff;
    switch (bytes[9]) {
        case 6:
            if (offset == 1) return false;
            key.what = static_cast<std::uint8_t>(AclProtocol::tcp);
            break;
        case 17: key.what = static_cast<std::uint8_t>(AclProtocol::udp); break;
        case 1:
            key.what = static_cast<std::uint8_t>(AclProtocol::icmp);
            if (offset != 0 || rest < 2) return true;
            key.what |= acl_ports_known;
            std::memcpy(&key.destination_port, inside, 2);
            return true;
        default: return true;
    }
    if (offset != 0) {
        key.tcp_flags =
            tcp_ack;  // its first fragment was judged by the flags; without that one the others are worth nothing
        return true;
    }
    if (rest < 4) return true;
    key.what |= acl_ports_known;
    std::memcpy(&key.source_port, inside, 2);
    std::memcpy(&key.destination_port, inside + 2, 2);
    if (rest >= 14) key.tcp_flags = inside[13];
    return true;
}

/// Of TCP that `permit-established` matches: is it of a connection that exists? What opens one is not, nor what shows
/// no flags at all.
constexpr bool is_established(std::uint8_t flags) {
    return (flags & tcp_ack) != 0 || ((flags & tcp_rst) != 0 && (flags & tcp_syn) == 0);
}

}  // namespace baton
