// SPDX-License-Identifier: Apache-2.0
// What each change of the baton cost, as the data plane counts it: the sum of every drop counter before the term began,
// and once its master had said everything and links that were reset are back. "Before" is a look at most 10 ms old, and
// not the moment of the grant, because what a hard reset loses is lost before the chassis can grant anything. Kept one
// higher than counted, so that 0 can say "not yet".
#pragma once

#include "sync/base/time.h"
#include "sync/layout/tables.h"

namespace baton {

class Toll {
  public:
    explicit Toll(TablesArena& tables) : tables_(&tables), last_(count()) {}

    /// With each round; counts when the last look is old enough.
    void look(Time now) {
        if (now - looked_ < milliseconds(10)) return;
        looked_ = now;
        last_ = count();
    }

    void term_began(Term term) const { account(term).drops_at_open.store(last_, std::memory_order_release); }

    /// `settled`: reconcile has ended, and nothing is being reset.
    void end_when(Term term, bool settled) const {
        if (!settled || account(term).drops_at_end.load(std::memory_order_relaxed) != 0) return;
        if (account(term).drops_at_open.load(std::memory_order_relaxed) == 0) return;  // began before this process did
        account(term).drops_at_end.store(count(), std::memory_order_release);
    }

  private:
    TermAccount& account(Term term) const { return tables_->applier.terms[term % 64]; }

    std::uint64_t count() const {
        std::uint64_t sum = 1;
        for (PortId port = 1; port < max_ports; ++port) {
            if (tables_->ports[port].present.load(std::memory_order_relaxed) == 0) continue;
            for (const WorkerCounters& worker : tables_->workers)
                for (std::size_t why = 0; why < drop_count; ++why)
                    sum += worker.drops[port][why].load(std::memory_order_relaxed);
        }
        return sum;
    }

    TablesArena* tables_;
    Time looked_{};
    std::uint64_t last_;
};

}  // namespace baton
