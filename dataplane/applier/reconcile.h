// SPDX-License-Identifier: Apache-2.0
// After a take-over the new master says all that its databases hold, then `end_of_table` into the same ordered ring.
// What no command of its term confirmed by then is stale, and is removed here a slice at a time, so that commands
// behind the marker do not wait for the sweep. Dynamic addresses are the data plane's own and are never swept.
#pragma once

#include <vector>

#include "dataplane/applier/changes.h"

namespace baton {

class Reconcile {
  public:
    Reconcile(TablesArena& tables, Changes& changes) : tables_(&tables), changes_(&changes) {}

    /// The marker of `owner` in `term`. One that is still being swept for is overtaken: the later term's sweeps more.
    void begin(Owner owner, Term term);

    /// A new term: its own marker will come. What is unswept stays until then.
    void stop() { next_vlan_ = 0; }

    /// One slice; true while there is more. Stores TermAccount::end_of_table_ns at the end.
    bool turn(Time now);

  private:
    static constexpr unsigned slice = 256;

    TablesArena* tables_;
    Changes* changes_;
    Term term_ = 0;
    unsigned next_vlan_ = 0;                    // 0: nothing to do
    std::vector<std::uint64_t> stale_statics_;  // as they were at the marker; looked up again before they go
};

}  // namespace baton
