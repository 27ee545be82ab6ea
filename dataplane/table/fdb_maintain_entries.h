// SPDX-License-Identifier: Apache-2.0
// Opening the arena, static entries, forgetting entries. See fdb_maintain.h; included by fdb_maintain.cc and by tests
// that put in another geometry or other stores.
#pragma once

#include "dataplane/table/fdb_maintain.h"

namespace baton {

template <class Geometry, class Stores>
BasicFdbMaintenance<Geometry, Stores>::BasicFdbMaintenance(int fd, std::byte* arena)
    : fd_(fd),
      arena_(arena),
      control_(reinterpret_cast<FdbControl*>(arena)),
      hash_(control_->seed.load(std::memory_order_relaxed)) {}

template <class Geometry, class Stores>
Result<BasicFdbMaintenance<Geometry, Stores>> BasicFdbMaintenance<Geometry, Stores>::open(int fd, std::byte* arena,
                                                                                          unsigned max_bits,
                                                                                          std::uint64_t seed,
                                                                                          Time now) {
    auto& control = *reinterpret_cast<FdbControl*>(arena);
    if (max_bits < Geometry::min_bits) max_bits = Geometry::min_bits;
    if (max_bits > Geometry::max_bits) max_bits = Geometry::max_bits;
    Stores::store(control.max_bits, max_bits);
    if (control.shape.load() == 0) {  // fresh, or its first opener was killed before this last store
        constexpr unsigned bits = Geometry::min_bits;
        if (!Stores::allocate(fd, offset_of(bits), fdb_table_offset(bits)))
            return failure("no memory for the smallest FDB table (" + std::to_string(fdb_table_offset(bits) >> 20) +
                           " MB); reserve more huge pages or set hugepages = no");
        Stores::store(control.seed, seed);
        Stores::store(control.shape, FdbShape{bits, 0, 0}.word());
    }
    const FdbShape shape = FdbShape::of(control.shape.load());
    if (shape.live < Geometry::min_bits || shape.live > Geometry::max_bits || shape.cursor > 1ull << shape.live ||
        (shape.growing != 0 && (shape.growing != shape.live + 1 || shape.growing > Geometry::max_bits)))
        return failure("the FDB arena names a table that cannot be; restart the chassis to make a new one");

    BasicFdbMaintenance self(fd, arena);
    // A growth that was killed while it allocated left memory above the tables in use.
    const unsigned top = shape.growing != 0 ? shape.growing : shape.live;
    if (top < Geometry::max_bits)
        Stores::deallocate(fd, offset_of(top + 1), offset_of(Geometry::max_bits + 1) - offset_of(top + 1));
    self.retiring_ = shape.live > Geometry::min_bits;
    // The bucket at the cursor may be half frozen: workers cannot write there until it is whole.
    if (shape.growing != 0) self.grow(1);
    self.begin_sweep();  // clears what a killed inserter left twice, and counts
    self.early_sweep_at_ = now;
    return self;
}

template <class Geometry, class Stores>
FdbBucket& BasicFdbMaintenance<Geometry, Stores>::bucket_at(unsigned bits, std::uint64_t number) const {
    return *reinterpret_cast<FdbBucket*>(arena_ + fdb_bucket_offset<Geometry>(bits, number));
}

/// Calls visit(view, position) for every bucket that live buckets [from, to) are made of now.
template <class Geometry, class Stores>
template <class Visit>
void BasicFdbMaintenance<Geometry, Stores>::each_bucket(std::uint64_t from, std::uint64_t to, Visit&& visit) {
    const FdbShape now = shape();
    const unsigned below = fdb_mixed_bits<Geometry> - now.live;
    View table = view();
    for (std::uint64_t number = from; number < to; ++number) {
        visit(table, number << below);
        if (number < now.cursor) visit(table, number << below | 1ull << (below - 1));
    }
}

/// Empties every word that has `want` in the bits of `mask` and for which match(view, word, position) holds; how many.
template <class Geometry, class Stores>
template <class Match>
std::uint64_t BasicFdbMaintenance<Geometry, Stores>::clear_words(std::uint64_t mask, std::uint64_t want,
                                                                 Match&& match) {
    std::uint64_t count = 0;
    each_bucket(0, 1ull << shape().live, [&](View& table, std::uint64_t position) {
        FdbBucket& bucket = table.bucket(position);
        for (unsigned lanes = matching(bucket, mask, want); lanes != 0; lanes &= lanes - 1)
            for (auto& at = bucket.words[__builtin_ctz(lanes)];;) {
                const FdbWord word{at.load(std::memory_order_acquire)};
                if (word.is_empty() || (word.bits & mask) != want || !match(table, word, position)) break;
                if (!Stores::swap(at, word.bits, 0)) continue;
                ++count;
                break;
            }
    });
    return count;
}

/// Empties the words of one address for which match(word) holds; how many.
template <class Geometry, class Stores>
template <class Match>
std::uint64_t BasicFdbMaintenance<Geometry, Stores>::clear_named(VlanId vlan, Mac mac, Match&& match) {
    View table = view();
    const std::uint64_t mixed = table.mix(vlan, mac.value());
    std::uint64_t count = 0;
    for (const bool alt : {false, true})
        for (auto& at : table.bucket(alt ? table.second(mixed) : mixed).words)
            for (;;) {
                const FdbWord word{at.load(std::memory_order_acquire)};
                if (word.is_empty() || (word.bits & fdb_name_mask) != FdbWord::name(mixed, alt) || !match(word)) break;
                if (!Stores::swap(at, word.bits, 0)) continue;
                ++count;
                break;
            }
    return count;
}

template <class Geometry, class Stores>
bool BasicFdbMaintenance<Geometry, Stores>::set_static(VlanId vlan, Mac mac, std::uint16_t dest) {
    View table = view();
    const std::uint64_t mixed = table.mix(vlan, mac.value());
    const std::uint64_t positions[2] = {mixed, table.second(mixed)};
    for (;;) {  // a lost swap is a worker's progress, never a wait for one
        FdbBucket* const buckets[2] = {&table.bucket(positions[0]), &table.bucket(positions[1])};
        int side = -1, slot = -1;
        for (int s = 0; s < 2 && slot < 0; ++s) {
            const unsigned same = matching(*buckets[s], fdb_name_mask, FdbWord::name(mixed, s == 1)) &
                                  ~matching(*buckets[s], 0xfff, fdb_dest_none);
            if (same == 0) continue;
            side = s;
            slot = __builtin_ctz(same);
        }
        for (int s = 0; s < 2 && slot < 0; ++s) {
            side = s;
            slot = table.reusable_slot(*buckets[s], positions[s]);
        }
        for (int s = 0; s < 2 && slot < 0; ++s) {
            const unsigned dynamic = matching(*buckets[s], 1ull << fdb_fixed_shift, 0);
            if (dynamic == 0) continue;
            side = s;
            slot = __builtin_ctz(dynamic);
        }
        if (slot < 0) return false;

        auto& at = buckets[side]->words[slot];
        const FdbWord old{at.load(std::memory_order_acquire)};
        const FdbWord now = FdbWord::fixed(FdbWord::name(mixed, side == 1), dest);
        const bool same_name = ((old.bits ^ now.bits) & fdb_name_mask) == 0;
        if (old.is_fixed() && !same_name) continue;  // cannot be: only this thread writes them
        if (old != now && !Stores::swap(at, old.bits, now.bits)) continue;
        table.leave_one(mixed, vlan);
        return true;
    }
}

template <class Geometry, class Stores>
bool BasicFdbMaintenance<Geometry, Stores>::delete_static(VlanId vlan, Mac mac) {
    return clear_named(vlan, mac, [](FdbWord word) { return word.is_fixed(); }) > 0;
}

template <class Geometry, class Stores>
std::uint64_t BasicFdbMaintenance<Geometry, Stores>::keep_statics(const std::function<bool(VlanId, Mac)>& wanted) {
    constexpr std::uint64_t fixed = 1ull << fdb_fixed_shift;
    return clear_words(fixed, fixed, [&](const View& table, FdbWord word, std::uint64_t position) {
        const std::uint64_t key = hash_.unmix(table.mixed_of(word, position));
        return !wanted(static_cast<VlanId>(key >> 48), Mac::of(key & 0xffffffffffffull));
    });
}

template <class Geometry, class Stores>
bool BasicFdbMaintenance<Geometry, Stores>::forget(VlanId vlan, Mac mac, PortId port) {
    return clear_named(vlan, mac, [port](FdbWord word) {
               return !word.is_fixed() && (port == no_port || word.dest() == port);
           }) > 0;
}

template <class Geometry, class Stores>
void BasicFdbMaintenance<Geometry, Stores>::flush(VlanId vlan, PortId port) {
    if (vlan != 0 && port != no_port) {
        clear_words(1ull << fdb_fixed_shift | 0xfff, port,
                    [=](const View& table, FdbWord word, std::uint64_t position) {
                        return table.vlan_of(word, position) == vlan;
                    });
        return;
    }
    if (control_->flushes.load(std::memory_order_relaxed) >= 14) sweep_all();
    Stores::store(control_->flushes, control_->flushes.load(std::memory_order_relaxed) + 1);
    const auto raise = [](std::atomic<std::uint8_t>& gen) {
        Stores::store(gen, static_cast<std::uint8_t>(gen.load(std::memory_order_relaxed) + 1));
    };
    if (port != no_port)
        raise(control_->port_gen[port]);
    else if (vlan != 0)
        raise(control_->vlan_gen[vlan]);
    else
        for (auto& gen : control_->vlan_gen) raise(gen);
}

}  // namespace baton
