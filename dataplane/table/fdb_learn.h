// SPDX-License-Identifier: Apache-2.0
// Learning one address, when it is not simply known (fdb.h has that case): refresh, move or insert by one
// compare-and-swap, then look whether somebody else inserted the same address meanwhile.
//
//   first word of the name     done
//   fixed                      nothing: fixed or blackholed
//   frozen                     growth has moved the bucket: read the shape again, try in the growing table
//   live, same port, this age  unchanged
//   live, same port            refreshed (age)
//   live, other port           moved
//   expired or flushed         inserted, in its place
//   none                       inserted: primary while fewer than 6 of its words are used, else the emptier bucket
// Included by fdb.h only.
#pragma once

#include "dataplane/table/fdb.h"

namespace baton {

template <class Geometry, class Stores>
__attribute__((noinline)) Learn BasicFdbView<Geometry, Stores>::learn(std::uint64_t mixed, VlanId vlan, PortId port) {
    const std::uint64_t positions[2] = {mixed, second(mixed)};
    const std::uint64_t names[2] = {FdbWord::name(mixed, false), FdbWord::name(mixed, true)};

    for (unsigned attempt = 0; attempt < attempts; ++attempt) {
        FdbBucket* const buckets[2] = {&bucket(positions[0]), &bucket(positions[1])};
        unsigned side = 0, same = 0, empty[2], frozen = 0;
        for (unsigned s = 0; s < 2; ++s) {
            empty[s] = matching(*buckets[s], 0xfff, fdb_dest_none);
            frozen |= matching(*buckets[s], 7ull << fdb_age_shift, std::uint64_t{fdb_frozen} << fdb_age_shift);
            const unsigned found = matching(*buckets[s], fdb_name_mask, names[s]) & ~empty[s];
            if (found != 0 && same == 0) {
                same = found;
                side = s;
            }
        }

        FdbWord old;
        int slot;
        bool known = false;
        if (same != 0) {
            slot = __builtin_ctz(same);
            old = load(*buckets[side], same);
            if (old.is_empty() || (old.bits & fdb_name_mask) != names[side]) continue;
            if (old.is_fixed()) return old.dest() == fdb_dest_blackhole ? Learn::blackholed : Learn::fixed;
            if (old.is_frozen()) {
                read_shape();
                continue;
            }
            known = is_live(old, vlan);
        } else {
            if (frozen != 0) {
                read_shape();
                continue;
            }
            const unsigned room[2] = {static_cast<unsigned>(__builtin_popcount(empty[0])),
                                      static_cast<unsigned>(__builtin_popcount(empty[1]))};
            side = room[0] <= fdb_bucket_slots - fdb_primary_share && room[1] > room[0];
            slot = empty[side] != 0 ? __builtin_ctz(empty[side]) : reusable_slot(*buckets[side], positions[side]);
            if (slot < 0) {
                side = !side;
                slot = reusable_slot(*buckets[side], positions[side]);
            }
            if (slot < 0) return Learn::full;
            old = {buckets[side]->words[slot].load(std::memory_order_acquire)};
            if (old.is_frozen() || (!old.is_empty() && is_live(old, vlan_of(old, positions[side])))) continue;
        }

        const FdbWord now = seen_now(names[side], vlan, port);
        if (now == old) return Learn::unchanged;
        if (!Stores::swap(buckets[side]->words[slot], old.bits, now.bits)) continue;
        // A flush between reading the generations and the swap: write it again, lest a word lie about that is several
        // generations behind although a sweep has passed.
        if (seen_now(names[side], vlan, port) != now) continue;
        if (known) return old.dest() == port ? Learn::refreshed : Learn::moved;
        leave_one(mixed, vlan);
        return Learn::inserted;
    }
    return Learn::lost;
}

template <class Geometry, class Stores>
int BasicFdbView<Geometry, Stores>::reusable_slot(const FdbBucket& bucket, std::uint64_t position) const {
    if (const unsigned empty = matching(bucket, 0xfff, fdb_dest_none)) return __builtin_ctz(empty);
    for (unsigned slot = 0; slot < fdb_bucket_slots; ++slot) {
        const FdbWord word{bucket.words[slot].load(std::memory_order_acquire)};
        if (!word.is_frozen() && !is_live(word, vlan_of(word, position))) return static_cast<int>(slot);
    }
    return -1;
}

template <class Geometry, class Stores>
void BasicFdbView<Geometry, Stores>::leave_one(std::uint64_t mixed, VlanId vlan) {
    const std::uint64_t positions[2] = {mixed, second(mixed)};
    for (unsigned attempt = 0; attempt < attempts; ++attempt) {
        FdbBucket* const buckets[2] = {&bucket(positions[0]), &bucket(positions[1])};
        unsigned lanes[2], frozen = 0;
        for (const bool alt : {false, true}) {
            lanes[alt] = matching(*buckets[alt], fdb_name_mask, FdbWord::name(mixed, alt));
            frozen |= matching(*buckets[alt], 7ull << fdb_age_shift, std::uint64_t{fdb_frozen} << fdb_age_shift);
        }
        // A frozen word of any name: the bucket has moved, and a copy may be where this shape does not lead.
        if (frozen != 0) {
            read_shape();
            continue;
        }
        if (__builtin_popcount(lanes[0]) + __builtin_popcount(lanes[1]) <= 1) return;  // nearly always

        struct {
            std::atomic<std::uint64_t>* at;
            std::uint64_t bits;
        } copies[2 * fdb_bucket_slots];
        unsigned count = 0, keep = 0, worth = 0;
        for (const bool alt : {false, true})
            for (; lanes[alt] != 0; lanes[alt] &= lanes[alt] - 1) {
                const FdbWord word = load(*buckets[alt], lanes[alt]);
                if (word.is_empty() || (word.bits & fdb_name_mask) != FdbWord::name(mixed, alt)) continue;
                const unsigned value = word.is_fixed() ? 3 : is_live(word, vlan) ? 2 : 1;
                if (value > worth) {
                    worth = value;
                    keep = count;
                }
                copies[count++] = {&buckets[alt]->words[__builtin_ctz(lanes[alt])], word.bits};
            }
        for (unsigned i = 0; i < count; ++i)
            if (i != keep) Stores::swap(*copies[i].at, copies[i].bits, 0);
        return;
    }
}

}  // namespace baton
