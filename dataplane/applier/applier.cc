// SPDX-License-Identifier: Apache-2.0
#include "dataplane/applier/applier.h"

#include <utility>

#include "dataplane/table/acl_maintain.h"

namespace baton {

ApplierRounds::ApplierRounds(Setup setup, Time now)
    : tables_(setup.tables),
      fdb_(setup.fdb),
      baton_(setup.baton),
      punt_(setup.punt),
      acl_(setup.acl),
      wake_boards_(std::move(setup.wake_boards)),
      routing_(*setup.tables, setup.routes, std::move(setup.send_frame)),
      changes_(
          *setup.tables, *setup.fdb, routing_, [this](PortId id, bool enabled) { links_.set_enabled(id, enabled); },
          [this](Time now) { links_.reset(now); }),
      reconcile_(*setup.tables, changes_),
      commands_(*setup.baton, *setup.commands, *setup.tables, changes_, reconcile_),
      links_(*setup.tables, changes_, std::move(setup.ports)),
      toll_(*setup.tables) {
    changes_.keep_acl(acl_);
    Applier& account = tables_->applier;
    const std::uint64_t incarnation = account.incarnation.load(std::memory_order_relaxed) + 1;
    if (incarnation == 1) account.aging_seconds.store(default_aging_seconds, std::memory_order_relaxed);
    if (tables_->fabric.usable.load(std::memory_order_relaxed) == 0)  // no master has ever said: all that are there
        tables_->fabric.usable.store(all_planes, std::memory_order_release);
    fdb_->set_aging(account.aging_seconds.load(std::memory_order_relaxed), now);
    account.incarnation.store(incarnation, std::memory_order_release);
}

bool ApplierRounds::turn(Time now) {
    tables_->applier.heartbeat_ns.store(now.ns, std::memory_order_relaxed);
    const Term before = tables_->applier.term.load(std::memory_order_relaxed);
    toll_.look(now);
    const unsigned taken = commands_.take(most_commands, now);
    const bool sweeping = reconcile_.turn(now);
    maintain_acl(now);
    account_for_terms(before);
    const bool maintaining = maintain(now);
    const bool changed = links_.turn(now);
    if (punted_since() || taken > 0 || changed) wake_boards_();
    return taken == most_commands || sweeping || maintaining;
}

/// Workers make no system calls, so it is this thread that tells the master of what they have punted: 10 ms later at
/// the most, where the master's own tick is 100.
bool ApplierRounds::punted_since() {
    if (!punt_) return false;
    std::uint64_t punted = 0;
    for (const auto& written : punt_->written) punted += written.load(std::memory_order_relaxed);
    return std::exchange(punted_, punted) != punted;
}

void ApplierRounds::account_for_terms(Term before) {
    const Applier& applier = tables_->applier;
    const Term term = applier.term.load(std::memory_order_relaxed);
    if (term != before) toll_.term_began(term);
    const bool reconciled = applier.terms[term % 64].end_of_table_ns.load(std::memory_order_relaxed) != 0;
    toll_.end_when(term, reconciled && !links_.resetting());
}

/// With it, what this round's commands said of access lists is in force.
void ApplierRounds::maintain_acl(Time now) {
    if (!acl_) return;
    acl_->publish();
    const std::uint32_t count = tables_->applier.worker_count.load(std::memory_order_relaxed);
    std::uint64_t turns[max_workers];
    for (std::uint32_t i = 0; i < count; ++i) turns[i] = tables_->workers[i].turns.load(std::memory_order_acquire);
    acl_->turn(now, {turns, count});
}

bool ApplierRounds::maintain(Time now) {
    const std::uint32_t count = tables_->applier.worker_count.load(std::memory_order_relaxed);
    std::uint64_t turns[max_workers];
    FdbWorkers workers;
    for (std::uint32_t i = 0; i < count; ++i) {
        turns[i] = tables_->workers[i].turns.load(std::memory_order_acquire);
        workers.learned += tables_->workers[i].learned.load(std::memory_order_relaxed);
        workers.full += tables_->workers[i].learn_full.load(std::memory_order_relaxed);
    }
    workers.turns = {turns, count};
    const bool more = fdb_->turn(now, workers);
    if (!routing_.routes()) return more;
    const bool master = GrantWord::of(baton_->grant.load(std::memory_order_acquire)).term != 0;
    return routing_.routes()->turn(now, workers.turns, master) || more;
}

}  // namespace baton
