// SPDX-License-Identifier: Apache-2.0
// When routes that zebra no longer speaks of may go. FPM has no end: zebra comes, says all its routes, then each
// change, and when it comes back it says all of them again, without a word about those that are no more. So
//
//   it comes       mark: what is in the tables now is of an old generation, unless it is said again
//   the sentinel   a static route that sorts last: all has been said. Sweep what is still marked,
//                  if this is the zebra whose routes they were (nlmsg_pid). A new one knows at first only what it
//                  finds in the kernel, and its neighbours not at all: hold, then sweep
//   no sentinel    somebody's own FRR without it: likewise, hold from the moment it came
//   it goes        nothing. A router without its routing daemon forwards on (RFC 4724's restart, without a bound)
//
//            comes: mark            sentinel, same zebra: sweep
//   none ------------> replay -----------------------------------> complete
//                      |   ^  ^                                       |  |
//     sentinel, a new  |   |  +----------- comes: mark --------------+  |
//     zebra            v   | comes: mark                                | take-over while it is away: mark
//                      hold ---------- held long enough: sweep --------->+--> replay, until it comes, or the failover
//                                                                            timer (the reconciler's) says it never
//                                                                            will
//
// Pure: time is an argument, what is to be done a return value. A new master begins with what the last one's board page
// says (host/routing.cc), which belongs to the stream's cursor: doing the last steps once more leads to the same end.
#pragma once

#include <cstdint>
#include <string_view>

#include "sync/base/time.h"

namespace baton::zebra {

enum class Phase : std::uint8_t { none, replay, hold, complete };
inline constexpr std::string_view phase_names[] = {"none", "replay", "hold", "complete"};

enum class Deed : std::uint8_t {
    none,
    mark,   // routes that are not said again go at the next sweep
    sweep,  // now
};

struct Generation {
    Phase phase{};
    bool connected = false;         // as far as the stream has been read
    std::uint32_t pid = 0;          // of the zebra that speaks; 0: it has said nothing yet
    std::uint32_t settled_pid = 0;  // of the one whose routes the tables held when they were swept last
    Time due = Time::never();       // sweep then, whether or not the sentinel has come

    friend bool operator==(const Generation&, const Generation&) = default;
};

/// `patience`: how long a new zebra has to learn what the old one knew.
Deed on_connected(Generation& generation, Time now, Duration patience);
void on_message(Generation& generation, std::uint32_t pid);
Deed on_sentinel(Generation& generation, Time now, Duration patience);
void on_disconnected(Generation& generation);

/// `all_read`: nothing that zebra said waits in the ring. A sweep before that would delete what it has just said.
Deed on_tick(Generation& generation, Time now, bool all_read);

/// Takes a new master's place in what the last one left.
Deed on_takeover(Generation& generation, Time now, Duration patience);

/// All that is in the tables has been said by the zebra of now, or none has ever come.
constexpr bool finished(const Generation& generation) {
    return generation.phase == Phase::none || generation.phase == Phase::complete;
}

constexpr Time next_due(const Generation& generation) {
    return generation.connected ? generation.due : Time::never();
}

// As two words of a board page.
constexpr std::uint64_t pids_word(const Generation& generation) {
    return std::uint64_t{generation.settled_pid} << 32 | generation.pid;
}

constexpr std::uint64_t phase_word(const Generation& generation) {
    return std::uint64_t{generation.connected} << 8 | static_cast<std::uint64_t>(generation.phase);
}

constexpr Generation generation_of(std::uint64_t pids, std::uint64_t phase) {
    Generation generation;
    if ((phase & 0xff) <= static_cast<std::uint64_t>(Phase::complete))
        generation.phase = static_cast<Phase>(phase & 0xff);
    generation.connected = (phase >> 8 & 1) != 0;
    generation.pid = static_cast<std::uint32_t>(pids);
    generation.settled_pid = static_cast<std::uint32_t>(pids >> 32);
    return generation;
}

}  // namespace baton::zebra
