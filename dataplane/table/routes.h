// SPDX-License-Identifier: Apache-2.0
// Routes as workers use them: the longest prefix's leaf of a burst of destinations, then of each the adjacency that its
// flow takes. The bytes and their meaning are sync/layout/routes.h; who changes them is routes_maintain.h (the
// applier).
//
//   routes.lookup4(destinations, leaves, n)            a round for each level of the trie, each prefetched by the last
//   index = routes.choose(leaf, flow, vlan_up)         of a group, the member of this flow
//   HopWord::of(routes.adjacency(index).word)          what to do, on which VLAN, with which address
//
// A leaf, a group and an adjacency found in a turn hold until its end: what is given up in the meantime is given to
// another only when every worker has ended the turn that it was in. Nobody waits: a slot is read as it is, old or new.
#pragma once

#include "sync/channel/routes_parts.h"

namespace baton {

inline constexpr unsigned routes_batch = 64;  // addresses in a bulk call, at most

class Routes {
  public:
    Routes() : parts_(nullptr) {}

    /// `arena` is the routes arena mapped for writing, after RoutesMaintenance has opened it.
    explicit Routes(std::byte* arena) : parts_(arena) {}

    /// `count` <= routes_batch IPv4 addresses, host order.
    void lookup4(const std::uint32_t* addresses, Leaf* leaves, unsigned count) const {
        const RouteSlot* at[routes_batch];
        enter4(addresses, at, count);
        follow4(addresses, at, leaves, count);
    }

    /// The first half of lookup4(): where the search of each address begins, asked for. `at` holds until the turn's
    /// end.
    void enter4(const std::uint32_t* addresses, const RouteSlot** at, unsigned count) const {
        const RouteRoot* const root = control().root[0];
        for (unsigned i = 0; i < count; ++i) at[i] = enter(root[addresses[i] >> 24], addresses[i] >> 8 & 0xffff);
    }

    /// The second half; leaves `at` changed.
    void follow4(const std::uint32_t* addresses, const RouteSlot** at, Leaf* leaves, unsigned count) const {
        std::uint64_t deeper = 0, nothing = 0;
        for (unsigned i = 0; i < count; ++i) {
            leaves[i].word = at[i]->load(std::memory_order_acquire);
            deeper |= std::uint64_t{leaves[i].kind() == LeafKind::node} << i;
            nothing |= std::uint64_t{leaves[i].word == 0} << i;
        }
        for (std::uint64_t left = deeper; left != 0; left &= left - 1) {
            const int i = __builtin_ctzll(left);
            at[i] = parts_.node(leaves[i].index()) + (addresses[i] & 0xff);
            prefetch(at[i]);
        }
        for (; deeper != 0; deeper &= deeper - 1) {
            const int i = __builtin_ctzll(deeper);
            leaves[i].word = at[i]->load(std::memory_order_acquire);
            nothing |= std::uint64_t{leaves[i].word == 0} << i;
        }
        for (; nothing != 0; nothing &= nothing - 1) {
            const int i = __builtin_ctzll(nothing);
            leaves[i] = cover(Family::ipv4, IpBits::v4(addresses[i]));
        }
    }

    /// `count` <= routes_batch IPv6 addresses.
    void lookup6(const IpBits* addresses, Leaf* leaves, unsigned count) const {
        const RouteSlot* at[routes_batch];
        const RouteRoot* const root = control().root[1];
        for (unsigned i = 0; i < count; ++i) {
            const std::uint64_t high = addresses[i].high;
            at[i] = enter(root[high >> 56], high >> 40 & 0xffff);
        }
        std::uint64_t live = count == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1, nothing = 0;
        for (unsigned from = 24; live != 0; from += 8) {
            std::uint64_t deeper = 0;
            for (; live != 0; live &= live - 1) {
                const int i = __builtin_ctzll(live);
                leaves[i].word = at[i]->load(std::memory_order_acquire);
                nothing |= std::uint64_t{leaves[i].word == 0} << i;
                if (leaves[i].kind() != LeafKind::node) continue;
                at[i] = parts_.node(leaves[i].index()) + bits_of(addresses[i], from, 8);
                prefetch(at[i]);
                deeper |= std::uint64_t{1} << i;
            }
            live = deeper;
        }
        for (; nothing != 0; nothing &= nothing - 1) {
            const int i = __builtin_ctzll(nothing);
            leaves[i] = cover(Family::ipv6, addresses[i]);
        }
    }

