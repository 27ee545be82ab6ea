// SPDX-License-Identifier: Apache-2.0
// What a frame that came out is, by the plan: a frame that the switch must leave as it is (frame.h), or a packet that a
// router must have changed in exactly the right way (packet.h). Of a packet that came out where it may:
//
//   destination MAC the next hop's at that end, source MAC the router's     else wrong_hop: misdelivered
//   time to live one less                                                   else wrong_ttl: corrupted
//   checksums of the IPv4 header and of UDP or ICMP right                   else wrong_checksum: corrupted
//   all else as it was sent                                                 else corrupted
//
// Where it may not come out at all, only the last is looked after, and the Ledger books it as misdelivered.
#pragma once

#include "bench/tester/frame.h"
#include "bench/tester/plan.h"

namespace baton::tester {

class Eye {
  public:
    Eye(const Plan& plan, std::uint16_t run) : plan_(plan), run_(run) {}

    /// `tag`: the tag control word that a packet socket took out of the frame, if it did.
    Looked look(unsigned end, std::span<const std::uint8_t> frame, std::optional<std::uint16_t> tag) const;

  private:
    std::optional<Looked> packet(unsigned end, std::span<const std::uint8_t> frame, std::size_t type_at, bool v6) const;
    Looked judge(unsigned end, const FlowPlan& flow, const PacketSeen& seen) const;

    const Plan& plan_;
    std::uint16_t run_;
};

}  // namespace baton::tester
