// SPDX-License-Identifier: Apache-2.0
// The L2 FDB's bytes. An entry is one 64-bit word, so one compare-and-swap is insert, move, refresh or delete, and a
// writer killed at any instruction leaves the old word or the new one. 8 words to a bucket, one cache line.
//
//   key60 = vlan:12 | mac:48, put through an invertible, seeded mix pi (fdb_word.h)
//   primary bucket   = top b bits of pi(key)              2^b buckets, b = fdb_min_bits..fdb_max_bits
//   secondary bucket = primary ^ top b bits of H(low 30 bits of pi(key))
//   entry            = remainder:43 | alt:1 | fixed:1 | age:3 | gen:4 | dest:12      (dest 0: empty word)
//
// remainder is the low 43 bits of pi(key): with the bucket number it names the key exactly, for every b >= 17, so the
// layout of a word is the same in tables of every size. A table of 2^b buckets (S = 64 << b bytes) lies at offset S of
// the arena: tables of different size never overlap, and the arena is sparse, so only tables in use take memory.
//
// age: the aging epoch (0..6, see FdbControl.epoch) when the address was last seen; fdb_frozen (7) marks a word of a
// bucket that growth has moved to the next table. gen: (port_gen[dest] + vlan_gen[vlan]) mod 16 when written; a dynamic
// word counts only while that still holds, so a flush is one increment and needs no scan. Fixed words (static entries)
// neither age nor flush.
#pragma once

#include "sync/base/ids.h"
#include "sync/layout/arena.h"

namespace baton {

inline constexpr unsigned fdb_min_bits = 17;   // 2^17 buckets = 1 M slots = 8 MB
inline constexpr unsigned fdb_max_bits = 22;   // 2^22 buckets = 33 M slots = 256 MB; 16 million MACs at load 0.48
inline constexpr unsigned fdb_bucket_slots = 8;

inline constexpr unsigned fdb_dest_shift = 0;   // 12 bits
inline constexpr unsigned fdb_gen_shift = 12;   // 4
inline constexpr unsigned fdb_age_shift = 16;   // 3
inline constexpr unsigned fdb_fixed_shift = 19; // 1
inline constexpr unsigned fdb_alt_shift = 20;   // 1
inline constexpr unsigned fdb_rem_shift = 21;   // 43

inline constexpr std::uint16_t fdb_dest_none = 0;
inline constexpr std::uint16_t fdb_dest_blackhole = 0xfff;
inline constexpr std::uint8_t fdb_ages = 7;     // epochs 0..6; an entry is expired when it is 6 behind
inline constexpr std::uint8_t fdb_frozen = 7;

struct alignas(64) FdbBucket {                  // owner: data plane, all threads, by compare-and-swap only
    std::atomic<std::uint64_t> words[fdb_bucket_slots] = {};
};
template <>
struct Describe<FdbBucket> {
    static constexpr std::string_view name = "FdbBucket";
    static constexpr std::array fields{BATON_FIELD(FdbBucket, words)};
};
static_assert(sizeof(FdbBucket) == 64 && Shared<FdbBucket>);

struct FdbControl {                             // owner: applier; workers read
    ArenaHeader header;
    std::atomic<std::uint64_t> seed = 0;        // of pi and H; set once
    // Which tables are live, in one word: bits 0..7 = b of the live table; bits 8..15 = b of the table that growth is
    // filling (0: none); bits 16..63 = cursor: buckets below it have moved to the growing table.
    std::atomic<std::uint64_t> shape = 0;
    std::atomic<std::uint32_t> epoch = 0;       // aging epoch, 0..6; advances only after a complete sweep
    std::atomic<std::uint32_t> max_bits = 0;    // growth stops here
    std::atomic<std::uint64_t> entries = 0;     // live words, as the last sweep or growth counted them
    std::atomic<std::uint64_t> sweeps = 0;      // complete sweeps
    std::atomic<std::uint64_t> growths = 0;
    std::atomic<std::uint64_t> growth_refused = 0;  // no memory for the next size
    std::atomic<std::uint32_t> flushes = 0;     // since the last complete sweep began; at 14 a sweep comes before the next
    std::atomic<std::uint32_t> sweep_cursor = 0;    // live bucket that the sweep is at; a new process begins again
    std::atomic<std::uint8_t> port_gen[4096] = {};
    std::atomic<std::uint8_t> vlan_gen[4096] = {};
};
template <>
struct Describe<FdbControl> {
    static constexpr std::string_view name = "FdbControl";
    static constexpr std::array fields{
        BATON_FIELD(FdbControl, header),   BATON_FIELD(FdbControl, seed),     BATON_FIELD(FdbControl, shape),
        BATON_FIELD(FdbControl, epoch),    BATON_FIELD(FdbControl, max_bits), BATON_FIELD(FdbControl, entries),
        BATON_FIELD(FdbControl, sweeps),   BATON_FIELD(FdbControl, growths),  BATON_FIELD(FdbControl, growth_refused),
        BATON_FIELD(FdbControl, flushes),  BATON_FIELD(FdbControl, sweep_cursor),
        BATON_FIELD(FdbControl, port_gen), BATON_FIELD(FdbControl, vlan_gen)};
};
static_assert(Shared<FdbControl>);

constexpr std::uint64_t fdb_table_offset(unsigned bits) { return 64ull << bits; }  // bytes; also the table's size
inline constexpr std::uint64_t fdb_arena_size = 2 * fdb_table_offset(fdb_max_bits);
static_assert(sizeof(FdbControl) <= fdb_table_offset(fdb_min_bits));

}  // namespace baton
