// SPDX-License-Identifier: Apache-2.0
#include "dataplane/numbering.h"

#include <algorithm>
#include <cstring>

namespace baton::dataplane {
namespace {

PortName name_of(const PortEntry& entry) {
    return {entry.module, entry.port};
}

bool is_present(const PortEntry& entry) {
    return entry.present.load(std::memory_order_relaxed) == 1;
}

template <std::size_t N>
void copy_text(char (&to)[N], const std::string& from) {
    const std::size_t size = std::min(from.size(), N - 1);
    std::memset(to, 0, N);
    std::memcpy(to, from.data(), size);
}

// Another port may get this number, and must not find itself in the old one's VLANs.
void leave_all_vlans(TablesArena& tables, PortId id) {
    for (VlanEntry& vlan : tables.vlans) {
        auto& member = vlan.member[id / 64];
        member.store(member.load(std::memory_order_relaxed) & ~(1ull << id % 64), std::memory_order_release);
    }
}

}  // namespace

std::vector<PortId> number_ports(TablesArena& tables, FdbMaintenance& fdb, const std::vector<PortName>& names) {
    for (PortId id = 1; id < max_ports; ++id) {
        PortEntry& entry = tables.ports[id];
        if (!is_present(entry) || std::find(names.begin(), names.end(), name_of(entry)) != names.end()) continue;
        entry.present.store(0, std::memory_order_release);
        entry.enabled.store(0, std::memory_order_relaxed);
        entry.link_up.store(0, std::memory_order_relaxed);
        entry.port_vlan.store(0, std::memory_order_relaxed);
        leave_all_vlans(tables, id);
        fdb.flush(0, id);
    }
    std::vector<PortId> ids;
    std::vector<bool> taken(max_ports, false);
    for (PortId id = 1; id < max_ports; ++id) taken[id] = is_present(tables.ports[id]);
    for (const PortName& name : names) {
        PortId id = 1;
        while (id < max_ports && !(is_present(tables.ports[id]) && name_of(tables.ports[id]) == name)) ++id;
        if (id == max_ports) id = static_cast<PortId>(std::find(taken.begin() + 1, taken.end(), false) - taken.begin());
        taken[id] = true;
        ids.push_back(id);
    }
    return ids;
}

std::vector<std::uint8_t> number_modules(TablesArena& tables, const std::vector<std::uint8_t>& modules) {
    auto& known = tables.fabric.module;
    for (auto& module : known)
        if (std::find(modules.begin(), modules.end(), module.load(std::memory_order_relaxed)) == modules.end())
            module.store(0, std::memory_order_relaxed);
    std::vector<std::uint8_t> indices;
    for (const std::uint8_t module : modules) {
        auto at = std::find(std::begin(known), std::end(known), module);
        if (at == std::end(known)) at = std::find(std::begin(known), std::end(known), 0);
        at->store(module, std::memory_order_relaxed);
        indices.push_back(static_cast<std::uint8_t>(at - std::begin(known)));
    }
    return indices;
}

void publish_port(TablesArena& tables, PortId id, const PortFacts& facts) {
    PortEntry& entry = tables.ports[id];
    if (!is_present(entry)) entry.enabled.store(1, std::memory_order_relaxed);
    entry.module = facts.name.module;
    entry.port = facts.name.port;
    entry.worker.store(facts.worker, std::memory_order_relaxed);
    entry.max_frame = facts.max_frame;
    entry.mac = facts.mac.value();
    copy_text(entry.kind, facts.kind);
    copy_text(entry.device, facts.device);
    entry.present.store(1, std::memory_order_release);
}

}  // namespace baton::dataplane
