// SPDX-License-Identifier: Apache-2.0
// Random changes to a configuration, most of which apply: few names, few ports, few addresses, so that they collide.
#pragma once

#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/config/running.h"
#include "tests/unit/control/access_list_changes.h"
#include "tests/unit/control/layer3_changes.h"

namespace baton::test {

inline std::string numbered(std::string_view word, std::uint64_t number) {
    std::string out(word);
    out += std::to_string(number);
    return out;
}

inline const std::vector<PortName>& port_list() {
    static const std::vector<PortName> ports{{1, 1}, {1, 2}, {1, 3}, {1, 4}, {2, 1}, {2, 2}};
    return ports;
}

inline const std::set<PortName>& port_set() {
    static const std::set<PortName> ports(port_list().begin(), port_list().end());
    return ports;
}

inline config::Change vlan_create(const std::string& name) {
    config::Change change;
    change.mutable_vlan_create()->set_name(name);
    return change;
}

inline config::Change vlan_delete(const std::string& name) {
    config::Change change;
    change.mutable_vlan_delete()->set_name(name);
    return change;
}

inline config::Change vlan_tag(const std::string& name, std::uint32_t tag) {
    config::Change change;
    change.mutable_vlan_tag()->set_name(name);
    change.mutable_vlan_tag()->set_tag(tag);
    return change;
}

inline config::Change add_ports(const std::string& name, const std::vector<std::string>& ports, bool tagged) {
    config::Change change;
    auto* add = change.mutable_vlan_add_ports();
    add->set_name(name);
    add->set_tagged(tagged);
    for (const auto& port : ports) add->add_ports(port);
    return change;
}

inline config::Change delete_ports(const std::string& name, const std::vector<std::string>& ports) {
    config::Change change;
    auto* away = change.mutable_vlan_delete_ports();
    away->set_name(name);
    for (const auto& port : ports) away->add_ports(port);
    return change;
}

inline config::Change static_entry(const std::string& mac, const std::string& vlan, const std::string& port) {
    config::Change change;
    auto* entry = change.mutable_fdb_entry_create();
    entry->set_mac(mac);
    entry->set_vlan(vlan);
    if (port.empty())
        entry->set_blackhole(true);
    else
        entry->set_port(port);
    return change;
}

inline config::Change static_away(const std::string& mac, const std::string& vlan) {
    config::Change change;
    change.mutable_fdb_entry_delete()->set_mac(mac);
    change.mutable_fdb_entry_delete()->set_vlan(vlan);
    return change;
}

inline config::Change aging(std::uint32_t seconds) {
    config::Change change;
    change.mutable_fdb_aging_time()->set_seconds(seconds);
    return change;
}

inline config::Change enable(const std::vector<std::string>& ports, bool enabled) {
    config::Change change;
    change.mutable_ports_enable()->set_enabled(enabled);
    for (const auto& port : ports) change.mutable_ports_enable()->add_ports(port);
    return change;
}

inline config::Change system_name(const std::string& name) {
    config::Change change;
    change.mutable_system_name()->set_name(name);
    return change;
}

inline config::Change failover(std::uint32_t slave_config, std::uint32_t link_action, std::uint32_t preserve) {
    config::Change change;
    change.mutable_msm_failover()->set_slave_config(slave_config);
    change.mutable_msm_failover()->set_link_action(link_action);
    change.mutable_msm_failover()->set_preserve(preserve);
    return change;
}

inline config::Change recovery(std::uint32_t level, std::uint32_t action) {
    config::Change change;
    change.mutable_recovery_level()->set_level(level);
    change.mutable_recovery_level()->set_action(action);
    return change;
}

inline config::Change account_set(const std::string& name, bool admin, const std::string& hash) {
    config::Change change;
    change.mutable_account_set()->set_name(name);
    change.mutable_account_set()->set_admin(admin);
    change.mutable_account_set()->set_hash(hash);
    return change;
}

inline config::Change account_delete(const std::string& name) {
    config::Change change;
    change.mutable_account_delete()->set_name(name);
    return change;
}

/// What the guide does to make a switch fail over hitlessly, and the hang action beside.
inline std::vector<config::Change> hitless_changes() {
    std::vector<config::Change> out{failover(1, 1, 2), recovery(2, 0)};
    out[0].mutable_msm_failover()->set_hang_action(1);
    return out;
}

class RandomChanges {
  public:
    explicit RandomChanges(std::uint64_t seed) : random_(seed) {}

