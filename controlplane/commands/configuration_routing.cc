// SPDX-License-Identifier: Apache-2.0
// Changes of layer 3 as the commands that make them.
#include "controlplane/commands/configuration_routing.h"

#include <fmt/core.h>

#include "sync/base/ip.h"

namespace baton::commands {
namespace {

/// As it is typed: `default` goes with a gateway, whose family says which.
std::string destination(const std::string& prefix, bool blackhole) {
    return prefix == "0.0.0.0/0" || (prefix == "::/0" && !blackhole) ? "default" : prefix;
}

template <class Message>
std::string gateway(const Message& change) {
    return change.vlan().empty() ? change.gateway() : change.gateway() + "%" + change.vlan();
}

std::string neighbor_command(const std::string& address) {
    const auto read = IpAddress::parse(address);
    return read && read->family == Family::ipv6 ? "neighbor-discovery cache" : "iparp";
}

std::string switched(bool enabled) {
    return enabled ? "enable" : "disable";
}

std::string arp_command(const config::ArpSet& set) {
    if (set.has_timeout_minutes()) return fmt::format("configure iparp timeout {}", set.timeout_minutes());
    if (set.has_max_entries()) return fmt::format("configure iparp max-entries {}", set.max_entries());
    if (set.has_max_pending()) return fmt::format("configure iparp max-pending-entries {}", set.max_pending());
    if (set.has_checking()) return switched(set.checking()) + " iparp checking";
    if (set.has_refresh()) return switched(set.refresh()) + " iparp refresh";
    return {};
}

}  // namespace

std::string routing_command(const config::Change& change) {
    switch (change.change_case()) {
        case config::Change::kVlanAddressAdd:
            return fmt::format("configure vlan \"{}\" ipaddress {}", change.vlan_address_add().name(),
                               change.vlan_address_add().address());
        case config::Change::kVlanAddressDelete:
            return fmt::format("unconfigure vlan \"{}\" ipaddress {}", change.vlan_address_delete().name(),
                               change.vlan_address_delete().address());
        case config::Change::kVlanForwarding:
            return fmt::format("{} ipforwarding {}vlan \"{}\"", switched(change.vlan_forwarding().enabled()),
                               change.vlan_forwarding().ipv6() ? "ipv6 " : "", change.vlan_forwarding().name());
        case config::Change::kVlanMtu:
            return fmt::format("configure ip-mtu {} vlan \"{}\"", change.vlan_mtu().bytes(), change.vlan_mtu().name());
        case config::Change::kVlanIcmp: {
            const auto& set = change.vlan_icmp();
            return fmt::format("{} icmp {} vlan \"{}\"",
                               switched(set.has_redirects() ? set.redirects() : set.unreachables()),
                               set.has_redirects() ? "redirects" : "unreachables", set.name());
        }
        case config::Change::kStaticRouteAdd: {
            const auto& add = change.static_route_add();
            if (add.blackhole())
                return fmt::format("configure iproute add blackhole {}", destination(add.prefix(), true));
            return fmt::format("configure iproute add {} {} {}", destination(add.prefix(), false), gateway(add),
                               add.metric());
        }
        case config::Change::kStaticRouteDelete: {
            const auto& away = change.static_route_delete();
            if (away.blackhole())
                return fmt::format("configure iproute delete blackhole {}", destination(away.prefix(), true));
            return fmt::format("configure iproute delete {} {}", destination(away.prefix(), false), gateway(away));
        }
        case config::Change::kStaticNeighborAdd:
            return fmt::format("configure {} add {} {}", neighbor_command(change.static_neighbor_add().address()),
                               change.static_neighbor_add().address(), change.static_neighbor_add().mac());
        case config::Change::kStaticNeighborDelete:
            return fmt::format("configure {} delete {}", neighbor_command(change.static_neighbor_delete().address()),
                               change.static_neighbor_delete().address());
        case config::Change::kArpSet: return arp_command(change.arp_set());
        case config::Change::kIpfdbAgingTime:
            return fmt::format("configure ipfdb agingtime {}", change.ipfdb_aging_time().seconds());
        default: return {};
    }
}

}  // namespace baton::commands
