// SPDX-License-Identifier: Apache-2.0
// Packets of both families for tests, built field by field with a checksum of the test's own (RFC 1071, written for
// clarity): what the switch sends is compared with them byte for byte, so nothing here is shared with it.
#pragma once

#include <arpa/inet.h>

#include <stdexcept>
#include <string>

#include "tests/packet/frames.h"

namespace baton::test {

using Bytes = std::vector<std::uint8_t>;

inline Bytes operator+(Bytes a, const Bytes& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

inline Bytes be16(unsigned value) {
    return {static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)};
}

inline Bytes be32(std::uint32_t value) {
    return be16(value >> 16) + be16(value & 0xffff);
}

/// 4 bytes or 16, as they lie in a packet.
inline Bytes address(const std::string& text) {
    const bool v6 = text.find(':') != std::string::npos;
    Bytes bytes(v6 ? 16 : 4);
    if (::inet_pton(v6 ? AF_INET6 : AF_INET, text.c_str(), bytes.data()) != 1)
        throw std::runtime_error("no address: " + text);
    return bytes;
}

inline Bytes mac(Mac of) {
    return {of.bytes.begin(), of.bytes.end()};
}

/// RFC 1071: the one's complement of the one's complement sum of 16-bit words.
inline unsigned internet_checksum(const Bytes& bytes) {
    unsigned sum = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        sum += i % 2 == 0 ? bytes[i] << 8 : bytes[i];
        if (sum > 0xffff) sum -= 0xffff;
    }
    return 0xffff - sum;
}

inline void put16(Bytes& bytes, std::size_t at, unsigned value) {
    bytes.at(at) = static_cast<std::uint8_t>(value >> 8);
    bytes.at(at + 1) = static_cast<std::uint8_t>(value);
}

inline unsigned get16(const Bytes& bytes, std::size_t at) {
    return bytes.at(at) << 8 | bytes.at(at + 1);
}

/// Addresses, the tag if any, type, payload; padded to 60.
inline Frame ethernet(Mac to, Mac from, std::optional<Tag> tag, unsigned type, const Bytes& payload) {
    Bytes bytes = mac(to) + mac(from);
    if (tag) bytes = bytes + be16(0x8100) + be16(tag->priority << 13 | tag->vid);
    bytes = bytes + be16(type) + payload;
    if (bytes.size() < 60) bytes.resize(60, 0);
    return bytes;
}

struct Four {  // IPv4
    std::string from = "10.0.1.2", to = "10.0.2.2";
    unsigned protocol = 17;
    Bytes payload = Bytes(40, 0x5a);
    unsigned ttl = 64, tos = 0, id = 0x1234, fragment = 0;  // fragment: flags and offset as they lie
    Bytes options = {};                                     // padded by the test itself

    Bytes bytes() const {
        const unsigned header = static_cast<unsigned>(20 + options.size());
        Bytes out{static_cast<std::uint8_t>(0x40 | header / 4), static_cast<std::uint8_t>(tos)};
        out = out + be16(static_cast<unsigned>(header + payload.size())) + be16(id) + be16(fragment);
        out = out + Bytes{static_cast<std::uint8_t>(ttl), static_cast<std::uint8_t>(protocol), 0, 0};
        out = out + address(from) + address(to) + options;
        put16(out, 10, internet_checksum(out));
        return out + payload;
    }
};

struct Six {  // IPv6
    std::string from = "2001:db8:1::2", to = "2001:db8:2::2";
    unsigned next = 17;
    Bytes payload = Bytes(40, 0x5a);
    unsigned hop_limit = 64;

    Bytes bytes() const {
        Bytes out{0x60, 0, 0, 0};
        out = out + be16(static_cast<unsigned>(payload.size()));
        out = out + Bytes{static_cast<std::uint8_t>(next), static_cast<std::uint8_t>(hop_limit)};
        return out + address(from) + address(to) + payload;
    }
};

/// The checksum at `at` of an upper layer's bytes, over its pseudo header (RFC 8200 8.1), written into them.
inline Bytes sealed_six(const std::string& from, const std::string& to, unsigned next, Bytes upper, std::size_t at) {
    put16(upper, at, 0);
    const Bytes all = address(from) + address(to) + be32(static_cast<std::uint32_t>(upper.size())) + be32(next) + upper;
    put16(upper, at, internet_checksum(all));
    return upper;
}

inline Bytes ports(unsigned source, unsigned destination, std::size_t size = 18) {  // UDP, no checksum
    return be16(source) + be16(destination) + be16(static_cast<unsigned>(size)) + be16(0) + Bytes(size - 8, 0x33);
}

/// ICMP: type, code, the second word, the rest.
inline Bytes icmp(unsigned type, unsigned code, std::uint32_t word, const Bytes& rest) {
    Bytes out{static_cast<std::uint8_t>(type), static_cast<std::uint8_t>(code), 0, 0};
    out = out + be32(word) + rest;
    put16(out, 2, internet_checksum(out));
    return out;
}

inline Bytes icmp6(const std::string& from, const std::string& to, unsigned type, unsigned code, std::uint32_t word,
                   const Bytes& rest) {
    const Bytes out = Bytes{static_cast<std::uint8_t>(type), static_cast<std::uint8_t>(code), 0, 0} + be32(word) + rest;
    return sealed_six(from, to, 58, out, 2);
}

inline Frame four(Mac to, Mac from, std::optional<Tag> tag, const Four& packet) {
    return ethernet(to, from, tag, 0x0800, packet.bytes());
}

inline Frame six(Mac to, Mac from, std::optional<Tag> tag, const Six& packet) {
    return ethernet(to, from, tag, 0x86dd, packet.bytes());
}

/// The first `size` bytes.
inline Bytes first(const Bytes& bytes, std::size_t size) {
    return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(std::min(size, bytes.size()))};
}

}  // namespace baton::test
