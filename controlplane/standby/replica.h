// SPDX-License-Identifier: Apache-2.0
// What both boards hold: the running configuration, the outcomes, the log, the neighbours. Fed with journal records
// only, so that the slave's value is the master's by construction; the master feeds its own with what it has just
// journalled. Pure: a test makes one, gives it records, and compares.
//
// A snapshot's records gather aside and replace everything at SNAPSHOT_END. A record that cannot be taken (unknown and
// critical, or not applicable) spoils its subsystem: records for it are then passed over until the next snapshot. Whose
// fault that is, the master's release says, which it writes into every snapshot (config/since.h).
#pragma once

#include <memory>
#include <optional>

#include "controlplane/arp/state.h"
#include "controlplane/config/kept.h"
#include "controlplane/config/since.h"
#include "controlplane/standby/log_ring.h"
#include "controlplane/standby/outcomes.h"
#include "sync/channel/journal.h"
#include "sync/layout/board.h"

namespace baton {

struct Databases {
    config::Running running;
    config::KeptState kept;
    Outcomes outcomes;
    LogRing log;
    arp::State neighbors;  // its configuration and links are the master's, and no part of what is followed
};

class Replica {
  public:
    enum class Took { applied, skipped, snapshot, failed };  // snapshot: it was complete with this record

    /// `release`: what this replica knows; kinds of records that came later are unknown to it.
    explicit Replica(config::Release release = config::own_release()) : release_(release) {}

    Took apply(const JournalRecord& record);

    config::Release writer_release() const { return writer_; }  // of the master; 0: it did not say

    const Databases& databases() const { return held_; }

    Databases& databases() { return held_; }

    bool complete() const { return snapshot_at_.has_value(); }  // a whole snapshot was taken, ever

    std::optional<std::uint64_t> snapshot_at() const { return snapshot_at_; }  // where the last one begins

    void complete_by_hand(std::uint64_t at) { snapshot_at_ = at; }  // the master wrote it itself

    Reason reason(Subsystem subsystem) const { return reasons_[static_cast<std::size_t>(subsystem)]; }

    const std::string& complaint() const { return complaint_; }  // of the last `failed`

    std::uint64_t skipped() const { return skipped_; }  // unknown optional records

    bool snapshot_differed() const { return differed_; }  // the last snapshot was not what was held

    void restart();  // what was gathered aside is dropped

  private:
    Took fail(Subsystem subsystem, Reason reason, std::string complaint);
    Took take(Subsystem subsystem, std::uint16_t subtype, const JournalRecord& record, Databases& into);
    Took unknown(const JournalRecord& record);
    Reason blame(Reason otherwise, bool change) const;
    std::optional<std::string> beyond(const config::Transaction& transaction) const;

    config::Release release_;
    config::Release writer_ = 0;
    Databases held_;
    std::unique_ptr<Databases> gathered_;  // while between SNAPSHOT_BEGIN and SNAPSHOT_END
    std::uint64_t gathered_from_ = 0;
    std::optional<std::uint64_t> snapshot_at_;
    Reason reasons_[subsystem_count] = {};
    std::string complaint_;
    std::uint64_t skipped_ = 0;
    bool differed_ = false;
};

/// What the records of those kinds do to the databases; the master does the same to its own.
void take_saved(const config::Saved& saved, Databases& into);
void take_selected(const config::Selected& selected, Databases& into);

LoggedLine logged_line(const config::LogLine& line);
config::LogLine as_message(const LoggedLine& line);

}  // namespace baton
