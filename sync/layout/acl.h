// SPDX-License-Identifier: Apache-2.0
// Access lists' bytes: the rules that are in force, and how often each matched. Written by the data plane only, the
// slots by its applier, the hits by each worker its own; boards read. What workers look packets up in (a compiled image,
// and the newest rules beside it) is made from these slots inside the data plane's process (dataplane/table/acl.h) and
// never shared: another process makes its own anew.
//
//   a rule comes    words, bases, confirmed; then `state`: one store puts it in force
//   a rule goes     `state`: one store. Its slot is not used again before no worker can match it any more
//
// Who is killed before the one store leaves a free slot with something in it, which is never looked at.
//
// Hits only ever grow, also across failovers and data planes. A rule's own count begins at 0 because its slot remembers
// (`base`) what the last rule there had counted.
#pragma once

#include "sync/base/ids.h"
#include "sync/layout/acl_rule.h"
#include "sync/layout/arena.h"

namespace baton {

inline constexpr std::uint32_t max_acl_rules = 10'000;   // that a configuration may have
inline constexpr std::uint32_t max_acl_slots = 24'576;   // two whole configurations for a moment, and slots that wait

inline constexpr std::size_t acl_rule_words = sizeof(AclRule) / 8;

enum class AclState : std::uint32_t {
    free = 0,
    in_force = 1,
    gone = 2,  // no longer in force; workers may still count here
};

/// AclSlot::state: version:30 | AclState:2. The version rises whenever a rule comes, so that who copies a rule can tell
/// whether it stayed that rule meanwhile.
struct AclStateWord {
    AclState state{};
    std::uint32_t version = 0;

    static constexpr AclStateWord of(std::uint32_t word) { return {static_cast<AclState>(word & 3), word >> 2}; }
    constexpr std::uint32_t word() const { return version << 2 | static_cast<std::uint32_t>(state); }
};

struct alignas(64) AclSlot {                                // owner: applier
    std::atomic<std::uint32_t> state = 0;                   // AclStateWord
    std::uint32_t pad = 0;
    std::atomic<std::uint64_t> confirmed_term = 0;          // that last said it; reconcile sweeps older ones
    std::atomic<std::uint64_t> base_frames = 0, base_bytes = 0;  // of all workers' hits here when the rule came
    std::atomic<std::uint64_t> words[acl_rule_words] = {};  // an AclRule
};
template <>
struct Describe<AclSlot> {
    static constexpr std::string_view name = "AclSlot";
    static constexpr std::array fields{
        BATON_FIELD(AclSlot, state),       BATON_FIELD(AclSlot, pad),        BATON_FIELD(AclSlot, confirmed_term),
        BATON_FIELD(AclSlot, base_frames), BATON_FIELD(AclSlot, base_bytes), BATON_FIELD(AclSlot, words)};
};
static_assert(sizeof(AclSlot) == 128 && Shared<AclSlot>);

struct AclHits {                                            // owner: that worker
    std::atomic<std::uint64_t> frames = 0, bytes = 0;
};
template <>
struct Describe<AclHits> {
    static constexpr std::string_view name = "AclHits";
    static constexpr std::array fields{BATON_FIELD(AclHits, frames), BATON_FIELD(AclHits, bytes)};
};
static_assert(sizeof(AclHits) == 16 && Shared<AclHits>);

struct AclArena {                                           // owner: applier, but for `hits`
    ArenaHeader header;
    std::atomic<std::uint64_t> changes = 0;                 // rules that came or went, ever
    std::atomic<std::uint32_t> rules = 0;                   // in force
    std::atomic<std::uint32_t> high = 0;                    // no slot from here on has ever been used
    std::atomic<std::uint64_t> image_changes = 0;           // `changes` when the image in use was begun
    std::atomic<std::uint32_t> image_rules = 0;             // in that image
    std::atomic<std::uint32_t> beside = 0;                  // rules that are looked at beside it: they came later
    std::atomic<std::uint64_t> image_ns = 0;                // how long it took to make
    std::atomic<std::uint64_t> images = 0;                  // made, ever
    std::atomic<std::uint64_t> images_failed = 0;           // could not be made: no memory
    std::uint8_t pad[8] = {};
    AclSlot slots[max_acl_slots];
    AclHits hits[max_workers][max_acl_slots];
};
template <>
struct Describe<AclArena> {
    static constexpr std::string_view name = "AclArena";
    static constexpr std::array fields{
        BATON_FIELD(AclArena, header),      BATON_FIELD(AclArena, changes), BATON_FIELD(AclArena, rules),
        BATON_FIELD(AclArena, high),        BATON_FIELD(AclArena, image_changes),
        BATON_FIELD(AclArena, image_rules), BATON_FIELD(AclArena, beside),  BATON_FIELD(AclArena, image_ns),
        BATON_FIELD(AclArena, images),      BATON_FIELD(AclArena, images_failed),
        BATON_FIELD(AclArena, pad),         BATON_FIELD(AclArena, slots),   BATON_FIELD(AclArena, hits)};
};
static_assert(Shared<AclArena>);

/// A rule that is in force, copied whole; false: there is none, or it went while it was copied.
inline bool read_rule(const AclSlot& slot, AclRule& into, std::uint32_t* version = nullptr) {
    const std::uint32_t before = slot.state.load(std::memory_order_acquire);
    if (AclStateWord::of(before).state != AclState::in_force) return false;
    std::uint64_t words[acl_rule_words];
    for (std::size_t i = 0; i < acl_rule_words; ++i) words[i] = slot.words[i].load(std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_acquire);
    if (slot.state.load(std::memory_order_relaxed) != before) return false;
    std::memcpy(&into, words, sizeof into);
    if (version) *version = AclStateWord::of(before).version;
    return true;
}

/// What a slot's rule has matched since it came.
struct AclCount {
    std::uint64_t frames = 0, bytes = 0;
};

inline AclCount hits_of(const AclArena& arena, std::uint32_t slot) {
    AclCount sum;
    for (const auto& worker : arena.hits) {
        sum.frames += worker[slot].frames.load(std::memory_order_relaxed);
        sum.bytes += worker[slot].bytes.load(std::memory_order_relaxed);
    }
    sum.frames -= arena.slots[slot].base_frames.load(std::memory_order_relaxed);
    sum.bytes -= arena.slots[slot].base_bytes.load(std::memory_order_relaxed);
    return sum;
}

}  // namespace baton
