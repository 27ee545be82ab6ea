// SPDX-License-Identifier: Apache-2.0
// The applier's layer 3 commands without EAL: what each does, what each refuses, what a new master sweeps, what a
// restart keeps. The tables' own rules are tests/unit/table/routes_test.cc.
#include <gtest/gtest.h>

#include <memory>
#include <optional>

#include "dataplane/applier/applier.h"
#include "dataplane/numbering.h"
#include "dataplane/table/routes.h"
#include "sync/channel/command_ring.h"
#include "sync/channel/routes_walk.h"
#include "tests/support/arena.h"
#include "tests/support/puppet.h"

namespace baton::test {
namespace {

IpBits ip(std::string_view text) {
    return IpAddress::parse(text)->bits;
}

RouteHop hop(VlanId vlan, std::string_view address = {}) {
    const IpBits bits = address.empty() ? IpBits{} : ip(address);
    return {bits.high, bits.low, vlan, 1, 0};
}

RouteSet route(std::string_view prefix, RouteKind kind, std::initializer_list<RouteHop> hops) {
    const IpPrefix to = *IpPrefix::parse(prefix);
    RouteSet body{};
    body.high = to.bits.high, body.low = to.bits.low;
    body.family = to.family, body.length = to.length;
    body.kind = kind;
    body.protocol = RouteProtocol::fixed;
    body.hop_count = static_cast<std::uint8_t>(hops.size());
    std::copy(hops.begin(), hops.end(), body.hops);
    return body;
}

NeighborSet neighbor(VlanId vlan, std::string_view address, std::uint64_t mac) {
    const IpAddress at = *IpAddress::parse(address);
    return {at.bits.high, at.bits.low, mac, vlan, at.family, {}};
}

InterfaceSet interface(VlanId vlan, std::string_view v4, std::string_view v6 = "::") {
    return {vlan, interface_up | interface_forwards_v4, 1500, 0, ip(v4).v4(), 0, ip(v6).high, ip(v6).low};
}

class RoutingTest : public testing::Test {
  protected:
    RoutingTest() {
        fdb.emplace(std::move(*FdbMaintenance::open(fdb_fd.get(), fdb_arena.bytes(), fdb_min_bits, 99, now)));
        const auto ids = dataplane::number_ports(tables, *fdb, {{1, 1}});
        dataplane::publish_port(tables, ids[0], {{1, 1}, "wire", "", 1518, {}, 0});
        start();
        grant(1);
        for (const VlanId id : {10, 20}) EXPECT_EQ(say(CommandType::vlan_set, vlan(id)), Outcome::done);
        EXPECT_EQ(say(CommandType::interface_set, interface(10, "10.0.0.1")), Outcome::done);
    }

    void start() {
        applier.reset();
        routes.emplace(std::move(*RoutesMaintenance::open(routes_fd.get(), routes_arena.bytes(), now)));
        ApplierRounds::Setup setup;
        setup.baton = &baton;
        setup.commands = &commands;
        setup.tables = &tables;
        setup.fdb = &*fdb;
        setup.routes = &*routes;
        setup.send_frame = [this](VlanId id, std::span<const std::uint8_t> frame) {
            sent.emplace_back(id, std::vector<std::uint8_t>(frame.begin(), frame.end()));
            return sent.size() < 3;
        };
        setup.ports.push_back({1, &puppet});
        setup.wake_boards = [] {};
        applier = std::make_unique<ApplierRounds>(std::move(setup), now);
    }

    void grant(Term term) {
        CommandRing& ring = commands.rings[term % ring_count];
        ring.term = 0;
        ring.written = 0;
        ring.term = term;
        baton.grant = GrantWord{term, Slot::msm_a}.word();
        master.emplace(commands, tables.applier, term);
    }

    void turn() {
        now = now + milliseconds(21);
        for (int i = 0; i < 1000 && applier->turn(now); ++i) {
        }
    }

    template <class Body>
    Outcome say(CommandType type, const Body& body, Owner owner = Owner::configuration) {
        const auto sequence = master->push(type, owner, body);
        turn();
        return master->outcome(sequence);
    }

    static VlanSet vlan(VlanId id) {
        VlanSet body{id, vlan_has_tag, 0, {}, {}};
        body.member.add(1);
        return body;
    }

    RoutesWalk walk() const { return RoutesWalk(routes_arena.bytes()); }

    Leaf leaf_to(std::string_view address) const {
        const IpAddress to = *IpAddress::parse(address);
        return walk().lookup(to.family, to.bits);
    }

