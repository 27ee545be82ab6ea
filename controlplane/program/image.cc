// SPDX-License-Identifier: Apache-2.0
#include "controlplane/program/image.h"

#include "controlplane/program/access_lists.h"

#include "controlplane/program/layer3.h"

namespace baton {

PortMap PortMap::of(const TablesArena& tables) {
    PortMap map;
    for (PortId id = 1; id < max_ports; ++id) {
        const PortEntry& entry = tables.ports[id];
        if (entry.present.load(std::memory_order_acquire) == 0) continue;
        const PortName name{entry.module, entry.port};
        map.ids_.emplace(name, id);
        map.names_.insert(name);
        if (entry.enabled.load(std::memory_order_relaxed) != 0 && entry.link_up.load(std::memory_order_acquire) != 0)
            map.active_.add(id);
    }
    map.router_mac_ = Mac::of(tables.applier.router_mac.load(std::memory_order_relaxed));
    return map;
}

namespace {

void add_ports(Image& image, const config::Running& running, const PortMap& ports) {
    for (const auto& [name, id] : ports.ids()) image.ports[id].enabled = !running.disabled().contains(name);
    for (const auto& [key, vlan] : running.vlans())
        for (const PortName name : vlan.untagged)
            if (const PortId id = ports.id(name); id != no_port) image.ports[id].port_vlan = vlan.id;
}

void add_vlan(Image& image, const config::Vlan& vlan, const PortMap& ports) {
    VlanImage& made = image.vlans[vlan.id];
    made.name = vlan.name;
    made.flags = vlan.has_tag ? vlan_has_tag : 0;
    for (const PortName name : vlan.tagged)
        if (const PortId id = ports.id(name); id != no_port) made.member.add(id);
    for (const PortName name : vlan.untagged)
        if (const PortId id = ports.id(name); id != no_port) {
            made.member.add(id);
            made.untagged.add(id);
        }
    add_interface(image, vlan);
}

void add_static(Image& image, const config::Vlan& vlan, Mac mac, const config::StaticEntry& entry,
                const PortMap& ports) {
    const PortId id = entry.port ? ports.id(*entry.port) : no_port;
    if (entry.port && id == no_port) return;
    image.statics[{vlan.id, mac.value()}] = {id, !entry.port};
}

}  // namespace

Image small_image_of(const config::Running& running, const PortMap& ports) {
    Image image;
    add_ports(image, running, ports);
    for (const auto& [key, vlan] : running.vlans()) add_vlan(image, vlan, ports);
    image.aging_seconds = running.aging_seconds();
    image.ipfdb_aging_seconds = running.ipfdb_aging_seconds();
    return image;
}

Image image_of(const config::Running& running, const PortMap& ports) {
    Image image = small_image_of(running, ports);
    for (const auto& [key, entry] : running.statics())
        if (const config::Vlan* vlan = running.vlan(key.vlan)) add_static(image, *vlan, key.mac, entry, ports);
    add_routes(image, running, ports);
    add_access_lists(image, running, ports);
    return image;
}

std::pair<Image, Image> images_of_change(const config::Running& before, const config::Running& after,
                                         const PortMap& ports) {
    Image from, to;
    add_ports(from, before, ports);
    add_ports(to, after, ports);
    from.aging_seconds = before.aging_seconds();
    to.aging_seconds = after.aging_seconds();
    from.ipfdb_aging_seconds = before.ipfdb_aging_seconds();
    to.ipfdb_aging_seconds = after.ipfdb_aging_seconds();
    bool subnets_moved = false;
    const auto whole_vlan = [&](Image& image, const config::Running& running, const config::Vlan& vlan) {
        for (auto at = running.statics().lower_bound({vlan.name, Mac{}});
             at != running.statics().end() && at->first.vlan == vlan.name; ++at)
            add_static(image, vlan, at->first.mac, at->second, ports);
    };
    add_changed_access_lists(from, to, before, after, ports);
    differences(before.vlans(), after.vlans(),
                [&](const std::string&, const config::Vlan* old, const config::Vlan* now) {
                    if (old) add_vlan(from, *old, ports);
                    if (now) add_vlan(to, *now, ports);
                    subnets_moved = subnets_moved || !same_subnets(old, now, ports);
                    if (!old || !now || old->id == now->id) return;
                    whole_vlan(from, before, *old);  // under another number, each is another entry
                    whole_vlan(to, after, *now);
                });
    differences(before.statics(), after.statics(),
                [&](const config::StaticKey& key, const config::StaticEntry* old, const config::StaticEntry* now) {
                    if (old) add_static(from, *before.vlan(key.vlan), key.mac, *old, ports);
                    if (now) add_static(to, *after.vlan(key.vlan), key.mac, *now, ports);
                });
    if (subnets_moved) {
        add_routes(from, before, ports);
        add_routes(to, after, ports);
        return {std::move(from), std::move(to)};
    }
    differences(before.static_routes(), after.static_routes(),
                [&](const IpPrefix& prefix, const config::StaticRoute* old, const config::StaticRoute* now) {
                    if (old) add_static_route(from, before, prefix, *old, ports);
                    if (now) add_static_route(to, after, prefix, *now, ports);
                });
    return {std::move(from), std::move(to)};
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
        read_interface(image, id, entry);
    }
    image.aging_seconds = tables.applier.aging_seconds.load(std::memory_order_relaxed);
    return image;
}

}  // namespace baton
