// SPDX-License-Identifier: Apache-2.0
// The trie's changes: one prefix's leaf put in, changed or taken out. Each store of a slot is a whole truth of its own
// for the addresses it stands for; what is new (a block, a chain of nodes) is filled before the one store that links
// it.
//
// A slot says how long the prefix is that it holds (Leaf::depth), so both directions need no other knowledge:
//   put     stores the leaf over every slot in the prefix's range whose own prefix is no longer
//   remove  stores the covering prefix's leaf over those that hold this prefix
// Both may be done twice. A node in which nothing is longer than what its parent's slot could hold is folded into that
// slot; how many slots of a block or node are longer (or lead on) is counted privately, and counted anew at open.
#pragma once

#include <vector>

#include "dataplane/table/routes_grace.h"
#include "dataplane/table/routes_pool.h"
#include "sync/channel/routes_parts.h"

namespace baton {

template <class Stores>
class RouteTrie {
  public:
    RouteTrie(int fd, RouteParts parts, RouteGrace& grace)
        : parts_(parts),
          grace_(&grace),
          blocks_(fd, routes_blocks_at, route_block_slots * sizeof(RouteSlot), max_route_blocks,
                  parts.control().blocks),
          nodes_(fd, routes_nodes_at, route_node_slots * sizeof(RouteSlot), max_route_nodes, parts.control().nodes),
          block_held_(max_route_blocks) {}

    /// Makes sure of the memory that put() will need; false when there is none.
    bool reserve(const IpPrefix& prefix);

    /// `leaf` has the prefix's length as its depth.
    void put(const IpPrefix& prefix, Leaf leaf);

    /// `covering`: of the longest prefix that contains this one; one of at most 8 bits does not count if this is
    /// longer.
    void remove(const IpPrefix& prefix, Leaf covering);

    /// Its grace is over.
    void give(RoutePart part, std::uint32_t index) {
        part == RoutePart::block ? blocks_.give(index) : nodes_.give(index);
    }

    /// At open: finds what is linked and counts; false when a slot leads out of the arena.
    bool recover();

    std::uint32_t blocks_in_use() const { return blocks_.in_use(); }

    std::uint32_t nodes_in_use() const { return nodes_.in_use(); }

  private:
    enum class Way { put, remove };

    /// A block or node on the way to a prefix: its slots stand for prefixes of `from` + `width` bits.
    struct Table {
        RouteSlot* slots = nullptr;
        unsigned from = 0, width = 0;
        std::uint32_t index = 0;

        unsigned end() const { return from + width; }

        RouteSlot& slot(const IpBits& address) const { return slots[bits_of(address, from, width)]; }
    };

    static constexpr unsigned deepest = 14;  // a block, and 13 nodes from bit 24 to bit 128
    static constexpr unsigned root_bits = 8;

    static Leaf load(const RouteSlot& slot) { return Leaf{slot.load(std::memory_order_relaxed)}; }

    Table block(std::uint32_t index) { return {parts_.block(index + 1), root_bits, 16, index}; }

    Table node(std::uint32_t index, unsigned from) { return {parts_.node(index), from, 8, index}; }

    /// Of a slot in a table that begins at bit `from`: a longer prefix than the slot above could hold, or a node.
    static bool is_long(Leaf leaf, unsigned from) {
        return leaf.kind() == LeafKind::node || (leaf.word != 0 && leaf.depth() > from);
    }

    void count(const Table& table, Leaf was, Leaf is) {
        const int change = is_long(is, table.from) - is_long(was, table.from);
        if (table.from == root_bits)
            block_held_[table.index] += static_cast<std::uint32_t>(change);
        else
            node_held_[table.index] = static_cast<std::uint16_t>(node_held_[table.index] + change);
    }

    std::uint32_t held(const Table& table) const {
        return table.from == root_bits ? block_held_[table.index] : node_held_[table.index];
    }

    void store(const Table& table, RouteSlot& slot, Leaf leaf) {
        count(table, load(slot), leaf);
        Stores::store(slot, leaf.word);
    }

    static bool gives_way(Leaf leaf, Way way, unsigned length) {
        return way == Way::put ? leaf.depth() <= length : leaf.word != 0 && leaf.depth() == length;
    }

