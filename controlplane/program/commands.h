// SPDX-License-Identifier: Apache-2.0
// From images to commands. difference() says only what changed, in an order that neither leaks a frame into a VLAN
// where it does not belong nor loses one that has a right to pass:
//
//   0 access lists               those that come, then those that go (access_lists.h says why in which order)
//   1 interfaces off             what is no longer the router's business
//   2 static entries away        so that none points where it must not
//   3 ports disabled             what closes, closes first
//   4 VLANs whose number passes to another VLAN: deleted, since its members are strangers (this one does lose frames)
//   5 VLANs grown                old and new members together: a port that moves is in both for a moment
//   6 port VLANs                 its untagged frames change VLAN in one store
//   7 VLANs shrunk               members that left, go
//   8 routes set                 each in one store; those that are new before those that are old go, so that what
//   9 routes deleted             a longer prefix loses, a shorter one has already
//  10 VLANs deleted
//  11 ports enabled              what opens, opens last
//  12 static entries set
//  13 interfaces set             with all routes in place
//  14 aging times
#pragma once

#include <string>
#include <vector>

#include "controlplane/program/image.h"

namespace baton {

/// Owner is configuration; term and sequence are given by the ring.
std::vector<Command> difference(const Image& from, const Image& to);

/// All of it, between routes_mark and end_of_table, behind which the applier sweeps what was not said.
std::vector<Command> everything(const Image& image);

/// The marker behind which the applier sweeps what that owner did not say. `timed_out`: it has not finished.
Command end_of_table(Owner owner, bool timed_out = false);

/// Which planes of the fabric modules may use: bit n is plane n.
Command fabric_usable(std::uint32_t planes);

/// Of interfaces and routes: a difference there is layer 3's.
bool is_layer3(const Command& command);

/// "the static entry for 00:11:22:33:44:55 in VLAN 7", for sentences about a refused command.
std::string describe(const Command& command);

}  // namespace baton
