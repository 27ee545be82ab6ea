// SPDX-License-Identifier: Apache-2.0
// Layer 3 in the running configuration, as values: what a VLAN is to IP, static routes, and what the ARP engine goes
// by. The rules are in apply_interfaces.cc and apply_routes.cc; what follows from them for the tables is
// program/layer3.h.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "controlplane/config/shared_map.h"
#include "sync/base/ip.h"
#include "sync/base/mac.h"

namespace baton::config {

inline constexpr std::uint32_t mtu_factory = 1500, mtu_least = 68, mtu_least_v6 = 1280, mtu_most = 9198;
inline constexpr std::size_t addresses_most = 64;        // of one VLAN
inline constexpr std::size_t static_routes_most = 8192;  // prefixes
inline constexpr std::size_t gateways_most = 16;         // of one prefix
inline constexpr std::uint32_t metric_factory = 1, metric_most = 65535;
inline constexpr std::uint32_t arp_timeout_most = 32767;  // minutes
inline constexpr std::uint32_t arp_entries_most = 65536;

/// What a VLAN is to IP.
struct Interface {
    std::vector<IpInterface> addresses;  // as they were given; the first of a family is its primary one
    bool forwards_v4 = false, forwards_v6 = false;
    bool redirects = true, unreachables = true;  // ICMP errors that may be sent there
    std::uint32_t mtu = mtu_factory;

    /// The family's primary address; null: it has none.
    const IpInterface* primary(Family family) const {
        for (const IpInterface& one : addresses)
            if (one.address.family == family) return &one;
        return nullptr;
    }

    bool has(const IpAddress& address) const {
        for (const IpInterface& one : addresses)
            if (one.address == address) return true;
        return false;
    }

    friend bool operator==(const Interface&, const Interface&) = default;
};

/// Whose subnet that is. Subnets never overlap, so one look says which of them an address is in: they are kept by their
/// last address.
struct Subnet {
    IpPrefix prefix;
    std::string vlan;  // Vlan::name
    friend bool operator==(const Subnet&, const Subnet&) = default;
};

/// It is the subnet's own name, or its broadcast address, and so nobody's: of /31, /127 and longer ones none is.
inline bool names_whole(const IpPrefix& subnet, const IpAddress& address) {
    if (subnet.length + 2u > address_bits(subnet.family)) return false;
    return address == subnet.first() || (subnet.family == Family::ipv4 && address == subnet.last());
}

struct IpHash {
    std::size_t operator()(const IpAddress& address) const {
        return address.bits.high * 0x9e3779b97f4a7c15 ^ address.bits.low ^ static_cast<std::size_t>(address.family);
    }

    std::size_t operator()(const IpPrefix& prefix) const {
        return (*this)(IpAddress{prefix.family, prefix.bits}) * 131 + prefix.length;
    }
};

using Subnets = SharedMap<IpAddress, Subnet, IpHash>;

/// A router that a static route leads to. Only a link-local one has to say where it is.
struct Gateway {
    IpAddress address;
    std::string vlan;  // Vlan::name; empty: wherever its subnet is

    std::string text() const { return vlan.empty() ? address.text() : address.text() + "%" + vlan; }

    friend auto operator<=>(const Gateway&, const Gateway&) = default;
};

/// A black hole, or gateways: those of the lowest metric that lie in a subnet of this switch share the traffic.
struct StaticRoute {
    bool blackhole = false;
    std::map<Gateway, std::uint32_t> gateways;  // to their metrics
    friend bool operator==(const StaticRoute&, const StaticRoute&) = default;
};

using StaticRoutes = SharedMap<IpPrefix, StaticRoute, IpHash>;

/// Permanent entries of the ARP table and of the neighbour cache; each lies in some subnet.
using StaticNeighbors = SharedMap<IpAddress, Mac, IpHash>;

/// What the ARP engine goes by, and neighbour discovery with it.
struct ArpSettings {
    std::uint32_t timeout_minutes = 20;  // 0: never
    std::uint32_t max_entries = 8192, max_pending = 256;
    bool checking = true;  // a sender's address must be of the VLAN's subnet
    bool refresh = true;   // an entry about to time out is asked for

    friend bool operator==(const ArpSettings&, const ArpSettings&) = default;
};

}  // namespace baton::config
