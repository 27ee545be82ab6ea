// SPDX-License-Identifier: Apache-2.0
#include "controlplane/program/programmer.h"

#include <utility>

namespace baton {

void Programmer::settle(Batch& batch) {
    if (batch.open != 0 || !batch.done) return;
    const Done done = std::exchange(batch.done, nullptr);
    done(batch.refusals);
}

void Programmer::enter(std::vector<Command> commands, Done done, bool first) {
    auto batch = std::make_shared<Batch>();
    batch->commands = std::move(commands);
    batch->open = batch->commands.size();
    batch->done = std::move(done);
    queued_ += batch->open;
    if (batch->open == 0)
        settle(*batch);
    else if (first)
        queue_.push_front(std::move(batch));
    else
        queue_.push_back(std::move(batch));
}

/// Outcomes are read before the slots can be used again, because only pump() pushes, and it collects first.
void Programmer::collect() {
    while (!in_ring_.empty()) {
        const Outcome outcome = ring_.outcome(in_ring_.front().sequence);
        if (outcome == Outcome::pending) return;
        const InRing taken = std::move(in_ring_.front());
        in_ring_.pop_front();
        if (outcome != Outcome::done) taken.batch->refusals.push_back({taken.command, outcome});
        --taken.batch->open;
        settle(*taken.batch);  // may add() more
    }
}

bool Programmer::pump() {
    collect();
    bool pushed = false;
    std::size_t room = queue_.empty() ? 0 : ring_.room();
    while (!queue_.empty() && room > 0) {
        if (!at_work_) at_work_ = queue_.front();
        const std::shared_ptr<Batch> batch = at_work_;
        bool whole = true;  // nothing that was pushed waits for what comes behind it
        do {
            const Command& command = batch->commands[batch->next];
            const std::uint64_t sequence = ring_.push(command.type, command.owner, command.body);
            if (sequence == 0) return pushed;
            in_ring_.push_back({sequence, command, batch});
            --queued_;
            ++batch->next;
            --room;
            pushed = true;
            ++pushed_;
            whole = command.type != CommandType::route_hops;
        } while (batch->next < batch->commands.size() && room > 0);
        if (whole || batch->next == batch->commands.size()) at_work_.reset();
        if (batch->next == batch->commands.size()) std::erase(queue_, batch);
    }
    return pushed;
}

}  // namespace baton
