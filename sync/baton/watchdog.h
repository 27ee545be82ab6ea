// SPDX-License-Identifier: Apache-2.0
// A board's watchdog: one thread that looks at the loop thread's heartbeat. When the loop has stood for `limit`, it
// says dying words with cause watchdog and aborts the board, so that the core shows where the loop was stuck and the
// other board goes on. It measures the limit in its own rounds, not by the clock: a machine that slept, or a board that
// was stopped as a whole, is no stuck thread.
#pragma once

#include <atomic>
#include <thread>

#include "sync/base/time.h"
#include "sync/layout/board.h"

namespace baton {

class Watchdog {
  public:
    /// Starts the thread. `limit`: how long the loop's heartbeat may stand; the loop beats at least every 100 ms.
    Watchdog(BoardPage& page, Duration limit);
    ~Watchdog();
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

  private:
    void run();

    BoardPage& page_;
    Duration limit_;
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

}  // namespace baton
