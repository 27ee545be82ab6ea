// SPDX-License-Identifier: Apache-2.0
// The vlan family. What is allowed is decided by the transaction (config/running.cc), so the sentences come from there.
#include <fmt/core.h>

#include <algorithm>

#include "controlplane/commands/columns.h"
#include "controlplane/commands/handlers.h"
#include "controlplane/commands/ports_view.h"

namespace baton::commands {
namespace {

const std::string& vlan_said(const Call& call) {
    return *call.match.get<std::string>("vlan");
}

/// The VLAN's own spelling when it exists, so that answers and the journal do not depend on how it was typed.
std::string vlan_name(const Call& call) {
    const auto* vlan = call.sw.running().vlan(vlan_said(call));
    return vlan ? vlan->name : vlan_said(call);
}

bool holds(const Json& list, const Json& item) {
    return std::find(list.begin(), list.end(), item) != list.end();
}

/// " *1:1 !1:2 1:3" of a list of port names.
std::string marked(const Json& vlan, std::string_view list) {
    std::string out;
    for (const auto& port : vlan[std::string(list)]) {
        out += ' ';
        if (holds(vlan["disabled"], port)) out += '!';
        if (holds(vlan["active"], port)) out += '*';
        out += port.get<std::string>();
    }
    return out;
}

std::string list_text(const Json& ports) {
    std::vector<PortName> names;
    for (const auto& port : ports)
        if (const auto name = PortName::parse(port.get<std::string>())) names.push_back(*name);
    return names.empty() ? "-" : text_of(names);
}

Json vlan_json(const config::Vlan& vlan, const TablesArena& tables, const std::map<PortName, PortId>& ports) {
    Json out;
    out["name"] = vlan.name;
    out["id"] = vlan.id;
    out["tag"] = vlan.has_tag ? Json(vlan.id) : Json(nullptr);
    out["addresses"] = Json::array();
    for (const IpInterface& one : vlan.ip.addresses) out["addresses"].push_back(one.text());
    out["ipforwarding"] = vlan.ip.forwards_v4;
    out["ipv6_forwarding"] = vlan.ip.forwards_v6;
    auto active = Json::array(), disabled = Json::array();
    for (const bool tagged : {false, true}) {
        auto list = Json::array();
        for (const auto port : tagged ? vlan.tagged : vlan.untagged) {
            list.push_back(port.text());
            const auto at = ports.find(port);
            if (at == ports.end()) continue;
            if (is_active(tables.ports[at->second])) active.push_back(port.text());
            if (!tables.ports[at->second].enabled.load()) disabled.push_back(port.text());
        }
        out[tagged ? "tagged" : "untagged"] = std::move(list);
    }
    out["active"] = std::move(active);
    out["disabled"] = std::move(disabled);
    std::uint64_t rx_frames = 0, rx_bytes = 0, tx_frames = 0, tx_bytes = 0;
    for (const auto& worker : tables.workers) {
        const auto& traffic = worker.vlan[vlan.id];
        rx_frames += traffic.rx_frames.load(std::memory_order_relaxed);
        rx_bytes += traffic.rx_bytes.load(std::memory_order_relaxed);
        tx_frames += traffic.tx_frames.load(std::memory_order_relaxed);
        tx_bytes += traffic.tx_bytes.load(std::memory_order_relaxed);
    }
    out["rx_frames"] = rx_frames;
    out["rx_bytes"] = rx_bytes;
    out["tx_frames"] = tx_frames;
    out["tx_bytes"] = tx_bytes;
    return out;
}

std::size_t port_count(const Json& vlan) {
    return vlan["untagged"].size() + vlan["tagged"].size();
}

}  // namespace

Result<Plan> create_vlan(const Call& call) {
    const auto& name = *call.match.get<std::string>("name");
    Plan plan;
    auto* change = plan.changes.emplace_back().mutable_vlan_create();
    change->set_name(name);
    if (const auto* number = call.match.get<std::uint64_t>("tag")) change->set_id(static_cast<std::uint32_t>(*number));
    plan.text = fmt::format("VLAN \"{}\" created.\n", name);
    return plan;
}

Result<Plan> delete_vlan(const Call& call) {
    Plan plan;
    plan.changes.emplace_back().mutable_vlan_delete()->set_name(vlan_name(call));
    plan.text = fmt::format("VLAN \"{}\" deleted.\n", vlan_name(call));
    return plan;
}

Result<Plan> configure_vlan_tag(const Call& call) {
    const auto tag = static_cast<std::uint32_t>(*call.match.get<std::uint64_t>("tag"));
    Plan plan;
    auto* change = plan.changes.emplace_back().mutable_vlan_tag();
    change->set_name(vlan_name(call));
    change->set_tag(tag);
    plan.text = fmt::format("VLAN \"{}\" has tag {}.\n", vlan_name(call), tag);
    return plan;
}

Result<Plan> configure_vlan_add_ports(const Call& call) {
    const auto ports = ports_asked(call);
    if (!ports) return ports.error();
    const bool tagged = call.match.says("tagged");
    Plan plan;
    auto* change = plan.changes.emplace_back().mutable_vlan_add_ports();
    change->set_name(vlan_name(call));
    change->set_tagged(tagged);
    for (const auto port : *ports) change->add_ports(port.text());
    plan.text =
        fmt::format("Added to VLAN \"{}\" {}: {}.\n", vlan_name(call), tagged ? "tagged" : "untagged", text_of(*ports));
    return plan;
}

Result<Plan> configure_vlan_delete_ports(const Call& call) {
    std::vector<PortName> which;
    if (call.match.says("all")) {
        if (const auto* vlan = call.sw.running().vlan(vlan_said(call))) {
            which.assign(vlan->tagged.begin(), vlan->tagged.end());
            which.insert(which.end(), vlan->untagged.begin(), vlan->untagged.end());
        } else {
            return failure(fmt::format("there is no VLAN \"{}\"; show vlan lists them", vlan_said(call)));
        }
    } else {
        const auto ports = ports_asked(call);
        if (!ports) return ports.error();
        which = *ports;
    }
    Plan plan;
    if (which.empty()) {
        plan.text = fmt::format("VLAN \"{}\" has no ports.\n", vlan_name(call));
        return plan;
    }
    auto* change = plan.changes.emplace_back().mutable_vlan_delete_ports();
    change->set_name(vlan_name(call));
    for (const auto port : which) change->add_ports(port.text());
    plan.text = fmt::format("Deleted from VLAN \"{}\": {}.\n", vlan_name(call), text_of(which));
    return plan;
}

Result<Json> show_vlan(const Call& call) {
    const auto& running = call.sw.running();
    const auto& tables = call.sw.tables();
    const auto ports = ports_of(tables);
    const auto* name = call.match.get<std::string>("vlan");
    const auto* only = name ? running.vlan(*name) : nullptr;
    if (name && !only) return failure(fmt::format("there is no VLAN \"{}\"; show vlan lists them", *name));
    Json out;
    out["detail"] = name || call.match.says("detail");
    out["vlans"] = Json::array();
    for (const auto& [key, vlan] : running.vlans()) {
        if (only && &vlan != only) continue;
        out["vlans"].push_back(vlan_json(vlan, tables, ports));
    }
    return out;
}

std::string show_vlan_text(const Json& json) {
    const auto& vlans = json["vlans"];
    std::string out;
    if (!json["detail"].get<bool>()) {
        Columns table({"Name", ">VID", "Tag", ">Ports", "Untagged", "Tagged"});
        for (const auto& vlan : vlans)
            table.add({plain(vlan["name"]), plain(vlan["id"]), vlan["tag"].is_null() ? "none" : "802.1Q",
                       fmt::format("{}/{}", vlan["active"].size(), port_count(vlan)), list_text(vlan["untagged"]),
                       list_text(vlan["tagged"])});
        return table.text() + fmt::format("\nTotal number of VLANs: {}\n", vlans.size());
    }
    for (const auto& vlan : vlans) {
        out += fmt::format("VLAN Interface with name \"{}\" created by user\n", plain(vlan["name"]));
        out += vlan["tag"].is_null() ? fmt::format("    Tagging:    Untagged (internal tag {})\n", plain(vlan["id"]))
                                     : fmt::format("    Tagging:    802.1Q Tag {}\n", plain(vlan["tag"]));
        if (!vlan["addresses"].empty())
            out += fmt::format("    IP:         {}{}{}\n", joined(vlan["addresses"], ", "),
                               vlan["ipforwarding"].get<bool>() ? "  (IP forwarding)" : "",
                               vlan["ipv6_forwarding"].get<bool>() ? "  (IPv6 forwarding)" : "");
        out += fmt::format("    Received:   {} frames, {} bytes\n", plain(vlan["rx_frames"]), plain(vlan["rx_bytes"]));
        out += fmt::format("    Sent:       {} frames, {} bytes\n", plain(vlan["tx_frames"]), plain(vlan["tx_bytes"]));
        out +=
            fmt::format("    Ports:      {}.  (Number of active ports={})\n", port_count(vlan), vlan["active"].size());
        out += "       Flags:   (*) Active, (!) Disabled\n";
        out += fmt::format("       Untag:  {}\n", marked(vlan, "untagged"));
        out += fmt::format("       Tag:    {}\n", marked(vlan, "tagged"));
    }
    return out + fmt::format("\nTotal number of VLANs: {}\n", vlans.size());
}

}  // namespace baton::commands
