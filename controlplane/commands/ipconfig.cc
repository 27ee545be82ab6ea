// SPDX-License-Identifier: Apache-2.0
// show ipconfig: what each VLAN is to layer 3, as configured, and what follows for the whole switch.
#include <fmt/core.h>

#include "controlplane/commands/columns.h"
#include "controlplane/commands/handlers.h"

namespace baton::commands {
namespace {

Json interface_json(const config::Vlan& vlan) {
    const config::Interface& ip = vlan.ip;
    Json out;
    out["vlan"] = vlan.name;
    out["addresses"] = Json::array();
    for (const IpInterface& one : ip.addresses) {
        const bool primary = ip.primary(one.address.family) == &one;
        out["addresses"].push_back({{"address", one.text()}, {"primary", primary}});
    }
    out["ipforwarding"] = ip.forwards_v4;
    out["ipv6_forwarding"] = ip.forwards_v6;
    out["mtu"] = ip.mtu;
    out["icmp_redirects"] = ip.redirects;
    out["icmp_unreachables"] = ip.unreachables;
    return out;
}

std::string flags_of(const Json& one) {
    std::string out;
    if (!one["addresses"].empty()) out += 'U';
    if (one["ipforwarding"].get<bool>()) out += 'f';
    if (one["ipv6_forwarding"].get<bool>()) out += 'F';
    if (one["icmp_redirects"].get<bool>()) out += 'r';
    if (one["icmp_unreachables"].get<bool>()) out += 'u';
    return out;
}

std::uint64_t summed(const TablesArena& tables, std::atomic<std::uint64_t> WorkerCounters::*counter) {
    std::uint64_t sum = 0;
    for (const WorkerCounters& worker : tables.workers) sum += (worker.*counter).load(std::memory_order_relaxed);
    return sum;
}

}  // namespace

Result<Json> show_ipconfig(const Call& call) {
    const auto& running = call.sw.running();
    const auto& tables = call.sw.tables();
    const auto* name = call.match.get<std::string>("vlan");
    const auto* only = name ? running.vlan(*name) : nullptr;
    if (name && !only) return failure(fmt::format("there is no VLAN \"{}\"; show vlan lists them", *name));
    Json out;
    const Mac mac = Mac::of(tables.applier.router_mac.load(std::memory_order_relaxed));
    out["router_mac"] = mac.value() == 0 ? Json(nullptr) : Json(mac.text());
    out["routed"] = summed(tables, &WorkerCounters::routed);
    out["waited"] = summed(tables, &WorkerCounters::waited);
    out["static_routes"] = running.static_routes().size();
    out["ipfdb_aging_time"] = running.ipfdb_aging_seconds();
    out["arp"] = {{"timeout", running.arp().timeout_minutes},
                  {"max_entries", running.arp().max_entries},
                  {"max_pending_entries", running.arp().max_pending},
                  {"permanent_entries", running.static_neighbors().size()},
                  {"checking", running.arp().checking},
                  {"refresh", running.arp().refresh}};
    out["interfaces"] = Json::array();
    for (const auto& [key, vlan] : running.vlans())
        if (only ? &vlan == only : !vlan.ip.addresses.empty()) out["interfaces"].push_back(interface_json(vlan));
    return out;
}

std::string show_ipconfig_text(const Json& json) {
    const auto& arp = json["arp"];
    std::string out = labelled("Router MAC", plain(json["router_mac"]));
    out += labelled("Packets routed", plain(json["routed"]));
    out += labelled("Packets waited", plain(json["waited"]));
    out += labelled("Static routes", plain(json["static_routes"]));
    out += labelled("IP FDB aging", fmt::format("{} s", plain(json["ipfdb_aging_time"])));
    out +=
        labelled("ARP", fmt::format("timeout {} min, at most {} entries, {} pending; {} permanent; checking {}, "
                                    "refresh {}",
                                    plain(arp["timeout"]), plain(arp["max_entries"]), plain(arp["max_pending_entries"]),
                                    plain(arp["permanent_entries"]), plain(arp["checking"]), plain(arp["refresh"])));
    Columns table({"VLAN", "IP address", "Flags", ">MTU"});
    for (const auto& one : json["interfaces"]) {
        bool first = true;
        for (const auto& address : one["addresses"]) {
            table.add({first ? plain(one["vlan"]) : "", plain(address["address"]), first ? flags_of(one) : "",
                       first ? plain(one["mtu"]) : ""});
            first = false;
        }
        if (first) table.add({plain(one["vlan"]), "-", flags_of(one), plain(one["mtu"])});
    }
    return out + "\n" + table.text() +
           "\nFlags : U - Up, f - IP forwarding, F - IPv6 forwarding, r - sends redirects, u - sends unreachables\n"
           "        The first address of a family is the primary one.\n";
}

}  // namespace baton::commands
