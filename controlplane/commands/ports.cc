// SPDX-License-Identifier: Apache-2.0
// The ports family. Counters are read while workers write them: each is a whole word that only grows, but two of them
// are not of the same instant.
#include <fmt/core.h>
#include <string.h>

#include <algorithm>

#include "controlplane/commands/columns.h"
#include "controlplane/commands/handlers.h"
#include "controlplane/commands/ports_view.h"

namespace baton::commands {
namespace {

/// Text of a shared field that need not end with a zero.
template <std::size_t size>
std::string text_in(const char (&field)[size]) {
    return std::string(field, ::strnlen(field, size));
}

Result<Plan> set_ports(const Call& call, bool enabled) {
    const auto ports = ports_asked(call);
    if (!ports) return ports.error();
    if (ports->empty()) return failure("the switch has no ports; look at the data plane with show switch");
    Plan plan;
    auto* change = plan.changes.emplace_back().mutable_ports_enable();
    change->set_enabled(enabled);
    for (const auto port : *ports) change->add_ports(port.text());
    plan.text = fmt::format("Ports {}: {}.\n", enabled ? "enabled" : "disabled", text_of(*ports));
    return plan;
}

std::string_view link_of(const PortEntry& port) {
    return !port.enabled.load() ? "disabled" : port.link_up.load() ? "active" : "ready";
}

std::uint64_t drops_of(const TablesArena& tables, PortId port, std::size_t reason) {
    std::uint64_t out = 0;
    for (const auto& worker : tables.workers) out += worker.drops[port][reason].load(std::memory_order_relaxed);
    return out;
}

}  // namespace

Result<Plan> enable_ports(const Call& call) {
    return set_ports(call, true);
}

Result<Plan> disable_ports(const Call& call) {
    return set_ports(call, false);
}

Result<Json> show_ports(const Call& call) {
    const auto asked = ports_asked(call);
    if (!asked) return asked.error();
    const auto& tables = call.sw.tables();
    const auto ids = ports_of(tables);
    const auto& vlans = call.sw.running().vlans();
    Json out;
    out["ports"] = Json::array();
    for (const auto name : *asked) {
        const auto id = ids.find(name);
        if (id == ids.end()) continue;
        const auto& port = tables.ports[id->second];
        Json one;
        one["port"] = name.text();
        one["id"] = id->second;
        one["kind"] = text_in(port.kind);
        one["device"] = text_in(port.device);
        one["mac"] = Mac::of(port.mac).text();
        one["enabled"] = port.enabled.load() != 0;
        one["link"] = port.link_up.load() ? "up" : "down";
        one["state"] = link_of(port);
        one["link_changes"] = port.link_changes.load();
        one["speed_mbps"] = port.speed_mbps.load() ? Json(port.speed_mbps.load()) : Json(nullptr);
        one["max_frame"] = port.max_frame;
        one["worker"] = port.worker.load();
        one["untagged_vlan"] = nullptr;
        auto tagged = Json::array();
        for (const auto& [key, vlan] : vlans) {
            if (vlan.untagged.contains(name)) one["untagged_vlan"] = vlan.name;
            if (vlan.tagged.contains(name)) tagged.push_back(vlan.name);
        }
        one["tagged_vlans"] = std::move(tagged);
        out["ports"].push_back(std::move(one));
    }
    return out;
}

std::string show_ports_text(const Json& json) {
    Columns table({"Port", "State", "Link", ">Changes", ">Speed", "Untagged", "Tagged", ">Worker", "Kind", "Device"});
    for (const auto& port : json["ports"])
        table.add({plain(port["port"]), plain(port["state"]), plain(port["link"]), plain(port["link_changes"]),
                   plain(port["speed_mbps"]), plain(port["untagged_vlan"]),
                   port["tagged_vlans"].empty() ? "-" : joined(port["tagged_vlans"], ","), plain(port["worker"]),
                   plain(port["kind"]), plain(port["device"])});
    return table.text();
}

Result<Json> show_ports_statistics(const Call& call) {
    const auto asked = ports_asked(call);
    if (!asked) return asked.error();
    const auto& tables = call.sw.tables();
    const auto ids = ports_of(tables);
    Json out;
    out["ports"] = Json::array();
    for (const auto name : *asked) {
        const auto id = ids.find(name);
        if (id == ids.end()) continue;
        std::uint64_t rx_frames = 0, rx_bytes = 0, tx_frames = 0, tx_bytes = 0, dropped = 0;
        for (const auto& worker : tables.workers) {
            const auto& traffic = worker.port[id->second];
            rx_frames += traffic.rx_frames.load(std::memory_order_relaxed);
            rx_bytes += traffic.rx_bytes.load(std::memory_order_relaxed);
            tx_frames += traffic.tx_frames.load(std::memory_order_relaxed);
            tx_bytes += traffic.tx_bytes.load(std::memory_order_relaxed);
        }
        for (std::size_t reason = 0; reason < drop_count; ++reason) dropped += drops_of(tables, id->second, reason);
        Json one;
        one["port"] = name.text();
        one["state"] = link_of(tables.ports[id->second]);
        one["rx_frames"] = rx_frames;
        one["rx_bytes"] = rx_bytes;
        one["tx_frames"] = tx_frames;
        one["tx_bytes"] = tx_bytes;
        one["dropped"] = dropped;
        out["ports"].push_back(std::move(one));
    }
    return out;
}

std::string show_ports_statistics_text(const Json& json) {
    Columns table({"Port", "State", ">Rx frames", ">Rx bytes", ">Tx frames", ">Tx bytes", ">Dropped"});
    for (const auto& port : json["ports"])
        table.add({plain(port["port"]), plain(port["state"]), plain(port["rx_frames"]), plain(port["rx_bytes"]),
                   plain(port["tx_frames"]), plain(port["tx_bytes"]), plain(port["dropped"])});
    return table.text();
}

Result<Json> show_drops(const Call& call) {
    const auto asked = ports_asked(call);
    if (!asked) return asked.error();
    const auto& tables = call.sw.tables();
    const auto ids = ports_of(tables);
    Json out;
    out["ports"] = Json::array();
    std::uint64_t sums[drop_count] = {}, total = 0;
    const auto add = [&](std::string name, PortId port) {
        Json drops;
        for (std::size_t reason = 0; reason < drop_count; ++reason) {
            const auto frames = drops_of(tables, port, reason);
            drops[std::string(drop_names[reason])] = frames;
            sums[reason] += frames;
            total += frames;
        }
        out["ports"].push_back({{"port", std::move(name)}, {"drops", std::move(drops)}});
    };
    for (const auto name : *asked)
        if (const auto id = ids.find(name); id != ids.end()) add(name.text(), id->second);
    if (!call.match.get<PortList>("portlist")) add("switch", no_port);
    for (std::size_t reason = 0; reason < drop_count; ++reason)
        out["reasons"][std::string(drop_names[reason])] = sums[reason];
    out["total"] = total;
    return out;
}

std::string show_drops_text(const Json& json) {
    Columns table({"Port", "Reason", ">Frames", "Meaning"});
    for (const auto& port : json["ports"]) {
        for (std::size_t reason = 0; reason < drop_count; ++reason) {
            const auto& frames = port["drops"][std::string(drop_names[reason])];
            if (frames == 0) continue;
            table.add({plain(port["port"]), std::string(drop_names[reason]), plain(frames),
                       std::string(drop_meanings[reason])});
        }
    }
    if (json["total"] == 0) return "No frame was dropped.\n";
    return table.text() + fmt::format("\nTotal: {}\n", plain(json["total"]));
}

Result<Json> show_workers(const Call& call) {
    const auto& tables = call.sw.tables();
    Json out;
    out["workers"] = Json::array();
    const auto count = std::min<std::size_t>(tables.applier.worker_count.load(), max_workers);
    for (std::size_t id = 0; id < count; ++id) {
        const auto& worker = tables.workers[id];
        Json one;
        one["worker"] = id;
        auto ports = Json::array();
        for (const auto& [name, port] : ports_of(tables))
            if (tables.ports[port].worker.load() == id) ports.push_back(name.text());
        one["ports"] = std::move(ports);
        one["turns"] = worker.turns.load(std::memory_order_relaxed);
        one["busy_turns"] = worker.busy_turns.load(std::memory_order_relaxed);
        one["longest_gap_us"] = worker.longest_gap_ns.load(std::memory_order_relaxed) / 1000;
        one["learned"] = worker.learned.load(std::memory_order_relaxed);
        one["moved"] = worker.moved.load(std::memory_order_relaxed);
        one["refreshed"] = worker.refreshed.load(std::memory_order_relaxed);
        one["learn_full"] = worker.learn_full.load(std::memory_order_relaxed);
        one["flooded"] = worker.flooded.load(std::memory_order_relaxed);
        one["punted"] = worker.punted.load(std::memory_order_relaxed);
        out["workers"].push_back(std::move(one));
    }
    return out;
}

std::string show_workers_text(const Json& json) {
    Columns table({">Worker", "Ports", ">Turns", ">Busy", ">Longest gap us", ">Learned", ">Moved", ">Full", ">Flooded",
                   ">Punted"});
    for (const auto& one : json["workers"])
        table.add({plain(one["worker"]), one["ports"].empty() ? "-" : joined(one["ports"], ","), plain(one["turns"]),
                   plain(one["busy_turns"]), plain(one["longest_gap_us"]), plain(one["learned"]), plain(one["moved"]),
                   plain(one["learn_full"]), plain(one["flooded"]), plain(one["punted"])});
    return table.text();
}

}  // namespace baton::commands
