// SPDX-License-Identifier: Apache-2.0
// The rules of static routes, permanent neighbours and the ARP engine's settings. A route may be said before its
// gateway can be reached, because subnets come and go and configurations are read in one order: it is kept, and `show
// iproute` says that it waits. What can never be right is refused: a gateway that is nobody's address, or the switch's
// own.
#include "controlplane/config/apply.h"

namespace baton::config {
namespace {

Result<IpPrefix> read_destination(const std::string& text) {
    const auto read = IpInterface::parse(text);
    if (!read)
        return Error{Code::syntax,
                     quoted(text) + " is no destination; write it as 10.0.0.0/8, 2001:db8::/32 or default"};
    const IpPrefix prefix = read->subnet();
    if (prefix.bits != read->address.bits)
        return Error{Code::syntax, read->text() + " has bits beyond its prefix length; did you mean " + prefix.text() +
                                       ", or the host " + read->address.text() + "/" +
                                       std::to_string(address_bits(prefix.family)) + "?"};
    if (prefix.length > 0 && (prefix.first().is_multicast() || prefix.first().is_loopback()))
        return failure("packets to " + prefix.text() + " are never routed by such a route; name unicast addresses");
    if (prefix.family == Family::ipv6 && prefix.length >= 10 && prefix.first().is_link_local())
        return failure("link-local addresses, as " + prefix.text() + ", are never routed");
    return prefix;
}

/// "10.0.0.0/8", "default", for commands.
std::string destination(const IpPrefix& prefix) {
    return prefix.length == 0 && prefix.family == Family::ipv4 ? "default" : prefix.text();
}

Error range(const std::string& what, std::uint32_t least, std::uint32_t most, std::uint32_t given) {
    return Error{Code::syntax, what + " is " + std::to_string(least) + " to " + std::to_string(most) + ", not " +
                                   std::to_string(given)};
}

}  // namespace

Result<Gateway> Editor::gateway(const std::string& address, const std::string& vlan_name) const {
    const auto read = IpAddress::parse(address);
    if (!read)
        return Error{Code::syntax, quoted(address) + " is no gateway; write its address, as 10.0.0.254 or fe80::1%Lan"};
    Gateway out{*read, {}};
    if (!read->is_unicast())
        return failure(read->text() + " is no host's address; a gateway is a router's, in a subnet of this switch");
    const bool local = read->family == Family::ipv6 && read->is_link_local();
    if (local != !vlan_name.empty())
        return failure(local ? "a link-local gateway needs its VLAN: " + read->text() + "%<vlan>"
                             : "only a link-local gateway is named with its VLAN; leave %" + vlan_name + " out");
    if (!local) return out;
    const auto there = vlan(vlan_name);
    if (!there) return there.error();
    out.vlan = (*there)->name;
    return out;
}

/// A gateway that is named again takes the new metric.
Result<void> Editor::apply(const StaticRouteAdd& change) {
    const auto prefix = read_destination(change.prefix());
    if (!prefix) return prefix.error();
    const auto found = running_.static_routes_.find(*prefix);
    const bool known = found != running_.static_routes_.end();
    if (!known && running_.static_routes_.size() >= static_routes_most)
        return failure("there are static routes to " + std::to_string(static_routes_most) +
                       " destinations, which is all there may be; delete one first");
    StaticRoute route = known ? found->second : StaticRoute{};
    if (change.blackhole()) {
        if (!change.gateway().empty())
            return Error{Code::syntax, "a route has a gateway, or is a black hole; name one of the two"};
        if (known && !route.blackhole)
            return failure(prefix->text() + " has gateways; first: configure iproute delete " + destination(*prefix) +
                           " " + route.gateways.begin()->first.text());
        route.blackhole = true;
        running_.static_routes_.set(*prefix, std::move(route));
        return {};
    }
    const auto gate = gateway(change.gateway(), change.vlan());
    if (!gate) return gate.error();
    if (gate->address.family != prefix->family)
        return failure("packets to " + prefix->text() + " cannot be sent to " + gate->address.text() +
                       ": both must be IPv4, or both IPv6");
    if (running_.is_own(gate->address))
        return failure(gate->address.text() +
                       " is this switch's own address, so it leads nowhere; name another router's");
    if (const Subnet* subnet = running_.subnet_of(gate->address); subnet && names_whole(subnet->prefix, gate->address))
        return failure(gate->address.text() + " names the whole subnet " + subnet->prefix.text() + " of VLAN " +
                       subnet->vlan + "; a gateway is one host in it");
    if (prefix->contains(gate->address) && prefix->is_host())
        return failure("a host cannot be the gateway to itself: " + gate->address.text());
    if (change.metric() < 1 || change.metric() > metric_most)
        return range("a route's metric", 1, metric_most, change.metric());
    if (route.blackhole)
        return failure(prefix->text() + " is a black hole; first: configure iproute delete blackhole " +
                       destination(*prefix));
    if (!route.gateways.contains(*gate) && route.gateways.size() >= gateways_most)
        return failure(prefix->text() + " has " + std::to_string(gateways_most) +
                       " gateways, which is all it may have; delete one first");
    route.gateways[*gate] = change.metric();
    running_.static_routes_.set(*prefix, std::move(route));
    return {};
}

Result<void> Editor::apply(const StaticRouteDelete& change) {
    const auto prefix = read_destination(change.prefix());
    if (!prefix) return prefix.error();
    const auto found = running_.static_routes_.find(*prefix);
    if (found == running_.static_routes_.end())
        return failure("there is no static route to " + prefix->text() + "; 'show iproute origin static' lists them");
    if (change.blackhole()) {
        if (!found->second.blackhole)
            return failure(prefix->text() + " is no black hole but has gateways; 'show iproute " + prefix->text() +
                           "' lists them");
        running_.static_routes_.erase(*prefix);
        return {};
    }
    const auto gate = gateway(change.gateway(), change.vlan());
    if (!gate) return gate.error();
    StaticRoute route = found->second;
    if (route.gateways.erase(*gate) == 0)
        return failure("the static route to " + prefix->text() + " does not lead to " + gate->text() +
                       "; 'show iproute " + prefix->text() + "' lists its gateways");
    if (route.gateways.empty())
        running_.static_routes_.erase(*prefix);
    else
        running_.static_routes_.set(*prefix, std::move(route));
    return {};
}

/// An address that is named again takes the new MAC.
Result<void> Editor::apply(const StaticNeighborAdd& change) {
    const auto address = IpAddress::parse(change.address());
    if (!address)
        return Error{Code::syntax, quoted(change.address()) + " is no address; write it as 10.0.0.7 or 2001:db8::7"};
    const auto mac = Mac::parse(change.mac());
    if (!mac) return Error{Code::syntax, quoted(change.mac()) + " is no address; write it as 00:11:22:33:44:55"};
    if (mac->is_multicast() || mac->value() == 0)
        return failure(mac->text() + " is no station's address: a neighbor has a unicast one");
    const Subnet* subnet = running_.subnet_of(*address);
    if (!subnet) return failure(address->text() + " is in no subnet of this switch; 'show ipconfig' lists them");
    if (running_.is_own(*address))
        return failure(address->text() + " is this switch's own address, in VLAN " + subnet->vlan);
    if (names_whole(subnet->prefix, *address))
        return failure(address->text() + " names the whole subnet " + subnet->prefix.text() + " of VLAN " +
                       subnet->vlan + "; a neighbor is one host in it");
    if (!running_.static_neighbors_.contains(*address) &&
        running_.static_neighbors_.size() >= running_.arp_.max_entries)
        return failure("there are " + std::to_string(running_.static_neighbors_.size()) +
                       " permanent neighbors, which is all there may be; first: configure iparp max-entries <count>");
    running_.static_neighbors_.set(*address, *mac);
    return {};
}

Result<void> Editor::apply(const StaticNeighborDelete& change) {
    const auto address = IpAddress::parse(change.address());
    if (!address)
        return Error{Code::syntax, quoted(change.address()) + " is no address; write it as 10.0.0.7 or 2001:db8::7"};
    if (!running_.static_neighbors_.erase(*address))
        return failure(address->text() + " is no permanent neighbor; 'show " +
                       (address->family == Family::ipv4 ? "iparp permanent" : "neighbor-discovery cache ipv6") +
                       "' lists them");
    return {};
}

Result<void> Editor::apply(const ArpSet& change) {
    ArpSettings next = running_.arp_;
    if (change.has_timeout_minutes()) next.timeout_minutes = change.timeout_minutes();
    if (change.has_max_entries()) next.max_entries = change.max_entries();
    if (change.has_max_pending()) next.max_pending = change.max_pending();
    if (change.has_checking()) next.checking = change.checking();
    if (change.has_refresh()) next.refresh = change.refresh();
    if (next.timeout_minutes > arp_timeout_most)
        return Error{Code::syntax, "the ARP timeout is 0 (never) or 1 to " + std::to_string(arp_timeout_most) +
                                       " minutes, not " + std::to_string(next.timeout_minutes)};
    if (next.max_entries < 1 || next.max_entries > arp_entries_most)
        return range("the number of ARP entries", 1, arp_entries_most, next.max_entries);
    if (next.max_pending < 1 || next.max_pending > arp_entries_most)
        return range("the number of pending ARP entries", 1, arp_entries_most, next.max_pending);
    if (next.max_entries < running_.static_neighbors_.size())
        return failure("there are " + std::to_string(running_.static_neighbors_.size()) +
                       " permanent neighbors; delete some before there may be only " +
                       std::to_string(next.max_entries) + " entries");
    running_.arp_ = next;
    return {};
}

Result<void> Editor::apply(const IpfdbAgingTime& change) {
    if (change.seconds() != 0 && (change.seconds() < 15 || change.seconds() > 1'000'000))
        return Error{Code::syntax, "the aging time of the IP FDB is 0 (never) or 15 to 1000000 seconds, not " +
                                       std::to_string(change.seconds())};
    running_.ipfdb_aging_seconds_ = change.seconds();
    return {};
}

}  // namespace baton::config
