// SPDX-License-Identifier: Apache-2.0
// The life of a change on the master, one at a time and in order:
//
//   check on a copy -> journal (committed: from here on it survives the master) -> running configuration
//   -> commands -> every outcome is in -> answer
//
// Refused by the data plane (table full): a compensating transaction is journalled under the same token, the old
// configuration holds again, and the answer is the error. Data plane absent, or silent for a second: the answer is yes,
// because the configuration is safe and will be programmed; the outcome's text says so.
#pragma once

#include <deque>
#include <functional>
#include <string>

#include "controlplane/host/reconciler.h"
#include "controlplane/host/scribe.h"

namespace baton {

inline constexpr std::size_t changes_waiting_most = 1024;
inline constexpr Duration dataplane_patience = seconds(1);
inline constexpr std::string_view programmed_later = "The data plane is away; this is programmed when it returns.";

class Committer {
  public:
    using Done = std::function<void(Result<void>)>;

    Committer(const Surroundings& around, Term term, Databases& databases, Scribe& scribe, Programmer& programmer,
              Reconciler& reconciler)
        : around_(around),
          term_(term),
          databases_(databases),
          scribe_(scribe),
          programmer_(programmer),
          reconciler_(reconciler) {}

    void commit(config::Transaction transaction, Done done);

    /// Answers whom the data plane has kept waiting for too long. Called with every event and tick.
    void tick(Time now);

    /// Everybody who asks from now on is told to ask the next master.
    void close() { closed_ = true; }

    bool idle() const { return queue_.empty(); }

  private:
    struct Waiting {
        config::Transaction transaction;
        Done done;
    };

    void go_on();
    Result<void> start(config::Transaction& transaction, bool& answered_later);
    std::vector<Command> commands_between(const config::Running& from, const config::Running& to) const;
    void outcome(const config::Transaction& transaction, const config::Running& before, const config::Running& after,
                 std::uint64_t ticket, const std::vector<Refusal>& refusals);
    void answer(Result<void> result);
    std::string take_back(const config::Transaction& transaction, const config::Running& before,
                          const config::Running& after, const std::vector<Refusal>& refusals);

    const Surroundings& around_;
    Term term_;
    Databases& databases_;
    Scribe& scribe_;
    Programmer& programmer_;
    Reconciler& reconciler_;
    std::deque<Waiting> queue_;  // the first one is at work
    std::uint64_t ticket_ = 0;   // of the change at work; an outcome with another one comes too late to be answered
    Time deadline_ = Time::never();
    bool going_ = false;
    bool closed_ = false;
};

}  // namespace baton
