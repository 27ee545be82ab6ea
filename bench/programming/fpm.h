// SPDX-License-Identifier: Apache-2.0
// Through FPM: the real chassis, data plane and boards; what a zebra says is timed from its first byte to the moment
// when the master has moved its cursor behind the last, which it does when the outcomes are in. Then every route in the
// tables is looked at.
//
//   zebra -> socket -> router thread -> FPM ring -> master -> command ring -> applier -> tables
//
// All of it on the housekeeping core, as on a switch that has not been given more.
#pragma once

#include "bench/programming/report.h"
#include "bench/takeover/lab.h"
#include "sync/base/ip.h"

namespace baton::programming {

/// Each round: set, said again, led elsewhere, withdrawn; then set while the master is killed half-way, and withdrawn.
/// Throws StartupError when a route is missing, is one too many or leads to the wrong next hop.
void through_fpm(const takeover::Setup& setup, const std::vector<IpPrefix>& prefixes, unsigned rounds, Report& report);

}  // namespace baton::programming
