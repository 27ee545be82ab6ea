// SPDX-License-Identifier: Apache-2.0
#include "dataplane/port/xsk.h"

#include <rte_prefetch.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdlib>

#include "dataplane/port/xdp.h"

namespace baton {
namespace {

constexpr std::uint32_t continued = 1;  // XDP_PKT_CONTD, Linux 6.6: more of this frame in the next descriptor

// sendto() copies 32 frames at a time and says EAGAIN while there are more; so many calls move more than a burst of
// jumbo frames, and a device that takes nothing ends the trying.
constexpr int kicks = 8;

}  // namespace

XskPort::XskPort(PortAbout about, XskSocket socket, Fd program, Interface interface, rte_mempool* pool)
    : xsk_(std::move(socket)),
      program_(std::move(program)),
      pool_(pool),
      room_(room_of(pool)),
      frames_(xsk_.state->frames),
      interface_(std::move(interface)) {
    about_ = std::move(about);
    recover_received();
    recover_sent();
    lost_before_ = lost_by_socket();
}

void XskPort::recover_received() {
    const std::uint32_t consumed = xsk_.received.consumed(), produced = xsk_.fill.produced();
    const std::uint32_t missing = frames_ + consumed - produced;
    if (missing > frames_) std::abort();  // not our rings: nothing that this class wrote can count so
    for (std::uint32_t i = 0; i < missing; ++i)
        xsk_.fill.at(produced + i) = xsk_.received.at(consumed - missing + i).addr / xsk_chunk * xsk_chunk;
    xsk_.fill.produced().store(produced + missing, std::memory_order_release);
}

void XskPort::recover_sent() {
    reap();
    free_count_ = 0;
    const std::uint32_t produced = xsk_.to_send.produced();
    for (std::uint32_t chunk = 0; chunk < frames_; ++chunk) {
        auto& stamp = xsk_.stamps[chunk];
        if (stamp != 0 && xsk_never_sent(stamp, produced)) stamp = 0;
        if (stamp == 0) xsk_.free[free_count_++] = chunk;
    }
}

std::uint16_t XskPort::receive(rte_mbuf** into, std::uint16_t count) {
    auto& ring = xsk_.received;
    const std::uint32_t first = ring.consumed().load(std::memory_order_relaxed);
    const std::uint32_t waiting = ring.produced().load(std::memory_order_acquire) - first;
    const std::uint32_t wanted = std::min({waiting, std::uint32_t{count}, burst_limit});
    if (wanted == 0 || !take_mbufs(pool_, into, wanted)) return 0;
    const auto* base = xsk_.memory.bytes();
    for (std::uint32_t i = 0; i < wanted; ++i) rte_prefetch0(base + ring.at(first + i).addr);

    std::uint32_t got = 0, taken = 0;
    while (got < wanted && taken < waiting) {
        std::uint32_t length = 0, pieces = 0;
        bool whole = false;
        while (!whole && taken + pieces < waiting) {
            const xdp_desc& piece = ring.at(first + taken + pieces++);
            whole = (piece.options & continued) == 0;
            const std::uint32_t size = std::min(piece.len, room_ - length);
            auto* to = frame_start(into[got]) + length;
            if (whole && length == 0)
                copy_frame(to, base + piece.addr, size);
            else
                std::memcpy(to, base + piece.addr, size);
            length += size;
        }
        if (!whole) break;
        taken += pieces;
        prepare(into[got++], length);
    }
    ring.consumed().store(first + taken, std::memory_order_release);
    const std::uint32_t refill = xsk_.fill.produced().load(std::memory_order_relaxed);
    for (std::uint32_t i = 0; i < taken; ++i)
        xsk_.fill.at(refill + i) = ring.at(first + i).addr / xsk_chunk * xsk_chunk;
    xsk_.fill.produced().store(refill + taken, std::memory_order_release);
    if (got < wanted) give_back(pool_, into + got, wanted - got);
    return static_cast<std::uint16_t>(got);
}

void XskPort::reap() {
    auto& ring = xsk_.completion;
    const std::uint32_t first = ring.consumed().load(std::memory_order_relaxed);
    const std::uint32_t done = ring.produced().load(std::memory_order_acquire) - first;
    if (done == 0) return;
    for (std::uint32_t i = 0; i < done; ++i) {
        const auto chunk = static_cast<std::uint32_t>(ring.at(first + i) / xsk_chunk) - frames_;
        std::atomic_ref(xsk_.stamps[chunk]).store(0, std::memory_order_relaxed);
        if (free_count_ < frames_) xsk_.free[free_count_++] = chunk;
    }
    ring.consumed().store(first + done, std::memory_order_release);
}

bool XskPort::queue(rte_mbuf* frame, std::uint32_t& position) {
    const std::uint32_t length = frame->pkt_len;
    const std::uint32_t pieces = (length + xsk_chunk - 1) / xsk_chunk;
    if (free_count_ < pieces) return false;
    std::uint32_t at = 0;
    for (std::uint32_t i = 0; i < pieces; ++i) {
        const std::uint32_t chunk = xsk_.free[--free_count_], size = std::min(length - at, xsk_chunk);
        const std::uint64_t address = std::uint64_t{frames_ + chunk} * xsk_chunk;
        auto* to = xsk_.memory.bytes() + address;
        if (frame->nb_segs != 1)
            copy_segments(to, frame, xsk_chunk);
        else if (pieces == 1)
            copy_frame(to, rte_pktmbuf_mtod(frame, const std::byte*), size);
        else
            std::memcpy(to, rte_pktmbuf_mtod_offset(frame, const std::byte*, at), size);
        std::atomic_ref(xsk_.stamps[chunk]).store(xsk_stamp(position), std::memory_order_relaxed);
        xsk_.to_send.at(position++) = {address, size, i + 1 < pieces ? continued : 0};
        at += size;
    }
    return true;
}

std::uint16_t XskPort::transmit(rte_mbuf** frames, std::uint16_t count) {
    reap();
    Returns returns;
    std::uint32_t position = xsk_.to_send.produced().load(std::memory_order_relaxed);
    std::uint16_t taken = 0;
    for (; taken < count; ++taken) {
        rte_mbuf* frame = frames[taken];
        // What the socket would refuse as a broken descriptor, and never complete.
        if (frame->pkt_len > about_.max_frame || frame->pkt_len < 14 ||
            (frame->nb_segs != 1 && frame->pkt_len > xsk_chunk)) [[unlikely]]
            refused_.store(refused_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        else if (!queue(frame, position))
            break;
        returns.add(frame);
    }
    xsk_.to_send.produced().store(position, std::memory_order_release);
    kick();
    return taken;
}

void XskPort::kick() {
    auto& ring = xsk_.to_send;
    const std::uint32_t produced = ring.produced().load(std::memory_order_relaxed);
    for (int i = 0; i < kicks && ring.consumed().load(std::memory_order_acquire) != produced; ++i)
        ::sendto(xsk_.socket.get(), nullptr, 0, MSG_DONTWAIT, nullptr, 0);
}

std::uint64_t XskPort::lost_by_socket() const {
    xdp_statistics statistics{};
    socklen_t size = sizeof statistics;
    ::getsockopt(xsk_.socket.get(), SOL_XDP, XDP_STATISTICS, &statistics, &size);
    return statistics.rx_dropped + statistics.rx_ring_full;
}

std::uint64_t XskPort::transmit_refused() {
    return refused_.load(std::memory_order_relaxed);
}

void XskPort::set_enabled(bool enabled) {
    (void)interface_.set_up(enabled);
}

void XskPort::shut_down() {
    detach_steering(interface_.index(), program_.get());
}

}  // namespace baton
