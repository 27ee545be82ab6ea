// SPDX-License-Identifier: Apache-2.0
// Eight headers at once must be judged as each by itself is, whatever is wrong with whichever of them.
#include "dataplane/ip/plain_v4.h"

#include <gtest/gtest.h>

#include <array>
#include <random>

namespace baton::ip {
namespace {

constexpr unsigned offset = addresses_size + 2, least = least_frame - offset;

struct Packet {
    std::array<std::uint8_t, 64> bytes{};
    std::uint32_t there = least;

    /// With a total length and addresses, a time to live of 64, and the checksum right.
    static Packet of(std::uint16_t total, std::uint32_t source, std::uint32_t destination) {
        Packet packet;
        packet.bytes[0] = 0x45;
        store_be16(&packet.bytes[2], total);
        packet.bytes[8] = 64;
        packet.bytes[9] = protocol_udp;
        store_be32(&packet.bytes[12], source);
        store_be32(&packet.bytes[16], destination);
        packet.there = std::max<std::uint32_t>(total, least);
        packet.finish();
        return packet;
    }

    void finish() {
        bytes[10] = bytes[11] = 0;
        const std::uint16_t right = checksum(sum_of({bytes.data(), v4_header}));
        std::memcpy(&bytes[10], &right, sizeof right);
    }
};

unsigned judged(const std::array<Packet, plain_batch>& packets, std::uint32_t* destinations) {
    V4Headers headers;
    for (unsigned i = 0; i < plain_batch; ++i) {
        headers.at[i] = packets[i].bytes.data();
        headers.there[i] = packets[i].there;
        headers.least[i] = least;
    }
    alignas(32) std::uint32_t one_by_one[plain_batch];
    const unsigned scalar = plain_scalar(headers, one_by_one), vector = plain(headers, destinations);
    EXPECT_EQ(vector, scalar);
    for (unsigned i = 0; i < plain_batch; ++i) EXPECT_EQ(destinations[i], one_by_one[i]) << "header " << i;
    return vector;
}

std::array<Packet, plain_batch> eight_plain_ones() {
    std::array<Packet, plain_batch> packets;
    for (unsigned i = 0; i < plain_batch; ++i) packets[i] = Packet::of(46, 0xc0000201, 0xc6336400 + i);
    return packets;
}

TEST(PlainV4, finds_all_of_eight_and_where_they_go_in_order) {
    alignas(32) std::uint32_t destinations[plain_batch];
    EXPECT_EQ(judged(eight_plain_ones(), destinations), 0xffu);
    for (unsigned i = 0; i < plain_batch; ++i) EXPECT_EQ(destinations[i], 0xc6336400 + i);
}

TEST(PlainV4, leaves_out_exactly_the_one_that_is_odd) {
    struct Oddity {
        const char* what;
        void (*make)(Packet&);
        bool sum_made_anew;
    };

    const Oddity oddities[] = {
        {"another version", [](Packet& packet) { packet.bytes[0] = 0x65; }, true},
        {"options", [](Packet& packet) { packet.bytes[0] = 0x46; }, true},
        {"a header too short", [](Packet& packet) { packet.bytes[0] = 0x44; }, true},
        {"shorter than its header", [](Packet& packet) { store_be16(&packet.bytes[2], 19); }, true},
        {"longer than the frame", [](Packet& packet) { store_be16(&packet.bytes[2], 47); }, true},
        {"much longer than the frame", [](Packet& packet) { store_be16(&packet.bytes[2], 0xffff); }, true},
        {"bytes behind its end", [](Packet& packet) { packet.there = 47; }, true},
        {"at the end of its way", [](Packet& packet) { packet.bytes[8] = 1; }, true},
        {"beyond the end of its way", [](Packet& packet) { packet.bytes[8] = 0; }, true},
        {"from this network", [](Packet& packet) { packet.bytes[12] = 0; }, true},
        {"from itself", [](Packet& packet) { packet.bytes[12] = 127; }, true},
        {"from a group", [](Packet& packet) { packet.bytes[12] = 224; }, true},
        {"from the reserved", [](Packet& packet) { packet.bytes[12] = 255; }, true},
        {"to this network", [](Packet& packet) { packet.bytes[16] = 0; }, true},
        {"to itself", [](Packet& packet) { packet.bytes[16] = 127; }, true},
        {"to a group", [](Packet& packet) { packet.bytes[16] = 239; }, true},
        {"a wrong checksum", [](Packet& packet) { packet.bytes[11] ^= 1; }, false},
        {"a changed address", [](Packet& packet) { packet.bytes[15] ^= 0x80; }, false},
    };
    for (const Oddity& oddity : oddities)
        for (unsigned odd = 0; odd < plain_batch; ++odd) {
            auto packets = eight_plain_ones();
            oddity.make(packets[odd]);
            if (oddity.sum_made_anew) packets[odd].finish();
            alignas(32) std::uint32_t destinations[plain_batch];
            EXPECT_EQ(judged(packets, destinations), 0xffu & ~(1u << odd)) << oddity.what << ", header " << odd;
        }
}

TEST(PlainV4, takes_what_is_at_the_edge) {
    auto packets = eight_plain_ones();
    packets[0] = Packet::of(20, 0x01000001, 0xdfffffff);  // nothing but a header; the first and the last unicast
    packets[1] = Packet::of(1500, 0x7e000001, 0x80000001);
    packets[2] = Packet::of(47, 0xc0000201, 0xc0000202);
    packets[3].bytes[8] = 2;
    packets[3].finish();
    alignas(32) std::uint32_t destinations[plain_batch];
    EXPECT_EQ(judged(packets, destinations), 0xffu);
}

TEST(PlainV4, agrees_with_one_by_one_on_bytes_of_all_kinds) {
    std::mt19937_64 random(20261130);
    for (unsigned round = 0; round < 200'000; ++round) {
        std::array<Packet, plain_batch> packets;
        for (Packet& packet : packets) {
            packet = Packet::of(static_cast<std::uint16_t>(random() % 80), static_cast<std::uint32_t>(random()),
                                static_cast<std::uint32_t>(random()));
            if (random() % 4 == 0) packet.there = static_cast<std::uint32_t>(42 + random() % 40);
            if (random() % 4 == 0) packet.bytes[random() % v4_header] = static_cast<std::uint8_t>(random());
            if (random() % 8 == 0) packet.finish();
        }
        alignas(32) std::uint32_t destinations[plain_batch];
        judged(packets, destinations);
        ASSERT_FALSE(HasFailure()) << "round " << round;
    }
}

}  // namespace
}  // namespace baton::ip
