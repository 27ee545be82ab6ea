// SPDX-License-Identifier: Apache-2.0
#include "controlplane/route/commands.h"

#include <algorithm>

namespace baton::zebra {
namespace {

template <class Body>
Command command(CommandType type, const Body& body) {
    Command out;
    out.type = type;
    out.owner = Owner::routing;
    out.set(body);
    return out;
}

Command removal(const Change& change) {
    RouteDelete body{};
    body.high = change.prefix.high;
    body.low = change.prefix.low;
    body.family = change.family;
    body.length = change.length;
    return command(CommandType::route_delete, body);
}

RouteSet set_of(const Change& change) {
    RouteSet body{};
    body.high = change.prefix.high;
    body.low = change.prefix.low;
    body.family = change.family;
    body.length = change.length;
    body.kind = change.kind;
    body.protocol = change.protocol;
    body.metric = change.metric;
    return body;
}

}  // namespace

Told append_commands(const Change& change, Interfaces& interfaces, std::vector<Command>& commands) {
    if (change.remove) {
        commands.push_back(removal(change));
        return Told::removed;
    }
    RouteSet set = set_of(change);
    if (change.kind != RouteKind::forward) {
        commands.push_back(command(CommandType::route_set, set));
        return Told::set;
    }
    RouteHop hops[hops_most];
    std::size_t count = 0;
    bool on_link = false;
    for (const NextHop& hop : change.next_hops()) {
        const VlanId vlan = interfaces.vlan(hop.interface);
        if (vlan == 0) continue;
        on_link = on_link || hop.address == IpBits{};
        hops[count++] = {hop.address.high, hop.address.low, vlan, hop.weight, 0};
    }
    if (count == 0) {
        commands.push_back(removal(change));
        return Told::elsewhere;
    }
    if (on_link) {  // the destinations themselves are neighbours: on one VLAN, as the tables have it
        const auto* first =
            std::find_if(hops, hops + count, [](const RouteHop& hop) { return hop.high == 0 && hop.low == 0; });
        hops[0] = *first;
        count = 1;
        set.kind = RouteKind::connected;
    }
    // The last ones go with the route itself.
    const std::size_t with_it = std::min(count, std::size(set.hops));
    for (std::size_t at = 0; at < count - with_it;) {
        RouteHops more{};
        const std::size_t here = std::min(std::size(more.hops), count - with_it - at);
        std::copy_n(hops + at, here, more.hops);
        more.hop_count = static_cast<std::uint8_t>(here);
        commands.push_back(command(CommandType::route_hops, more));
        at += here;
    }
    std::copy_n(hops + count - with_it, with_it, set.hops);
    set.hop_count = static_cast<std::uint8_t>(with_it);
    commands.push_back(command(CommandType::route_set, set));
    return Told::set;
}

Command mark_command() {
    Command out;
    out.type = CommandType::routes_mark;
    out.owner = Owner::routing;
    return out;
}

}  // namespace baton::zebra
