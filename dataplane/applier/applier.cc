// SPDX-License-Identifier: Apache-2.0
#include "dataplane/applier/applier.h"

namespace baton {

ApplierRounds::ApplierRounds(Setup setup, Time now)
    : tables_(setup.tables),
      fdb_(setup.fdb),
      wake_boards_(std::move(setup.wake_boards)),
      changes_(*setup.tables, *setup.fdb, [this](PortId id, bool enabled) { links_.set_enabled(id, enabled); }),
      reconcile_(*setup.tables, changes_),
      commands_(*setup.baton, *setup.commands, *setup.tables, changes_, reconcile_),
      links_(*setup.tables, changes_, std::move(setup.ports)) {
    Applier& account = tables_->applier;
    const std::uint64_t incarnation = account.incarnation.load(std::memory_order_relaxed) + 1;
    if (incarnation == 1) account.aging_seconds.store(default_aging_seconds, std::memory_order_relaxed);
    fdb_->set_aging(account.aging_seconds.load(std::memory_order_relaxed), now);
    account.incarnation.store(incarnation, std::memory_order_release);
}

bool ApplierRounds::turn(Time now) {
    tables_->applier.heartbeat_ns.store(now.ns, std::memory_order_relaxed);
    const unsigned taken = commands_.take(most_commands, now);
    const bool sweeping = reconcile_.turn(now);
    const bool maintaining = maintain_fdb(now);
    const bool changed = links_.turn(now);
    if (taken > 0 || changed) wake_boards_();
    return taken == most_commands || sweeping || maintaining;
}

bool ApplierRounds::maintain_fdb(Time now) {
    const std::uint32_t count = tables_->applier.worker_count.load(std::memory_order_relaxed);
    std::uint64_t turns[max_workers];
    FdbWorkers workers;
    for (std::uint32_t i = 0; i < count; ++i) {
        turns[i] = tables_->workers[i].turns.load(std::memory_order_acquire);
        workers.learned += tables_->workers[i].learned.load(std::memory_order_relaxed);
        workers.full += tables_->workers[i].learn_full.load(std::memory_order_relaxed);
    }
    workers.turns = {turns, count};
    return fdb_->turn(now, workers);
}

}  // namespace baton
