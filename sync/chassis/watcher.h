// SPDX-License-Identifier: Apache-2.0
// A thread for each board that sleeps on its life mutex and says when the board's main thread has ended. It lives as
// long as the chassis; the main loop arms it for each incarnation of the board, and hears of the end through an
// eventfd. The time is taken here, before the main loop has run.
#pragma once

#include <atomic>
#include <optional>
#include <thread>

#include "sync/baton/life.h"
#include "sync/region/arena.h"

namespace baton::chassis {

class Watcher {
  public:
    explicit Watcher(BoardPage& page);
    ~Watcher();
    Watcher(const Watcher&) = delete;
    Watcher& operator=(const Watcher&) = delete;

    /// Main loop, once the board's process `pid` was started. `incarnation` is above 0 and never comes again.
    void arm(std::uint64_t incarnation, int pid);

    /// Main loop: that incarnation is gone; if its end was not seen here, it is not waited for any longer.
    void disarm() { armed_.store(0); }

    /// Readable once an end was seen.
    int eventfd() const { return eventfd_.get(); }

    /// When the end of that incarnation was seen; nothing if it was another's. Empties the eventfd.
    std::optional<Time> take(std::uint64_t incarnation);

  private:
    void run();

    BoardPage& page_;
    Fd eventfd_;
    std::atomic<std::uint64_t> armed_{0};    // owner: main loop; set to 0 by the thread when it has seen the end
    std::atomic<int> pid_{0};                // owner: main loop; not yet collected while armed, so never another's
    std::atomic<std::int64_t> ended_ns_{0};  // written by the thread before ended_
    std::atomic<std::uint64_t> ended_{0};    // the incarnation whose end was seen
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

}  // namespace baton::chassis
