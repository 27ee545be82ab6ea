// SPDX-License-Identifier: Apache-2.0
// A slave on the journal's heels. It reads records into its replica, publishes how far it is and how each subsystem
// fares, and mends itself where it can:
//
//   overrun          "brkt ovflow": begins again at base, in bulk, and says so
//   corrupt record   "invalid brkt": stays there until the master's next snapshot has passed the place, then begins
//   again unknown record   critical: "invalid subtype"; optional: counted and passed over does not apply   "config
//   failed"; mended by the next snapshot
#pragma once

#include "controlplane/standby/replica.h"
#include "controlplane/standby/subsystems.h"
#include "sync/channel/journal.h"

namespace baton {

class Follower {
  public:
    Follower(const JournalArena& journal, BoardPage& page);

    /// Reads at most `most` records; true when there is nothing left to read (or to hope for).
    bool follow(std::size_t most);

    /// Reads to the last whole record, come what may: the last act of a slave that has been given the baton.
    void drain();

    bool caught_up() const { return caught_up_; }  // ever since the last beginning

    const JournalReader& reader() const { return reader_; }

    Replica& replica() { return replica_; }

    const Replica& replica() const { return replica_; }

    bool corrupt() const { return reader_.fault() != JournalFault::none; }

  private:
    void begin_again(Reason reason);
    void took(Replica::Took took);
    void publish();

    const JournalArena& journal_;
    BoardPage& page_;
    Subsystems subsystems_;
    JournalReader reader_;
    Replica replica_;
    Reason transfer_reason_ = Reason::none;  // why the bulk transfer that runs was needed
    bool caught_up_ = false;
};

}  // namespace baton
