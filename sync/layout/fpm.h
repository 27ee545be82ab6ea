// SPDX-License-Identifier: Apache-2.0
// What routing daemons say, on its way from the socket that outlives boards to the master: a ring of bytes. Written by
// the data plane, which frames messages and understands none; read by the master at its own cursor
// (BoardPage::fpm_cursor), moved on only when what a message asked for is in the tables. So a new master goes on where
// the last one stopped, and no board needs a copy of the routes. A full ring is no loss: the socket is not read until
// there is room, and zebra keeps what it could not say.
//
//   record = FpmRecord, its bytes, up to a multiple of 8; one that would cross the ring's end is preceded by a `skip`
#pragma once

#include "sync/layout/arena.h"

namespace baton {

inline constexpr std::uint64_t fpm_capacity = 4u << 20;  // bytes
inline constexpr std::uint32_t fpm_message_most = 65535;

enum class FpmRecordKind : std::uint32_t {
    skip,          // the rest of the ring up to its end is unused
    connected,     // zebra has come (again): all its routes follow, and behind the last one the sentinel
    message,       // one FPM frame's payload: netlink messages that belong together
    disconnected,  // zebra is gone; nothing is deleted for that
};

struct FpmRecord {
    std::uint32_t size;  // of the bytes behind this header
    FpmRecordKind kind;
};
inline constexpr std::size_t fpm_header = 8;
static_assert(sizeof(FpmRecord) == fpm_header);

struct FpmArena {
    ArenaHeader header;
    std::atomic<std::uint64_t> written = 0;     // bytes ever written, `skip` included; stored when the record is whole
    std::atomic<std::uint64_t> connects = 0;    // how often zebra came
    std::atomic<std::uint64_t> messages = 0;    // ever taken from it
    std::atomic<std::uint32_t> connected = 0;   // 1: it is there
    std::atomic<std::uint32_t> malformed = 0;   // connections closed because what came was no FPM frame
    std::uint8_t pad[32] = {};
    std::uint8_t ring[fpm_capacity] = {};
};
template <>
struct Describe<FpmArena> {
    static constexpr std::string_view name = "FpmArena";
    static constexpr std::array fields{BATON_FIELD(FpmArena, header),   BATON_FIELD(FpmArena, written),
                                       BATON_FIELD(FpmArena, connects), BATON_FIELD(FpmArena, messages),
                                       BATON_FIELD(FpmArena, connected), BATON_FIELD(FpmArena, malformed),
                                       BATON_FIELD(FpmArena, pad),      BATON_FIELD(FpmArena, ring)};
};
static_assert(Shared<FpmArena>);

}  // namespace baton
