// SPDX-License-Identifier: Apache-2.0
// One route or neighbour at a time. See routes_maintain.h.
#pragma once

#include "dataplane/table/routes_maintain.h"

namespace baton {

constexpr Hop hop_of(RouteKind kind) {
    switch (kind) {
        case RouteKind::forward: return Hop::neighbor;
        case RouteKind::connected: return Hop::connected;
        case RouteKind::local: return Hop::local;
        case RouteKind::broadcast: return Hop::broadcast;
        case RouteKind::blackhole: return Hop::blackhole;
        case RouteKind::reject: return Hop::reject;
    }
    return Hop::none;
}

template <class Stores>
Leaf BasicRoutesMaintenance<Stores>::active(const RouteRecord& record) {
    for (const RouteCandidate* candidate : {&record.by[static_cast<std::size_t>(Owner::configuration) - 1],
                                            &record.by[static_cast<std::size_t>(Owner::routing) - 1],
                                            &record.by[static_cast<std::size_t>(Owner::arp) - 1]})
        if (const Leaf leaf = leaf_of(*candidate); leaf.word != 0) return leaf;
    return {};
}

template <class Stores>
IpPrefix BasicRoutesMaintenance<Stores>::prefix_of(const RouteRecord& record) {
    const RouteKey key = RouteKey::of(record.key.load(std::memory_order_relaxed));
    return {key.family,
            key.length,
            {record.high.load(std::memory_order_relaxed), record.low.load(std::memory_order_relaxed)}};
}

template <class Stores>
std::uint32_t BasicRoutesMaintenance<Stores>::find(const IpPrefix& prefix) const {
    return book_.find(hash_of(prefix), [&](std::uint32_t index) { return prefix_of(parts_.record(index)) == prefix; });
}

template <class Stores>
Outcome BasicRoutesMaintenance<Stores>::refuse() {
    Stores::store(control().refused, control().refused.load(std::memory_order_relaxed) + 1);
    return Outcome::table_full;
}

/// The memory of a route to a prefix that has this record, or none yet.
template <class Stores>
bool BasicRoutesMaintenance<Stores>::reserve(const IpPrefix& prefix, std::uint32_t record) {
    if (record == RouteBook::none) return records_.reserve(1) && trie_->reserve(prefix);
    return active(parts_.record(record)).word != 0 || trie_->reserve(prefix);
}

template <class Stores>
std::uint32_t BasicRoutesMaintenance<Stores>::take(const IpPrefix& prefix) {
    const std::uint32_t index = records_.take();
    RouteRecord& record = parts_.record(index);
    Stores::store(record.high, prefix.bits.high);
    Stores::store(record.low, prefix.bits.low);
    Stores::store(record.key, RouteKey{prefix.family, prefix.length}.word());
    book_.add(hash_of(prefix), index);
    ++lengths_[static_cast<unsigned>(prefix.family)][prefix.length];
    return index;
}

template <class Stores>
void BasicRoutesMaintenance<Stores>::free_if_unsaid(std::uint32_t index) {
    RouteRecord& record = parts_.record(index);
    if (active(record).word != 0) return;
    const IpPrefix prefix = prefix_of(record);
    Stores::store(record.key, std::uint64_t{0});
    book_.remove(hash_of(prefix), index);
    --lengths_[static_cast<unsigned>(prefix.family)][prefix.length];
    records_.give(index);
}

/// The leaf of the longest prefix that contains this one, among those that lie in the same part of the trie. All places
/// of the book are fetched before the first is looked at: a miss each, at the same time.
template <class Stores>
Leaf BasicRoutesMaintenance<Stores>::covering(const IpPrefix& prefix) const {
    const auto& lengths = lengths_[static_cast<unsigned>(prefix.family)];
    const unsigned least = prefix.length > 8 ? 9 : 0;
    const auto shorter = [&](unsigned length) { return IpPrefix::of({prefix.family, prefix.bits}, length); };
    for (unsigned length = prefix.length; length-- > least;)
        if (lengths[length] != 0) book_.prefetch(hash_of(shorter(length)));
    for (unsigned length = prefix.length; length-- > least;) {
        if (lengths[length] == 0) continue;
        const std::uint32_t index = find(shorter(length));
        if (index == RouteBook::none) continue;
        if (const Leaf leaf = active(parts_.record(index)); leaf.word != 0) return leaf;
    }
    return {};
}

template <class Stores>
void BasicRoutesMaintenance<Stores>::mend_trie(const RouteRecord& record) {
    const IpPrefix prefix = prefix_of(record);
    if (const Leaf leaf = active(record); leaf.word != 0)
        trie_->put(prefix, leaf);
    else
        trie_->remove(prefix, covering(prefix));
}

/// What the route leads to, held for it; word 0: no room.
template <class Stores>
Leaf BasicRoutesMaintenance<Stores>::lead(const RouteSaid& said) {
    const Family family = said.prefix.family;
    if (said.kind != RouteKind::forward) {
        const VlanId vlan = said.hops.empty() ? VlanId{0} : said.hops[0].vlan;
        const std::uint32_t index = hops_->hold({hop_of(said.kind), vlan, family, {}}, second());
        return index == RouteBook::none ? Leaf{} : Leaf::of(LeafKind::adjacency, index, 0);
    }
    std::uint32_t members[hops_most];
    std::size_t count = 0;
    for (const RouteHop& hop : said.hops.first(std::min<std::size_t>(said.hops.size(), hops_most))) {
        members[count] = hops_->hold({Hop::neighbor, hop.vlan, family, {hop.high, hop.low}}, second());
        if (members[count] == RouteBook::none) {
            while (count > 0) hops_->let_go(members[--count]);
            return {};
        }
        ++count;
    }
    return count == 0 ? Leaf{} : hops_->hold_group({members, count});
}

template <class Stores>
Outcome BasicRoutesMaintenance<Stores>::set(Owner owner, const RouteSaid& said) {
    const Leaf leaf = lead(said);
    return leaf.word == 0 ? refuse() : set_leaf(owner, said, leaf);
}

/// `leaf` is held for this route, and has no depth yet.
template <class Stores>
Outcome BasicRoutesMaintenance<Stores>::set_leaf(Owner owner, const RouteSaid& said, Leaf leaf) {
    leaf = Leaf::of(leaf.kind(), leaf.index(), said.prefix.length);
    std::uint32_t index = find(said.prefix);
    if (!reserve(said.prefix, index)) {
        hops_->let_go(leaf);
        return refuse();
    }
    if (index == RouteBook::none) index = take(said.prefix);
    RouteRecord& record = parts_.record(index);
    RouteCandidate& mine = candidate(record, owner);
    const auto put = [](auto& at, auto value) {
        if (at.load(std::memory_order_relaxed) != value) Stores::store(at, value);
    };
    said_[static_cast<std::size_t>(owner)] = true;
    put(mine.epoch, epoch(owner));
    put(mine.protocol, static_cast<std::uint8_t>(said.protocol));
    put(mine.metric, said.metric);
    const Leaf was = leaf_of(mine), was_active = active(record);
    if (was == leaf) {
        hops_->let_go(leaf);
        return Outcome::done;
    }
    put(mine.since, second());
    Stores::store(control().intent, std::uint64_t{index} + 1);
    Stores::store(mine.leaf, leaf.word);
    if (!(active(record) == was_active)) mend_trie(record);
    Stores::store(control().intent, std::uint64_t{0});
    if (was.word == 0)
        Stores::store(count_of(owner), routes(owner) + 1);
    else
        hops_->let_go(was);
    changed_ = true;
    return Outcome::done;
}

template <class Stores>
void BasicRoutesMaintenance<Stores>::remove(Owner owner, const IpPrefix& prefix) {
    if (const std::uint32_t index = find(prefix); index != RouteBook::none) remove_at(index, owner);
}

template <class Stores>
void BasicRoutesMaintenance<Stores>::remove_at(std::uint32_t index, Owner owner) {
    RouteRecord& record = parts_.record(index);
    RouteCandidate& mine = candidate(record, owner);
    const Leaf was = leaf_of(mine), was_active = active(record);
    if (was.word == 0) return;
    Stores::store(control().intent, std::uint64_t{index} + 1);
    Stores::store(mine.leaf, 0u);
    if (!(active(record) == was_active)) mend_trie(record);
    Stores::store(control().intent, std::uint64_t{0});
    Stores::store(count_of(owner), routes(owner) - 1);
    hops_->let_go(was);
    free_if_unsaid(index);
    changed_ = true;
}

template <class Stores>
Outcome BasicRoutesMaintenance<Stores>::set_neighbor(VlanId vlan, Family family, const IpBits& address, Mac mac,
                                                     Term term) {
    const RouteSaid host{host_prefix(family, address), RouteKind::forward, RouteProtocol::host, 0, {}};
    // fe80::/10 means another host on every VLAN: a next hop at times, never a destination that is routed.
    const bool routed = family == Family::ipv4 || !IpAddress{family, address}.is_link_local();
    if (routed && !reserve(host.prefix, find(host.prefix))) return refuse();
    const std::uint32_t index = hops_->hold({Hop::neighbor, vlan, family, address}, second());
    if (index == RouteBook::none) return refuse();

    AdjacencyRecord& record = parts_.adjacency_record(index);
    if (record.confirmed.load(std::memory_order_relaxed) != term) Stores::store(record.confirmed, term);
    const HopWord word{Hop::neighbor, vlan, mac.value()};
    const bool news = hops_->word(index).word() != word.word();
    if (news) hops_->set_word(index, word, second());
    if (routed)
        set_leaf(Owner::arp, host, Leaf::of(LeafKind::adjacency, index, 0));
    else
        hops_->let_go(index);
    hurry_ = hurry_ || news || changed_;
    return Outcome::done;
}

/// The record of an adjacency's host route, if that leads there.
template <class Stores>
std::uint32_t BasicRoutesMaintenance<Stores>::host_of(std::uint32_t adjacency) const {
    const HopKey key = hops_->key_of(adjacency);
    if (key.hop != Hop::neighbor) return RouteBook::none;
    const std::uint32_t index = find(host_prefix(key.family, key.address));
    if (index == RouteBook::none) return index;
    const Leaf leaf = leaf_of(candidate(parts_.record(index), Owner::arp));
    return leaf.kind() == LeafKind::adjacency && leaf.index() == adjacency ? index : RouteBook::none;
}

template <class Stores>
void BasicRoutesMaintenance<Stores>::delete_neighbor(VlanId vlan, Family family, const IpBits& address) {
    const std::uint32_t index = hops_->find({Hop::neighbor, vlan, family, address});
    if (index == RouteBook::none || hops_->word(index).hop != Hop::neighbor) return;
    const std::uint32_t host = host_of(index);
    hops_->forget(index, second());
    if (host != RouteBook::none) remove_at(host, Owner::arp);
    changed_ = true;
}

}  // namespace baton
