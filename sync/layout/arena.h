// SPDX-License-Identifier: Apache-2.0
// What every arena begins with, and the list of arenas. An arena is one memfd that the chassis creates and holds; it
// outlives every process that maps it. Who writes which is the whole law of Baton's shared memory:
//
//   arena         written by                    read by
//   baton         chassis                       data plane, boards, CLI helpers
//   board_a/_b    that board                    chassis, the other board, data plane
//   journal       master                        slave; and the next master
//   commands      master of the ring's term     applier (data plane)
//   tables        data plane                    boards (read-only fd)
//   fdb           data plane                    boards (read-only fd)
//   routes        data plane                    boards (read-only fd)
//   acl           data plane                    boards (read-only fd)
//   fpm           data plane                    master (its own cursor is in its board page)
//   punt          data plane                    master (its own cursor is in its board page)
//   wire          one end of the wire each      the other end
#pragma once

#include "sync/layout/describe.h"

namespace baton {

enum class ArenaKind : std::uint32_t {
    baton = 1,
    board_a = 2,
    board_b = 3,
    journal = 4,
    commands = 5,
    tables = 6,
    fdb = 7,
    punt = 8,
    routes = 9,
    fpm = 10,
    wire = 11,
    acl = 12,
};

inline constexpr std::string_view name_of(ArenaKind kind) {
    constexpr std::string_view names[] = {"?",        "baton",  "board_a", "board_b", "journal",
                                          "commands", "tables", "fdb",     "punt",    "routes", "fpm", "wire", "acl"};
    const auto index = static_cast<std::uint32_t>(kind);
    return index < std::size(names) ? names[index] : names[0];
}

inline constexpr std::uint64_t arena_magic = 0x314e4f5441423031ull;
inline constexpr std::uint32_t arena_abi = 9;  // raised by hand with every change of layout or meaning

struct alignas(64) ArenaHeader {        // written once, by the creator, before anybody else maps the arena
    std::uint64_t magic = 0;            // arena_magic
    std::uint32_t abi = 0;              // arena_abi
    ArenaKind kind{};                   //
    std::uint64_t total_size = 0;       // bytes, of the whole memfd
    std::uint64_t layout = 0;           // fingerprint of the arena's root struct
    std::int64_t created_ns = 0;        // CLOCK_MONOTONIC
    std::uint8_t pad[24] = {};
};
template <>
struct Describe<ArenaHeader> {
    static constexpr std::string_view name = "ArenaHeader";
    static constexpr std::array fields{
        BATON_FIELD(ArenaHeader, magic),      BATON_FIELD(ArenaHeader, abi),    BATON_FIELD(ArenaHeader, kind),
        BATON_FIELD(ArenaHeader, total_size), BATON_FIELD(ArenaHeader, layout), BATON_FIELD(ArenaHeader, created_ns),
        BATON_FIELD(ArenaHeader, pad)};
};
static_assert(sizeof(ArenaHeader) == 64 && Shared<ArenaHeader>);

}  // namespace baton