    config::Change next() {
        static const std::vector<std::string> names{"Default", "red", "GREEN", "blue", "v1", "v2"};
        const auto& name = names[below(names.size())];
        const std::string mac = numbered("02:00:00:00:00:0", below(6));
        if (below(6) == 0) return access_list_change();
        switch (below(30)) {
            case 0:
            case 1: return vlan_create(name);
            case 2: return vlan_delete(name);
            case 3:
            case 4: return vlan_tag(name, below(2) ? 4090 + below(5) : 1 + below(8));
            case 5:
            case 6: return add_ports(name, some_ports(), below(2));
            case 7:
            case 8: return delete_ports(name, some_ports());
            case 9:
            case 10: return static_entry(mac, name, below(4) ? port() : "");
            case 11: return static_away(mac, name);
            case 12: return below(2) ? aging(below(3) ? 15 + below(100) : 0) : system_name(numbered("sw", below(9)));
            case 13: return below(4) ? failover(below(2), below(2), below(3)) : recovery(below(3), below(2));
            case 14: return some_of_failover();
            case 15:
            case 16: return account_set(someone(), below(2), below(3) ? numbered("$y$j9T$", below(5)) : "");
            case 17: return account_delete(someone());
            case 18:
            case 19:
            case 20: return address(name, host() + (below(3) ? (below(2) ? "/24" : "/64") : "/25"));
            case 21: return address_away(name, host());
            case 22:
                return below(2) ? forwarding(name, below(3), below(2)) : mtu(name, below(2) ? 1500 : 500 + below(1500));
            case 23: return below(2) ? redirects(name, below(2)) : unreachables(name, below(2));
            case 24:
            case 25: return route(destination(), host(), 1 + below(3));
            case 26: return below(2) ? route_away(destination(), host()) : route("2001:db8:9::/48", "fe80::9", 1, name);
            case 27: return below(3) ? blackhole(destination()) : blackhole_away(destination());
            case 28: return below(3) ? neighbor(host(), mac) : neighbor_away(host());
            case 29: return below(2) ? ipfdb_aging(below(2) ? 0 : 60) : some_of_arp();
            default: return enable(some_ports(), below(2));
        }
    }

    /// A configuration that `steps` changes have gone over, those that applied.
    config::Running walk(config::Running from, int steps) {
        for (int i = 0; i < steps; ++i) (void)from.apply({next()}, port_set());
        return from;
    }

    std::uint32_t below(std::size_t n) { return static_cast<std::uint32_t>(random_() % n); }

  private:
    /// Only some fields are said; some values are out of range.
    config::Change some_of_failover() {
        config::Change change;
        auto* set = change.mutable_msm_failover();
        if (below(2)) set->set_timeout_seconds(25 + below(300));
        if (below(2)) set->set_esrp_mode(below(4));
        if (below(2)) set->set_esrp_timeout(10 + below(180));
        if (below(2)) set->set_hang_action(below(3));
        return change;
    }

    config::Change some_of_arp() {
        config::Change change;
        auto* set = change.mutable_arp_set();
        if (below(2)) set->set_timeout_minutes(below(40000));
        if (below(2)) set->set_max_entries(below(9));
        if (below(2)) set->set_max_pending(below(300));
        if (below(2)) set->set_checking(below(2));
        if (below(2)) set->set_refresh(below(2));
        return change;
    }

    /// Two subnets of each family, with few hosts.
    std::string host() {
        std::string out(below(3) ? "10.0." : "2001:db8:");
        out += std::to_string(below(2));
        return out + (out[2] == '.' ? "." : "::") + std::to_string(1 + below(4));
    }

    std::string destination() {
        static const std::vector<std::string> all{"0.0.0.0/0",   "10.0.0.0/24", "172.16.0.0/12",
                                                  "10.0.1.4/32", "::/0",        "2001:db8:1::/64"};
        return all[below(all.size())];
    }

    config::Change access_list_change() {
        static const std::vector<std::string> names{"web", "WEB", "ssh", "rest", "a1", "a2"};
        const std::string& name = names[below(names.size())];
        if (below(3) == 0) return delete_access_list(name);
        return create(random_access_list(name, [this](std::size_t n) { return below(n); }, port_list()));
    }

    std::string someone() {
        static const std::vector<std::string> names{"admin", "user", "Anna", "noc"};
        return names[below(names.size())];
    }

    std::string port() { return port_list()[below(port_list().size())].text(); }

    std::vector<std::string> some_ports() {
        std::vector<std::string> out;
        for (std::size_t i = 0, n = 1 + below(2); i < n; ++i) out.push_back(port());
        return out;
    }

    std::mt19937_64 random_;
};

}  // namespace baton::test
