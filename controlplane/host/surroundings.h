// SPDX-License-Identifier: Apache-2.0
// What a board sees around it: the shared pages it may read, its own page, and whom it can wake. Handed to the parts of
// the host by reference, so that a test can build one from plain memory.
#pragma once

#include <functional>

#include "sync/layout/acl.h"
#include "sync/layout/baton.h"
#include "sync/layout/board.h"
#include "sync/layout/fdb.h"
#include "sync/layout/fpm.h"
#include "sync/layout/journal.h"
#include "sync/layout/punt.h"
#include "sync/layout/routes.h"
#include "sync/layout/tables.h"

namespace baton {

struct Surroundings {
    Slot slot{};
    const BatonPage& baton;
    BoardPage& own;
    const BoardPage& other;
    const TablesArena& tables;
    const FdbControl& fdb;
    const PuntArena& punt;
    const RoutesControl& routes;  // begins the whole mapped arena
    const FpmArena& fpm;
    const AclArena& acl;
    std::function<void()> wake_dataplane;
    std::function<void()> wake_other;

    /// Does this board carry the baton of `term`? The applier asks the same, so a no here only saves it the refusal.
    bool carries(Term term) const {
        const auto grant = GrantWord::of(baton.grant.load(std::memory_order_acquire));
        return grant.term == term && grant.holder == slot;
    }
};

}  // namespace baton