    /// The adjacency that a flow takes: of a group, the member that `flow` (any 32 bits, evenly spread) falls on. One
    /// that is no neighbour now, or whose VLAN has no bit in `vlan_up` (64 words), passes its flows to those that can
    /// take them, and all others keep theirs; when none can, to one that can be asked for. max_adjacencies: there is no
    /// route.
    std::uint32_t choose(Leaf leaf, std::uint32_t flow, const std::uint64_t* vlan_up) const {
        if (leaf.kind() == LeafKind::adjacency) return leaf.index();
        if (leaf.kind() != LeafKind::group) return max_adjacencies;
        const RouteGroup& group = parts_.group(leaf.index());
        const std::uint32_t count = group.count.load(std::memory_order_acquire);
        if (count == 0 || count > hops_most) return max_adjacencies;
        const std::uint32_t first = member(group, flow, count);
        return usable(first, vlan_up) ? first : another(group, flow, count, vlan_up);
    }

    Adjacency& adjacency(std::uint32_t index) const { return parts_.adjacency(index); }

    /// Also of max_adjacencies.
    void prefetch_adjacency(std::uint32_t index) const { prefetch(&parts_.adjacency(index)); }

    /// Whose address it is; for what is rare (questions, redirects).
    const AdjacencyRecord& record(std::uint32_t index) const { return parts_.adjacency_record(index); }

    /// RoutesControl::second, for Adjacency::used.
    std::uint32_t second() const { return control().second.load(std::memory_order_relaxed); }

    RoutesControl& control() const { return parts_.control(); }

  private:
    static void prefetch(const void* at) { __builtin_prefetch(at, 0, 3); }

    /// The slot that follows the root's; the root's own leaf when there is no block.
    const RouteSlot* enter(const RouteRoot& root, std::uint64_t slot) const {
        const std::uint32_t block = root.block.load(std::memory_order_acquire);
        const RouteSlot* at = block == 0 ? &root.leaf : parts_.block(block) + slot;
        prefetch(at);
        return at;
    }

    /// A slot was 0, so the root's leaf holds; unless both have changed since the slot was read (a worker may lose its
    /// CPU in between), and then the two together may never have been true. So the slot is looked at once more.
    Leaf cover(Family family, const IpBits& address) const {
        const RouteRoot& root = parts_.root(family, address);
        for (int attempt = 0;; ++attempt) {
            const Leaf covering{root.leaf.load(std::memory_order_acquire)};
            const Leaf leaf = longer_route_to(parts_, family, address);
            if (leaf.word != 0) return leaf;
            if (root.leaf.load(std::memory_order_acquire) == covering.word || attempt == 2) return covering;
        }
    }

    static std::uint32_t member(const RouteGroup& group, std::uint32_t flow, std::uint32_t count) {
        return group.member[std::uint64_t{flow} * count >> 32].load(std::memory_order_acquire) & (max_adjacencies - 1);
    }

    bool usable(std::uint32_t index, const std::uint64_t* vlan_up) const {
        const HopWord word = HopWord::of(adjacency(index).word.load(std::memory_order_acquire));
        return word.hop == Hop::neighbor && (vlan_up[word.vlan / 64] >> word.vlan % 64 & 1);
    }

    std::uint32_t another(const RouteGroup& group, std::uint32_t flow, std::uint32_t count,
                          const std::uint64_t* vlan_up) const {
        std::uint32_t able[hops_most], askable[hops_most];
        std::uint32_t ables = 0, askables = 0;
        for (std::uint32_t i = 0; i < count; ++i) {
            const std::uint32_t index = group.member[i].load(std::memory_order_acquire) & (max_adjacencies - 1);
            if (usable(index, vlan_up)) able[ables++] = index;
            const VlanId vlan = HopWord::of(adjacency(index).word.load(std::memory_order_acquire)).vlan;
            if (vlan_up[vlan / 64] >> vlan % 64 & 1) askable[askables++] = index;
        }
        const std::uint32_t spread =
            flow * 0x9e3779b1u;  // else all flows of the lost member would fall on its neighbour
        if (ables != 0) return able[std::uint64_t{spread} * ables >> 32];
        if (askables != 0) return askable[std::uint64_t{spread} * askables >> 32];
        return member(group, flow, count);
    }

    RouteParts parts_;
};

}  // namespace baton
