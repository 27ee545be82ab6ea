// SPDX-License-Identifier: Apache-2.0
// One plane between two seats: a ring of words with one producer and one consumer, who may be the same thread. Not an
// rte_ring, because the consumer must be able to look at a word and leave it there (crossing.h, epochs). Each end keeps
// the other's cursor as it last saw it, so that most bursts read one line that the other end writes, not two.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "sync/layout/fabric.h"

namespace baton {

class PlaneRing {
  public:
    /// Producer: as many of `words` as there is room for, in order; how many.
    unsigned push(const std::uint64_t* words, unsigned count) {
        const std::uint64_t head = head_.load(std::memory_order_relaxed);
        if (head - tail_seen_ + count > plane_slots) tail_seen_ = tail_.load(std::memory_order_acquire);
        const auto room = static_cast<unsigned>(plane_slots - (head - tail_seen_));
        const unsigned taken = std::min(room, count);
        for (unsigned i = 0; i < taken; ++i) words_[(head + i) % plane_slots] = words[i];
        head_.store(head + taken, std::memory_order_release);
        return taken;
    }

    /// Consumer: how many words wait, as of now. Whatever the producer did before it pushed the last of them is seen.
    unsigned waiting() const {
        return static_cast<unsigned>(head_.load(std::memory_order_acquire) - tail_.load(std::memory_order_relaxed));
    }

    /// Consumer: the n-th word that waits; n below what waiting() said.
    std::uint64_t look(unsigned n) const { return words_[(tail_.load(std::memory_order_relaxed) + n) % plane_slots]; }

    /// Consumer: the first `count` words have been dealt with.
    void release(unsigned count) {
        tail_.store(tail_.load(std::memory_order_relaxed) + count, std::memory_order_release);
    }

  private:
    static_assert((plane_slots & (plane_slots - 1)) == 0);

    alignas(64) std::atomic<std::uint64_t> head_ = 0;  // owner: producer; words ever pushed
    std::uint64_t tail_seen_ = 0;                      // owner: producer
    alignas(64) std::atomic<std::uint64_t> tail_ = 0;  // owner: consumer; words ever released
    alignas(64) std::uint64_t words_[plane_slots];     // owner: producer, between head and tail + plane_slots
};

}  // namespace baton
