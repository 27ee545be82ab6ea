// SPDX-License-Identifier: Apache-2.0
// Runs the neighbour engine on the master: punted frames, the configuration, links and time in; records, commands and
// frames out, in that order. What the engine has done is told to nobody before the journal has it: if the journal takes
// no record, it is kept and tried again, and the punted frames that led to it are not consumed.
//
// At a take-over the database is what the slave held. It is said to the data plane with everything else, as owner
// `arp`, which knows at once all that it owns; then the engine goes on with this board's view of configuration and
// links.
#pragma once

#include "controlplane/arp/machine.h"
#include "controlplane/commands/switch.h"
#include "controlplane/host/reconciler.h"
#include "controlplane/host/scribe.h"
#include "controlplane/standby/log_ring.h"
#include "sync/channel/punt_ring.h"

namespace baton {

class Neighbors {
  public:
    Neighbors(const Surroundings& around, Databases& databases, Scribe& scribe, Programmer& programmer,
              Reconciler& reconciler);

    /// Layer 3 is not preserved: nothing is known any more, and the journal says so. Before anything is said.
    void forget();

    void on_punt(const PuntedFrame& punted, Time now);

    /// Looks at the configuration, at links and at the clock. With every event and tick of the loop, once the state is
    /// complete and the ports are known.
    void look(Time now);

    /// Journals what the engine has done, then does what it wants done. False: the journal would not take it.
    bool settle(Time now);

    /// As the operator asked; how many entries there were.
    std::size_t clear(const NeighborClear& what, Time now);

  private:
    bool journal();
    void program(const arp::Actions& actions, Time now);
    void send(const arp::Frame& frame);
    void log_notes(const arp::Actions& actions, Time now);
    void follow_configuration();
    arp::Links links() const;

    const Surroundings& around_;
    Databases& databases_;
    arp::State& state_;
    Scribe& scribe_;
    Programmer& programmer_;
    Reconciler& reconciler_;
    Subsystems subsystems_;
    arp::Actions actions_;  // not yet settled
    arp::Config config_;    // that follows from the running configuration `stamp_`
    std::uint64_t stamp_ = 0;
    std::uint64_t mac_ = 0;
    std::size_t told_too_many_ = 0;  // neighbours configured, of which it was said that the journal cannot carry them
    bool running_ = false;  // the engine has been told of the take-over
    LineRate note_rate_{10, 1};
    Time complained_{};  // that the journal or the data plane would not take something
};

/// A command that tells the data plane of a neighbour, or to forget it.
Command neighbor_command(const arp::Program& program);

}  // namespace baton
