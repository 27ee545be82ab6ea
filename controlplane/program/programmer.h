// SPDX-License-Identifier: Apache-2.0
// The master's queue in front of the command ring: batches go in, in order; outcomes come back, batch by batch. Nothing
// here waits: a full ring leaves commands queued until the applier has taken some, and pump() is called again (the
// applier wakes both boards after each batch).
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "sync/channel/command_ring.h"

namespace baton {

inline constexpr std::size_t commands_queued_most = 1u << 18;  // 32 MB of commands; more is an answer, not a wait

struct Refusal {
    Command command;
    Outcome outcome{};
};

class Programmer {
  public:
    using Done = std::function<void(const std::vector<Refusal>&)>;

    Programmer(CommandArena& arena, const Applier& applier, Term term) : ring_(arena, applier, term) {}

    bool has_room(std::size_t commands) const { return queued_ + commands <= commands_queued_most; }

    /// `done` is called from pump(), once, when the last of `commands` has its outcome; at once when there are none.
    void add(std::vector<Command> commands, Done done) { enter(std::move(commands), std::move(done), false); }

    /// The same, ahead of all that is not yet in the ring, be it in the middle of a batch (but not between a route and
    /// its next hops): for what cannot wait behind ten thousand commands and depends on none of them.
    void add_first(std::vector<Command> commands, Done done) { enter(std::move(commands), std::move(done), true); }

    /// Collects outcomes, then fills the ring. True when something was pushed: wake the data plane.
    bool pump();

    bool idle() const { return in_ring_.empty() && queued_ == 0; }

    std::size_t waiting() const { return in_ring_.size() + queued_; }

    std::uint64_t pushed() const { return pushed_; }

  private:
    struct Batch {
        std::vector<Command> commands;
        std::size_t next = 0;  // first not pushed
        std::size_t open = 0;  // without an outcome
        std::vector<Refusal> refusals;
        Done done;
    };

    struct InRing {
        std::uint64_t sequence = 0;
        Command command;
        std::shared_ptr<Batch> batch;
    };

    void enter(std::vector<Command> commands, Done done, bool first);
    void collect();
    void settle(Batch& batch);

    CommandWriter ring_;
    std::deque<std::shared_ptr<Batch>> queue_;  // with commands not yet pushed
    std::shared_ptr<Batch> at_work_;            // must go on before any other: its last command belongs to its next
    std::deque<InRing> in_ring_;
    std::size_t queued_ = 0;
    std::uint64_t pushed_ = 0;
};

}  // namespace baton
