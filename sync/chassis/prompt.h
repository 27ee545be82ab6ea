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

/// Meanwhile the calling thread has the CPU like any other: for a call in which the kernel may wait for another thread
/// by spinning. (Collecting a process drops its /proc entries; who was interrupted while it dropped one of them gets no
/// CPU from a real-time thread that waits for it: measured, 950 ms of standstill on that core.)
class Patient {
  public:
    Patient() : was_prompt_((::sched_getscheduler(0) & ~SCHED_RESET_ON_FORK) == SCHED_RR) {
        const sched_param none{};
        if (was_prompt_) ::sched_setscheduler(0, SCHED_OTHER | SCHED_RESET_ON_FORK, &none);
    }

    ~Patient() {
        if (was_prompt_) be_prompt();
    }

    Patient(const Patient&) = delete;
    Patient& operator=(const Patient&) = delete;

  private:
    bool was_prompt_;
};

}  // namespace baton::chassis
