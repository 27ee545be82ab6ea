// SPDX-License-Identifier: Apache-2.0
#include "controlplane/program/image.h"

namespace baton {

PortMap PortMap::of(const TablesArena& tables) {
    PortMap map;
    for (PortId id = 1; id < max_ports; ++id) {
        const PortEntry& entry = tables.ports[id];
        if (entry.present.load(std::memory_order_acquire) == 0) continue;
        const PortName name{entry.module, entry.port};
        map.ids_.emplace(name, id);
        map.names_.insert(name);
    }
    return map;
}

Image image_of(const config::Running& running, const PortMap& ports, bool statics) {
    Image image;
    for (const auto& [name, id] : ports.ids()) image.ports[id].enabled = !running.disabled().contains(name);
    for (const auto& [key, vlan] : running.vlans()) {
        VlanImage& made = image.vlans[vlan.id];
        made.name = vlan.name;
        made.flags = vlan.has_tag ? vlan_has_tag : 0;
        for (const PortName name : vlan.tagged)
            if (const PortId id = ports.id(name); id != no_port) made.member.add(id);
        for (const PortName name : vlan.untagged)
            if (const PortId id = ports.id(name); id != no_port) {
                made.member.add(id);
                made.untagged.add(id);
                image.ports[id].port_vlan = vlan.id;
            }
    }
    image.aging_seconds = running.aging_seconds();
    if (!statics) return image;
    for (const auto& [key, entry] : running.statics()) {
        const config::Vlan* vlan = running.vlan(key.vlan);
        const PortId id = entry.port ? ports.id(*entry.port) : no_port;
        if (!vlan || (entry.port && id == no_port)) continue;
        image.statics[{vlan->id, key.mac.value()}] = {id, !entry.port};
    }
    return image;
}

Image image_of(const TablesArena& tables) {
    Image image;
    for (PortId id = 1; id < max_ports; ++id) {
        const PortEntry& entry = tables.ports[id];
        if (entry.present.load(std::memory_order_acquire) == 0) continue;
        image.ports[id] = {entry.port_vlan.load(std::memory_order_relaxed),
                           entry.enabled.load(std::memory_order_relaxed) != 0};
    }
    for (VlanId id = 1; id < max_vlans; ++id) {
        const VlanEntry& entry = tables.vlans[id];
        if (entry.present.load(std::memory_order_acquire) == 0) continue;
        VlanImage& made = image.vlans[id];
        made.flags = entry.flags.load(std::memory_order_relaxed);
        for (int i = 0; i < 4; ++i) {
            made.member.words[i] = entry.member[i].load(std::memory_order_acquire);
            made.untagged.words[i] = entry.untagged[i].load(std::memory_order_relaxed) & made.member.words[i];
        }
    }
    image.aging_seconds = tables.applier.aging_seconds.load(std::memory_order_relaxed);
    return image;
}

}  // namespace baton
