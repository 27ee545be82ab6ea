// SPDX-License-Identifier: Apache-2.0
// How the chassis's threads get the CPU at the moment when they need it: a real-time class, at its lowest priority.
// They sleep almost always (some 20 us of work in 50 ms), so nobody is kept waiting, and the throttling that makes
// SCHED_FIFO useless for workers (53 ms lost in each second) never comes to bear. Children and their threads get none
// of it.
#pragma once

#include <sched.h>

namespace baton::chassis {

/// For the calling thread. Refused in some containers; then the chassis is only as prompt as its nice value.
inline bool be_prompt() {
    sched_param priority{};
    priority.sched_priority = 1;
    return ::sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &priority) == 0;
}

}  // namespace baton::chassis
