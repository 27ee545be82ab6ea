// SPDX-License-Identifier: Apache-2.0
// After a take-over the new master says all that its databases hold, then, for each owner, `end_of_table` into the same
// ordered ring. What no command of its term confirmed by then is stale, and is removed here a slice at a time, so that
// commands behind the marker do not wait for the sweep. An owner's marker comes when its databases are complete, or
// when the failover timer has expired; until then what it owned stays in force. Dynamic addresses are the data plane's
// own and are never swept.
#pragma once

#include <deque>
#include <vector>

#include "dataplane/applier/changes.h"

namespace baton {

class Reconcile {
  public:
    Reconcile(TablesArena& tables, Changes& changes) : tables_(&tables), changes_(&changes) {}

    /// The marker of `owner` in `term`. A sweep of the same owner that still runs is overtaken: the later one takes
    /// more.
    void begin(Owner owner, Term term, bool timed_out);

    /// A new term: its own markers will come. What is unswept stays until then.
    void stop() { sweeps_.clear(); }

    /// One slice; true while there is more. Stores TermAccount::end_of_table_ns at the end of the configuration's
    /// sweep.
    bool turn(Time now);

  private:
    struct Sweep {
        Owner owner{};
        Term term = 0;
        bool timed_out = false;
        unsigned next_vlan = max_vlans;            // VLANs are the configuration's
        std::vector<std::uint64_t> stale_statics;  // as they were at the marker; looked up again before they go
        RouteSweep routes;                         // and neighbours
        std::vector<AclRule> stale_rules;          // likewise, the one to go first comes first
        std::size_t next_rule = 0;
        std::uint64_t gone = 0;
    };

    static constexpr unsigned slice = 256;

    bool work(Sweep& sweep, unsigned& left);
    bool work_on_vlan(VlanId vlan, Term term);
    bool work_on_routes(Sweep& sweep, unsigned& left);
    void finish(const Sweep& sweep, Time now);

    TablesArena* tables_;
    Changes* changes_;
    std::deque<Sweep> sweeps_;
};

}  // namespace baton
