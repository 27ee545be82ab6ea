// SPDX-License-Identifier: Apache-2.0
// The neighbours of a router that the tester plays, so that it can resolve its next hops on wires behind which no
// kernel answers. A host answers ARP requests (RFC 826) and neighbour solicitations (RFC 4861) for its addresses;
// announces them before the flows start and every announce_s (RFC 5227 2.3; unsolicited advertisements), which also
// tells the switch where its MAC is; and may ask for its gateway so many times a second while the run lasts, each of
// which must be answered within a second. No clock of its own.
#pragma once

#include <string>
#include <vector>

#include "bench/tester/plan.h"
#include "bench/tester/warmup.h"

namespace baton::tester {

struct HostReport {
    std::string name;
    std::uint64_t requests = 0;  // for its addresses, that came
    std::uint64_t asked = 0;     // its own questions that were settled, one way or the other
    std::uint64_t answered = 0;
    Mac gateway;  // by the last answer
};

class Hosts {
  public:
    explicit Hosts(const Plan& plan);

    /// A frame that is none of the tester's came out of `end`: answers it when it is for a host.
    void arrived(unsigned end, const Arrived& frame, Ends& ends);

    /// Shows all hosts now.
    void announce(Ends& ends);

    /// Sends the questions that are due; called while the run lasts.
    void ask(Ends& ends, Time now);

    /// Does some host still wait for an answer?
    bool waiting() const;

    /// From now on the host answers, or not. A host that does not is not shown either.
    Result<void> set_answers(const std::string& name, bool answers);

    std::vector<HostReport> report() const;

  private:
    struct Host {
        explicit Host(const HostPlan& from) : plan(from) { report.name = from.name; }

        HostPlan plan;
        HostReport report;
        bool outstanding = false;
        Time next_question, give_up;
    };

    void arp(Host& host, std::span<const std::uint8_t> packet, Ends& ends);
    void neighbor(Host& host, std::span<const std::uint8_t> packet, const Mac& sender, Ends& ends);
    void question(const Host& host, Ends& ends) const;

    std::vector<Host> hosts_;
};

}  // namespace baton::tester
