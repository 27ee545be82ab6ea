// SPDX-License-Identifier: Apache-2.0
// Random routes of several owners, prefixes of every length, said and deleted, against a map that anybody would
// believe: after every few changes each address leads where the longest prefix's first owner says, in bulk and one by
// one, and the records, the counts and the memory in use are what they should be. Reopening changes nothing.
#include "tests/unit/table/routes_rig.h"

namespace baton::test {
namespace {

using Rig = RoutesRig<RouteStores>;

struct Said {
    RouteKind kind{};
    std::vector<RouteHop> hops;
    std::uint32_t metric = 0;
};

/// Every prefix, and what each owner says of it.
using Oracle = std::map<IpPrefix, std::map<Owner, Said>>;

constexpr Owner order[] = {Owner::configuration, Owner::routing};

Ends ends_of(const Said& said) {
    if (said.kind != RouteKind::forward)
        return {{hop_of(said.kind), said.hops.empty() ? VlanId{0} : said.hops[0].vlan, {}}};
    std::map<End, int> once;
    for (const RouteHop& hop : said.hops) once[{Hop::unresolved, hop.vlan, {hop.high, hop.low}}] = 1;
    Ends out;
    for (const auto& [end, any] : once) out.push_back(end);
    return out;
}

Ends expected(const Oracle& oracle, Family family, const IpBits& address) {
    for (unsigned length = address_bits(family) + 1; length-- > 0;) {
        const auto at = oracle.find(IpPrefix::of({family, address}, length));
        if (at == oracle.end()) continue;
        for (const Owner owner : order)
            if (const auto said = at->second.find(owner); said != at->second.end()) return ends_of(said->second);
    }
    return {};
}

class Walk {
  public:
    Walk(std::uint64_t seed, Family family, unsigned regions) : random_(seed), family_(family) {
        for (unsigned i = 0; i < regions; ++i) bases_.push_back(draw());
    }

    IpBits draw() {
        const IpBits any{random_(), random_()};
        return family_ == Family::ipv4 ? IpBits{any.high & ~0xffffffffull, 0} : any;
    }

    /// Near one of the bases, so that prefixes lie in each other: a base's first bits, then any.
    IpBits address() {
        const unsigned shared = static_cast<unsigned>(random_() % (address_bits(family_) + 1));
        const IpBits base = bases_[random_() % bases_.size()], mask = IpBits{~0ull, ~0ull}.first(shared),
                     other = draw();
        return {(base.high & mask.high) | (other.high & ~mask.high), (base.low & mask.low) | (other.low & ~mask.low)};
    }

    IpPrefix prefix() {
        return IpPrefix::of({family_, address()}, static_cast<unsigned>(random_() % (address_bits(family_) + 1)));
    }

    Said said() {
        Said said;
        said.kind = static_cast<RouteKind>(random_() % 6);
        said.metric = static_cast<std::uint32_t>(random_() % 3);
        const std::size_t count = said.kind == RouteKind::forward ? 1 + random_() % (random_() % 4 == 0 ? 16 : 2) : 1;
        for (std::size_t i = 0; i < count; ++i) {
            const IpBits gateway = family_ == Family::ipv4 ? v4(10, 0, 0, 1 + random_() % 40)
                                                           : IpBits{0x20010db8ull << 32, 1 + random_() % 40};
            said.hops.push_back(
                hop(static_cast<VlanId>(1 + random_() % 5), said.kind == RouteKind::forward ? gateway : IpBits{}));
        }
        return said;
    }

    std::uint64_t random() { return random_(); }

