// SPDX-License-Identifier: Apache-2.0
// What the tests of routes share: an arena with 4 KB pages, stores that can be counted and cut off, routes said in
// short, and a picture of the arena as a board would see it.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <optional>
#include <random>
#include <vector>

#include "dataplane/table/routes.h"
#include "dataplane/table/routes_maintain_open.h"
#include "sync/channel/routes_walk.h"
#include "tests/support/arena.h"

namespace baton::test {

/// Counts stores (a fill and an allocation count as one), and calls `at` before the n-th.
struct CountedRouteStores {
    static inline std::uint64_t count = 0;
    static inline std::uint64_t cut = 0;  // 0: never
    static inline void (*at)() = nullptr;
    static inline std::uint64_t steps_left = ~0ull;  // of memory

    static void step() {
        if (++count == cut) at();
    }

    template <class T>
    static void store(std::atomic<T>& where, T value) {
        step();
        PlainStores::store(where, value);
    }

    static void fill(std::atomic<std::uint32_t>* where, std::size_t size, std::uint32_t value) {
        PlainStores::fill(where, size / 2, value);
        step();
        PlainStores::fill(where, size, value);
    }

    static bool allocate(int fd, std::size_t offset, std::size_t size) {
        step();
        if (steps_left == 0) return false;
        --steps_left;
        return baton::allocate(fd, offset, size);
    }
};

/// What a packet would find: enough to tell one route's end from another's.
struct End {
    Hop hop{};
    VlanId vlan = 0;
    IpBits address;  // of a next hop
    friend auto operator<=>(const End&, const End&) = default;
};

using Ends = std::vector<End>;

template <class Stores>
class RoutesRig {
  public:
    using Maintenance = BasicRoutesMaintenance<Stores>;

    RoutesRig() { mapping_ = arena<RoutesControl>(ArenaKind::routes, &fd_, routes_arena_size, routes_touched); }

    std::byte* bytes() const { return mapping_.bytes(); }

    int fd() const { return fd_.get(); }

    RoutesControl& control() const { return *mapping_.template as<RoutesControl>(); }

    Maintenance open(Time now = Time{1}) const {
        auto opened = Maintenance::open(fd(), bytes(), now);
        if (!opened) throw StartupError{1, opened.error().what};
        return std::move(*opened);
    }

    Routes routes() const { return Routes(bytes()); }

    RoutesWalk walk() const { return RoutesWalk(bytes()); }

    /// Where a leaf leads, in order of addresses.
    Ends ends(Leaf leaf) const {
        Ends out;
        walk().each_hop(leaf, [&](const AdjacencyEntry& entry) {
            out.push_back({entry.hop, entry.vlan, entry.address});
        });
        std::sort(out.begin(), out.end());
        return out;
    }

    Leaf lookup(Family family, const IpBits& address) const {
        Leaf leaf;
        const std::uint32_t v4 = address.v4();
        if (family == Family::ipv4)
            routes().lookup4(&v4, &leaf, 1);
        else
            routes().lookup6(&address, &leaf, 1);
        return leaf;
    }

    Ends to(Family family, const IpBits& address) const { return ends(lookup(family, address)); }

  private:
    Fd fd_;
    Mapping mapping_;
};

inline IpBits v4(unsigned a, unsigned b, unsigned c, unsigned d) {
    return IpBits::v4(a << 24 | b << 16 | c << 8 | d);
}

inline IpPrefix net(const IpBits& address, unsigned length) {
    return IpPrefix::of({Family::ipv4, address}, length);
}

inline RouteHop hop(VlanId vlan, const IpBits& address) {
    return {address.high, address.low, vlan, 1, 0};
}

}  // namespace baton::test
