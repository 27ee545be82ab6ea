// SPDX-License-Identifier: Apache-2.0
// The books: which frames of each flow were offered, and what came out of each end. A window is a stretch of the run
// (an act, the time between two kills); a frame belongs to the window in which it was SENT, whenever it arrives, so a
// window's loss is known only when the run has been drained. No clock and no I/O in here.
//
//   lost          was expected at an end and never came there          (counted in copies)
//   duplicated    came there again
//   reordered     came there after one that was sent later (RFC 4737)
//   flooded       unicast, came to its end and also elsewhere
//   misdelivered  came out where it must not, and that was not flooding; or in the wrong VLAN
//   corrupted     came, but not as it was sent; counts as lost too, because its number cannot be believed
//
// Of routed flows (eye.h, Expect):
//   misdelivered  also: not from the router to the next hop (wrong_hop, part of it)
//   corrupted     also: time to live not one less, a wrong checksum (wrong_ttl, wrong_checksum, part of it)
//   denied        was to come out nowhere, because an access list denies it, and did not
//   moved         came to another of its ends than the packet before it of the same two addresses. Order is judged
//                 between packets of the same two addresses at the same end
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "bench/tester/frame.h"
#include "bench/tester/histogram.h"
#include "bench/tester/plan.h"
#include "bench/tester/sequence_set.h"

namespace baton::tester {

struct Counts {
    std::uint64_t offered = 0, expected = 0, delivered = 0, lost = 0, duplicated = 0, reordered = 0;
    std::uint64_t misdelivered = 0, mistagged = 0, flooded = 0, corrupted = 0;
    std::uint64_t denied = 0, moved = 0, wrong_hop = 0, wrong_ttl = 0, wrong_checksum = 0;
    std::uint64_t longest_gap_ns = 0;
    Histogram latency;

    void add(const Counts& other);

    bool clean() const { return !(lost | duplicated | reordered | misdelivered | flooded | corrupted | moved); }
};

struct OwnTrouble {                      // what the tester, or its machine, failed to do; never the switch's fault
    std::uint64_t overflows = 0;         // frames, or times, that an own receive queue was full
    std::uint64_t refused = 0;           // frames due that an end did not take in time
    std::uint64_t withheld = 0;          // frames due that the tester itself was too late for
    std::uint64_t longest_stall_ns = 0;  // between two turns of its own loop

    void add(const OwnTrouble& other);

    bool voids() const { return overflows || refused; }
};

struct WindowReport {
    std::string name;
    Time begun, ended;
    Counts total;
    OwnTrouble own;
    std::vector<Counts> flows;
    std::vector<bool> active;  // flows that were to send in it
};

class Ledger {
  public:
    Ledger(const Plan& plan, Time now);

    /// Number of the flow's next frame.
    std::uint64_t next(unsigned flow) const { return flows_[flow].next; }

    void sent(unsigned flow, std::uint64_t count) { flows_[flow].next += count; }

    /// The flow is to send in the present window (and must).
    void active(unsigned flow) { windows_.back().flows[flow].active = true; }

    /// The first window begins now, not when the books were opened.
    void begin(Time now) { windows_.front().begun = now; }

    /// Ends the present window and begins the next.
    void mark(std::string name, Time now);

    /// A frame with a stamp of this run, or a damaged one, came out of `end`. Probes and announcements are not booked.
    void arrived(unsigned end, const Looked& seen, Time now);

    /// Trouble of the tester's own; voids a loss in this window, and in the last one when that ended just now.
    void own(const OwnTrouble& trouble, Time now);

    /// Is every frame offered accounted for at all its ends?
    bool all_arrived() const;

    std::uint64_t offered() const;

    std::uint64_t delivered() const { return delivered_; }  // copies, at their own ends

    std::uint64_t delivered(unsigned flow) const { return flows_[flow].delivered; }

    std::uint64_t gave_up() const;           // see SequenceSet
    bool last_arrived(unsigned flow) const;  // the last frame offered, at all its ends

    std::uint64_t wrong() const { return wrong_; }  // duplicated, misdelivered, flooded, corrupted, moved so far

    /// The worst gap and latency since the last call: one point of a timeline.
    struct Peaks {
        std::uint64_t gap_ns = 0, latency_ns = 0;
    };

    Peaks take_peaks() { return std::exchange(peaks_, {}); }

    std::vector<WindowReport> report(Time now) const;

  private:
    struct Receipt {  // one flow at one end
        SequenceSet came;
        std::int64_t last_ns = 0;
        VlanId tag = 0;
        bool expected = false;
    };

    struct Stream {  // two addresses' packets
        std::uint64_t next = 0;
        unsigned end = ~0u;
    };

    struct Flow {
        std::uint64_t next = 0;
        std::uint64_t delivered = 0;
        Expect expect{};
        std::vector<Receipt> ends;
        std::vector<unsigned> expected_ends;
        // Expect::one: what came to any of them. Each end's own set would be all gaps.
        SequenceSet came;
        std::vector<Stream> streams;
        bool moves = false;

        std::uint64_t copies() const { return expect == Expect::one ? 1 : expected_ends.size(); }
    };

    struct FlowWindow {
        std::uint64_t first = 0;
        bool active = false;
        Counts live;  // all that is not worked out from the receipts
    };

    struct Window {
        std::string name;
        Time begun;
        OwnTrouble own;
        std::vector<FlowWindow> flows;
    };

    bool first_copy(Flow& flow, unsigned end, const Looked& seen, Counts& live);
    std::uint64_t arrived_of(const Flow& flow, std::uint64_t first, std::uint64_t end) const;
    FlowWindow& window_of(unsigned flow, std::uint64_t sequence);
    Counts settle(std::size_t window, unsigned flow) const;

    std::vector<Flow> flows_;
    std::vector<Window> windows_;
    std::uint64_t delivered_ = 0, wrong_ = 0;
    Peaks peaks_;
};

}  // namespace baton::tester
