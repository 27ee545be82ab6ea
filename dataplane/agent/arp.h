// SPDX-License-Identifier: Apache-2.0
// ARP where a VLAN has an interface (RFC 826, RFC 1122 2.3.2, RFC 5227): the router answers for its own addresses
// itself, in the worker, and the master hears of everything that may tell it where a neighbour is. Who defends an
// address that somebody else uses, or announces one, is the master: controlplane/arp.
//
//   request for an own address, sender another one    answered; not flooded; the master has a copy
//   the same from 0.0.0.0 (a probe, RFC 5227 1.1)     answered; not flooded; tells nobody anything
//   sender's address is one of our own                bridged on; the master has a copy: two claim it
//   to the router's MAC                               ends here; the master has a copy
//   any other                                         bridged on; the master may have a copy
//   not sound                                         bridged on, or dropped if it is to the router's MAC
#pragma once

#include "dataplane/agent/heard.h"

namespace baton::agent {

/// Frame i of the batch is ARP, of a VLAN with an interface.
Heard hear_arp(Context& context, const Batch& batch, unsigned i);

}  // namespace baton::agent
