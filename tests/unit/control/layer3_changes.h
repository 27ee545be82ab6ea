// SPDX-License-Identifier: Apache-2.0
// Changes of layer 3, one line each, for tests of the configuration and of all that is made from it.
#pragma once

#include <string>

#include "controlplane/config/running.h"

namespace baton::test {

inline config::Change address(const std::string& vlan, const std::string& address) {
    config::Change change;
    change.mutable_vlan_address_add()->set_name(vlan);
    change.mutable_vlan_address_add()->set_address(address);
    return change;
}

inline config::Change address_away(const std::string& vlan, const std::string& address) {
    config::Change change;
    change.mutable_vlan_address_delete()->set_name(vlan);
    change.mutable_vlan_address_delete()->set_address(address);
    return change;
}

inline config::Change forwarding(const std::string& vlan, bool enabled, bool ipv6 = false) {
    config::Change change;
    change.mutable_vlan_forwarding()->set_name(vlan);
    change.mutable_vlan_forwarding()->set_ipv6(ipv6);
    change.mutable_vlan_forwarding()->set_enabled(enabled);
    return change;
}

inline config::Change mtu(const std::string& vlan, std::uint32_t bytes) {
    config::Change change;
    change.mutable_vlan_mtu()->set_name(vlan);
    change.mutable_vlan_mtu()->set_bytes(bytes);
    return change;
}

inline config::Change redirects(const std::string& vlan, bool enabled) {
    config::Change change;
    change.mutable_vlan_icmp()->set_name(vlan);
    change.mutable_vlan_icmp()->set_redirects(enabled);
    return change;
}

inline config::Change unreachables(const std::string& vlan, bool enabled) {
    config::Change change;
    change.mutable_vlan_icmp()->set_name(vlan);
    change.mutable_vlan_icmp()->set_unreachables(enabled);
    return change;
}

inline config::Change route(const std::string& prefix, const std::string& gateway, std::uint32_t metric = 1,
                            const std::string& vlan = {}) {
    config::Change change;
    auto* add = change.mutable_static_route_add();
    add->set_prefix(prefix);
    add->set_gateway(gateway);
    add->set_vlan(vlan);
    add->set_metric(metric);
    return change;
}

inline config::Change route_away(const std::string& prefix, const std::string& gateway, const std::string& vlan = {}) {
    config::Change change;
    auto* away = change.mutable_static_route_delete();
    away->set_prefix(prefix);
    away->set_gateway(gateway);
    away->set_vlan(vlan);
    return change;
}

inline config::Change blackhole(const std::string& prefix) {
    config::Change change;
    change.mutable_static_route_add()->set_prefix(prefix);
    change.mutable_static_route_add()->set_blackhole(true);
    return change;
}

inline config::Change blackhole_away(const std::string& prefix) {
    config::Change change;
    change.mutable_static_route_delete()->set_prefix(prefix);
    change.mutable_static_route_delete()->set_blackhole(true);
    return change;
}

inline config::Change neighbor(const std::string& address, const std::string& mac) {
    config::Change change;
    change.mutable_static_neighbor_add()->set_address(address);
    change.mutable_static_neighbor_add()->set_mac(mac);
    return change;
}

inline config::Change neighbor_away(const std::string& address) {
    config::Change change;
    change.mutable_static_neighbor_delete()->set_address(address);
    return change;
}

inline config::Change ipfdb_aging(std::uint32_t seconds) {
    config::Change change;
    change.mutable_ipfdb_aging_time()->set_seconds(seconds);
    return change;
}

}  // namespace baton::test
