// SPDX-License-Identifier: Apache-2.0
// A port, whatever stands behind it: one burst in, one burst out, a virtual call per burst and none per frame. Frames
// are mbufs both ways. Kinds: any DPDK driver (ethdev), and wire, tap and xsk, whose fds the chassis holds so that the
// next data-plane process goes on with them.
//
// Threads: receive() and transmit() belong to the one worker that drives the port. link_up(), missed(), no_buffer(),
// speed_mbps() and set_enabled() belong to the applier and touch nothing that the worker writes without an atomic.
//
// A frame as received is one segment of 1 byte up to the mbuf's room, which is larger than max_frame (mbuf_data_room),
// so the pipeline sees, and names, what is a runt or too long. A frame to send may be shared (reference count above
// one) or chained; wire, tap and xsk copy it, ethdevs are given it as it is.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pmd-config/port_spec.h"
#include "pmd-config/profile.h"
#include "sync/base/ids.h"
#include "sync/base/mac.h"
#include "sync/base/result.h"
#include "sync/region/arena.h"

struct rte_mbuf;
struct rte_mempool;

namespace baton {

struct PortAbout {
    PortName name;
    std::string kind;             // "wire", "tap", "xsk", "net_tap", ...
    std::string device;           // what stands behind it: an interface, a PCI address, "port/1:1/wire"
    std::uint32_t max_frame = 0;  // bytes without FCS that the port can send; never above the switch's own
    Mac mac;                      // the port's own address, for frames that the switch itself sends
};

class Port {
  public:
    virtual ~Port() = default;

    /// Fills `into` with at most `count` frames, which are the caller's from then on; returns how many.
    virtual std::uint16_t receive(rte_mbuf** into, std::uint16_t count) = 0;

    /// Sends frames, and owns the first n of them, n being what it returns; the rest stay the caller's.
    virtual std::uint16_t transmit(rte_mbuf** frames, std::uint16_t count) = 0;

    /// A neighbour is there. At most a system call or two; meant to be asked every 10 ms.
    virtual bool link_up() = 0;

    /// 0: unknown.
    virtual std::uint32_t speed_mbps() { return 0; }

    /// Frames lost by the port before the switch saw them (Drop::receive_missed), since it was opened.
    virtual std::uint64_t missed() { return 0; }

    /// Frames lost on receipt because the pool was empty (Drop::no_buffer), since it was opened. Wire, tap and xsk lose
    /// none: what has no buffer waits where it is.
    virtual std::uint64_t no_buffer() { return 0; }

    /// Frames that a kernel or driver took from transmit() and then refused, where it says so, since it was opened.
    virtual std::uint64_t transmit_refused() { return 0; }

    /// What `enable port` and `disable port` mean on the cable: the neighbour loses its link where the kind can do
    /// that.
    virtual void set_enabled(bool) {}

    /// The end for good, not a restart: takes away what would outlive the process (XDP program, the peer's link).
    /// Destruction alone leaves everything that the chassis keeps as it is, for the next process.
    virtual void shut_down() {}

    const PortAbout& about() const { return about_; }

  protected:
    PortAbout about_;
};

/// The fds that an earlier data plane gave the chassis to keep, by their names ("port/1:1/wire").
class KeptFds {
  public:
    void add(std::string name, Fd fd) { fds_.push_back({std::move(name), std::move(fd)}); }

    /// The fd of that name, or an empty one; the caller's from now on.
    Fd take(std::string_view name) {
        for (auto& kept : fds_)
            if (kept.name == name) return std::move(kept.fd);
        return {};
    }

  private:
    struct Kept {
        std::string name;
        Fd fd;
    };

    std::vector<Kept> fds_;
};

/// Hands a new fd to the chassis (a `keep` note); called while ports are opened, never later.
using Keep = std::function<void(std::string_view name, int fd)>;

struct PortSetting {
    std::uint32_t max_frame = 9216;  // of the switch, bytes without FCS
    Pages pages = Pages::huge;       // for new wires and the frames of new XDP sockets
    rte_mempool* mempool = nullptr;  // mbufs with at least mbuf_data_room(max_frame) bytes of data room
    Keep keep;
    const Profiles* profiles = &Profiles::built_in();
};

/// Bytes of data room (headroom included) of the mbufs that all kinds of port need: what rte_pktmbuf_pool_create takes.
std::uint16_t mbuf_data_room(std::uint32_t max_frame);

/// Opens all ports, in order; EAL must have been started. Throws StartupError with a sentence that names the port.
std::vector<std::unique_ptr<Port>> open_ports(const std::vector<PortSpec>& specs, KeptFds& kept,
                                              const PortSetting& setting);

}  // namespace baton
