// SPDX-License-Identifier: Apache-2.0
// Every way a tag can come in and go out (the table in dataplane/worker/retag.h), and who belongs to which VLAN.
#include <gtest/gtest.h>

#include "tests/packet/test_switch.h"

namespace baton::test {
namespace {

using Ports = std::vector<PortId>;

/// VLAN 10: port 1 and 2 untagged, 3 and 4 tagged. VLAN 20: 4 tagged, 5 untagged.
class Tagging : public testing::Test {
  protected:
    Tagging() : baton({.ports = 5}) {
        baton.vlan(10, {1, 2}, {3, 4});
        baton.vlan(20, {5}, {4});
        baton.port(1, 10);
        baton.port(2, 10);
        baton.port(5, 20);
    }

    void TearDown() override {
        EXPECT_TRUE(baton.accounts_balance());
        EXPECT_EQ(baton.buffers_in_use(), 0u);
    }

    /// What comes out of each port, each frame once; empty where nothing does.
    std::vector<Frame> outputs() {
        baton.settle();
        std::vector<Frame> out;
        for (PortId id = 1; id <= 5; ++id) {
            auto frames = baton.received(id);
            EXPECT_LE(frames.size(), 1u) << "port " << id;
            out.push_back(frames.empty() ? Frame{} : frames[0]);
        }
        return out;
    }

