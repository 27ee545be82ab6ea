// SPDX-License-Identifier: Apache-2.0
#include "sync/baton/watchdog.h"

#include <fmt/core.h>
#include <pthread.h>
#include <signal.h>

#include <algorithm>

#include "sync/baton/dying.h"
#include "sync/baton/heartbeat.h"

namespace baton {
namespace {

constexpr Duration longest_round = milliseconds(50);

// Signals are for the loop thread; this one takes none.
std::thread start_without_signals(auto body) {
    sigset_t all, before;
    sigfillset(&all);
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS}) sigdelset(&all, fault);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    std::thread thread(std::move(body));
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return thread;
}

}  // namespace

Watchdog::Watchdog(BoardPage& page, Duration limit)
    : page_(page), limit_(limit), thread_(start_without_signals([this] { run(); })) {}

Watchdog::~Watchdog() {
    stop_.store(true, std::memory_order_relaxed);
    thread_.join();
}

void Watchdog::run() {
    ::pthread_setname_np(::pthread_self(), "watchdog");
    dying::prepare_thread();
    const Duration round{std::clamp(limit_.ns / 8, milliseconds(1).ns, longest_round.ns)};
    const timespec nap{0, round.ns};
    std::uint64_t last = beats(page_, CriticalThread::loop);
    Duration stood{};
    while (!stop_.load(std::memory_order_relaxed)) {
        ::nanosleep(&nap, nullptr);
        beat(page_, CriticalThread::watchdog);
        const std::uint64_t now = beats(page_, CriticalThread::loop);
        stood = now == last ? Duration{stood.ns + round.ns} : Duration{};
        last = now;
        if (stood >= limit_)
            dying::speak_and_abort(Cause::watchdog,
                                   fmt::format("the event loop stood for {} ms", stood.ns / 1'000'000));
    }
}

}  // namespace baton
