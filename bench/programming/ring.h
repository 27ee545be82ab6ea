// SPDX-License-Identifier: Apache-2.0
// Through the command ring alone: the master's encoder and queue (controlplane/route/commands.h, program/programmer.h)
// on this thread, the real applier on its own, real tables; both sleep until woken, as the programs do. No boards, no
// workers, no sockets.
//
//   Change -> commands -> Programmer -> command ring -> ApplierRounds -> tables
#pragma once

#include "bench/programming/report.h"
#include "sync/base/ip.h"

namespace baton::programming {

/// Each round: set, said again, led elsewhere, withdrawn. The master's thread has `master_core`, the applier's the
/// other. Throws StartupError when a command is refused or a route is missing.
void through_ring(const std::string& way, unsigned master_core, unsigned applier_core,
                  const std::vector<IpPrefix>& prefixes, unsigned rounds, Report& report);

}  // namespace baton::programming
