// SPDX-License-Identifier: Apache-2.0
// A board's look at itself: is what it holds in memory still what was put there? Every second in the background, soon
// after a change (what is damaged before its CRC is taken is taken for what was put there), and when `run diagnostics`
// asks. What it looks at can really break (a wild pointer, a flipped bit), and a board that has
// lost its memory must not go on: it says dying words with cause `diagnostic` and ends, and the chassis takes its
// fabric plane out of use.
//
//   arena headers    all 64 bytes of each, as they were when the board mapped them
//   configuration    the CRC of the running configuration: it may change by a change only (Running::stamp)
//   journal          extended only: the configuration that a cold board would read there is the one held here
//
// A damaged journal is the shared memory's fault and not this board's: that is told apart, and the master's next
// snapshot mends it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controlplane/config/running.h"
#include "sync/base/time.h"
#include "sync/layout/journal.h"

namespace baton {

class Diagnostics {
  public:
    struct Arena {
        std::string name;
        const ArenaHeader* header;
    };

    explicit Diagnostics(const std::vector<Arena>& arenas);

    /// Examines headers and configuration when that is due; what is wrong, if anything is.
    std::optional<std::string> background(const config::Running& running, Time now);

    /// The same at once.
    std::optional<std::string> normal(const config::Running& running);

    enum class Journal { agrees, differs, damaged, unsettled };

    /// Does the journal from base to the record `sequence` make this configuration? `unsettled`: it could not be read
    /// so far, as the master went on writing; ask again.
    static Journal extended(const config::Running& running, const JournalArena& journal, std::uint64_t sequence);

  private:
    struct Known {
        Arena arena;
        unsigned char bytes[sizeof(ArenaHeader)];
    };

    std::vector<Known> arenas_;
    std::uint64_t stamp_ = 0;
    std::uint32_t crc_ = 0;
    Time due_{};          // the next look in the background
    Time changed_due_{};  // the same, at a configuration that has changed since the last one
};

}  // namespace baton
