// SPDX-License-Identifier: Apache-2.0
// An IP address of either family as it lies in a packet, with the little arithmetic that ranges of addresses need. The
// tester writes addresses into every frame, so it keeps their bytes; sync/base/ip.h knows how people write them.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sync/base/ip.h"

namespace baton::tester {

struct Ip {
    std::array<std::uint8_t, 16> bytes{};
    std::uint8_t size = 0;  // 4 or 16; 0: none

    friend constexpr bool operator==(const Ip&, const Ip&) = default;

    explicit operator bool() const { return size != 0; }

    bool v6() const { return size == 16; }

    std::span<const std::uint8_t> view() const { return {bytes.data(), size}; }

    static Ip of(std::span<const std::uint8_t> bytes) {
        Ip ip;
        ip.size = static_cast<std::uint8_t>(bytes.size());
        std::copy(bytes.begin(), bytes.end(), ip.bytes.begin());
        return ip;
    }

    static std::optional<Ip> parse(std::string_view text) {
        const auto parsed = IpAddress::parse(text);
        if (!parsed) return std::nullopt;
        Ip ip;
        ip.size = static_cast<std::uint8_t>(address_bits(parsed->family) / 8);
        for (unsigned n = 0; n < ip.size; ++n) ip.bytes[n] = parsed->bits.byte(n);
        return ip;
    }

    std::string text() const { return IpAddress{v6() ? Family::ipv6 : Family::ipv4, IpBits::of(view())}.text(); }

    /// The address `n` further on; carries within its last 32 bits only.
    Ip plus(std::uint32_t n) const {
        Ip sum = *this;
        for (unsigned i = size; i-- > size - 4u; n >>= 8) {
            n += sum.bytes[i];
            sum.bytes[i] = static_cast<std::uint8_t>(n);
        }
        return sum;
    }

    /// How far `other` lies behind this one, when that is below `count`.
    std::optional<std::uint32_t> distance(const Ip& other, std::uint32_t count) const {
        if (size != other.size || size == 0 ||
            !std::equal(bytes.begin(), bytes.begin() + size - 4, other.bytes.begin()))
            return std::nullopt;
        const auto low = [this](const Ip& ip) {
            std::uint32_t value = 0;
            for (unsigned i = size - 4u; i < size; ++i) value = value << 8 | ip.bytes[i];
            return value;
        };
        const std::uint32_t far = low(other) - low(*this);
        return far < count ? std::optional(far) : std::nullopt;
    }
};

}  // namespace baton::tester
