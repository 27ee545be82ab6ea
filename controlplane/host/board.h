// SPDX-License-Identifier: Apache-2.0
// A board's life in its slot: slave first, always; master when the chassis grants the baton; then gone. The same
// process never becomes a slave again: a board that gave the baton away ends and is started anew, so no state of a
// master can survive into a slave.
//
//   hello..begin -> slave: follow the journal -> able -> grant -> take over -> master -> release -> end (exit 0)
//
// All in the main thread, on the loop. Shared pages are mapped for as long as the process lives.
#pragma once

#include <memory>

#include "controlplane/host/diagnostics.h"
#include "controlplane/host/flash_keeper.h"
#include "controlplane/host/master.h"
#include "controlplane/loop/loop.h"
#include "controlplane/standby/follower.h"
#include "sync/baton/child.h"
#include "sync/baton/watchdog.h"

namespace baton {

class SessionServer;

/// Everything that the chassis gave at the start, mapped. Throws StartupError.
struct BoardArenas {
    BoardArenas(Child& child, Slot slot);
    Mapping baton, own, other, journal, commands, tables, fdb, punt, routes, fpm, acl;
};

class Board {
  public:
    struct Choices {
        Duration watchdog_limit;
        bool follow_only = false;  // it lacks what a take-over needs
        std::string flash;         // its folder; empty: it has none
    };

    Board(Child& child, Slot slot, const Choices& choices);
    ~Board();

    int run();  // the exit code

  private:
    void on_note();
    void on_wake();
    void on_tick();
    void channel_broke();
    Reason lost_by() const;
    void work();
    void watch_the_watchdog(Time now);
    MasterHooks hooks();
    Result<void> examine(bool extended);
    void on_diagnose(bool extended);
    const config::Running& running() const;
    void take_over(Term term, Cause cause);
    void begin_hand_over();
    void hand_over_when_quiet(Time deadline);
    void end_when_granted(Time deadline);
    void finish(int code, std::string_view why);

    Child& child_;
    Slot slot_;
    BoardArenas arenas_;
    BoardPage& page_;
    Fd wake_own_, wake_other_, wake_dataplane_, session_;
    Fd journal_fd_, commands_fd_;  // writable; come with the grant
    Mapping journal_writable_, commands_writable_;
    Surroundings around_;
    Follower follower_;
    Loop loop_;
    FlashKeeper flash_;
    Watchdog watchdog_;
    Duration watchdog_limit_;
    std::uint64_t watchdog_beat_ = 0;
    Time watchdog_beat_at_{};
    unsigned watchdog_rounds_ = 0;  // of this loop since then
    Diagnostics diagnostics_;
    std::unique_ptr<Master> master_;
    std::unique_ptr<SessionServer> sessions_;
    Time tick_at_{};
    bool follow_only_ = false;
    bool able_ = false;
    bool ready_ = false;
    bool released_ = false;
    int exit_code_ = 0;
};

}  // namespace baton
