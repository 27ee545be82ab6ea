// SPDX-License-Identifier: Apache-2.0
// Opening the arena: what is private is made anew from what is shared, what is not linked is free, and the one change
// that a killed process left half done is done. See routes_maintain.h.
#pragma once

#include "dataplane/table/routes_maintain_sweep.h"

namespace baton {

template <class Stores>
BasicRoutesMaintenance<Stores>::BasicRoutesMaintenance(int fd, std::byte* arena, Time now)
    : parts_(arena),
      grace_(std::make_unique<RouteGrace>()),
      trie_(std::make_unique<RouteTrie<Stores>>(fd, parts_, *grace_)),
      hops_(std::make_unique<NextHops<Stores>>(fd, parts_, *grace_)),
      records_(fd, routes_records_at, sizeof(RouteRecord), max_route_records, parts_.control().records),
      opened_(now),
      second_at_open_(second()) {}

template <class Stores>
Result<BasicRoutesMaintenance<Stores>> BasicRoutesMaintenance<Stores>::open(int fd, std::byte* arena, Time now) {
    BasicRoutesMaintenance opened(fd, arena, now);
    if (!opened.recover())
        return failure(
            "the routes arena is damaged: a slot leads to nothing; restart the chassis, which makes a new one");
    return opened;
}

template <class Stores>
bool BasicRoutesMaintenance<Stores>::recover() {
    std::uint32_t counts[owner_count] = {};
    for (std::uint32_t index = 0; index < records_.mark(); ++index) {
        RouteRecord& record = parts_.record(index);
        if (record.key.load(std::memory_order_acquire) == 0) continue;
        const IpPrefix prefix = prefix_of(record);
        if (!is_prefix(prefix)) return false;
        book_.add(hash_of(prefix), index);
        ++lengths_[static_cast<unsigned>(prefix.family)][prefix.length];
        for (const Owner owner : {Owner::configuration, Owner::arp, Owner::routing})
            if (const Leaf leaf = leaf_of(candidate(record, owner)); leaf.word != 0) {
                if (!hops_->count(leaf)) return false;
                ++counts[static_cast<std::size_t>(owner)];
            }
    }
    records_.recover(
        [this](std::uint32_t index) { return parts_.record(index).key.load(std::memory_order_relaxed) != 0; });
    for (std::size_t owner = 0; owner < owner_count; ++owner)
        if (control().routes[owner].load(std::memory_order_relaxed) != counts[owner])
            Stores::store(control().routes[owner], counts[owner]);
    if (!trie_->recover()) return false;

    if (const std::uint64_t intent = control().intent.load(std::memory_order_acquire); intent != 0) {
        if (intent > records_.mark()) return false;
        const RouteRecord& record = parts_.record(static_cast<std::uint32_t>(intent - 1));
        if (record.key.load(std::memory_order_relaxed) != 0) {
            if (active(record).word != 0 && !trie_->reserve(prefix_of(record))) return false;
            mend_trie(record);
        }
        Stores::store(control().intent, std::uint64_t{0});
    }
    if (!hops_->recover()) return false;  // frees what nothing leads to: not before the trie says so too
    for (std::uint32_t index = 0; index < records_.mark(); ++index) {
        const RouteRecord& record = parts_.record(index);
        if (record.key.load(std::memory_order_relaxed) == 0) continue;
        const Leaf host = leaf_of(record.by[static_cast<std::size_t>(Owner::arp) - 1]);
        if (host.kind() == LeafKind::adjacency && hops_->word(host.index()).hop != Hop::neighbor)
            remove_at(index, Owner::arp);  // its neighbour was being deleted
        else
            free_if_unsaid(index);
    }
    return true;
}

}  // namespace baton
