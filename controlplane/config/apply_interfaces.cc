// SPDX-License-Identifier: Apache-2.0
// The rules of a VLAN's addresses. Several are allowed, in several subnets; subnets of a switch never overlap, neither
// those of two VLANs nor two different ones of the same, so that an address is in one subnet at the most and nobody has
// to guess. A subnet that goes takes the permanent neighbours in it along, as a port takes its static FDB entries.
// Static routes stay, and wait for their gateways' subnet to come back.
//
//   refused                                   because
//   0/8, 127/8, 224/3, ::, ::1, ff00::/8      no host has such an address (RFC 1122 3.2.1.3, RFC 4291 2)
//   host part all zeros or all ones           the subnet's own name and its broadcast; /31 (RFC 3021) and /32 have none
//   an IPv6 host part of all zeros            the routers' anycast address (RFC 4291 2.6.1)
//   fe80::/10                                 the switch makes that one itself, from its MAC
#include <algorithm>

#include "controlplane/config/apply.h"

namespace baton::config {
namespace {

constexpr IpPrefix unusable[] = {{Family::ipv4, 8, IpBits::v4(0)},
                                 {Family::ipv4, 8, IpBits::v4(127u << 24)},
                                 {Family::ipv4, 3, IpBits::v4(7u << 29)},
                                 {Family::ipv6, 8, {0xffull << 56, 0}},
                                 {Family::ipv6, 96, {}},
                                 {Family::ipv6, 96, {0, 0xffffull << 32}}};

Result<void> check_host_part(const IpInterface& wanted) {
    const IpPrefix subnet = wanted.subnet();
    if (!names_whole(subnet, wanted.address)) return {};
    if (wanted.address == subnet.first())
        return failure(wanted.address.text() + " is the name of the subnet " + subnet.text() +
                       " itself; a host's address in it has other bits than zeros behind the first " +
                       std::to_string(subnet.length));
    return failure(wanted.address.text() + " is the broadcast address of " + subnet.text() +
                   "; choose a host's address");
}

Result<IpInterface> read_interface(const std::string& text) {
    const auto wanted = IpInterface::parse(text);
    if (!wanted)
        return Error{Code::syntax, quoted(text) +
                                       " is no address with a prefix length; write it as 10.0.0.1/24, "
                                       "10.0.0.1 255.255.255.0 or 2001:db8::1/64"};
    const IpAddress& address = wanted->address;
    if (!address.is_unicast())
        return failure(address.text() +
                       " is no host's address; an interface needs a unicast address, as 10.0.0.1 or 2001:db8::1");
    if (address.family == Family::ipv6 && address.is_link_local())
        return failure(address.text() +
                       " is a link-local address, which the switch makes itself from its MAC; give it a global one");
    if (wanted->length == 0)
        return Error{Code::syntax,
                     "a subnet's prefix has 1 to " + std::to_string(address_bits(address.family)) + " bits, not 0"};
    const IpPrefix subnet = wanted->subnet();
    for (const IpPrefix& range : unusable)
        if (range.overlaps(subnet))
            return failure("the subnet " + subnet.text() + " reaches into " + range.text() +
                           ", which no host may have an address of; choose a longer prefix");
    if (auto good = check_host_part(*wanted); !good) return good.error();
    return *wanted;
}

}  // namespace

const Subnet* Running::subnet_of(const IpAddress& address) const {
    const auto at = subnets_.lower_bound(address);
    return at != subnets_.end() && at->second.prefix.contains(address) ? &at->second : nullptr;
}

bool Running::is_own(const IpAddress& address) const {
    const Subnet* subnet = subnet_of(address);
    const Vlan* owner = subnet ? vlan(subnet->vlan) : nullptr;
    return owner && owner->ip.has(address);
}

/// A gateway stays another router's: neither this address nor one that names the whole subnet.
Result<void> Editor::no_gateway_is_lost(const IpInterface& wanted) const {
    for (const auto& [prefix, route] : running_.static_routes_)
        for (const auto& [gateway, metric] : route.gateways)
            if (gateway.address == wanted.address || names_whole(wanted.subnet(), gateway.address))
                return failure(gateway.address.text() + ", which that would make " +
                               (gateway.address == wanted.address ? "this switch's own" : "the subnet's own name") +
                               ", is the gateway of a static route; first: configure iproute delete " + prefix.text() +
                               " " + gateway.text());
    return {};
}

Result<void> Editor::apply(const VlanAddressAdd& change) {
    const auto there = vlan(change.name());
    if (!there) return there.error();
    Vlan self = **there;
    const auto wanted = read_interface(change.address());
    if (!wanted) return wanted.error();
    const IpAddress& address = wanted->address;
    const IpPrefix subnet = wanted->subnet();
    if (self.ip.has(address))
        return failure("VLAN " + self.name + " has the address " + address.text() +
                       " already; to change its mask, first: unconfigure vlan " + self.name + " ipaddress " +
                       address.text());
    if (self.ip.addresses.size() >= addresses_most)
        return failure("VLAN " + self.name + " has " + std::to_string(addresses_most) +
                       " addresses, which is all it may have");
    const auto near = running_.subnets_.lower_bound(subnet.first());
    if (near != running_.subnets_.end() && near->second.prefix.overlaps(subnet) &&
        !(near->second.vlan == self.name && near->second.prefix == subnet))
        return failure("the subnet " + subnet.text() + " overlaps " + near->second.prefix.text() + " of VLAN " +
                       near->second.vlan + "; subnets of one switch must not overlap");
    if (running_.static_neighbors_.contains(address))
        return failure(address.text() + " is a permanent neighbor; first: configure " +
                       (address.family == Family::ipv4 ? "iparp" : "neighbor-discovery cache") + " delete " +
                       address.text());
    if (auto good = no_gateway_is_lost(*wanted); !good) return good;
    if (address.family == Family::ipv6 && self.ip.mtu < mtu_least_v6)
        return failure("IPv6 needs an MTU of " + std::to_string(mtu_least_v6) + " bytes, and VLAN " + self.name +
                       " has " + std::to_string(self.ip.mtu) + "; first: configure ip-mtu " +
                       std::to_string(mtu_factory) + " vlan " + self.name);
    running_.subnets_.set(subnet.last(), {subnet, self.name});
    self.ip.addresses.push_back(*wanted);
    put(std::move(self));
    return {};
}

Result<void> Editor::apply(const VlanAddressDelete& change) {
    const auto there = vlan(change.name());
    if (!there) return there.error();
    Vlan self = **there;
    const auto address = IpAddress::parse(change.address());
    if (!address)
        return Error{Code::syntax, quoted(change.address()) + " is no address; write it as 10.0.0.1 or 2001:db8::1"};
    const auto found = std::find_if(self.ip.addresses.begin(), self.ip.addresses.end(),
                                    [&](const IpInterface& one) { return one.address == *address; });
    if (found == self.ip.addresses.end())
        return failure("VLAN " + self.name + " has no address " + address->text() + "; 'show ipconfig vlan " +
                       self.name + "' lists those it has");
    const IpPrefix subnet = found->subnet();
    self.ip.addresses.erase(found);
    subnet_gone(self, subnet);
    put(std::move(self));
    return {};
}

/// Unless another address of that VLAN is in it, too.
void Editor::subnet_gone(const Vlan& vlan, const IpPrefix& prefix) {
    for (const IpInterface& one : vlan.ip.addresses)
        if (one.subnet() == prefix) return;
    running_.subnets_.erase(prefix.last());
    const StaticNeighbors before = running_.static_neighbors_;
    for (auto at = before.lower_bound(prefix.first()); at != before.end() && prefix.contains(at->first); ++at)
        running_.static_neighbors_.erase(at->first);
}

/// What layer 3 has of a VLAN that is about to go: its subnets, and gateways that could be found there only.
void Editor::forget_layer3(const Vlan& vlan) {
    Vlan bare = vlan;
    bare.ip.addresses.clear();
    for (const IpInterface& one : vlan.ip.addresses) subnet_gone(bare, one.subnet());
    const StaticRoutes before = running_.static_routes_;
    for (const auto& [prefix, route] : before) {
        StaticRoute kept = route;
        std::erase_if(kept.gateways, [&](const auto& one) { return one.first.vlan == vlan.name; });
        if (kept.gateways.size() == route.gateways.size()) continue;
        if (kept.gateways.empty())
            running_.static_routes_.erase(prefix);
        else
            running_.static_routes_.set(prefix, std::move(kept));
    }
}

/// Takes effect once the VLAN has an address of that family.
Result<void> Editor::apply(const VlanForwarding& change) {
    const auto there = vlan(change.name());
    if (!there) return there.error();
    Vlan self = **there;
    (change.ipv6() ? self.ip.forwards_v6 : self.ip.forwards_v4) = change.enabled();
    put(std::move(self));
    return {};
}

Result<void> Editor::apply(const VlanMtu& change) {
    const auto there = vlan(change.name());
    if (!there) return there.error();
    Vlan self = **there;
    const bool v6 = self.ip.primary(Family::ipv6) != nullptr;
    const std::uint32_t least = v6 ? mtu_least_v6 : mtu_least;
    if (change.bytes() < least || change.bytes() > mtu_most)
        return Error{Code::syntax, "the MTU of IP in VLAN " + self.name + " is " + std::to_string(least) + " to " +
                                       std::to_string(mtu_most) + " bytes" + (v6 ? " (it has an IPv6 address)" : "") +
                                       ", not " + std::to_string(change.bytes())};
    self.ip.mtu = change.bytes();
    put(std::move(self));
    return {};
}

Result<void> Editor::apply(const VlanIcmp& change) {
    const auto there = vlan(change.name());
    if (!there) return there.error();
    Vlan self = **there;
    if (change.has_redirects()) self.ip.redirects = change.redirects();
    if (change.has_unreachables()) self.ip.unreachables = change.unreachables();
    put(std::move(self));
    return {};
}

}  // namespace baton::config
