// SPDX-License-Identifier: Apache-2.0
// Adjacencies and groups of them: one of each kind for everybody who names it. Who leads to them (candidates of routes;
// groups, to their members) is counted privately, and counted anew from the records at open.
//
// An adjacency lives while something leads to it, or its address is known. When it is given up its record goes at once
// and its word stays until no worker can have it under its eyes. A group never changes; another set of next hops is
// another group.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "dataplane/table/routes_book.h"
#include "dataplane/table/routes_grace.h"
#include "dataplane/table/routes_pool.h"
#include "sync/base/mac.h"
#include "sync/channel/routes_parts.h"

namespace baton {

/// Whose adjacency: a neighbour's or next hop's address on a VLAN, or what is to be done there (then no address).
struct HopKey {
    Hop hop{};  // neighbor also stands for unresolved
    VlanId vlan = 0;
    Family family{};
    IpBits address;

    std::uint64_t hash() const {
        return spread(
            address.high, address.low,
            std::uint64_t{vlan} << 16 | static_cast<std::uint64_t>(family) << 8 | static_cast<std::uint64_t>(hop));
    }

    friend bool operator==(const HopKey&, const HopKey&) = default;
};

template <class Stores>
class NextHops {
  public:
    static constexpr std::uint32_t none = RouteBook::none;

    NextHops(int fd, RouteParts parts, RouteGrace& grace)
        : parts_(parts),
          grace_(&grace),
          adjacencies_(fd, routes_adjacency_records_at, sizeof(AdjacencyRecord), max_adjacencies,
                       parts.control().adjacencies),
          groups_(fd, routes_groups_at, sizeof(RouteGroup), max_route_groups, parts.control().groups, true),
          adjacency_holders_(max_adjacencies),
          group_holders_(max_route_groups) {}

    std::uint32_t find(const HopKey& key) const {
        return adjacency_book_.find(key.hash(), [&](std::uint32_t index) { return key_of(index) == key; });
    }

    /// The adjacency of this name, held once more; none: no room. A new neighbour's is unresolved.
    std::uint32_t hold(const HopKey& key, std::uint32_t second);

    /// The leaf of these adjacencies, each of them held for it; no depth yet. Word 0: no room, and they are let go.
    Leaf hold_group(std::span<std::uint32_t> members);

    /// What a leaf leads to, once less.
    void let_go(Leaf leaf);
    void let_go(std::uint32_t adjacency);

    /// The address is not known any more: one store, whatever leads there. Nothing leads there: it goes.
    void forget(std::uint32_t index, std::uint32_t second) {
        set_word(index, {Hop::unresolved, word(index).vlan, 0}, second);
        if (adjacency_holders_[index] == 0) retire(index);
    }

    void set_word(std::uint32_t index, const HopWord& word, std::uint32_t second) {
        Stores::store(parts_.adjacency(index).word, word.word());
        Stores::store(parts_.adjacency_record(index).since, second);
    }

    HopWord word(std::uint32_t index) const {
        return HopWord::of(parts_.adjacency(index).word.load(std::memory_order_relaxed));
    }

    /// In use, and not given up.
    bool is_there(std::uint32_t index) const {
        return parts_.adjacency_record(index).state.load(std::memory_order_relaxed) != 0;
    }

    HopKey key_of(std::uint32_t index) const;

    std::uint32_t end() const { return adjacencies_.mark(); }

    std::uint32_t holders(std::uint32_t index) const { return adjacency_holders_[index]; }

    /// Its grace is over.
    void give(RoutePart part, std::uint32_t index);

    /// At open: once for each leaf that a candidate holds, then recover().
    bool count(Leaf leaf);
    bool recover();

  private:
    static std::uint64_t hash_of(std::span<const std::uint32_t> members) {
        std::uint64_t hash = members.size();
        for (const std::uint32_t member : members) hash = spread(hash, member, 0);
        return hash;
    }

    std::vector<std::uint32_t> members_of(std::uint32_t group) const;
    void retire(std::uint32_t adjacency);

