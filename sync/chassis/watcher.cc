// SPDX-License-Identifier: Apache-2.0
#include "sync/chassis/watcher.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "sync/baton/child.h"
#include "sync/chassis/prompt.h"

namespace baton::chassis {
namespace {

constexpr Duration round = milliseconds(100);  // how late `stop` and a disarm may be seen

}  // namespace

Watcher::Watcher(BoardPage& page) : page_(page), eventfd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!eventfd_) throw StartupError{1, "no eventfd for a watcher: too many open files?"};
    thread_ = std::thread([this] { run(); });
}

Watcher::~Watcher() {
    stop_.store(true);
    armed_.store(~0ull);
    armed_.notify_one();
    thread_.join();
}

void Watcher::arm(std::uint64_t incarnation, int pid) {
    pid_.store(pid);
    armed_.store(incarnation);
    armed_.notify_one();
}

std::optional<Time> Watcher::take(std::uint64_t incarnation) {
    std::uint64_t count = 0;
    if (::read(eventfd_.get(), &count, sizeof count) < 0) count = 0;
    if (ended_.load(std::memory_order_acquire) != incarnation) return std::nullopt;
    return Time{ended_ns_.load(std::memory_order_relaxed)};
}

void Watcher::run() {
    be_prompt();
    while (!stop_.load()) {
        std::uint64_t incarnation = armed_.load();
        if (incarnation == 0) {
            armed_.wait(0);
            continue;
        }
        if (life::wait(page_, round) != life::Sign::ended) continue;
        const Time seen = monotonic_now();
        const bool proven = life::is_ending(pid_.load());
        // Only if it is still the one we were armed for: else the page was cleared meanwhile, and we look again.
        if (!armed_.compare_exchange_strong(incarnation, 0)) continue;
        if (!proven) continue;  // the board wrote over its own mutex: its pidfd will tell
        ended_ns_.store(seen.ns, std::memory_order_relaxed);
        ended_.store(incarnation, std::memory_order_release);
        wake(eventfd_.get());
    }
}

}  // namespace baton::chassis
