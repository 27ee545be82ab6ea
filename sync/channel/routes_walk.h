// SPDX-License-Identifier: Apache-2.0
// Reading routes, neighbours and next hops from outside the data plane: boards hold a read-only mapping and see words,
// never locks. What a walk promises: what stays as it is from the walk's begin to its end is reported, and once. What
// comes, goes or changes meanwhile may be missed, or be seen in its old or its new form.
//
//   RoutesWalk walk(arena);
//   while (walk.next(4096, [&](const RouteEntry& entry) { ... walk.each_hop(entry.active().leaf, ...) ... })) {}
#pragma once

#include <array>
#include <optional>

#include "sync/base/mac.h"
#include "sync/channel/routes_parts.h"

namespace baton {

/// One owner's route to a prefix.
struct RouteOffer {
    Owner owner{};
    RouteProtocol protocol{};
    std::uint32_t metric = 0;
    std::uint32_t since = 0;  // RoutesControl::second
    std::uint16_t epoch = 0;
    Leaf leaf;  // word 0: this owner has none

    explicit operator bool() const { return leaf.word != 0; }
};

struct RouteEntry {
    IpPrefix prefix;
    std::array<RouteOffer, owner_count - 1> by;  // [Owner - 1]

    const RouteOffer& of(Owner owner) const { return by[static_cast<std::size_t>(owner) - 1]; }

    /// The one that packets take: configuration's, else routing's, else arp's.
    const RouteOffer& active() const {
        for (const Owner owner : {Owner::configuration, Owner::routing})
            if (of(owner)) return of(owner);
        return of(Owner::arp);
    }
};

/// What an adjacency says and whose it is.
struct AdjacencyEntry {
    std::uint32_t index = 0;
    Hop hop{};
    VlanId vlan = 0;
    Mac mac;  // of a neighbour
    Family family{};
    IpBits address;           // of a neighbour or an unresolved next hop; else 0
    std::uint32_t used = 0;   // RoutesControl::second when a packet last took it
    std::uint32_t since = 0;  // when its word last changed
    Term confirmed = 0;       // that last said it, of a neighbour
};

class RoutesWalk {
  public:
    /// `arena` is a mapped routes arena (map_arena with fingerprint<RoutesControl>()); it outlives the walk.
    explicit RoutesWalk(const std::byte* arena) : parts_(arena) {}

    /// Begins again, routes and adjacencies.
    void rewind() { record_ = adjacency_ = 0; }

    /// Visits the routes among the next `count` records; false when that was the last. In no order.
    template <class Visit>
    bool next(std::uint32_t count, Visit&& visit) {
        const std::uint32_t end = control().records.load(std::memory_order_acquire);
        for (; count > 0 && record_ < end; --count, ++record_)
            if (const auto entry = route(record_)) visit(*entry);
        return record_ < end;
    }

    /// The same of adjacencies: neighbours, unresolved next hops, and what is no neighbour (connected, local, ...).
    template <class Visit>
    bool next_adjacencies(std::uint32_t count, Visit&& visit) {
        const std::uint32_t end = control().adjacencies.load(std::memory_order_acquire);
        for (; count > 0 && adjacency_ < end; --count, ++adjacency_)
            if (const auto entry = adjacency(adjacency_)) visit(*entry);
        return adjacency_ < end;
    }

    /// Visits what a leaf leads to: nothing, one adjacency, or a group's members.
    template <class Visit>
    void each_hop(Leaf leaf, Visit&& visit) const {
        if (leaf.kind() == LeafKind::adjacency) {
            if (const auto entry = adjacency(leaf.index())) visit(*entry);
        } else if (leaf.kind() == LeafKind::group && leaf.index() < max_route_groups) {
            const RouteGroup& group = parts_.group(leaf.index());
            const std::uint32_t count = group.count.load(std::memory_order_acquire);
            for (std::uint32_t i = 0; i < count && i < hops_most; ++i)
                if (const auto entry = adjacency(group.member[i].load(std::memory_order_acquire))) visit(*entry);
        }
    }

    /// What is known of one record; nothing when it is free, or changed hands while it was read.
    std::optional<RouteEntry> route(std::uint32_t index) const {
        const RouteRecord& record = parts_.record(index);
        const std::uint64_t key = record.key.load(std::memory_order_acquire);
        if (key == 0) return std::nullopt;
        RouteEntry entry;
        entry.prefix = {RouteKey::of(key).family, RouteKey::of(key).length, bits(record)};
        for (std::size_t i = 0; i < entry.by.size(); ++i) {
            const RouteCandidate& from = record.by[i];
            entry.by[i] = {static_cast<Owner>(i + 1),
                           static_cast<RouteProtocol>(from.protocol.load(std::memory_order_acquire)),
                           from.metric.load(std::memory_order_acquire),
                           from.since.load(std::memory_order_acquire),
                           from.epoch.load(std::memory_order_acquire),
                           Leaf{from.leaf.load(std::memory_order_acquire)}};
        }
        const bool same = record.key.load(std::memory_order_acquire) == key && bits(record) == entry.prefix.bits;
        if (!same || entry.active().leaf.word == 0) return std::nullopt;
        return entry;
    }

    std::optional<AdjacencyEntry> adjacency(std::uint32_t index) const {
        if (index >= control().adjacencies.load(std::memory_order_acquire)) return std::nullopt;
        const AdjacencyRecord& record = parts_.adjacency_record(index);
        if (record.state.load(std::memory_order_acquire) == 0) return std::nullopt;
        const Adjacency& adjacency = parts_.adjacency(index);
        const HopWord word = HopWord::of(adjacency.word.load(std::memory_order_acquire));
        if (word.hop == Hop::none) return std::nullopt;
        AdjacencyEntry entry;
        entry.index = index;
        entry.hop = word.hop;
        entry.vlan = word.vlan;
        entry.mac = Mac::of(word.mac);
        entry.family = static_cast<Family>(record.family.load(std::memory_order_acquire));
        entry.address = {record.high.load(std::memory_order_acquire), record.low.load(std::memory_order_acquire)};
        entry.used = adjacency.used.load(std::memory_order_acquire);
        entry.since = record.since.load(std::memory_order_acquire);
        entry.confirmed = record.confirmed.load(std::memory_order_acquire);
        return entry;
    }

    /// The leaf that a packet to this address takes now.
    Leaf lookup(Family family, const IpBits& address) const { return route_to(parts_, family, address); }

    const RoutesControl& control() const { return parts_.control(); }

  private:
    static IpBits bits(const RouteRecord& record) {
        return {record.high.load(std::memory_order_acquire), record.low.load(std::memory_order_acquire)};
    }

    RoutePartsRead parts_;
    std::uint32_t record_ = 0, adjacency_ = 0;
};

}  // namespace baton
