// SPDX-License-Identifier: Apache-2.0
#include "dataplane/applier/routing.h"

namespace baton {
namespace {

constexpr VlanId last_vlan = 4094;
constexpr std::uint64_t mac_mask = (1ull << 48) - 1, group_bit = 1ull << 40;
constexpr std::uint16_t interface_flags =
    interface_up | interface_forwards_v4 | interface_forwards_v6 | interface_redirects | interface_unreachables;
constexpr std::uint16_t least_mtu = 68, least_mtu_v6 = 1280, most_mtu = 9198;
constexpr std::size_t least_frame = 14;

bool is_vlan(std::uint32_t vlan) {
    return vlan >= 1 && vlan <= last_vlan;
}

bool is_family(Family family) {
    return family == Family::ipv4 || family == Family::ipv6;
}

bool is_unicast(Family family, const IpBits& address) {
    return (family == Family::ipv6 || address == IpBits::v4(address.v4())) && IpAddress{family, address}.is_unicast();
}

bool is_owner(Owner owner) {
    return owner == Owner::configuration || owner == Owner::routing;
}

bool are_next_hops(Family family, std::span<const RouteHop> hops) {
    for (const RouteHop& hop : hops)
        if (!is_vlan(hop.vlan) || !is_unicast(family, {hop.high, hop.low})) return false;
    return !hops.empty() && hops.size() <= hops_most;
}

/// Of a route that does not forward: where it belongs, if anywhere.
bool is_place(RouteKind kind, std::span<const RouteHop> hops) {
    if (hops.empty()) return kind != RouteKind::connected;
    return hops.size() == 1 && hops[0].high == 0 && hops[0].low == 0 &&
           (is_vlan(hops[0].vlan) || (hops[0].vlan == 0 && kind != RouteKind::connected));
}

template <class T>
void put(std::atomic<T>& at, T value) {
    if (at.load(std::memory_order_relaxed) != value) at.store(value, std::memory_order_release);
}

}  // namespace

Outcome Routing::apply(const Command& command) {
    const std::optional<Pending> before = std::exchange(pending_, std::nullopt);
    if (!routes_) return Outcome::bad_argument;
    const Outcome outcome = act_on(command, before);
    if (command.owner == Owner::configuration) news_.configured.fetch_add(1, std::memory_order_release);
    return outcome;
}

Outcome Routing::act_on(const Command& command, const std::optional<Pending>& before) {
    switch (command.type) {
        case CommandType::interface_set: return set_interface(command.get<InterfaceSet>(), command.term);
        case CommandType::route_set: return set_route(command.get<RouteSet>(), command.owner, before);
        case CommandType::route_hops: return add_hops(command.get<baton::RouteHops>(), command.owner, before);
        case CommandType::route_delete: return delete_route(command.get<RouteDelete>(), command.owner);
        case CommandType::routes_mark:
            if (!is_owner(command.owner)) return Outcome::bad_argument;
            routes_->mark(command.owner);
            return Outcome::done;
        case CommandType::neighbor_set: return set_neighbor(command.get<NeighborSet>(), command.term);
        case CommandType::neighbor_delete: return delete_neighbor(command.get<NeighborDelete>());
        case CommandType::ipfdb_flush: return flush(command.get<IpfdbFlush>());
        case CommandType::ipfdb_aging: routes_->set_aging(command.get<IpfdbAging>().seconds); return Outcome::done;
        case CommandType::frame_send: return send(command.get<FrameSend>());
        default: return Outcome::bad_argument;
    }
}

Outcome Routing::set_interface(const InterfaceSet& body, Term term) {
    if (!is_vlan(body.vlan) || body.flags & ~interface_flags) return Outcome::bad_argument;
    if (body.flags == 0) {
        if (body.mtu != 0 || body.ipv4 != 0 || body.ipv6_high != 0 || body.ipv6_low != 0) return Outcome::bad_argument;
        remove_interface(body.vlan);
        return Outcome::done;
    }
    const IpBits v4 = IpBits::v4(body.ipv4), v6{body.ipv6_high, body.ipv6_low};
    VlanEntry& entry = tables_->vlans[body.vlan];
    if (entry.present.load(std::memory_order_relaxed) == 0 || !(body.flags & interface_up))
        return Outcome::bad_argument;
    if (body.mtu < least_mtu || body.mtu > most_mtu) return Outcome::bad_argument;
    if (v4 != IpBits{} && !is_unicast(Family::ipv4, v4)) return Outcome::bad_argument;
    if (v6 != IpBits{} && (!is_unicast(Family::ipv6, v6) || body.mtu < least_mtu_v6)) return Outcome::bad_argument;

    put(entry.mtu, body.mtu);
    put(entry.ipv4, body.ipv4);
    if (entry.ipv6_high.load(std::memory_order_relaxed) != v6.high ||
        entry.ipv6_low.load(std::memory_order_relaxed) != v6.low) {
        put(entry.ipv6_high, std::uint64_t{0});  // 0: none, while the halves do not belong together
        put(entry.ipv6_low, v6.low);
        put(entry.ipv6_high, v6.high);
    }
    put(entry.routing, body.flags);
    confirmed_[body.vlan] = term;
    return Outcome::done;
}

void Routing::remove_interface(VlanId vlan) {
    VlanEntry& entry = tables_->vlans[vlan];
    confirmed_[vlan] = 0;
    if (entry.routing.load(std::memory_order_relaxed) == 0) return;
    if (routes_) routes_->vlan_lost(vlan);  // first, so that a process that dies behind it does it again
    entry.routing.store(0, std::memory_order_release);
    put(entry.mtu, std::uint16_t{0});
    put(entry.ipv4, 0u);
    put(entry.ipv6_high, std::uint64_t{0});
    put(entry.ipv6_low, std::uint64_t{0});
}

Outcome Routing::add_hops(const baton::RouteHops& body, Owner owner, std::optional<Pending> before) {
    if (!before || before->owner != owner) before = Pending{owner, true, {}};
    before->sound = before->sound && is_owner(owner) && body.hop_count >= 1 && body.hop_count <= std::size(body.hops) &&
                    before->hops.size() + body.hop_count <= hops_most;
    if (before->sound) before->hops.insert(before->hops.end(), body.hops, body.hops + body.hop_count);
    pending_ = std::move(before);
    return pending_->sound ? Outcome::done : Outcome::bad_argument;
}

Outcome Routing::set_route(const RouteSet& body, Owner owner, const std::optional<Pending>& before) {
    if (!is_owner(owner) || body.hop_count > std::size(body.hops)) return Outcome::bad_argument;
    if (before && (!before->sound || before->owner != owner)) return Outcome::bad_argument;
    const IpPrefix prefix{body.family, body.length, {body.high, body.low}};
    if (!is_prefix(prefix) || body.protocol > RouteProtocol::host) return Outcome::bad_argument;

    RouteHop hops[hops_most];
    std::size_t count = 0;
    if (before) count = static_cast<std::size_t>(std::copy(before->hops.begin(), before->hops.end(), hops) - hops);
    if (count + body.hop_count > hops_most) return Outcome::bad_argument;
    for (unsigned i = 0; i < body.hop_count; ++i) hops[count++] = body.hops[i];
    const std::span<const RouteHop> all{hops, count};
    if (body.kind > RouteKind::reject) return Outcome::bad_argument;
    if (body.kind == RouteKind::forward ? !are_next_hops(body.family, all) : !is_place(body.kind, all))
        return Outcome::bad_argument;
    return routes_->set(owner, {prefix, body.kind, body.protocol, body.metric, all});
}

Outcome Routing::delete_route(const RouteDelete& body, Owner owner) {
    const IpPrefix prefix{body.family, body.length, {body.high, body.low}};
    if (!is_owner(owner) || !is_prefix(prefix)) return Outcome::bad_argument;
    routes_->remove(owner, prefix);
    return Outcome::done;
}

Outcome Routing::set_neighbor(const NeighborSet& body, Term term) {
    const IpBits address{body.high, body.low};
    if (!is_vlan(body.vlan) || !is_family(body.family) || !is_unicast(body.family, address))
        return Outcome::bad_argument;
    if (body.mac == 0 || body.mac & (group_bit | ~mac_mask)) return Outcome::bad_argument;
    if (!(tables_->vlans[body.vlan].routing.load(std::memory_order_relaxed) & interface_up))
        return Outcome::bad_argument;
    return routes_->set_neighbor(body.vlan, body.family, address, Mac::of(body.mac), term);
}

Outcome Routing::delete_neighbor(const NeighborDelete& body) {
    const IpBits address{body.high, body.low};
    if (!is_vlan(body.vlan) || !is_family(body.family) || !is_unicast(body.family, address))
        return Outcome::bad_argument;
    routes_->delete_neighbor(body.vlan, body.family, address);
    return Outcome::done;
}

Outcome Routing::flush(const IpfdbFlush& body) {
    const IpBits address{body.high, body.low};
    if (body.vlan > last_vlan || !is_family(body.family)) return Outcome::bad_argument;
    if (address != IpBits{} && (body.vlan == 0 || !is_unicast(body.family, address))) return Outcome::bad_argument;
    routes_->flush_hosts(body.vlan, body.family, address);
    return Outcome::done;
}

Outcome Routing::send(const FrameSend& body) {
    if (!is_vlan(body.vlan) || tables_->vlans[body.vlan].present.load(std::memory_order_relaxed) == 0)
        return Outcome::bad_argument;
    if (body.length < least_frame || body.length > sent_frame_most || !send_frame_) return Outcome::bad_argument;
    return send_frame_(body.vlan, {body.bytes, body.length}) ? Outcome::done : Outcome::table_full;
}

}  // namespace baton
