// SPDX-License-Identifier: Apache-2.0
// The master's reader of what zebra says: FPM messages from the ring, at a cursor of its own, become commands of owner
// `routing`, and the cursor moves when their outcomes are in. So a master that dies leaves nothing behind that was said
// and not done; the next one goes on at the cursor and does the last few messages again, which say what shall be.
//
// Routes are therefore in no journal and in no board's memory: a million of them cost a board nothing, and a take-over
// has nothing to say. What of them may go, and when, is controlplane/route/generation.h.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "controlplane/commands/switch.h"
#include "controlplane/host/reconciler.h"
#include "controlplane/route/commands.h"
#include "controlplane/route/generation.h"
#include "sync/channel/fpm_ring.h"

namespace baton {

class RouteStream {
  public:
    RouteStream(const Surroundings& around, Programmer& programmer, Reconciler& reconciler,
                const config::Running& running);

    /// Goes on where the last master stopped. Before the reconciler says anything.
    void take_up(Time now);

    void on_wake(Time now);

    /// Reads no more: the baton is about to go. What was read is still dealt with.
    void stop() { stopped_ = true; }

    FpmView view(Time now) const;

  private:
    /// Messages that were turned into commands together.
    struct Batch {
        std::uint64_t cursor = 0;  // behind its last message
        zebra::Generation generation;
        bool done = false;
    };

    static constexpr unsigned records_a_batch = 256;
    static constexpr std::size_t batches_most = 8, commands_waiting_most = 8192;

    bool read_batch(Time now);
    void read_message(std::span<const std::uint8_t> bytes, Time now);
    void tell(const zebra::Change& change);
    void act(zebra::Deed deed);
    void flush();
    void settled(Batch& batch, const std::vector<Refusal>& refusals);
    void complain(Time now);
    bool all_read() const;
    Duration patience() const;

    const Surroundings& around_;
    Programmer& programmer_;
    Reconciler& reconciler_;
    const config::Running& running_;
    zebra::Interfaces interfaces_;
    zebra::Generation generation_;
    std::uint64_t cursor_ = 0;
    std::vector<Command> commands_;  // of the batch that is being made
    std::deque<std::shared_ptr<Batch>> batches_;
    zebra::Frame frame_;  // its memory is used again
    FpmView counts_;
    std::uint64_t refused_told_ = 0, faults_told_ = 0;
    Time complain_at_{};
    bool stopped_ = false;
};

}  // namespace baton
