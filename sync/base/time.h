// SPDX-License-Identifier: Apache-2.0
// Time as a type. Engines take a Time as an argument and never read a clock; what runs them calls monotonic_now().
// CLOCK_MONOTONIC is one clock for every process on the host, so a Time in shared memory means the same to all.
#pragma once

#include <time.h>

#include <cstdint>
#include <limits>

namespace baton {

struct Duration {
    std::int64_t ns = 0;
    friend constexpr auto operator<=>(const Duration&, const Duration&) = default;
    constexpr double seconds() const { return static_cast<double>(ns) / 1e9; }
};

constexpr Duration nanoseconds(std::int64_t n) { return {n}; }
constexpr Duration microseconds(std::int64_t n) { return {n * 1000}; }
constexpr Duration milliseconds(std::int64_t n) { return {n * 1'000'000}; }
constexpr Duration seconds(std::int64_t n) { return {n * 1'000'000'000}; }

struct Time {
    std::int64_t ns = 0;  // since an arbitrary start; 0 is "not yet"
    friend constexpr auto operator<=>(const Time&, const Time&) = default;
    friend constexpr Time operator+(Time t, Duration d) { return {t.ns + d.ns}; }
    friend constexpr Duration operator-(Time a, Time b) { return {a.ns - b.ns}; }
    static constexpr Time never() { return {std::numeric_limits<std::int64_t>::max()}; }
};

inline Time monotonic_now() {
    timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return {ts.tv_sec * 1'000'000'000LL + ts.tv_nsec};
}

}  // namespace baton
