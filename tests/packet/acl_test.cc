// SPDX-License-Identifier: Apache-2.0
// Access lists in the whole switch: what is denied ends at its name, what is permitted goes on, both are counted for
// their rule; compiled or looked through, bridged, tagged, fragmented, to the router; and a log rule tells the master.
#include <gtest/gtest.h>

#include "dataplane/table/acl_compiled.h"
#include "tests/packet/test_switch.h"
#include "tests/unit/table/acl_packets.h"

namespace baton::test {
namespace {

constexpr Mac ours = Mac::of(0x020000000001), theirs = Mac::of(0x020000000002);

Frame ethernet(const std::vector<std::uint8_t>& inside, std::optional<Tag> tag = {}, unsigned type = 0x0800) {
    Frame out = frame(theirs, ours, tag, tag ? 18 : 14);
    out[out.size() - 2] = static_cast<std::uint8_t>(type >> 8);
    out[out.size() - 1] = static_cast<std::uint8_t>(type);
    out.insert(out.end(), inside.begin(), inside.end());
    if (out.size() < 60) out.resize(60, 0);
    return out;
}

struct acl : ::testing::Test {
    acl() {
        sw.all_in_one();
        sw.send(2, frame(ours, theirs));  // the way back is known
        sw.settle();
        for (PortId port = 1; port <= 4; ++port) (void)sw.received(port);
    }

    void set(const AclRule& rule) { ASSERT_EQ(sw.command(CommandType::acl_set, rule), Outcome::done); }

    void remove(const AclRule& rule) { ASSERT_EQ(sw.command(CommandType::acl_delete, rule), Outcome::done); }

    bool passes(const Packet& packet, PortId port = 1, std::optional<Tag> tag = {}) {
        return passes(ethernet(packet.bytes(), tag), port);
    }

    bool passes(const Frame& sent, PortId port = 1) {
        sw.send(port, sent);
        sw.settle();
        std::size_t came = 0;
        for (PortId out = 1; out <= 4; ++out) came += sw.received(out).size();
        return came != 0;
    }

    AclCount hits(const AclRule& rule) {
        for (std::uint32_t slot = 0; slot < sw.acl().high; ++slot) {
            AclRule there;
            if (read_rule(sw.acl().slots[slot], there) && there == rule) return hits_of(sw.acl(), slot);
        }
        return {};
    }

