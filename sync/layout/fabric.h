// SPDX-License-Identifier: Apache-2.0
// The fabric as boards see it: which planes the modules have been told to use, which modules there are, and what crossed
// from one to another over each plane. Part of the tables arena: written by the data plane only. Whether a plane is
// there at all is the chassis's word (BatonPage::plane); the two differ between the loss of a plane and its
// reprogramming, and that difference is what frames are lost by.
#pragma once

#include "sync/base/ids.h"
#include "sync/layout/arena.h"

namespace baton {

inline constexpr std::size_t plane_count = board_count;  // each board carries one
inline constexpr std::uint32_t all_planes = (1u << plane_count) - 1;
inline constexpr std::size_t max_modules = 16;
inline constexpr std::size_t plane_slots = 2048;         // frames that fit into one plane between two modules' workers

constexpr std::string_view plane_name(std::size_t plane) {
    constexpr std::string_view names[] = {"A", "B"};
    return plane < std::size(names) ? names[plane] : "?";
}

struct alignas(64) Fabric {                         // owner: applier
    std::atomic<std::uint32_t> usable = 0;         // bit n: plane n (of slot n); FabricSet; never 0 once it runs
    std::atomic<std::uint32_t> changes = 0;        // how often `usable` changed
    std::atomic<std::int64_t> changed_ns = 0;      // when it last did, CLOCK_MONOTONIC
    std::atomic<std::uint8_t> module[max_modules] = {};  // which module has this index (0: none); kept over restarts
    std::uint8_t pad[32] = {};
};
template <>
struct Describe<Fabric> {
    static constexpr std::string_view name = "Fabric";
    static constexpr std::array fields{BATON_FIELD(Fabric, usable), BATON_FIELD(Fabric, changes),
                                       BATON_FIELD(Fabric, changed_ns), BATON_FIELD(Fabric, module),
                                       BATON_FIELD(Fabric, pad)};
};
static_assert(sizeof(Fabric) == 64 && Shared<Fabric>);

struct Crossed {                                   // offered to the plane = frames + lost + full + what is under way
    std::atomic<std::uint64_t> frames = 0;         // that came out on the other side
    std::atomic<std::uint64_t> bytes = 0;
    std::atomic<std::uint64_t> lost = 0;           // the plane was gone (Drop::fabric_lost)
    std::atomic<std::uint64_t> full = 0;           // its ring was (Drop::fabric_full)
    std::atomic<std::uint64_t> most_waiting = 0;   // the fullest that this side ever found a ring
};
template <>
struct Describe<Crossed> {
    static constexpr std::string_view name = "Crossed";
    static constexpr std::array fields{BATON_FIELD(Crossed, frames), BATON_FIELD(Crossed, bytes),
                                       BATON_FIELD(Crossed, lost), BATON_FIELD(Crossed, full),
                                       BATON_FIELD(Crossed, most_waiting)};
};
static_assert(sizeof(Crossed) == 40 && Shared<Crossed>);

struct alignas(64) FabricCounters {                // owner: that worker; by plane, index of the module from and to
    Crossed crossed[plane_count][max_modules][max_modules];
};
template <>
struct Describe<FabricCounters> {
    static constexpr std::string_view name = "FabricCounters";
    static constexpr std::array fields{BATON_FIELD(FabricCounters, crossed)};
};
static_assert(sizeof(FabricCounters) % 64 == 0 && Shared<FabricCounters>);

}  // namespace baton
