// SPDX-License-Identifier: Apache-2.0
// Neighbours on a master: what it journals, what it says to the data plane and in which order, and who goes on after
// it.
#include <gtest/gtest.h>

#include <cstring>

#include "controlplane/arp/arp_frame.h"
#include "controlplane/host/neighbor_config.h"
#include "tests/unit/control/master_in_memory.h"

namespace baton {
namespace {

using namespace test;

const Mac router = Mac::of(0x02ba70000001), host = Mac::of(0x02aa00000009);

IpAddress ip(std::string_view text) {
    return *IpAddress::parse(text);
}

/// A switch with VLAN red, 10.0.0.1/24 and 2001:db8::1/64, all ports untagged in it, links up.
class Routed : public World {
  public:
    Routed() {
        dataplane.start(port_list());
        for (PortEntry& port : dataplane.tables().ports) port.link_up.store(1);
        dataplane.tables().applier.router_mac.store(router.value());
        take_over(Slot::msm_a);
        settle();
        EXPECT_EQ(change({delete_ports("Default", {"1:1", "1:2"}), vlan_create("red"), vlan_tag("red", 10),
                          add_ports("red", {"1:1", "1:2"}, false), address("red", "10.0.0.1/24"),
                          address("red", "2001:db8::1/64")}),
                  "ok");
        let_time_pass();
    }

    /// The announcements of the own addresses are said, both times.
    void let_time_pass() {
        auto& state = follower->replica().databases().neighbors;
        arp::Actions said;
        arp::on_tick(state, monotonic_now() + seconds(3), said);
        arp::on_tick(state, monotonic_now() + seconds(6), said);
        master->write_snapshot("a test has moved the clock");
        dataplane.said.clear();
    }

    void punt(PuntReason reason, std::span<const std::uint8_t> bytes) {
        PuntWriter writer(*this->World::punt, pages[0], pages[1], 0);
        EXPECT_TRUE(writer.push(bytes, 3, 10, reason));
    }

    void resolve(std::string_view address) {
        const IpAddress wanted = ip(address);
        const PuntedAddress body{wanted.bits.high, wanted.bits.low, static_cast<std::uint64_t>(wanted.family)};
        std::uint8_t bytes[sizeof body];
        std::memcpy(bytes, &body, sizeof body);
        punt(PuntReason::resolve, bytes);
    }

    void host_asks(std::string_view address, Mac mac = host) {
        punt(PuntReason::arp, arp::arp_request(mac, ip(address), ip("10.0.0.1"), std::nullopt));
    }

    std::vector<Command> said(CommandType type) const {
        std::vector<Command> out;
        for (const Command& command : dataplane.said)
            if (command.type == type) out.push_back(command);
        return out;
    }

    const arp::Neighbor* known(std::string_view address) const {
        return master->neighbors().neighbors.find({10, ip(address)});
    }

