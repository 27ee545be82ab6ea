// SPDX-License-Identifier: Apache-2.0
// What the bench of routes looks into: prefixes with about the lengths that the Internet's have, a routes arena that
// holds them, and addresses that fall on them.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <random>
#include <unordered_set>
#include <vector>

#include "dataplane/table/routes.h"
#include "dataplane/table/routes_maintain.h"

namespace baton::micro {

inline constexpr unsigned gateways = 64;

struct Share {
    unsigned length, percent;
};

inline constexpr Share shares4[] = {{24, 61}, {23, 10}, {22, 11}, {21, 5}, {20, 4},
                                    {19, 3},  {18, 2},  {17, 1},  {16, 2}, {28, 1}};
inline constexpr Share shares6[] = {{48, 50}, {32, 15}, {44, 10}, {40, 10}, {36, 5},
                                    {29, 4},  {46, 3},  {56, 2},  {64, 1}};

/// The n-th network of 32 bits: where the registries give them out, and spread there.
inline std::uint64_t network6(std::uint64_t n) {
    constexpr std::uint64_t registries[] = {0x200, 0x240, 0x260, 0x280, 0x2a0, 0x2c0};
    return registries[n % 6] << 20 | (n * 0x9e3779b1ull & 0x7ffff);
}

/// `count` different prefixes (IPv4: from 1/8 to 223/8, IPv6: some 16 to each network of 32 bits), always the same; the
/// first is the default route.
inline std::vector<IpPrefix> prefixes(Family family, std::size_t count) {
    std::mt19937_64 random(count + static_cast<unsigned>(family));
    std::unordered_set<std::uint64_t> known;
    std::vector<IpPrefix> out{{family, 0, {}}};
    while (out.size() < count) {
        unsigned draw = static_cast<unsigned>(random() % 100), length = 0;
        for (const Share& share :
             family == Family::ipv4 ? std::span<const Share>(shares4) : std::span<const Share>(shares6)) {
            length = share.length;
            if (draw < share.percent) break;
            draw -= share.percent;
        }
        const std::uint64_t any = random();
        const IpBits bits =
            family == Family::ipv4
                ? IpBits::v4(static_cast<std::uint32_t>((1 + (any >> 40) % 223) << 24 | (any & 0xffffff)))
                : IpBits{network6(any % (1 + count / 16)) << 32 | any >> 32, 0};
        const IpPrefix prefix = IpPrefix::of({family, bits}, length);
        if (known.insert(prefix.bits.high ^ length).second) out.push_back(prefix);
    }
    return out;
}

/// Addresses in random prefixes of these.
inline std::vector<IpBits> destinations(const std::vector<IpPrefix>& prefixes, std::size_t count) {
    std::mt19937_64 random(prefixes.size() * 7);
    std::vector<IpBits> out;
    while (out.size() < count) {
        const IpPrefix& prefix = prefixes[random() % prefixes.size()];
        const IpBits any = prefix.family == Family::ipv4 ? IpBits::v4(static_cast<std::uint32_t>(random()))
                                                         : IpBits{random(), random()};
        const IpBits net = any.first(prefix.length);
        out.push_back({prefix.bits.high | (any.high ^ net.high), prefix.bits.low | (any.low ^ net.low)});
    }
    return out;
}

inline IpBits gateway(Family family, unsigned n) {
    return family == Family::ipv4 ? IpBits::v4(0x0a000001 + n % gateways) : IpBits{0xfe80ull << 48, 1 + n % gateways};
}

struct RouteTable {
    Fd fd;
    Mapping mapping;
    std::optional<RoutesMaintenance> keeper;
    bool huge = huge_pages_available(std::size_t{256} << 20);

    RouteTable() {
        auto made = create_arena(ArenaKind::routes, routes_arena_size, fingerprint<RoutesControl>(),
                                 huge ? Pages::huge : Pages::small, routes_touched);
        if (!made) give_up("no memory for the table");
        fd = std::move(*made);
        auto mapped = map_arena(fd.get(), ArenaKind::routes, fingerprint<RoutesControl>(), Access::read_write);
        if (!mapped) give_up("cannot map the table");
        mapping = std::move(*mapped);
        auto opened = RoutesMaintenance::open(fd.get(), mapping.bytes(), Time{1});
        if (!opened) give_up("cannot open the table");
        keeper.emplace(std::move(*opened));
        for (const Family family : {Family::ipv4, Family::ipv6})
            for (unsigned n = 0; n < gateways; ++n)
                keeper->set_neighbor(10, family, gateway(family, n), Mac::of(0x020000000000 + n), 1);
    }

    void set(const IpPrefix& prefix, unsigned n) {
        const IpBits by = gateway(prefix.family, n);
        const RouteHop hop{by.high, by.low, 10, 1, 0};
        if (keeper->set(Owner::routing, {prefix, RouteKind::forward, RouteProtocol::bgp, 20, {&hop, 1}}) !=
            Outcome::done)
            give_up("the table is full");
    }

    /// Of blocks, nodes and records, in bytes.
    std::uint64_t memory() const {
        return std::uint64_t{keeper->blocks_in_use()} * route_block_slots * 4 +
               std::uint64_t{keeper->nodes_in_use()} * route_node_slots * 4 +
               std::uint64_t{keeper->routes(Owner::routing)} * sizeof(RouteRecord);
    }

    [[noreturn]] static void give_up(const char* why) {
        std::fprintf(stderr, "%s\n", why);
        std::exit(1);
    }
};

}  // namespace baton::micro
