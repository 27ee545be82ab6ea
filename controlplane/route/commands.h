// SPDX-License-Identifier: Apache-2.0
// What the data plane has to be told for one change that zebra asks for.
#pragma once

#include <vector>

#include "controlplane/route/fpm_reader.h"
#include "controlplane/route/interfaces.h"
#include "sync/layout/command.h"

namespace baton::zebra {

enum class Told : std::uint8_t {
    set,
    removed,
    elsewhere,  // no next hop lies behind an interface of Baton's: what there was of it is removed
};

/// Appends to `commands`: a route_delete, or the route_hops there have to be and their route_set.
Told append_commands(const Change& change, Interfaces& interfaces, std::vector<Command>& commands);

Command mark_command();

}  // namespace baton::zebra
