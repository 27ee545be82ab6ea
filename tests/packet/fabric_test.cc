// SPDX-License-Identifier: Apache-2.0
// Two modules and the planes between them: on one worker, on two, turned by hand and as threads. Flow n is from host(n)
// behind port 1:1 to host(100 + n) behind port 2:1; flows are known by the plane that they are at home on.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "dataplane/worker/thread.h"
#include "tests/packet/test_switch.h"

namespace baton::test {
namespace {

using Ports = std::vector<PortId>;
constexpr unsigned A = 0, B = 1;
constexpr PortId near_port = 1, same_module = 2, far_port = 3;  // 1:1, 1:2, 2:1
constexpr unsigned far_host = 100;

Frame numbered(unsigned flow, unsigned number) {
    Frame bytes = frame(host(far_host + flow), host(flow));
    bytes[20] = static_cast<std::uint8_t>(number >> 8);
    bytes[21] = static_cast<std::uint8_t>(number);
    bytes[22] = static_cast<std::uint8_t>(flow);
    return bytes;
}

unsigned number_of(const Frame& bytes) {
    return bytes[20] << 8 | bytes[21];
}

/// The n-th flow (from 0) whose home is that plane.
unsigned flow_at(unsigned plane, unsigned n = 0) {
    for (unsigned flow = 1;; ++flow)
        if (plane_of(flow_hash(numbered(flow, 0).data()), all_planes) == plane && n-- == 0) return flow;
}

class Fabric : public ::testing::TestWithParam<unsigned> {
  protected:
    Fabric() : baton({.ports = 4, .workers = GetParam(), .modules = 2}) {}

    void SetUp() override {
        baton.all_in_one();
        for (const unsigned flow : {flow_at(A), flow_at(B), flow_at(A, 1), flow_at(B, 1)}) {
            baton.send(far_port, frame(broadcast, host(far_host + flow)));
            baton.send(near_port, frame(broadcast, host(flow)));
        }
        baton.settle();
        for (PortId port = 1; port <= 4; ++port) baton.received(port);
        for (const unsigned plane : {A, B}) before_[plane] = frames(plane);
    }

    void TearDown() override {
        baton.settle();
        EXPECT_TRUE(baton.accounts_balance());
        EXPECT_EQ(baton.buffers_in_use(), 0u) << "a buffer leaked";
    }

    void send(unsigned flow, unsigned number) { baton.send_now(near_port, numbered(flow, number)); }

    std::uint64_t frames(unsigned plane) const { return baton.crossed(&Crossed::frames, plane, 0, 1); }

    std::uint64_t carried(unsigned plane) const { return frames(plane) - before_[plane]; }

    std::uint64_t lost(unsigned plane) const { return baton.crossed(&Crossed::lost, plane, 0, 1); }

    /// One turn of the worker that polls the module (of both, where there is one worker).
    void turn_near() { baton.crew().worker(0).turn(); }

    void turn_far() { baton.crew().worker(GetParam() - 1).turn(); }

    TestSwitch baton;

