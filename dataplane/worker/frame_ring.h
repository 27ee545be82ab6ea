// SPDX-License-Identifier: Apache-2.0
// Frames from one thread to another of this process, copied. One writer, one reader; neither ever waits for the other:
// a full ring is an answer. Copied, and not handed over as mbufs, because the other thread is no worker: a thread that
// the kernel stops in the middle of giving a buffer back to the common pool would make every worker wait for it.
//
//   record = length:16 (of the frame) | vlan:16 | 4 bytes unused, then the frame, up to a multiple of 8
//   a record that would cross the ring's end is preceded by one of length `skip`
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

#include "sync/base/ids.h"

namespace baton {

class FrameRing {
  public:
    /// `size` in bytes, a power of two, several times the longest frame.
    explicit FrameRing(std::size_t size) : size_(size), bytes_(std::make_unique<std::uint8_t[]>(size)) {}

    /// Writer: head and then tail are the frame; false when there is no room.
    bool put(VlanId vlan, std::span<const std::uint8_t> head, std::span<const std::uint8_t> tail = {}) {
        const std::size_t length = head.size() + tail.size(), need = record(length);
        if (length >= skip) return false;
        std::uint64_t at = written_.load(std::memory_order_relaxed);
        const std::size_t to_end = size_ - (at & (size_ - 1));
        const std::size_t gap = to_end < need ? to_end : 0;
        if (size_ - (at - taken_.load(std::memory_order_acquire)) < gap + need) return false;
        if (gap != 0) write_header(at, skip, 0);
        at += gap;
        write_header(at, static_cast<std::uint16_t>(length), vlan);
        std::uint8_t* to = place(at) + header;
        if (!head.empty()) std::memcpy(to, head.data(), head.size());
        if (!tail.empty()) std::memcpy(to + head.size(), tail.data(), tail.size());
        written_.store(at + need, std::memory_order_release);
        return true;
    }

    /// Reader: calls use(vlan, frame) with the oldest frame, whose bytes are good until it returns; false: none.
    template <class Use>
    bool take(Use&& use) {
        std::uint64_t at = taken_.load(std::memory_order_relaxed);
        if (at == written_.load(std::memory_order_acquire)) return false;
        if (length_at(at) == skip) at += size_ - (at & (size_ - 1));
        const std::uint16_t length = length_at(at);
        VlanId vlan;
        std::memcpy(&vlan, place(at) + 2, sizeof vlan);
        use(vlan, std::span<const std::uint8_t>(place(at) + header, length));
        taken_.store(at + record(length), std::memory_order_release);
        return true;
    }

    /// Either side, as of now.
    bool empty() const { return taken_.load(std::memory_order_acquire) == written_.load(std::memory_order_acquire); }

  private:
    static constexpr std::uint16_t skip = 0xffff;
    static constexpr std::size_t header = 8;

    static std::size_t record(std::size_t length) { return header + ((length + 7) & ~std::size_t{7}); }

    std::uint8_t* place(std::uint64_t at) const { return bytes_.get() + (at & (size_ - 1)); }

    void write_header(std::uint64_t at, std::uint16_t length, VlanId vlan) {
        const std::uint16_t words[4] = {length, vlan, 0, 0};
        std::memcpy(place(at), words, sizeof words);
    }

    std::uint16_t length_at(std::uint64_t at) const {
        std::uint16_t length;
        std::memcpy(&length, place(at), sizeof length);
        return length;
    }

    const std::size_t size_;
    const std::unique_ptr<std::uint8_t[]> bytes_;
    alignas(64) std::atomic<std::uint64_t> written_ = 0;  // owner: writer; bytes ever, with gaps
    alignas(64) std::atomic<std::uint64_t> taken_ = 0;    // owner: reader
};

}  // namespace baton