  private:
    std::mt19937_64 random_;
    Family family_;
    std::vector<IpBits> bases_;
};

void check(const Rig& rig, const Oracle& oracle, Walk& walk, Family family) {
    std::vector<IpBits> addresses;
    for (unsigned i = 0; i < routes_batch; ++i) addresses.push_back(walk.address());
    Leaf leaves[routes_batch];
    if (family == Family::ipv4) {
        std::uint32_t v4s[routes_batch];
        for (unsigned i = 0; i < routes_batch; ++i) v4s[i] = addresses[i].v4();
        rig.routes().lookup4(v4s, leaves, routes_batch);
    } else {
        rig.routes().lookup6(addresses.data(), leaves, routes_batch);
    }
    for (unsigned i = 0; i < routes_batch; ++i) {
        ASSERT_EQ(leaves[i], rig.walk().lookup(family, addresses[i]));
        ASSERT_EQ(rig.ends(leaves[i]), expected(oracle, family, addresses[i])) << std::hex << addresses[i].high;
    }
}

void check_records(const Rig& rig, const Oracle& oracle) {
    std::size_t seen = 0;
    std::uint32_t counts[owner_count] = {};
    auto walk = rig.walk();
    while (walk.next(100, [&](const RouteEntry& entry) {
        const auto at = oracle.find(entry.prefix);
        ASSERT_NE(at, oracle.end()) << "a record that nobody said";
        ++seen;
        for (const Owner owner : order) {
            const auto said = at->second.find(owner);
            ASSERT_EQ(static_cast<bool>(entry.of(owner)), said != at->second.end());
            if (said == at->second.end()) continue;
            ASSERT_EQ(rig.ends(entry.of(owner).leaf), ends_of(said->second));
            ASSERT_EQ(entry.of(owner).metric, said->second.metric);
            ++counts[static_cast<std::size_t>(owner)];
        }
    })) {
    }
    ASSERT_EQ(seen, oracle.size());
    for (const Owner owner : order)
        ASSERT_EQ(rig.control().routes[static_cast<std::size_t>(owner)], counts[static_cast<std::size_t>(owner)]);
}

void roam(std::uint64_t seed, Family family, unsigned changes) {
    Rig rig;
    Oracle oracle;
    Walk walk(seed, family, 5);
    std::optional<Rig::Maintenance> routes(rig.open());
    std::vector<IpPrefix> known;
    Time now{1};
    for (unsigned change = 0; change < changes; ++change) {
        const Owner owner = order[walk.random() % 2];
        const bool grow = walk.random() % 1000 < (change % 2000 < 1200 ? 700u : 250u);
        if (grow || known.empty()) {
            const IpPrefix prefix =
                known.empty() || walk.random() % 4 != 0 ? walk.prefix() : known[walk.random() % known.size()];
            const Said said = walk.said();
            ASSERT_EQ(routes->set(owner, {prefix, said.kind, RouteProtocol::other, said.metric, said.hops}),
                      Outcome::done);
            if (!oracle.contains(prefix)) known.push_back(prefix);
            oracle[prefix][owner] = said;
        } else {
            const std::size_t at = walk.random() % known.size();
            const IpPrefix prefix = known[at];
            routes->remove(owner, prefix);
            oracle[prefix].erase(owner);
            if (oracle[prefix].empty()) {
                oracle.erase(prefix);
                known[at] = known.back();
                known.pop_back();
            }
        }
        if (change % 8 == 0) check(rig, oracle, walk, family);
        if (change % 50 == 0) routes->turn(now = now + milliseconds(10), {}, true);
        if (change % 500 == 0) check_records(rig, oracle);
        if (change % 1500 == 749) routes.emplace(rig.open());
        if (testing::Test::HasFatalFailure()) return;
    }
    for (const auto& [prefix, by] : oracle)
        for (const auto& [owner, said] : by) routes->remove(owner, prefix);
    for (int i = 0; i < 5; ++i) routes->turn(now = now + milliseconds(10), {}, true);
    EXPECT_EQ(routes->nodes_in_use(), 0u);
    EXPECT_EQ(routes->blocks_in_use(), 0u);
    EXPECT_TRUE(routes->is_idle());
    oracle.clear();
    check(rig, oracle, walk, family);
    check_records(rig, oracle);
}

TEST(routes_oracle, ipv4_routes_lead_where_the_longest_prefix_says) {
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
        SCOPED_TRACE(seed);
        roam(seed, Family::ipv4, 4000);
        if (testing::Test::HasFatalFailure()) return;
    }
}

TEST(routes_oracle, ipv6_routes_lead_where_the_longest_prefix_says) {
    for (std::uint64_t seed = 11; seed <= 16; ++seed) {
        SCOPED_TRACE(seed);
        roam(seed, Family::ipv6, 4000);
        if (testing::Test::HasFatalFailure()) return;
    }
}

}  // namespace
}  // namespace baton::test
