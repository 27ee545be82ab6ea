// SPDX-License-Identifier: Apache-2.0
// What the master knows of the other board, from its page alone: does it beat, is it ready, how far does it lag. From
// that comes "a failover now is hitless", or the sentence that says why not and what mends it; and the lines of the log
// that tell an operator how a slave comes up: initialized, each database downloaded, ready.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "controlplane/commands/switch.h"
#include "controlplane/config/since.h"
#include "controlplane/standby/subsystems.h"
#include "sync/base/log.h"
#include "sync/base/result.h"
#include "sync/base/time.h"
#include "sync/layout/journal.h"

namespace baton {

inline constexpr Duration heartbeat_fresh = seconds(1);       // the loop beats every 100 ms
inline constexpr std::uint64_t journal_lag_most = 64 * 1024;  // bytes; a slave reads them in less than a millisecond

class Peer {
  public:
    /// `representable`: could a board of that release hold the running configuration? Asked rarely, it may take
    /// milliseconds. `baton`: whether the board is plugged in.
    Peer(
        Slot slot, const BoardPage& page, const BatonPage* baton = nullptr,
        std::function<bool(config::Release)> representable = [](config::Release) { return true; })
        : slot_(slot), page_(page), baton_(baton), representable_(std::move(representable)) {}

    enum class News { none, became_ready, no_longer_ready, wants_snapshot };

    /// Samples the page. `wants_snapshot`: it cannot follow what it reads, and a snapshot would mend that; told every
    /// 10 s at the most.
    News look(Time now);

    using Line = std::pair<log::Level, std::string>;

    /// What look() saw that an operator should read, once.
    std::vector<Line> take_lines() { return std::exchange(lines_, {}); }

    bool beats(Time now) const { return seen_ && now.ns - beat_at_.ns < heartbeat_fresh.ns; }

    /// Does its page tell how it is now, and if it was pulled out, what that means for an upgrade.
    SlaveView view(Time now) const { return {beats(now), absent_because_}; }

    /// Is a failover to this board hitless? Code::not_ready with the sentence otherwise.
    Result<void> hitless(const JournalArena& journal, Time now) const;

  private:
    bool runs() const;
    void look_at_words();
    void look_at_plane(bool slave);
    bool mended_by_snapshot(Reason reason) const;

    Slot slot_;
    const BoardPage& page_;
    const BatonPage* baton_;
    std::function<bool(config::Release)> representable_;
    std::vector<Line> lines_;
    SubsystemWord words_[subsystem_count] = {};  // as they were the last time
    std::uint64_t beat_ = 0;
    std::uint64_t resyncs_ = 0;  // of this slave, the last time
    std::uint32_t pid_ = 0;
    std::uint32_t removed_pid_ = 0;  // the pid of the slave whose removal absent_because_ is about
    std::uint32_t greeted_ = 0;  // the pid whose start as a slave was told
    Time beat_at_{};
    Time snapshot_at_{};
    Reason absent_because_ = Reason::none;
    bool seen_ = false;
    bool ready_ = false;
    bool older_ = false;    // the last slave seen runs an older release: a conservative upgrade is under way
    bool plugged_ = false;  // its plane was working
};

/// What mends a subsystem that is not ready for this reason.
std::string_view remedy(Reason reason);

}  // namespace baton
