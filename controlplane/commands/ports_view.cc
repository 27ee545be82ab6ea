// SPDX-License-Identifier: Apache-2.0
#include "controlplane/commands/ports_view.h"

namespace baton::commands {

std::map<PortName, PortId> ports_of(const TablesArena& tables) {
    std::map<PortName, PortId> out;
    for (std::size_t id = 1; id < max_ports; ++id) {
        const auto& port = tables.ports[id];
        if (port.present.load(std::memory_order_acquire)) out[{port.module, port.port}] = static_cast<PortId>(id);
    }
    return out;
}

Result<std::vector<PortName>> ports_asked(const Call& call) {
    const auto existing = call.sw.port_names();
    if (const auto* list = call.match.get<PortList>("portlist")) return resolve(*list, existing);
    return std::vector<PortName>(existing.begin(), existing.end());
}

bool is_active(const PortEntry& port) {
    return port.enabled.load() && port.link_up.load();
}

std::string port_text(const TablesArena& tables, PortId id) {
    if (id == no_port || id >= max_ports || !tables.ports[id].present.load(std::memory_order_acquire)) return "?";
    return PortName{tables.ports[id].module, tables.ports[id].port}.text();
}

std::map<VlanId, std::string> vlan_names(const config::Running& running) {
    std::map<VlanId, std::string> out;
    for (const auto& [key, vlan] : running.vlans()) out[vlan.id] = vlan.name;
    return out;
}

}  // namespace baton::commands
