// SPDX-License-Identifier: Apache-2.0
// The Internet's checksum (RFC 1071): made, looked at, and kept true when one field changes (RFC 1624). Sums are made
// of 16-bit words as they lie in memory, so nothing is turned round but the result's own two bytes, which are stored as
// they are.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace baton::ip {

inline std::uint16_t fold(std::uint64_t sum) {
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>((sum & 0xffff) + (sum >> 16));
}

template <class Word>
std::uint64_t word_at(const std::uint8_t* at) {
    Word word;
    std::memcpy(&word, at, sizeof word);
    return word;
}

/// Adds bytes to a sum; up to 64 KB, and any number of pieces of which all but the last are of even length.
inline std::uint64_t sum_of(std::span<const std::uint8_t> bytes, std::uint64_t sum = 0) {
    const std::uint8_t* at = bytes.data();
    std::size_t left = bytes.size();
    for (; left >= 4; left -= 4, at += 4) sum += word_at<std::uint32_t>(at);
    if (left >= 2) {
        sum += word_at<std::uint16_t>(at);
        left -= 2;
        at += 2;
    }
    if (left != 0) sum += *at;  // its pair is a zero behind it
    return sum;
}

/// To be stored as it is. Over bytes that hold their own right checksum it is 0.
inline std::uint16_t checksum(std::uint64_t sum) {
    return static_cast<std::uint16_t>(~fold(sum));
}

/// Whether the checksum of an IPv4 header without options is right. A one's complement sum is one modulo 0xffff, and to
/// ask whether a number divides is a multiplication.
inline bool header_is_whole(const std::uint8_t* header) {
    std::uint64_t sum = 0;
    for (unsigned i = 0; i < 20; i += 4) sum += word_at<std::uint32_t>(header + i);
    return sum % 0xffff == 0;  // it is not 0: that would be version 0
}

/// The pseudo header of upper layers over IPv6 (RFC 8200 8.1); `addresses` are source and destination as they lie.
inline std::uint64_t pseudo_header(const std::uint8_t* addresses, std::size_t length, std::uint8_t next) {
    const std::uint8_t rest[8] = {
        0, 0, static_cast<std::uint8_t>(length >> 8), static_cast<std::uint8_t>(length), 0, 0, 0, next};
    return sum_of({rest, sizeof rest}, sum_of({addresses, 32}));
}

/// One less in the time to live. Its word in the sum is one less as it lies in memory, so the checksum is one more
/// (RFC 1624, equation 3), and a carry goes round; 0xffff is written 0, as who sums anew would.
inline void lower_ttl(std::uint8_t* header) {
    static_assert(std::endian::native == std::endian::little);
    --header[8];
    std::uint32_t check = static_cast<std::uint32_t>(word_at<std::uint16_t>(header + 10)) + 1;
    check += check >= 0xffff;
    const auto stored = static_cast<std::uint16_t>(check);
    std::memcpy(header + 10, &stored, sizeof stored);
}

}  // namespace baton::ip
