// SPDX-License-Identifier: Apache-2.0
// A kernel interface by its tun fd: one read() or write() to a frame. The chassis keeps the fd, so the interface and
// the frames in its queue outlive the data plane.
//
// Link: the interface is up, wherever it was moved (Tun, interface.h). A disabled port takes the carrier away; the host
// sees NO-CARRIER.
//
// A read that finds nothing costs 0.26 us, which is a system call, so an idle fd is asked every 5 us only.
#pragma once

#include <atomic>

#include "dataplane/port/interface.h"
#include "dataplane/port/mbufs.h"
#include "dataplane/port/port.h"

namespace baton {

class TapPort final : public Port {
  public:
    TapPort(PortAbout about, Fd fd, rte_mempool* pool);
    ~TapPort() override;

    std::uint16_t receive(rte_mbuf** into, std::uint16_t count) override;
    std::uint16_t transmit(rte_mbuf** frames, std::uint16_t count) override;
    bool link_up() override;

    std::uint64_t missed() override { return tun_.drops(); }

    std::uint64_t transmit_refused() override;
    void set_enabled(bool enabled) override;

  private:
    static constexpr std::uint32_t stash_size = 32;

    Tun tun_;
    int fd_;
    rte_mempool* pool_;
    std::uint32_t room_;
    std::uint64_t idle_tsc_;  // 5 us
    std::uint64_t ask_again_tsc_ = 0;
    std::uint32_t stashed_ = 0;  // mbufs taken and not yet filled, so that an empty read costs no pool
    rte_mbuf* stash_[stash_size];
    std::atomic<bool> enabled_ = true;        // owner: applier
    std::atomic<std::uint64_t> refused_ = 0;  // owner: worker
};

}  // namespace baton
