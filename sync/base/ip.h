// SPDX-License-Identifier: Apache-2.0
// IP addresses of both families as one kind of number, and how people write them (RFC 791, RFC 4291, RFC 5952). Tables
// and commands carry the bits alone; whoever reads or writes text has an IpAddress or an IpPrefix. ip.cc is the only
// place that knows of inet_pton and inet_ntop.
//
//   192.0.2.1        IpAddress      2001:db8::1
//   192.0.2.0/24     IpPrefix       2001:db8::/32      no bit is set beyond the length
//   192.0.2.1/24     IpInterface    2001:db8::1/64     an address, and how much of it is its subnet's
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace baton {

enum class Family : std::uint8_t { ipv4 = 0, ipv6 = 1 };

constexpr unsigned address_bits(Family family) {
    return family == Family::ipv4 ? 32 : 128;
}

/// Both families as 128 bits: IPv4 lies in the uppermost 32 bits of `high`, so that prefixes begin at bit 0 in both.
struct IpBits {
    std::uint64_t high = 0, low = 0;

    static constexpr IpBits v4(std::uint32_t address) { return {static_cast<std::uint64_t>(address) << 32, 0}; }

    constexpr std::uint32_t v4() const { return static_cast<std::uint32_t>(high >> 32); }

    /// Its first `length` bits, and 0 behind them.
    constexpr IpBits first(unsigned length) const {
        if (length == 0) return {};
        if (length <= 64) return {high & ~0ull << (64 - length), 0};
        return {high, length >= 128 ? low : low & ~0ull << (128 - length)};
    }

    /// Byte n as it stands in a packet.
    constexpr std::uint8_t byte(unsigned n) const {
        return static_cast<std::uint8_t>((n < 8 ? high : low) >> (56 - n % 8 * 8));
    }

    /// Of an address as it stands in a packet: 4 bytes or 16.
    static constexpr IpBits of(std::span<const std::uint8_t> bytes) {
        IpBits bits;
        for (std::size_t n = 0; n < bytes.size() && n < 16; ++n)
            (n < 8 ? bits.high : bits.low) |= static_cast<std::uint64_t>(bytes[n]) << (56 - n % 8 * 8);
        return bits;
    }

    friend constexpr auto operator<=>(const IpBits&, const IpBits&) = default;
};

struct IpAddress {
    Family family{};
    IpBits bits;

    static constexpr IpAddress v4(std::uint32_t address) { return {Family::ipv4, IpBits::v4(address)}; }

    static constexpr IpAddress v6(std::uint64_t high, std::uint64_t low) { return {Family::ipv6, {high, low}}; }

    /// Four decimal numbers without leading zeros, or any form of RFC 4291; nothing else, no zone, no blanks.
    static std::optional<IpAddress> parse(std::string_view text);

    /// As RFC 5952 has it.
    std::string text() const;

    constexpr bool is_unspecified() const { return bits == IpBits{}; }

    constexpr bool is_loopback() const {  // RFC 1122 3.2.1.3 (g), RFC 4291 2.5.3
        return family == Family::ipv4 ? bits.v4() >> 24 == 127 : bits == IpBits{0, 1};
    }

    constexpr bool is_multicast() const {  // RFC 1112, RFC 4291 2.7
        return family == Family::ipv4 ? bits.v4() >> 28 == 0xe : bits.high >> 56 == 0xff;
    }

    constexpr bool is_link_local() const {  // RFC 3927, RFC 4291 2.5.6
        return family == Family::ipv4 ? bits.v4() >> 16 == 0xa9fe : bits.high >> 54 == 0x3fa;
    }

    /// One host's on some subnet: not of "this network" (0/8, ::), loopback, multicast, reserved (240/4, broadcast) or
    /// an IPv4 address written as IPv6 (::ffff:0:0/96).
    constexpr bool is_unicast() const {
        if (is_unspecified() || is_loopback() || is_multicast()) return false;
        if (family == Family::ipv4) return bits.v4() >> 24 != 0 && bits.v4() >> 28 != 0xf;
        return !(bits.high == 0 && bits.low >> 32 == 0xffff);
    }

    friend constexpr auto operator<=>(const IpAddress&, const IpAddress&) = default;
};

struct IpPrefix {
    Family family{};
    std::uint8_t length = 0;
    IpBits bits;

    static constexpr IpPrefix of(IpAddress address, unsigned length) {
        return {address.family, static_cast<std::uint8_t>(length), address.bits.first(length)};
    }

    /// `10.0.0.0/8`, `10.0.0.0 255.0.0.0`; nothing when a bit beyond the length is set.
    static std::optional<IpPrefix> parse(std::string_view text);

    std::string text() const;

    constexpr bool contains(IpAddress address) const {
        return address.family == family && address.bits.first(length) == bits;
    }

    constexpr bool overlaps(const IpPrefix& other) const {
        const unsigned shorter = length < other.length ? length : other.length;
        return family == other.family && bits.first(shorter) == other.bits.first(shorter);
    }

    constexpr bool is_host() const { return length == address_bits(family); }

    /// The last address of it: of an IPv4 subnet its broadcast address.
    constexpr IpAddress last() const {
        const IpBits mask = IpBits{~0ull, ~0ull}.first(length),
                     whole = IpBits{~0ull, ~0ull}.first(address_bits(family));
        return {family, {bits.high | (whole.high & ~mask.high), bits.low | (whole.low & ~mask.low)}};
    }

    constexpr IpAddress first() const { return {family, bits}; }

    friend constexpr bool operator==(const IpPrefix&, const IpPrefix&) = default;

    /// As addresses lie; of two that begin alike, the one that holds the other comes first.
    friend constexpr std::strong_ordering operator<=>(const IpPrefix& a, const IpPrefix& b) {
        if (const auto by = a.family <=> b.family; by != 0) return by;
        if (const auto by = a.bits <=> b.bits; by != 0) return by;
        return a.length <=> b.length;
    }
};

/// What an interface is given: an address, and the length of its subnet's prefix.
struct IpInterface {
    IpAddress address;
    std::uint8_t length = 0;

    /// `10.0.0.1/24`, `10.0.0.1 255.255.255.0`, `2001:db8::1/64`.
    static std::optional<IpInterface> parse(std::string_view text);

    std::string text() const;

    constexpr IpPrefix subnet() const { return IpPrefix::of(address, length); }

    friend constexpr auto operator<=>(const IpInterface&, const IpInterface&) = default;
};

/// The length of a mask (255.255.255.0: 24); nothing when its ones do not all come first.
constexpr std::optional<std::uint8_t> length_of_mask(std::uint32_t mask) {
    const std::uint32_t behind = ~mask;
    if (behind & (behind + 1)) return std::nullopt;
    return static_cast<std::uint8_t>(__builtin_popcount(mask));
}

constexpr std::uint32_t mask_of_length(unsigned length) {
    return length == 0 ? 0 : ~0u << (32 - (length < 32 ? length : 32));
}

}  // namespace baton
