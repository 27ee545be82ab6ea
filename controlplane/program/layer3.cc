// SPDX-License-Identifier: Apache-2.0
#include "controlplane/program/layer3.h"

#include <algorithm>

namespace baton {
namespace {

IpPrefix host(const IpAddress& address) {
    return IpPrefix::of(address, address_bits(address.family));
}

void add_direct(Image& image, const IpPrefix& prefix, RouteKind kind, VlanId vlan) {
    image.routes[prefix] = {kind, RouteProtocol::direct, 0, {{vlan, {}}}};
}

bool has_broadcast(const IpPrefix& subnet) {
    return subnet.family == Family::ipv4 && subnet.length <= 30;
}

/// Somebody can be reached there: it has an active port, or none at all.
bool is_up(const config::Vlan& vlan, const PortMap& ports) {
    bool any = false;
    for (const auto* members : {&vlan.tagged, &vlan.untagged})
        for (const PortName name : *members) {
            const PortId id = ports.id(name);
            if (id != no_port && ports.is_active(id)) return true;
            any = any || id != no_port;
        }
    return !any;
}

void add_own_routes(Image& image, const config::Vlan& vlan, const PortMap& ports) {
    const bool up = is_up(vlan, ports);
    for (const IpInterface& one : vlan.ip.addresses) {
        const IpPrefix subnet = one.subnet();
        if (up && !subnet.is_host()) add_direct(image, subnet, RouteKind::connected, vlan.id);
        if (up && has_broadcast(subnet)) add_direct(image, host(subnet.last()), RouteKind::broadcast, vlan.id);
        add_direct(image, host(one.address), RouteKind::local, vlan.id);
    }
}

/// The switch's own address, or a subnet or broadcast address of its that is a route now.
bool is_direct(const config::Running& running, const IpPrefix& prefix, const PortMap& ports) {
    const config::Subnet* subnet = running.subnet_of(prefix.first());
    if (!subnet) return false;
    if (prefix.is_host() && running.is_own(prefix.first())) return true;
    const config::Vlan* vlan = running.vlan(subnet->vlan);
    if (!vlan || !is_up(*vlan, ports)) return false;
    return subnet->prefix == prefix ||
           (prefix.is_host() && has_broadcast(subnet->prefix) && prefix.first() == subnet->prefix.last());
}

/// The VLAN where that gateway is to be asked for; 0: it cannot be reached now.
VlanId vlan_towards(const config::Running& running, const config::Gateway& gateway, const PortMap& ports) {
    const config::Subnet* subnet = gateway.vlan.empty() ? running.subnet_of(gateway.address) : nullptr;
    if (gateway.vlan.empty() && !subnet) return 0;
    const config::Vlan* vlan = running.vlan(subnet ? subnet->vlan : gateway.vlan);
    return vlan && vlan->ip.primary(gateway.address.family) && is_up(*vlan, ports) ? vlan->id : VlanId{0};
}

}  // namespace

IpAddress link_local_of(Mac mac) {
    const auto& b = mac.bytes;
    const std::uint8_t eui[8] = {static_cast<std::uint8_t>(b[0] ^ 2), b[1], b[2], 0xff, 0xfe, b[3], b[4], b[5]};
    return IpAddress::v6(0xfe80ull << 48, IpBits::of(eui).high);
}

void add_interface(Image& image, const config::Vlan& vlan) {
    if (vlan.ip.addresses.empty()) return;
    const IpInterface *v4 = vlan.ip.primary(Family::ipv4), *v6 = vlan.ip.primary(Family::ipv6);
    InterfaceImage made;
    made.flags = interface_up;
    if (v4 && vlan.ip.forwards_v4) made.flags |= interface_forwards_v4;
    if (v6 && vlan.ip.forwards_v6) made.flags |= interface_forwards_v6;
    if (vlan.ip.redirects) made.flags |= interface_redirects;
    if (vlan.ip.unreachables) made.flags |= interface_unreachables;
    made.mtu = static_cast<std::uint16_t>(vlan.ip.mtu);
    if (v4) made.ipv4 = v4->address.bits.v4();
    if (v6) made.ipv6 = v6->address.bits;
    image.interfaces[vlan.id] = made;
}

void read_interface(Image& image, VlanId id, const VlanEntry& entry) {
    InterfaceImage made;
    made.flags = entry.routing.load(std::memory_order_acquire);
    if (made.flags == 0) return;
    made.mtu = entry.mtu.load(std::memory_order_relaxed);
    made.ipv4 = entry.ipv4.load(std::memory_order_relaxed);
    made.ipv6 = {entry.ipv6_high.load(std::memory_order_relaxed), entry.ipv6_low.load(std::memory_order_relaxed)};
    image.interfaces[id] = made;
}

void add_routes(Image& image, const config::Running& running, const PortMap& ports) {
    bool ipv6 = false;
    for (const auto& [key, vlan] : running.vlans()) {
        add_own_routes(image, vlan, ports);
        ipv6 = ipv6 || vlan.ip.primary(Family::ipv6);
    }
    if (const Mac router_mac = ports.router_mac(); ipv6 && router_mac.value() != 0)
        image.routes[host(link_local_of(router_mac))] = {RouteKind::local, RouteProtocol::direct, 0, {}};
    for (const auto& [prefix, route] : running.static_routes()) add_static_route(image, running, prefix, route, ports);
}

void add_static_route(Image& image, const config::Running& running, const IpPrefix& prefix,
                      const config::StaticRoute& route, const PortMap& ports) {
    if (is_direct(running, prefix, ports)) return;
    if (route.blackhole) {
        image.routes[prefix] = {RouteKind::blackhole, RouteProtocol::blackhole, 0, {}};
        return;
    }
    RouteImage made{RouteKind::forward, RouteProtocol::fixed, 0, {}};
    for (const auto& [gateway, metric] : route.gateways) {
        const VlanId vlan = vlan_towards(running, gateway, ports);
        if (vlan == 0 || (!made.hops.empty() && metric > made.metric)) continue;
        if (metric < made.metric) made.hops.clear();
        made.metric = metric;
        made.hops.push_back({vlan, gateway.address.bits});
    }
    if (made.hops.empty()) return;
    std::sort(made.hops.begin(), made.hops.end());
    image.routes[prefix] = std::move(made);
}

bool same_subnets(const config::Vlan* a, const config::Vlan* b, const PortMap& ports) {
    const bool mine = a && !a->ip.addresses.empty(), theirs = b && !b->ip.addresses.empty();
    if (!mine && !theirs) return true;
    return mine && theirs && a->id == b->id && a->ip.addresses == b->ip.addresses &&
           is_up(*a, ports) == is_up(*b, ports);
}

}  // namespace baton
