// SPDX-License-Identifier: Apache-2.0
// The fence. Takes commands out of the current term's ring and lets only those through whose own term is the current
// one, by the grant as it is read anew before each of them. So a master that was paused between "I hold the baton" and
// its store changes nothing when it wakes up: not through its own ring, which nobody reads any more, nor through its
// successor's, where its term gives it away.
#pragma once

#include "dataplane/applier/changes.h"
#include "dataplane/applier/reconcile.h"
#include "sync/channel/command_ring.h"
#include "sync/layout/baton.h"

namespace baton {

class Commands {
  public:
    Commands(const BatonPage& baton, const CommandArena& commands, TablesArena& tables, Changes& changes,
             Reconcile& reconcile)
        : baton_(&baton), reader_(commands), account_(&tables.applier), changes_(&changes), reconcile_(&reconcile) {}

    /// Deals with `most` commands at the most; how many it dealt with (refused ones too).
    unsigned take(unsigned most, Time now);

  private:
    Term granted() const { return GrantWord::of(baton_->grant.load(std::memory_order_acquire)).term; }

    void open(Term term);
    Outcome judge(const Command& command, std::uint64_t sequence, Time now);
    void skip_overrun(Term term);
    void recall(Term term, Time now);

    const BatonPage* baton_;
    CommandReader reader_;
    Applier* account_;
    Changes* changes_;
    Reconcile* reconcile_;
    bool recalled_ = false;
};

}  // namespace baton
