// SPDX-License-Identifier: Apache-2.0
#include "dataplane/applier/thread.h"

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

namespace baton {

ApplierThread::ApplierThread(ApplierRounds& rounds, int wake_fd) {
    thread_ = std::thread([this, &rounds, wake_fd] {
        ::pthread_setname_np(::pthread_self(), "applier");
        while (!stop_.load(std::memory_order_relaxed)) {
            if (rounds.turn(monotonic_now())) continue;
            pollfd woken{wake_fd, POLLIN, 0};
            std::uint64_t times;
            if (::poll(&woken, 1, 10) == 1 && ::read(wake_fd, &times, sizeof times) < 0) continue;
        }
    });
}

void ApplierThread::stop() {
    stop_.store(true, std::memory_order_relaxed);
    if (thread_.joinable()) thread_.join();
}

}  // namespace baton
