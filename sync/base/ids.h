// SPDX-License-Identifier: Apache-2.0
// The small words that every process uses for the same things: a port, a VLAN, a worker, a board's slot.
// A port has two names. People write `module:port` (PortName, "1:3"); tables and rings carry a PortId, the port's
// index in the ports table, because a bit set and an 8-byte FDB entry have room for nothing longer.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace baton {

using PortId = std::uint16_t;    // 1..max_ports-1; 0 is no port
using VlanId = std::uint16_t;    // 1..4094; 0 is no VLAN
using WorkerId = std::uint16_t;  // 0..max_workers-1
using Term = std::uint64_t;      // strictly rising; 0 is before the first grant

inline constexpr PortId no_port = 0;
inline constexpr std::size_t max_ports = 256;
inline constexpr std::size_t max_vlans = 4096;
inline constexpr std::size_t max_workers = 8;
inline constexpr std::size_t board_count = 2;

enum class Slot : std::uint8_t { msm_a = 0, msm_b = 1, none = 0xff };

constexpr Slot other(Slot slot) { return slot == Slot::msm_a ? Slot::msm_b : Slot::msm_a; }
constexpr std::size_t index_of(Slot slot) { return static_cast<std::size_t>(slot); }

constexpr std::string_view name_of(Slot slot) {
    return slot == Slot::msm_a ? "msm-a" : slot == Slot::msm_b ? "msm-b" : "none";
}

/// "msm-a", "msm-b", "a", "b"; anything else is no slot.
constexpr std::optional<Slot> slot_of(std::string_view text) {
    if (text == "msm-a" || text == "a") return Slot::msm_a;
    if (text == "msm-b" || text == "b") return Slot::msm_b;
    return std::nullopt;
}

/// A port as people write it: module and port from 1, "1:3".
struct PortName {
    std::uint8_t module = 0;
    std::uint8_t port = 0;

    friend constexpr auto operator<=>(const PortName&, const PortName&) = default;

    /// "1:3"; nothing for any other form or a number outside 1..255.
    static std::optional<PortName> parse(std::string_view text) {
        const auto colon = text.find(':');
        if (colon == std::string_view::npos) return std::nullopt;
        const auto number = [](std::string_view digits) -> unsigned {
            unsigned value = 0;
            const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
            return error == std::errc{} && end == digits.data() + digits.size() && value <= 255 ? value : 0;
        };
        const unsigned module = number(text.substr(0, colon)), port = number(text.substr(colon + 1));
        if (module == 0 || port == 0) return std::nullopt;
        return PortName{static_cast<std::uint8_t>(module), static_cast<std::uint8_t>(port)};
    }

    std::string text() const { return std::to_string(module) + ":" + std::to_string(port); }
};

}  // namespace baton
