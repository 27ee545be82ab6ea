// SPDX-License-Identifier: Apache-2.0
// The journal: what is written comes back, whole and in order, or the reader says what is wrong with it.
#include <gtest/gtest.h>

#include <random>

#include "tests/sync/journal/memory.h"

namespace baton {
namespace {

using namespace test;

std::string random_payload(std::mt19937_64& random, std::size_t most) {
    std::string out(random() % (most + 1), '\0');
    for (char& c : out) c = static_cast<char>(random());
    return out;
}

TEST(Journal, gives_back_random_records_over_many_wraps) {
    std::mt19937_64 random(1);
    JournalMemory memory(4096);
    JournalWriter writer(memory.arena(), 7, 0);
    JournalReader reader(memory.arena());
    std::vector<Seen> wrote, got;
    for (int i = 0; i < 20'000; ++i) {
        const std::string payload = random_payload(random, 200);
        const auto subtype = static_cast<std::uint16_t>(random());
        if (writer.used() + journal_record_size(payload.size()) > 2048) {
            writer.begin_snapshot();
            ASSERT_TRUE(writer.append(0, 1, 0, {}));
            writer.end_snapshot();
            wrote.push_back({7, writer.sequence(), 1, {}});
        }
        ASSERT_TRUE(writer.append(3, subtype, journal_critical, bytes_of(payload)));
        wrote.push_back({7, writer.sequence(), subtype, payload});
        if (random() % 4 == 0 || writer.head() - reader.position() > 1500) {
            ASSERT_EQ(read_all(reader, got), JournalRead::nothing);
        }
    }
    ASSERT_EQ(read_all(reader, got), JournalRead::nothing);
    EXPECT_EQ(got, wrote);
    EXPECT_EQ(reader.position(), memory.arena().head.load());
    EXPECT_EQ(memory.arena().sequence.load(), wrote.size());
    EXPECT_GT(memory.arena().head.load(), 100u * 4096u);
}

TEST(Journal, refuses_what_has_no_room_and_changes_nothing) {
    JournalMemory memory(4096);
    JournalWriter writer(memory.arena(), 1, 0);
    EXPECT_FALSE(writer.append(0, 1, 0, bytes_of(std::string(4096, 'x'))));
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(writer.append(0, 1, 0, bytes_of(std::string(992, 'x'))));
    const auto before = from_base(memory.arena());
    const auto refused = writer.append(0, 1, 0, {});
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().what.find("larger journal"), std::string::npos);
    EXPECT_EQ(from_base(memory.arena()), before);
    EXPECT_EQ(memory.arena().head.load(), 4096u);
}

TEST(Journal, tells_a_slow_reader_that_it_was_overrun_and_base_gives_it_the_rest) {
    JournalMemory memory(4096);
    JournalWriter writer(memory.arena(), 1, 0);
    JournalReader slow(memory.arena());
    ASSERT_TRUE(writer.append(0, 2, 0, bytes_of("first")));
    JournalRecord record;
    ASSERT_EQ(slow.next(record), JournalRead::record);
    std::vector<Seen> since_base;
    for (int i = 0; i < 100; ++i) {
        if (writer.used() > 2000) {
            writer.begin_snapshot();
            ASSERT_TRUE(writer.append(0, 1, 0, {}));
            writer.end_snapshot();
            since_base = {{1, writer.sequence(), 1, {}}};
        }
        ASSERT_TRUE(writer.append(0, 2, 0, bytes_of(std::string(100, 'y'))));
        since_base.push_back({1, writer.sequence(), 2, std::string(100, 'y')});
    }
    EXPECT_EQ(slow.next(record), JournalRead::overrun);
    EXPECT_EQ(slow.next(record), JournalRead::overrun) << "it stays so until it begins again";
    slow.restart();
    std::vector<Seen> got;
    EXPECT_EQ(read_all(slow, got), JournalRead::nothing);
    EXPECT_EQ(got, since_base);
}

TEST(Journal, finds_every_flipped_bit) {
    std::mt19937_64 random(2);
    JournalMemory memory(4096);
    JournalWriter writer(memory.arena(), 5, 40);
    std::vector<std::uint64_t> ends;
    for (int i = 0; i < 8; ++i) {
        ASSERT_TRUE(writer.append(1, 2, 1, bytes_of(random_payload(random, 40))));
        ends.push_back(writer.head());
    }
    const auto good = from_base(memory.arena());
    for (std::uint64_t byte = 0; byte < ends.back(); ++byte)
        for (int bit = 0; bit < 8; ++bit) {
            JournalMemory damaged = memory;
            damaged.data()[byte] ^= static_cast<std::uint8_t>(1u << bit);
            JournalReader reader(damaged.arena());
            std::vector<Seen> got;
            ASSERT_EQ(read_all(reader, got), JournalRead::corrupt) << "byte " << byte << " bit " << bit;
            const auto whole =
                static_cast<std::size_t>(std::upper_bound(ends.begin(), ends.end(), byte) - ends.begin());
            ASSERT_EQ(got, std::vector<Seen>(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(whole)));
        }
}

TEST(Journal, names_the_check_that_failed) {
    JournalMemory memory(4096);
    JournalWriter writer(memory.arena(), 5, 0);
    ASSERT_TRUE(writer.append(0, 2, 0, bytes_of("abc")));
    const auto fault = [](JournalMemory& journal) {
        JournalReader reader(journal.arena());
        std::vector<Seen> got;
        return read_all(reader, got) == JournalRead::corrupt ? reader.fault() : JournalFault::none;
    };
    {
        JournalMemory damaged = memory;
        damaged.data()[sizeof(JournalRecordHeader) + 1] ^= 1;
        EXPECT_EQ(fault(damaged), JournalFault::crc);
    }
    {
        JournalMemory damaged = memory;
        damaged.data()[sizeof(JournalRecordHeader) + 3] = 1;
        EXPECT_EQ(fault(damaged), JournalFault::padding);
    }
    {
        JournalMemory damaged = memory;
        damaged.data()[6] = 1;  // length + 65536
        EXPECT_EQ(fault(damaged), JournalFault::length);
    }
    {
        JournalMemory older = memory;
        JournalWriter zombie(older.arena(), 4, 1);
        ASSERT_TRUE(zombie.append(0, 2, 0, {}));
        EXPECT_EQ(fault(older), JournalFault::term);
    }
    {
        JournalMemory gap = memory;
        JournalWriter forgetful(gap.arena(), 5, 2);
        ASSERT_TRUE(forgetful.append(0, 2, 0, {}));
        EXPECT_EQ(fault(gap), JournalFault::sequence);
    }
    {
        JournalMemory behind = memory;
        JournalReader reader(behind.arena());
        JournalRecord record;
        ASSERT_EQ(reader.next(record), JournalRead::record);
        behind.arena().head.store(8);
        EXPECT_EQ(reader.next(record), JournalRead::corrupt);
        EXPECT_EQ(reader.fault(), JournalFault::position);
    }
}

TEST(Journal, shows_a_snapshot_whole_or_not_at_all) {
    JournalMemory memory(4096);
    JournalWriter writer(memory.arena(), 1, 0);
    ASSERT_TRUE(writer.append(0, 2, 0, bytes_of("before")));
    const auto before = from_base(memory.arena());
    writer.begin_snapshot();
    ASSERT_TRUE(writer.append(0, 1, 0, {}));
    ASSERT_TRUE(writer.append(0, 2, 0, bytes_of("state")));
    EXPECT_EQ(from_base(memory.arena()), before);
    writer.abort_snapshot();
    EXPECT_EQ(from_base(memory.arena()), before);
    ASSERT_TRUE(writer.append(0, 2, 0, bytes_of("after")));
    EXPECT_EQ(from_base(memory.arena()).back(), (Seen{1, 2, 2, "after"}));

    writer.begin_snapshot();
    ASSERT_TRUE(writer.append(0, 1, 0, {}));
    ASSERT_TRUE(writer.append(0, 2, 0, bytes_of("state")));
    writer.end_snapshot();
    const auto now = from_base(memory.arena());
    ASSERT_EQ(now.size(), 2u);
    EXPECT_EQ(now[0], (Seen{1, 3, 1, ""}));
    EXPECT_EQ(now[1], (Seen{1, 4, 2, "state"}));
}

TEST(Journal, reads_garbage_without_harm) {
    std::mt19937_64 random(3);
    for (int round = 0; round < 20'000; ++round) {
        JournalMemory memory(4096);
        for (std::size_t i = 0; i < 4096; i += 8) {
            const std::uint64_t word = random() % 3 ? random() % 64 : random();
            std::memcpy(memory.data() + i, &word, 8);
        }
        const auto word = [&random] { return random() % 2 ? random() % 8192 : random(); };
        memory.arena().head.store(word());
        memory.arena().base.store(word());
        memory.arena().reserved.store(word());
        JournalReader reader(memory.arena());
        JournalRecord record;
        int records = 0;
        while (reader.next(record) == JournalRead::record) ASSERT_LT(++records, 129) << "more than there is room for";
    }
}

TEST(Journal, checks_its_own_geometry) {
    JournalMemory memory(4096);
    EXPECT_TRUE(check_journal(memory.arena(), memory.size()));
    EXPECT_FALSE(check_journal(memory.arena(), memory.size() - 8));
    memory.arena().capacity.store(4100);
    EXPECT_FALSE(check_journal(memory.arena(), memory.size() + 64));
    memory.arena().capacity.store(0);
    EXPECT_FALSE(check_journal(memory.arena(), memory.size()));
}

}  // namespace
}  // namespace baton
