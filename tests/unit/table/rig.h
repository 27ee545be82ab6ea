// SPDX-License-Identifier: Apache-2.0
// What the FDB's tests share: a table tiny enough to be exhaustive about (16 buckets, growing to 256), stores that can
// be counted and cut off, an arena with 4 KB pages, and a picture of it as a board would see it.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <random>
#include <utility>
#include <vector>

#include "dataplane/table/fdb_maintain.h"
#include "dataplane/table/fdb_maintain_entries.h"
#include "dataplane/table/fdb_maintain_growth.h"
#include "dataplane/table/fdb_maintain_sweep.h"
#include "sync/channel/fdb_walk.h"

namespace baton::test {

struct TinyGeometry {
    static constexpr unsigned min_bits = 4;
    static constexpr unsigned max_bits = 8;
    static constexpr std::uint64_t tables = 16384;  // past FdbControl
};

/// Counts stores (and allocations), and calls `at` before the n-th.
struct CountedStores {
    static inline std::uint64_t count = 0;
    static inline std::uint64_t cut = 0;  // 0: never
    static inline void (*at)() = nullptr;
    static inline bool no_memory = false;

    static void step() {
        if (++count == cut) at();
    }

    template <class T>
    static void store(std::atomic<T>& where, T value) {
        step();
        PlainStores::store(where, value);
    }

    static bool swap(std::atomic<std::uint64_t>& where, std::uint64_t expected, std::uint64_t desired) {
        step();
        return PlainStores::swap(where, expected, desired);
    }

    static bool allocate(int fd, std::size_t offset, std::size_t size) {
        step();
        return !no_memory && baton::allocate(fd, offset, size);
    }

    static void deallocate(int fd, std::size_t offset, std::size_t size) {
        step();
        baton::deallocate(fd, offset, size);
    }
};

struct Key {
    VlanId vlan;
    std::uint64_t mac;
    friend auto operator<=>(const Key&, const Key&) = default;
};

struct Value {
    std::uint16_t dest;  // fdb_dest_blackhole for a black hole
    bool fixed;
    friend auto operator<=>(const Value&, const Value&) = default;
};

using State = std::map<Key, Value>;

inline constexpr std::uint64_t test_seed = 0x5eed;

template <class Geometry, class Stores>
class Rig {
  public:
    using Maintenance = BasicFdbMaintenance<Geometry, Stores>;
    using Table = BasicFdb<Geometry, Stores>;
    using View = BasicFdbView<Geometry, Stores>;
    static constexpr std::size_t size = Geometry::tables + fdb_table_offset(Geometry::max_bits + 1);

    Rig() {
        auto fd = create_arena(ArenaKind::fdb, size, fingerprint<FdbControl>(), Pages::small, sizeof(FdbControl));
        if (!fd) throw std::runtime_error(fd.error().what);
        fd_ = std::move(*fd);
        auto mapping = map_arena(fd_.get(), ArenaKind::fdb, fingerprint<FdbControl>(), Access::read_write);
        if (!mapping) throw std::runtime_error(mapping.error().what);
        mapping_ = std::move(*mapping);
    }

    int fd() const { return fd_.get(); }

    std::byte* arena() const { return mapping_.bytes(); }

    FdbControl& control() const { return *mapping_.template as<FdbControl>(); }

    FdbShape shape() const { return FdbShape::of(control().shape.load()); }

    FdbHash hash() const { return FdbHash(control().seed.load()); }

    View view() const { return Table(arena()).begin_batch(); }

    Maintenance open(unsigned max_bits = Geometry::max_bits) const {
        auto opened = Maintenance::open(fd(), arena(), max_bits, test_seed, Time{1});
        if (!opened) throw std::runtime_error(opened.error().what);
        return std::move(*opened);
    }

    Learn learn(Key key, PortId port) const {
        View view = this->view();
        return view.learn(view.mix(key.vlan, key.mac), key.vlan, port);
    }

    std::uint16_t lookup(Key key) const {
        const View view = this->view();
        return view.lookup(view.mix(key.vlan, key.mac), key.vlan);
    }

    /// Every copy that a board's walk shows.
    std::vector<std::pair<Key, Value>> copies(std::uint64_t chunk = 64) const {
        std::vector<std::pair<Key, Value>> out;
        BasicFdbWalk<Geometry> walk(arena());
        while (walk.next(chunk, [&](const FdbEntry& entry) {
            out.push_back(
                {{entry.vlan, entry.mac.value()}, {entry.blackhole ? fdb_dest_blackhole : entry.port, entry.fixed}});
        })) {
        }
        return out;
    }

    State state() const {
        const auto all = copies();
        return {all.begin(), all.end()};
    }

    /// A word put straight into the table: what two racing inserters or an older process may have left.
    void plant(std::uint64_t bucket, unsigned slot, FdbWord word) const {
        reinterpret_cast<FdbBucket*>(arena() + fdb_bucket_offset<Geometry>(shape().live, bucket))
            ->words[slot]
            .store(word.bits);
    }

    /// A key of which the tiny table can hold the whole: its mixed form has no bits above what a word and a bucket
    /// name.
    Key key(std::mt19937_64& random) const {
        for (;;) {
            const std::uint64_t mixed = random() & ((1ull << fdb_mixed_bits<Geometry>)-1);
            const std::uint64_t key = hash().unmix(mixed);
            const auto vlan = static_cast<VlanId>(key >> 48);
            if (vlan != 0 && vlan != 4095) return {vlan, key & 0xffffffffffffull};
        }
    }

    /// A key with both buckets given (`second` may be -1: any).
    Key key_in(std::mt19937_64& random, std::uint64_t primary, std::int64_t second = -1) const {
        for (;;) {
            const Key drawn = key(random);
            const std::uint64_t mixed = hash().mix(fdb_key(drawn.vlan, drawn.mac));
            if (fdb_bucket_of<Geometry>(mixed, shape().live) != primary) continue;
            const auto other = hash().template second<Geometry>(mixed);
            if (second < 0 || fdb_bucket_of<Geometry>(other, shape().live) == static_cast<std::uint64_t>(second))
                return drawn;
        }
    }

    std::vector<Key> keys(std::mt19937_64& random, std::size_t count) const {
        State unique;
        while (unique.size() < count) unique[key(random)] = {};
        std::vector<Key> out;
        for (const auto& [key, value] : unique) out.push_back(key);
        std::shuffle(out.begin(), out.end(), random);
        return out;
    }

  private:
    Fd fd_;
    Mapping mapping_;
};

using TinyRig = Rig<TinyGeometry, CountedStores>;
using RealRig = Rig<FdbGeometry, MaintenanceStores>;

}  // namespace baton::test
