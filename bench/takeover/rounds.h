// SPDX-License-Identifier: Apache-2.0
// One failover after the other, each measured from the driver's own clock just before it takes the master away to the
// moment when the data plane applied the new master's first command. All clocks are CLOCK_MONOTONIC of one host.
#pragma once

#include <array>
#include <random>

#include "bench/takeover/lab.h"

namespace baton::takeover {

enum class How { command, sigkill, sigsegv };
inline constexpr std::array all_ways{How::command, How::sigkill, How::sigsegv};

constexpr const char* name_of(How how) {
    return how == How::command ? "operator" : how == How::sigkill ? "sigkill" : "sigsegv";
}

struct Round {
    std::int64_t notice_ns = 0;    // taken away -> the chassis knows (operator: command typed -> baton released)
    std::int64_t grant_ns = 0;     // -> granted
    std::int64_t accept_ns = 0;    // -> first command of the new term applied
    std::int64_t takeover_ns = 0;  // death (operator: release) -> first command applied
    std::int64_t serving_ns = 0;   // death (operator: release) -> the new master answers sessions
};

class Rounds {
  public:
    explicit Rounds(const Lab& lab) : lab_(lab), random_(std::random_device{}()) {}

    /// Waits until the switch is ready, then takes the master away. StartupError when no new master comes.
    Round one(How how);

  private:
    const Lab& lab_;
    std::mt19937 random_;
};

}  // namespace baton::takeover
