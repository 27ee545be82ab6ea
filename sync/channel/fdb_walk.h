// SPDX-License-Identifier: Apache-2.0
// Reading the FDB from outside the data plane: boards hold a read-only mapping and see words, never locks. A walk goes
// in the order of mixed keys, which growth keeps (bucket i becomes 2i and 2i+1), so its place stays right while the
// table doubles under it.
//
// What a walk promises: an address that stays known from its begin to its end is reported, and once. One that is
// learned, deleted or re-learned meanwhile may be missed or be seen twice (two workers may for an instant hold two
// copies, and an address may come back in its other bucket). A caller that shows entries in a sorted map sees neither.
#pragma once

#include <optional>

#include "sync/base/mac.h"
#include "sync/layout/fdb_word.h"

namespace baton {

struct FdbEntry {
    Mac mac;
    VlanId vlan = 0;
    PortId port = no_port;  // no_port when black-holed
    unsigned age = 0;       // epochs since it was last seen, 0..5, each a fifth of the aging time; 0 when fixed
    bool fixed = false;     // permanent: neither ages nor flushes
    bool blackhole = false;
};

template <class Geometry>
class BasicFdbWalk {
  public:
    /// `arena` is a mapped fdb arena (map_arena with fingerprint<FdbControl>()); it outlives the walk.
    explicit BasicFdbWalk(const std::byte* arena)
        : arena_(arena), control_(*reinterpret_cast<const FdbControl*>(arena)) {}

    /// Begins again.
    void rewind() { place_ = 0; }

    /// Visits the live words of the next `buckets` buckets (a few more at times); false when the walk is at its end.
    /// One bucket is 8 words; 4,096 buckets take some 100 us.
    template <class Visit>
    bool next(std::uint64_t buckets, Visit&& visit) {
        const FdbHash hash(control_.seed.load(std::memory_order_relaxed));
        const unsigned epoch = control_.epoch.load(std::memory_order_relaxed);
        for (; buckets > 0 && place_ < end; --buckets) {
            Copy copy;
            if (!read(copy)) return false;
            for (unsigned part = 0; part < copy.buckets; ++part)
                for (const FdbWord word : copy.words[part])
                    if (const auto entry = decode(hash, word, copy.bits, copy.bucket + part, epoch)) visit(*entry);
            place_ += end >> copy.live;
        }
        return place_ < end;
    }

    /// The entry of one address, if it is known.
    std::optional<FdbEntry> find(VlanId vlan, Mac mac) const {
        const FdbHash hash(control_.seed.load(std::memory_order_relaxed));
        const unsigned epoch = control_.epoch.load(std::memory_order_relaxed);
        const std::uint64_t mixed = hash.mix(fdb_key(vlan, mac.value()));
        for (const bool alt : {false, true}) {
            const std::uint64_t position = alt ? hash.second<Geometry>(mixed) : mixed;
            Copy copy;
            if (!read(copy, position)) return std::nullopt;
            const unsigned part = copy.buckets == 1 ? 0 : fdb_bucket_of<Geometry>(position, copy.bits) & 1;
            for (const FdbWord word : copy.words[part])
                if ((word.bits & fdb_name_mask) == FdbWord::name(mixed, alt) && !word.is_empty())
                    return decode(hash, word, copy.bits, copy.bucket + part, epoch);
        }
        return std::nullopt;
    }

    /// Buckets visited so far and in all, as a share: for a progress line.
    double progress() const { return static_cast<double>(place_) / static_cast<double>(end); }

  private:
    static constexpr std::uint64_t end = 1ull << Geometry::max_bits;  // a place is a bucket of the largest table

    struct Copy {  // one live bucket, or the two that growth made of it
        unsigned live = 0, bits = 0, buckets = 0;
        std::uint64_t bucket = 0;
        FdbWord words[2][fdb_bucket_slots];
    };

    bool read(Copy& copy) const { return read(copy, place_ << (fdb_mixed_bits<Geometry> - Geometry::max_bits)); }

    /// Copies the bucket(s) at `position`. The shape is read again after the words: when a table grew meanwhile, the
    /// words may come from one that was given back (zeros), so they are read afresh. At most one turn for each
    /// doubling.
    bool read(Copy& copy, std::uint64_t position) const {
        std::uint64_t shape_word = control_.shape.load(std::memory_order_acquire);
        for (;;) {
            const FdbShape shape = FdbShape::of(shape_word);
            if (shape.live < Geometry::min_bits || shape.live > Geometry::max_bits) return false;
            copy.live = copy.bits = shape.live;
            copy.bucket = fdb_bucket_of<Geometry>(position, shape.live);
            copy.buckets = 1;
            if (copy.bucket < shape.cursor) {
                copy.bits = shape.live + 1;
                copy.bucket *= 2;
                copy.buckets = 2;
            }
            for (unsigned part = 0; part < copy.buckets; ++part) {
                const auto& bucket = *reinterpret_cast<const FdbBucket*>(
                    arena_ + fdb_bucket_offset<Geometry>(copy.bits, copy.bucket + part));
                for (unsigned slot = 0; slot < fdb_bucket_slots; ++slot)
                    copy.words[part][slot].bits = bucket.words[slot].load(std::memory_order_acquire);
            }
            const std::uint64_t again = control_.shape.load(std::memory_order_acquire);
            if (FdbShape::of(again).live == shape.live) return true;
            shape_word = again;
        }
    }

    std::optional<FdbEntry> decode(const FdbHash& hash, FdbWord word, unsigned bits, std::uint64_t bucket,
                                   unsigned epoch) const {
        if (word.is_empty()) return std::nullopt;
        const std::uint64_t key = hash.unmix(fdb_mixed_of<Geometry>(hash, word, bits, bucket));
        const auto vlan = static_cast<VlanId>(key >> 48);
        const unsigned gens = control_.port_gen[word.dest()].load(std::memory_order_relaxed) +
                              control_.vlan_gen[vlan].load(std::memory_order_relaxed);
        if (!word.is_live(epoch, gens)) return std::nullopt;
        FdbEntry entry;
        entry.mac = Mac::of(key & 0xffffffffffffull);
        entry.vlan = vlan;
        entry.fixed = word.is_fixed();
        entry.blackhole = word.dest() == fdb_dest_blackhole;
        entry.port = entry.blackhole ? no_port : word.dest();
        entry.age = word.is_fixed() || word.is_frozen() ? 0 : (epoch + fdb_ages - word.age()) % fdb_ages;
        return entry;
    }

    const std::byte* arena_;
    const FdbControl& control_;
    std::uint64_t place_ = 0;
};

using FdbWalk = BasicFdbWalk<FdbGeometry>;

}  // namespace baton
