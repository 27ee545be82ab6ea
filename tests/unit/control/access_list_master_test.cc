// SPDX-License-Identifier: Apache-2.0
// Access lists on the master: programmed with the transaction, audited, mended; hits that a failover does not touch;
// and the lines about what rules with `log` matched.
#include <gtest/gtest.h>

#include "controlplane/host/acl_log.h"
#include "sync/base/log.h"
#include "tests/unit/control/access_list_changes.h"
#include "tests/unit/control/master_in_memory.h"
#include "tests/unit/table/acl_packets.h"

namespace baton {
namespace {

using namespace test;

SubsystemWord acl_of(const World& world, Slot slot = Slot::msm_a) {
    return subsystem_of(world.pages[index_of(slot)], Subsystem::acl);
}

std::set<std::string> in_force(World& world) {
    std::set<std::string> out;
    for (const AclEntry& entry : world.dataplane.rules().entries()) out.insert(std::string(entry.rule.name_view()));
    return out;
}

struct AccessListMaster : ::testing::Test {
    AccessListMaster() {
        world.dataplane.start(port_list());
        world.take_over(Slot::msm_a);
        world.settle();
        config::AccessList web = access_list("Web", AclAction::permit);
        web.destination = {0x0a000000, 8};
        EXPECT_EQ(world.change({create(web)}), "ok");
        EXPECT_EQ(world.change({create(access_list("rest"))}), "ok");
    }

