// SPDX-License-Identifier: Apache-2.0
// The thread under a worker: pinned to its core, nice -20, SCHED_OTHER (SCHED_FIFO loses 53 ms each second on new
// kernels), known to DPDK so that it has its own mempool cache. Made at start-up, joined at the end.
#pragma once

#include <atomic>
#include <thread>

#include "dataplane/worker/worker.h"

namespace baton {

class WorkerThread {
  public:
    /// Starts turning at once. Throws StartupError when the core cannot be had or DPDK has no room for the thread.
    WorkerThread(Worker& worker, unsigned core);

    ~WorkerThread() { stop(); }

    WorkerThread(const WorkerThread&) = delete;
    WorkerThread& operator=(const WorkerThread&) = delete;

    /// Ends the loop after the turn under way, and waits for it.
    void stop();

  private:
    std::atomic<bool> stop_ = false;
    std::thread thread_;
};

}  // namespace baton
