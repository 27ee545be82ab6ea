// SPDX-License-Identifier: Apache-2.0
#include "dataplane/fabric/crossing.h"

#include "dataplane/worker/context.h"

namespace baton {
namespace {

constexpr unsigned port_shift = 48, epoch_shift = 56;  // user addresses end below the first
static_assert(max_ports <= 1u << (epoch_shift - port_shift));

std::uint64_t word_of(std::uint8_t epoch, PortId port, const rte_mbuf* frame) {
    return reinterpret_cast<std::uintptr_t>(frame) | std::uint64_t{port} << port_shift |
           std::uint64_t{epoch} << epoch_shift;
}

rte_mbuf* frame_of(std::uint64_t word) {
    return reinterpret_cast<rte_mbuf*>(word & ((std::uint64_t{1} << port_shift) - 1));
}

PortId port_of(std::uint64_t word) {
    return word >> port_shift & 0xff;
}

std::uint8_t epoch_of(std::uint64_t word) {
    return static_cast<std::uint8_t>(word >> epoch_shift);
}

constexpr unsigned epochs = 256;

/// How many epochs the word is ahead of `epoch`; more than half of all: it is behind.
unsigned ahead_of(std::uint8_t epoch, std::uint64_t word) {
    return static_cast<std::uint8_t>(epoch_of(word) - epoch);
}

void raise_to(std::atomic<std::uint64_t>& most, std::uint64_t value) {
    if (value > most.load(std::memory_order_relaxed)) [[unlikely]]
        most.store(value, std::memory_order_relaxed);
}

}  // namespace

Crossing::~Crossing() {
    for (PlaneRing& ring : rings_)
        for (unsigned n = ring.waiting(); n > 0; --n) {
            rte_pktmbuf_free(frame_of(ring.look(0)));
            ring.release(1);
        }
}

void Crossing::send(PortId port, rte_mbuf* const* frames, unsigned count) {
    if (const std::uint32_t usable = sender_.planes->usable(); usable != usable_) [[unlikely]] {
        usable_ = usable;
        ++sending_;
    }
    std::uint64_t words[plane_count][burst_size];
    unsigned counts[plane_count] = {};
    for (unsigned i = 0; i < count; ++i) {
        const unsigned plane = plane_of(flow_hash(rte_pktmbuf_mtod(frames[i], const std::uint8_t*)), usable_);
        words[plane][counts[plane]++] = word_of(sending_, port, frames[i]);
    }
    for (unsigned plane = 0; plane < plane_count; ++plane)
        if (counts[plane] != 0) send_over(plane, port, words[plane], counts[plane]);
}

void Crossing::send_over(unsigned plane, PortId port, std::uint64_t* words, unsigned count) {
    unsigned gone = 0;
    if (sender_.planes->working(plane)) [[likely]] {
        gone = rings_[plane].push(words, count);
        // Two modules on one worker: the only one who could make room is this very thread.
        while (gone < count && sender_.planes == receiver_.planes && take())
            gone += rings_[plane].push(words + gone, count - gone);
        if (gone == count) [[likely]]
            return;
        count_drop(*sender_.counters, port, Drop::fabric_full, count - gone);
        add(sent(plane).full, count - gone);
    } else {
        count_drop(*sender_.counters, port, Drop::fabric_lost, count);
        add(sent(plane).lost, count);
    }
    for (; gone < count; ++gone) rte_pktmbuf_free(frame_of(words[gone]));
}

// At most a ring's worth of frames a call, so that a sender faster than this worker does not keep it from its ports.
bool Crossing::take() {
    unsigned left = plane_slots;
    for (unsigned plane = 0; plane < plane_count; ++plane) {
        const unsigned waiting = rings_[plane].waiting();
        if (waiting == 0) continue;
        raise_to(taken(plane).most_waiting, waiting);
        if (!receiver_.planes->there(plane)) [[unlikely]]
            left -= std::min(left, lose(plane, waiting));
    }
    bool later_seen = false;
    while (left > 0) {
        unsigned came = 0, nearest = epochs;
        for (unsigned plane = 0; plane < plane_count; ++plane) {
            came += take_epoch(plane, left - came);
            if (rings_[plane].waiting() != 0) nearest = std::min(nearest, ahead_of(taking_, rings_[plane].look(0)));
        }
        left -= came;
        if (nearest == epochs) break;  // every ring was empty in its turn
        if (nearest == 0) continue;    // more of this epoch has come meanwhile
        const bool proven = later_seen && came == 0;
        if (proven) taking_ = static_cast<std::uint8_t>(taking_ + nearest);
        later_seen = !proven;
    }
    return left != plane_slots;
}

/// Frames of the present epoch at the head of a plane's ring, at most so many; how many there were.
unsigned Crossing::take_epoch(unsigned plane, unsigned most) {
    PlaneRing& ring = rings_[plane];
    const unsigned waiting = std::min(ring.waiting(), most);
    std::uint64_t bytes = 0;
    unsigned came = 0, late = 0;
    for (; came < waiting; ++came) {
        const std::uint64_t word = ring.look(came);
        if (epoch_of(word) != taking_) [[unlikely]] {
            if (ahead_of(taking_, word) < epochs / 2) break;
            lose_one(plane, word);
            ++late;
            continue;
        }
        rte_mbuf* frame = frame_of(word);
        bytes += frame->pkt_len;
        outlets_->push(port_of(word), frame);
    }
    if (came == 0) return 0;
    ring.release(came);
    add(taken(plane).frames, came - late);
    add(taken(plane).bytes, bytes);
    return came;
}

unsigned Crossing::lose(unsigned plane, unsigned count) {
    for (unsigned i = 0; i < count; ++i) lose_one(plane, rings_[plane].look(i));
    rings_[plane].release(count);
    return count;
}

void Crossing::lose_one(unsigned plane, std::uint64_t word) {
    drop(*receiver_.counters, frame_of(word), port_of(word), Drop::fabric_lost);
    add(taken(plane).lost, 1);
}

}  // namespace baton
