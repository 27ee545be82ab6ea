// SPDX-License-Identifier: Apache-2.0
// One end of a wire: send and receive frames by the burst. Single producer and single consumer for each lane; the two
// ends may be different processes, and either may die at any instruction: a slot counts only once head has passed it,
// and is free only once tail has, so the next process at that end goes on where the last one published.
#pragma once

#include <cstring>

#include "sync/layout/wire.h"
#include "sync/region/arena.h"

namespace baton {

/// Bytes of a wire arena with `slot_count` (a power of two) slots of `slot_size` bytes in each lane.
constexpr std::size_t wire_size(std::uint32_t slot_count, std::uint32_t slot_size) {
    return sizeof(WireArena) + 2ull * slot_count * slot_size;
}

/// A new wire; the arena is created and its geometry set.
Result<Fd> create_wire(std::uint32_t slot_count, std::uint32_t slot_size, Pages pages);

/// One lane as its producer or its consumer sees it. Keeps a local copy of the far cursor, so that the shared line is
/// read only when the ring seems full (or empty): most bursts touch one line that the other end writes, not two.
class WireEnd {
  public:
    WireEnd() = default;
    WireEnd(WireArena& wire, unsigned lane)
        : lane_(&wire.lanes[lane]),
          slots_(reinterpret_cast<std::byte*>(&wire) + sizeof(WireArena) +
                 std::size_t{lane} * wire.slot_count * wire.slot_size),
          mask_(wire.slot_count - 1),
          slot_size_(wire.slot_size) {}

    std::uint32_t largest_frame() const { return slot_size_ - sizeof(WireSlot); }

    /// Producer: room for how many frames, `wanted` at the most.
    std::uint32_t room(std::uint32_t wanted) {
        const std::uint64_t head = lane_->head.load(std::memory_order_relaxed);
        std::uint64_t room = mask_ + 1 - (head - far_);
        if (room < wanted || room > mask_ + 1) {
            far_ = lane_->tail.load(std::memory_order_acquire);
            room = mask_ + 1 - (head - far_);
        }
        return room < wanted ? static_cast<std::uint32_t>(room) : wanted;
    }

    /// Producer: where the n-th frame of the burst goes; n below what room() said. Set its length, fill it, then publish.
    WireSlot& to_fill(std::uint32_t n) { return slot(lane_->head.load(std::memory_order_relaxed) + n); }

    void publish(std::uint32_t count) {
        lane_->head.store(lane_->head.load(std::memory_order_relaxed) + count, std::memory_order_release);
    }

    /// Consumer: how many frames wait, `wanted` at the most.
    std::uint32_t waiting(std::uint32_t wanted) {
        const std::uint64_t tail = lane_->tail.load(std::memory_order_relaxed);
        std::uint64_t waiting = far_ - tail;
        if (waiting < wanted || waiting > mask_ + 1) {
            far_ = lane_->head.load(std::memory_order_acquire);
            waiting = far_ - tail;
        }
        return waiting < wanted ? static_cast<std::uint32_t>(waiting) : wanted;
    }

    /// Consumer: the n-th frame waiting; n below what waiting() said.
    const WireSlot& to_read(std::uint32_t n) { return slot(lane_->tail.load(std::memory_order_relaxed) + n); }

    void release(std::uint32_t count) {
        lane_->tail.store(lane_->tail.load(std::memory_order_relaxed) + count, std::memory_order_release);
    }

    static std::byte* bytes(WireSlot& slot) { return reinterpret_cast<std::byte*>(&slot + 1); }
    static const std::byte* bytes(const WireSlot& slot) { return reinterpret_cast<const std::byte*>(&slot + 1); }

  private:
    WireSlot& slot(std::uint64_t position) {
        return *reinterpret_cast<WireSlot*>(slots_ + (position & mask_) * slot_size_);
    }

    WireLane* lane_ = nullptr;
    std::byte* slots_ = nullptr;
    std::uint64_t mask_ = 0;
    std::uint32_t slot_size_ = 0;
    std::uint64_t far_ = 0;  // the other end's cursor, as last seen
};

}  // namespace baton