  private:
    std::uint64_t before_[2] = {};
};

INSTANTIATE_TEST_SUITE_P(on_workers, Fabric, ::testing::Values(1u, 2u));

TEST_P(Fabric, carries_each_flow_over_its_own_plane) {
    send(flow_at(A), 1);
    EXPECT_EQ(baton.where(numbered(flow_at(A), 1)), Ports{far_port});
    EXPECT_EQ(carried(A), 1u);
    EXPECT_EQ(carried(B), 0u);
    send(flow_at(B), 2);
    EXPECT_EQ(baton.where(numbered(flow_at(B), 2)), Ports{far_port});
    EXPECT_EQ(carried(B), 1u);
    EXPECT_EQ(baton.crossed(&Crossed::frames, A, 1, 0) + baton.crossed(&Crossed::frames, B, 1, 0), 8u)
        << "the far hosts' first words, each to two ports";
    EXPECT_GT(baton.crossed(&Crossed::bytes, A, 0, 1), 64u);
}

TEST_P(Fabric, is_not_used_between_ports_of_one_module) {
    baton.send(same_module, frame(broadcast, host(77)));
    baton.settle();
    for (PortId port = 1; port <= 4; ++port) baton.received(port);
    const auto before = frames(A) + frames(B);
    const Frame inside = frame(host(77), host(flow_at(A)));
    baton.send(near_port, inside);
    EXPECT_EQ(baton.where(inside), Ports{same_module});
    EXPECT_EQ(frames(A) + frames(B), before);
}

TEST_P(Fabric, carries_a_flood_to_every_port_of_the_other_module) {
    const Frame flooded = frame(broadcast, host(flow_at(A)));
    baton.send(near_port, flooded);
    EXPECT_EQ(baton.where(flooded), (Ports{2, 3, 4}));
}

TEST_P(Fabric, loses_what_a_gone_plane_was_to_carry_until_it_is_reprogrammed) {
    baton.plane(Slot::msm_a, PlaneState::absent);
    send(flow_at(A), 1);
    send(flow_at(B), 2);
    EXPECT_EQ(baton.where(numbered(flow_at(B), 2)), Ports{far_port}) << "the flow over the other plane";
    EXPECT_EQ(lost(A), 1u);
    EXPECT_EQ(lost(B), 0u);
    EXPECT_EQ(baton.drops(far_port, Drop::fabric_lost), 1u);
    EXPECT_TRUE(baton.accounts_balance());
    baton.planes(1 << B);
    send(flow_at(A), 3);
    EXPECT_EQ(baton.where(numbered(flow_at(A), 3)), Ports{far_port});
    EXPECT_EQ(lost(A), 1u);
    EXPECT_EQ(carried(B), 2u);
}

TEST_P(Fabric, loses_what_lay_in_a_plane_that_went) {
    for (unsigned i = 0; i < 10; ++i) send(i % 2 ? flow_at(B) : flow_at(A), i);
    turn_near();
    baton.plane(Slot::msm_a, PlaneState::absent);
    baton.settle();
    EXPECT_EQ(lost(A), 5u);
    EXPECT_EQ(baton.drops(far_port, Drop::fabric_lost), 5u);
    EXPECT_EQ(baton.received(far_port).size(), 5u);
    EXPECT_EQ(carried(A), 0u);
    EXPECT_EQ(carried(B), 5u);
}

TEST_P(Fabric, uses_a_plane_that_came_back_once_it_is_told_to) {
    baton.plane(Slot::msm_a, PlaneState::absent);
    baton.planes(1 << B);
    baton.plane(Slot::msm_a, PlaneState::working);
    send(flow_at(A), 1);
    baton.settle();
    EXPECT_EQ(carried(A), 0u);
    baton.planes(all_planes);
    send(flow_at(A), 2);
    baton.settle();
    EXPECT_EQ(carried(A), 1u);
    EXPECT_EQ(baton.received(far_port).size(), 2u);
    EXPECT_EQ(lost(A) + lost(B), 0u);
}

// The trap: the flow's older frames wait in plane B's ring while newer ones lie in plane A's, which is looked at first.
TEST_P(Fabric, keeps_a_flows_order_when_it_moves_back_to_its_plane) {
    baton.planes(1 << B);
    const unsigned flow = flow_at(A);
    send(flow, 0);
    send(flow, 1);
    turn_near();  // both lie in B's ring
    baton.planes(all_planes);
    if (GetParam() == 1) {
        // the only worker takes B's at the beginning of the turn in which it fills A's: nothing can be out of order
        send(flow, 2);
        baton.settle();
    } else {
        send(flow, 2);
        turn_near();  // and this one in A's
        turn_far();
    }
    baton.settle();
    const auto came = baton.received(far_port);
    ASSERT_EQ(came.size(), 3u);
    for (unsigned i = 0; i < 3; ++i) EXPECT_EQ(number_of(came[i]), i);
}

TEST_P(Fabric, keeps_a_flows_order_over_many_changes_at_once) {
    const unsigned flow = flow_at(A), other = flow_at(B);
    unsigned number = 0;
    for (const std::uint32_t usable : {1u, 2u, 3u, 2u, 1u, 3u, 2u, 3u}) {
        baton.planes(usable);
        for (int i = 0; i < 3; ++i) {
            send(flow, number);
            send(other, number++);
        }
        turn_near();
    }
    baton.settle();
    unsigned next[2] = {};
    for (const Frame& bytes : baton.received(far_port)) {
        unsigned& expected = next[bytes[22] == flow ? 0 : 1];
        EXPECT_EQ(number_of(bytes), expected++);
    }
    EXPECT_EQ(next[0], number);
    EXPECT_EQ(next[1], number);
}

TEST_P(Fabric, refuses_to_be_programmed_to_no_plane_or_one_that_cannot_be) {
    EXPECT_EQ(baton.command(CommandType::fabric_set, FabricSet{0}), Outcome::bad_argument);
    EXPECT_EQ(baton.command(CommandType::fabric_set, FabricSet{4}), Outcome::bad_argument);
    EXPECT_EQ(baton.tables().fabric.usable, all_planes);
    const auto changes = baton.tables().fabric.changes.load();
    baton.planes(1 << B);
    baton.planes(1 << B);
    EXPECT_EQ(baton.tables().fabric.changes, changes + 1) << "saying it again changes nothing";
}

TEST_P(Fabric, loses_everything_between_modules_when_no_plane_is_left_and_nothing_inside_them) {
    baton.plane(Slot::msm_a, PlaneState::absent);
    baton.plane(Slot::msm_b, PlaneState::absent);
    const Frame flooded = frame(broadcast, host(flow_at(A)));
    baton.send(near_port, flooded);
    EXPECT_EQ(baton.where(flooded), Ports{same_module});
    EXPECT_EQ(lost(A) + lost(B), 2u);
}

TEST(FabricOnOneWorker, takes_more_in_one_turn_than_a_ring_holds) {
    TestSwitch baton({.ports = 80, .workers = 1, .modules = 2, .slots = 128, .mbufs = 16383});
    baton.all_in_one();
    for (PortId port = 1; port <= 40; ++port)  // one burst of each floods 64 x 40 copies into one crossing
        for (unsigned i = 0; i < 64; ++i) baton.send_now(port, frame(broadcast, host(port)));
    baton.settle();
    EXPECT_EQ(baton.total(&WorkerCounters::flood_copies), 40u * 64 * 78);
    std::uint64_t full = 0;
    for (PortId port = 1; port <= 80; ++port) full += baton.drops(port, Drop::fabric_full);
    EXPECT_EQ(full, 0u) << "the only worker made no room for itself";
    EXPECT_TRUE(baton.accounts_balance());
    EXPECT_EQ(baton.buffers_in_use(), 0u);
}

TEST(FabricOnTwoWorkers, counts_what_a_planes_ring_does_not_take) {
    TestSwitch baton({.ports = 2, .workers = 2, .modules = 2, .slots = 4096, .mbufs = 8191});
    baton.all_in_one();
    const unsigned sent = plane_slots + 100;
    for (unsigned i = 0; i < sent; ++i) baton.send(1, numbered(flow_at(A), i));
    for (unsigned i = 0; i < sent; ++i) baton.crew().worker(0).turn();  // the other worker stands still
    EXPECT_EQ(baton.drops(2, Drop::fabric_full), 100u);
    EXPECT_EQ(baton.crossed(&Crossed::full, A, 0, 1), 100u);
    baton.settle();
    EXPECT_EQ(baton.received(2).size(), plane_slots);
    EXPECT_EQ(baton.crossed(&Crossed::frames, A, 0, 1), plane_slots);
    EXPECT_EQ(baton.crossed(&Crossed::most_waiting, A, 0, 1), plane_slots);
    EXPECT_TRUE(baton.accounts_balance());
    EXPECT_EQ(baton.buffers_in_use(), 0u);
}

TEST(FabricOnTwoWorkers, gives_back_what_lies_in_the_planes_at_the_end) {
    TestSwitch baton({.ports = 2, .workers = 2, .modules = 2});
    baton.all_in_one();
    for (unsigned i = 0; i < 50; ++i) baton.send(1, numbered(i % 2 ? flow_at(A) : flow_at(B), i));
    baton.crew().worker(0).turn();
    EXPECT_EQ(baton.buffers_in_use(), 50u);
    baton.end_workers();
    EXPECT_EQ(baton.buffers_in_use(), 0u);
}

TEST(FabricHash, spreads_flows_and_keeps_those_at_home_whose_plane_remains) {
    std::mt19937_64 random(1);
    unsigned at_a = 0;
    for (unsigned i = 0; i < 10'000; ++i) {
        const Frame neighbours = frame(host(i), host(i + 1));  // as numbers in a row, the worst that is common
        at_a += plane_of(flow_hash(neighbours.data()), all_planes) == A;
        const auto hash = static_cast<std::uint32_t>(random());
        const unsigned home = plane_of(hash, all_planes);
        EXPECT_EQ(plane_of(hash, 1u << home), home);
        EXPECT_EQ(plane_of(hash, 1u << (1 - home)), 1 - home);
    }
    EXPECT_NEAR(at_a, 5'000, 250);
}

// Threads, planes that come and go, and a master that reprograms: nothing twice, nothing out of order, every frame
// either out or counted as lost, and none lost but while a plane was gone.
TEST(FabricOnTwoWorkers, keeps_order_as_threads_while_planes_change) {
    TestSwitch baton({.ports = 2, .workers = 2, .modules = 2, .slots = 1024});
    baton.all_in_one();
    constexpr unsigned flows = 8, count = 4000;
    for (unsigned flow = 1; flow <= flows; ++flow) {
        baton.send(2, frame(broadcast, host(far_host + flow)));
        baton.send(1, frame(broadcast, host(flow)));
    }
    baton.settle();
    baton.received(1);
    baton.received(2);
    unsigned sent = 0, came = 0;
    std::vector<int> last(flows + 1, -1);
    const auto lost = [&] { return baton.crossed(&Crossed::lost, A, 0, 1) + baton.crossed(&Crossed::lost, B, 0, 1); };
    std::uint64_t lost_before = 0;
    {
        const unsigned core = std::thread::hardware_concurrency() - 1;
        WorkerThread first(baton.crew().worker(0), core), second(baton.crew().worker(1), core);
        const Time until = monotonic_now() + seconds(10);  // a busy machine does fewer rounds
        const auto receive = [&] {
            for (const Frame& bytes : baton.received(2)) {
                const auto number = static_cast<int>(number_of(bytes));
                ASSERT_GT(number, last[bytes[22]]) << "flow " << int{bytes[22]};
                last[bytes[22]] = number;
                ++came;
            }
        };
        for (unsigned round = 0; sent < count && monotonic_now() < until; ++round) {
            for (unsigned n = 0; n < 40; ++n, ++sent) baton.send_now(1, numbered(1 + sent % flows, sent));
            const Slot slot = round / 4 % 2 ? Slot::msm_b : Slot::msm_a;
            const std::uint32_t others = all_planes & ~(1u << index_of(slot));
            switch (round % 4) {
                case 0: baton.planes(others); break;  // taken out of use: nothing may be lost
                case 1: baton.planes(all_planes); break;
                case 2: baton.plane(slot, PlaneState::absent); break;
                case 3:
                    baton.planes(others);
                    baton.plane(slot, PlaneState::working);
                    baton.planes(all_planes);
                    break;
            }
            while (came + lost() < sent && monotonic_now() < until) {
                receive();
                std::this_thread::yield();
            }
            if (round % 4 < 2 && came + lost() == sent) {
                EXPECT_EQ(lost(), lost_before) << "a plane that was there lost frames";
            }
            lost_before = lost();
        }
    }
    baton.settle();
    for (const Frame& bytes : baton.received(2)) {
        EXPECT_GT(static_cast<int>(number_of(bytes)), last[bytes[22]]) << "flow " << int{bytes[22]};
        last[bytes[22]] = static_cast<int>(number_of(bytes));
        ++came;
    }
    EXPECT_EQ(came + lost(), sent);
    EXPECT_GE(sent, 8u * 40) << "too slow a machine to see every change once";
    EXPECT_GT(lost(), 0u);
    EXPECT_TRUE(baton.accounts_balance());
    EXPECT_EQ(baton.buffers_in_use(), 0u);
}

TEST(FabricWithOneModule, has_no_crossing) {
    TestSwitch baton({.ports = 4, .workers = 2});
    EXPECT_EQ(baton.crew().crossings(), 0u);
    TestSwitch two({.ports = 4, .workers = 2, .modules = 2});
    EXPECT_EQ(two.crew().crossings(), 2u);
}

}  // namespace
}  // namespace baton::test
