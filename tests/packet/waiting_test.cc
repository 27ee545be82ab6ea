// SPDX-License-Identifier: Apache-2.0
// Packets whose next hop's address is not known: asked for, kept in order, sent when it is, ended when it never is.
#include "tests/packet/router.h"

namespace baton::test {
namespace {

/// What the master was asked for.
struct Asked {
    VlanId vlan = 0;
    std::uint64_t high = 0, low = 0;
    friend bool operator==(const Asked&, const Asked&) = default;
};

class Master {
  public:
    explicit Master(Router& baton) : baton_(&baton) {}

    std::vector<Asked> asked() {
        baton_->settle();
        std::vector<Asked> all;
        for (unsigned worker = 0; worker < baton_->crew().size(); ++worker)
            for (PuntedFrame punted;
                 read_punt(baton_->punts(), static_cast<WorkerId>(worker), cursor_[worker], punted);) {
                if (punted.reason != PuntReason::resolve) continue;
                PuntedAddress address;
                EXPECT_EQ(punted.length, sizeof address);
                std::memcpy(&address, punted.bytes, sizeof address);
                all.push_back({punted.vlan, address.high, address.low});
            }
        return all;
    }

  private:
    Router* baton_;
    std::uint64_t cursor_[max_workers] = {};
};

Four to(const std::string& address, unsigned id = 0) {
    Four packet;
    packet.to = address;
    packet.id = id;
    return packet;
}

Six to_six(const std::string& address) {
    Six packet;
    packet.to = address;
    return packet;
}

constexpr std::uint64_t four_high(unsigned a, unsigned b, unsigned c, unsigned d) {
    return static_cast<std::uint64_t>(a << 24 | b << 16 | c << 8 | d) << 32;
}

TEST(Waiting, packets_for_a_host_of_a_connected_subnet_leave_in_order_when_it_is_known) {
    Router baton;
    Master master(baton);
    baton.appear(3, in(20, 50));
    baton.clear();
    std::vector<Frame> expected;
    for (unsigned id = 0; id < 10; ++id) {
        baton.send_four(to("10.0.2.50", id));
        expected.push_back(four(in(20, 50), Router::router(), {}, forwarded(to("10.0.2.50", id))));
    }
    EXPECT_TRUE(baton.nothing_came_out());
    EXPECT_EQ(master.asked(), (std::vector<Asked>{{20, four_high(10, 0, 2, 50), 0}})) << "once for all of them";
    EXPECT_EQ(baton.total(&WorkerCounters::waited), 10u);
    baton.neighbor(20, "10.0.2.50", in(20, 50));
    EXPECT_TRUE(baton.came_out(3, expected));
    EXPECT_EQ(baton.total(&WorkerCounters::routed), 10u);
    EXPECT_TRUE(baton.is_clean());
}

TEST(Waiting, packets_for_a_next_hop_ask_for_it_and_not_for_their_destination) {
    Router baton;
    Master master(baton);
    baton.appear(3, in(20, 50));
    baton.clear();
    baton.route("192.0.2.0/24", {{20, "10.0.2.50"}});
    baton.route("2001:db8:ff::/48", {{20, "2001:db8:2::50"}});
    baton.send_four(to("192.0.2.1"));
    baton.send_four(to("192.0.2.2"));
    baton.send_six(to_six("2001:db8:ff::1"));
    EXPECT_EQ(master.asked(), (std::vector<Asked>{{20, four_high(10, 0, 2, 50), 0}, {20, 0x20010db800020000, 0x50}}));
    baton.neighbor(20, "10.0.2.50", in(20, 50));
    EXPECT_TRUE(baton.came_out(3, {four(in(20, 50), Router::router(), {}, forwarded(to("192.0.2.1"))),
                                   four(in(20, 50), Router::router(), {}, forwarded(to("192.0.2.2")))}));
    baton.neighbor(20, "2001:db8:2::50", in(20, 50));
    EXPECT_TRUE(baton.came_out(3, {six(in(20, 50), Router::router(), {}, forwarded(to_six("2001:db8:ff::1")))}));
    EXPECT_TRUE(baton.is_clean());
}

TEST(Waiting, packets_are_not_overtaken_by_later_ones_in_the_same_turn) {
    Router baton;
    baton.appear(3, in(20, 50));
    baton.clear();
    baton.send_four(to("10.0.2.50", 1));
    baton.settle();
    // As if the address were stored in the middle of a turn, when the worker has looked at what waits already.
    auto& generation = baton.routes().control().generation;
    const std::uint64_t before = generation;
    baton.neighbor(20, "10.0.2.50", in(20, 50));
    generation = before;
    baton.send_four(to("10.0.2.50", 2));
    baton.send_four(to("10.0.2.50", 3));
    baton.settle();
    const auto frames = baton.received(3);
    ASSERT_EQ(frames.size(), 3u);
    for (unsigned n = 0; n < 3; ++n) EXPECT_EQ(get16(frames[n], 18), n + 1);
    EXPECT_TRUE(baton.is_clean());
}

TEST(Waiting, the_master_is_asked_again_every_second) {
    Router baton;
    Master master(baton);
    baton.send_four(to("10.0.2.50"));
    EXPECT_EQ(master.asked().size(), 1u);
    for (unsigned second = 1; second <= 2; ++second) {
        baton.pass(milliseconds(1001));
        baton.crew().worker(0).turn();
        EXPECT_EQ(master.asked().size(), 1u) << "second " << second;
    }
}

TEST(Waiting, ends_after_three_seconds_and_the_sender_is_told) {
    Router baton;
    baton.send_four(to("10.0.2.50"));
    baton.send_six(to_six("2001:db8:2::50"));
    baton.settle();
    EXPECT_EQ(baton.lost(Drop::unresolved), 0u);
    baton.pass(milliseconds(3001));
    for (std::size_t i = 0; i < baton.crew().size(); ++i) baton.crew().worker(i).turn();
    baton.settle();
    EXPECT_EQ(baton.drops(1, Drop::unresolved), 2u);
    const auto frames = baton.received(1);
    ASSERT_EQ(frames.size(), 2u);
    for (const Frame& told : frames) {
        if (told[12] == 0x08) {
            EXPECT_EQ(told[14 + 20], 3) << "unreachable";
            EXPECT_EQ(told[14 + 21], 1) << "host";
            EXPECT_EQ(Bytes(told.begin() + 14 + 28, told.end()), to("10.0.2.50").bytes());
        } else {
            EXPECT_EQ(told[14 + 40], 1) << "unreachable";
            EXPECT_EQ(told[14 + 41], 3) << "address";
        }
    }
    EXPECT_TRUE(baton.is_clean());
}

TEST(Waiting, has_bounds_for_one_next_hop_and_for_all) {
    Router baton({.ports = 5, .slots = 512});
    for (unsigned id = 0; id < waiting_most_for_one + 4; ++id) baton.send_four(to("10.0.2.50", id));
    baton.settle();
    EXPECT_EQ(baton.lost(Drop::unresolved_full), 4u);
    EXPECT_EQ(baton.buffers_in_use(), waiting_most_for_one);
    for (unsigned n = 0; n < waiting_most; ++n) baton.send_four(to("10.0.3." + std::to_string(n % 240 + 10), n));
    baton.settle();
    EXPECT_EQ(baton.buffers_in_use(), waiting_most);
    EXPECT_EQ(baton.lost(Drop::unresolved_full), 4u + waiting_most_for_one);
    baton.appear(3, in(20, 50));
    baton.clear();
    baton.neighbor(20, "10.0.2.50", in(20, 50));
    baton.settle();
    EXPECT_EQ(baton.received(3).size(), waiting_most_for_one) << "who waits elsewhere does not matter";
    baton.pass(seconds(4));
    for (std::size_t i = 0; i < baton.crew().size(); ++i) baton.crew().worker(i).turn();
    EXPECT_TRUE(baton.is_clean());
}

TEST(Waiting, packets_take_another_way_when_their_route_changes) {
    Router baton;
    baton.route("192.0.2.0/24", {{20, "10.0.2.50"}});
    baton.send_four(to("192.0.2.1", 1));
    baton.settle();
    baton.route("192.0.2.0/24", {{30, "10.0.3.2"}});
    EXPECT_TRUE(baton.came_out(5, {four(in(30, 2), Router::router(), {}, forwarded(to("192.0.2.1", 1)))}));
    baton.send_four(to("10.0.2.60"));
    baton.settle();
    baton.delete_route("10.0.2.0/24");
    baton.settle();
    EXPECT_EQ(baton.lost(Drop::no_route), 1u);
    baton.clear();
    EXPECT_TRUE(baton.is_clean());
}

TEST(Waiting, starts_when_a_neighbour_is_lost_and_ends_when_it_is_back) {
    Router baton;
    baton.route("192.0.2.0/24", {{20, "10.0.2.2"}});
    baton.lose_neighbor(20, "10.0.2.2");
    baton.send_four(to("192.0.2.1"));
    EXPECT_TRUE(baton.nothing_came_out());
    baton.neighbor(20, "10.0.2.2", in(20, 2));
    EXPECT_TRUE(baton.came_out(3, {four(in(20, 2), Router::router(), {}, forwarded(to("192.0.2.1")))}));
    EXPECT_TRUE(baton.is_clean());
}

TEST(Waiting, tagged_packets_keep_their_priority) {
    Router baton;
    baton.appear(2, in(30, 50), Tag{30, 0});
    baton.clear();
    Four packet = to("10.0.3.50");
    packet.from = "10.0.2.3";
    baton.send(4, four(Router::router(), in(20, 3), Tag{20, 6}, packet));
    EXPECT_TRUE(baton.nothing_came_out());
    baton.neighbor(30, "10.0.3.50", in(30, 50));
    EXPECT_TRUE(baton.came_out(2, {four(in(30, 50), Router::router(), Tag{30, 6}, forwarded(packet))}));
    EXPECT_TRUE(baton.is_clean());
}

TEST(Waiting, answers_of_the_router_wait_too) {
    Router baton;
    baton.route("192.0.2.0/24", {{20, "10.0.2.50"}});
    baton.appear(3, in(20, 50));
    baton.clear();
    Four request = to("10.0.1.1");
    request.from = "192.0.2.9";
    request.protocol = 1;
    request.payload = icmp(8, 0, 1, Bytes(20, 1));
    baton.send_four(request);
    EXPECT_TRUE(baton.nothing_came_out());
    baton.neighbor(20, "10.0.2.50", in(20, 50));
    baton.settle();
    const auto frames = baton.received(3);
    ASSERT_EQ(frames.size(), 1u);
    EXPECT_EQ(frames[0][14 + 20], 0) << "echo reply";
    EXPECT_TRUE(baton.is_clean());
}

TEST(Waiting, gives_its_buffers_back_at_the_end) {
    Router baton;
    baton.send_four(to("10.0.2.50"));
    baton.settle();
    EXPECT_EQ(baton.buffers_in_use(), 1u);
    baton.end_workers();
    EXPECT_EQ(baton.buffers_in_use(), 0u);
}

}  // namespace
}  // namespace baton::test
