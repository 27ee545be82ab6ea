// SPDX-License-Identifier: Apache-2.0
#include "dataplane/applier/commands.h"

#include <utility>
#include <vector>

#include "sync/base/log.h"

namespace baton {
namespace {

void bump(std::atomic<std::uint64_t>& counter, std::uint64_t by = 1) {
    counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

}  // namespace

// `applied` is 0 before `term` shows the new term, so that its master never takes the last term's count for its own.
void Commands::open(Term term) {
    reconcile_->stop();
    changes_->routing().term_began();
    account_->applied.store(0, std::memory_order_release);
    account_->term.store(term, std::memory_order_release);
    TermAccount& account = account_->terms[term % 64];
    account.first_accept_ns.store(0, std::memory_order_relaxed);
    account.applied.store(0, std::memory_order_relaxed);
    account.end_of_table_ns.store(0, std::memory_order_relaxed);
    account.drops_at_end.store(0, std::memory_order_relaxed);  // the two of them belong to Toll
    account.drops_at_open.store(0, std::memory_order_relaxed);
    account.term.store(term, std::memory_order_release);
    log::notice("applier term={}", term);
}

unsigned Commands::take(unsigned most, Time now) {
    unsigned taken = 0;
    for (; taken < most; ++taken) {
        const Term term = granted();
        if (term == 0) break;
        if (term != account_->term.load(std::memory_order_relaxed)) open(term);
        if (!std::exchange(recalled_, true)) recall(term, now);
        skip_overrun(term);
        const std::uint64_t applied = account_->applied.load(std::memory_order_relaxed);
        Command command;
        if (!reader_.next(term, applied, command)) break;

        const Outcome outcome = judge(command, applied + 1, now);
        account_->outcomes[applied % ring_slots].store(static_cast<std::uint32_t>(outcome), std::memory_order_relaxed);
        account_->applied.store(applied + 1, std::memory_order_release);
    }
    return taken;
}

Outcome Commands::judge(const Command& command, std::uint64_t sequence, Time now) {
    if (command.term != granted()) {
        bump(account_->refused);
        return Outcome::refused_term;
    }
    if (command.sequence != sequence) return Outcome::bad_argument;
    Outcome outcome = Outcome::done;
    if (command.type != CommandType::end_of_table)
        outcome = changes_->apply(command, now);
    else if (static_cast<std::size_t>(command.owner) < owner_count)
        reconcile_->begin(command.owner, command.term, command.get<EndOfTable>().timed_out != 0);
    else
        outcome = Outcome::bad_argument;
    if (outcome != Outcome::done) return outcome;

    TermAccount& account = account_->terms[command.term % 64];
    if (account.applied.load(std::memory_order_relaxed) == 0)
        account.first_accept_ns.store(monotonic_now().ns, std::memory_order_release);
    bump(account.applied);
    return outcome;
}

// The last process may have died between a route's first next hops and the route itself. They are still in the ring, just
// behind; unless it was full and the master has written over them, and then a route that comes first may lack some.
void Commands::recall(Term term, Time now) {
    std::vector<Command> said;
    for (std::uint64_t at = account_->applied.load(std::memory_order_relaxed); at > 0 && said.size() < hops_most; --at) {
        Command command;
        if (!reader_.next(term, at - 1, command)) break;
        if (command.term != term || command.sequence != at) return changes_->routing().doubt();
        if (command.type != CommandType::route_hops) break;
        said.push_back(command);
    }
    for (; !said.empty(); said.pop_back()) changes_->apply(said.back(), now);
}

// Only a broken or forging writer runs past the ring: what it wrote over is gone, and counts as refused.
void Commands::skip_overrun(Term term) {
    const std::uint64_t applied = account_->applied.load(std::memory_order_relaxed), written = reader_.written(term);
    if (written <= applied || written - applied <= ring_slots) return;
    bump(account_->refused, written - ring_slots - applied);
    account_->applied.store(written - ring_slots, std::memory_order_release);
}

}  // namespace baton
