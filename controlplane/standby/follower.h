// SPDX-License-Identifier: Apache-2.0
// A slave on the journal's heels. It reads records into its replica, publishes how far it is and how each subsystem
// fares, and mends itself where it can:
//
//   overrun          "brkt ovflow"      begins again at base, in bulk, and says so
//   corrupt record   "invalid brkt"     stays there until the master's next snapshot has passed the place, then begins
//   again unknown record   critical: "invalid subtype", or from a newer master "rev(M) > rev(S)" or "config command";
//   optional:
//                    counted and passed over
//   does not apply   "config failed"    mended by the next snapshot
//   no memory        "memory"           drops what it gathered, and begins again every 10 s
//
// Why a transfer became necessary stays its reason until it is ready, and the old reason after that.
#pragma once

#include "controlplane/standby/replica.h"
#include "controlplane/standby/subsystems.h"
#include "sync/base/time.h"
#include "sync/channel/journal.h"

namespace baton {

class Follower {
  public:
    /// `why`: the reason for the first transfer, when the board was lost for one ("keepalive", "watchdog"); otherwise
    /// what its last process left in the page. `release`: what it is able to understand.
    Follower(const JournalArena& journal, BoardPage& page, Reason why = Reason::none,
             config::Release release = config::own_release());

    /// Reads at most `most` records, for 5 ms at the most; true when there is nothing left to read (or to hope for).
    bool follow(std::size_t most);

    /// Reads to the last whole record, come what may: the last act of a slave that has been given the baton.
    void drain();

    bool caught_up() const { return caught_up_; }  // ever since the last beginning

    const JournalReader& reader() const { return reader_; }

    Replica& replica() { return replica_; }

    const Replica& replica() const { return replica_; }

    bool short_of_memory() const { return memory_at_.has_value(); }  // what it holds is not what the master had

    bool corrupt() const { return reader_.fault() != JournalFault::none; }

  private:
    void begin_again(Reason reason);
    void begin_transfer(const JournalRecord& first);
    bool read(std::size_t most);
    void out_of_memory();
    void took(Replica::Took took);
    void publish();

    const JournalArena& journal_;
    BoardPage& page_;
    Subsystems subsystems_;
    JournalReader reader_;
    Replica replica_;
    Reason transfer_reason_ = Reason::none;  // why the bulk transfer that runs was needed
    bool caught_up_ = false;
    bool transferring_ = false;
    std::optional<Time> memory_at_;    // there was none: tries again then
    std::unique_ptr<char[]> reserve_;  // given up when there is none, so that the rest of the board can say so
};

}  // namespace baton
