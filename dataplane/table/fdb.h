// SPDX-License-Identifier: Apache-2.0
// The L2 FDB as workers use it: look up destinations, learn sources, a burst at a time. The bytes and their meaning are
// sync/layout/fdb.h and fdb_word.h; statics, flush, aging and growth are fdb_maintain.h (the applier).
//
// A worker's turn with a burst of up to 64 frames:
//   FdbView view = fdb.begin_batch();                  shape and epoch are read once
//   mixed = view.mix(vlan, mac); view.prefetch(mixed)  for every destination and source: first round
//   view.learn(sources, vlans, n, port)                compares; goes to second buckets in a round of its own (11 %)
//   view.lookup(destinations, vlans, dests, n)
// A view must not outlive the turn: growth gives the old table's memory back when every worker has passed one.
//
// All writing is one compare-and-swap of one word, by any thread at any time. Nobody waits: an update that lost twice
// is dropped, for the next frame repeats it.
#pragma once

#include "dataplane/table/fdb_bucket.h"
#include "dataplane/table/stores.h"
#include "sync/layout/fdb_word.h"

namespace baton {

inline constexpr unsigned fdb_batch = 64;         // frames in a bulk call, at most
inline constexpr unsigned fdb_primary_share = 6;  // words that go to the primary bucket before the emptier one is taken

enum class Learn : std::uint8_t {
    unchanged,  // known there, seen in this epoch: nothing was written
    refreshed,  // known there: its age was renewed
    inserted,
    moved,       // known at another port
    fixed,       // a static entry: never learned over
    blackholed,  // a static entry that says: drop
    full,        // no room in either bucket: flood, and count
    lost,        // others were faster, or growth is at this very bucket: the next frame tries again
};

struct LearnCounts {
    std::uint32_t inserted = 0, moved = 0, refreshed = 0, full = 0, lost = 0;
    std::uint64_t blackholed = 0;  // bit i: the i-th source is black-holed
};

template <class Geometry, class Stores>
class BasicFdbView {
  public:
    BasicFdbView(std::byte* arena, const FdbHash& hash)
        : arena_(arena + Geometry::tables), control_(*reinterpret_cast<FdbControl*>(arena)), hash_(hash) {
        read_shape();
        epoch_ = control_.epoch.load(std::memory_order_relaxed);
    }

    std::uint64_t mix(VlanId vlan, std::uint64_t mac) const { return hash_.mix(fdb_key(vlan, mac)); }

    /// Fetches the bucket at a position into the second-level cache. Not the first: its few miss buffers fill up and
    /// later prefetches are dropped (Zen 4, 16 M addresses, destination and source: 119 cycles a frame with t0, 60 with
    /// t1).
    void prefetch(std::uint64_t position) const { fetch(bucket(position)); }

    /// The primary buckets of `count` keys.
    void prefetch(const std::uint64_t* mixed, unsigned count) const {
        with_buckets([&](auto bucket_at) {
            for (unsigned i = 0; i < count; ++i) fetch(bucket_at(mixed[i]));
        });
    }

    /// Where the address lies: a port, fdb_dest_blackhole, or fdb_dest_none when it is not known (flood).
    std::uint16_t lookup(std::uint64_t mixed, VlanId vlan) const {
        std::uint16_t dest;
        if (!find(bucket(mixed), FdbWord::name(mixed, false), vlan, dest))
            find(bucket(second(mixed)), FdbWord::name(mixed, true), vlan, dest);
        return dest;
    }

