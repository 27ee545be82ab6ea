// SPDX-License-Identifier: Apache-2.0
// Packets that are longer than the next VLAN's MTU, and are cut: the pieces are put together again here.
#include <algorithm>
#include <map>

#include "tests/packet/router.h"

namespace baton::test {
namespace {

/// Puts IPv4 fragments together, each a frame as it came out; checks what RFC 791 asks of them.
Bytes reassembled(const std::vector<Frame>& frames, std::size_t ip, unsigned mtu) {
    std::map<unsigned, Bytes> pieces;
    unsigned total = 0;
    for (const Frame& frame : frames) {
        const unsigned header = (frame.at(ip) & 15u) * 4, length = get16(frame, ip + 2), word = get16(frame, ip + 6);
        EXPECT_LE(length, mtu);
        EXPECT_EQ(
            internet_checksum({frame.begin() + static_cast<long>(ip), frame.begin() + static_cast<long>(ip + header)}),
            0u);
        EXPECT_GE(frame.size(), ip + length);
        const unsigned offset = (word & 0x1fff) * 8;
        EXPECT_TRUE((word & 0x2000) == 0 || (length - header) % 8 == 0);
        pieces[offset] = {frame.begin() + static_cast<long>(ip + header),
                          frame.begin() + static_cast<long>(ip + length)};
        if ((word & 0x2000) == 0) total = offset + length - header;
    }
    Bytes out;
    for (const auto& [offset, piece] : pieces) {
        EXPECT_EQ(offset, out.size()) << "a hole, or an overlap";
        out = out + piece;
    }
    EXPECT_TRUE(total == 0 || total == out.size());
    return out;
}

Bytes counting(std::size_t size) {
    Bytes bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 7 + i / 256);
    return bytes;
}

TEST(TooLong, ipv4_is_cut_and_can_be_put_together_again) {
    for (const unsigned mtu : {68u, 576u, 600u, 1280u, 1499u}) {
        Router baton({.ports = 5, .slots = 512});
        baton.mtu(20, mtu);
        Four packet;
        packet.payload = counting(1480);
        baton.send_four(packet);
        baton.settle();
        const auto frames = baton.received(3);
        EXPECT_EQ(frames.size(), (1480 + ((mtu - 20) & ~7u) - 1) / ((mtu - 20) & ~7u));
        EXPECT_EQ(reassembled(frames, 14, mtu), packet.payload) << "MTU " << mtu;
        for (const Frame& frame : frames) {
            EXPECT_EQ(first(frame, 14), mac(in(20, 2)) + mac(Router::router()) + be16(0x0800));
            EXPECT_EQ(frame[14 + 8], 63) << "time to live";
            EXPECT_EQ(get16(frame, 14 + 4), packet.id);
        }
        EXPECT_EQ(baton.total(&WorkerCounters::born), frames.size() - 1);
        EXPECT_TRUE(baton.is_clean());
    }
}

TEST(TooLong, jumbo_packets_and_fragments_are_cut_too_and_tags_stay) {
    Router baton({.ports = 5, .slots = 512, .slot_size = 9728});
    baton.mtu(10, 9000);
    Four packet;
    packet.to = "10.0.2.3";
    packet.payload = counting(8000);
    packet.fragment = 0x2000 | 25;  // a middle piece itself
    baton.send_four(packet);
    baton.settle();
    const auto frames = baton.received(4);
    ASSERT_EQ(frames.size(), 6u);
    std::size_t at = 0;
    for (const Frame& frame : frames) {
        EXPECT_EQ(first(frame, 18), mac(in(20, 3)) + mac(Router::router()) + be16(0x8100) + be16(20) + be16(0x0800));
        EXPECT_EQ(get16(frame, 18 + 6), 0x2000u | (25 + at / 8)) << "more follow, also behind the last";
        const unsigned size = get16(frame, 18 + 2) - 20u;
        EXPECT_TRUE(
            std::equal(frame.begin() + 38, frame.begin() + 38 + size, packet.payload.begin() + static_cast<long>(at)));
        at += size;
    }
    EXPECT_EQ(at, 8000u);
    EXPECT_TRUE(baton.is_clean());
}

TEST(TooLong, only_options_that_say_so_are_in_every_piece) {
    Router baton;
    baton.mtu(20, 576);
    Four packet;
    packet.options = {0x94, 4, 0, 0, 0x44, 4, 5, 0};  // router alert is copied, a timestamp is not
    packet.payload = counting(1200);
    baton.send_four(packet);
    baton.settle();
    const auto frames = baton.received(3);
    ASSERT_EQ(frames.size(), 3u);
    EXPECT_EQ(Bytes(frames[0].begin() + 34, frames[0].begin() + 42), packet.options);
    for (const std::size_t n : {1u, 2u}) {
        EXPECT_EQ(frames[n][14], 0x46);
        EXPECT_EQ(Bytes(frames[n].begin() + 34, frames[n].begin() + 38), (Bytes{0x94, 4, 0, 0}));
    }
    EXPECT_EQ(reassembled(frames, 14, 576), packet.payload);
}

TEST(TooLong, pieces_stay_between_the_packets_before_and_behind) {
    Router baton;
    baton.mtu(20, 576);
    for (unsigned id = 0; id < 30; ++id) {
        Four packet;
        packet.id = id;
        packet.payload = counting(id % 3 == 1 ? 1400 : 100);
        baton.send_four(packet);
    }
    baton.settle();
    unsigned last = 0, frames = 0;
    for (const Frame& frame : baton.received(3)) {
        const unsigned id = get16(frame, 14 + 4);
        EXPECT_TRUE(id == last || id == last + 1) << id << " behind " << last;
        last = id;
        ++frames;
    }
    EXPECT_EQ(last, 29u);
    EXPECT_EQ(frames, 20u + 10 * 3);
    EXPECT_TRUE(baton.is_clean());
}

TEST(TooLong, names_a_cut_that_finds_no_buffer) {
    Router baton({.ports = 5, .mbufs = 63});
    baton.mtu(20, 576);
    std::vector<rte_mbuf*> held(63 - 2);
    rte_mempool* pool = rte_mempool_lookup(baton.pool_name());
    Four packet;
    packet.payload = counting(1400);
    baton.send_four(packet);
    ASSERT_EQ(rte_pktmbuf_alloc_bulk(pool, held.data(), static_cast<unsigned>(held.size())), 0);
    baton.settle();
    rte_pktmbuf_free_bulk(held.data(), static_cast<unsigned>(held.size()));
    EXPECT_TRUE(baton.nothing_came_out());
    EXPECT_EQ(baton.lost(Drop::no_buffer), 1u);
    EXPECT_TRUE(baton.is_clean());
}

}  // namespace
}  // namespace baton::test
