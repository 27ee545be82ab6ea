// SPDX-License-Identifier: Apache-2.0
#include "controlplane/program/commands.h"

#include "controlplane/program/access_lists.h"
#include "sync/base/mac.h"

namespace baton {
namespace {

class Script {
  public:
    template <class Body>
    void say(CommandType type, const Body& body) {
        Command& command = commands_.emplace_back();
        command.type = type;
        command.owner = Owner::configuration;
        command.set(body);
    }

    void vlan(VlanId id, const VlanImage& vlan) {
        say(CommandType::vlan_set, VlanSet{id, vlan.flags, 0, vlan.member, vlan.untagged});
    }

    void vlan_gone(VlanId id) { say(CommandType::vlan_delete, VlanDelete{id}); }

    void port(PortId id, const PortImage& port) {
        say(CommandType::port_set, PortConfig{id, port.port_vlan, static_cast<std::uint16_t>(port.enabled)});
    }

    void static_entry(CommandType type, const std::pair<VlanId, std::uint64_t>& key, const StaticImage& entry) {
        say(type,
            FdbStatic{key.second, key.first, entry.port, entry.blackhole ? static_blackhole : std::uint16_t{0}, 0});
    }

    void interface(VlanId id, const InterfaceImage& made) {
        say(CommandType::interface_set,
            InterfaceSet{id, made.flags, made.mtu, 0, made.ipv4, 0, made.ipv6.high, made.ipv6.low});
    }

    /// More than two next hops go ahead of their route.
    void route(const IpPrefix& prefix, const RouteImage& route) {
        constexpr std::size_t here = std::size(RouteSet{}.hops), ahead = std::size(RouteHops{}.hops);
        std::size_t at = 0;
        while (route.hops.size() - at > here) {
            RouteHops some{};
            for (; some.hop_count < ahead && route.hops.size() - at > here; ++at)
                some.hops[some.hop_count++] = hop(route.hops[at]);
            say(CommandType::route_hops, some);
        }
        RouteSet set{};
        set.high = prefix.bits.high;
        set.low = prefix.bits.low;
        set.family = prefix.family;
        set.length = prefix.length;
        set.kind = route.kind;
        set.protocol = route.protocol;
        set.metric = route.metric;
        for (; at < route.hops.size(); ++at) set.hops[set.hop_count++] = hop(route.hops[at]);
        say(CommandType::route_set, set);
    }

    void route_gone(const IpPrefix& prefix) {
        say(CommandType::route_delete,
            RouteDelete{prefix.bits.high, prefix.bits.low, prefix.family, prefix.length, {}});
    }

    std::vector<Command> take() { return std::move(commands_); }

  private:
    static RouteHop hop(const HopImage& hop) { return {hop.address.high, hop.address.low, hop.vlan, 1, 0}; }

