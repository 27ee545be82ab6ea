// SPDX-License-Identifier: Apache-2.0
#include "controlplane/host/diagnostics.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "controlplane/standby/replica.h"
#include "sync/base/crc32c.h"

namespace baton {
namespace {

constexpr Duration every = seconds(1);
constexpr int share = 200;  // of the time at most 1/200 is spent here: 10,000 lines take some milliseconds to write out

std::uint32_t crc_of(const config::Running& running) {
    std::uint32_t crc = 0;
    for (const auto& change : running.as_changes()) {
        const std::string bytes = change.SerializeAsString();
        crc = crc32c({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, crc);
    }
    return crc;
}

}  // namespace

Diagnostics::Diagnostics(const std::vector<Arena>& arenas) {
    for (const Arena& arena : arenas) {
        Known& known = arenas_.emplace_back();
        known.arena = arena;
        std::memcpy(known.bytes, arena.header, sizeof known.bytes);
    }
}

std::optional<std::string> Diagnostics::normal(const config::Running& running) {
    for (const Known& known : arenas_)
        if (std::memcmp(known.bytes, known.arena.header, sizeof known.bytes) != 0)
            return "diagnostics: the header of arena " + known.arena.name + " was overwritten";
    const std::uint32_t crc = crc_of(running);
    if (running.stamp() == stamp_ && crc != crc_) {
        char text[96];
        std::snprintf(text, sizeof text, "diagnostics: the configuration in memory was damaged (CRC %08x, now %08x)",
                      crc_, crc);
        return text;
    }
    stamp_ = running.stamp();
    crc_ = crc;
    return std::nullopt;
}

std::optional<std::string> Diagnostics::background(const config::Running& running, Time now) {
    if (now < (running.stamp() == stamp_ ? due_ : changed_due_)) return std::nullopt;
    const Time began = monotonic_now();
    auto wrong = normal(running);
    const Duration took = monotonic_now() - began;
    changed_due_ = now + Duration{took.ns * share};
    due_ = std::max(changed_due_, now + every);
    return wrong;
}

Diagnostics::Journal Diagnostics::extended(const config::Running& running, const JournalArena& journal,
                                           std::uint64_t sequence) {
    Replica replica;
    JournalReader reader(journal);
    while (reader.sequence() < sequence) {
        JournalRecord record;
        switch (reader.next(record)) {
            case JournalRead::record: replica.apply(record); break;
            case JournalRead::nothing:
            case JournalRead::overrun: return Journal::unsettled;
            case JournalRead::corrupt: return Journal::damaged;
        }
    }
    if (reader.sequence() != sequence || !replica.complete()) return Journal::unsettled;
    return replica.databases().running == running ? Journal::agrees : Journal::differs;
}

}  // namespace baton
