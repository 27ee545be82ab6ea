// SPDX-License-Identifier: Apache-2.0
// A set of ports in four words: what membership, tagging and access lists are made of.
#pragma once

#include "sync/base/ids.h"
#include "sync/layout/describe.h"

namespace baton {

/// A set of ports: bit n is PortId n.
struct PortSet256 {
    std::uint64_t words[4] = {};

    constexpr bool has(PortId port) const { return words[port / 64] >> port % 64 & 1; }
    constexpr void add(PortId port) { words[port / 64] |= 1ull << port % 64; }
    constexpr void remove(PortId port) { words[port / 64] &= ~(1ull << port % 64); }
    constexpr bool empty() const { return (words[0] | words[1] | words[2] | words[3]) == 0; }
    friend constexpr bool operator==(const PortSet256&, const PortSet256&) = default;
};
template <>
struct Describe<PortSet256> {
    static constexpr std::string_view name = "PortSet256";
    static constexpr std::array fields{BATON_FIELD(PortSet256, words)};
};

}  // namespace baton
