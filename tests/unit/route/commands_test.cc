// SPDX-License-Identifier: Apache-2.0
// What the data plane is told for one change of zebra's.
#include "controlplane/route/commands.h"

#include <gtest/gtest.h>

#include <memory>

#include "tests/unit/route/netlink.h"

namespace baton::zebra {
namespace {

using test::bits;

struct RouteCommands : ::testing::Test {
    std::unique_ptr<TablesArena> tables = std::make_unique<TablesArena>();
    Interfaces interfaces{*tables};
    std::vector<Command> commands;

    void SetUp() override {
        tables->vlans[10].interface_index.store(5);
        tables->vlans[20].interface_index.store(6);
    }

    Told tell(const test::Route& route) {
        Frame frame;
        EXPECT_EQ(read_frame(test::frame({route}), frame), Fault::none);
        commands.clear();
        return append_commands(frame.changes.at(0), interfaces, commands);
    }
};

TEST_F(RouteCommands, name_the_vlan_behind_the_interface) {
    EXPECT_EQ(tell({}), Told::set);
    ASSERT_EQ(commands.size(), 1u);
    EXPECT_EQ(commands[0].owner, Owner::routing);
    const auto set = commands[0].get<RouteSet>();
    EXPECT_EQ(set.hop_count, 1);
    EXPECT_EQ(set.hops[0].vlan, 10);
    EXPECT_EQ(set.hops[0].high, bits("192.0.2.1").high);
    EXPECT_EQ(set.protocol, RouteProtocol::ospf);
}

TEST_F(RouteCommands, carry_up_to_sixteen_next_hops_the_last_two_with_the_route) {
    test::Route route;
    route.hops.clear();
    for (unsigned i = 1; i <= 16; ++i) route.hops.emplace_back("192.0.2." + std::to_string(i), i % 2 ? 5 : 6);
    EXPECT_EQ(tell(route), Told::set);
    ASSERT_EQ(commands.size(), 5u);
    unsigned next = 1;
    for (std::size_t i = 0; i < 4; ++i) {
        ASSERT_EQ(commands[i].type, CommandType::route_hops);
        const auto hops = commands[i].get<RouteHops>();
        for (unsigned n = 0; n < hops.hop_count; ++n)
            EXPECT_EQ(hops.hops[n].high, bits("192.0.2." + std::to_string(next++)).high);
    }
    const auto set = commands[4].get<RouteSet>();
    EXPECT_EQ(next + set.hop_count, 17u);
}

TEST_F(RouteCommands, leave_out_next_hops_behind_interfaces_that_are_not_batons) {
    test::Route route;
    route.hops = {{"192.0.2.1", 99}, {"192.0.2.2", 6}};
    EXPECT_EQ(tell(route), Told::set);
    EXPECT_EQ(commands.back().get<RouteSet>().hop_count, 1);
    EXPECT_EQ(commands.back().get<RouteSet>().hops[0].vlan, 20);
}

TEST_F(RouteCommands, remove_a_route_that_leads_elsewhere) {
    test::Route route;
    route.hops = {{"192.0.2.1", 99}};
    EXPECT_EQ(tell(route), Told::elsewhere);
    EXPECT_EQ(commands.at(0).type, CommandType::route_delete);
}

TEST_F(RouteCommands, find_an_interface_that_was_numbered_anew) {
    EXPECT_EQ(tell({}), Told::set);
    tables->vlans[10].interface_index.store(0);
    tables->vlans[30].interface_index.store(5);
    interfaces.again();
    EXPECT_EQ(tell({}), Told::set);
    EXPECT_EQ(commands[0].get<RouteSet>().hops[0].vlan, 30);
}

TEST_F(RouteCommands, make_a_route_without_a_next_hop_the_vlans_own) {
    test::Route route;
    route.hops = {{"", 6}};
    EXPECT_EQ(tell(route), Told::set);
    const auto set = commands.at(0).get<RouteSet>();
    EXPECT_EQ(set.kind, RouteKind::connected);
    EXPECT_EQ(set.hops[0].vlan, 20);
}

TEST_F(RouteCommands, remove_by_prefix_alone) {
    EXPECT_EQ(tell(test::removal("10.1.0.0", 16)), Told::removed);
    const auto removed = commands.at(0).get<RouteDelete>();
    EXPECT_EQ(removed.high, bits("10.1.0.0").high);
    EXPECT_EQ(removed.length, 16);
}

}  // namespace
}  // namespace baton::zebra
