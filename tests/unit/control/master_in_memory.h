// SPDX-License-Identifier: Apache-2.0
// Two boards' shared world in plain memory: a journal, a data plane, pages, and whoever is master in it. No process, no
// loop: the test calls what the loop would.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "controlplane/host/master.h"
#include "controlplane/standby/follower.h"
#include "sync/baton/heartbeat.h"
#include "tests/sync/journal/memory.h"
#include "tests/unit/control/dataplane_in_memory.h"
#include "tests/unit/control/random_changes.h"

namespace baton::test {

class World {
  public:
    explicit World(std::uint64_t capacity = 256 * 1024) : journal(capacity) {
        for (const std::uint32_t slot : {0u, 1u}) {
            pages[slot].pid.store(100 + slot);
            baton->board_pid[slot].store(100 + slot);
        }
    }

    /// The board in `slot` is given the baton: what host/board.cc does, without processes.
    Master& take_over(Slot slot, const config::Consequences& consequences = {}) {
        master.reset();
        around.reset();
        ++term;
        baton->grant.store(GrantWord{term, slot}.word());
        dataplane.open_ring(term);
        BoardPage &own = pages[index_of(slot)], &peer = pages[index_of(other(slot))];
        around.reset(new Surroundings{slot, *baton, own, peer, dataplane.tables(), *fdb, *punt, dataplane.routes(),
                                      *fpm, dataplane.acl(), [this] { ++dataplane_wakes; }, [this] { ++other_wakes; }});
        follower = std::make_unique<Follower>(journal.arena(), own);
        follower->drain();
        own.role.store(BoardRole::master);
        peer.role.store(BoardRole::starting);
        slave.reset();
        master = std::make_unique<Master>(
            *around, term, journal.arena(), dataplane.commands(), follower->replica(), follower->reader().sequence(),
            consequences,
            MasterHooks{[this] { ++hand_overs; }, [](Slot, bool) { return true; }, [this] { return flash; }, nullptr,
                        [](bool) { return Result<void>(); }, [this](Slot, bool) { return ++diagnoses, true; }});
        return *master;
    }

    /// The other board comes up as a slave and follows.
    Follower& start_slave() {
        BoardPage& page = pages[index_of(other(around->slot))];
        page.role.store(BoardRole::slave);
        slave = std::make_unique<Follower>(journal.arena(), page);
        slave->drain();
        return *slave;
    }

    /// Rounds of everybody's work until nothing moves.
    void settle() {
        for (int i = 0; i < 50; ++i) {
            dataplane.step();
            if (slave) {
                slave->drain();
                beat(pages[index_of(other(around->slot))], CriticalThread::loop);
            }
            master->on_wake(monotonic_now());
        }
    }

    /// Commits and settles; what the operator is told: "ok" or the sentence.
    std::string change(const std::vector<config::Change>& changes, std::uint64_t token = 0,
                       const std::string& text = {}) {
        config::Transaction transaction;
        for (const auto& change : changes) *transaction.add_changes() = change;
        transaction.set_token(token);
        transaction.set_text(text);
        std::string answer = "unanswered";
        master->commit(transaction, [&answer](Result<void> result) { answer = result ? "ok" : result.error().what; });
        settle();
        return answer;
    }

    JournalMemory journal;
    DataplaneInMemory dataplane;
    std::unique_ptr<BatonPage> baton = std::make_unique<BatonPage>();
    std::unique_ptr<FdbControl> fdb = std::make_unique<FdbControl>();
    std::unique_ptr<PuntArena> punt = std::make_unique<PuntArena>();
    std::unique_ptr<FpmArena> fpm = std::make_unique<FpmArena>();
    BoardPage pages[2];
    std::unique_ptr<Surroundings> around;
    std::unique_ptr<Follower> follower;  // the master's own, from before it was master
    std::unique_ptr<Master> master;
    std::unique_ptr<Follower> slave;
    Term term = 0;
    std::optional<config::Running> flash;  // of whoever takes over
    int diagnoses = 0;
    int dataplane_wakes = 0, other_wakes = 0, hand_overs = 0;
};

}  // namespace baton::test
