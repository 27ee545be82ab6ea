// SPDX-License-Identifier: Apache-2.0
// An Ethernet address (IEEE 802, 48 bits), as bytes in network order, and its value as a number for table keys.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace baton {

struct Mac {
    std::array<std::uint8_t, 6> bytes{};

    friend constexpr auto operator<=>(const Mac&, const Mac&) = default;

    constexpr bool is_multicast() const { return bytes[0] & 1; }  // group bit: multicast and broadcast

    /// The address as a 48-bit number, first byte on the wire most significant.
    constexpr std::uint64_t value() const {
        std::uint64_t number = 0;
        for (const auto byte : bytes) number = number << 8 | byte;
        return number;
    }

    static constexpr Mac of(std::uint64_t value) {
        Mac mac;
        for (int i = 5; i >= 0; --i, value >>= 8) mac.bytes[i] = static_cast<std::uint8_t>(value);
        return mac;
    }

    /// Six pairs of hex digits parted by ':' or '-'; nothing for any other form.
    static constexpr std::optional<Mac> parse(std::string_view text) {
        if (text.size() != 17) return std::nullopt;
        const auto digit = [](char c) -> int {
            if (c >= '0' && c <= '9') return c - '0';
            if (c >= 'a' && c <= 'f') return c - 'a' + 10;
            if (c >= 'A' && c <= 'F') return c - 'A' + 10;
            return -1;
        };
        Mac mac;
        for (std::size_t i = 0; i < 6; ++i) {
            const int high = digit(text[i * 3]), low = digit(text[i * 3 + 1]);
            if (high < 0 || low < 0) return std::nullopt;
            if (i < 5 && text[i * 3 + 2] != ':' && text[i * 3 + 2] != '-') return std::nullopt;
            mac.bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
        }
        return mac;
    }

    std::string text() const {
        static constexpr char digits[] = "0123456789abcdef";
        std::string out;
        for (std::size_t i = 0; i < 6; ++i) {
            if (i) out += ':';
            out += digits[bytes[i] >> 4];
            out += digits[bytes[i] & 15];
        }
        return out;
    }
};

}  // namespace baton
