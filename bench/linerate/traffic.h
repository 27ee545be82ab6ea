// SPDX-License-Identifier: Apache-2.0
// What the benches with a stream through the real switch share: its wires, the stream on this thread while something is
// done to the switch on another, and what is said of it afterwards.
#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <exception>
#include <thread>

#include "bench/linerate/stream.h"
#include "bench/takeover/lab.h"
#include "bench/tester/wire_end.h"

namespace baton::linerate {

inline Mapping wire(const takeover::Lab& lab, const char* port) {
    auto fd = tester::ask_for_wire(lab.door(), port);
    if (!fd) throw StartupError{1, fd.error().what};
    auto mapping = map_arena(fd->get(), ArenaKind::wire, fingerprint<WireArena>(), Access::read_write);
    if (!mapping) throw StartupError{1, mapping.error().what};
    return std::move(*mapping);
}

inline void nap(double milliseconds) {
    ::usleep(static_cast<useconds_t>(milliseconds * 1000));
}

/// Runs the stream on this thread while `driver` runs on another; the stream ends with it.
template <class Driver>
Account with_traffic(Stream& stream, const Driver& driver) {
    std::atomic<bool> stop = false;
    std::atomic<Phase> phase = Phase::quiet;
    std::exception_ptr error;
    std::thread other([&] {
        try {
            driver(phase);
        } catch (...) {
            error = std::current_exception();
        }
        stop = true;
    });
    Account account = stream.run(stop, phase);
    other.join();
    if (error) std::rethrow_exception(error);
    return account;
}

inline bool good(const Account& account) {
    return account.lost_in_all() + account.duplicated + account.reordered + account.misdelivered + account.corrupted ==
           0;
}

/// Void: frames were lost, but the bench's own wire was found full, because the machine kept its thread away.
inline const char* verdict(const Account& account) {
    return good(account) ? "good" : account.overflows > 0 ? "void" : "lossy";
}

/// Frames that the switch flooded or dropped.
inline std::uint64_t flooded_or_dropped(const takeover::Lab& lab) {
    const WorkerCounters& counters = lab.tables().workers[0];
    std::uint64_t sum = counters.flooded;
    for (const auto& port : counters.drops)
        for (const auto& drop : port) sum += drop;
    return sum;
}

inline std::string percentiles(const tester::Histogram& histogram) {
    const auto us = [&](double percent) { return static_cast<double>(histogram.percentile(percent)) / 1e3; };
    return fmt::format(R"({{"p50":{:.1f},"p99":{:.1f},"p99.9":{:.1f},"p99.99":{:.1f},"max":{:.1f},"samples":{}}})",
                       us(50), us(99), us(99.9), us(99.99), static_cast<double>(histogram.largest()) / 1e3,
                       histogram.total());
}

}  // namespace baton::linerate
