// SPDX-License-Identifier: Apache-2.0
// Access lists as the tables hold them. The image's list is sorted, the rules that decide first at the front; so of two
// images what one lacks is found in one pass, and is said in an order in which no packet is treated, on the way from
// one configuration to the other, in a way in which neither of them treats it:
//
//   rules that come, the one that decides first at the front; then rules that go, from the back
//
// For with all old rules in force and some of the new, as many as decide before a packet's new verdict, what decides
// over the packet is its old verdict, and from there on the one of the two that comes first. So what both
// configurations deny is never let through, and what both let through is never lost.
#pragma once

#include <vector>

#include "controlplane/program/image.h"
#include "sync/layout/acl.h"

namespace baton {

/// As the tables have it; nothing when none of the ports that it names is there.
std::optional<AclRule> rule_of(const config::AccessList& list, const PortMap& ports);

void add_access_lists(Image& image, const config::Running& running, const PortMap& ports);
void add_access_lists(Image& image, const AclArena& arena);

/// What changed between the two.
void add_changed_access_lists(Image& from, Image& to, const config::Running& before, const config::Running& after,
                              const PortMap& ports);

/// Rules of `to` that `from` lacks, the first to decide first; and the other way round, the last first.
std::vector<AclRule> rules_that_come(const Image& from, const Image& to);
std::vector<AclRule> rules_that_go(const Image& from, const Image& to);

}  // namespace baton
