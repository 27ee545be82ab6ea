// SPDX-License-Identifier: Apache-2.0
#include "dataplane/port/tap.h"

#include <rte_cycles.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace baton {

TapPort::TapPort(PortAbout about, Fd fd, rte_mempool* pool)
    : tun_(std::move(fd)), fd_(tun_.fd()), pool_(pool), room_(room_of(pool)), idle_tsc_(rte_get_tsc_hz() / 200'000) {
    about_ = std::move(about);
    set_enabled(true);
}

TapPort::~TapPort() {
    if (stashed_ != 0) give_back(pool_, stash_, stashed_);
}

std::uint16_t TapPort::receive(rte_mbuf** into, std::uint16_t count) {
    if (rte_rdtsc() < ask_again_tsc_) return 0;
    std::uint16_t got = 0;
    while (got < count) {
        if (stashed_ == 0) {
            if (!take_mbufs(pool_, stash_, stash_size)) break;
            stashed_ = stash_size;
        }
        rte_mbuf* mbuf = stash_[stashed_ - 1];
        const ssize_t length = ::read(fd_, frame_start(mbuf), room_);
        if (length <= 0) break;
        prepare(mbuf, static_cast<std::uint32_t>(length));
        into[got++] = mbuf;
        --stashed_;
    }
    ask_again_tsc_ = got == 0 ? rte_rdtsc() + idle_tsc_ : 0;
    return got;
}

std::uint16_t TapPort::transmit(rte_mbuf** frames, std::uint16_t count) {
    std::uint16_t sent = 0;
    Returns returns;
    for (; sent < count; ++sent) {
        rte_mbuf* frame = frames[sent];
        ssize_t written;
        if (frame->nb_segs == 1) [[likely]] {
            written = ::write(fd_, rte_pktmbuf_mtod(frame, void*), frame->data_len);
        } else {
            iovec pieces[8];
            int used = 0;
            for (rte_mbuf* piece = frame; piece && used < 8; piece = piece->next)
                pieces[used++] = {rte_pktmbuf_mtod(piece, void*), piece->data_len};
            written = ::writev(fd_, pieces, used);
        }
        if (written < 0) {
            if (errno == EAGAIN || errno == ENOBUFS) break;
            refused_.store(refused_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        }
        returns.add(frame);
    }
    return sent;
}

bool TapPort::link_up() {
    return enabled_.load(std::memory_order_relaxed) && tun_.up();
}

std::uint64_t TapPort::transmit_refused() {
    return refused_.load(std::memory_order_relaxed);
}

void TapPort::set_enabled(bool enabled) {
    tun_.set_carrier(enabled);
    enabled_.store(enabled, std::memory_order_relaxed);
}

}  // namespace baton