    /// lookup() of `count` <= fdb_batch addresses, whose primary buckets should have been prefetched. All compares come
    /// before all decisions: without branches between, more cache misses are under way at once (8 % at 1 M addresses).
    void lookup(const std::uint64_t* mixed, const VlanId* vlan, std::uint16_t* dest, unsigned count) const {
        std::uint8_t lanes[fdb_batch], rest[fdb_batch];
        unsigned rests = 0;
        with_buckets([&](auto bucket_at) {
            for (unsigned i = 0; i < count; ++i)
                lanes[i] = static_cast<std::uint8_t>(
                    matching(bucket_at(mixed[i]), fdb_name_mask, FdbWord::name(mixed[i], false)));
            for (unsigned i = 0; i < count; ++i) {
                if (decide(bucket_at(mixed[i]), lanes[i], FdbWord::name(mixed[i], false), vlan[i], dest[i])) continue;
                prefetch(second(mixed[i]));
                rest[rests++] = static_cast<std::uint8_t>(i);
            }
        });
        for (unsigned r = 0; r < rests; ++r) {
            const unsigned i = rest[r];
            find(bucket(second(mixed[i])), FdbWord::name(mixed[i], true), vlan[i], dest[i]);
        }
    }

    /// Notes that the address was seen at `port`. The caller has refused group addresses.
    Learn learn(std::uint64_t mixed, VlanId vlan, PortId port);

    /// learn() of `count` <= fdb_batch addresses that came in at `port`. The usual case, known there and seen in this
    /// epoch, is one exact comparison with 8 words and writes nothing.
    LearnCounts learn(const std::uint64_t* mixed, const VlanId* vlan, unsigned count, PortId port) {
        LearnCounts counts;
        std::uint8_t rest[fdb_batch];
        unsigned rests = 0;
        with_buckets([&](auto bucket_at) {
            VlanId last = 0;
            std::uint64_t now = 0;
            for (unsigned i = 0; i < count; ++i) {
                if (vlan[i] != last || i == 0) {  // frames of one VLAN come in runs
                    last = vlan[i];
                    now = seen_now(0, last, port).bits;
                }
                if (holds(bucket_at(mixed[i]), FdbWord::name(mixed[i], false) | now)) continue;
                prefetch(second(mixed[i]));
                rest[rests++] = static_cast<std::uint8_t>(i);
            }
        });
        for (unsigned r = 0; r < rests; ++r) {
            const unsigned i = rest[r];
            if (holds(bucket(second(mixed[i])), seen_now(FdbWord::name(mixed[i], true), vlan[i], port).bits)) continue;
            switch (learn(mixed[i], vlan[i], port)) {
                case Learn::refreshed: ++counts.refreshed; break;
                case Learn::inserted: ++counts.inserted; break;
                case Learn::moved: ++counts.moved; break;
                case Learn::full: ++counts.full; break;
                case Learn::lost: ++counts.lost; break;
                case Learn::blackholed: counts.blackholed |= 1ull << i; break;
                case Learn::unchanged:
                case Learn::fixed: break;
            }
        }
        return counts;
    }

    /// Deletes all copies of an address but one: a fixed one, else the first live one in probe order, else the first.
    /// Whoever inserts calls it afterwards: of two that insert at once, at least one sees both. The applier's sweep
    /// calls it for what a killed inserter left.
    void leave_one(std::uint64_t mixed, VlanId vlan);

    /// Whether the word counts now; `vlan` is its key's.
    bool is_live(FdbWord word, VlanId vlan) const { return word.is_live(epoch_, gens(word.dest(), vlan)); }

    /// The word that learning would write now.
    FdbWord seen_now(std::uint64_t name, VlanId vlan, PortId port) const {
        return FdbWord::dynamic(name, epoch_, gens(port, vlan) & 15, port);
    }

    /// The bucket at a position, in whichever table holds it now.
    FdbBucket& bucket(std::uint64_t position) const {
        const unsigned shift = position < moved_ ? next_shift_ : live_shift_;
        // A table of 2^b buckets lies at 2^b buckets from the start, so a one above the position is its offset.
        return *reinterpret_cast<FdbBucket*>(arena_ + ((position | above) >> shift) * sizeof(FdbBucket));
    }

    std::uint64_t second(std::uint64_t mixed) const { return hash_.template second<Geometry>(mixed); }

