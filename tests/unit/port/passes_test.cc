// SPDX-License-Identifier: Apache-2.0
// Every kind of port hands over every byte of frames of every size, both ways, alone and in bursts, in order.
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/port/rig.h"

namespace baton::rig {
namespace {

/// The sizes that the issue names and those around the ports' own seams, as far as the port takes them.
std::vector<std::size_t> sizes_up_to(std::size_t limit) {
    std::vector<std::size_t> sizes;
    for (const std::size_t size :
         {60, 63, 64, 65, 127, 128, 129, 590, 1514, 1518, 2040, 3520, 3839, 3841, 4095, 4096, 4097, 8192, 8193, 9216})
        if (size <= limit) sizes.push_back(size);
    return sizes;
}

void passes_both_ways(Opened& opened, Neighbour& neighbour, std::size_t limit) {
    std::uint64_t number = 1;
    std::vector<Frame> burst;
    for (const auto size : sizes_up_to(limit)) {
        const Frame in = frame_of(size, number++), out = frame_of(size, number++);
        ASSERT_TRUE(neighbour.send(in)) << size;
        const auto got = opened.receive(1);
        ASSERT_EQ(got.size(), 1u) << size;
        ASSERT_EQ(got[0], in) << size;
        ASSERT_TRUE(opened.transmit({out})) << size;
        std::optional<Frame> heard;
        ASSERT_TRUE(within(2000, [&] { return (heard = neighbour.receive()).has_value(); })) << size;
        ASSERT_EQ(*heard, out) << size;
    }
    for (int round = 0; round < 20; ++round) {
        std::vector<Frame> sent, heard;
        const auto sizes = sizes_up_to(limit);
        for (std::size_t i = 0; i < 32; ++i) sent.push_back(frame_of(sizes[(i * 7 + round) % sizes.size()], number++));
        ASSERT_TRUE(opened.transmit(sent));
        within(2000, [&] {
            if (auto frame = neighbour.receive()) heard.push_back(std::move(*frame));
            return heard.size() == sent.size();
        });
        ASSERT_EQ(heard, sent) << "round " << round;
        for (const auto& frame : sent) ASSERT_TRUE(neighbour.send(frame));
        ASSERT_EQ(opened.receive(sent.size()), sent) << "round " << round;
    }
    EXPECT_EQ(opened.port().missed(), 0u);
    EXPECT_EQ(opened.port().no_buffer(), 0u);
    EXPECT_EQ(opened.port().transmit_refused(), 0u);
}

TEST(PortPasses, wire) {
    NEEDS_PORTS();
    Opened opened("1:1 wire,slots=256,slot-size=9280");
    EXPECT_EQ(opened.port().about().max_frame, max_frame);
    passes_both_ways(opened, *on_wire(opened.kept().at("port/1:1/wire").get()), max_frame);
}

TEST(PortPasses, wire_of_the_usual_slot_size_says_its_longest_frame) {
    NEEDS_PORTS();
    Opened opened("1:1 wire,slots=64");
    EXPECT_EQ(opened.port().about().max_frame, 2040u);
    passes_both_ways(opened, *on_wire(opened.kept().at("port/1:1/wire").get()), 2040);
}

TEST(PortPasses, tap) {
    NEEDS_PORTS();
    const auto name = fresh_interface();
    Opened opened("1:2 tap,iface=" + name);
    passes_both_ways(opened, *on_interface(name), max_frame);
}

TEST(PortPasses, xsk) {
    NEEDS_PORTS();
    for (const char* mode : {"native", "generic"}) {
        SCOPED_TRACE(mode);
        Veth veth;
        try {
            Opened opened("1:5 xsk,iface=" + veth.port + ",frames=512,mode=" + mode);
            EXPECT_EQ(opened.port().about().max_frame, max_frame);
            passes_both_ways(opened, *on_interface(veth.peer), opened.port().about().max_frame);
            opened.port().shut_down();
        } catch (const StartupError& error) {
            GTEST_SKIP() << error.what;
        }
    }
}

TEST(PortPasses, xsk_and_wire_in_huge_pages) {
    NEEDS_PORTS();
    if (!huge_pages_available(32u << 20)) GTEST_SKIP() << "32 MB of huge pages are not free";
    Veth veth;
    Opened xsk("1:5 xsk,frames=512,iface=" + veth.port, {}, Pages::huge);
    passes_both_ways(xsk, *on_interface(veth.peer), max_frame);
    xsk.port().shut_down();
    Opened wire("1:1 wire,slots=64,slot-size=9280", {}, Pages::huge);
    passes_both_ways(wire, *on_wire(wire.kept().at("port/1:1/wire").get()), max_frame);
}

TEST(PortPasses, net_tap) {
    NEEDS_PORTS();
    const auto name = fresh_interface();
    Opened opened("1:3 net_tap,iface=" + name);
    EXPECT_EQ(opened.port().about().max_frame, 1522u);  // the last 4 for a tag
    passes_both_ways(opened, *on_interface(name), 1518);
}

TEST(PortPasses, net_af_packet) {
    NEEDS_PORTS();
    Veth veth;
    Opened opened("1:4 net_af_packet,iface=" + veth.port);
    EXPECT_EQ(opened.port().about().max_frame, max_frame);
    passes_both_ways(opened, *on_interface(veth.peer), max_frame);
}

TEST(PortPasses, net_af_xdp) {
    NEEDS_PORTS();
    Veth veth;
    ASSERT_TRUE(command("ip link set " + veth.peer + " mtu 1500"));
    try {
        Opened opened("1:6 net_af_xdp,iface=" + veth.port);
        EXPECT_EQ(opened.port().about().max_frame, 1518u);  // the last 4 for a tag
        passes_both_ways(opened, *on_interface(veth.peer), 1514);
    } catch (const StartupError& error) {
        GTEST_SKIP() << error.what;
    }
}

TEST(PortPasses, net_ring_gives_back_what_it_is_sent) {
    NEEDS_PORTS();
    Opened opened("1:7 net_ring");
    for (const auto size : sizes_up_to(max_frame)) {
        const Frame frame = frame_of(size, size);
        ASSERT_TRUE(opened.transmit({frame}));
        ASSERT_EQ(opened.receive(1), std::vector<Frame>{frame}) << size;
    }
}

TEST(PortPasses, net_pcap_receives_what_it_wrote) {
    NEEDS_PORTS();
    const std::string file = "/tmp/port-test-" + std::to_string(::getpid()) + ".pcap";
    std::vector<Frame> frames;
    for (const auto size : sizes_up_to(max_frame)) frames.push_back(frame_of(size, size));
    {
        Opened opened("1:6 net_pcap,tx=" + file);
        EXPECT_TRUE(opened.transmit(frames));
    }
    Opened opened("1:6 net_pcap,rx=" + file);
    ::unlink(file.c_str());
    EXPECT_EQ(opened.receive(frames.size()), frames);
}

TEST(PortPasses, net_memif_to_another_memif) {
    NEEDS_PORTS();
    const std::string socket = ",socket=/tmp/port-test-" + std::to_string(::getpid()) + ".memif";
    Opened server("1:6 net_memif,role=server,buffer=9728" + socket);
    Opened client("1:7 net_memif,role=client,buffer=9728" + socket);
    ASSERT_TRUE(within(5000, [&] { return server.port().link_up() && client.port().link_up(); }));
    EXPECT_TRUE(client.receive(1, 20).empty());  // a memif client gives the server its buffers when it polls
    for (const auto size : sizes_up_to(max_frame)) {
        const Frame there = frame_of(size, size), back = frame_of(size, size + 1);
        ASSERT_TRUE(client.transmit({there}));
        ASSERT_EQ(server.receive(1), std::vector<Frame>{there}) << size;
        ASSERT_TRUE(server.transmit({back}));
        ASSERT_EQ(client.receive(1), std::vector<Frame>{back}) << size;
    }
}

TEST(PortPasses, net_vhost_opens_and_waits_for_its_guest) {
    NEEDS_PORTS();
    const std::string path = "/tmp/port-test-" + std::to_string(::getpid()) + ".vhost";
    Opened opened("1:6 net_vhost,client=0,path=" + path);
    EXPECT_FALSE(opened.port().link_up());
    EXPECT_EQ(::access(path.c_str(), F_OK), 0);
}

TEST(PortPasses, net_null_takes_everything) {
    NEEDS_PORTS();
    Opened opened("1:8 net_null");
    EXPECT_TRUE(opened.transmit({frame_of(60, 1), frame_of(9216, 2)}));
    EXPECT_TRUE(opened.receive(1, 20).empty());
}

// A flooded frame is one mbuf in several ports' hands; a port may give back its own share only.
TEST(PortPasses, shared_and_chained_frames_leave_whole_and_nothing_leaks) {
    NEEDS_PORTS();
    const auto name = fresh_interface();
    Veth veth;
    std::vector<std::pair<std::unique_ptr<Opened>, std::unique_ptr<Neighbour>>> cables;
    const auto add = [&](const std::string& text) {
        return cables.emplace_back(std::make_unique<Opened>(text), nullptr).first.get();
    };
    cables[0].second = on_wire(add("1:1 wire,slots=64,slot-size=9280")->kept().at("port/1:1/wire").get());
    add("1:2 tap,iface=" + name);
    cables[1].second = on_interface(name);
    Opened* xsk = add("1:5 xsk,frames=512,iface=" + veth.port);
    cables[2].second = on_interface(veth.peer);
    for (auto& [opened, neighbour] : cables) {
        const Frame frame = frame_of(200, 77);
        rte_mbuf* head = rte_pktmbuf_alloc(pool());
        rte_mbuf* tail = rte_pktmbuf_alloc(pool());
        std::memcpy(rte_pktmbuf_append(head, 90), frame.data(), 90);
        std::memcpy(rte_pktmbuf_append(tail, 110), frame.data() + 90, 110);
        ASSERT_EQ(rte_pktmbuf_chain(head, tail), 0);
        ASSERT_EQ(opened->port().transmit(&head, 1), 1);

        rte_mbuf* shared = rte_pktmbuf_alloc(pool());
        std::memcpy(rte_pktmbuf_append(shared, 200), frame.data(), 200);
        rte_mbuf_refcnt_update(shared, 1);
        ASSERT_EQ(opened->port().transmit(&shared, 1), 1);
        EXPECT_EQ(rte_mbuf_refcnt_read(shared), 1);
        rte_pktmbuf_free(shared);
        for (int i = 0; i < 2; ++i) {
            std::optional<Frame> heard;
            ASSERT_TRUE(within(2000, [&] { return (heard = neighbour->receive()).has_value(); }));
            EXPECT_EQ(*heard, frame);
        }
    }
    xsk->port().shut_down();
}

TEST(PortPasses, a_slot_that_lies_about_its_length_is_counted_and_harms_nothing) {
    NEEDS_PORTS();
    Opened opened("1:1 wire,slots=64,slot-size=2048");
    auto mapping = map_arena(opened.kept().at("port/1:1/wire").get(), ArenaKind::wire, fingerprint<WireArena>(),
                             Access::read_write);
    ASSERT_TRUE(mapping);
    WireEnd peer(*mapping->as<WireArena>(), 0);
    const Frame good = frame_of(64, 5);
    for (const std::uint32_t length : {0u, 64u, 2041u, 0xffffffffu, 64u}) {
        WireSlot& slot = peer.to_fill(0);
        slot.length = length;
        std::memcpy(WireEnd::bytes(slot), good.data(), good.size());
        peer.publish(1);
    }
    EXPECT_EQ(opened.receive(2), (std::vector<Frame>{good, good}));
    EXPECT_EQ(opened.port().missed(), 3u);
}

TEST(PortPasses, a_full_wire_takes_no_frame_and_keeps_those_it_has) {
    NEEDS_PORTS();
    Opened opened("1:1 wire,slots=64");
    const auto peer = on_wire(opened.kept().at("port/1:1/wire").get());
    std::vector<rte_mbuf*> burst(100);
    ASSERT_EQ(rte_pktmbuf_alloc_bulk(pool(), burst.data(), 100), 0);
    for (std::size_t i = 0; i < 100; ++i) {
        const Frame frame = frame_of(60, i);
        std::memcpy(rte_pktmbuf_append(burst[i], 60), frame.data(), 60);
    }
    std::uint16_t sent = opened.port().transmit(burst.data(), 64);
    EXPECT_EQ(sent, 64);
    EXPECT_EQ(opened.port().transmit(burst.data() + 64, 36), 0);
    for (std::size_t i = 0; i < 64; ++i) EXPECT_EQ(peer->receive(), frame_of(60, i));
    EXPECT_FALSE(peer->receive());
    EXPECT_EQ(opened.port().transmit(burst.data() + 64, 36), 36);
    for (std::size_t i = 64; i < 100; ++i) EXPECT_EQ(peer->receive(), frame_of(60, i));
}

}  // namespace
}  // namespace baton::rig
