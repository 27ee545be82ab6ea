// SPDX-License-Identifier: Apache-2.0
// The applier's thread: sleeps in poll() on wake:dataplane, 10 ms at the most, and does rounds. On the housekeeping
// cores, with the process's other threads, never on a worker's.
#pragma once

#include <atomic>
#include <thread>

#include "dataplane/applier/applier.h"

namespace baton {

class ApplierThread {
  public:
    ApplierThread(ApplierRounds& rounds, int wake_fd);

    ~ApplierThread() { stop(); }

    ApplierThread(const ApplierThread&) = delete;
    ApplierThread& operator=(const ApplierThread&) = delete;

    void stop();

  private:
    std::atomic<bool> stop_ = false;
    std::thread thread_;
};

}  // namespace baton
