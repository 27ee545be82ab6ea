// SPDX-License-Identifier: Apache-2.0
// The 4-byte big-endian length that stands before every message of a session, and the sizes both sides keep to.
#pragma once

#include <google/protobuf/message_lite.h>

#include <cstdint>
#include <string>

namespace baton::session {

inline constexpr std::size_t largest_request = 64 * 1024;  // a line of 16 KB is the longest that can be typed
inline constexpr std::size_t largest_reply = 1024 * 1024;  // pieces are about 48 KB; completions may be more
inline constexpr std::size_t piece_size = 48 * 1024;       // of text in one reply

inline std::string framed(const google::protobuf::MessageLite& message) {
    std::string out(4, '\0');
    message.AppendToString(&out);
    const auto size = static_cast<std::uint32_t>(out.size() - 4);
    for (int i = 0; i < 4; ++i) out[i] = static_cast<char>(size >> (24 - 8 * i) & 0xff);
    return out;
}

inline std::uint32_t size_in(const std::uint8_t (&bytes)[4]) {
    return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 | bytes[3];
}

}  // namespace baton::session
