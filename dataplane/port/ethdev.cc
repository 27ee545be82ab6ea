// SPDX-License-Identifier: Apache-2.0
#include "dataplane/port/ethdev.h"

#include <rte_dev.h>
#include <rte_mempool.h>

namespace baton {

EthdevPort::EthdevPort(PortAbout about, std::uint16_t id, Link link, rte_mempool* pool)
    : id_(id), link_(std::move(link)), pool_(pool) {
    about_ = std::move(about);
    before_ = statistics();
}

EthdevPort::~EthdevPort() {
    link_.tun.reset();  // or the interface would outlive its driver
    rte_eth_dev_info info{};
    const bool known = rte_eth_dev_info_get(id_, &info) == 0;
    rte_eth_dev_stop(id_);
    rte_eth_dev_close(id_);
    if (known && info.device) rte_dev_remove(info.device);
    rte_mempool_free(pool_);
}

std::uint16_t EthdevPort::receive(rte_mbuf** into, std::uint16_t count) {
    return rte_eth_rx_burst(id_, 0, into, count);
}

std::uint16_t EthdevPort::transmit(rte_mbuf** frames, std::uint16_t count) {
    return rte_eth_tx_burst(id_, 0, frames, count);
}

bool EthdevPort::link_up() {
    // Asked in any case: a virtio_user port reconnects only when it is.
    rte_eth_link link{};
    const bool up = rte_eth_link_get_nowait(id_, &link) == 0 && link.link_status == RTE_ETH_LINK_UP;
    if (link_.interface) return link_.interface->running();
    if (link_.tun) return enabled_.load(std::memory_order_relaxed) && link_.tun->up();
    return up;
}

std::uint32_t EthdevPort::speed_mbps() {
    if (link_.interface) return link_.interface->speed_mbps();
    rte_eth_link link{};
    if (rte_eth_link_get_nowait(id_, &link) != 0 || link.link_speed == RTE_ETH_SPEED_NUM_UNKNOWN) return 0;
    return link.link_speed;
}

void EthdevPort::set_enabled(bool enabled) {
    enabled_.store(enabled, std::memory_order_relaxed);
    if (link_.interface)
        (void)link_.interface->set_up(enabled);
    else if (link_.tun)
        link_.tun->set_carrier(enabled);
    else if (enabled)
        rte_eth_dev_set_link_up(id_);
    else
        rte_eth_dev_set_link_down(id_);
}

rte_eth_stats EthdevPort::statistics() const {
    rte_eth_stats now{};
    if (rte_eth_stats_get(id_, &now) != 0) return {};
    now.imissed -= before_.imissed;
    now.rx_nombuf -= before_.rx_nombuf;
    now.oerrors -= before_.oerrors;
    return now;
}

}  // namespace baton
