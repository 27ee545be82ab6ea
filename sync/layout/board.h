// SPDX-License-Identifier: Apache-2.0
// A board's page: all that others may know of it. Written by that board alone (and by the kernel, which marks the robust
// mutex when its owner dies); read by the chassis (heartbeats, dying words) and by the other board (`show msm-failover`).
//
// The mutex is locked for life by the board's main thread, the only thread that writes journal and command ring. The
// kernel releases it at the very start of that thread's exit, before it frees memory, so its EOWNERDEAD is both the
// fastest notice of a death and the proof that the writer has stopped (measured: 0.1-0.2 ms, a pidfd takes 60 ms per GB).
#pragma once

#include "sync/base/ids.h"
#include "sync/layout/baton.h"

namespace baton {

enum class Subsystem : std::uint8_t {  // what is handed over, each with its own state
    configuration, l2_hardware, l3_hardware, stp, eaps, esrp, arp, load_sharing, acl, snmp, log,
};
inline constexpr std::size_t subsystem_count = 11;
inline constexpr std::string_view subsystem_names[subsystem_count] = {
    "configuration", "l2 hardware", "l3 hardware", "stp", "eaps", "esrp", "arp", "load-sharing", "acl", "snmp", "log"};

enum class SubsystemState : std::uint8_t { disable, initial, xfr, ready, failed, unknown };
inline constexpr std::string_view subsystem_state_names[] = {"disable", "initial", "xfr", "ready", "failed", "unknown"};

enum class Reason : std::uint8_t {  // the guide's Table 2; meanings in the README and architecture notes
    none, newer_master, hotswap, config_command, memory, journal_overflow, invalid_record, invalid_subtype,
    comm_error, no_support, tables_differ, config_failed, keepalive, watchdog,
};
inline constexpr std::string_view reason_names[] = {
    "none",           "rev(M) > rev(S)", "hotswap",    "config command", "memory",        "brkt ovflow", "invalid brkt",
    "invalid subtype", "comm error",     "no xh support", "L2,L3 failed",  "config failed", "keepalive",   "watchdog"};

/// State and reason, new and old, in one word, so that a reader never sees one without the other.
struct SubsystemWord {
    SubsystemState state{};
    Reason reason{};
    SubsystemState old_state{};
    Reason old_reason{};

    static constexpr SubsystemWord of(std::uint32_t word) {
        return {static_cast<SubsystemState>(word & 0xff), static_cast<Reason>(word >> 8 & 0xff),
                static_cast<SubsystemState>(word >> 16 & 0xff), static_cast<Reason>(word >> 24)};
    }
    constexpr std::uint32_t word() const {
        return static_cast<std::uint32_t>(state) | static_cast<std::uint32_t>(reason) << 8 |
               static_cast<std::uint32_t>(old_state) << 16 | static_cast<std::uint32_t>(old_reason) << 24;
    }
};

enum class BoardRole : std::uint32_t { starting, slave, master, leaving };
inline constexpr std::string_view board_role_names[] = {"starting", "slave", "master", "leaving"};

enum class CriticalThread : std::uint8_t { loop, watchdog };  // each bumps its own heartbeat
inline constexpr std::size_t critical_thread_count = 2;

inline constexpr std::uint32_t lacks_takeover = 1;  // BoardPage::lacks: it follows, but must not carry the baton

enum class DiagnosticsResult : std::uint8_t { none, passed, failed, journal_damaged };

/// How often a board was asked to examine itself, and what came of the last time.
struct DiagnosticsWord {
    std::uint64_t runs = 0;
    DiagnosticsResult result{};