    RouteParts parts_;
    RouteGrace* grace_;
    RoutePool<Stores> adjacencies_, groups_;
    RouteBook adjacency_book_, group_book_;
    std::vector<std::uint32_t> adjacency_holders_, group_holders_;
};

template <class Stores>
HopKey NextHops<Stores>::key_of(std::uint32_t index) const {
    const AdjacencyRecord& record = parts_.adjacency_record(index);
    const Hop hop = word(index).hop;
    return {hop == Hop::unresolved ? Hop::neighbor : hop,
            record.vlan.load(std::memory_order_relaxed),
            static_cast<Family>(record.family.load(std::memory_order_relaxed)),
            {record.high.load(std::memory_order_relaxed), record.low.load(std::memory_order_relaxed)}};
}

template <class Stores>
std::uint32_t NextHops<Stores>::hold(const HopKey& key, std::uint32_t second) {
    std::uint32_t index = find(key);
    if (index == none) {
        if (!adjacencies_.reserve(1)) return none;
        index = adjacencies_.take();
        Adjacency& adjacency = parts_.adjacency(index);
        AdjacencyRecord& record = parts_.adjacency_record(index);
        Stores::store(record.high, key.address.high);
        Stores::store(record.low, key.address.low);
        Stores::store(record.confirmed, std::uint64_t{0});
        Stores::store(record.since, second);
        Stores::store(record.vlan, key.vlan);
        Stores::store(record.family, static_cast<std::uint8_t>(key.family));
        Stores::store(record.state, std::uint8_t{1});
        Stores::store(adjacency.used, second);
        Stores::store(adjacency.word,
                      HopWord{key.hop == Hop::neighbor ? Hop::unresolved : key.hop, key.vlan, 0}.word());
        adjacency_holders_[index] = 0;
        adjacency_book_.add(key.hash(), index);
    }
    ++adjacency_holders_[index];
    return index;
}

template <class Stores>
std::vector<std::uint32_t> NextHops<Stores>::members_of(std::uint32_t index) const {
    const RouteGroup& group = parts_.group(index);
    std::vector<std::uint32_t> members(group.count.load(std::memory_order_relaxed));
    for (std::size_t i = 0; i < members.size(); ++i) members[i] = group.member[i].load(std::memory_order_relaxed);
    return members;
}

/// Sorted and each once, so that the same next hops in another order are the same group and no flow moves.
template <class Stores>
Leaf NextHops<Stores>::hold_group(std::span<std::uint32_t> members) {
    std::sort(members.begin(), members.end());
    std::size_t count = 0;
    for (const std::uint32_t member : members) {
        if (count != 0 && members[count - 1] == member)
            let_go(member);
        else
            members[count++] = member;
    }
    members = members.first(count);
    if (count == 1) return Leaf::of(LeafKind::adjacency, members[0], 0);

    const std::uint64_t hash = hash_of(members);
    std::uint32_t index =
        group_book_.find(hash, [&](std::uint32_t other) { return std::ranges::equal(members_of(other), members); });
    if (index != none || !groups_.reserve(1)) {
        for (const std::uint32_t member : members) let_go(member);  // an old group has its own hold on them
        if (index == none) return {};
    } else {
        index = groups_.take();
        RouteGroup& group = parts_.group(index);
        for (std::size_t i = 0; i < count; ++i) Stores::store(group.member[i], members[i]);
        Stores::store(group.count, static_cast<std::uint32_t>(count));
        group_holders_[index] = 0;
        group_book_.add(hash, index);
    }
    ++group_holders_[index];
    return Leaf::of(LeafKind::group, index, 0);
}

template <class Stores>
void NextHops<Stores>::let_go(std::uint32_t index) {
    if (--adjacency_holders_[index] == 0 && word(index).hop != Hop::neighbor) retire(index);
}

template <class Stores>
void NextHops<Stores>::let_go(Leaf leaf) {
    if (leaf.kind() == LeafKind::adjacency) return let_go(leaf.index());
    if (leaf.kind() != LeafKind::group || --group_holders_[leaf.index()] != 0) return;
    const auto members = members_of(leaf.index());
    group_book_.remove(hash_of(members), leaf.index());
    grace_->put(RoutePart::group, leaf.index());
    for (const std::uint32_t member : members) let_go(member);
}

template <class Stores>
void NextHops<Stores>::retire(std::uint32_t index) {
    adjacency_book_.remove(key_of(index).hash(), index);
    Stores::store(parts_.adjacency_record(index).state, std::uint8_t{0});
    grace_->put(RoutePart::adjacency, index);
}

template <class Stores>
void NextHops<Stores>::give(RoutePart part, std::uint32_t index) {
    if (part == RoutePart::group) {
        Stores::store(parts_.group(index).count, 0u);
        groups_.give(index);
    } else {
        Stores::store(parts_.adjacency(index).word, std::uint64_t{0});
        adjacencies_.give(index);
    }
}

template <class Stores>
bool NextHops<Stores>::count(Leaf leaf) {
    if (leaf.kind() == LeafKind::adjacency) {
        if (leaf.index() >= adjacencies_.mark()) return false;
        ++adjacency_holders_[leaf.index()];
    } else {
        if (leaf.kind() != LeafKind::group || leaf.index() >= groups_.mark()) return false;
        ++group_holders_[leaf.index()];
    }
    return true;
}

template <class Stores>
bool NextHops<Stores>::recover() {
    for (std::uint32_t index = 0; index < groups_.mark(); ++index) {
        if (group_holders_[index] == 0) {
            if (parts_.group(index).count.load(std::memory_order_relaxed) != 0)
                Stores::store(parts_.group(index).count, 0u);
            continue;
        }
        const auto members = members_of(index);
        if (members.size() < 2 || members.size() > hops_most) return false;
        for (const std::uint32_t member : members) {
            if (member >= adjacencies_.mark()) return false;
            ++adjacency_holders_[member];
        }
        group_book_.add(hash_of(members), index);
    }
    groups_.recover([&](std::uint32_t index) { return group_holders_[index] != 0; });
    for (std::uint32_t index = 0; index < adjacencies_.mark(); ++index) {
        AdjacencyRecord& record = parts_.adjacency_record(index);
        const bool there = is_there(index), known = there && word(index).hop == Hop::neighbor;
        if (adjacency_holders_[index] != 0 || known) {
            if (!there) return false;
            adjacency_book_.add(key_of(index).hash(), index);
        } else {
            if (there) Stores::store(record.state, std::uint8_t{0});
            if (word(index).word() != 0) Stores::store(parts_.adjacency(index).word, std::uint64_t{0});
        }
    }
    adjacencies_.recover([&](std::uint32_t index) { return is_there(index); });
    return true;
}

}  // namespace baton
