// SPDX-License-Identifier: Apache-2.0
#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_mbuf.h>

#include <algorithm>

#include "dataplane/port/ethdev.h"
#include "dataplane/port/open.h"
#include "sync/base/log.h"

namespace baton {
namespace {

constexpr std::uint32_t header_size = 14;  // addresses and type: a frame less its MTU
constexpr std::uint32_t tag_size = 4;
constexpr std::uint32_t overhead_size = 18;  // what ethdev adds to an MTU when a driver does not say: header and FCS

class Opening {
  public:
    Opening(const PortPlan& plan, PortAbout about, const PortSetting& setting)
        : plan_(plan), profile_(*plan.profile), about_(std::move(about)), setting_(setting) {
        about_.device = plan.device();
    }

    std::unique_ptr<Port> open() {
        probe();
        choose_mtu();
        configure();
        queues();
        must(rte_eth_dev_start(id_), "start");
        tell_mtu();
        if (rte_eth_promiscuous_enable(id_) != 0)
            log::warning("event=promiscuous port={} what=\"refused by the driver\"", about_.name.text());
        rte_ether_addr address{};
        if (profile_.device_mac && rte_eth_macaddr_get(id_, &address) == 0)
            std::copy_n(address.addr_bytes, 6, about_.mac.bytes.begin());
        const std::uint32_t limit = profile_.max_frame ? profile_.max_frame : UINT32_MAX;
        about_.max_frame = std::min({setting_.max_frame, mtu_ + header_size + tag_size, limit});
        EthdevPort::Link link;
        if (profile_.link == LinkOf::interface) link.interface.emplace(plan_.value("iface"));
        if (profile_.link == LinkOf::tun) {
            auto fd = Tun::held_by_driver(plan_.value("iface"));
            if (!fd) fail(fd.error().what);
            link.tun.emplace(std::move(*fd));
        }
        if (const auto iface = plan_.value("iface"); !iface.empty()) about_.device = iface;
        return std::make_unique<EthdevPort>(std::move(about_), id_, std::move(link), pool_);
    }

  private:
    [[noreturn]] void fail(const std::string& what) const {
        throw StartupError{1, "port " + about_.name.text() + ": " + what};
    }

    void must(int result, const char* what) const {
        if (result < 0)
            fail(std::string("driver ") + profile_.kind + " cannot " + what + " \"" + plan_.devargs +
                 "\": " + rte_strerror(-result));
    }

    void probe() {
        const std::string device = plan_.device();
        if (rte_eth_dev_get_port_by_name(device.c_str(), &id_) != 0) {
            const int result = rte_dev_probe(plan_.devargs.c_str());
            if (result < 0)
                fail("DPDK cannot open \"" + plan_.devargs + "\": " + rte_strerror(-result) +
                     (profile_.bus == Bus::pci ? "; is the NIC bound (dpdk-devbind.py) and EAL told of it (-a)?"
                                               : "; EAL's own lines above say more"));
            if (rte_eth_dev_get_port_by_name(device.c_str(), &id_) != 0)
                fail("DPDK opened \"" + device + "\" but made no port of it; is " + profile_.kind + " the right kind?");
        }
        must(rte_eth_dev_info_get(id_, &info_), "describe");
    }

    void choose_mtu() {
        mtu_ = setting_.max_frame - header_size;
        if (profile_.max_frame != 0) mtu_ = std::min(mtu_, profile_.max_frame - header_size - tag_size);
        if (profile_.mtu == SetMtu::interface) {
            const Interface interface(plan_.value("iface"));
            if (const auto changed = interface.set_mtu(mtu_); !changed) {
                mtu_ = interface.mtu();
                warn_mtu(changed.error().what);
            }
        } else if (profile_.mtu == SetMtu::driver) {
            const std::uint32_t wanted = mtu_;
            if (info_.max_rx_pktlen > overhead_size) mtu_ = std::min(mtu_, info_.max_rx_pktlen - overhead_size);
            mtu_ = std::min(mtu_, std::uint32_t{info_.max_mtu});
            if (mtu_ < wanted) warn_mtu("the driver takes no more");
        }
    }

    /// Told again once it runs: drivers over kernel interfaces pass only this on to them.
    void tell_mtu() {
        if (profile_.mtu != SetMtu::driver) return;
        const int result = rte_eth_dev_set_mtu(id_, static_cast<std::uint16_t>(mtu_));
        if (result < 0 && result != -ENOTSUP) {
            std::uint16_t mtu = 0;
            if (rte_eth_dev_get_mtu(id_, &mtu) == 0) mtu_ = mtu;
            warn_mtu(std::string("the driver refused another one: ") + rte_strerror(-result));
        }
    }

    void warn_mtu(const std::string& why) const {
        log::warning("event=mtu port={} mtu={} what=\"{}\"", about_.name.text(), mtu_, why);
    }

    void configure() {
        rte_eth_conf conf{};
        conf.rxmode.mtu = profile_.mtu == SetMtu::driver ? mtu_ : 0;
        for (const auto& name : profile_.offloads) {
            for (std::uint64_t bit = 1; bit != 0; bit <<= 1) {
                if ((info_.rx_offload_capa & bit) && name == rte_eth_dev_rx_offload_name(bit))
                    conf.rxmode.offloads |= bit;
                if ((info_.tx_offload_capa & bit) && name == rte_eth_dev_tx_offload_name(bit))
                    conf.txmode.offloads |= bit;
            }
        }
        int result = rte_eth_dev_configure(id_, 1, 1, &conf);
        if (result < 0 && conf.rxmode.mtu > RTE_ETHER_MTU) {
            conf.rxmode.mtu = mtu_ = RTE_ETHER_MTU;
            warn_mtu("the driver refused a larger one");
            result = rte_eth_dev_configure(id_, 1, 1, &conf);
        }
        must(result, "configure");
    }

    void queues() {
        const auto chosen = [](std::uint16_t profile, std::uint16_t driver) -> std::uint16_t {
            return profile ? profile : driver ? driver : 512;
        };
        std::uint16_t received = chosen(profile_.rx_descriptors, info_.default_rxportconf.ring_size);
        std::uint16_t sent = chosen(profile_.tx_descriptors, info_.default_txportconf.ring_size);
        must(rte_eth_dev_adjust_nb_rx_tx_desc(id_, &received, &sent), "set the descriptors of");
        const int socket = rte_eth_dev_socket_id(id_);
        if (profile_.own_pool != 0) {
            const std::string name = "pool_" + plan_.device();
            pool_ = rte_pktmbuf_pool_create(name.c_str(), profile_.own_pool, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE, socket);
            if (!pool_)
                fail("no memory for the port's own " + std::to_string(profile_.own_pool) + " mbufs; give EAL more");
        }
        must(rte_eth_rx_queue_setup(id_, 0, received, static_cast<unsigned>(socket), nullptr,
                                    pool_ ? pool_ : setting_.mempool),
             "make the receive queue of");
        must(rte_eth_tx_queue_setup(id_, 0, sent, static_cast<unsigned>(socket), nullptr),
             "make the transmit queue of");
    }

    const PortPlan& plan_;
    const Profile& profile_;
    PortAbout about_;
    const PortSetting& setting_;
    std::uint16_t id_ = 0;
    rte_eth_dev_info info_{};
    std::uint32_t mtu_ = 0;
    rte_mempool* pool_ = nullptr;
};

}  // namespace

std::unique_ptr<Port> open_ethdev(const PortPlan& plan, PortAbout about, const PortSetting& setting) {
    return Opening(plan, std::move(about), setting).open();
}

}  // namespace baton
