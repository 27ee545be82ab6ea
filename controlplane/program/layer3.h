// SPDX-License-Identifier: Apache-2.0
// Layer 3's part of an image: what follows from addresses and static routes for the tables.
//
//   10.0.0.1/24 in VLAN 7      local      10.0.0.1/32        for the router itself
//                              connected  10.0.0.0/24        its hosts are asked for in VLAN 7
//                              broadcast  10.0.0.255/32      dropped; not of /31 and /32
//   2001:db8::1/64 in VLAN 7   local      2001:db8::1/128
//                              connected  2001:db8::/64
//   any IPv6 address           local      fe80::EUI-64/128   made of the router's MAC (RFC 4291 2.5.6), once
//   a static route             forward    its gateways of the lowest metric that can be reached now; none: no route
//
// A VLAN whose ports are all without link, or disabled, reaches nobody: its subnets are no routes then, its gateways
// are none, and others' routes to there hold. Its own addresses still answer. One without any ports stays as it is
// configured: a place for addresses that hang on no port.
//
// Of two routes to one prefix the switch's own comes first: it is the better one, by any protocol's measure.
#pragma once

#include "controlplane/program/image.h"

namespace baton {

void add_interface(Image& image, const config::Vlan& vlan);
void read_interface(Image& image, VlanId id, const VlanEntry& entry);

/// Everybody's: the VLANs' own and the static ones.
void add_routes(Image& image, const config::Running& running, const PortMap& ports);

/// Nothing is added while no gateway can be reached, or while the prefix is the switch's own.
void add_static_route(Image& image, const config::Running& running, const IpPrefix& prefix,
                      const config::StaticRoute& route, const PortMap& ports);

/// Both have the same addresses, under the same number, and both reach them or not: no route changes for what else may
/// differ. Null: not there.
bool same_subnets(const config::Vlan* a, const config::Vlan* b, const PortMap& ports);

/// fe80::/64 and the EUI-64 of that MAC.
IpAddress link_local_of(Mac mac);

}  // namespace baton
