// SPDX-License-Identifier: Apache-2.0
// The journal between processes: a child writes as fast as it can into a small ring, is killed at a random moment and
// replaced, while this process follows. What it reads is in order, whole, and never torn, however often it is overrun.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>

#include "sync/base/time.h"
#include "tests/sync/journal/memory.h"

namespace baton {
namespace {

constexpr std::uint64_t capacity = 16384;

/// A payload that can be checked alone: its length and every byte follow from the record's sequence.
std::string payload_of(std::uint64_t sequence) {
    return std::string(sequence * 7 % 150, static_cast<char>('a' + sequence % 26));
}

void write_for_ever(JournalArena& arena, Term term) {
    std::uint64_t last = 0;
    std::optional<std::uint64_t> snapshot;
    JournalReader reader(arena);
    JournalRecord record;
    while (reader.next(record) == JournalRead::record) {
        last = record.sequence;
        if (record.subtype == 1) snapshot = record.position;
    }
    JournalWriter writer(arena, term, last, snapshot);
    while (true) {
        if (writer.used() > capacity / 2) {
            writer.begin_snapshot();
            (void)writer.append(0, 1, 0, test::bytes_of(payload_of(writer.sequence() + 1)));
            writer.end_snapshot();
        }
        (void)writer.append(0, 2, 0, test::bytes_of(payload_of(writer.sequence() + 1)));
    }
}

TEST(JournalProcess, is_never_torn_for_a_reader_elsewhere_though_writers_are_killed) {
    const std::size_t size = sizeof(JournalArena) + capacity;
    void* address = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(address, MAP_FAILED);
    auto* arena = ::new (address) JournalArena;
    arena->header.total_size = size;
    format_journal(*arena);

    std::mt19937_64 random(4);
    JournalReader reader(*arena);
    std::uint64_t records = 0, overruns = 0;
    for (Term term = 1; term <= 40; ++term) {
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) write_for_ever(*arena, term);
        const Time until = monotonic_now() + milliseconds(5 + static_cast<std::int64_t>(random() % 20));
        const auto follow = [&] {
            JournalRecord record;
            switch (reader.next(record)) {
                case JournalRead::record:
                    ++records;
                    ASSERT_EQ((std::string{record.payload.begin(), record.payload.end()}), payload_of(record.sequence));
                    ASSERT_LE(record.term, term);
                    break;
                case JournalRead::overrun:
                    ++overruns;
                    reader.restart();
                    break;
                case JournalRead::corrupt: FAIL() << "corrupt: " << name_of(reader.fault()); break;
                case JournalRead::nothing: break;
            }
        };
        while (monotonic_now() < until && !HasFatalFailure()) follow();
        ASSERT_EQ(::kill(child, SIGKILL), 0);
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        while (reader.position() != arena->head.load() && !HasFatalFailure()) follow();
        if (HasFatalFailure()) break;
    }
    EXPECT_GT(records, 1000u);
    RecordProperty("records", static_cast<int>(records));
    RecordProperty("overruns", static_cast<int>(overruns));
    std::printf("records=%lu overruns=%lu head=%lu\n", records, overruns, arena->head.load());
    ::munmap(address, size);
}

}  // namespace
}  // namespace baton
