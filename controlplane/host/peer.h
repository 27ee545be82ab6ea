// SPDX-License-Identifier: Apache-2.0
// What the master knows of the other board, from its page alone: does it beat, is it ready, how far does it lag. From
// that comes "a failover now is hitless", or the sentence that says why not and what mends it.
#pragma once

#include "controlplane/standby/subsystems.h"
#include "sync/base/result.h"
#include "sync/base/time.h"
#include "sync/layout/journal.h"

namespace baton {

inline constexpr Duration heartbeat_fresh = seconds(1);       // the loop beats every 100 ms
inline constexpr std::uint64_t journal_lag_most = 64 * 1024;  // bytes; a slave reads them in less than a millisecond

class Peer {
  public:
    Peer(Slot slot, const BoardPage& page) : slot_(slot), page_(page) {}

    enum class News { none, became_ready, no_longer_ready, wants_snapshot };

    /// Samples the page. `wants_snapshot`: it cannot follow what it reads, and a snapshot would mend that; told every
    /// 10 s at the most.
    News look(Time now);

    bool beats(Time now) const { return seen_ && now.ns - beat_at_.ns < heartbeat_fresh.ns; }

    /// Is a failover to this board hitless? Code::not_ready with the sentence otherwise.
    Result<void> hitless(const JournalArena& journal, Time now) const;

  private:
    Slot slot_;
    const BoardPage& page_;
    std::uint64_t beat_ = 0;
    std::uint32_t pid_ = 0;
    Time beat_at_{};
    Time snapshot_at_{};
    bool seen_ = false;
    bool ready_ = false;
};

/// What mends a subsystem that is not ready for this reason.
std::string_view remedy(Reason reason);

}  // namespace baton