    /// The mixed key, and the VLAN, of a word found in the bucket at `position`.
    std::uint64_t mixed_of(FdbWord word, std::uint64_t position) const {
        const unsigned bits = fdb_mixed_bits<Geometry> - live_shift_;
        return fdb_mixed_of<Geometry>(hash_, word, bits, fdb_bucket_of<Geometry>(position, bits));
    }

    VlanId vlan_of(FdbWord word, std::uint64_t position) const {
        return static_cast<VlanId>(hash_.unmix(mixed_of(word, position)) >> 48);
    }

    /// The first slot that may be written over: empty, else expired or flushed; -1: none. Frozen words never may.
    int reusable_slot(const FdbBucket& bucket, std::uint64_t position) const;

  private:
    /// Where buckets are while no table grows.
    struct Settled {
        FdbBucket* table;
        unsigned shift;

        FdbBucket& operator()(std::uint64_t position) const { return table[position >> shift]; }
    };

    /// Calls `body` with what bucket() is for this burst. Nearly always nothing grows; then a bucket costs three
    /// instructions and not eight, and a frame asks for four.
    template <class Body>
    void with_buckets(Body&& body) const {
        if (moved_ == 0) [[likely]]
            body(Settled{&bucket(0), live_shift_});
        else
            body([this](std::uint64_t position) -> FdbBucket& { return bucket(position); });
    }

    static void fetch(const FdbBucket& bucket) { __builtin_prefetch(&bucket, 0, 2); }

    static constexpr std::uint64_t above = 1ull << fdb_mixed_bits<Geometry>;
    static constexpr unsigned attempts = 3;

    unsigned gens(std::uint16_t dest, VlanId vlan) const {
        return control_.port_gen[dest].load(std::memory_order_relaxed) +
               control_.vlan_gen[vlan].load(std::memory_order_relaxed);
    }

    bool find(const FdbBucket& bucket, std::uint64_t name, VlanId vlan, std::uint16_t& dest) const {
        return decide(bucket, matching(bucket, fdb_name_mask, name), name, vlan, dest);
    }

    /// False when no word of `lanes` has this name; otherwise the first that has decides, live or not (then dest is
    /// none).
    bool decide(const FdbBucket& bucket, unsigned lanes, std::uint64_t name, VlanId vlan, std::uint16_t& dest) const {
        dest = fdb_dest_none;
        for (; lanes != 0; lanes &= lanes - 1) {
            const FdbWord word = load(bucket, lanes);
            if (word.is_empty() || (word.bits & fdb_name_mask) != name) continue;  // empty, or replaced just now
            if (is_live(word, vlan)) dest = word.dest();
            return true;
        }
        return false;
    }

    void read_shape() {
        const FdbShape shape = FdbShape::of(control_.shape.load(std::memory_order_acquire));
        live_shift_ = fdb_mixed_bits<Geometry> - shape.live;
        next_shift_ = live_shift_ - 1;
        moved_ = shape.cursor << live_shift_;
    }

    std::byte* arena_;
    FdbControl& control_;
    FdbHash hash_;
    std::uint64_t moved_ = 0;  // positions below it are in the growing table
    unsigned live_shift_ = 0, next_shift_ = 0;
    unsigned epoch_ = 0;
};

template <class Geometry, class Stores>
class BasicFdb {
  public:
    using View = BasicFdbView<Geometry, Stores>;

    /// `arena` is the fdb arena mapped for writing, after FdbMaintenance has opened it.
    explicit BasicFdb(std::byte* arena)
        : arena_(arena), hash_(reinterpret_cast<FdbControl*>(arena)->seed.load(std::memory_order_relaxed)) {}

    View begin_batch() const { return View(arena_, hash_); }

  private:
    std::byte* arena_;
    FdbHash hash_;
};

using FdbView = BasicFdbView<FdbGeometry, PlainStores>;
using Fdb = BasicFdb<FdbGeometry, PlainStores>;

}  // namespace baton

#include "dataplane/table/fdb_learn.h"