    void paint_root(const IpPrefix& prefix, Leaf leaf, Way way);
    void paint(const Table& table, const IpPrefix& prefix, Leaf leaf, Way way);
    void paint_below(std::uint32_t node, unsigned length, Leaf leaf, Way way);
    std::uint32_t new_node(Leaf filling);
    void link_chain(const Table& table, const IpPrefix& prefix, Leaf leaf);
    void fold(RouteRoot& root, const Table* path, unsigned length, const IpBits& address);
    bool recover(const Table& table, unsigned bits, std::vector<bool>& seen);

    RouteParts parts_;
    RouteGrace* grace_;
    RoutePool<Stores> blocks_, nodes_;
    std::vector<std::uint32_t> block_held_;
    std::vector<std::uint16_t> node_held_;
};

template <class Stores>
bool RouteTrie<Stores>::reserve(const IpPrefix& prefix) {
    if (prefix.length <= root_bits) return true;
    const std::uint32_t number = parts_.root(prefix.family, prefix.bits).block.load(std::memory_order_relaxed);
    unsigned from = 24;
    if (number != 0) {
        Leaf leaf = load(block(number - 1).slot(prefix.bits));
        for (; prefix.length > from && leaf.kind() == LeafKind::node; from += 8)
            leaf = load(node(leaf.index(), from).slot(prefix.bits));
    } else if (!blocks_.reserve(1)) {
        return false;
    }
    const unsigned missing = prefix.length <= from ? 0 : (prefix.length - from + 7) / 8;
    if (!nodes_.reserve(missing)) return false;
    if (node_held_.size() < nodes_.mark()) node_held_.resize(nodes_.mark() + nodes_.mark() / 2);
    return true;
}

template <class Stores>
void RouteTrie<Stores>::put(const IpPrefix& prefix, Leaf leaf) {
    if (prefix.length <= root_bits) return paint_root(prefix, leaf, Way::put);
    RouteRoot& root = parts_.root(prefix.family, prefix.bits);
    const std::uint32_t number = root.block.load(std::memory_order_relaxed);
    const Table first = block(number != 0 ? number - 1 : blocks_.take());
    if (number == 0) {
        Stores::fill(first.slots, route_block_slots, 0);
        block_held_[first.index] = 0;
    }
    Table table = first;
    for (;;) {
        if (prefix.length <= table.end()) {
            paint(table, prefix, leaf, Way::put);
            break;
        }
        const Leaf next = load(table.slot(prefix.bits));
        if (next.kind() != LeafKind::node) {
            link_chain(table, prefix, leaf);
            break;
        }
        table = node(next.index(), table.end());
    }
    if (number == 0) Stores::store(root.block, first.index + 1);
}

template <class Stores>
std::uint32_t RouteTrie<Stores>::new_node(Leaf filling) {
    const std::uint32_t index = nodes_.take();
    Stores::fill(parts_.node(index), route_node_slots, filling.word);
    node_held_[index] = 0;
    return index;
}

/// The nodes that lead from a slot to a prefix longer than it, all holding what the slot held; linked by one store.
template <class Stores>
void RouteTrie<Stores>::link_chain(const Table& table, const IpPrefix& prefix, Leaf leaf) {
    RouteSlot& slot = table.slot(prefix.bits);
    const Leaf held_so_far = load(slot);
    const std::uint32_t top = new_node(held_so_far);
    Table last = node(top, table.end());
    while (prefix.length > last.end()) {
        const std::uint32_t next = new_node(held_so_far);
        store(last, last.slot(prefix.bits), Leaf::of(LeafKind::node, next, 0));
        last = node(next, last.end());
    }
    paint(last, prefix, leaf, Way::put);
    store(table, slot, Leaf::of(LeafKind::node, top, 0));
}

template <class Stores>
void RouteTrie<Stores>::remove(const IpPrefix& prefix, Leaf covering) {
    if (prefix.length <= root_bits) return paint_root(prefix, covering, Way::remove);
    RouteRoot& root = parts_.root(prefix.family, prefix.bits);
    const std::uint32_t number = root.block.load(std::memory_order_relaxed);
    if (number == 0) return;
    Table path[deepest] = {block(number - 1)};
    unsigned length = 1;
    for (;;) {
        const Table& last = path[length - 1];
        if (prefix.length <= last.end()) {
            paint(last, prefix, covering, Way::remove);
            break;
        }
        const Leaf next = load(last.slot(prefix.bits));
        if (next.kind() != LeafKind::node) break;  // done before: who did it died while folding
        path[length++] = node(next.index(), last.end());
    }
    fold(root, path, length, prefix.bits);
}

/// From the deepest upward: a table that holds nothing of its own any more goes.
template <class Stores>
void RouteTrie<Stores>::fold(RouteRoot& root, const Table* path, unsigned length, const IpBits& address) {
    for (; length > 1; --length) {
        const Table &last = path[length - 1], &above = path[length - 2];
        if (held(last) != 0) return;
        store(above, above.slot(address), load(last.slots[0]));
        grace_->put(RoutePart::node, last.index);
    }
    if (held(path[0]) != 0) return;
    Stores::store(root.block, 0u);
    grace_->put(RoutePart::block, path[0].index);
}

template <class Stores>
void RouteTrie<Stores>::paint_root(const IpPrefix& prefix, Leaf leaf, Way way) {
    RouteRoot* root = &parts_.root(prefix.family, prefix.bits);
    for (unsigned left = 1u << (root_bits - prefix.length); left > 0; --left, ++root)
        if (const Leaf was = load(root->leaf); gives_way(was, way, prefix.length) && !(was == leaf))
            Stores::store(root->leaf, leaf.word);
}

template <class Stores>
void RouteTrie<Stores>::paint(const Table& table, const IpPrefix& prefix, Leaf leaf, Way way) {
    RouteSlot* slot = &table.slot(prefix.bits);
    for (unsigned left = 1u << (table.end() - prefix.length); left > 0; --left, ++slot) {
        const Leaf was = load(*slot);
        if (was.kind() == LeafKind::node)
            paint_below(was.index(), prefix.length, leaf, way);
        else if (gives_way(was, way, prefix.length) && !(was == leaf))
            store(table, *slot, leaf);
    }
}

/// In a table that lies in the prefix's range as a whole this prefix is never long, so nothing is counted.
template <class Stores>
void RouteTrie<Stores>::paint_below(std::uint32_t index, unsigned length, Leaf leaf, Way way) {
    RouteSlot* const slots = parts_.node(index);
    for (unsigned i = 0; i < route_node_slots; ++i) {
        const Leaf was = load(slots[i]);
        if (was.kind() == LeafKind::node)
            paint_below(was.index(), length, leaf, way);
        else if (gives_way(was, way, length) && !(was == leaf))
            Stores::store(slots[i], leaf.word);
    }
}

template <class Stores>
bool RouteTrie<Stores>::recover() {
    std::vector<bool> blocks(blocks_.mark()), nodes(nodes_.mark());
    node_held_.assign(nodes_.mark(), 0);
    for (unsigned family = 0; family < 2; ++family)
        for (const RouteRoot& root : parts_.control().root[family]) {
            const std::uint32_t number = root.block.load(std::memory_order_acquire);
            if (number == 0) continue;
            if (number > blocks.size() || blocks[number - 1]) return false;
            blocks[number - 1] = true;
            if (!recover(block(number - 1), address_bits(static_cast<Family>(family)), nodes)) return false;
        }
    blocks_.recover([&](std::uint32_t index) { return blocks[index]; });
    nodes_.recover([&](std::uint32_t index) { return nodes[index]; });
    return true;
}

template <class Stores>
bool RouteTrie<Stores>::recover(const Table& table, unsigned bits, std::vector<bool>& seen) {
    const Leaf free;
    if (table.from == root_bits) block_held_[table.index] = 0;
    for (unsigned i = 0; i < 1u << table.width; ++i) {
        const Leaf leaf = load(table.slots[i]);
        count(table, free, leaf);
        if (leaf.kind() != LeafKind::node) continue;
        if (leaf.index() >= seen.size() || seen[leaf.index()] || table.end() >= bits) return false;
        seen[leaf.index()] = true;
        if (!recover(node(leaf.index(), table.end()), bits, seen)) return false;
    }
    return true;
}

}  // namespace baton
