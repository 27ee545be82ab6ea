// SPDX-License-Identifier: Apache-2.0
// The ring between the FPM endpoint and the master: records come out as they went in, a full ring refuses and loses
// nothing, and a damaged one is given up in one piece.
#include "sync/channel/fpm_ring.h"

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <random>
#include <vector>

namespace baton {
namespace {

struct Ring {
    std::unique_ptr<FpmArena> arena = std::make_unique<FpmArena>();
    std::unique_ptr<BoardPage> a = std::make_unique<BoardPage>(), b = std::make_unique<BoardPage>();
    FpmWriter writer{*arena, *a, *b};
    std::uint64_t cursor = 0;
    bool lost = false;

    std::optional<FpmRead> read() { return read_fpm_ring(*arena, cursor, lost); }
};

std::vector<std::uint8_t> bytes_of(std::size_t size, std::uint32_t seed) {
    std::vector<std::uint8_t> out(size);
    for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::uint8_t>(seed * 31 + i);
    return out;
}

TEST(FpmRing, gives_records_out_as_they_went_in) {
    Ring ring;
    EXPECT_FALSE(ring.read());
    EXPECT_TRUE(ring.writer.push(FpmRecordKind::connected));
    EXPECT_TRUE(ring.writer.push(FpmRecordKind::message, bytes_of(61, 1)));
    EXPECT_EQ(ring.read()->kind, FpmRecordKind::connected);
    const auto message = ring.read();
    ASSERT_TRUE(message);
    EXPECT_TRUE(std::ranges::equal(message->bytes, bytes_of(61, 1)));
    EXPECT_FALSE(ring.read());
}

TEST(FpmRing, goes_round_and_refuses_when_it_is_full) {
    Ring ring;
    std::mt19937 random(3);
    std::deque<std::vector<std::uint8_t>> inside;
    std::uint32_t seed = 0;
    unsigned refused = 0;
    for (int round = 0; round < 3000; ++round) {
        for (unsigned n = random() % 40; n > 0; --n) {
            auto bytes = bytes_of(random() % fpm_message_most, ++seed);
            if (!ring.writer.push(FpmRecordKind::message, bytes)) {
                ++refused;
                break;
            }
            inside.push_back(std::move(bytes));
        }
        for (unsigned n = random() % 40; n > 0 && !inside.empty(); --n) {
            const auto read = ring.read();
            ASSERT_TRUE(read);
            ASSERT_TRUE(std::ranges::equal(read->bytes, inside.front()));
            inside.pop_front();
        }
        ring.a->fpm_cursor.store(ring.cursor);
    }
    EXPECT_GT(refused, 0u);
    EXPECT_FALSE(ring.lost);
}

TEST(FpmRing, takes_the_further_cursor_of_the_two_boards) {
    Ring ring;
    while (ring.writer.push(FpmRecordKind::message, bytes_of(1000, 1))) {
    }
    EXPECT_FALSE(ring.writer.push(FpmRecordKind::message, bytes_of(1000, 1)));
    ring.read();
    ring.b->fpm_cursor.store(ring.cursor);
    EXPECT_TRUE(ring.writer.push(FpmRecordKind::message, bytes_of(1000, 1)));
    EXPECT_EQ(fpm_cursor(*ring.a, *ring.b, ring.arena->written.load()), ring.cursor);
    EXPECT_EQ(fpm_cursor(*ring.a, *ring.b, 8), 8u) << "never beyond what was written";
}

TEST(FpmRing, is_given_up_in_one_piece_when_the_cursor_leads_to_no_record) {
    Ring ring;
    ring.writer.push(FpmRecordKind::message, bytes_of(40, 1));
    ring.cursor = 4;
    EXPECT_FALSE(ring.read());
    EXPECT_TRUE(ring.lost);
    EXPECT_EQ(ring.cursor, ring.arena->written.load());
    ring.lost = false;
    ring.writer.push(FpmRecordKind::connected);
    EXPECT_EQ(ring.read()->kind, FpmRecordKind::connected);
    EXPECT_FALSE(ring.lost);
}

TEST(FpmRing, reads_nothing_outside_whatever_lies_in_it) {
    Ring ring;
    std::mt19937 random(9);
    for (int round = 0; round < 2000; ++round) {
        for (std::size_t i = 0; i < 64; ++i) ring.arena->ring[i] = static_cast<std::uint8_t>(random());
        ring.arena->written.store(64);
        ring.cursor = random() % 9 * 8;
        while (const auto read = ring.read()) ASSERT_LE(read->bytes.data() + read->bytes.size(), ring.arena->ring + 64);
    }
}

}  // namespace
}  // namespace baton
