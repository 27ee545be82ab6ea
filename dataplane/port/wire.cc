// SPDX-License-Identifier: Apache-2.0
#include "dataplane/port/wire.h"

#include <rte_prefetch.h>

#include <algorithm>

#include "dataplane/port/mbufs.h"

namespace baton {
namespace {

// Slots whose lines are asked for ahead of the copy; 8 x 2 lines stay under what a core can have under way.
constexpr std::uint32_t ahead = 8;

void ask_for(const WireSlot& slot) {
    rte_prefetch0(&slot);
    rte_prefetch0(reinterpret_cast<const std::byte*>(&slot) + 64);
}

/// Both lines, to be written. In so many words, as the compiler knows the instruction from x86-64-v4 on only; it is a
/// no-operation on the few v3 CPUs that lack it.
void ask_to_write(const WireSlot& slot) {
    const auto* at = reinterpret_cast<const std::byte*>(&slot);
    asm volatile("prefetchw %0\n\tprefetchw %1" : : "m"(at[0]), "m"(at[64]));
}

void count_one(std::atomic<std::uint64_t>& counter) {
    counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

}  // namespace

WirePort::WirePort(PortAbout about, Mapping mapping, rte_mempool* pool) : pool_(pool), mapping_(std::move(mapping)) {
    about_ = std::move(about);
    auto& wire = *mapping_.as<WireArena>();
    in_ = WireEnd(wire, 0);
    out_ = WireEnd(wire, 1);
    room_ = room_of(pool);
    longest_in_ = in_.largest_frame();
    longest_out_ = out_.largest_frame();
    set_enabled(true);
}

std::uint16_t WirePort::receive(rte_mbuf** into, std::uint16_t count) {
    const std::uint32_t waiting = in_.waiting(std::min<std::uint32_t>(count, burst_limit));
    if (waiting == 0) return 0;
    for (std::uint32_t i = 0; i < waiting && i < ahead; ++i) ask_for(in_.to_read(i));
    if (!take_mbufs(pool_, into, waiting)) [[unlikely]]
        return 0;
    std::uint32_t got = 0;
    for (std::uint32_t i = 0; i < waiting; ++i) {
        if (i + ahead < waiting) ask_for(in_.to_read(i + ahead));
        const WireSlot& slot = in_.to_read(i);
        std::uint32_t length = slot.length;
        if (length == 0 || length > longest_in_) [[unlikely]] {
            count_one(broken_);
            continue;
        }
        length = std::min(length, room_);
        prepare(into[got], length);
        copy_frame(frame_start(into[got]), WireEnd::bytes(slot), length);
        ++got;
    }
    in_.release(waiting);
    if (got < waiting) [[unlikely]]
        give_back(pool_, into + got, waiting - got);
    return static_cast<std::uint16_t>(got);
}

std::uint16_t WirePort::transmit(rte_mbuf** frames, std::uint16_t count) {
    const std::uint32_t room = out_.room(std::min<std::uint32_t>(count, burst_limit));
    if (room == 0) return 0;
    for (std::uint32_t i = 0; i < room && i < ahead; ++i) ask_to_write(out_.to_fill(i));
    Returns returns;
    std::uint32_t filled = 0;
    for (std::uint32_t i = 0; i < room; ++i) {
        if (i + ahead < room) ask_to_write(out_.to_fill(i + ahead));
        rte_mbuf* frame = frames[i];
        const std::uint32_t length = frame->pkt_len;
        if (length > longest_out_) [[unlikely]] {
            count_one(refused_);
        } else {
            WireSlot& slot = out_.to_fill(filled++);
            slot = {length, 0};
            if (frame->nb_segs == 1) [[likely]]
                copy_frame(WireEnd::bytes(slot), rte_pktmbuf_mtod(frame, const std::byte*), length);
            else
                copy_segments(WireEnd::bytes(slot), frame, length);
        }
        returns.add(frame);
    }
    out_.publish(filled);
    return static_cast<std::uint16_t>(room);
}

bool WirePort::link_up() {
    return mapping_.as<WireArena>()->peer_up.load(std::memory_order_relaxed) != 0;
}

std::uint64_t WirePort::missed() {
    return broken_.load(std::memory_order_relaxed);
}

std::uint64_t WirePort::transmit_refused() {
    return refused_.load(std::memory_order_relaxed);
}

void WirePort::set_enabled(bool enabled) {
    mapping_.as<WireArena>()->switch_up.store(enabled ? 1 : 0, std::memory_order_release);
}

void WirePort::shut_down() {
    set_enabled(false);
}

}  // namespace baton
