// SPDX-License-Identifier: Apache-2.0
// The path of frames that concern the router, between learning and the lookup of addresses:
//
//   terminate   ARP, discovery, what is for all routers
//   check       is it a packet
//   route       where it goes
//   arrive      at the router itself        wait      for the next hop's address
//   rewrite     for the next VLAN           fragment  what is too long
//
// Frames that were rewritten go on as a batch that may leave by any port, also by the one where they came in. A burst
// in which all are routed stays where it is; only a mixed one is parted.
#pragma once

#include "dataplane/stage/stages.h"

namespace baton {

/// For a batch with frames to the router's address or to groups. What is left in it goes on to the lookup.
void route_burst(Context& context, Batch& batch);

/// Once a turn while packets wait: those whose next hop is known now leave; those that have waited too long end.
void tend_waiting(Context& context);

}  // namespace baton
