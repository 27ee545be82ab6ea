// SPDX-License-Identifier: Apache-2.0
// Both ends of the punt rings: frames that the master must see, one ring for each worker. The worker never waits and
// never overwrites what nobody has read: a full ring is an answer, counted as Drop::punt_full. The master reads at the
// cursor in its own board page; the next master goes on at the highest cursor that either page shows.
//
//   worker   sequence = 0, fill, sequence = n + 1 (release), then `written` = n + 1 (release)
//   master   load `written` (acquire), copy, look at `sequence` again: n + 1 or the frame was not whole
#pragma once

#include <algorithm>
#include <cstring>
#include <span>

#include "sync/layout/board.h"
#include "sync/layout/punt.h"

namespace baton {

/// The highest cursor for `worker` that a board shows; never beyond what was written.
inline std::uint64_t punt_cursor(const BoardPage& a, const BoardPage& b, WorkerId worker, std::uint64_t written) {
    const auto first = a.punt_cursor[worker].load(std::memory_order_acquire);
    const auto second = b.punt_cursor[worker].load(std::memory_order_acquire);
    return std::min(std::max(first, second), written);
}

/// A worker's end.
class PuntWriter {
  public:
    PuntWriter() = default;

    PuntWriter(PuntArena& arena, const BoardPage& a, const BoardPage& b, WorkerId worker)
        : arena_(&arena), a_(&a), b_(&b), worker_(worker) {}

    /// Keeps the first punt_bytes of the frame; false when the ring is full (or there is none).
    bool push(std::span<const std::uint8_t> frame, PortId port, VlanId vlan,
              PuntReason reason = PuntReason::reserved) {
        if (!arena_) return false;
        const std::uint64_t n = arena_->written[worker_].load(std::memory_order_relaxed);
        if (n - punt_cursor(*a_, *b_, worker_, n) >= punt_slots) return false;
        PuntSlot& slot = arena_->slots[worker_][n % punt_slots];
        slot.sequence.store(0, std::memory_order_relaxed);
        std::atomic_thread_fence(std::memory_order_release);
        slot.port = port;
        slot.vlan = vlan;
        slot.reason = reason;
        slot.length = static_cast<std::uint16_t>(std::min(frame.size(), punt_bytes));
        std::memcpy(slot.bytes, frame.data(), slot.length);
        slot.sequence.store(n + 1, std::memory_order_release);
        arena_->written[worker_].store(n + 1, std::memory_order_release);
        return true;
    }

  private:
    PuntArena* arena_ = nullptr;
    const BoardPage* a_ = nullptr;
    const BoardPage* b_ = nullptr;
    WorkerId worker_ = 0;
};

/// One punted frame, copied out.
struct PuntedFrame {
    PortId port = 0;
    VlanId vlan = 0;
    PuntReason reason{};
    std::uint16_t length = 0;
    std::uint8_t bytes[punt_bytes];

    std::span<const std::uint8_t> frame() const { return {bytes, length}; }
};

/// The master's end of one worker's ring. The caller keeps `cursor` in its board page.
inline bool read_punt(const PuntArena& arena, WorkerId worker, std::uint64_t& cursor, PuntedFrame& into) {
    const std::uint64_t written = arena.written[worker].load(std::memory_order_acquire);
    if (written - cursor > punt_slots) cursor = written - punt_slots;  // a board page that began anew
    for (; cursor < written; ++cursor) {
        const PuntSlot& slot = arena.slots[worker][cursor % punt_slots];
        if (slot.sequence.load(std::memory_order_acquire) != cursor + 1) continue;
        into.port = slot.port;
        into.vlan = slot.vlan;
        into.reason = slot.reason;
        into.length = std::min<std::uint16_t>(slot.length, punt_bytes);
        std::memcpy(into.bytes, slot.bytes, into.length);
        std::atomic_thread_fence(std::memory_order_acquire);
        if (slot.sequence.load(std::memory_order_relaxed) != cursor + 1) continue;
        ++cursor;
        return true;
    }
    return false;
}

}  // namespace baton
