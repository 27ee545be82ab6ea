// SPDX-License-Identifier: Apache-2.0
// A port that is any DPDK driver, set up as its profile says: one queue each way, promiscuous. It lives and dies with
// the process: what a driver holds cannot be handed to the next one.
#pragma once

#include <rte_ethdev.h>

#include <atomic>
#include <optional>

#include "dataplane/port/interface.h"
#include "dataplane/port/port.h"

namespace baton {

class EthdevPort final : public Port {
  public:
    /// Whose link is the port's, where the driver does not know it; at most one of them.
    struct Link {
        std::optional<Interface> interface;
        std::optional<Tun> tun;
    };

    /// `pool`: the port's own, or null.
    EthdevPort(PortAbout about, std::uint16_t id, Link link, rte_mempool* pool);
    ~EthdevPort() override;

    std::uint16_t receive(rte_mbuf** into, std::uint16_t count) override;
    std::uint16_t transmit(rte_mbuf** frames, std::uint16_t count) override;
    bool link_up() override;
    std::uint32_t speed_mbps() override;

    std::uint64_t missed() override { return link_.tun ? link_.tun->drops() : statistics().imissed; }

    std::uint64_t no_buffer() override { return statistics().rx_nombuf; }

    std::uint64_t transmit_refused() override { return statistics().oerrors; }

    void set_enabled(bool enabled) override;

  private:
    rte_eth_stats statistics() const;

    std::uint16_t id_;
    Link link_;
    rte_mempool* pool_;
    std::atomic<bool> enabled_ = true;  // owner: applier
    rte_eth_stats before_{};            // a driver that was there before us counts from its own start
};

}  // namespace baton
