// SPDX-License-Identifier: Apache-2.0
// Ethernet frames for tests, built and taken apart in the open: a frame is its bytes, nothing is guessed from it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sync/base/mac.h"

namespace baton::test {

using Frame = std::vector<std::uint8_t>;

inline Mac host(unsigned n) {
    return Mac::of(0x020000000000ull + n);
}

inline constexpr Mac broadcast{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

struct Tag {
    unsigned vid = 0;
    unsigned priority = 0;
    friend bool operator==(const Tag&, const Tag&) = default;
};

/// Destination, source, the tag if any, type 0x88b5 (local experiments), a payload that counts upwards. `length` is the
/// whole frame's.
inline Frame frame(Mac to, Mac from, std::optional<Tag> tag = {}, std::size_t length = 64, std::uint8_t seed = 0) {
    Frame bytes(length < 20 ? 20 : length);
    std::size_t at = 0;
    for (const auto byte : to.bytes) bytes[at++] = byte;
    for (const auto byte : from.bytes) bytes[at++] = byte;
    const auto put = [&](unsigned word) {
        bytes[at++] = static_cast<std::uint8_t>(word >> 8);
        bytes[at++] = static_cast<std::uint8_t>(word);
    };
    if (tag) {
        put(0x8100);
        put(tag->priority << 13 | tag->vid);
    }
    put(0x88b5);
    for (; at < bytes.size(); ++at) bytes[at] = static_cast<std::uint8_t>(seed + at);
    bytes.resize(length);
    return bytes;
}

/// The same frame as it looks with another tag, or with none (padded to 60 as a MAC would).
inline Frame retagged(const Frame& bytes, std::optional<Tag> tag) {
    Frame out(bytes.begin(), bytes.begin() + 12);
    const bool had = bytes[12] == 0x81 && bytes[13] == 0x00;
    if (tag) {
        const unsigned control = tag->priority << 13 | tag->vid;
        for (const unsigned byte : {0x81u, 0x00u, control >> 8, control & 0xff})
            out.push_back(static_cast<std::uint8_t>(byte));
    }
    out.insert(out.end(), bytes.begin() + (had ? 16 : 12), bytes.end());
    if (out.size() < 60) out.resize(60, 0);
    return out;
}

}  // namespace baton::test
