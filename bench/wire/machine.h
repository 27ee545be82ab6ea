// SPDX-License-Identifier: Apache-2.0
// What the machine is like at this moment, printed beside every figure: dependent additions per TSC cycle (how fast the
// core runs) and the round trip of a cache line between two cores (it changes within seconds on a shared host, and
// every two-core figure with it).
#pragma once

#include <cstdint>

namespace baton::bench {

/// A session of its own whose scheduling group outweighs others (a nice value alone counts only within its session).
/// Forks when it must, as a leader of a process group cannot do it; returns in the process that goes on.
void weigh_more();
void pin(unsigned core);  // this thread, nice -20
double tsc_hz();
double adds_per_cycle();
double ping_pong_cycles(unsigned other_core);  // median round trip between this thread's core and another

}  // namespace baton::bench
