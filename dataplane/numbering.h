// SPDX-License-Identifier: Apache-2.0
// Which PortId a port has. The tables remember: a port that an earlier data plane had keeps its number, its enabled
// state, its VLAN and its counters, whatever the order it is named in now; so nothing that a board or the FDB knows
// about it goes wrong over a restart. Runs at start-up, before any worker.
#pragma once

#include <vector>

#include "dataplane/table/fdb_maintain.h"
#include "sync/base/ids.h"
#include "sync/layout/tables.h"

namespace baton::dataplane {

/// The number of each name, in order. Ports in the tables that are not named are taken out (present = 0) and their
/// dynamic addresses forgotten.
std::vector<PortId> number_ports(TablesArena& tables, FdbMaintenance& fdb, const std::vector<PortName>& names);

/// The index of each module in the fabric's counters, in order; kept like the ports' numbers.
std::vector<std::uint8_t> number_modules(TablesArena& tables, const std::vector<std::uint8_t>& modules);

/// What is known once the port is open; `present` is stored last. A port that is new begins enabled, in no VLAN.
struct PortFacts {
    PortName name;
    std::string kind, device;
    std::uint32_t max_frame = 0;
    Mac mac;
    WorkerId worker = 0;
};

void publish_port(TablesArena& tables, PortId id, const PortFacts& facts);

}  // namespace baton::dataplane
