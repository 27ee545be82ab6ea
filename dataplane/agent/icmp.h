// SPDX-License-Identifier: Apache-2.0
// The router's own part in ICMP, both families: it answers echo requests to its addresses, and tells senders of packets
// that end here. In the worker, so that it goes on with no board alive.
//
// RFC 792, RFC 1122 3.2.2, RFC 1812 4.3 and 5.2.7, RFC 1191 4 (the MTU in "fragmentation needed"), RFC 4443, RFC
// 4861 8. Errors are rate limited, redirects more strictly. Never about an error, a redirect, a fragment beyond the
// first, or a source that is no single host. Packets to groups do not get here. No timestamp, no parameter problem but
// that of an unknown next header.
#pragma once

#include "dataplane/agent/speak.h"

namespace baton::agent {

/// Why a packet ends here, as its sender is told.
enum class Refusal : std::uint8_t {
    expired,       // time to live
    no_route,      // network unreachable
    rejected,      // by a route that says so
    unresolved,    // the next hop does not answer
    too_big,       // fragmentation needed, with the MTU
    source_route,  // source route failed
    no_port,       // nobody listens
    no_protocol,   // nobody speaks that
    beyond_scope,  // its source is only good on its link
};

/// Where the packet lies, and whence it came.
struct Subject {
    const rte_mbuf* frame = nullptr;
    unsigned offset = 0;  // of IP
    Family family{};
    VlanId vlan = 0;
};

/// Tells the sender, if he may be told. The packet stays the caller's, unchanged.
void refuse(Context& context, const Subject& about, Refusal why, unsigned mtu = 0);

/// Tells the sender that on its own link there is a better first hop for this packet: what `index` leads to.
void redirect(Context& context, const Subject& about, const HopWord& hop, std::uint32_t index);

/// True: it was a whole echo request, and the frame has been sent back as the reply; otherwise it is unchanged.
bool answer_echo(Context& context, rte_mbuf* frame, TagForm tag, unsigned offset, Family family, VlanId vlan);

}  // namespace baton::agent
