// SPDX-License-Identifier: Apache-2.0
// IPv6's neighbour discovery where a VLAN has an interface (RFC 4861, checks of 7.1): as with ARP the worker answers
// for the router's own addresses, and the master hears of what may tell it where a neighbour is. Router solicitations
// and advertisements are the host's (a routing daemon may want them).
//
//   solicitation for an own address         answered; not flooded; the master has a copy
//   the same from :: (duplicate detection)  answered to all nodes, so that the other gives the address up; not flooded
//   to the router's MAC                     ends here; the master has a copy, an advertisement goes to the host as well
//   any other                               bridged on; the master may have a copy
//   not sound                               bridged on, or dropped if it is to the router's MAC or about its address
#pragma once

#include "dataplane/agent/heard.h"

namespace baton::agent {

/// Frame i of the batch carries IPv6, of a VLAN with an interface; `bridge` or `host` too when it is no discovery.
Heard hear_discovery(Context& context, const Batch& batch, unsigned i);

}  // namespace baton::agent
