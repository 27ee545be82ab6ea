// SPDX-License-Identifier: Apache-2.0
#include "controlplane/config/changes_routing.h"

#include <algorithm>

namespace baton::config {
namespace {

/// How many addresses both begin with: those may stay, for the first of a family is its primary one.
std::size_t common(const Interface& a, const Interface& b) {
    const auto [mine, theirs] =
        std::mismatch(a.addresses.begin(), a.addresses.end(), b.addresses.begin(), b.addresses.end());
    return static_cast<std::size_t>(mine - a.addresses.begin());
}

template <class Message>
void name_gateway(const Gateway& gateway, Message* into) {
    into->set_gateway(gateway.address.text());
    into->set_vlan(gateway.vlan);
}

void interface_comes(const Vlan& vlan, const Interface& old, std::vector<Change>& out) {
    const auto add = [&out]() -> Change& { return out.emplace_back(); };
    const Interface& wanted = vlan.ip;
    if (wanted.mtu != old.mtu) {
        VlanMtu* change = add().mutable_vlan_mtu();
        change->set_name(vlan.name);
        change->set_bytes(wanted.mtu);
    }
    for (std::size_t i = common(old, wanted); i < wanted.addresses.size(); ++i) {
        VlanAddressAdd* change = add().mutable_vlan_address_add();
        change->set_name(vlan.name);
        change->set_address(wanted.addresses[i].text());
    }
    for (const bool ipv6 : {false, true}) {
        const bool enabled = ipv6 ? wanted.forwards_v6 : wanted.forwards_v4;
        if (enabled == (ipv6 ? old.forwards_v6 : old.forwards_v4)) continue;
        VlanForwarding* change = add().mutable_vlan_forwarding();
        change->set_name(vlan.name);
        change->set_ipv6(ipv6);
        change->set_enabled(enabled);
    }
    for (const bool redirects : {true, false}) {  // one setting each, as the commands have it
        const bool enabled = redirects ? wanted.redirects : wanted.unreachables;
        if (enabled == (redirects ? old.redirects : old.unreachables)) continue;
        VlanIcmp* change = add().mutable_vlan_icmp();
        change->set_name(vlan.name);
        redirects ? change->set_redirects(enabled) : change->set_unreachables(enabled);
    }
}

void route_comes(const IpPrefix& prefix, const StaticRoute& wanted, const StaticRoute& old, std::vector<Change>& out) {
    if (wanted.blackhole && !old.blackhole) {
        StaticRouteAdd* change = out.emplace_back().mutable_static_route_add();
        change->set_prefix(prefix.text());
        change->set_blackhole(true);
    }
    for (const auto& [gateway, metric] : wanted.gateways) {
        const auto had = old.gateways.find(gateway);
        if (had != old.gateways.end() && had->second == metric) continue;
        StaticRouteAdd* change = out.emplace_back().mutable_static_route_add();
        change->set_prefix(prefix.text());
        change->set_metric(metric);
        name_gateway(gateway, change);
    }
}

void route_goes(const IpPrefix& prefix, const StaticRoute& old, const StaticRoute& wanted, std::vector<Change>& out) {
    if (old.blackhole && !wanted.blackhole) {
        StaticRouteDelete* change = out.emplace_back().mutable_static_route_delete();
        change->set_prefix(prefix.text());
        change->set_blackhole(true);
    }
    for (const auto& [gateway, metric] : old.gateways) {
        if (wanted.gateways.contains(gateway)) continue;
        StaticRouteDelete* change = out.emplace_back().mutable_static_route_delete();
        change->set_prefix(prefix.text());
        name_gateway(gateway, change);
    }
}

/// One setting in each change, as the commands have it.
void arp_comes(const ArpSettings& old, const ArpSettings& wanted, std::vector<Change>& out) {
    const auto add = [&out]() { return out.emplace_back().mutable_arp_set(); };
    if (wanted.timeout_minutes != old.timeout_minutes) add()->set_timeout_minutes(wanted.timeout_minutes);
    if (wanted.max_entries != old.max_entries) add()->set_max_entries(wanted.max_entries);
    if (wanted.max_pending != old.max_pending) add()->set_max_pending(wanted.max_pending);
    if (wanted.checking != old.checking) add()->set_checking(wanted.checking);
    if (wanted.refresh != old.refresh) add()->set_refresh(wanted.refresh);
}

}  // namespace

void routing_goes(const Running& now, const Running& to, std::vector<Change>& out) {
    const StaticRoute none;
    differences(now.static_routes(), to.static_routes(),
                [&](const IpPrefix& prefix, const StaticRoute* old, const StaticRoute* wanted) {
                    if (old) route_goes(prefix, *old, wanted ? *wanted : none, out);
                });
    differences(now.static_neighbors(), to.static_neighbors(),
                [&](const IpAddress& address, const Mac*, const Mac* wanted) {
                    if (!wanted) out.emplace_back().mutable_static_neighbor_delete()->set_address(address.text());
                });
    for (const auto& [key, vlan] : now.vlans()) {
        const Vlan* wanted = to.vlan(key);
        for (std::size_t i = wanted ? common(vlan.ip, wanted->ip) : 0; i < vlan.ip.addresses.size(); ++i) {
            VlanAddressDelete* change = out.emplace_back().mutable_vlan_address_delete();
            change->set_name(vlan.name);
            change->set_address(vlan.ip.addresses[i].address.text());
        }
    }
}

void routing_comes(const Running& now, const Running& to, std::vector<Change>& out) {
    const Interface fresh;
    const StaticRoute none;
    for (const auto& [key, vlan] : to.vlans()) {
        const Vlan* old = now.vlan(key);
        interface_comes(vlan, old ? old->ip : fresh, out);
    }
    arp_comes(now.arp(), to.arp(), out);
    differences(now.static_neighbors(), to.static_neighbors(),
                [&](const IpAddress& address, const Mac*, const Mac* wanted) {
                    if (!wanted) return;
                    StaticNeighborAdd* change = out.emplace_back().mutable_static_neighbor_add();
                    change->set_address(address.text());
                    change->set_mac(wanted->text());
                });
    differences(now.static_routes(), to.static_routes(),
                [&](const IpPrefix& prefix, const StaticRoute* old, const StaticRoute* wanted) {
                    if (wanted) route_comes(prefix, *wanted, old ? *old : none, out);
                });
    if (now.ipfdb_aging_seconds() != to.ipfdb_aging_seconds())
        out.emplace_back().mutable_ipfdb_aging_time()->set_seconds(to.ipfdb_aging_seconds());
}

}  // namespace baton::config
