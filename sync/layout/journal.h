// SPDX-License-Identifier: Apache-2.0
// The journal's bytes: a ring of records, written by the master, followed by the slave, and read by the next master.
// Positions are byte counts since the beginning of time; position p lies at data[p % capacity]; records may wrap.
//
//   base <= position of every reader that is in time <= head <= reserved
//
// base: where the latest complete snapshot begins. From base to head the journal alone recreates the whole state, so a
// board that starts cold, with nobody alive, needs nothing else. reserved is raised before bytes are overwritten: a
// reader that copied from p is safe if afterwards reserved - p <= capacity, else it was overrun ("brkt ovflow").
#pragma once

#include "sync/layout/arena.h"

namespace baton {

struct JournalRecordHeader {       // little-endian, followed by `length` bytes of payload, padded to 8
    std::uint32_t crc = 0;         // CRC-32C of all that follows, payload included
    std::uint32_t length = 0;      // of the payload, in bytes
    std::uint64_t term = 0;
    std::uint64_t sequence = 0;    // from 1, never reset
    std::uint8_t subsystem = 0;
    std::uint8_t flags = 0;        // journal_critical: a reader that does not know the subtype fails the subsystem
    std::uint16_t subtype = 0;
    std::uint32_t pad = 0;
};
template <>
struct Describe<JournalRecordHeader> {
    static constexpr std::string_view name = "JournalRecordHeader";
    static constexpr std::array fields{
        BATON_FIELD(JournalRecordHeader, crc),      BATON_FIELD(JournalRecordHeader, length),
        BATON_FIELD(JournalRecordHeader, term),     BATON_FIELD(JournalRecordHeader, sequence),
        BATON_FIELD(JournalRecordHeader, subsystem), BATON_FIELD(JournalRecordHeader, flags),
        BATON_FIELD(JournalRecordHeader, subtype),  BATON_FIELD(JournalRecordHeader, pad)};
};
static_assert(sizeof(JournalRecordHeader) == 32 && Shared<JournalRecordHeader>);

inline constexpr std::uint8_t journal_critical = 1;

struct JournalArena {
    ArenaHeader header;
    std::atomic<std::uint64_t> capacity = 0;   // of data, in bytes; set once
    std::atomic<std::uint64_t> head = 0;       // owner: master; committed
    std::atomic<std::uint64_t> reserved = 0;   // owner: master
    std::atomic<std::uint64_t> base = 0;       // owner: master; position of the latest complete snapshot
    std::atomic<std::uint64_t> sequence = 0;   // owner: master; of the last committed record
    std::atomic<std::uint64_t> term = 0;       // owner: master; that last wrote
    std::uint8_t pad[16] = {};
    // data[capacity] follows
};
template <>
struct Describe<JournalArena> {
    static constexpr std::string_view name = "JournalArena";
    static constexpr std::array fields{BATON_FIELD(JournalArena, header),   BATON_FIELD(JournalArena, capacity),
                                       BATON_FIELD(JournalArena, head),     BATON_FIELD(JournalArena, reserved),
                                       BATON_FIELD(JournalArena, base),     BATON_FIELD(JournalArena, sequence),
                                       BATON_FIELD(JournalArena, term),     BATON_FIELD(JournalArena, pad)};
};
static_assert(sizeof(JournalArena) == 128 && Shared<JournalArena>);

}  // namespace baton
