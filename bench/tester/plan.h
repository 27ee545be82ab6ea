// SPDX-License-Identifier: Apache-2.0
// What the tester shall do: ends, flows between them, and how long. From the command line, a JSON file, or a test that
// fills it by hand. An end in a flow is written `NAME` (frames without a tag there) or `NAME/TAG`; of a routed flow, it
// may be the name of a host that lives there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/tester/ip.h"
#include "bench/tester/packet.h"
#include "sync/base/ids.h"
#include "sync/base/mac.h"
#include "sync/base/result.h"

namespace baton::tester {

enum class Expect {
    unicast,  // one copy, at the one end in `to`, and nowhere else
    flood,    // one copy at each end in `to`, and nowhere else
    one,      // routed: one copy, at one of the ends in `to`; at the same one for all of two addresses' packets
    echo,     // routed: answered by the router itself, to where it came from
    none,     // comes out nowhere (black-holed, no member, disabled)
    denied,   // the same, because an access list says so: booked as denied, not as lost
    any,      // not judged, but for corruption: learning and churn
};

struct EndPlan {
    std::string name;
    std::string spec;  // for open_end()
};

struct Place {
    unsigned end = 0;  // index of the EndPlan
    VlanId tag = 0;    // 0: untagged
};

/// A neighbour of the router that the tester plays: answers for its addresses, shows itself, asks for its gateway
/// (hosts.h).
struct HostPlan {
    std::string name;
    Place at;
    Mac mac;
    Ip address;               // the first of
    std::uint32_t count = 1;  // so many upwards, all with that MAC
    Ip gateway;               // whom it asks for; none: nobody
    double ask = 0;  // questions for the gateway per second while the run lasts, each of which must be answered
    bool answers = true;
};

struct FlowPlan {
    std::string name;
    Place from;
    std::vector<Place> to;
    Mac source, destination;
    std::uint32_t sources = 1, destinations = 1;  // how many addresses from those upwards
    bool in_order = false;                        // addresses one after the other; else drawn for each frame
    std::vector<std::uint16_t> sizes{60};         // one after the other; bytes untagged, without FCS
    double rate = 1000;                           // frames per second; 0: as many as the end takes
    std::uint64_t count = 0;                      // 0: until the run ends
    Expect expect = Expect::unicast;
    bool autostart = true;
    bool probe = true;             // no: its first frame must pass as well
    std::optional<Packet> packet;  // routed
    std::vector<Mac> hops;  // routed: what its packets are addressed to at each of `to`; 00: the end's own address
    bool moves = false;     // expect=one: two addresses' packets may come to another end from some packet on
};

struct Plan {
    std::vector<EndPlan> ends;
    std::vector<HostPlan> hosts;
    std::vector<FlowPlan> flows;
    double duration_s = 0;  // 0: until every flow's count is sent, or `stop`
    double ready_s = 10;    // how long probes may take until they pass
    double drain_s = 1;     // how long the last frames may take
    double announce_s = 5;  // destinations are shown to the switch again after so long; 0: never
    double late_s = 0.020;  // a schedule further behind than this is cut (and reported)
    double sample_s = 0;    // timeline; 0: none
    bool probe = true;      // see warmup.h
    std::string first_window = "run";

    /// The end called `name`; or the sentence that there is none.
    Result<unsigned> end_named(std::string_view name) const;

    /// Fills what was left open (addresses) and refuses what cannot be.
    Result<void> complete();
};

/// One flow from "name=x,from=a/10,to=b+c/20,rate=1000,..." (README has the list), added to `plan`.
Result<void> add_flow(Plan& plan, std::string_view text);

/// One flow that shows the switch `N` addresses, from "a/10:N" or "a/10:N:02:00:00:00:00:00".
Result<void> add_learn(Plan& plan, std::string_view text);

/// One host from "name=h,at=a/10,ip=10.0.0.2,gateway=10.0.0.1,..." (README has the list). Before the flows that name
/// it.
Result<void> add_host(Plan& plan, std::string_view text);

/// One end from "NAME=SPEC".
Result<void> add_end(Plan& plan, std::string_view text);

/// Ends, flows and settings of a JSON plan, added to `plan`.
Result<void> read_plan(Plan& plan, const std::string& path);

}  // namespace baton::tester
