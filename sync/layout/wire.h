// SPDX-License-Identifier: Apache-2.0
// A wire: an in-memory cable. Two rings of fixed slots in one memfd, one for each direction, each with one producer and
// one consumer, so either end may be killed and replaced: the next one goes on at the same head and tail. Faster than
// memif and, unlike it (DPDK 22.11), it survives the death of either end. End 0 is the switch's, end 1 the peer's;
// lane 0 carries frames towards the switch, lane 1 away from it.
#pragma once

#include "sync/layout/arena.h"

namespace baton {

struct alignas(64) WireLane {
    std::atomic<std::uint64_t> head = 0;      // owner: producer; slots ever filled
    std::uint8_t pad0[56] = {};
    std::atomic<std::uint64_t> tail = 0;      // owner: consumer; slots ever emptied
    std::uint8_t pad1[56] = {};
};
template <>
struct Describe<WireLane> {
    static constexpr std::string_view name = "WireLane";
    static constexpr std::array fields{BATON_FIELD(WireLane, head), BATON_FIELD(WireLane, pad0),
                                       BATON_FIELD(WireLane, tail), BATON_FIELD(WireLane, pad1)};
};
static_assert(sizeof(WireLane) == 128 && Shared<WireLane>);

struct WireSlot {               // followed by slot_size - 8 bytes of frame
    std::uint32_t length = 0;   // bytes of frame
    std::uint32_t pad = 0;
};
template <>
struct Describe<WireSlot> {
    static constexpr std::string_view name = "WireSlot";
    static constexpr std::array fields{BATON_FIELD(WireSlot, length), BATON_FIELD(WireSlot, pad)};
};
static_assert(sizeof(WireSlot) == 8 && Shared<WireSlot>);

struct WireArena {
    ArenaHeader header;
    std::uint32_t slot_count = 0;             // of each lane, a power of two; set once
    std::uint32_t slot_size = 0;              // bytes, WireSlot included, a multiple of 8; set once
    std::atomic<std::uint32_t> peer_up = 0;   // owner: peer; link state as the switch sees it
    std::atomic<std::uint32_t> switch_up = 0; // owner: switch; link state as the peer sees it
    std::uint8_t pad[48] = {};
    WireLane lanes[2];
    // slots of lane 0, then of lane 1, follow
};
template <>
struct Describe<WireArena> {
    static constexpr std::string_view name = "WireArena";
    static constexpr std::array fields{BATON_FIELD(WireArena, header),    BATON_FIELD(WireArena, slot_count),
                                       BATON_FIELD(WireArena, slot_size), BATON_FIELD(WireArena, peer_up),
                                       BATON_FIELD(WireArena, switch_up), BATON_FIELD(WireArena, pad),
                                       BATON_FIELD(WireArena, lanes)};
};
static_assert(sizeof(WireArena) == 384 && Shared<WireArena>);

}  // namespace baton
