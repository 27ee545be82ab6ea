// SPDX-License-Identifier: Apache-2.0
// The router's own side of each routed VLAN: a TAP in the kernel, called bv<VLAN>, with the router's MAC, the VLAN's
// MTU and addresses, and a carrier while the VLAN has a port that is up. Routing daemons, and whatever else a host
// runs, see them as a router's interfaces. What arrives there comes from the workers (host_path.h), what is sent there
// goes to them.
//
// The kernel is only a host on these links: it forwards nothing, and answers no ARP request and no redirect, since
// Baton's workers do (docs/routing.md says how the two stay out of each other's way).
//
// The chassis keeps the fds, so that a data plane that starts anew finds the same interfaces, and no daemon sees one
// go.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>

#include "dataplane/router/addresses.h"
#include "dataplane/router/namespace.h"
#include "sync/base/time.h"
#include "sync/layout/tables.h"

namespace baton {

/// What of the configuration's routes is the host's: each VLAN's addresses. Walks all routes: 25 ns each.
std::map<VlanId, HostAddresses> addresses_of(const std::byte* routes);

class HostTaps {
  public:
    struct Setup {
        TablesArena* tables = nullptr;
        const std::byte* routes = nullptr;  // the mapped arena
        std::function<std::uint64_t()>
            configuration_version;  // another number when a configured route may have changed
        std::function<void(std::string_view name, int fd)> keep;  // fd -1: forget
        std::function<void(VlanId, int fd, bool watch)> watch;    // a TAP that came, or goes
    };

    HostTaps(Setup setup, const Namespace& where);
    ~HostTaps();

    /// An fd that an earlier data plane kept under this name ("route/tap/10"); closed when it does not fit.
    void adopt(std::string_view name, Fd fd);

    /// Once in the namespace, before any TAP: the kernel as a host and no router there.
    static void settle_kernel();

    /// Makes the TAPs what the tables say. Cheap when nothing has changed.
    void look(Time now);

    /// Writes a frame for the router itself; false: there is no such TAP, or it takes none.
    bool deliver(VlanId vlan, std::span<const std::uint8_t> frame);

    /// Reads up to `most` frames of what the kernel sent there; use(bytes). False: no more for now.
    template <class Use>
    bool drain(VlanId vlan, unsigned most, Use&& use) {
        const int fd = fd_of(vlan);
        while (most-- > 0) {
            const std::size_t size = read_from(fd);
            if (size == 0) return false;
            use(std::span<const std::uint8_t>(buffer_, size));
        }
        return true;
    }

    /// They go, and the chassis is told so: their namespace is not the router's any more.
    void forget_all();

    std::size_t size() const { return taps_.size(); }

  private:
    static constexpr std::size_t frame_most = 9216 + 64;

    struct Tap {
        Fd fd;
        std::uint32_t index = 0;  // the kernel's number of it
        std::uint64_t mac = 0;
        std::uint16_t mtu = 0;
        int carrier = -1;        // as last said; -1: not yet
        bool addressed = false;  // its addresses are as wanted
        Time unwanted_since = Time::never();
        std::string complaint;  // said already
    };

    Result<Tap> make(VlanId vlan) const;
    void look_at(VlanId vlan, Time now);
    void arrange(VlanId vlan, Tap& tap);
    void address(VlanId vlan, Tap& tap);
    void complain(VlanId vlan, Tap& tap, const Error& error) const;
    void remove(VlanId vlan);
    bool has_active_port(VlanId vlan) const;
    int fd_of(VlanId vlan) const;
    std::size_t read_from(int fd);

    Setup setup_;
    const Namespace& where_;
    AddressSocket socket_;
    std::map<VlanId, Tap> taps_;
    std::map<VlanId, HostAddresses> wanted_;
    std::map<VlanId, std::string> refused_;  // what was said of a TAP that cannot be made
    std::uint64_t version_ = ~std::uint64_t{0};
    alignas(64) std::uint8_t buffer_[frame_most];
};

}  // namespace baton
