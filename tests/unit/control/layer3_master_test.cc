// SPDX-License-Identifier: Apache-2.0
// The master and layer 3's tables: what it says, what it finds when they do not hold it, and what survives it.
#include <gtest/gtest.h>

#include "tests/unit/control/master_in_memory.h"

namespace baton {
namespace {

using namespace test;

class Layer3Tables : public testing::Test {
  protected:
    Layer3Tables() {
        world.dataplane.start(port_list());
        world.take_over(Slot::msm_a);
        world.settle();
        EXPECT_EQ(world.change({vlan_create("red"), address("Default", "10.0.0.1/24"), address("red", "10.0.1.1/24"),
                                forwarding("Default", true), route("172.16.0.0/12", "10.0.1.2")}),
                  "ok");
        expect_programmed();
    }

    SubsystemWord word(Subsystem subsystem) {
        return subsystem_of(world.pages[index_of(world.around->slot)], subsystem);
    }

    void expect_programmed() {
        const Image wanted = image_of(world.master->running(), PortMap::of(world.dataplane.tables()));
        const Image held = world.dataplane.image();
        EXPECT_EQ(held.interfaces, wanted.interfaces);
        EXPECT_EQ(held.routes, wanted.routes);
        EXPECT_EQ(word(Subsystem::l2_hardware).state, SubsystemState::ready);
        EXPECT_EQ(word(Subsystem::l3_hardware).state, SubsystemState::ready);
    }

    /// Layer 3 alone is to blame, and after ten seconds all is well again.
    void expect_found_and_mended() {
        EXPECT_EQ(word(Subsystem::l3_hardware).state, SubsystemState::failed);
        EXPECT_EQ(word(Subsystem::l3_hardware).reason, Reason::tables_differ);
        EXPECT_EQ(word(Subsystem::l2_hardware).state, SubsystemState::ready);
        const auto hitless = world.master->hitless_ready();
        ASSERT_FALSE(hitless);
        EXPECT_NE(hitless.error().what.find("l3 hardware is failed, reason L2,L3 failed"), std::string::npos)
            << hitless.error().what;
        world.dataplane.lie = nullptr;
        world.master->on_wake(monotonic_now() + seconds(11));
        world.settle();
        expect_programmed();
    }

    World world;
};

TEST_F(Layer3Tables, a_data_plane_that_lies_about_a_route_is_found_out) {
    world.dataplane.lie = [](const Command& command) { return command.type == CommandType::route_set; };
    EXPECT_EQ(world.change({route("172.16.0.0/12", "10.0.1.3")}), "ok");
    expect_found_and_mended();
}

TEST_F(Layer3Tables, a_data_plane_that_lies_about_an_interface_is_found_out) {
    world.dataplane.lie = [](const Command& command) { return command.type == CommandType::interface_set; };
    EXPECT_EQ(world.change({forwarding("red", true)}), "ok");
    expect_found_and_mended();
}

TEST_F(Layer3Tables, damaged_memory_is_found_by_the_next_audit) {
    const auto& control = world.dataplane.routes();
    auto* arena = reinterpret_cast<std::byte*>(const_cast<RoutesControl*>(&control));
    RouteParts(arena).record(0).by[0].metric.store(99);  // of whichever route lies there: all are the configuration's
    world.master->on_wake(monotonic_now() + seconds(6));
    world.settle();
    expect_found_and_mended();
}

TEST_F(Layer3Tables, what_a_dead_master_left_behind_goes) {
    Command stray;
    stray.owner = Owner::configuration;
    stray.type = CommandType::route_set;
    RouteSet set{};
    set.high = IpBits::v4(192u << 24).high;
    set.length = 8;
    set.kind = RouteKind::blackhole;
    set.protocol = RouteProtocol::blackhole;
    stray.set(set);
    ASSERT_EQ(world.dataplane.apply(stray), Outcome::done);
    stray.type = CommandType::interface_set;
    stray.set(InterfaceSet{world.master->running().vlan("red")->id, interface_up, 900, 0, 7u << 24, 0, 0, 0});
    ASSERT_EQ(world.dataplane.apply(stray), Outcome::done);
    world.take_over(Slot::msm_b);
    world.settle();
    expect_programmed();
}

TEST_F(Layer3Tables, a_failover_that_forgets_layer_3_keeps_what_is_configured) {
    world.take_over(Slot::msm_b, {.reset_l2 = true, .reset_l3 = true});
    world.settle();
    expect_programmed();
    EXPECT_EQ(world.dataplane.image().routes.count(*IpPrefix::parse("172.16.0.0/12")), 1u);
}

TEST_F(Layer3Tables, a_route_that_the_data_plane_has_no_room_for_is_taken_back) {
    world.dataplane.refuse = [](const Command& command) {
        return command.type == CommandType::route_set ? Outcome::table_full : Outcome::done;
    };
    const auto answer = world.change({route("192.168.0.0/16", "10.0.1.2")});
    EXPECT_NE(answer.find("refused the route to 192.168.0.0/16: its table is full; delete other routes"),
              std::string::npos)
        << answer;
    world.dataplane.refuse = nullptr;
    expect_programmed();
    EXPECT_EQ(world.master->running().static_routes().size(), 1u);
}

TEST_F(Layer3Tables, of_a_data_plane_that_starts_anew_are_made_anew) {
    world.dataplane.start({{1, 1}, {1, 2}});
    world.settle();
    expect_programmed();
}

/// VLAN Default hangs on ports 1:1 and 1:2 here, blue on the others.
class Layer3Links : public Layer3Tables {
  protected:
    Layer3Links() {
        EXPECT_EQ(world.change({vlan_create("blue"), address("blue", "10.0.2.1/24")}), "ok");
        const std::vector<std::string> others{"1:3", "1:4", "2:1", "2:2"};
        EXPECT_EQ(world.change({delete_ports("Default", others), add_ports("blue", others, false)}), "ok");
        EXPECT_EQ(world.change({route("192.168.0.0/16", "10.0.0.2", 1), route("192.168.0.0/16", "10.0.2.2", 5)}), "ok");
        expect_programmed();
    }

