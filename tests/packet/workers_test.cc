// SPDX-License-Identifier: Apache-2.0
// Two workers: each drives every other port, and frames cross between them by rings. Turned by hand, then as threads.
#include <gtest/gtest.h>

#include <algorithm>

#include "dataplane/worker/thread.h"
#include "tests/packet/test_switch.h"

namespace baton::test {
namespace {

using Ports = std::vector<PortId>;

TEST(Workers, hand_frames_to_the_worker_that_drives_the_port) {
    TestSwitch baton({.ports = 4, .workers = 2});
    baton.all_in_one();
    ASSERT_NE(baton.tables().ports[1].worker, baton.tables().ports[2].worker);
    const Frame flooded = frame(broadcast, host(1));
    baton.send(1, flooded);
    EXPECT_EQ(baton.where(flooded), (Ports{2, 3, 4}));
    const Frame answer = frame(host(1), host(2));
    baton.send(2, answer);
    EXPECT_EQ(baton.where(answer), Ports{1});
    EXPECT_EQ(baton.traffic(1, 0).tx_frames, 1u);
    EXPECT_EQ(baton.traffic(1, 1).tx_frames, 0u) << "only the worker that drives a port sends there";
    EXPECT_TRUE(baton.accounts_balance());
    EXPECT_EQ(baton.buffers_in_use(), 0u);
}

TEST(Workers, flood_both_forms_of_tag_across_workers) {
    TestSwitch baton({.ports = 4, .workers = 2});
    baton.vlan(10, {1, 2}, {3, 4});
    baton.port(1, 10);
    const Frame sent = frame(broadcast, host(1)), tagged = retagged(sent, Tag{10, 0});
    baton.send(1, sent);
    baton.settle();
    EXPECT_EQ(baton.received(2), std::vector<Frame>{sent});
    EXPECT_EQ(baton.received(3), std::vector<Frame>{tagged});
    EXPECT_EQ(baton.received(4), std::vector<Frame>{tagged});
    EXPECT_EQ(baton.buffers_in_use(), 0u);
}

TEST(Workers, count_what_the_ring_between_them_does_not_take) {
    TestSwitch baton({.ports = 2, .workers = 2, .slots = 4096, .mbufs = 8191});
    baton.all_in_one();
    const unsigned sent = handoff_slots + 100;
    for (unsigned i = 0; i < sent; ++i) baton.send(1, frame(broadcast, host(1)));
    for (unsigned i = 0; i < sent; ++i) baton.crew().worker(0).turn();  // the other worker stands still
    EXPECT_EQ(baton.drops(2, Drop::handoff_full), sent - (handoff_slots - 1));
    baton.settle();
    EXPECT_EQ(baton.received(2).size(), handoff_slots - 1);
    EXPECT_TRUE(baton.accounts_balance());
    EXPECT_EQ(baton.buffers_in_use(), 0u);
}

// Threads, both on whatever cores there are: order within a flow, exactly once, nothing lost while rings have room.
TEST(Workers, keep_order_within_a_flow_as_threads) {
    TestSwitch baton({.ports = 2, .workers = 2, .slots = 1024});
    baton.all_in_one();
    baton.send(2, frame(broadcast, host(2)));
    baton.settle();
    baton.received(1);
    constexpr unsigned count = 5000;
    unsigned sent = 0, seen = 0;
    {
        const unsigned core = std::thread::hardware_concurrency() - 1;  // not the one this thread sends from
        WorkerThread first(baton.crew().worker(0), core), second(baton.crew().worker(1), core);
        const Time until = monotonic_now() + seconds(20);
        while (seen < count && monotonic_now() < until) {
            for (unsigned n = 0; n < 64 && sent < count && sent - seen < 512; ++n, ++sent) {
                Frame bytes = frame(host(2), host(1));
                bytes[20] = static_cast<std::uint8_t>(sent >> 8);
                bytes[21] = static_cast<std::uint8_t>(sent);
                baton.send_now(1, bytes);
            }
            for (const Frame& bytes : baton.received(2)) {
                ASSERT_EQ(bytes[20] << 8 | bytes[21], seen & 0xffff);
                ++seen;
            }
            std::this_thread::yield();
        }
    }
    EXPECT_EQ(seen, count);
    EXPECT_TRUE(baton.accounts_balance());
    EXPECT_EQ(baton.buffers_in_use(), 0u);
}

TEST(Workers, count_their_turns) {
    TestSwitch baton;
    const auto before = baton.crew().worker(0).counters().turns.load();
    baton.crew().worker(0).turn();
    EXPECT_EQ(baton.crew().worker(0).counters().turns.load(), before + 1);
    EXPECT_EQ(baton.crew().worker(0).counters().busy_turns.load(), 0u);
}

}  // namespace
}  // namespace baton::test
