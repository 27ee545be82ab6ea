// SPDX-License-Identifier: Apache-2.0
// The master's pen: writes records to the journal, and the databases as a snapshot whenever the journal from base on
// has grown past half of its capacity. A record is committed when write() returns; the other board is then woken.
//
// A snapshot is written before a record, never after it: the databases do not hold that record yet.
#pragma once

#include <functional>

#include "controlplane/standby/snapshot.h"

namespace baton {

class Scribe {
  public:
    Scribe(JournalWriter writer, const Databases& databases, std::function<void()> wake_other)
        : writer_(std::move(writer)), databases_(databases), wake_other_(std::move(wake_other)) {}

    Result<void> write(Subsystem subsystem, std::uint16_t subtype, std::uint8_t flags, const std::string& payload);

    /// All of the databases; where it begins.
    Result<std::uint64_t> snapshot();

    /// Could a snapshot hold this configuration, and one record this payload? Called before a transaction is committed.
    /// Exact sizes are computed only when a running upper bound is no longer enough: a configuration of 10,000 entries
    /// takes milliseconds to measure.
    Result<void> fits(const config::Running& next, std::size_t payload);

    /// Could the journal hold a saved text of that size beside the rest?
    Result<void> fits_saved(config::Space space, std::size_t size);

    const JournalWriter& writer() const { return writer_; }

  private:
    std::uint64_t configuration_most(std::uint64_t saved) const;

    JournalWriter writer_;
    const Databases& databases_;
    std::function<void()> wake_other_;
    std::uint64_t configuration_bound_ = ~0ull;  // bytes of the configuration's part of a snapshot, at the most
};

}  // namespace baton
