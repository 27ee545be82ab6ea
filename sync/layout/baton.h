// SPDX-License-Identifier: Apache-2.0
// Who carries the baton. Written by the chassis only. `grant` is one word, so term and holder change in one store:
// term in the upper bits, holder's slot + 1 in the lowest eight (0: nobody). The applier compares a command's term with
// it before it touches a table; that comparison is the fence.
#pragma once

#include "sync/base/ids.h"
#include "sync/layout/arena.h"

namespace baton {

/// Why the baton changed hands; the guide's words (MIB: never admin exception removal hwFailure watchdog keepalive).
enum class Cause : std::uint32_t { never, operator_command, exception, watchdog, keepalive, diagnostic, removal };

constexpr std::string_view name_of(Cause cause) {
    constexpr std::string_view names[] = {"never",     "admin",     "exception", "watchdog",
                                          "keepalive", "hwFailure", "removal"};
    return names[static_cast<std::uint32_t>(cause)];
}

/// A fabric plane is a board's hardware: a crash of the board's software leaves it working, pulling the board out or
/// resetting it hard does not, and what is in it then is lost. Owner: chassis; read by workers before they use the plane.
enum class PlaneState : std::uint32_t { absent, working };

struct GrantWord {
    Term term = 0;
    Slot holder = Slot::none;

    static constexpr GrantWord of(std::uint64_t word) {
        const auto low = static_cast<std::uint8_t>(word & 0xff);
        return {word >> 8, low == 0 ? Slot::none : static_cast<Slot>(low - 1)};
    }
    constexpr std::uint64_t word() const {
        return term << 8 | (holder == Slot::none ? 0u : static_cast<std::uint64_t>(holder) + 1);
    }
};

struct GrantRecord {                              // owner: chassis; kept at [term % 64], complete once `term` is stored
    std::atomic<std::uint64_t> term = 0;          //
    std::atomic<std::int64_t> lost_ns = 0;        // when the last holder's end was noticed, or its release received
    std::atomic<std::int64_t> granted_ns = 0;     //
    std::atomic<Cause> cause{};                   // why the last holder lost it
    std::atomic<std::uint32_t> holder = 0;        // slot + 1
    std::atomic<std::uint32_t> signal = 0;        // that ended the last holder, or 0
    std::atomic<std::uint32_t> last_holder = 0;   // slot + 1, or 0
    std::atomic<std::int64_t> wall_ns = 0;        // CLOCK_REALTIME of the grant, for people
};
template <>
struct Describe<GrantRecord> {
    static constexpr std::string_view name = "GrantRecord";
    static constexpr std::array fields{
        BATON_FIELD(GrantRecord, term),   BATON_FIELD(GrantRecord, lost_ns), BATON_FIELD(GrantRecord, granted_ns),
        BATON_FIELD(GrantRecord, cause),  BATON_FIELD(GrantRecord, holder),  BATON_FIELD(GrantRecord, signal),
        BATON_FIELD(GrantRecord, last_holder), BATON_FIELD(GrantRecord, wall_ns)};
};
static_assert(sizeof(GrantRecord) == 48 && Shared<GrantRecord>);

struct BatonPage {
    ArenaHeader header;
    std::atomic<std::uint64_t> grant = 0;                 // GrantWord; owner: chassis; read by applier before each command
    std::atomic<std::int64_t> chassis_heartbeat_ns = 0;   //
    std::atomic<std::uint32_t> board_pid[2] = {};         // 0: not running
    std::atomic<std::uint32_t> board_starts[2] = {};      // how often the chassis started it
    std::atomic<std::uint32_t> dataplane_pid = 0;
    std::atomic<std::uint32_t> dataplane_starts = 0;
    std::atomic<PlaneState> plane[2] = {};                // of the fabric, by the slot of the board that carries it
    std::atomic<std::int64_t> plane_changed_ns[2] = {};   // when it came or went, CLOCK_MONOTONIC; stored before `plane`
    GrantRecord records[64];                              // of the last 64 terms
};
template <>
struct Describe<BatonPage> {
    static constexpr std::string_view name = "BatonPage";
    static constexpr std::array fields{BATON_FIELD(BatonPage, header),         BATON_FIELD(BatonPage, grant),
                                       BATON_FIELD(BatonPage, chassis_heartbeat_ns), BATON_FIELD(BatonPage, board_pid),
                                       BATON_FIELD(BatonPage, board_starts),   BATON_FIELD(BatonPage, dataplane_pid),
                                       BATON_FIELD(BatonPage, dataplane_starts), BATON_FIELD(BatonPage, plane),
                                       BATON_FIELD(BatonPage, plane_changed_ns),
                                       BATON_FIELD(BatonPage, records)};
};
static_assert(sizeof(BatonPage) == 64 + 64 + 64 * 48 && Shared<BatonPage>);

}  // namespace baton
