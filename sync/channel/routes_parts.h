// SPDX-License-Identifier: Apache-2.0
// Where each part of a mapped routes arena lies. No part but those of `routes_touched`
// may be read beyond its high-water mark: the memory is not there.
#pragma once

#include <type_traits>

#include "sync/base/ip.h"
#include "sync/layout/routes.h"

namespace baton {

using RouteSlot = std::atomic<std::uint32_t>;  // a Leaf

/// `count` bits of an address from bit `from`, the uppermost being 0; they lie in one of its two halves.
constexpr std::uint32_t bits_of(const IpBits& address, unsigned from, unsigned count) {
    const std::uint64_t half = from < 64 ? address.high : address.low;
    return static_cast<std::uint32_t>(half >> (64 - count - from % 64) & ((1ull << count) - 1));
}

/// The prefix that one host is.
constexpr IpPrefix host_prefix(Family family, const IpBits& address) {
    return IpPrefix::of({family, address}, address_bits(family));
}

/// A family there is, a length that it has, and nothing beyond it: of what others have written.
constexpr bool is_prefix(const IpPrefix& prefix) {
    return (prefix.family == Family::ipv4 || prefix.family == Family::ipv6) &&
           prefix.length <= address_bits(prefix.family) && prefix.bits.first(prefix.length) == prefix.bits;
}

/// Byte: std::byte for the applier and for workers (`used`), const std::byte for boards.
template <class Byte>
class BasicRouteParts {
  public:
    template <class T>
    using Part = std::conditional_t<std::is_const_v<Byte>, const T, T>;

    explicit BasicRouteParts(Byte* arena) : arena_(arena) {}

    Part<RoutesControl>& control() const { return *at<RoutesControl>(0, 0); }

    Part<RouteRoot>& root(Family family, const IpBits& address) const {
        return control().root[static_cast<unsigned>(family)][bits_of(address, 0, 8)];
    }

    /// The slots of block `number`, from 1.
    Part<RouteSlot>* block(std::uint32_t number) const {
        return at<RouteSlot>(routes_blocks_at, std::uint64_t{number - 1} * route_block_slots);
    }

    Part<RouteSlot>* node(std::uint32_t index) const {
        return at<RouteSlot>(routes_nodes_at, std::uint64_t{index} * route_node_slots);
    }

    Part<RouteGroup>& group(std::uint32_t index) const { return *at<RouteGroup>(routes_groups_at, index); }

    Part<Adjacency>& adjacency(std::uint32_t index) const { return *at<Adjacency>(routes_adjacencies_at, index); }

    Part<AdjacencyRecord>& adjacency_record(std::uint32_t index) const {
        return *at<AdjacencyRecord>(routes_adjacency_records_at, index);
    }

    Part<RouteRecord>& record(std::uint32_t index) const { return *at<RouteRecord>(routes_records_at, index); }

  private:
    template <class T>
    Part<T>* at(std::uint64_t part, std::uint64_t index) const {
        return reinterpret_cast<Part<T>*>(arena_ + part) + index;
    }

    Byte* arena_;
};

using RouteParts = BasicRouteParts<std::byte>;
using RoutePartsRead = BasicRouteParts<const std::byte>;

/// The leaf of the longest prefix of more than 8 bits, one slot after another; word 0: there is none.
template <class Byte>
Leaf longer_route_to(const BasicRouteParts<Byte>& parts, Family family, const IpBits& address) {
    const std::uint32_t block = parts.root(family, address).block.load(std::memory_order_acquire);
    if (block == 0) return {};
    Leaf leaf{parts.block(block)[bits_of(address, 8, 16)].load(std::memory_order_acquire)};
    for (unsigned from = 24; leaf.kind() == LeafKind::node && from < address_bits(family); from += 8)
        leaf.word = parts.node(leaf.index())[bits_of(address, from, 8)].load(std::memory_order_acquire);
    return leaf;
}

/// The longest prefix's leaf of one address; word 0: there is no route. For boards and tests; workers have
/// dataplane/table/routes.h.
template <class Byte>
Leaf route_to(const BasicRouteParts<Byte>& parts, Family family, const IpBits& address) {
    const Leaf covering{parts.root(family, address).leaf.load(std::memory_order_acquire)};
    const Leaf leaf = longer_route_to(parts, family, address);
    return leaf.word == 0 ? covering : leaf;
}

}  // namespace baton