    TestSwitch baton;
};

TEST_F(Tagging, floods_an_untagged_frame_untagged_and_tagged) {
    const Frame sent = frame(broadcast, host(1));
    baton.send(1, sent);
    const Frame tagged = retagged(sent, Tag{10, 0});
    EXPECT_EQ(outputs(), (std::vector<Frame>{{}, sent, tagged, tagged, {}}));
}

TEST_F(Tagging, floods_a_tagged_frame_in_its_vlan_with_its_priority) {
    const Frame sent = frame(broadcast, host(1), Tag{10, 5});
    baton.send(3, sent);
    const Frame plain = retagged(sent, {});
    EXPECT_EQ(outputs(), (std::vector<Frame>{plain, plain, {}, sent, {}}));
}

TEST_F(Tagging, takes_a_priority_tag_for_the_port_vlan_and_keeps_its_priority) {
    const Frame sent = frame(broadcast, host(1), Tag{0, 6});
    baton.send(1, sent);
    const Frame tagged = retagged(sent, Tag{10, 6}), plain = retagged(sent, {});
    EXPECT_EQ(outputs(), (std::vector<Frame>{{}, plain, tagged, tagged, {}}));
}

TEST_F(Tagging, takes_the_tag_of_its_own_vlan_on_an_untagged_port) {
    const Frame sent = frame(broadcast, host(1), Tag{10, 3});
    baton.send(1, sent);
    EXPECT_EQ(outputs(), (std::vector<Frame>{{}, retagged(sent, {}), sent, sent, {}}));
}

TEST_F(Tagging, sends_known_unicast_in_each_form) {
    for (const PortId port : {1, 2}) baton.send(port, frame(broadcast, host(port)));
    for (const PortId port : {3, 4}) baton.send(port, frame(broadcast, host(port), Tag{10, 0}));
    baton.settle();
    for (PortId id = 1; id <= 5; ++id) baton.received(id);

    struct Case {
        PortId from, to;
        std::optional<Tag> in, out;
    };

    const Case cases[] = {
        {1, 2, {}, {}},
        {1, 3, {}, Tag{10, 0}},
        {1, 2, Tag{0, 7}, {}},
        {1, 3, Tag{0, 7}, Tag{10, 7}},
        {1, 3, Tag{10, 2}, Tag{10, 2}},
        {3, 1, Tag{10, 4}, {}},
        {3, 4, Tag{10, 1}, Tag{10, 1}},
        {1, 2, Tag{10, 1}, {}},
    };
    for (const Case& c : cases) {
        const Frame sent = frame(host(c.to), host(c.from), c.in, 128);
        baton.send(c.from, sent);
        std::vector<Frame> expected(5);
        expected[c.to - 1] = retagged(sent, c.out);
        EXPECT_EQ(outputs(), expected) << c.from << " to " << c.to;
    }
}

TEST_F(Tagging, pads_to_60_bytes_when_a_tag_goes) {
    const Frame sent = frame(broadcast, host(1), Tag{10, 0}, 60);
    baton.send(3, sent);
    const Frame plain = outputs()[0];
    EXPECT_EQ(plain, retagged(sent, {}));
    EXPECT_EQ(plain.size(), 60u);
    EXPECT_EQ(Frame(plain.end() - 4, plain.end()), Frame(4, 0));
}

TEST_F(Tagging, looks_at_the_outer_tag_only) {
    Frame inner = frame(broadcast, host(1), Tag{20, 0}, 100);
    Frame sent(inner.begin(), inner.begin() + 12);
    for (const int byte : {0x81, 0x00, 0x00, 0x0a}) sent.push_back(static_cast<std::uint8_t>(byte));
    sent.insert(sent.end(), inner.begin() + 12, inner.end());
    baton.send(3, sent);
    EXPECT_EQ(outputs(), (std::vector<Frame>{inner, inner, {}, sent, {}}));
}

TEST_F(Tagging, does_not_leak_between_vlans) {
    baton.send(5, frame(broadcast, host(5)));
    const auto out = outputs();
    EXPECT_EQ(out[3], retagged(frame(broadcast, host(5)), Tag{20, 0}));
    for (const PortId port : {1, 2, 3}) EXPECT_TRUE(out[port - 1].empty()) << port;
    // Known in VLAN 20, unknown in VLAN 10: the same address there is another one.
    baton.send(1, frame(host(5), host(1)));
    EXPECT_TRUE(outputs()[4].empty());
}

TEST_F(Tagging, refuses_what_does_not_belong) {
    baton.send(1, frame(broadcast, host(1), Tag{20, 0}));  // exists, not a member
    baton.send(1, frame(broadcast, host(1), Tag{30, 0}));  // does not exist
    baton.send(3, frame(broadcast, host(1)));              // untagged, in no VLAN untagged
    baton.send(3, frame(broadcast, host(1), Tag{0, 7}));   // priority-tagged, likewise
    baton.send(3, frame(broadcast, host(1), Tag{4095, 0}));
    EXPECT_EQ(outputs(), std::vector<Frame>(5));
    EXPECT_EQ(baton.drops(1, Drop::not_member), 1u);
    EXPECT_EQ(baton.drops(1, Drop::vlan_unknown), 1u);
    EXPECT_EQ(baton.drops(3, Drop::no_port_vlan), 2u);
    EXPECT_EQ(baton.drops(3, Drop::broken_tag), 1u);
    EXPECT_EQ(baton.total(&WorkerCounters::learned), 0u) << "nothing is learnt from a frame that may not enter";
}

TEST_F(Tagging, keeps_an_internal_vlan_number_off_the_wire) {
    VlanSet body{4094, 0, 0, {}, {}};  // a VLAN without a tag
    body.member.add(1);
    body.member.add(2);
    body.untagged = body.member;
    ASSERT_EQ(baton.command(CommandType::vlan_set, body), Outcome::done);
    baton.send(1, frame(broadcast, host(1), Tag{4094, 0}));
    EXPECT_EQ(outputs(), std::vector<Frame>(5));
    EXPECT_EQ(baton.drops(1, Drop::vlan_unknown), 1u);
    baton.port(1, 4094);
    baton.send(1, frame(broadcast, host(1)));
    EXPECT_EQ(outputs()[1], frame(broadcast, host(1)));
    body.untagged.remove(2);
    EXPECT_EQ(baton.command(CommandType::vlan_set, body), Outcome::bad_argument);
}

TEST_F(Tagging, counts_by_vlan) {
    baton.send(1, frame(broadcast, host(1), {}, 100));
    outputs();
    const Traffic& vlan = baton.tables().workers[0].vlan[10];
    EXPECT_EQ(vlan.rx_frames, 1u);
    EXPECT_EQ(vlan.rx_bytes, 100u);
    EXPECT_EQ(vlan.tx_frames, 3u);
    EXPECT_EQ(vlan.tx_bytes, 100u + 104u + 104u);
}

}  // namespace
}  // namespace baton::test
