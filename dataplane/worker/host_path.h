// SPDX-License-Identifier: Apache-2.0
// Between the workers and the router's own side: what is for the router itself goes to the host (the kernel, by a TAP
// for each routed VLAN), and what the host and the boards say comes in. Frames are copied into rings (frame_ring.h), so
// no thread but workers touches mbufs.
//
//   worker -> host   a ring for each worker; deliver() there, take() by the one thread that writes to the TAPs
//   any -> worker    one ring; inject() by the TAPs' reader and the applier, which a lock keeps apart (no worker ever
//                    takes it); injected() by the one worker that sends such frames
//
// The host's thread sleeps in poll() on wake_fd(). It first says so with may_sleep(); only then does a worker that
// delivers spend a system call on waking it, once.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "dataplane/worker/frame_ring.h"
#include "sync/region/arena.h"

struct rte_mbuf;

namespace baton {

class HostPath {
  public:
    /// Throws StartupError when there is no fd to be had.
    explicit HostPath(std::size_t workers);

    // Workers.

    /// Copies the frame, without its tag if it has one, for the host's side of `vlan`; it stays the caller's. False
    /// when the ring is full.
    bool deliver(WorkerId worker, const rte_mbuf* frame, VlanId vlan);

    /// The oldest injected frame, by use(vlan, bytes); false: none. Of one worker only.
    template <class Use>
    bool injected(Use&& use) {
        return injected_.take(use);
    }

    // The host's thread.

    /// use(vlan, bytes) for one delivered frame: whole, untagged, without FCS; the bytes are good until it returns.
    /// False when there is none.
    template <class Use>
    bool take(Use&& use) {
        for (std::size_t n = 0; n < delivered_.size(); ++n) {
            const std::size_t worker = next_++ % delivered_.size();
            if (delivered_[worker]->take(use)) return true;
        }
        return false;
    }

    /// An eventfd: readable after a delivery that found the host asleep.
    int wake_fd() const { return wake_.get(); }

    /// Before poll(): true when nothing is waiting, and the next delivery will make wake_fd() readable.
    bool may_sleep();

    /// After poll(): deliveries need not wake any more. Empties wake_fd().
    void awake();

    // Any thread that is no worker.

    /// A frame without tag and FCS (short ones are padded) into a VLAN, as from the router's own port in it: by its
    /// destination to one port, or to all members. False: the ring is full, or it is no frame (14 bytes to the longest
    /// that ports carry).
    bool inject(VlanId vlan, std::span<const std::uint8_t> frame);

  private:
    static constexpr std::size_t ring_bytes = 1 << 20;

    std::vector<std::unique_ptr<FrameRing>> delivered_;  // by worker
    std::size_t next_ = 0;                               // owner: the host's thread
    FrameRing injected_{ring_bytes};
    std::mutex injecting_;
    Fd wake_;
    alignas(64) std::atomic<std::uint32_t> asleep_ = 0;  // set by the host's thread, cleared by whoever wakes it
};

}  // namespace baton