    TestSwitch sw;
};

TEST_F(acl, denies_at_the_port_and_by_name_and_counts) {
    AclRule rule = acl_rule("ssh", AclAction::deny, 1);
    rule.protocol = AclProtocol::tcp;
    rule.destination_first = rule.destination_last = 22;
    const Packet ssh{6, ip(10, 0, 0, 1), ip(10, 0, 0, 2), 1000, 22}, web{6, ip(10, 0, 0, 1), ip(10, 0, 0, 2), 1000, 80};
    EXPECT_TRUE(passes(ssh));
    set(rule);
    EXPECT_FALSE(passes(ssh));
    EXPECT_TRUE(passes(web)) << "no rule matches: forwarded";
    EXPECT_EQ(sw.drops(1, Drop::acl_denied), 1u);
    EXPECT_EQ(hits(rule).frames, 1u);
    EXPECT_EQ(hits(rule).bytes, 60u);
    remove(rule);
    EXPECT_TRUE(passes(ssh));
    EXPECT_TRUE(sw.accounts_balance());
}

TEST_F(acl, looks_at_ingress_ports_only) {
    AclRule rule = acl_rule("in1", AclAction::deny, 1);
    rule.ports = {};
    rule.ports.add(1);
    set(rule);
    EXPECT_FALSE(passes(Packet{}, 1));
    EXPECT_TRUE(passes(Packet{}, 3));
}

TEST_F(acl, lets_arp_and_ipv6_and_other_frames_pass) {
    set(acl_rule("all", AclAction::deny, 1));
    EXPECT_FALSE(passes(Packet{}));
    EXPECT_TRUE(passes(ethernet(std::vector<std::uint8_t>(46, 0), {}, 0x0806)));
    EXPECT_TRUE(passes(ethernet(std::vector<std::uint8_t>(46, 0x60), {}, 0x86dd)));
    EXPECT_TRUE(passes(frame(theirs, ours)));
}

TEST_F(acl, sees_through_the_tag) {
    sw.vlan(5, {}, {1, 2});
    sw.send(2, frame(ours, theirs, Tag{5}));
    sw.settle();
    (void)sw.received(1);
    EXPECT_TRUE(passes(Packet{}, 1, Tag{5}));
    set(acl_rule("all", AclAction::deny, 1));
    EXPECT_FALSE(passes(Packet{}, 1, Tag{5}));
    EXPECT_FALSE(passes(Packet{}, 1, Tag{0, 3}));
}

TEST_F(acl, ends_what_cannot_be_ipv4_while_there_are_rules) {
    auto bytes = Packet{}.bytes();
    bytes[0] = 0x43;
    EXPECT_TRUE(passes(ethernet(bytes)));
    set(acl_rule("all", AclAction::permit, 1));
    EXPECT_FALSE(passes(ethernet(bytes)));
    EXPECT_EQ(sw.drops(1, Drop::ip_malformed), 1u);
    EXPECT_TRUE(sw.accounts_balance());
}

TEST_F(acl, permits_what_is_established_and_denies_what_opens_a_connection) {
    AclRule rule = acl_rule("in", AclAction::permit_established, 1);
    rule.protocol = AclProtocol::tcp;
    set(rule);
    Packet packet;
    for (const auto& [flags, pass] : {std::pair{tcp_syn, false},
                                      {tcp_ack, true},
                                      {tcp_rst, true},
                                      {std::uint8_t(tcp_syn | tcp_ack), true},
                                      {std::uint8_t(tcp_syn | tcp_rst), false},
                                      {std::uint8_t{0}, false}}) {
        packet.flags = flags;
        EXPECT_EQ(passes(packet), pass) << unsigned{flags};
    }
    packet.fragment = 10;
    EXPECT_TRUE(passes(packet)) << "the first fragment was judged";
    packet.fragment = 0;
    packet.transport = 8;
    EXPECT_FALSE(passes(packet)) << "its flags are in the next fragment: RFC 1858";
    packet.protocol = 17;
    EXPECT_TRUE(passes(packet)) << "not TCP: no match";
}

TEST_F(acl, matches_later_fragments_by_rules_that_name_no_ports) {
    AclRule port = acl_rule("web", AclAction::permit, 1), rest = acl_rule("rest", AclAction::deny, 2);
    port.protocol = AclProtocol::udp;
    port.destination_first = port.destination_last = 80;
    set(port);
    set(rest);
    Packet packet{17, ip(10, 0, 0, 1), ip(10, 0, 0, 2), 1, 80};
    EXPECT_TRUE(passes(packet));
    packet.fragment = 100;
    EXPECT_FALSE(passes(packet));
    EXPECT_EQ(hits(rest).frames, 1u);
}

TEST_F(acl, agrees_with_the_oracle_for_random_rules_compiled_and_not) {
    AclDice dice(5);
    std::vector<AclRule> said;
    std::size_t denied = 0, passed = 0;
    for (int round = 0; round < 30; ++round) {
        for (int i = 0; i < 12; ++i) {
            if (said.size() > 100) {
                const std::uint32_t at = dice.below(static_cast<std::uint32_t>(said.size()));
                remove(said[at]);
                said.erase(said.begin() + at);
            }
            said.push_back(dice.rule(nth(static_cast<unsigned>(round * 100 + i))));
            set(said.back());
        }
        if (round % 3 == 2) {
            ASSERT_TRUE(sw.access_lists().compile_now());
        }
        std::vector<AclEntry> entries;
        for (std::uint32_t slot = 0; slot < sw.acl().high; ++slot) {
            AclEntry entry{.slot = slot};
            if (read_rule(sw.acl().slots[slot], entry.rule)) entries.push_back(entry);
        }
        for (int i = 0; i < 60; ++i) {
            const Packet packet = dice.packet();
            const auto ingress = static_cast<PortId>(1 + 2 * dice.below(2));
            const AclEntry* best = oracle(entries, packet, ingress);
            const bool is_denied = best && (best->rule.action == AclAction::deny ||
                                            (best->rule.action == AclAction::permit_established &&
                                             !is_established(packet.fragment != 0     ? tcp_ack
                                                             : packet.transport >= 14 ? packet.flags
                                                                                      : std::uint8_t{0})));
            ASSERT_EQ(passes(packet, ingress), !is_denied) << round;
            (is_denied ? denied : passed) += 1;
        }
    }
    EXPECT_GT(denied, 200u);
    EXPECT_GT(passed, 200u);
    EXPECT_TRUE(sw.accounts_balance());
    sw.end_workers();
    EXPECT_EQ(sw.buffers_in_use(), 0u);
}

TEST_F(acl, compiles_ten_thousand_rules_and_finds_the_right_one) {
    for (std::uint32_t n = 0; n < 10'000; ++n) {
        AclRule rule = acl_rule(nth(n), AclAction::deny, n);
        rule.destination = ip(10, 1, 0, 0) + n;
        rule.destination_length = 32;
        ASSERT_EQ(sw.access_lists().set(rule, 1), Outcome::done);
    }
    ASSERT_TRUE(sw.access_lists().compile_now());
    EXPECT_EQ(sw.acl().image_rules, 10'000u);
    EXPECT_FALSE(passes(Packet{6, 0, ip(10, 1, 0, 0) + 9'999}));
    EXPECT_FALSE(passes(Packet{6, 0, ip(10, 1, 0, 0)}));
    EXPECT_TRUE(passes(Packet{6, 0, ip(10, 1, 0, 0) + 10'000}));
}

TEST_F(acl, tells_the_master_of_what_a_log_rule_matched_and_keeps_the_frame_on_its_way) {
    AclRule rule = acl_rule("watch", AclAction::permit, 1);
    rule.flags = acl_log;
    set(rule);
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(passes(Packet{6, ip(10, 0, 0, 1), ip(10, 0, 0, 2), 5, 6}));
    std::uint64_t cursor = 0;
    PuntedFrame told;
    ASSERT_TRUE(read_punt(sw.punts(), 0, cursor, told));
    EXPECT_EQ(told.reason, PuntReason::acl);
    EXPECT_EQ(told.port, 1);
    PuntedRule about;
    ASSERT_GE(told.length, sizeof about + 14);
    std::memcpy(&about, told.bytes, sizeof about);
    EXPECT_EQ(about.denied, 0u);
    AclRule there;
    ASSERT_TRUE(read_rule(sw.acl().slots[about.slot], there));
    EXPECT_TRUE(there == rule);
    EXPECT_EQ(hits(rule).frames, 5u);
    EXPECT_TRUE(sw.accounts_balance()) << "the copy is not a frame of its own";
}

TEST_F(acl, keeps_rules_in_force_through_a_reset_of_layer_3_and_sweeps_what_is_not_said_again) {
    const AclRule wall = acl_rule("wall", AclAction::deny, 1);
    set(wall);
    EXPECT_FALSE(passes(Packet{}));
    EXPECT_EQ(sw.command(CommandType::hardware_reset, HardwareReset{reset_l2 | reset_l3}), Outcome::done);
    EXPECT_FALSE(passes(Packet{}));
    sw.access_lists().set(wall, 0);  // as if an older term had said it last
    EXPECT_EQ(sw.command(CommandType::end_of_table, EndOfTable{}), Outcome::done);
    EXPECT_TRUE(passes(Packet{}));
}

}  // namespace
}  // namespace baton::test