    std::vector<AdjacencyEntry> to(std::string_view address) const {
        std::vector<AdjacencyEntry> hops;
        walk().each_hop(leaf_to(address), [&](const AdjacencyEntry& entry) { hops.push_back(entry); });
        return hops;
    }

    std::size_t routes_known() const {
        std::size_t count = 0;
        auto all = walk();
        all.next(~0u, [&](const RouteEntry&) { ++count; });
        return count;
    }

    Time now{seconds(1000).ns};
    Fd fdb_fd, routes_fd;
    Mapping baton_map = arena<BatonPage>(ArenaKind::baton), commands_map = arena<CommandArena>(ArenaKind::commands),
            tables_map = arena<TablesArena>(ArenaKind::tables),
            fdb_arena = arena<FdbControl>(ArenaKind::fdb, &fdb_fd, fdb_arena_size, 1 << 20),
            routes_arena = arena<RoutesControl>(ArenaKind::routes, &routes_fd, routes_arena_size, routes_touched);
    BatonPage& baton = *baton_map.as<BatonPage>();
    CommandArena& commands = *commands_map.as<CommandArena>();
    TablesArena& tables = *tables_map.as<TablesArena>();
    Puppet puppet{{1, 1}};
    std::vector<std::pair<VlanId, std::vector<std::uint8_t>>> sent;
    std::optional<FdbMaintenance> fdb;
    std::optional<RoutesMaintenance> routes;
    std::unique_ptr<ApplierRounds> applier;
    std::optional<CommandWriter> master;
};

TEST_F(RoutingTest, an_interface_is_what_was_said_last_and_nothing_when_all_is_zero) {
    const VlanEntry& entry = tables.vlans[10];
    EXPECT_EQ(entry.routing, interface_up | interface_forwards_v4);
    EXPECT_EQ(entry.ipv4, ip("10.0.0.1").v4());
    ASSERT_EQ(say(CommandType::interface_set, interface(10, "10.0.0.2", "2001:db8::1")), Outcome::done);
    EXPECT_EQ(entry.ipv4, ip("10.0.0.2").v4());
    EXPECT_EQ(entry.ipv6_high, ip("2001:db8::1").high);
    EXPECT_EQ(entry.ipv6_low, 1u);
    ASSERT_EQ(say(CommandType::interface_set, InterfaceSet{10, 0, 0, 0, 0, 0, 0, 0}), Outcome::done);
    EXPECT_EQ(entry.routing, 0);
    EXPECT_EQ(entry.ipv4, 0u);
    EXPECT_EQ(entry.ipv6_high, 0u);
    EXPECT_EQ(say(CommandType::interface_set, InterfaceSet{30, 0, 0, 0, 0, 0, 0, 0}), Outcome::done)
        << "it is none already";
}

TEST_F(RoutingTest, refuses_every_field_that_is_not_sound_and_leaves_the_tables) {
    const auto bad = [&](CommandType type, const auto& body, Owner owner = Owner::configuration) {
        return say(type, body, owner) == Outcome::bad_argument;
    };
    const auto changed = [](auto body, auto change) {
        change(body);
        return body;
    };
    const InterfaceSet good = interface(20, "10.0.1.1", "2001:db8:1::1");
    const auto set = CommandType::interface_set;
    EXPECT_TRUE(bad(set, changed(good, [](auto& b) { b.vlan = 0; })));
    EXPECT_TRUE(bad(set, changed(good, [](auto& b) { b.vlan = 4095; })));
    EXPECT_TRUE(bad(set, changed(good, [](auto& b) { b.vlan = 30; }))) << "no such VLAN";
    EXPECT_TRUE(bad(set, changed(good, [](auto& b) { b.flags = interface_forwards_v4; }))) << "forwards, but is not up";
    EXPECT_TRUE(bad(set, changed(good, [](auto& b) { b.flags |= 0x8000; })));
    EXPECT_TRUE(bad(set, changed(good, [](auto& b) { b.flags = 0; })));
    EXPECT_TRUE(bad(set, changed(good, [](auto& b) { b.mtu = 67; })));
    EXPECT_TRUE(bad(set, changed(good, [](auto& b) { b.mtu = 1279; }))) << "too small for IPv6";
    EXPECT_TRUE(bad(set, changed(good, [](auto& b) { b.mtu = 9199; })));
    EXPECT_TRUE(bad(set, changed(good, [](auto& b) { b.ipv4 = 0xe0000001; })));
    EXPECT_TRUE(bad(set, changed(good, [](auto& b) { b.ipv4 = 0x7f000001; })));
    EXPECT_TRUE(bad(set, changed(good, [](auto& b) { b.ipv6_high = 0xff02ull << 48; })));
    EXPECT_EQ(tables.vlans[20].routing, 0);

    const RouteSet sound = route("20.0.0.0/8", RouteKind::forward, {hop(10, "10.0.0.2")});
    const auto to = CommandType::route_set;
    EXPECT_TRUE(bad(to, sound, Owner::arp));
    EXPECT_TRUE(bad(to, sound, Owner::none));
    EXPECT_TRUE(bad(to, sound, static_cast<Owner>(9)));
    EXPECT_TRUE(bad(to, changed(sound, [](auto& b) { b.length = 33; })));
    EXPECT_TRUE(bad(to, changed(sound, [](auto& b) { b.length = 5; }))) << "a bit beyond the length";
    EXPECT_TRUE(bad(to, changed(sound, [](auto& b) { b.high |= 1; })));
    EXPECT_TRUE(bad(to, changed(sound, [](auto& b) { b.low = 1; })));
    EXPECT_TRUE(bad(to, changed(sound, [](auto& b) { b.family = static_cast<Family>(2); })));
    EXPECT_TRUE(bad(to, changed(sound, [](auto& b) { b.kind = static_cast<RouteKind>(6); })));
    EXPECT_TRUE(bad(to, changed(sound, [](auto& b) { b.protocol = static_cast<RouteProtocol>(10); })));
    EXPECT_TRUE(bad(to, changed(sound, [](auto& b) { b.hop_count = 0; })));
    EXPECT_TRUE(bad(to, changed(sound, [](auto& b) { b.hop_count = 3; })));
    EXPECT_TRUE(bad(to, changed(sound, [](auto& b) { b.hops[0].vlan = 0; })));
    EXPECT_TRUE(bad(to, changed(sound, [](auto& b) { b.hops[0].vlan = 4095; })));
    EXPECT_TRUE(bad(to, changed(sound, [](auto& b) { b.hops[0].high = 0; })));
    EXPECT_TRUE(bad(to, changed(sound, [](auto& b) { b.hops[0].high |= 1; })));
    EXPECT_TRUE(bad(to, changed(sound, [](auto& b) { b.hops[0].low = 1; })));
    EXPECT_TRUE(bad(to, changed(sound, [](auto& b) { b.hops[0].high = 0xe0000001ull << 32; })));
    EXPECT_TRUE(bad(to, changed(sound, [](auto& b) { b.hops[0].high = 0xffffffffull << 32; })));
    EXPECT_TRUE(bad(to, route("20.0.0.0/8", RouteKind::connected, {})));
    EXPECT_TRUE(bad(to, route("20.0.0.0/8", RouteKind::connected, {hop(0)})));
    EXPECT_TRUE(bad(to, route("20.0.0.0/8", RouteKind::local, {hop(10, "10.0.0.2")})));
    EXPECT_TRUE(bad(to, route("20.0.0.0/8", RouteKind::blackhole, {hop(10), hop(20)})));
    EXPECT_TRUE(bad(to, route("2001:db8::/32", RouteKind::forward, {hop(10, "::")})));
    EXPECT_TRUE(bad(to, route("2001:db8::/32", RouteKind::forward, {hop(10, "ff02::1")})));
    EXPECT_TRUE(bad(CommandType::routes_mark, VlanDelete{}, Owner::arp));

    const NeighborSet known = neighbor(10, "10.0.0.2", 0x020000000002);
    const auto near = CommandType::neighbor_set;
    EXPECT_TRUE(bad(near, changed(known, [](auto& b) { b.vlan = 0; })));
    EXPECT_TRUE(bad(near, changed(known, [](auto& b) { b.vlan = 20; }))) << "no interface there";
    EXPECT_TRUE(bad(near, changed(known, [](auto& b) { b.mac = 0; })));
    EXPECT_TRUE(bad(near, changed(known, [](auto& b) { b.mac = 0x010000000002; })));
    EXPECT_TRUE(bad(near, changed(known, [](auto& b) { b.mac = 1ull << 48 | 2; })));
    EXPECT_TRUE(bad(near, changed(known, [](auto& b) { b.high = 0xffffffffull << 32; })));
    EXPECT_TRUE(bad(near, changed(known, [](auto& b) { b.low = 1; })));
    EXPECT_TRUE(bad(near, changed(known, [](auto& b) { b.family = static_cast<Family>(7); })));
    EXPECT_TRUE(bad(CommandType::neighbor_delete, NeighborDelete{0, 0, 10, Family::ipv4, {}}));
    EXPECT_TRUE(bad(CommandType::ipfdb_flush, IpfdbFlush{0, 0, 4095, Family::ipv4, {}}));
    EXPECT_TRUE(bad(CommandType::ipfdb_flush, IpfdbFlush{ip("10.0.0.2").high, 0, 0, Family::ipv4, {}}))
        << "which VLAN?";

    FrameSend frame{10, 60, 0, {}};
    EXPECT_TRUE(bad(CommandType::frame_send, changed(frame, [](auto& b) { b.vlan = 30; })));
    EXPECT_TRUE(bad(CommandType::frame_send, changed(frame, [](auto& b) { b.length = 13; })));
    EXPECT_TRUE(bad(CommandType::frame_send, changed(frame, [](auto& b) { b.length = 97; })));
    EXPECT_EQ(routes_known(), 0u);
    EXPECT_TRUE(sent.empty());
}

TEST_F(RoutingTest, takes_sixteen_next_hops_in_pieces_and_all_or_none_of_them) {
    RouteHops more{};
    more.hop_count = 4;
    const auto push = [&](unsigned first) {
        for (unsigned i = 0; i < 4; ++i) more.hops[i] = hop(10, "10.0.0." + std::to_string(first + i));
        return say(CommandType::route_hops, more, Owner::routing);
    };
    const auto last = route("20.0.0.0/8", RouteKind::forward, {hop(10, "10.0.0.14"), hop(10, "10.0.0.15")});
    for (const unsigned first : {2u, 6u, 10u}) ASSERT_EQ(push(first), Outcome::done);
    ASSERT_EQ(say(CommandType::route_set, last, Owner::routing), Outcome::done);
    EXPECT_EQ(to("20.1.1.1").size(), 14u);

    for (const unsigned first : {2u, 6u, 10u, 20u}) ASSERT_EQ(push(first), Outcome::done);
    EXPECT_EQ(say(CommandType::route_set, last, Owner::routing), Outcome::bad_argument) << "eighteen";
    EXPECT_EQ(to("20.1.1.1").size(), 14u);
    more.hop_count = 5;
    EXPECT_EQ(say(CommandType::route_hops, more, Owner::routing), Outcome::bad_argument);
    EXPECT_EQ(say(CommandType::route_set, last, Owner::routing), Outcome::bad_argument) << "a part of it was refused";
    more.hop_count = 4;
    ASSERT_EQ(push(30), Outcome::done);
    EXPECT_EQ(say(CommandType::route_set, last), Outcome::bad_argument) << "another owner's next hops";
    ASSERT_EQ(say(CommandType::route_set, last, Owner::routing), Outcome::done);
    EXPECT_EQ(to("20.1.1.1").size(), 2u) << "next hops are for the command behind them only";
}

TEST_F(RoutingTest, next_hops_said_before_a_restart_are_still_known_after_it) {
    RouteHops more{};
    more.hop_count = 1;
    for (unsigned i = 0; i < 2; ++i) {
        more.hops[0] = hop(10, "10.0.0." + std::to_string(2 + i));
        ASSERT_EQ(say(CommandType::route_hops, more, Owner::routing), Outcome::done);
    }
    start();
    const auto last = route("20.0.0.0/8", RouteKind::forward, {hop(10, "10.0.0.4")});
    ASSERT_EQ(say(CommandType::route_set, last, Owner::routing), Outcome::done);
    EXPECT_EQ(to("20.1.1.1").size(), 3u);
    start();
    ASSERT_EQ(say(CommandType::route_set, last, Owner::routing), Outcome::done);
    EXPECT_EQ(to("20.1.1.1").size(), 1u);

    ASSERT_EQ(say(CommandType::route_hops, more, Owner::routing), Outcome::done);
    while (master->push(CommandType::route_set, Owner::routing, last) != 0) {  // over the slot of what was said before
    }
    start();
    const std::uint64_t first = tables.applier.applied + 1;
    turn();
    EXPECT_EQ(master->outcome(first), Outcome::bad_argument) << "it may have lacked next hops";
    EXPECT_EQ(master->outcome(first + 1), Outcome::done);
}

TEST_F(RoutingTest, a_neighbour_resolves_routes_and_a_lost_vlan_makes_them_wait) {
    ASSERT_EQ(say(CommandType::route_set, route("0.0.0.0/0", RouteKind::forward, {hop(10, "10.0.0.2")})),
              Outcome::done);
    EXPECT_EQ(to("8.8.8.8")[0].hop, Hop::unresolved);
    ASSERT_EQ(say(CommandType::neighbor_set, neighbor(10, "10.0.0.2", 0x020000000002), Owner::arp), Outcome::done);
    EXPECT_EQ(to("8.8.8.8")[0].mac.value(), 0x020000000002u);
    EXPECT_EQ(to("10.0.0.2")[0].hop, Hop::neighbor);
    ASSERT_EQ(say(CommandType::vlan_delete, VlanDelete{10}), Outcome::done);
    EXPECT_EQ(to("8.8.8.8")[0].hop, Hop::unresolved);
    EXPECT_EQ(leaf_to("10.0.0.2").depth(), 0u) << "its host route is gone";
    EXPECT_EQ(tables.vlans[10].routing, 0);
}

TEST_F(RoutingTest, a_new_master_keeps_what_it_says_again_of_each_owner) {
    ASSERT_EQ(say(CommandType::interface_set, interface(20, "10.0.1.1")), Outcome::done);
    for (const auto* prefix : {"20.0.0.0/8", "30.0.0.0/8"}) {
        ASSERT_EQ(say(CommandType::route_set, route(prefix, RouteKind::forward, {hop(10, "10.0.0.2")})), Outcome::done);
        ASSERT_EQ(say(CommandType::route_set, route(prefix, RouteKind::reject, {}), Owner::routing), Outcome::done);
    }
    for (const auto* address : {"10.0.0.2", "10.0.0.3"})
        ASSERT_EQ(say(CommandType::neighbor_set, neighbor(10, address, 0x020000000002), Owner::arp), Outcome::done);
    grant(2);
    for (const VlanId id : {10, 20}) ASSERT_EQ(say(CommandType::vlan_set, vlan(id)), Outcome::done);
    ASSERT_EQ(say(CommandType::interface_set, interface(10, "10.0.0.1")), Outcome::done);
    ASSERT_EQ(say(CommandType::route_set, route("20.0.0.0/8", RouteKind::forward, {hop(10, "10.0.0.2")})),
              Outcome::done);
    ASSERT_EQ(say(CommandType::neighbor_set, neighbor(10, "10.0.0.2", 0x020000000002), Owner::arp), Outcome::done);
    EXPECT_EQ(to("30.0.0.1")[0].hop, Hop::neighbor) << "nothing goes before the marker";
    ASSERT_EQ(say(CommandType::end_of_table, EndOfTable{}), Outcome::done);
    turn();
    EXPECT_EQ(to("20.0.0.1")[0].hop, Hop::neighbor);
    EXPECT_EQ(to("30.0.0.1")[0].hop, Hop::reject) << "what routing said lies behind";
    EXPECT_NE(tables.vlans[10].routing, 0);
    EXPECT_EQ(tables.vlans[20].routing, 0) << "its interface was not said again";
    EXPECT_EQ(tables.vlans[20].present, 1);
    EXPECT_FALSE(to("10.0.0.3").empty());
    ASSERT_EQ(say(CommandType::end_of_table, EndOfTable{}, Owner::arp), Outcome::done);
    turn();
    EXPECT_TRUE(to("10.0.0.3").empty());
    EXPECT_EQ(to("10.0.0.2")[0].hop, Hop::neighbor);
    ASSERT_EQ(say(CommandType::end_of_table, EndOfTable{}, Owner::routing), Outcome::done);
    turn();
    EXPECT_EQ(to("30.0.0.1")[0].hop, Hop::reject) << "routing's are not said again, and no mark was made";
    EXPECT_EQ(tables.applier.swept, 3u);
}

TEST_F(RoutingTest, routes_of_protocols_go_when_they_were_not_said_again_behind_a_mark) {
    for (const auto* prefix : {"20.0.0.0/8", "30.0.0.0/8"})
        ASSERT_EQ(say(CommandType::route_set, route(prefix, RouteKind::forward, {hop(10, "10.0.0.2")}), Owner::routing),
                  Outcome::done);
    ASSERT_EQ(say(CommandType::routes_mark, VlanDelete{}, Owner::routing), Outcome::done);
    ASSERT_EQ(
        say(CommandType::route_set, route("20.0.0.0/8", RouteKind::forward, {hop(10, "10.0.0.2")}), Owner::routing),
        Outcome::done);
    EXPECT_EQ(routes_known(), 2u);
    ASSERT_EQ(say(CommandType::end_of_table, EndOfTable{1}, Owner::routing), Outcome::done);
    turn();
    EXPECT_EQ(routes_known(), 1u);
    EXPECT_EQ(tables.applier.swept, 1u);
    ASSERT_EQ(say(CommandType::route_delete, RouteDelete{ip("20.0.0.0").high, 0, Family::ipv4, 8, {}}, Owner::routing),
              Outcome::done);
    EXPECT_EQ(routes_known(), 0u);
}

TEST_F(RoutingTest, a_reset_of_layer_three_keeps_the_configuration_alone) {
    ASSERT_EQ(say(CommandType::route_set, route("20.0.0.0/8", RouteKind::forward, {hop(10, "10.0.0.2")})),
              Outcome::done);
    ASSERT_EQ(
        say(CommandType::route_set, route("30.0.0.0/8", RouteKind::forward, {hop(10, "10.0.0.2")}), Owner::routing),
        Outcome::done);
    ASSERT_EQ(say(CommandType::neighbor_set, neighbor(10, "10.0.0.2", 0x020000000002), Owner::arp), Outcome::done);
    ASSERT_EQ(say(CommandType::hardware_reset, HardwareReset{reset_l2}), Outcome::done);
    EXPECT_EQ(to("20.0.0.1")[0].hop, Hop::neighbor) << "layer 3 was not meant";
    ASSERT_EQ(say(CommandType::hardware_reset, HardwareReset{reset_l3}), Outcome::done);
    turn();
    EXPECT_EQ(to("20.0.0.1")[0].hop, Hop::unresolved);
    EXPECT_EQ(leaf_to("30.0.0.1").word, 0u);
    EXPECT_EQ(leaf_to("10.0.0.2").word, 0u);
    EXPECT_NE(tables.vlans[10].routing, 0);
}

TEST_F(RoutingTest, hosts_age_only_while_somebody_holds_the_baton) {
    ASSERT_EQ(say(CommandType::ipfdb_aging, IpfdbAging{30}), Outcome::done);
    ASSERT_EQ(say(CommandType::neighbor_set, neighbor(10, "10.0.0.2", 0x020000000002), Owner::arp), Outcome::done);
    const std::uint64_t held = baton.grant;
    baton.grant = 0;
    now = now + seconds(100);
    turn();
    EXPECT_NE(leaf_to("10.0.0.2").word, 0u);
    baton.grant = held;
    turn();
    EXPECT_EQ(leaf_to("10.0.0.2").word, 0u);
    EXPECT_EQ(walk().control().ipfdb_aging, 30u);
}

TEST_F(RoutingTest, a_frame_of_a_board_goes_where_it_is_sent_and_a_refused_one_says_so) {
    FrameSend frame{10, 42, 0, {}};
    frame.bytes[41] = 7;
    ASSERT_EQ(say(CommandType::frame_send, frame, Owner::arp), Outcome::done);
    ASSERT_EQ(sent.size(), 1u);
    EXPECT_EQ(sent[0].first, 10);
    EXPECT_EQ(sent[0].second.size(), 42u);
    EXPECT_EQ(sent[0].second[41], 7);
    ASSERT_EQ(say(CommandType::frame_send, frame, Owner::arp), Outcome::done);
    EXPECT_EQ(say(CommandType::frame_send, frame, Owner::arp), Outcome::table_full) << "no buffer";
}

TEST_F(RoutingTest, a_restart_keeps_routes_and_neighbours) {
    ASSERT_EQ(
        say(CommandType::route_set, route("20.0.0.0/8", RouteKind::forward, {hop(10, "10.0.0.2")}), Owner::routing),
        Outcome::done);
    ASSERT_EQ(say(CommandType::neighbor_set, neighbor(10, "10.0.0.2", 0x020000000002), Owner::arp), Outcome::done);
    start();
    turn();
    EXPECT_EQ(to("20.0.0.1")[0].hop, Hop::neighbor);
    EXPECT_EQ(to("10.0.0.2")[0].hop, Hop::neighbor);
    ASSERT_EQ(
        say(CommandType::neighbor_delete, NeighborDelete{ip("10.0.0.2").high, 0, 10, Family::ipv4, {}}, Owner::arp),
        Outcome::done);
    EXPECT_EQ(to("20.0.0.1")[0].hop, Hop::unresolved);
    EXPECT_EQ(leaf_to("10.0.0.2").word, 0u);
}

}  // namespace
}  // namespace baton::test
