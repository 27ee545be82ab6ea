// SPDX-License-Identifier: Apache-2.0
// A port that is an AF_XDP socket in copy mode (XDP_COPY; a driver's zero copy would tie the frames' memory to it). The
// four rings and the frames are shared with the kernel; xsk_memory.h says how a successor takes them over. Receiving is
// plain memory reads; sending ends in one sendto() a burst, as the kernel copies only when asked.
#pragma once

#include <linux/if_xdp.h>

#include <atomic>

#include "dataplane/port/interface.h"
#include "dataplane/port/mbufs.h"
#include "dataplane/port/port.h"
#include "dataplane/port/xsk_memory.h"

namespace baton {

/// One ring shared with the kernel; which end is ours depends on the ring.
template <class Entry>
struct XskRing {
    std::atomic_ref<std::uint32_t> produced() const { return std::atomic_ref(*producer); }

    std::atomic_ref<std::uint32_t> consumed() const { return std::atomic_ref(*consumer); }

    Entry& at(std::uint32_t position) const { return entries[position & mask]; }

    std::uint32_t* producer = nullptr;
    std::uint32_t* consumer = nullptr;
    Entry* entries = nullptr;
    std::uint32_t mask = 0;
    Mapping mapping;
};

struct XskSocket {
    Fd socket;
    Mapping memory;
    XskState* state = nullptr;
    std::uint32_t* stamps = nullptr;  // of the sending chunks
    XskRing<std::uint64_t> fill, completion;
    XskRing<xdp_desc> received, to_send;
    std::unique_ptr<std::uint32_t[]> free;  // sending chunks in hand; room for all of them
};

class XskPort final : public Port {
  public:
    /// `program`: to detach by when the port is shut down for good.
    XskPort(PortAbout about, XskSocket socket, Fd program, Interface interface, rte_mempool* pool);

    std::uint16_t receive(rte_mbuf** into, std::uint16_t count) override;
    std::uint16_t transmit(rte_mbuf** frames, std::uint16_t count) override;

    bool link_up() override { return interface_.running(); }

    std::uint32_t speed_mbps() override { return interface_.speed_mbps(); }

    std::uint64_t missed() override { return lost_by_socket() - lost_before_; }

    std::uint64_t transmit_refused() override;
    void set_enabled(bool enabled) override;
    void shut_down() override;

  private:
    void recover_received();
    void recover_sent();
    void reap();
    bool queue(rte_mbuf* frame, std::uint32_t& position);
    void kick();
    std::uint64_t lost_by_socket() const;

    XskSocket xsk_;
    Fd program_;
    rte_mempool* pool_;
    std::uint32_t room_, frames_;
    Interface interface_;
    std::uint32_t free_count_ = 0;  // of xsk_.free
    std::uint64_t lost_before_ = 0;
    std::atomic<std::uint64_t> refused_ = 0;  // owner: worker
};

}  // namespace baton
