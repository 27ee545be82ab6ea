// SPDX-License-Identifier: Apache-2.0
// Routes and neighbours, one rule at a time: whose route counts, what a neighbour's coming and going costs, what a flow
// is given of several next hops, what ages, what is swept, and what no memory leaves behind.
#include "tests/unit/table/routes_rig.h"

namespace baton::test {
namespace {

using Rig = RoutesRig<CountedRouteStores>;

struct routes : ::testing::Test {
    routes() { CountedRouteStores::steps_left = ~0ull; }

    ~routes() override { CountedRouteStores::cut = 0; }

    Outcome via(Owner owner, const IpPrefix& prefix, std::initializer_list<unsigned> gateways) {
        std::vector<RouteHop> hops;
        for (const unsigned last : gateways) hops.push_back(hop(10, v4(10, 0, 0, last)));
        return keeper.set(owner, {prefix, RouteKind::forward, RouteProtocol::ospf, 0, hops});
    }

    static Mac mac(unsigned last) { return Mac::of(0x020000000000 + last); }

    void neighbor(unsigned last) {
        ASSERT_EQ(keeper.set_neighbor(10, Family::ipv4, v4(10, 0, 0, last), mac(last), 1), Outcome::done);
    }

    void lose(unsigned last) { keeper.delete_neighbor(10, Family::ipv4, v4(10, 0, 0, last)); }

    HopWord word_to(const IpBits& address, std::uint32_t flow = 0) {
        const std::uint32_t index = rig.routes().choose(rig.lookup(Family::ipv4, address), flow, up.data());
        return index == max_adjacencies ? HopWord{} : HopWord::of(rig.routes().adjacency(index).word.load());
    }

    bool is_host(unsigned last) { return rig.walk().lookup(Family::ipv4, v4(10, 0, 0, last)).depth() == 32; }

    void pass(std::int64_t n, bool aging = true) {
        for (now = now + seconds(n); keeper.turn(now, {}, aging);) {
        }
        for (int i = 0; i < 4; ++i) keeper.turn(now = now + milliseconds(20), {}, aging);
    }

