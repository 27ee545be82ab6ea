// SPDX-License-Identifier: Apache-2.0
// Before a flow starts, the switch must know where its destination is, or its first frames flood and would be booked as
// a fault. Warm-up announces the destinations (a frame from them, sent into the end where they live) and sends one
// probe of each flow, again and again, until the probe comes out where it should and nowhere else; then the flow may
// start. That waits for links and for the switch itself as well. Probes and announcements are never booked. Where a
// routed flow goes, hosts show themselves (hosts.h); here it is only probed.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bench/tester/end.h"
#include "bench/tester/frame.h"
#include "bench/tester/plan.h"

namespace baton::tester {

using Ends = std::vector<std::unique_ptr<End>>;

/// Sends one frame of the least size at once; false when the end has no room.
bool emit(Ends& ends, const Place& from, const Mac& to, const Mac& source, const Stamp& stamp);

class Warmup {
  public:
    enum class State { going, ready, failed };

    Warmup(const Plan& plan, std::vector<unsigned> flows, std::uint16_t run, Time now);

    State step(Ends& ends, Time now);

    /// A probe or an announcement came out of `end`.
    void arrived(unsigned end, const Looked& seen);

    const std::vector<unsigned>& flows() const { return flows_; }

    /// Which probe did not pass, and how: a sentence, when failed.
    std::string complaint() const;

  private:
    enum class Phase { announce, probe, evaluate, show_all, settle };

    bool passed(std::size_t which) const;
    void probe(Ends& ends, unsigned flow, Time now) const;
    bool show_all(Ends& ends, Time now);

    const Plan* plan_;
    std::vector<unsigned> flows_;
    std::vector<std::vector<unsigned>> seen_;  // [which][end]: copies of this round's probe, in the right VLAN
    std::vector<bool> wrong_form_;
    std::uint16_t run_;
    Phase phase_ = Phase::announce;
    std::uint64_t round_ = 0;
    Time next_, give_up_;
    std::size_t shown_flow_ = 0;
    std::uint64_t shown_ = 0;
};

}  // namespace baton::tester
