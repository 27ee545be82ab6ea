// SPDX-License-Identifier: Apache-2.0
// The memory of an XDP socket, in a memfd that the chassis holds, and how the next data plane finds its frames again.
//
//   chunk   0 .. n-1        receive     n = frames, all rings have n slots
//   chunk   n .. 2n-1       send
//   behind them             XskState
//
// After kill -9 nobody remembers which chunks the dead process had in hand. Asking the kernel is no help: what it has
// taken off a ring and not yet put on another shows nowhere. So each direction has a rule that makes it countable.
//
// Receive. Every descriptor taken off the RX ring gives back exactly one chunk to the fill ring, in the same order, RX
// consumer stored first, fill producer second. So n + consumer - producer chunks are missing (0 unless killed between
// the two stores), and they are those of the last so many descriptors before the consumer. The kernel has not written
// over these: only n less the missing chunks are going round, and the ring has n slots. (The other order, used by
// earlier probes, hands chunks out twice.)
//
// Send. The completion ring brings chunks back in any order, so each has a stamp: 0 free, else the position of its
// descriptor in the TX ring, written before the ring's producer moves, cleared before the completion ring's consumer
// does, and a chunk is used again only after that. A stamp at or behind the producer was never sent: free.
#pragma once

#include "sync/layout/describe.h"

namespace baton {

inline constexpr std::uint32_t xsk_chunk = 4096;

struct XskState {                       // owner: the data plane; outlives it
    std::uint64_t layout = 0;           // fingerprint of this struct, as far as it goes
    std::uint32_t frames = 0;           // n
    std::uint32_t interface_index = 0;  // that the socket is bound to
    std::uint32_t queue = 0;
    std::uint32_t several_buffers = 0;  // 1: a frame may take several descriptors (XDP_USE_SG)
    std::uint8_t pad[40] = {};
    // frames stamps of 4 bytes follow
};

template <>
struct Describe<XskState> {
    static constexpr std::string_view name = "XskState";
    static constexpr std::array fields{BATON_FIELD(XskState, layout),          BATON_FIELD(XskState, frames),
                                       BATON_FIELD(XskState, interface_index), BATON_FIELD(XskState, queue),
                                       BATON_FIELD(XskState, several_buffers), BATON_FIELD(XskState, pad)};
};

static_assert(sizeof(XskState) == 64 && Shared<XskState>);

constexpr std::size_t xsk_frames_size(std::uint32_t frames) {
    return std::size_t{2} * frames * xsk_chunk;
}

constexpr std::size_t xsk_memory_size(std::uint32_t frames) {
    return xsk_frames_size(frames) + sizeof(XskState) + std::size_t{frames} * sizeof(std::uint32_t);
}

/// A stamp is the low 31 bits of a TX ring position, and the top bit to tell it from 0.
constexpr std::uint32_t xsk_stamp(std::uint32_t position) {
    return position | 0x8000'0000u;
}

/// The stamp's position is at or behind `producer`: its descriptor was never published.
constexpr bool xsk_never_sent(std::uint32_t stamp, std::uint32_t producer) {
    return ((stamp - producer) & 0x7fff'ffffu) < 0x4000'0000u;
}

}  // namespace baton
