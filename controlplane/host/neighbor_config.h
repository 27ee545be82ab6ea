// SPDX-License-Identifier: Apache-2.0
// What the running configuration says to the neighbour engine: own addresses by VLAN number, permanent entries,
// settings.
#pragma once

#include "controlplane/arp/state.h"
#include "controlplane/config/running.h"

namespace baton {

/// Nothing, as long as the router's address is not known (all zero).
arp::Config neighbor_config(const config::Running& running, Mac router);

}  // namespace baton
