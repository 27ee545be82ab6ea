// SPDX-License-Identifier: Apache-2.0
// Frames that end here: lengths, full and small ports, the punt ring; and that every one of them is accounted for.
#include <gtest/gtest.h>

#include <random>

#include "tests/packet/test_switch.h"

namespace baton::test {
namespace {

using Ports = std::vector<PortId>;
const Mac bpdu = *Mac::parse("01:80:c2:00:00:00");

TEST(Lengths, drops_runts_and_takes_60_bytes) {
    TestSwitch baton;
    baton.all_in_one();
    for (const std::size_t length : {1u, 13u, 14u, 59u}) baton.send(1, frame(broadcast, host(1), {}, length));
    const Frame least = frame(broadcast, host(1), {}, 60);
    baton.send(1, least);
    EXPECT_EQ(baton.where(least), (Ports{2, 3, 4}));
    EXPECT_EQ(baton.drops(1, Drop::runt), 4u);
    EXPECT_TRUE(baton.accounts_balance());
}

TEST(Lengths, names_a_tag_cut_short) {
    TestSwitch baton;
    baton.all_in_one();
    for (const std::size_t length : {14u, 16u, 17u}) baton.send(1, frame(broadcast, host(1), Tag{1, 0}, length));
    baton.settle();
    EXPECT_EQ(baton.drops(1, Drop::broken_tag), 3u);
    EXPECT_EQ(baton.drops(1, Drop::runt), 0u);
}

TEST(Lengths, carries_jumbo_frames_and_drops_longer_ones) {
    TestSwitch baton({.slots = 64, .slot_size = 9728});
    baton.all_in_one();
    const Frame jumbo = frame(broadcast, host(1), {}, 9216);
    baton.send(1, jumbo);
    EXPECT_EQ(baton.where(jumbo), (Ports{2, 3, 4}));
    baton.send(1, frame(broadcast, host(1), {}, 9217));
    EXPECT_EQ(baton.where(jumbo), Ports{});
    EXPECT_EQ(baton.drops(1, Drop::oversize), 1u);
    EXPECT_TRUE(baton.accounts_balance());
    EXPECT_EQ(baton.buffers_in_use(), 0u);
}

TEST(Lengths, drops_what_a_tag_makes_too_long_and_only_there) {
    TestSwitch baton({.slots = 64, .slot_size = 9728});
    baton.vlan(10, {1, 2}, {3, 4});
    baton.port(1, 10);
    const Frame jumbo = frame(broadcast, host(1), {}, 9216);
    baton.send(1, jumbo);
    EXPECT_EQ(baton.where(jumbo), Ports{2});
    baton.send(3, frame(broadcast, host(3), Tag{10, 0}));
    baton.settle();
    for (const PortId port : {1, 2, 4}) baton.received(port);
    baton.send(1, frame(host(3), host(1), {}, 9216));
    EXPECT_EQ(baton.where(jumbo), Ports{});
    EXPECT_EQ(baton.drops(3, Drop::egress_oversize), 2u);
    EXPECT_EQ(baton.drops(4, Drop::egress_oversize), 1u);
    EXPECT_TRUE(baton.accounts_balance());
    EXPECT_EQ(baton.buffers_in_use(), 0u);
}

/// ARP as a kernel sends it over a tap: 42 bytes.
Frame short_arp() {
    Frame arp = frame(broadcast, host(1), {}, 42);
    arp[12] = 0x08;
    arp[13] = 0x06;
    return arp;
}

TEST(Lengths, pads_whole_short_frames_of_neighbours_that_have_no_mac) {
    TestSwitch baton({.kind = "tap"});
    baton.all_in_one();
    Frame padded = short_arp();
    baton.send(1, padded);
    padded.resize(60, 0);
    EXPECT_EQ(baton.where(padded), (Ports{2, 3, 4}));

    Frame tcp = frame(broadcast, host(1), {}, 54);  // IPv4, total length 40
    tcp[12] = 0x08;
    tcp[13] = 0x00;
    tcp[16] = 0;
    tcp[17] = 40;
    baton.send(1, tcp);
    Frame cut = tcp;
    cut.resize(53);
    baton.send(1, cut);
    tcp.resize(60, 0);
    EXPECT_EQ(baton.where(tcp), (Ports{2, 3, 4}));
    baton.send(1, frame(broadcast, host(1), {}, 59));  // a type that says nothing about its length
    baton.settle();
    EXPECT_EQ(baton.drops(1, Drop::runt), 2u);
}

TEST(Lengths, does_not_pad_for_a_wire) {
    TestSwitch baton;
    baton.all_in_one();
    baton.send(1, short_arp());
    baton.settle();
    EXPECT_EQ(baton.drops(1, Drop::runt), 1u);
}

TEST(Reset, takes_nothing_in_while_a_ports_link_is_reset_and_names_it) {
    TestSwitch baton;
    baton.all_in_one();
    baton.tables().ports[1].resetting = 1;
    const Frame lost = frame(broadcast, host(1));
    baton.send(1, lost);
    EXPECT_EQ(baton.where(lost), Ports{});
    EXPECT_EQ(baton.drops(1, Drop::link_reset), 1u);
    EXPECT_EQ(baton.lookup(host(1), 1), fdb_dest_none) << "nor is anything learned from it";
    baton.tables().ports[1].resetting = 0;
    baton.send(1, lost);
    EXPECT_EQ(baton.where(lost), (Ports{2, 3, 4}));
    EXPECT_TRUE(baton.accounts_balance());
}

TEST(Full, counts_what_a_port_does_not_take) {
    TestSwitch baton({.ports = 2, .slots = 64});
    baton.all_in_one();
    const Frame sent = frame(broadcast, host(1));
    for (int i = 0; i < 100; ++i) baton.send(1, sent);
    baton.settle();
    EXPECT_EQ(baton.received(2).size(), 64u);
    EXPECT_EQ(baton.drops(2, Drop::transmit_full), 36u);
    EXPECT_TRUE(baton.accounts_balance());
    EXPECT_EQ(baton.buffers_in_use(), 0u);
}

TEST(Full, counts_what_has_nowhere_to_go) {
    TestSwitch baton({.ports = 2});
    baton.all_in_one();
    baton.link(2, false);
    baton.send(1, frame(broadcast, host(1)));
    baton.settle();
    EXPECT_EQ(baton.drops(1, Drop::no_other_port), 1u);
    EXPECT_TRUE(baton.accounts_balance());
}

// The FDB is flushed when a port leaves or goes down, so these two need a word that outlived the change: a static one.
TEST(Full, judges_the_destination_port_at_the_last_moment) {
    TestSwitch baton;
    baton.all_in_one();
    baton.fixed(host(3), 1, 3);
    baton.link(3, false);
    baton.send(1, frame(host(3), host(1)));
    baton.settle();
    EXPECT_EQ(baton.drops(3, Drop::egress_down), 1u);
    baton.link(3, true);
    baton.vlan(1, {1, 2, 4});
    baton.send(1, frame(host(3), host(1)));
    baton.settle();
    EXPECT_EQ(baton.drops(3, Drop::egress_not_member), 1u);
    EXPECT_TRUE(baton.received(3).empty());
    EXPECT_TRUE(baton.accounts_balance());
}

TEST(Full, counts_a_flood_that_finds_no_buffer_for_its_copy) {
    TestSwitch baton({.ports = 3, .mbufs = 63});
    baton.vlan(10, {1, 2}, {3});
    baton.port(1, 10);
    // All but a burst's worth of the pool is taken away, so that receiving just works and copying does not.
    std::vector<rte_mbuf*> held(63 - 32);
    rte_mempool* pool = rte_mempool_lookup(baton.pool_name());
    ASSERT_EQ(rte_pktmbuf_alloc_bulk(pool, held.data(), static_cast<unsigned>(held.size())), 0);
    for (int i = 0; i < 32; ++i) baton.send(1, frame(broadcast, host(1)));
    baton.settle();
    rte_pktmbuf_free_bulk(held.data(), static_cast<unsigned>(held.size()));
    EXPECT_EQ(baton.received(2).size(), 32u);
    EXPECT_EQ(baton.drops(3, Drop::no_buffer), 32u);
    EXPECT_TRUE(baton.accounts_balance());
}

TEST(Punt, gives_reserved_addresses_to_the_master_only) {
    TestSwitch baton;
    baton.all_in_one();
    for (unsigned low = 0; low < 16; ++low) {
        Mac reserved = bpdu;
        reserved.bytes[5] = static_cast<std::uint8_t>(low);
        baton.send(2, frame(reserved, host(1)));
    }
    const Frame just_above = frame(*Mac::parse("01:80:c2:00:00:10"), host(1));
    baton.send(2, just_above);
    EXPECT_EQ(baton.where(just_above), (Ports{1, 3, 4}));
    EXPECT_EQ(baton.total(&WorkerCounters::punted), 16u);
    const WorkerId worker = baton.tables().ports[2].worker;
    std::uint64_t cursor = 0;
    PuntedFrame punted;
    for (unsigned low = 0; low < 16; ++low) {
        ASSERT_TRUE(read_punt(baton.punts(), worker, cursor, punted));
        EXPECT_EQ(punted.port, 2);
        EXPECT_EQ(punted.vlan, 1);
        EXPECT_EQ(punted.length, 64);
        EXPECT_EQ(punted.bytes[5], low);
    }
    EXPECT_FALSE(read_punt(baton.punts(), worker, cursor, punted));
    EXPECT_TRUE(baton.accounts_balance());
    EXPECT_EQ(baton.buffers_in_use(), 0u);
}

TEST(Punt, takes_them_from_a_port_in_no_vlan) {
    TestSwitch baton;
    baton.send(1, frame(bpdu, host(1)));
    baton.settle();
    EXPECT_EQ(baton.total(&WorkerCounters::punted), 1u);
}

TEST(Punt, drops_when_nobody_reads_and_goes_on_when_somebody_does) {
    TestSwitch baton;
    baton.all_in_one();
    for (std::size_t i = 0; i < punt_slots + 10; ++i)
        baton.send(1, frame(bpdu, host(1), {}, 64, static_cast<std::uint8_t>(i)));
    baton.settle();
    EXPECT_EQ(baton.drops(1, Drop::punt_full), 10u);
    std::uint64_t cursor = 0, frames = 0;
    for (PuntedFrame punted; read_punt(baton.punts(), 0, cursor, punted); ++frames)
        ASSERT_EQ(punted.bytes[20], static_cast<std::uint8_t>(frames + 20)) << "the oldest are kept, in order";
    EXPECT_EQ(frames, punt_slots);
    baton.read_to(cursor);
    baton.send(1, frame(bpdu, host(1)));
    baton.settle();
    EXPECT_EQ(baton.drops(1, Drop::punt_full), 10u);
    EXPECT_TRUE(baton.accounts_balance());
}

// Anything may come in: what matters is that each frame ends in exactly one way and no buffer is lost.
TEST(Accounts, balance_under_random_traffic) {
    TestSwitch baton({.ports = 6, .slots = 128});
    std::mt19937 random(20261122);
    const auto draw = [&random](unsigned below) { return static_cast<unsigned>(random() % below); };
    baton.vlan(10, {1, 2}, {3, 4});
    baton.vlan(20, {5}, {3, 4, 6});
    for (const PortId port : {1, 2}) baton.port(port, 10);
    baton.port(5, 20);
    baton.black_hole(host(3), 10);
    baton.fixed(host(4), 20, 6);
    for (int round = 0; round < 3000; ++round) {
        for (unsigned n = draw(40); n > 0; --n) {
            const std::optional<Tag> tags[] = {std::nullopt, Tag{0, 5},  Tag{10, 1},
                                               Tag{20, 2},   Tag{30, 0}, Tag{4095, 0}};
            const Mac to = draw(8) == 0 ? broadcast : draw(50) == 0 ? bpdu : host(draw(12));
            const Mac from = draw(50) == 0 ? broadcast : host(draw(12));
            const std::size_t length = draw(20) == 0 ? 1 + draw(2040) : 60 + draw(200);
            baton.send(static_cast<PortId>(1 + draw(6)), frame(to, from, tags[draw(6)], length));
        }
        baton.settle();
        if (round % 200 == 0)
            for (PortId port = 1; port <= 6; ++port) baton.received(port);
        if (draw(20) == 0) baton.link(static_cast<PortId>(1 + draw(6)), draw(2));
        if (draw(20) == 0) baton.port(static_cast<PortId>(1 + draw(6)), draw(2) ? 10 : 20, draw(4) != 0);
        if (draw(50) == 0) baton.vlan(10, {1, 2}, {3});
        if (draw(50) == 0) baton.vlan(10, {2, 6}, {3, 4});
        ASSERT_TRUE(baton.accounts_balance()) << "round " << round;
        ASSERT_EQ(baton.buffers_in_use(), 0u) << "round " << round;
    }
    for (const Drop why :
         {Drop::runt, Drop::broken_tag, Drop::source_multicast, Drop::port_disabled, Drop::no_port_vlan,
          Drop::vlan_unknown, Drop::not_member, Drop::blackhole, Drop::same_port, Drop::transmit_full}) {
        std::uint64_t sum = 0;
        for (PortId port = 1; port <= 6; ++port) sum += baton.drops(port, why);
        EXPECT_GT(sum, 0u) << drop_names[static_cast<std::size_t>(why)] << " was never tried";
    }
}

}  // namespace
}  // namespace baton::test
