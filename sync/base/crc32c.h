// SPDX-License-Identifier: Apache-2.0
// CRC-32C (Castagnoli, RFC 3720 appendix B.4): the journal's frame check. Table driven, so it runs on every CPU; a
// journal record is a few hundred bytes at configuration's pace.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace baton {

namespace detail {
consteval std::array<std::uint32_t, 256> crc32c_table() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t crc = i;
        for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? crc >> 1 ^ 0x82f63b78u : crc >> 1;
        table[i] = crc;
    }
    return table;
}
inline constexpr auto crc32c_entries = crc32c_table();
}  // namespace detail

/// CRC-32C of `bytes`; pass an earlier result as `crc` to go on from there.
constexpr std::uint32_t crc32c(std::span<const std::uint8_t> bytes, std::uint32_t crc = 0) {
    crc = ~crc;
    for (const auto byte : bytes) crc = detail::crc32c_entries[(crc ^ byte) & 0xff] ^ crc >> 8;
    return ~crc;
}

}  // namespace baton
