// SPDX-License-Identifier: Apache-2.0
// The host path: frames that the router's own side sends into VLANs, and what is delivered to it.
#include <gtest/gtest.h>
#include <poll.h>

#include <thread>

#include "tests/packet/test_switch.h"

namespace baton::test {
namespace {

using Ports = std::vector<PortId>;

TEST(Inject, floods_what_is_for_all_to_every_member_in_the_form_it_wants) {
    TestSwitch baton;
    baton.vlan(10, {1, 2}, {3});
    const Frame sent = frame(broadcast, host(99));
    ASSERT_TRUE(baton.host().inject(10, sent));
    baton.settle();
    EXPECT_EQ(baton.received(1), std::vector<Frame>{sent});
    EXPECT_EQ(baton.received(2), std::vector<Frame>{sent});
    EXPECT_EQ(baton.received(3), std::vector<Frame>{retagged(sent, Tag{10, 0})});
    EXPECT_TRUE(baton.received(4).empty());
    EXPECT_EQ(baton.total(&WorkerCounters::born), 1u);
    EXPECT_TRUE(baton.accounts_balance());
    EXPECT_EQ(baton.buffers_in_use(), 0u);
}

TEST(Inject, sends_to_the_port_where_an_address_was_learned_and_learns_nothing_itself) {
    TestSwitch baton;
    baton.all_in_one();
    baton.send(3, frame(broadcast, host(3)));
    baton.settle();
    for (const PortId port : {1, 2, 4}) baton.received(port);
    const Frame sent = frame(host(3), host(99));
    ASSERT_TRUE(baton.host().inject(1, sent));
    EXPECT_EQ(baton.where(sent), Ports{3});
    EXPECT_EQ(baton.lookup(host(99), 1), fdb_dest_none);
}

TEST(Inject, pads_short_frames_and_refuses_what_is_none) {
    TestSwitch baton;
    baton.all_in_one();
    Frame arp = frame(broadcast, host(99), {}, 42);
    ASSERT_TRUE(baton.host().inject(1, arp));
    arp.resize(60, 0);
    EXPECT_EQ(baton.where(arp), (Ports{1, 2, 3, 4}));
    EXPECT_FALSE(baton.host().inject(1, frame(broadcast, host(99), {}, 13)));
    EXPECT_FALSE(baton.host().inject(1, Frame(16 * 1024 + 1)));
}

TEST(Inject, names_what_has_no_vlan_or_is_too_long) {
    TestSwitch baton({.slots = 64, .slot_size = 9728});
    baton.vlan(10, {1});
    for (const VlanId none : {0, 11, 4096, 65535}) ASSERT_TRUE(baton.host().inject(none, frame(broadcast, host(99))));
    ASSERT_TRUE(baton.host().inject(10, frame(broadcast, host(99), {}, 9217)));
    ASSERT_TRUE(baton.host().inject(10, frame(broadcast, host(99), {}, 16 * 1024)));
    baton.settle();
    EXPECT_EQ(baton.drops(no_port, Drop::vlan_unknown), 4u);
    EXPECT_EQ(baton.drops(1, Drop::egress_oversize), 1u);
    EXPECT_EQ(baton.drops(no_port, Drop::oversize), 1u);
    EXPECT_TRUE(baton.received(1).empty());
    EXPECT_TRUE(baton.accounts_balance());
    EXPECT_EQ(baton.buffers_in_use(), 0u);
}

TEST(Inject, keeps_order_and_refuses_when_the_ring_is_full) {
    TestSwitch baton({.ports = 1, .slots = 4096, .mbufs = 8191});
    baton.all_in_one();
    unsigned sent = 0;
    for (;; ++sent) {
        Frame bytes = frame(broadcast, host(99), {}, 700);
        bytes[20] = static_cast<std::uint8_t>(sent >> 8);
        bytes[21] = static_cast<std::uint8_t>(sent);
        if (!baton.host().inject(1, bytes)) break;
    }
    EXPECT_GT(sent, 1000u);
    baton.settle();
    const auto frames = baton.received(1);
    ASSERT_EQ(frames.size(), sent);
    for (unsigned n = 0; n < sent; ++n) ASSERT_EQ(frames[n][20] << 8 | frames[n][21], static_cast<int>(n));
    ASSERT_TRUE(baton.host().inject(1, frame(broadcast, host(99))));
    EXPECT_TRUE(baton.accounts_balance());
    EXPECT_EQ(baton.buffers_in_use(), 0u);
}

TEST(Inject, reaches_the_ports_of_every_worker_and_module) {
    TestSwitch baton({.ports = 4, .workers = 2, .modules = 2});
    baton.all_in_one();
    const Frame sent = frame(broadcast, host(99));
    ASSERT_TRUE(baton.host().inject(1, sent));
    EXPECT_EQ(baton.where(sent), (Ports{1, 2, 3, 4}));
}

/// An mbuf with these bytes.
rte_mbuf* made(TestSwitch& baton, const Frame& bytes) {
    rte_mbuf* frame = rte_pktmbuf_alloc(rte_mempool_lookup(baton.pool_name()));
    std::copy(bytes.begin(), bytes.end(),
              reinterpret_cast<std::uint8_t*>(rte_pktmbuf_append(frame, static_cast<std::uint16_t>(bytes.size()))));
    return frame;
}

TEST(Deliver, gives_whole_frames_without_their_tag_in_order) {
    TestSwitch baton;
    const Frame plain = frame(host(99), host(1), {}, 77);
    for (const auto& tag : {std::optional<Tag>{}, std::optional<Tag>{Tag{10, 3}}, std::optional<Tag>{Tag{0, 5}}}) {
        rte_mbuf* frame = made(baton, retagged(plain, tag));
        EXPECT_TRUE(baton.host().deliver(0, frame, 10));
        rte_pktmbuf_free(frame);
    }
    unsigned frames = 0;
    while (baton.host().take([&](VlanId vlan, std::span<const std::uint8_t> bytes) {
        EXPECT_EQ(vlan, 10);
        EXPECT_EQ(Frame(bytes.begin(), bytes.end()), plain);
    }))
        ++frames;
    EXPECT_EQ(frames, 3u);
    EXPECT_EQ(baton.buffers_in_use(), 0u);
}

TEST(Deliver, wakes_who_sleeps_and_nobody_else) {
    TestSwitch baton;
    const auto woken = [&](int wait_ms) {
        pollfd one{baton.host().wake_fd(), POLLIN, 0};
        return ::poll(&one, 1, wait_ms) == 1;
    };
    rte_mbuf* frame = made(baton, test::frame(host(99), host(1)));
    EXPECT_TRUE(baton.host().deliver(0, frame, 10));
    EXPECT_FALSE(woken(0)) << "nobody said that he sleeps";
    EXPECT_FALSE(baton.host().may_sleep()) << "something is there";
    EXPECT_TRUE(baton.host().take([](VlanId, std::span<const std::uint8_t>) {}));
    EXPECT_TRUE(baton.host().may_sleep());
    std::thread worker([&] { EXPECT_TRUE(baton.host().deliver(0, frame, 10)); });
    EXPECT_TRUE(woken(20000));
    worker.join();
    baton.host().awake();
    EXPECT_FALSE(woken(0));
    rte_pktmbuf_free(frame);
}

TEST(Deliver, says_when_nobody_reads) {
    TestSwitch baton;
    rte_mbuf* frame = made(baton, test::frame(host(99), host(1), {}, 1500));
    unsigned taken = 0;
    while (baton.host().deliver(0, frame, 10)) ASSERT_LT(++taken, 10000u);
    EXPECT_GT(taken, 500u);
    EXPECT_TRUE(baton.host().take([](VlanId, std::span<const std::uint8_t>) {}));
    EXPECT_TRUE(baton.host().deliver(0, frame, 10));
    rte_pktmbuf_free(frame);
}

}  // namespace
}  // namespace baton::test
