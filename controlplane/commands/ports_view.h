// SPDX-License-Identifier: Apache-2.0
// The ports as the tables arena shows them: which there are, by name and by number. The applier stores `present` last,
// so a port that is seen is seen whole.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "controlplane/commands/call.h"

namespace baton::commands {

std::map<PortName, PortId> ports_of(const TablesArena& tables);

/// The argument <portlist> of the call, resolved; all ports when it was left out.
Result<std::vector<PortName>> ports_asked(const Call& call);

/// True when it has a link and configuration lets it forward.
bool is_active(const PortEntry& port);

/// "1:3", or "?" for a number that no port has.
std::string port_text(const TablesArena& tables, PortId id);

/// The VLANs' names by the number that the data plane knows them by.
std::map<VlanId, std::string> vlan_names(const config::Running& running);

}  // namespace baton::commands