    static constexpr DiagnosticsWord of(std::uint64_t word) {
        return {word >> 8, static_cast<DiagnosticsResult>(word & 0xff)};
    }
    constexpr std::uint64_t word() const { return runs << 8 | static_cast<std::uint64_t>(result); }
};

struct DyingWords {                           // written by a crash handler, async-signal-safe; complete once said != 0
    std::atomic<std::uint32_t> said = 0;
    std::atomic<Cause> cause{};
    std::atomic<std::uint32_t> signal = 0;
    std::atomic<std::uint32_t> thread = 0;    // kernel thread id
    std::atomic<std::uint64_t> address = 0;   // si_addr
    std::atomic<std::uint64_t> program_counter = 0;
    char what[96] = {};                       // zero-terminated
};
template <>
struct Describe<DyingWords> {
    static constexpr std::string_view name = "DyingWords";
    static constexpr std::array fields{BATON_FIELD(DyingWords, said),    BATON_FIELD(DyingWords, cause),
                                       BATON_FIELD(DyingWords, signal),  BATON_FIELD(DyingWords, thread),
                                       BATON_FIELD(DyingWords, address), BATON_FIELD(DyingWords, program_counter),
                                       BATON_FIELD(DyingWords, what)};
};
static_assert(sizeof(DyingWords) == 128 && Shared<DyingWords>);

struct BoardPage {
    ArenaHeader header;
    std::uint8_t life[64] = {};                              // pthread_mutex_t: robust, process-shared; locked for life
    std::atomic<std::uint64_t> heartbeat[8] = {};            // by CriticalThread
    std::atomic<std::uint32_t> pid = 0;
    std::atomic<BoardRole> role{};
    std::atomic<std::uint64_t> term = 0;                     // that it holds or follows
    std::atomic<std::uint64_t> journal_position = 0;         // bytes of the journal applied
    std::atomic<std::uint64_t> journal_sequence = 0;         // records applied
    std::atomic<std::uint64_t> resyncs = 0;                  // bulk transfers begun anew after an overflow
    std::atomic<std::uint64_t> took_over_ns = 0;             // when this board, as master, began to serve
    std::atomic<std::uint32_t> release = 0;                  // major << 16 | minor << 8 | patch
    std::atomic<std::uint32_t> lacks = 0;                    // lacks_takeover; 0: it can do all
    std::atomic<std::uint64_t> punt_cursor[max_workers] = {};  // next punt slot to read, by worker; the next master goes on
    std::atomic<std::uint32_t> subsystem[12] = {};           // SubsystemWord by Subsystem
    // The bulk transfer that is under way (a subsystem is xfr), or the last one: bytes and records of the journal. How far it
    // is say journal_position and journal_sequence.
    std::atomic<std::uint64_t> transfer_from = 0, transfer_to = 0;
    std::atomic<std::uint64_t> transfer_first = 0, transfer_last = 0;
    std::atomic<std::uint64_t> longest_gap_ns = 0;           // its loop's: how late its 100 ms tick came at the worst
    std::atomic<std::uint64_t> diagnostics = 0;              // DiagnosticsWord of the last that were asked for
    std::atomic<std::uint64_t> fpm_cursor = 0;               // bytes of the FPM ring dealt with; the next master goes on
    std::atomic<std::uint64_t> fpm_pids = 0;                 // zebra's, as its messages name it: of the routes in the tables, of now
    std::atomic<std::uint64_t> fpm_phase = 0;                // of the generation of routes at fpm_cursor; see controlplane/route
    std::uint8_t pad[16] = {};
    DyingWords words;
};
template <>
struct Describe<BoardPage> {
    static constexpr std::string_view name = "BoardPage";
    static constexpr std::array fields{
        BATON_FIELD(BoardPage, header),           BATON_FIELD(BoardPage, life),
        BATON_FIELD(BoardPage, heartbeat),        BATON_FIELD(BoardPage, pid),
        BATON_FIELD(BoardPage, role),             BATON_FIELD(BoardPage, term),
        BATON_FIELD(BoardPage, journal_position), BATON_FIELD(BoardPage, journal_sequence),
        BATON_FIELD(BoardPage, resyncs),          BATON_FIELD(BoardPage, took_over_ns),
        BATON_FIELD(BoardPage, release),          BATON_FIELD(BoardPage, lacks),
        BATON_FIELD(BoardPage, punt_cursor),      BATON_FIELD(BoardPage, subsystem),
        BATON_FIELD(BoardPage, transfer_from),    BATON_FIELD(BoardPage, transfer_to),
        BATON_FIELD(BoardPage, transfer_first),   BATON_FIELD(BoardPage, transfer_last),
        BATON_FIELD(BoardPage, longest_gap_ns),
        BATON_FIELD(BoardPage, diagnostics),      BATON_FIELD(BoardPage, fpm_cursor),
        BATON_FIELD(BoardPage, fpm_pids),         BATON_FIELD(BoardPage, fpm_phase),
        BATON_FIELD(BoardPage, pad),
        BATON_FIELD(BoardPage, words)};
};
static_assert(Shared<BoardPage> && sizeof(BoardPage) % 64 == 0);

}  // namespace baton