    Rig rig;
    Rig::Maintenance keeper = rig.open();
    Time now{1};
    std::vector<std::uint64_t> up = std::vector<std::uint64_t>(64, ~0ull);
    const IpPrefix far = net(v4(20, 1, 0, 0), 16);
    const IpBits there = v4(20, 1, 2, 3);
};

TEST_F(routes, configuration_stands_before_routing_and_that_before_arp) {
    for (const unsigned last : {1u, 2u, 3u}) neighbor(last);
    ASSERT_EQ(via(Owner::routing, host_prefix(Family::ipv4, v4(10, 0, 0, 3)), {2}), Outcome::done);
    EXPECT_EQ(word_to(v4(10, 0, 0, 3)).mac, mac(2).value());
    ASSERT_EQ(via(Owner::configuration, host_prefix(Family::ipv4, v4(10, 0, 0, 3)), {1}), Outcome::done);
    EXPECT_EQ(word_to(v4(10, 0, 0, 3)).mac, mac(1).value());
    ASSERT_EQ(via(Owner::routing, host_prefix(Family::ipv4, v4(10, 0, 0, 3)), {2, 1}), Outcome::done);
    EXPECT_EQ(word_to(v4(10, 0, 0, 3)).mac, mac(1).value()) << "what stands behind may change unseen";
    keeper.remove(Owner::configuration, host_prefix(Family::ipv4, v4(10, 0, 0, 3)));
    EXPECT_EQ(rig.ends(rig.lookup(Family::ipv4, v4(10, 0, 0, 3))).size(), 2u);
    keeper.remove(Owner::routing, host_prefix(Family::ipv4, v4(10, 0, 0, 3)));
    EXPECT_EQ(word_to(v4(10, 0, 0, 3)).mac, mac(3).value());
}

TEST_F(routes, a_next_hop_that_fails_behind_ten_thousand_prefixes_is_one_store) {
    std::uint64_t costs[2];
    neighbor(1);
    for (unsigned n = 0; n < 10'000; ++n) {
        ASSERT_EQ(via(Owner::routing, net(v4(20, n >> 8, n & 0xff, 0), 24), {1}), Outcome::done);
        if (n != 9 && n != 9'999) continue;
        CountedRouteStores::count = 0;
        CountedRouteStores::cut = 2;
        static Rig* looked;
        static HopWord seen;
        looked = &rig;
        CountedRouteStores::at = [] {
            const Leaf leaf = looked->lookup(Family::ipv4, v4(20, 0, 3, 1));
            seen = HopWord::of(looked->routes().adjacency(leaf.index()).word.load());
        };
        lose(1);
        CountedRouteStores::cut = 0;
        costs[n != 9] = CountedRouteStores::count;
        EXPECT_EQ(seen.hop, Hop::unresolved) << "after the first store";
        neighbor(1);
        EXPECT_EQ(word_to(v4(20, 0, 3, 1)).mac, mac(1).value());
    }
    EXPECT_EQ(costs[0], costs[1]);
    EXPECT_LT(costs[1], 12u) << "the word, when, and the host route's end";
}

TEST_F(routes, flows_of_a_lost_member_are_shared_and_no_other_flow_moves) {
    for (const unsigned last : {1u, 2u, 3u, 4u}) neighbor(last);
    ASSERT_EQ(via(Owner::routing, far, {4, 2, 1, 3, 2}), Outcome::done);
    std::map<std::uint64_t, int> shares, without;
    std::mt19937 random(3);
    std::vector<std::uint32_t> flows(4000);
    std::vector<std::uint64_t> before;
    for (auto& flow : flows) {
        flow = static_cast<std::uint32_t>(random());
        before.push_back(word_to(there, flow).mac);
        ++shares[before.back()];
    }
    ASSERT_EQ(shares.size(), 4u);
    for (const auto& [mac, count] : shares) EXPECT_NEAR(count, 1000, 150);
    lose(3);
    for (std::size_t i = 0; i < flows.size(); ++i) {
        const std::uint64_t is = word_to(there, flows[i]).mac;
        if (before[i] != mac(3).value())
            ASSERT_EQ(is, before[i]);
        else
            ++without[is];
    }
    ASSERT_EQ(without.size(), 3u);
    for (const auto& [mac, count] : without) EXPECT_NEAR(count, 333, 100);
    up.assign(64, 0);
    EXPECT_EQ(word_to(there, 0).vlan, 10) << "with no VLAN up there is still an answer";
}

TEST_F(routes, unresolved_next_hops_are_asked_for_one_flow_each) {
    ASSERT_EQ(via(Owner::routing, far, {1, 2}), Outcome::done);
    EXPECT_EQ(word_to(there).hop, Hop::unresolved);
    std::map<std::uint32_t, int> asked;
    for (std::uint32_t flow = 0; flow < 64; ++flow)
        ++asked[rig.routes().choose(rig.lookup(Family::ipv4, there), flow << 26, up.data())];
    EXPECT_EQ(asked.size(), 2u);
    neighbor(2);
    for (std::uint32_t flow = 0; flow < 64; ++flow) EXPECT_EQ(word_to(there, flow << 26).mac, mac(2).value());
}

TEST_F(routes, the_same_next_hops_in_another_order_are_the_same_group) {
    ASSERT_EQ(via(Owner::routing, far, {1, 2, 3}), Outcome::done);
    ASSERT_EQ(via(Owner::routing, net(v4(20, 2, 0, 0), 16), {3, 1, 2, 1}), Outcome::done);
    EXPECT_EQ(rig.lookup(Family::ipv4, there), rig.lookup(Family::ipv4, v4(20, 2, 0, 1)));
    EXPECT_EQ(rig.control().groups, 1u);
    ASSERT_EQ(via(Owner::routing, net(v4(20, 3, 0, 0), 16), {2, 2}), Outcome::done);
    EXPECT_EQ(rig.lookup(Family::ipv4, v4(20, 3, 0, 1)).kind(), LeafKind::adjacency) << "one next hop is no group";
}

TEST_F(routes, a_neighbour_is_a_next_hop_and_a_host_until_it_is_deleted) {
    const std::uint64_t generation = rig.control().generation;
    neighbor(7);
    keeper.turn(now, {}, true);
    EXPECT_GT(rig.control().generation, generation) << "packets may wait for it";
    EXPECT_TRUE(is_host(7));
    EXPECT_EQ(word_to(v4(10, 0, 0, 7)).mac, mac(7).value());
    lose(7);
    EXPECT_FALSE(is_host(7));
    pass(1);
    EXPECT_EQ(rig.walk().adjacency(0), std::nullopt) << "nothing leads to it, and nobody knows it";
    lose(7);
    EXPECT_EQ(rig.control().routes[static_cast<std::size_t>(Owner::arp)], 0u);
}

TEST_F(routes, a_host_that_moves_to_another_vlan_is_found_there) {
    neighbor(7);
    ASSERT_EQ(keeper.set_neighbor(11, Family::ipv4, v4(10, 0, 0, 7), mac(8), 1), Outcome::done);
    EXPECT_EQ(word_to(v4(10, 0, 0, 7)).vlan, 11);
    lose(7);
    EXPECT_EQ(word_to(v4(10, 0, 0, 7)).vlan, 11) << "the host route is no longer the old one's";
    keeper.delete_neighbor(11, Family::ipv4, v4(10, 0, 0, 7));
    EXPECT_EQ(rig.lookup(Family::ipv4, v4(10, 0, 0, 7)).word, 0u);
}

TEST_F(routes, a_link_local_neighbour_is_a_next_hop_and_no_destination) {
    const IpBits local{0xfe80ull << 48, 1};
    for (const VlanId vlan : {10, 11})
        ASSERT_EQ(keeper.set_neighbor(vlan, Family::ipv6, local, mac(vlan), 1), Outcome::done);
    EXPECT_EQ(rig.lookup(Family::ipv6, local).word, 0u);
    const std::vector<RouteHop> hops{hop(11, local)};
    const IpPrefix prefix = IpPrefix::of({Family::ipv6, {0x20010db8ull << 32, 0}}, 32);
    ASSERT_EQ(keeper.set(Owner::routing, {prefix, RouteKind::forward, RouteProtocol::bgp, 0, hops}), Outcome::done);
    const Ends ends = rig.to(Family::ipv6, {0x20010db8ull << 32, 9});
    EXPECT_EQ(ends, (Ends{{Hop::neighbor, 11, local}}));
}

TEST_F(routes, hosts_that_no_packet_takes_age_and_their_neighbours_stay) {
    keeper.set_aging(60);
    neighbor(1);
    neighbor(2);
    pass(40);
    Leaf leaf = rig.lookup(Family::ipv4, v4(10, 0, 0, 2));
    rig.routes().adjacency(leaf.index()).used = rig.control().second.load();
    pass(30);
    EXPECT_FALSE(is_host(1));
    EXPECT_TRUE(is_host(2)) << "used 30 s ago";
    pass(100, false);
    EXPECT_TRUE(is_host(2)) << "nobody holds the baton who could say it again";
    pass(1);
    EXPECT_FALSE(is_host(2));
    int known = 0;
    rig.walk().next_adjacencies(100, [&](const AdjacencyEntry& entry) { known += entry.hop == Hop::neighbor; });
    EXPECT_EQ(known, 2);
    neighbor(1);
    EXPECT_TRUE(is_host(1)) << "said again";
    pass(50);
    EXPECT_TRUE(is_host(1)) << "a new life";
}

TEST_F(routes, a_flush_takes_a_host_a_vlans_or_all_and_no_neighbour) {
    for (const unsigned last : {1u, 2u, 3u}) neighbor(last);
    ASSERT_EQ(keeper.set_neighbor(11, Family::ipv4, v4(10, 0, 0, 9), mac(9), 1), Outcome::done);
    ASSERT_EQ(via(Owner::routing, far, {2}), Outcome::done);
    keeper.flush_hosts(10, Family::ipv4, v4(10, 0, 0, 1));
    EXPECT_FALSE(is_host(1));
    EXPECT_TRUE(is_host(2));
    keeper.flush_hosts(10, Family::ipv4, {});
    neighbor(3);  // said behind the flush
    pass(1);
    EXPECT_FALSE(is_host(2));
    EXPECT_TRUE(is_host(3));
    EXPECT_TRUE(is_host(9));
    EXPECT_EQ(word_to(there).mac, mac(2).value()) << "as a next hop it is used all the while";
    keeper.flush_hosts(0, Family::ipv6, {});
    pass(1);
    EXPECT_TRUE(is_host(9));
    keeper.flush_hosts(0, Family::ipv4, {});
    pass(1);
    EXPECT_FALSE(is_host(9));
}

TEST_F(routes, a_sweep_takes_what_was_not_said_since_the_mark_of_that_owner_alone) {
    for (unsigned n = 0; n < 100; ++n) {
        ASSERT_EQ(via(Owner::routing, net(v4(20, n, 0, 0), 16), {1}), Outcome::done);
        ASSERT_EQ(via(Owner::configuration, net(v4(20, n, 0, 0), 16), {2}), Outcome::done);
    }
    keeper.mark(Owner::routing);
    keeper.mark(Owner::routing);
    for (unsigned n = 0; n < 30; ++n) ASSERT_EQ(via(Owner::routing, net(v4(20, n, 0, 0), 16), {1}), Outcome::done);
    RouteSweep sweep = keeper.begin_sweep(Owner::routing, 0);
    keeper.mark(Owner::routing);  // the next round has begun: what was said in this one stays
    while (!keeper.sweep(sweep)) {
    }
    EXPECT_EQ(sweep.gone, 70u);
    EXPECT_EQ(keeper.routes(Owner::routing), 30u);
    EXPECT_EQ(keeper.routes(Owner::configuration), 100u);
    sweep = keeper.begin_sweep(Owner::arp, 2);
    neighbor(1);
    ASSERT_EQ(keeper.set_neighbor(10, Family::ipv4, v4(10, 0, 0, 2), mac(2), 2), Outcome::done);
    while (!keeper.sweep(sweep)) {
    }
    EXPECT_FALSE(is_host(1)) << "an older term's";
    EXPECT_TRUE(is_host(2));
}

TEST_F(routes, a_vlan_that_is_lost_makes_its_neighbours_unusable_at_once) {
    neighbor(1);
    ASSERT_EQ(via(Owner::routing, far, {1}), Outcome::done);
    ASSERT_EQ(keeper.set_neighbor(11, Family::ipv4, v4(10, 0, 0, 9), mac(9), 1), Outcome::done);
    keeper.vlan_lost(10);
    EXPECT_EQ(word_to(there).hop, Hop::unresolved);
    pass(1);
    EXPECT_FALSE(is_host(1));
    EXPECT_TRUE(is_host(9));
    EXPECT_EQ(keeper.routes(Owner::routing), 1u);
}

TEST_F(routes, forgetting_all_leaves_the_configuration) {
    neighbor(1);
    ASSERT_EQ(via(Owner::routing, far, {1}), Outcome::done);
    ASSERT_EQ(via(Owner::configuration, net({}, 0), {1}), Outcome::done);
    keeper.forget_all();
    EXPECT_EQ(word_to(there).hop, Hop::unresolved);
    ASSERT_EQ(via(Owner::routing, net(v4(20, 9, 0, 0), 16), {1}), Outcome::done);  // said behind it
    pass(1);
    EXPECT_EQ(keeper.routes(Owner::routing), 1u);
    EXPECT_EQ(keeper.routes(Owner::configuration), 1u);
    EXPECT_EQ(keeper.routes(Owner::arp), 0u);
}

TEST_F(routes, without_memory_a_change_is_refused_and_leaves_nothing_behind) {
    neighbor(1);
    ASSERT_EQ(via(Owner::routing, far, {1}), Outcome::done);
    CountedRouteStores::steps_left = 0;
    const auto snapshot = [&] {
        return std::tuple(keeper.nodes_in_use(), keeper.blocks_in_use(), keeper.routes(Owner::routing),
                          keeper.routes(Owner::arp));
    };
    // What is allocated is used up first: 8 blocks, 2,048 nodes, 29,127 records in a step.
    unsigned blocks = 1;
    for (; blocks < 20 && via(Owner::routing, net(v4(20 + blocks, 0, 0, 0), 16), {1}) == Outcome::done; ++blocks) {
    }
    EXPECT_EQ(blocks, 7u) << "beside the blocks of 10/8 and 20/8";
    unsigned nodes = 0;
    for (; nodes < 3000; ++nodes)
        if (via(Owner::routing, net(v4(20, 2, nodes >> 8, nodes & 0xff), 32), {1}) != Outcome::done ||
            via(Owner::routing, net(v4(20, 3 + (nodes >> 8), nodes & 0xff, 0), 32), {1}) != Outcome::done)
            break;
    EXPECT_LT(nodes, 3000u);
    const auto before = snapshot();
    const std::uint32_t refused = rig.control().refused;
    EXPECT_EQ(via(Owner::routing, net(v4(99, 1, 1, 0), 24), {1, 9}), Outcome::table_full);
    EXPECT_EQ(via(Owner::routing, net(v4(20, 200, 1, 1), 32), {8}), Outcome::table_full);
    EXPECT_EQ(keeper.set_neighbor(10, Family::ipv4, v4(20, 200, 1, 1), mac(5), 1), Outcome::table_full);
    EXPECT_EQ(rig.control().refused, refused + 3);
    EXPECT_EQ(snapshot(), before);
    EXPECT_EQ(rig.lookup(Family::ipv4, v4(99, 1, 1, 1)).word, 0u);
    EXPECT_EQ(word_to(there).mac, mac(1).value());
    ASSERT_EQ(via(Owner::routing, far, {1, 2}), Outcome::done) << "what needs no memory goes on";
    pass(1);
    int hops = 0;
    rig.walk().next_adjacencies(100, [&](const AdjacencyEntry& entry) { hops += entry.address != IpBits{}; });
    EXPECT_EQ(hops, 2) << "next hops of refused routes are gone";
    CountedRouteStores::steps_left = ~0ull;
    EXPECT_EQ(via(Owner::routing, net(v4(99, 1, 1, 0), 24), {1, 9}), Outcome::done);
    EXPECT_EQ(word_to(v4(99, 1, 1, 1)).mac, mac(1).value());
}

TEST_F(routes, says_full_when_there_are_no_more_groups_and_gives_them_back) {
    std::uint32_t said = 0;
    for (unsigned a = 1; a <= 255 && said < max_route_groups; ++a)
        for (unsigned b = a + 1; b <= 255 && said < max_route_groups; ++b, ++said)
            ASSERT_EQ(via(Owner::routing, net(v4(40, a, b, 0), 24), {a, b}), Outcome::done) << said;
    EXPECT_EQ(via(Owner::routing, net(v4(41, 0, 0, 0), 24), {1, 2, 3}), Outcome::table_full);
    EXPECT_EQ(rig.lookup(Family::ipv4, v4(41, 0, 0, 0)).word, 0u);
    keeper.remove(Owner::routing, net(v4(40, 1, 2, 0), 24));
    pass(1);
    EXPECT_EQ(via(Owner::routing, net(v4(41, 0, 0, 0), 24), {1, 2, 3}), Outcome::done);
}

TEST_F(routes, a_new_process_goes_on_where_the_last_one_stopped) {
    pass(100);
    neighbor(1);
    ASSERT_EQ(via(Owner::routing, far, {1, 2}), Outcome::done);
    keeper.mark(Owner::routing);
    keeper = rig.open(now = now + seconds(1000));
    EXPECT_EQ(rig.control().second, 100u) << "the clock of ages stood still";
    EXPECT_EQ(rig.ends(rig.lookup(Family::ipv4, there)).size(), 2u);
    RouteSweep sweep = keeper.begin_sweep(Owner::routing, 0);
    while (!keeper.sweep(sweep)) {
    }
    EXPECT_EQ(sweep.gone, 1u) << "it was not said since the mark";
    lose(1);
    pass(1);
    EXPECT_EQ(keeper.nodes_in_use(), 0u);
    rig.walk().next_adjacencies(100, [&](const AdjacencyEntry&) { ADD_FAILURE() << "an adjacency is left"; });
}

TEST_F(routes, a_damaged_arena_is_refused_with_a_sentence) {
    ASSERT_EQ(via(Owner::routing, far, {1}), Outcome::done);
    RouteParts(rig.bytes()).block(1)[7] = Leaf::of(LeafKind::node, 5, 0).word;
    const auto opened = Rig::Maintenance::open(rig.fd(), rig.bytes(), now);
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().what.find("damaged"), std::string::npos);
}

}  // namespace
}  // namespace baton::test
