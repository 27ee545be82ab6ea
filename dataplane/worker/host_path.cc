// SPDX-License-Identifier: Apache-2.0
#include "dataplane/worker/host_path.h"

#include <rte_mbuf.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "dataplane/worker/retag.h"
#include "sync/base/result.h"

namespace baton {
namespace {

constexpr std::size_t shortest_injected = 14, longest_injected = 16 * 1024;

}  // namespace

HostPath::HostPath(std::size_t workers) : wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!wake_) throw StartupError{1, std::string("no eventfd for the router's own frames: ") + std::strerror(errno)};
    for (std::size_t i = 0; i < workers; ++i) delivered_.push_back(std::make_unique<FrameRing>(ring_bytes));
}

// The fence pairs with may_sleep()'s: either it sees the frame, or we see that it is about to sleep.
bool HostPath::deliver(WorkerId worker, const rte_mbuf* frame, VlanId vlan) {
    const auto* data = rte_pktmbuf_mtod(frame, const std::uint8_t*);
    const bool tagged = frame->data_len >= addresses_size + tag_size && load_be16(data + addresses_size) == tag_type;
    const std::size_t from = addresses_size + (tagged ? tag_size : 0);
    if (!delivered_[worker]->put(vlan, {data, addresses_size}, {data + from, frame->data_len - from})) return false;
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (asleep_.load(std::memory_order_relaxed) != 0 && asleep_.exchange(0, std::memory_order_relaxed) != 0) {
        const std::uint64_t one = 1;
        while (::write(wake_.get(), &one, sizeof one) < 0 && errno == EINTR) {
        }
    }
    return true;
}

bool HostPath::may_sleep() {
    asleep_.store(1, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_seq_cst);
    for (const auto& ring : delivered_)
        if (!ring->empty()) {
            asleep_.store(0, std::memory_order_relaxed);
            return false;
        }
    return true;
}

void HostPath::awake() {
    asleep_.store(0, std::memory_order_relaxed);
    std::uint64_t times;
    while (::read(wake_.get(), &times, sizeof times) < 0 && errno == EINTR) {
    }
}

bool HostPath::inject(VlanId vlan, std::span<const std::uint8_t> frame) {
    if (frame.size() < shortest_injected || frame.size() > longest_injected) return false;
    const std::lock_guard lock(injecting_);
    return injected_.put(vlan, frame);
}

}  // namespace baton
