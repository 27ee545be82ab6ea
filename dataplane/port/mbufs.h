// SPDX-License-Identifier: Apache-2.0
// Mbufs for ports of our own: taken and given back by the burst, and touched in their first cache line only. The pool's
// own rule (reference count 1, one segment, no next) makes that enough; rte_pktmbuf_alloc and _free also visit
// the second line.
#pragma once

#include <rte_mbuf.h>
#include <rte_mempool.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace baton {

inline constexpr std::uint32_t burst_limit = 64;  // frames that a port of our own moves in one call at most

/// `count` mbufs of the pool, or none; prepare() each before it is shown to anybody.
inline bool take_mbufs(rte_mempool* pool, rte_mbuf** into, std::uint32_t count) {
    return rte_mempool_get_bulk(pool, reinterpret_cast<void**>(into), count) == 0;
}

inline void give_back(rte_mempool* pool, rte_mbuf** mbufs, std::uint32_t count) {
    rte_mempool_put_bulk(pool, reinterpret_cast<void**>(mbufs), count);
}

/// Where a frame's bytes go: behind the headroom, room_of(pool) bytes.
inline std::byte* frame_start(rte_mbuf* mbuf) {
    return static_cast<std::byte*>(mbuf->buf_addr) + RTE_PKTMBUF_HEADROOM;
}

inline std::uint32_t room_of(rte_mempool* pool) {
    return rte_pktmbuf_data_room_size(pool) - RTE_PKTMBUF_HEADROOM;
}

/// A whole frame of `length` bytes at frame_start(). Offset, count, segments and port are one word, as drivers do it.
inline void prepare(rte_mbuf* mbuf, std::uint32_t length) {
    constexpr std::uint64_t offset_count_segments_port =
        RTE_PKTMBUF_HEADROOM | 1ull << 16 | 1ull << 32 | std::uint64_t{RTE_MBUF_PORT_INVALID} << 48;
    const auto word = reinterpret_cast<std::uintptr_t>(&mbuf->rearm_data);
    std::memcpy(reinterpret_cast<void*>(word), &offset_count_segments_port, 8);
    mbuf->ol_flags = 0;
    mbuf->packet_type = 0;
    mbuf->pkt_len = length;
    mbuf->data_len = static_cast<std::uint16_t>(length);
    mbuf->vlan_tci = 0;
}

/// One segment, nobody else holds it, its bytes are its own: may go straight back to its pool.
inline bool is_plain(const rte_mbuf* mbuf) {
    std::uint64_t word;
    std::memcpy(&word, reinterpret_cast<const void*>(reinterpret_cast<std::uintptr_t>(&mbuf->rearm_data)), 8);
    return (word & 0x0000ffff'ffff0000ull) == (1ull << 32 | 1ull << 16) &&
           (mbuf->ol_flags & (RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL)) == 0;
}

/// Gives frames back to their pools in bulk, as long as the pool is the same.
class Returns {
  public:
    ~Returns() { flush(); }

    void add(rte_mbuf* mbuf) {
        if (!is_plain(mbuf)) [[unlikely]] {
            rte_pktmbuf_free(mbuf);
            return;
        }
        if (mbuf->pool != pool_ || count_ == burst_limit) [[unlikely]] {
            flush();
            pool_ = mbuf->pool;
        }
        mbufs_[count_++] = mbuf;
    }

    void flush() {
        if (count_ != 0) give_back(pool_, mbufs_, count_);
        count_ = 0;
    }

  private:
    rte_mempool* pool_ = nullptr;
    std::uint32_t count_ = 0;
    rte_mbuf* mbufs_[burst_limit];
};

/// Copies a frame; at least 64 bytes must be readable at `from` and writable at `to`. Short frames, the common and the
/// hard case, are one 64-byte copy without a branch on their length; the last piece of a longer one overlaps.
inline void copy_frame(std::byte* to, const std::byte* from, std::uint32_t length) {
    std::memcpy(to, from, 64);
    if (length <= 64) [[likely]]
        return;
    std::uint32_t at = 64;
    for (; at + 64 <= length; at += 64) std::memcpy(to + at, from + at, 64);
    if (at < length) std::memcpy(to + length - 64, from + length - 64, 64);
}

/// Copies a frame of any number of segments, at most `room` bytes; returns how many.
inline std::uint32_t copy_segments(std::byte* to, const rte_mbuf* frame, std::uint32_t room) {
    std::uint32_t at = 0;
    for (; frame; frame = frame->next) {
        const std::uint32_t piece = frame->data_len < room - at ? frame->data_len : room - at;
        std::memcpy(to + at, rte_pktmbuf_mtod(frame, const void*), piece);
        at += piece;
    }
    return at;
}

}  // namespace baton
