// SPDX-License-Identifier: Apache-2.0
// A damaged or hostile journal: any bytes as its data, any words as its head, base and reserved. The reader must never
// read outside it, never go round for ever, and never give out a record whose check sum it did not see; a replica fed
// with what it gives out must hold a configuration, and neighbours, that can be told again.
//
// Input: 1 byte of flags, 3 words of 2 bytes (head, base, reserved, in units of 8 bytes), then data, repeated to fill
// the ring. Flag 1 mends the check sums first, so that what lies behind them is reached too.
#include <cstdlib>
#include <cstring>
#include <vector>

#include "controlplane/standby/neighbors.h"
#include "controlplane/standby/replica.h"
#include "sync/channel/journal.h"

namespace {

using namespace baton;

constexpr std::uint64_t capacity = 4096;

struct Ring {
    JournalArena arena;
    std::uint8_t data[capacity];
};

void must(bool holds) {
    if (!holds) std::abort();
}

void mend_check_sums(Ring& ring, std::uint64_t from, std::uint64_t head) {
    std::vector<std::uint8_t> copy;
    while (from < head) {
        JournalRecordHeader header;
        const auto byte = [&ring](std::uint64_t at) -> std::uint8_t& { return ring.data[at % capacity]; };
        auto* bytes = reinterpret_cast<std::uint8_t*>(&header);
        for (std::size_t i = 0; i < sizeof header; ++i) bytes[i] = byte(from + i);
        header.length %= 512;
        header.pad = 0;
        for (std::size_t i = 0; i < sizeof header; ++i) byte(from + i) = bytes[i];
        copy.assign(bytes, bytes + sizeof header);
        for (std::uint64_t i = 0; i < header.length; ++i) copy.push_back(byte(from + sizeof header + i));
        const std::uint64_t size = journal_record_size(header.length);
        for (std::uint64_t i = sizeof header + header.length; i < size; ++i) byte(from + i) = 0;
        header.crc = crc32c({copy.data() + 4, copy.size() - 4});
        for (std::size_t i = 0; i < 4; ++i) byte(from + i) = bytes[i];
        from += size;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
    if (size < 8) return 0;
    alignas(64) static Ring ring;
    const auto word = [input](std::size_t at) {
        return std::uint64_t{input[at]} * 8 + std::uint64_t{input[at + 1]} * 2048;
    };
    new (&ring.arena) JournalArena;
    ring.arena.capacity.store(capacity);
    ring.arena.head.store(word(1));
    ring.arena.base.store(word(3));
    ring.arena.reserved.store(word(5));
    for (std::uint64_t i = 0; i < capacity; ++i) ring.data[i] = input[7 + i % (size - 7)];
    if (input[0] & 1 && word(1) > word(3) && word(1) - word(3) <= capacity) mend_check_sums(ring, word(3), word(1));

    JournalReader reader(ring.arena);
    Replica replica;
    JournalRecord record;
    std::uint64_t sequence = 0, records = 0;
    while (reader.next(record) == JournalRead::record) {
        must(++records <= capacity / sizeof(JournalRecordHeader));
        must(record.payload.size() <= capacity - sizeof(JournalRecordHeader));
        must(records == 1 || record.sequence == sequence + 1);
        sequence = record.sequence;
        replica.apply(record);
    }
    const auto& running = replica.databases().running;
    config::Running again;
    must(running == again || again.replay(running.as_changes()).has_value());
    must(running == again);
    const auto& neighbors = replica.databases().neighbors.database;
    arp::Database told;
    for (const auto& some : neighbors_messages(neighbors, 512)) must(take_neighbors(some, told));
    must(told == neighbors);
    return 0;
}