    std::vector<Command> commands_;
};

bool same(const VlanImage& a, const VlanImage& b) {
    return a.flags == b.flags && a.member == b.member && a.untagged == b.untagged;
}

bool same_vlan(const VlanImage& a, const VlanImage& b) {
    return a.name.empty() || b.name.empty() || a.name == b.name;
}

VlanImage grown(const VlanImage& from, const VlanImage& to) {
    VlanImage out = to;
    out.flags |= from.flags;  // old members may need the tag until they are gone
    for (int i = 0; i < 4; ++i) {
        out.member.words[i] |= from.member.words[i];
        out.untagged.words[i] |= from.untagged.words[i] & ~to.member.words[i];
    }
    return out;
}

template <class Map>
const typename Map::mapped_type* find(const Map& map, const typename Map::key_type& key) {
    const auto found = map.find(key);
    return found == map.end() ? nullptr : &found->second;
}

}  // namespace

std::vector<Command> difference(const Image& from, const Image& to) {
    Script script;
    for (const AclRule& rule : rules_that_come(from, to)) script.say(CommandType::acl_set, rule);
    for (const AclRule& rule : rules_that_go(from, to)) script.say(CommandType::acl_delete, rule);
    std::map<VlanId, InterfaceImage> interfaces = from.interfaces;
    for (const auto& [id, made] : from.interfaces)
        if (!to.interfaces.contains(id)) script.interface(id, {});
    for (const auto& [key, entry] : from.statics)
        if (!to.statics.contains(key)) script.static_entry(CommandType::fdb_static_delete, key, entry);
    for (const auto& [id, port] : to.ports) {
        const PortImage* old = find(from.ports, id);
        if (!port.enabled && (!old || *old != port)) script.port(id, port);
    }
    std::map<VlanId, VlanImage> now = from.vlans;
    for (const auto& [id, vlan] : to.vlans) {
        const VlanImage* old = find(from.vlans, id);
        if (!old || same_vlan(*old, vlan)) continue;
        script.vlan_gone(id);
        now.erase(id);
        interfaces.erase(id);  // what it was to layer 3 went with it
    }
    for (const auto& [id, vlan] : to.vlans) {
        const VlanImage* old = find(now, id);
        const VlanImage both = old ? grown(*old, vlan) : vlan;
        if (!old || !same(*old, both)) script.vlan(id, both);
        now[id] = both;
    }
    for (const auto& [id, port] : to.ports) {
        const PortImage* old = find(from.ports, id);
        if (port.enabled && old && old->enabled && *old != port) script.port(id, port);
    }
    for (const auto& [id, vlan] : to.vlans)
        if (!same(now[id], vlan)) script.vlan(id, vlan);
    for (const auto& [prefix, route] : to.routes) {
        const RouteImage* old = find(from.routes, prefix);
        if (!old || !(*old == route)) script.route(prefix, route);
    }
    for (const auto& [prefix, route] : from.routes)
        if (!to.routes.contains(prefix)) script.route_gone(prefix);
    for (const auto& [id, vlan] : from.vlans)
        if (!to.vlans.contains(id)) script.vlan_gone(id);
    for (const auto& [id, port] : to.ports) {
        const PortImage* old = find(from.ports, id);
        if (port.enabled && (!old || !old->enabled)) script.port(id, port);
    }
    for (const auto& [key, entry] : to.statics) {
        const StaticImage* old = find(from.statics, key);
        if (!old || !(*old == entry)) script.static_entry(CommandType::fdb_static_set, key, entry);
    }
    for (const auto& [id, made] : to.interfaces) {
        const InterfaceImage* old = find(interfaces, id);
        if (!old || !(*old == made)) script.interface(id, made);
    }
    if (from.aging_seconds != to.aging_seconds) script.say(CommandType::fdb_aging, FdbAging{to.aging_seconds});
    if (from.ipfdb_aging_seconds != to.ipfdb_aging_seconds)
        script.say(CommandType::ipfdb_aging, IpfdbAging{to.ipfdb_aging_seconds});
    return script.take();
}

std::vector<Command> everything(const Image& image) {
    Script script;
    for (const AclRule& rule : image.rules) script.say(CommandType::acl_set, rule);
    for (const auto& [id, vlan] : image.vlans) script.vlan(id, vlan);
    for (const auto& [id, port] : image.ports) script.port(id, port);
    for (const auto& [key, entry] : image.statics) script.static_entry(CommandType::fdb_static_set, key, entry);
    script.say(CommandType::routes_mark, std::uint64_t{0});
    for (const auto& [prefix, route] : image.routes) script.route(prefix, route);
    for (const auto& [id, vlan] : image.vlans) {  // of every VLAN, because the last master may have left one
        const InterfaceImage* made = find(image.interfaces, id);
        script.interface(id, made ? *made : InterfaceImage{});
    }
    script.say(CommandType::fdb_aging, FdbAging{image.aging_seconds});
    script.say(CommandType::ipfdb_aging, IpfdbAging{image.ipfdb_aging_seconds});
    script.say(CommandType::end_of_table, EndOfTable{});
    return script.take();
}

Command end_of_table(Owner owner, bool timed_out) {
    Command command;
    command.type = CommandType::end_of_table;
    command.owner = owner;
    command.set(EndOfTable{timed_out ? 1u : 0u});
    return command;
}

Command fabric_usable(std::uint32_t planes) {
    Command command;
    command.type = CommandType::fabric_set;
    command.owner = Owner::configuration;
    command.set(FabricSet{planes});
    return command;
}

bool is_layer3(const Command& command) {
    switch (command.type) {
        case CommandType::interface_set:
        case CommandType::route_set:
        case CommandType::route_hops:
        case CommandType::route_delete:
        case CommandType::routes_mark:
        case CommandType::neighbor_set:
        case CommandType::neighbor_delete:
        case CommandType::ipfdb_flush:
        case CommandType::ipfdb_aging: return true;
        default: return false;
    }
}

std::string describe(const Command& command) {
    const auto vlan = [](VlanId id) { return "VLAN " + std::to_string(id); };
    switch (command.type) {
        case CommandType::vlan_set: return vlan(command.get<VlanSet>().vlan);
        case CommandType::vlan_delete: return "the deletion of " + vlan(command.get<VlanDelete>().vlan);
        case CommandType::port_set:
            return "the setting of port number " + std::to_string(command.get<PortConfig>().port);
        case CommandType::fdb_static_set:
        case CommandType::fdb_static_delete: {
            const auto entry = command.get<FdbStatic>();
            const bool away = command.type == CommandType::fdb_static_delete;
            return std::string(away ? "the deletion of " : "") + "the static entry for " + Mac::of(entry.mac).text() +
                   " in " + vlan(entry.vlan);
        }
        case CommandType::fdb_flush: return "the flush of dynamic entries";
        case CommandType::fdb_aging: return "the aging time";
        case CommandType::end_of_table: {
            const auto owner = static_cast<std::size_t>(command.owner);
            return "the end of the table of " + std::string(owner < owner_count ? owner_names[owner] : "?");
        }
        case CommandType::hardware_reset: return "the reset of its hardware";
        case CommandType::fabric_set: return "the setting of the fabric";
        case CommandType::interface_set: return "the interface of " + vlan(command.get<InterfaceSet>().vlan);
        case CommandType::route_set: {
            const auto set = command.get<RouteSet>();
            return "the route to " + IpPrefix{set.family, set.length, {set.high, set.low}}.text();
        }
        case CommandType::route_delete: {
            const auto away = command.get<RouteDelete>();
            return "the deletion of the route to " + IpPrefix{away.family, away.length, {away.high, away.low}}.text();
        }
        case CommandType::route_hops: return "the next hops of a route";
        case CommandType::routes_mark: return "the mark of all routes";
        case CommandType::neighbor_set: {
            const auto set = command.get<NeighborSet>();
            return "the neighbor " + IpAddress{set.family, {set.high, set.low}}.text() + " in " + vlan(set.vlan);
        }
        case CommandType::neighbor_delete: {
            const auto away = command.get<NeighborDelete>();
            return "the deletion of the neighbor " + IpAddress{away.family, {away.high, away.low}}.text() + " in " +
                   vlan(away.vlan);
        }
        case CommandType::ipfdb_flush: return "the flush of the IP FDB";
        case CommandType::ipfdb_aging: return "the aging time of the IP FDB";
        case CommandType::acl_set:
        case CommandType::acl_delete:
            return (command.type == CommandType::acl_delete ? "the deletion of access list " : "access list ") +
                   std::string(command.get<AclRule>().name_view());
        case CommandType::frame_send: return "a frame to " + vlan(command.get<FrameSend>().vlan);
        case CommandType::none: break;
    }
    return "an unknown command";
}

}  // namespace baton
