// SPDX-License-Identifier: Apache-2.0
// The databases as journal records: SNAPSHOT_BEGIN, the configuration as transactions, outcomes, neighbours, log lines,
// SNAPSHOT_END.
//
// Room (C is the journal's capacity): a snapshot is due when the journal from base on exceeds C/2, may take 3C/8, and
// no single record exceeds C/16; so it always fits beside what is there, and a killed one costs nothing (journal.h).
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "controlplane/standby/neighbors.h"
#include "controlplane/standby/replica.h"

namespace baton {

constexpr std::uint64_t snapshot_due(std::uint64_t capacity) {
    return capacity / 2;
}

constexpr std::uint64_t snapshot_most(std::uint64_t capacity) {
    return capacity / 8 * 3;
}

constexpr std::uint64_t record_most(std::uint64_t capacity) {
    return capacity / 16;
}

struct PlainRecord {
    Subsystem subsystem{};
    std::uint16_t subtype = 0;
    std::uint8_t flags = 0;
    std::string payload;
};

/// The payload that says who writes: of SNAPSHOT_BEGIN, and of WRITER, with which a new master of another release goes
/// on.
std::string writer_of(config::Release release);

/// How many neighbours a journal of that capacity can carry: in a snapshot they may take C/16.
constexpr std::size_t neighbors_most(std::uint64_t capacity) {
    return static_cast<std::size_t>(capacity / 16 / neighbor_record_size);
}

/// What the outcomes may take: all of them, or C/8.
constexpr std::uint64_t outcomes_most(std::uint64_t capacity) {
    return std::min<std::uint64_t>(capacity / 8, outcomes_kept * (outcome_text_size + 32));
}

/// `capacity` bounds what history may take: outcomes_most() and, of the log, C/16, the newest kept. Whoever adds
/// neighbours keeps to neighbors_most().
std::vector<PlainRecord> snapshot_of(const Databases& databases, std::uint64_t capacity,
                                     config::Release release = config::own_release());

/// The part of a snapshot that tells of configurations at rest; at most two texts of record_most() each.
std::vector<PlainRecord> kept_records(const config::KeptState& kept);

std::uint64_t journal_size(const std::vector<PlainRecord>& records);

/// Refused with a sentence (reason `memory`) when the state takes more than snapshot_most().
template <class Stores>
Result<std::uint64_t> write_snapshot(BasicJournalWriter<Stores>& writer, const std::vector<PlainRecord>& records) {
    const std::uint64_t size = journal_size(records), most = snapshot_most(writer.capacity());
    if (size > most)
        return failure(
            "the configuration takes " + std::to_string(size) + " bytes of " + std::to_string(most) +
            " that the journal has for it (reason memory); remove some, or give the chassis a larger journal");
    const std::uint64_t begin = writer.head();
    writer.begin_snapshot();
    for (const PlainRecord& record : records) {
        const auto* bytes = reinterpret_cast<const std::uint8_t*>(record.payload.data());
        const auto done = writer.append(static_cast<std::uint8_t>(record.subsystem), record.subtype, record.flags,
                                        {bytes, record.payload.size()});
        if (!done) {
            writer.abort_snapshot();
            return done.error();
        }
    }
    writer.end_snapshot();
    return begin;
}

}  // namespace baton