    World world;
};

TEST_F(AccessListMaster, programs_rules_and_takes_them_away) {
    EXPECT_EQ(in_force(world), (std::set<std::string>{"rest", "web"}));
    EXPECT_EQ(acl_of(world).state, SubsystemState::ready);
    EXPECT_EQ(world.change({delete_access_list("WEB")}), "ok");
    EXPECT_EQ(in_force(world), (std::set<std::string>{"rest"}));
}

TEST_F(AccessListMaster, takes_a_rule_back_that_the_data_plane_has_no_room_for) {
    world.dataplane.refuse = [](const Command& command) {
        return command.type == CommandType::acl_set ? Outcome::table_full : Outcome::done;
    };
    config::AccessList more = access_list("more", AclAction::permit);
    more.source = {0x0b000000, 8};
    const std::string answer = world.change({create(more)});
    EXPECT_NE(answer.find("refused access list more"), std::string::npos) << answer;
    EXPECT_EQ(world.master->running().access_list("more"), nullptr);
}

TEST_F(AccessListMaster, finds_a_rule_that_is_lacking_and_one_too_many_and_mends_both) {
    Time later = monotonic_now();
    for (const bool lacking : {true, false}) {
        auto& rules = world.dataplane.rules();
        if (lacking) {
            const std::uint32_t slot = rules.entries().back().slot;
            rules.leave(slot);
            rules.release(slot);
        } else {
            rules.put(acl_rule("stranger", AclAction::permit, 1), world.term);
        }
        later = later + seconds(6);
        world.master->on_wake(later);
        EXPECT_EQ(acl_of(world).state, SubsystemState::failed);
        EXPECT_EQ(acl_of(world).reason, Reason::tables_differ);
        const auto ready = world.master->slave_ready();
        ASSERT_FALSE(ready);
        EXPECT_NE(ready.error().what.find("acl is failed, reason L2,L3 failed"), std::string::npos)
            << ready.error().what;
        later = later + seconds(11);
        world.master->on_wake(later);
        world.settle();
        EXPECT_EQ(acl_of(world).state, SubsystemState::ready);
        EXPECT_EQ(in_force(world), (std::set<std::string>{"rest", "web"}));
    }
}

TEST_F(AccessListMaster, hands_them_over_with_their_hits) {
    world.start_slave();
    world.settle();
    const std::uint32_t slot = world.dataplane.rules().entries().back().slot;
    world.dataplane.acl().hits[0][slot].frames = 42;
    const std::uint64_t changes = world.dataplane.acl().changes;
    EXPECT_EQ(acl_of(world, Slot::msm_b).state, SubsystemState::ready);
    world.take_over(Slot::msm_b, {.reset_l2 = true, .reset_l3 = true});
    world.settle();
    EXPECT_EQ(in_force(world), (std::set<std::string>{"rest", "web"}));
    EXPECT_EQ(world.dataplane.acl().changes, changes) << "said again, and nothing moved";
    EXPECT_EQ(hits_of(world.dataplane.acl(), slot).frames, 42u);
    EXPECT_EQ(acl_of(world, Slot::msm_b).state, SubsystemState::ready);
}

std::vector<std::uint8_t> framed(const Packet& packet, bool tagged = false) {
    std::vector<std::uint8_t> out(12, 2);
    const std::uint8_t header[] = {0x81, 0, 0, 5, 8, 0};
    for (std::size_t i = tagged ? 0 : 4; i < sizeof header; ++i) out.push_back(header[i]);
    for (const std::uint8_t byte : packet.bytes()) out.push_back(byte);
    return out;
}

TEST(acl_log, describes_packets_by_what_they_hold) {
    Packet packet{6, ip(10, 0, 0, 1), ip(10, 0, 0, 2), 1234, 80};
    EXPECT_EQ(describe_packet(framed(packet)), "tcp 10.0.0.1:1234 to 10.0.0.2:80");
    EXPECT_EQ(describe_packet(framed(packet, true)), "tcp 10.0.0.1:1234 to 10.0.0.2:80");
    packet.options = 3;
    EXPECT_EQ(describe_packet(framed(packet)), "tcp 10.0.0.1:1234 to 10.0.0.2:80");
    packet.protocol = 1;
    packet.destination_port = 0x803;
    EXPECT_EQ(describe_packet(framed(packet)), "icmp type 8 code 3 10.0.0.1 to 10.0.0.2");
    packet.protocol = 17;
    packet.fragment = 5;
    EXPECT_EQ(describe_packet(framed(packet)), "udp 10.0.0.1 to 10.0.0.2, a later fragment");
    packet.protocol = 47;
    packet.fragment = 0;
    EXPECT_EQ(describe_packet(framed(packet)), "protocol 47 10.0.0.1 to 10.0.0.2");
    const auto whole = framed(Packet{});
    for (std::size_t size = 0; size < 34; ++size) EXPECT_EQ(describe_packet({whole.data(), size}), "no IPv4") << size;
}

TEST(acl_log, tells_a_few_a_second_and_how_many_it_did_not) {
    auto arena = std::make_unique<AclArena>();
    AclSlots<> slots(*arena);
    const auto entry = slots.put(acl_rule("web", AclAction::deny, 1), 1);
    std::vector<std::string> lines;
    log::set_tap([&lines](log::Level, std::string_view line) { lines.emplace_back(line); });
    AclLogger logger(*arena);
    PuntedFrame frame{};
    const PuntedRule about{entry->slot, entry->version, 1, 2};
    const auto bytes = framed(Packet{6, ip(10, 0, 0, 1), ip(10, 0, 0, 2), 1234, 80});
    std::memcpy(frame.bytes, &about, sizeof about);
    std::memcpy(frame.bytes + sizeof about, bytes.data(), bytes.size());
    frame.length = static_cast<std::uint16_t>(sizeof about + bytes.size());
    frame.vlan = 7;
    const Time now = monotonic_now();
    for (int i = 0; i < 100; ++i) logger.take(frame, "1:3", now);
    ASSERT_EQ(lines.size(), 10u);
    EXPECT_EQ(lines[0], "access-list=web denied port=1:3 vlan=7 tcp 10.0.0.1:1234 to 10.0.0.2:80 (2 more not told)");
    slots.leave(entry->slot);
    logger.take(frame, "1:3", now + seconds(10));
    log::set_tap(nullptr);
    ASSERT_EQ(lines.size(), 11u);
    EXPECT_TRUE(lines[10].starts_with("access-list=deleted denied")) << lines[10];
    EXPECT_NE(lines[10].find("(272 more not told)"), std::string::npos) << lines[10];
}

}  // namespace
}  // namespace baton
