// SPDX-License-Identifier: Apache-2.0
// Frames that the master must see: one ring for each worker, written by that worker, read by the master at its own
// cursor (BoardPage::punt_cursor), so a new master goes on where the last one stopped. A full ring drops, and counts.
#pragma once

#include "sync/base/ids.h"
#include "sync/layout/arena.h"

namespace baton {

inline constexpr std::size_t punt_slots = 256;
inline constexpr std::size_t punt_bytes = 2032;

struct alignas(64) PuntSlot {                     // owner: the worker
    std::atomic<std::uint64_t> sequence = 0;      // n + 1 once frame n lies here; 0 while it is being written
    std::uint16_t port = 0;
    std::uint16_t vlan = 0;
    std::uint16_t length = 0;                     // bytes kept; a longer frame is cut
    std::uint16_t pad = 0;
    std::uint8_t bytes[punt_bytes] = {};
};
template <>
struct Describe<PuntSlot> {
    static constexpr std::string_view name = "PuntSlot";
    static constexpr std::array fields{BATON_FIELD(PuntSlot, sequence), BATON_FIELD(PuntSlot, port),
                                       BATON_FIELD(PuntSlot, vlan),     BATON_FIELD(PuntSlot, length),
                                       BATON_FIELD(PuntSlot, pad),      BATON_FIELD(PuntSlot, bytes)};
};
static_assert(sizeof(PuntSlot) == 2048 && Shared<PuntSlot>);

struct PuntArena {
    ArenaHeader header;
    std::atomic<std::uint64_t> written[max_workers] = {};  // frames ever written, by worker
    PuntSlot slots[max_workers][punt_slots];
};
template <>
struct Describe<PuntArena> {
    static constexpr std::string_view name = "PuntArena";
    static constexpr std::array fields{BATON_FIELD(PuntArena, header), BATON_FIELD(PuntArena, written),
                                       BATON_FIELD(PuntArena, slots)};
};
static_assert(Shared<PuntArena>);

}  // namespace baton