    /// What a board that reads the journal now holds.
    arp::Database journalled() {
        BoardPage page;
        Follower reader(journal.arena(), page);
        reader.drain();
        return reader.replica().databases().neighbors.database;
    }
};

TEST(NeighborConfig, is_what_the_running_configuration_says) {
    Routed world;
    ASSERT_EQ(world.change({neighbor("10.0.0.7", "02:00:00:00:00:07")}), "ok");
    const arp::Config config = neighbor_config(world.master->running(), router);
    ASSERT_EQ(config.vlans.size(), 1u);
    std::vector<std::string> addresses;
    for (const IpInterface& each : config.vlans.at(10)) addresses.push_back(each.text());
    EXPECT_EQ(addresses, (std::vector<std::string>{"10.0.0.1/24", "2001:db8::1/64", "fe80::ba:70ff:fe00:1/64"}));
    EXPECT_EQ(config.permanent.at({10, ip("10.0.0.7")}), Mac::of(0x020000000007));
    EXPECT_EQ(config.settings, arp::Settings{});
    EXPECT_TRUE(neighbor_config(world.master->running(), Mac{}).vlans.empty());
}

TEST(Neighbors, a_packet_that_waits_makes_the_master_ask) {
    Routed world;
    world.resolve("10.0.0.9");
    world.settle();
    const auto sent = world.said(CommandType::frame_send);
    ASSERT_EQ(sent.size(), 1u);
    EXPECT_EQ(sent[0].owner, Owner::arp);
    const auto frame = sent[0].get<FrameSend>();
    EXPECT_EQ(frame.vlan, 10);
    EXPECT_EQ(std::vector<std::uint8_t>(frame.bytes, frame.bytes + frame.length),
              arp::arp_request(router, ip("10.0.0.1"), ip("10.0.0.9"), std::nullopt));
    world.punt(PuntReason::arp, arp::arp_request(host, ip("10.0.0.9"), ip("10.0.0.1"), router));
    world.settle();
    const auto set = world.said(CommandType::neighbor_set);
    ASSERT_EQ(set.size(), 1u);
    const auto neighbor = set[0].get<NeighborSet>();
    EXPECT_EQ(neighbor.vlan, 10);
    EXPECT_EQ(neighbor.mac, host.value());
    EXPECT_EQ(neighbor.family, Family::ipv4);
    EXPECT_EQ(IpBits({neighbor.high, neighbor.low}), ip("10.0.0.9").bits);
}

TEST(Neighbors, an_own_address_is_announced_when_it_is_configured) {
    Routed world;
    ASSERT_EQ(world.change({address("red", "192.0.2.1/24")}), "ok");
    const auto sent = world.said(CommandType::frame_send);
    ASSERT_EQ(sent.size(), 1u);
    const auto frame = sent[0].get<FrameSend>();
    EXPECT_EQ(std::vector<std::uint8_t>(frame.bytes, frame.bytes + frame.length),
              arp::arp_announcement(router, ip("192.0.2.1")));
}

TEST(Neighbors, are_in_the_journal_before_anybody_hears_of_them) {
    Routed world;
    world.host_asks("10.0.0.9");
    world.master->on_wake(monotonic_now());  // the data plane has not moved
    EXPECT_EQ(world.journalled(), world.master->neighbors());
    EXPECT_NE(world.known("10.0.0.9"), nullptr);
    EXPECT_TRUE(world.said(CommandType::neighbor_set).empty());
}

TEST(Neighbors, that_a_master_learned_and_did_not_live_to_say_the_next_one_says) {
    Routed world;
    world.host_asks("10.0.0.9");
    world.master->on_wake(monotonic_now());
    world.take_over(Slot::msm_b);
    world.settle();
    ASSERT_EQ(world.said(CommandType::neighbor_set).size(), 1u);
    EXPECT_TRUE(world.said(CommandType::frame_send).empty()) << "nothing is announced, nobody is asked";
}

TEST(Neighbors, that_were_punted_and_that_no_master_has_seen_the_next_one_learns) {
    Routed world;
    world.host_asks("10.0.0.9");
    world.take_over(Slot::msm_b);
    world.settle();
    EXPECT_NE(world.known("10.0.0.9"), nullptr);
}

TEST(Neighbors, stay_through_a_take_over_untouched_and_end_with_their_marker) {
    Routed world;
    for (int n = 10; n < 60; ++n)
        world.host_asks("10.0.0." + std::to_string(n), Mac::of(0x02aa00000000ull + static_cast<unsigned>(n)));
    world.settle();
    const arp::Database before = world.master->neighbors();
    ASSERT_EQ(before.neighbors.size(), 50u);
    world.dataplane.said.clear();
    world.take_over(Slot::msm_b);
    world.settle();
    EXPECT_EQ(world.master->neighbors(), before);
    EXPECT_EQ(world.said(CommandType::neighbor_set).size(), 50u);
    EXPECT_TRUE(world.said(CommandType::neighbor_delete).empty());
    EXPECT_TRUE(world.said(CommandType::frame_send).empty());
    const auto ends = world.said(CommandType::end_of_table);
    EXPECT_EQ(std::count_if(ends.begin(), ends.end(), [](const Command& end) { return end.owner == Owner::arp; }), 1);
    std::size_t last_set = 0, marker = 0;
    for (std::size_t i = 0; i < world.dataplane.said.size(); ++i) {
        const Command& command = world.dataplane.said[i];
        if (command.type == CommandType::neighbor_set) last_set = i;
        if (command.type == CommandType::end_of_table && command.owner == Owner::arp) marker = i;
    }
    EXPECT_GT(marker, last_set);
}

TEST(Neighbors, are_forgotten_when_layer_3_is_not_preserved_on_both_boards) {
    Routed world;
    world.host_asks("10.0.0.9");
    world.settle();
    world.dataplane.said.clear();
    world.take_over(Slot::msm_b, {.reset_l3 = true});
    world.settle();
    EXPECT_EQ(world.known("10.0.0.9"), nullptr);
    EXPECT_TRUE(world.said(CommandType::neighbor_set).empty());
    EXPECT_EQ(world.said(CommandType::frame_send).size(), 3u) << "the own addresses are announced as new";
    EXPECT_EQ(world.journalled(), world.master->neighbors());
}

TEST(Neighbors, are_said_again_to_a_data_plane_that_starts_anew) {
    Routed world;
    world.host_asks("10.0.0.9");
    world.settle();
    world.dataplane.said.clear();
    world.dataplane.tables().applier.incarnation.fetch_add(1);
    world.settle();
    EXPECT_EQ(world.said(CommandType::neighbor_set).size(), 1u);
}

TEST(Neighbors, go_when_the_last_port_of_their_vlan_goes) {
    Routed world;
    world.host_asks("10.0.0.9");
    world.settle();
    for (PortEntry& port : world.dataplane.tables().ports) port.link_up.store(0);
    world.settle();
    EXPECT_EQ(world.known("10.0.0.9"), nullptr);
    EXPECT_EQ(world.said(CommandType::neighbor_delete).size(), 1u);
    EXPECT_EQ(world.journalled(), world.master->neighbors());
}

TEST(Neighbors, are_cleared_by_address_and_by_vlan) {
    Routed world;
    world.host_asks("10.0.0.8", Mac::of(0x02aa00000008));
    world.host_asks("10.0.0.9");
    world.settle();
    std::size_t cleared = 0;
    const auto take = [&](Result<std::size_t> result) { cleared = result ? *result : 99; };
    world.master->clear_neighbors({Family::ipv4, 0, ip("10.0.0.8")}, take);
    EXPECT_EQ(cleared, 1u);
    world.master->clear_neighbors({Family::ipv6, 10}, take);
    EXPECT_EQ(cleared, 0u);
    world.master->clear_neighbors({Family::ipv4, 10}, take);
    EXPECT_EQ(cleared, 1u);
    world.settle();
    EXPECT_EQ(world.said(CommandType::neighbor_delete).size(), 2u);
    EXPECT_EQ(world.journalled(), world.master->neighbors());
}

TEST(Neighbors, a_slave_holds_what_the_master_does_and_says_that_it_is_ready) {
    Routed world;
    world.start_slave();
    world.host_asks("10.0.0.9");
    world.resolve("10.0.0.77");
    world.resolve("2001:db8::77");
    world.settle();
    EXPECT_EQ(world.slave->replica().databases().neighbors.database, world.master->neighbors());
    EXPECT_EQ(subsystem_of(world.pages[1], Subsystem::arp).state, SubsystemState::ready);
    EXPECT_EQ(subsystem_of(world.pages[0], Subsystem::arp).state, SubsystemState::ready);
}

TEST(Neighbors, of_every_kind_survive_a_snapshot) {
    Routed world;
    ASSERT_EQ(world.change({neighbor("10.0.0.7", "02:00:00:00:00:07")}), "ok");
    world.host_asks("10.0.0.9");
    world.resolve("10.0.0.77");
    world.resolve("2001:db8::77");
    world.settle();
    world.master->write_snapshot("a test asks for one");
    EXPECT_EQ(world.journalled(), world.master->neighbors());
    EXPECT_EQ(world.master->neighbors().neighbors.size(), 4u);
}

TEST(NeighborRecords, that_say_what_cannot_be_are_refused_whole) {
    const auto good = [] {
        standby::Neighbors message;
        auto* neighbor = message.add_neighbors();
        neighbor->set_vlan(10);
        neighbor->set_address(std::string("\x0a\0\0\x09", 4));
        neighbor->set_phase(1 + static_cast<std::uint32_t>(arp::Phase::reachable));
        neighbor->set_mac(host.value());
        return message;
    };
    arp::Database database;
    ASSERT_TRUE(take_neighbors(good(), database));
    const arp::Database before = database;
    const auto refused = [&](auto spoil) {
        standby::Neighbors message = good();
        message.mutable_neighbors(0)->set_address(std::string("\x0a\0\0\x0a", 4));
        message.set_all(true);
        spoil(*message.mutable_neighbors(0));
        return !take_neighbors(message, database) && database == before;
    };
    EXPECT_TRUE(refused([](auto& neighbor) { neighbor.set_vlan(0); }));
    EXPECT_TRUE(refused([](auto& neighbor) { neighbor.set_vlan(4096); }));
    EXPECT_TRUE(refused([](auto& neighbor) { neighbor.set_address("12345"); }));
    EXPECT_TRUE(refused([](auto& neighbor) { neighbor.set_phase(7); }));
    EXPECT_TRUE(refused([](auto& neighbor) { neighbor.set_mac(0); }));
    EXPECT_TRUE(refused([](auto& neighbor) { neighbor.set_mac(1ull << 40); }));
    EXPECT_TRUE(refused([](auto& neighbor) { neighbor.set_mac(1ull << 48); }));
    EXPECT_TRUE(refused([](auto& neighbor) { neighbor.set_port(256); }));
    EXPECT_TRUE(refused([](auto& neighbor) { neighbor.set_phase(1); })) << "incomplete, and yet with a MAC";
}

TEST(NeighborRecords, of_the_largest_tables_fit) {
    arp::Database database;
    arp::Neighbor neighbor;
    neighbor.phase = arp::Phase::probe;
    neighbor.mac = Mac::of(0xfeffffffffff);
    neighbor.tries = 255;
    neighbor.port = 255;
    neighbor.confirmed = neighbor.due = Time{1ll << 60};
    for (std::uint64_t n = 0; n < 1000; ++n) database.neighbors.put({4094, IpAddress::v6(~0ull, ~n)}, neighbor);
    std::size_t size = 0;
    for (const auto& message : neighbors_messages(database, 16 * 1024)) {
        EXPECT_LE(message.ByteSizeLong(), 16u * 1024);
        size += message.ByteSizeLong();
    }
    EXPECT_LE(size, 1000 * neighbor_record_size);
}

TEST(Punts, come_again_when_what_they_led_to_did_not_last) {
    Routed world;
    BoardPage page;
    Surroundings around{Slot::msm_a,
                        *world.baton,
                        page,
                        world.pages[1],
                        world.dataplane.tables(),
                        *world.fdb,
                        *world.World::punt,
                        world.dataplane.routes(),
                        *world.fpm,
                        world.dataplane.acl(),
                        nullptr,
                        nullptr};
    Punts punts(around);
    std::size_t taken = 0;
    punts.hand(PuntReason::arp, [&](const PuntedFrame&) { ++taken; });
    world.host_asks("10.0.0.9");
    world.host_asks("10.0.0.10");
    punts.drain([] { return false; });
    EXPECT_EQ(taken, 2u);
    punts.drain([] { return true; });
    EXPECT_EQ(taken, 4u);
    punts.drain([] { return true; });
    EXPECT_EQ(taken, 4u);
}

TEST(NeighborsHost, a_journal_too_small_for_all_neighbours_is_told_once_by_each_master) {
    Routed world;  // its journal is small
    int told = 0;
    log::set_tap([&told](log::Level, std::string_view line) { told += line.find("can carry") != line.npos; });
    for (const char* name : {"blue", "green", "grey"}) EXPECT_EQ(world.change({vlan_create(name)}), "ok");
    EXPECT_EQ(told, 0) << "the first configuration has said it";
    world.take_over(Slot::msm_b);
    world.settle();
    EXPECT_EQ(world.change({vlan_create("white")}), "ok");
    EXPECT_EQ(told, 1);
    log::set_tap(nullptr);
}

}  // namespace
}  // namespace baton
