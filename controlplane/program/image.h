// SPDX-License-Identifier: Apache-2.0
// What the data plane's tables shall hold, as a value: ports and VLANs by number. Made from the running configuration,
// or read back from the tables (read-only), so that the two can be compared: that is how a new master knows what to
// change first, and how it audits afterwards that the tables hold what it said.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "controlplane/config/running.h"
#include "sync/base/ip.h"
#include "sync/layout/command.h"
#include "sync/layout/routes.h"
#include "sync/layout/tables.h"

namespace baton {

/// Which ports the data plane has, their numbers, and which of them are active.
class PortMap {
  public:
    PortMap() = default;
    static PortMap of(const TablesArena& tables);

    /// no_port when the data plane has no such port.
    PortId id(PortName name) const {
        const auto found = ids_.find(name);
        return found == ids_.end() ? no_port : found->second;
    }

    const std::map<PortName, PortId>& ids() const { return ids_; }

    const std::set<PortName>& names() const { return names_; }

    bool empty() const { return ids_.empty(); }

    /// It is enabled and has a link.
    bool is_active(PortId id) const { return active_.has(id); }

    /// The same ports under the same numbers, whatever their links.
    bool has_ports_of(const PortMap& other) const { return ids_ == other.ids_ && router_mac_ == other.router_mac_; }

    /// The switch's own address, as the data plane was told it.
    Mac router_mac() const { return router_mac_; }

    friend bool operator==(const PortMap&, const PortMap&) = default;

  private:
    std::map<PortName, PortId> ids_;
    std::set<PortName> names_;
    PortSet256 active_;
    Mac router_mac_;
};

struct VlanImage {
    std::string name;  // empty: not known (read back)
    std::uint16_t flags = 0;
    PortSet256 member{};
    PortSet256 untagged{};
};

struct PortImage {
    VlanId port_vlan = 0;
    bool enabled = true;
    friend bool operator==(const PortImage&, const PortImage&) = default;
};

struct StaticImage {
    PortId port = no_port;
    bool blackhole = false;
    friend bool operator==(const StaticImage&, const StaticImage&) = default;
};

/// What a VLAN is to layer 3; VLANs without an address have none.
struct InterfaceImage {
    std::uint16_t flags = 0;
    std::uint16_t mtu = 0;
    std::uint32_t ipv4 = 0;
    IpBits ipv6;
    friend bool operator==(const InterfaceImage&, const InterfaceImage&) = default;
};

struct HopImage {
    VlanId vlan = 0;
    IpBits address;
    friend auto operator<=>(const HopImage&, const HopImage&) = default;
};

/// A route of the configuration: to the switch's own addresses and the subnets that can be reached now, and static ones
/// that have a gateway now.
struct RouteImage {
    RouteKind kind{};
    RouteProtocol protocol{};
    std::uint32_t metric = 0;
    std::vector<HopImage> hops;  // in order
    friend bool operator==(const RouteImage&, const RouteImage&) = default;
};

struct Image {
    std::map<VlanId, VlanImage> vlans;
    std::map<PortId, PortImage> ports;
    std::map<std::pair<VlanId, std::uint64_t>, StaticImage> statics;  // by VLAN and Mac::value()
    std::uint32_t aging_seconds = 300;
    std::map<VlanId, InterfaceImage> interfaces;
    std::map<IpPrefix, RouteImage> routes;
    std::uint32_t ipfdb_aging_seconds = 0;
    std::vector<AclRule> rules;  // access lists, the one that decides first at the front (access_lists.h)
};

/// Members and static entries on ports that the data plane does not have are left out, until it has them.
Image image_of(const config::Running& running, const PortMap& ports);

/// Without static entries, routes and access lists, as image_of(tables) is.
Image small_image_of(const config::Running& running, const PortMap& ports);

/// What `before` and `after` do not have in common, as two images whose difference() is that of the whole ones. Costs
/// what has changed, and one look at each VLAN and port; static entries that stay cost nothing, and static routes only
/// when a subnet came or went, or what reaches it.
std::pair<Image, Image> images_of_change(const config::Running& before, const config::Running& after,
                                         const PortMap& ports);

/// What the tables say now; static entries are not read back, routes by RoutesWalk (routes_image.h), access lists by
/// access_lists.h.
Image image_of(const TablesArena& tables);

}  // namespace baton
