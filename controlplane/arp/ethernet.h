// SPDX-License-Identifier: Apache-2.0
// The frame around both protocols: a destination, a source, perhaps an 802.1Q tag, and a type.
#pragma once

#include <algorithm>
#include <span>

#include "sync/base/bytes.h"
#include "sync/base/mac.h"

namespace baton::arp {

inline constexpr std::uint16_t type_arp = 0x0806;
inline constexpr std::uint16_t type_ipv6 = 0x86dd;
inline constexpr std::uint16_t type_tag = 0x8100;
inline constexpr Mac broadcast{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

inline Mac take_mac(ByteReader& reader) {
    Mac mac;
    const auto bytes = reader.take(6);
    std::copy(bytes.begin(), bytes.end(), mac.bytes.begin());
    return mac;
}

/// Reads as far as the type, past a tag; 0 when the frame is too short. The VLAN is known already.
inline std::uint16_t take_header(ByteReader& reader) {
    (void)reader.take(12);
    std::uint16_t type = reader.u16();
    if (type == type_tag) {
        (void)reader.take(2);
        type = reader.u16();
    }
    return type;
}

/// The type of a frame whose header take_header() would read.
inline std::uint16_t type_of(std::span<const std::uint8_t> frame) {
    ByteReader reader(frame);
    return take_header(reader);
}

inline void put_header(ByteWriter& writer, Mac to, Mac from, std::uint16_t type) {
    writer.put(to.bytes);
    writer.put(from.bytes);
    writer.u16(type);
}

}  // namespace baton::arp
