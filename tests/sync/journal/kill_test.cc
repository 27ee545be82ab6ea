// SPDX-License-Identifier: Apache-2.0
// A writer is killed before each of its shared stores in turn: while it appends, while it appends across the ring's
// end, while it writes a snapshot. Whoever reads then finds the old journal or the new one and nothing between, also
// when it had been reading along; and the next writer goes on as if nothing had happened.
#include <gtest/gtest.h>

#include <random>

#include "tests/sync/journal/memory.h"

namespace baton {
namespace {

using namespace test;

struct Killed {};

/// Counts down over all stores, data words included, and dies before the one that would be the last.
struct DeadlyStores {
    long* left;

    void spend() {
        if ((*left)-- == 0) throw Killed{};
    }

    void word(std::atomic<std::uint64_t>& where, std::uint64_t value, std::memory_order order) {
        spend();
        where.store(value, order);
    }

    void data(std::uint64_t& where, std::uint64_t value) {
        spend();
        std::atomic_ref<std::uint64_t>(where).store(value, std::memory_order_relaxed);
    }
};

using DeadlyWriter = BasicJournalWriter<DeadlyStores>;

constexpr std::uint16_t snapshot_begin = 1, state = 2;

/// What a board knows of the journal: its last sequence, and where its last whole snapshot begins.
struct Known {
    std::uint64_t sequence = 0;
    std::optional<std::uint64_t> snapshot;
};

Known know(const JournalArena& arena) {
    Known known;
    JournalReader reader(arena);
    JournalRecord record;
    while (reader.next(record) == JournalRead::record) {
        known.sequence = record.sequence;
        if (record.subtype == snapshot_begin) known.snapshot = record.position;
    }
    return known;
}

template <class Writer>
void write_snapshot(Writer& writer, int records) {
    writer.begin_snapshot();
    (void)writer.append(0, snapshot_begin, 0, {});
    for (int i = 1; i < records; ++i) (void)writer.append(0, state, 0, bytes_of(std::string(30, 's')));
    writer.end_snapshot();
}

/// A journal whose head lies `offset` bytes (or up to a record more) into the ring, some laps on.
JournalMemory prepared(std::uint64_t offset, std::mt19937_64& random) {
    JournalMemory memory(4096);
    JournalWriter writer(memory.arena(), 3, 0);
    write_snapshot(writer, 2);
    while (writer.head() < 2 * 4096 + offset) {
        if (writer.used() > 1500) write_snapshot(writer, 2);
        EXPECT_TRUE(writer.append(0, state, 0, bytes_of(std::string(random() % 60, 'p'))));
    }
    return memory;
}

template <class Operation>
void kill_everywhere(std::uint64_t offset, Operation operation) {
    std::mt19937_64 random(offset);
    JournalMemory start = prepared(offset, random);
    const auto old_records = from_base(start.arena());
    const std::uint64_t old_head = start.arena().head.load();

    JournalMemory finished = start;
    const Known known = know(finished.arena());
    long plenty = 1'000'000;
    DeadlyWriter lucky(finished.arena(), 4, known.sequence, known.snapshot, DeadlyStores{&plenty});
    operation(lucky);
    const long stores = 1'000'000 - plenty;
    const auto new_records = from_base(finished.arena());
    std::vector<Seen> all = old_records;  // with a snapshot committed, but base not yet stored
    {
        JournalMemory unbased = finished;
        unbased.arena().base.store(start.arena().base.load());
        all = from_base(unbased.arena());
    }
    ASSERT_GT(stores, 4);
    ASSERT_NE(new_records, old_records);

    for (long n = 0; n < stores; ++n) {
        JournalMemory memory = start;
        JournalReader along(memory.arena());  // a slave that has read everything so far
        std::vector<Seen> followed;
        ASSERT_EQ(read_all(along, followed), JournalRead::nothing);
        long left = n;
        try {
            DeadlyWriter victim(memory.arena(), 4, known.sequence, known.snapshot, DeadlyStores{&left});
            operation(victim);
            FAIL() << "store " << n << " of " << stores << " did not come";
        } catch (const Killed&) {
        }

        const auto found = from_base(memory.arena());
        ASSERT_TRUE(found == old_records || found == new_records || found == all) << "killed before store " << n;
        const bool committed = memory.arena().head.load() != old_head;
        ASSERT_EQ(read_all(along, followed), JournalRead::nothing);
        ASSERT_EQ(followed, committed ? all : old_records);

        const Known now = know(memory.arena());
        JournalWriter next(memory.arena(), 5, now.sequence, now.snapshot);
        ASSERT_TRUE(next.append(0, state, 0, bytes_of("next")));
        auto expected = committed ? new_records : old_records;
        expected.push_back({5, now.sequence + 1, state, "next"});
        ASSERT_EQ(from_base(memory.arena()), expected) << "killed before store " << n;
        ASSERT_EQ(read_all(along, followed), JournalRead::nothing);
        ASSERT_EQ(followed.back(), expected.back());
    }
}

TEST(JournalKill, append_leaves_old_or_new) {
    for (const std::size_t size : {0u, 1u, 8u, 100u})
        kill_everywhere(
            1000, [size](DeadlyWriter& writer) { (void)writer.append(0, state, 0, bytes_of(std::string(size, 'a'))); });
}

TEST(JournalKill, append_across_the_end_leaves_old_or_new) {
    for (std::uint64_t before_end = 16; before_end <= 240; before_end += 16)
        kill_everywhere(4096 - before_end, [](DeadlyWriter& writer) {
            (void)writer.append(0, state, 0, bytes_of(std::string(200, 'w')));
        });
}

TEST(JournalKill, snapshot_leaves_old_or_new) {
    for (const std::uint64_t offset : {500u, 3900u, 4080u})
        kill_everywhere(offset, [](DeadlyWriter& writer) { write_snapshot(writer, 6); });
}

TEST(JournalKill, many_killed_snapshots_cost_no_room) {
    std::mt19937_64 random(9);
    JournalMemory memory = prepared(100, random);
    for (int i = 0; i < 1000; ++i) {
        const Known known = know(memory.arena());
        long left = 40;
        try {
            DeadlyWriter victim(memory.arena(), 4, known.sequence, known.snapshot, DeadlyStores{&left});
            write_snapshot(victim, 20);
            FAIL() << "it was meant to die";
        } catch (const Killed&) {
        }
    }
    const Known known = know(memory.arena());
    JournalWriter writer(memory.arena(), 5, known.sequence, known.snapshot);
    write_snapshot(writer, 20);
    EXPECT_EQ(from_base(memory.arena()).size(), 20u);
}

}  // namespace
}  // namespace baton