    void link(PortName port, bool up) {
        const PortId id = PortMap::of(world.dataplane.tables()).id(port);
        world.dataplane.tables().ports[id].link_up.store(up);
    }

    std::string gateway_of(const char* prefix) {
        const auto routes = world.dataplane.image().routes;
        const auto found = routes.find(*IpPrefix::parse(prefix));
        if (found == routes.end()) return "no route";
        return found->second.hops.empty() ? "nowhere" : IpAddress{Family::ipv4, found->second.hops[0].address}.text();
    }

    bool is_route(const char* prefix) { return world.dataplane.image().routes.contains(*IpPrefix::parse(prefix)); }
};

TEST_F(Layer3Links, a_subnet_is_a_route_until_the_last_port_of_its_vlan_is_down) {
    link({1, 1}, false);
    world.settle();
    EXPECT_TRUE(is_route("10.0.0.0/24"));
    EXPECT_EQ(gateway_of("192.168.0.0/16"), "10.0.0.2");
    link({1, 2}, false);
    world.settle();
    EXPECT_FALSE(is_route("10.0.0.0/24"));
    EXPECT_FALSE(is_route("10.0.0.255/32"));
    EXPECT_TRUE(is_route("10.0.0.1/32")) << "its own address still answers";
    EXPECT_EQ(gateway_of("192.168.0.0/16"), "10.0.2.2") << "the gateway of the next metric takes over";
    EXPECT_TRUE(is_route("10.0.2.0/24"));
    expect_programmed();
    link({1, 1}, true);
    world.settle();
    EXPECT_TRUE(is_route("10.0.0.0/24"));
    EXPECT_EQ(gateway_of("192.168.0.0/16"), "10.0.0.2");
    expect_programmed();
}

TEST_F(Layer3Links, a_vlan_without_ports_keeps_its_subnet) {
    EXPECT_TRUE(is_route("10.0.1.0/24"));
}

TEST_F(Layer3Links, a_link_that_goes_with_its_master_is_seen_by_the_next_one) {
    world.start_slave();
    link({1, 1}, false);
    link({1, 2}, false);
    world.take_over(Slot::msm_b);
    world.settle();
    EXPECT_FALSE(is_route("10.0.0.0/24"));
    expect_programmed();
}

TEST_F(Layer3Links, ports_that_are_disabled_or_leave_take_the_subnet_with_them) {
    ASSERT_EQ(world.change({enable({"1:1", "1:2"}, false)}), "ok");
    EXPECT_FALSE(is_route("10.0.0.0/24"));
    ASSERT_EQ(world.change({enable({"1:2"}, true)}), "ok");
    EXPECT_TRUE(is_route("10.0.0.0/24"));
    link({1, 1}, false);
    ASSERT_EQ(world.change({delete_ports("Default", {"1:2"})}), "ok");
    EXPECT_FALSE(is_route("10.0.0.0/24"));
    expect_programmed();
}

}  // namespace
}  // namespace baton
