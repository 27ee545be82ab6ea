// SPDX-License-Identifier: Apache-2.0
// The stages, one file each, in path order; pipeline.cc runs them. A stage takes the batch as the one before left it,
// may end frames (a named drop, or punted), and knows no other stage. All are built without exceptions and RTTI.
#pragma once

#include "dataplane/worker/batch.h"
#include "dataplane/worker/context.h"
#include "dataplane/worker/packets.h"

namespace baton::stage {

/// Reads lengths, addresses and tag; makes FDB keys and asks for their cache lines. Drops runt, oversize, broken_tag,
/// source_multicast; marks frames to reserved addresses.
void parse(Context& context, Batch& batch);

/// Copies frames marked reserved to the master and ends them (drop punt_full when nobody reads).
void punt(Context& context, Batch& batch);

/// Drops what may not enter its VLAN by this port (no_port_vlan, vlan_unknown, not_member); counts by VLAN.
void classify(Context& context, Batch& batch);

/// Learns, moves and refreshes source addresses. Drops blackhole (a black-holed source).
void learn(Context& context, Batch& batch);

/// Hears ARP and neighbour discovery, gives the router's own side its copies, and unmarks what is to be bridged. Drops
/// not_ip, neighbor_malformed, punt_full.
void terminate(Context& context, Batch& batch);

/// Looks at the headers of batch.own. Drops ip_malformed, ip_checksum, ip_source, ip_destination, ip_options.
void check(Context& context, Batch& batch, Packets& packets);

/// Finds each packet's next hop and what is to be done. Drops not_routed, ttl_expired, no_route, route_blackhole,
/// route_reject, directed_broadcast, too_big, ip_source, ip_destination.
void route(Context& context, Batch& batch, Packets& packets);

/// Answers what arrived, or gives it to the host. Drops host_absent, host_full.
void arrive(Context& context, Batch& batch, const Packets& packets);

/// Keeps what must wait. Drops unresolved_full.
void wait(Context& context, Batch& batch, const Packets& packets);

/// Makes what leaves into frames of the next VLAN.
void rewrite(Context& context, Batch& batch, const Packets& packets);

/// Emits all that leaves, cut where it is too long. Drops no_buffer, too_big.
void fragment(Context& context, Batch& batch, const Packets& packets);

/// Drops what an access list denies (acl_denied); while there are any, also IPv4 that cannot be right (ip_malformed).
void acl(Context& context, Batch& batch);

/// Finds the way out: a port, or all of the VLAN. Drops blackhole (a black-holed destination).
void lookup(Context& context, Batch& batch);

/// Sends frame i of the batch to every other member of its VLAN. Drops no_other_port, egress_oversize, no_buffer.
void flood(Context& context, Batch& batch, unsigned i);

/// Sends frames [first, last) each to its port. Drops same_port, egress_not_member, egress_down, egress_oversize.
void transmit(Context& context, Batch& batch, unsigned first, unsigned last);

}  // namespace baton::stage
