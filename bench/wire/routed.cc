// SPDX-License-Identifier: Apache-2.0
#include "bench/wire/routed.h"

#include <chrono>
#include <random>
#include <unordered_set>

#include "bench/wire/machine.h"

namespace baton::bench {
namespace {

/// Of 100 prefixes of the Internet's table, roughly.
unsigned length_of(unsigned percent) {
    if (percent < 60) return 24;
    if (percent < 96) return 16 + percent % 8;
    return 25 + percent % 8;
}

}  // namespace

Routed::Routed(TablesArena& tables, std::uint64_t routes, bool huge) {
    auto fd = create_arena(ArenaKind::routes, routes_arena_size, fingerprint<RoutesControl>(),
                           huge ? Pages::huge : Pages::small, routes_touched);
    if (!fd) throw StartupError{1, fd.error().what};
    fd_ = std::move(*fd);
    auto mapping = map_arena(fd_.get(), ArenaKind::routes, fingerprint<RoutesControl>(), Access::read_write);
    if (!mapping) throw StartupError{1, mapping.error().what};
    memory_ = std::move(*mapping);
    auto opened = RoutesMaintenance::open(fd_.get(), memory_.bytes(), monotonic_now());
    if (!opened) throw StartupError{1, opened.error().what};
    routes_.emplace(std::move(*opened));

    tables.applier.router_mac = router;
    for (const VlanId id : {1, 2}) {
        VlanEntry& entry = tables.vlans[id];
        entry.mtu = 1500;
        entry.ipv4 = 0x0a000001u | id << 16;
        entry.routing = interface_up | interface_forwards_v4;
        const RouteHop here{0, 0, id, 1, 0};
        say(IpPrefix::of(IpAddress::v4(entry.ipv4), 32), RouteKind::local, here);
        say(IpPrefix::of(IpAddress::v4(entry.ipv4), 24), RouteKind::connected, here);
        for (unsigned n = 0; n < next_hops; ++n)
            routes_->set_neighbor(id, Family::ipv4, IpBits::v4(entry.ipv4 + 1 + n), Mac::of(mac(id, n)), 1);
    }
    draw(routes);
}

void Routed::say(const IpPrefix& prefix, RouteKind kind, const RouteHop& hop) {
    const RouteSaid said{prefix, kind, RouteProtocol::bgp, 0, {&hop, 1}};
    if (routes_->set(Owner::configuration, said) != Outcome::done)
        throw StartupError{1, "no room for " + prefix.text() + "; reserve more huge pages or use --no-huge"};
}

void Routed::draw(std::uint64_t routes) {
    std::mt19937_64 random(routes);
    std::unordered_set<std::uint64_t> drawn;
    for (std::uint64_t i = 0; i < std::max<std::uint64_t>(routes, 2);) {
        const unsigned length = length_of(static_cast<unsigned>(random() % 100));
        const auto bits = static_cast<std::uint32_t>(random()) & static_cast<std::uint32_t>(~0ull << (32 - length));
        const std::uint32_t first = bits >> 24;
        if (first == 0 || first == 10 || first == 127 || first >= 224) continue;
        if (!drawn.insert(std::uint64_t{bits} << 8 | length).second) continue;
        const auto vlan = static_cast<VlanId>(1 + i % 2);
        const std::uint32_t hop = 0x0a000002u + static_cast<std::uint32_t>(random() % next_hops) + (vlan << 16);
        say(IpPrefix::of(IpAddress::v4(bits), length), RouteKind::forward, {IpBits::v4(hop).high, 0, vlan, 1, 0});
        prefixes_[vlan - 1].push_back({bits, static_cast<std::uint8_t>(length)});
        ++i;
    }
}

// A longer prefix inside this one may lead to the other side: such an address is drawn again, elsewhere.
std::uint32_t Routed::address(VlanId behind, std::uint64_t random) const {
    const auto& prefixes = prefixes_[behind - 1];
    const RouteParts parts(const_cast<std::byte*>(memory_.bytes()));
    while (true) {
        const Prefix& prefix = prefixes[random % prefixes.size()];
        random = random * 0xd1342543de82ef95 + 1;
        const auto address = prefix.bits | (static_cast<std::uint32_t>(random >> 32) &
                                            ~static_cast<std::uint32_t>(~0ull << (32 - prefix.length)));
        const Leaf leaf = route_to(parts, Family::ipv4, IpBits::v4(address));
        if (leaf.kind() == LeafKind::adjacency && HopWord::of(parts.adjacency(leaf.index()).word).vlan == behind)
            return address;
        random ^= random >> 29;
    }
}

// A /24 within 0.0.0.0/8, where no destination is drawn.
void Routed::churn(const WorkerCounters& worker, unsigned per_second, unsigned core) {
    if (churning_.exchange(true)) return;
    churn_ = std::thread([this, &worker, per_second, core] {
        pin(core);
        constexpr std::uint64_t others = 20'000;
        for (Time due = monotonic_now(); churning_;) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
            const Time now = monotonic_now();
            for (; due < now; due = due + nanoseconds(1'000'000'000 / per_second), ++churned_) {
                const auto bits = static_cast<std::uint32_t>(churned_ % others) << 8;
                const IpPrefix prefix = IpPrefix::of(IpAddress::v4(bits), 24);
                if (churned_ / others % 2 == 0)
                    say(prefix, RouteKind::forward, {IpBits::v4(0x0a010002u).high, 0, 1, 1, 0});
                else
                    routes_->remove(Owner::configuration, prefix);
            }
            const std::uint64_t turns[] = {worker.turns};
            routes_->turn(now, turns, false);
        }
    });
}

void Routed::quiet() {
    churning_ = false;
    if (churn_.joinable()) churn_.join();
}

}  // namespace baton::bench
