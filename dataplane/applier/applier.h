// SPDX-License-Identifier: Apache-2.0
// The data plane's only hand on the tables beside the workers' learning: commands of the current term, the sweep behind
// end_of_table, the FDB's aging, flushes and growth, and the ports' links. A round does a bounded slice of each, so a
// sweep of a large FDB never keeps a command waiting. Runs on a housekeeping core, not in a worker; needs no EAL.
//
// With no board alive it goes on: addresses age, tables grow, links are followed; nothing else changes.
#pragma once

#include <functional>
#include <vector>

#include "dataplane/applier/commands.h"
#include "dataplane/applier/links.h"
#include "dataplane/applier/toll.h"
#include "sync/layout/punt.h"

namespace baton {

class ApplierRounds {
  public:
    struct Setup {
        const BatonPage* baton = nullptr;
        const CommandArena* commands = nullptr;
        TablesArena* tables = nullptr;
        FdbMaintenance* fdb = nullptr;
        RoutesMaintenance* routes = nullptr;
        Routing::SendFrame send_frame;
        AclMaintenance* acl = nullptr;  // null: commands about access lists are refused
        std::vector<NumberedPort> ports;
        const PuntArena* punt = nullptr;    // null: nobody wants to know what is punted before its next tick
        std::function<void()> wake_boards;  // after commands were dealt with, a link changed, or workers have punted
    };

    /// Counts a new incarnation; all else in the tables is taken as the last data plane left it. The default aging time
    /// is given when no board ever set one.
    ApplierRounds(Setup setup, Time now);
    ApplierRounds(const ApplierRounds&) = delete;
    ApplierRounds& operator=(const ApplierRounds&) = delete;

    /// One round; true when there is more to do at once, false when it may sleep until woken or 10 ms have passed.
    bool turn(Time now);

    /// Before workers start.
    void ask_all_links() { links_.ask_all(); }

    const RoutingNews& routing_news() const { return routing_.news(); }

  private:
    static constexpr unsigned most_commands = 256;  // in a round; some 50 us
    static constexpr std::uint32_t default_aging_seconds = 300;

    bool maintain(Time now);
    void maintain_acl(Time now);
    void account_for_terms(Term before);
    bool punted_since();

    TablesArena* tables_;
    FdbMaintenance* fdb_;
    const BatonPage* baton_;
    const PuntArena* punt_;
    std::uint64_t punted_ = 0;  // frames that workers had ever punted at the last look
    AclMaintenance* acl_;
    std::function<void()> wake_boards_;
    Routing routing_;
    Changes changes_;
    Reconcile reconcile_;
    Commands commands_;
    Links links_;
    Toll toll_;
};

}  // namespace baton
