// SPDX-License-Identifier: Apache-2.0
// Frames at line rate into one wire, and each of them looked at where it comes out of another; one thread does both.
//
// Open loop: frame n is due at begin + n / rate, whatever became of those before it. A thread that was away for a
// moment sends all that was due meanwhile, and latency counts from when a frame was due, so that a pause of the switch
// (or of this thread) is in the figures of all frames that it held up and not of one.
//
// Each frame carries its number; its addresses follow from it. One worker and one way in between keep the order of all
// frames, so the next one out has to be the next number, with the addresses of that number. One that is skipped is
// lost; when it comes after all it is reordered; what comes twice is duplicated; what comes out where it went in is
// misdelivered.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "bench/tester/histogram.h"
#include "sync/channel/wire.h"

namespace baton::linerate {

enum class Phase : int { quiet, failover };
inline constexpr std::size_t phase_count = 2;

struct Offer {
    double frames_per_second = 14'880'952;      // 64 B, and 20 B between frames, at 10 Gb/s
    std::vector<std::uint16_t> lengths = {60};  // in turn; without FCS
    std::uint32_t macs = 10'000;                // half of them behind each wire
    std::uint32_t newcomer_every = 0;           // so many frames: one with a source never seen before; 0: none
    std::uint64_t first_newcomer = 0;           // so many were seen in other streams
};

struct Account {
    std::uint64_t offered = 0, delivered = 0, duplicated = 0, reordered = 0, misdelivered = 0, corrupted = 0;
    std::uint64_t lost[phase_count] = {};    // by when it was seen
    std::uint64_t overflows = 0;             // the wire out was found full: this thread was away too long
    std::uint64_t most_behind = 0;           // frames that were due and not yet sent
    std::uint64_t blocked = 0;               // trips on which the wire in had no room for what was due
    std::uint64_t longest_trip_ns = 0;       // of this thread round its two wires
    tester::Histogram latency[phase_count];  // ns, of the oldest frame of each burst that came out

    std::uint64_t lost_in_all() const { return lost[0] + lost[1]; }
};

class Stream {
  public:
    /// In at `from`, out at `to`: the peer's ends of two of the switch's wires. Their links stay up when it ends, or
    /// the switch would forget who lives there before the next stream.
    Stream(WireArena& from, WireArena& to, const Offer& offer);

    /// Lets every address speak once, so that the switch knows where it lives. Returns when all frames have come out.
    void introduce();

    /// Until `stop`; then what is still under way is waited for.
    Account run(const std::atomic<bool>& stop, const std::atomic<Phase>& phase);

  private:
    struct Pair {
        std::uint64_t words[2];  // destination, source and type, as they stand in the frame
    };

    static Pair pair(std::uint64_t to, std::uint64_t from);
    Pair pair_of(std::uint64_t number) const;
    void fill(std::uint32_t count);
    std::uint32_t take(Account& account, Phase phase, std::uint64_t now);
    void odd(Account& account, Phase phase, std::uint64_t number);
    void turn_back(Account& account);

    WireArena &from_, &to_;
    WireEnd in_, out_, back_;  // frames in, frames out; and what comes out where they went in
    Offer offer_;
    std::vector<Pair> pairs_;  // of frame n: pairs_[n % size], but for a newcomer's source
    std::uint64_t next_in_ = 0, next_out_ = 0;
    std::uint64_t begin_ = 0;
    double ticks_per_frame_ = 0, ns_per_tick_ = 0;
    std::map<std::uint64_t, std::uint64_t> missing_;  // numbers skipped: first, behind the last
};

}  // namespace baton::linerate
