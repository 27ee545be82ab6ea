// SPDX-License-Identifier: Apache-2.0
#include "controlplane/route/fpm_reader.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

namespace baton::zebra {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::uint16_t attribute_mask = 0x3fff;  // without NLA_F_NESTED and NLA_F_NET_BYTEORDER

/// Netlink's numbers are the host's own; the caller has seen that they are there.
template <class T>
T copy(Bytes from) {
    T out;
    std::memcpy(&out, from.data(), sizeof out);
    return out;
}

Bytes behind(Bytes bytes, std::size_t size) {
    return bytes.subspan(std::min(bytes.size(), (size + 3) / 4 * 4));
}

struct Attribute {
    std::uint16_t type = 0;
    Bytes value;
};

/// Takes the first attribute off `rest`; false when it does not fit.
bool take(Bytes& rest, Attribute& into) {
    if (rest.size() < sizeof(rtattr)) return false;
    const auto header = copy<rtattr>(rest);
    if (header.rta_len < sizeof(rtattr) || header.rta_len > rest.size()) return false;
    into = {static_cast<std::uint16_t>(header.rta_type & attribute_mask),
            rest.subspan(sizeof(rtattr), header.rta_len - sizeof(rtattr))};
    rest = behind(rest, header.rta_len);
    return true;
}

bool address(Bytes value, Family family, IpBits& into) {
    if (value.size() != address_bits(family) / 8) return false;
    std::uint64_t words[2] = {};
    for (std::size_t i = 0; i < value.size(); ++i) words[i / 8] |= std::uint64_t{value[i]} << (56 - i % 8 * 8);
    into = {words[0], words[1]};
    return true;
}

bool number(Bytes value, std::uint32_t& into) {
    if (value.size() != sizeof into) return false;
    into = copy<std::uint32_t>(value);
    return true;
}

bool set_behind(IpBits bits, unsigned length) {
    if (length >= 128) return false;
    if (length >= 64) return (bits.low << (length - 64)) != 0;
    return bits.low != 0 || (bits.high << length) != 0;
}

bool multicast(IpBits bits, Family family) {
    return family == Family::ipv4 ? bits.high >> 60 == 0xe : bits.high >> 56 == 0xff;
}

/// No router forwards by these: what is sent there stays on its link, or in its host. A default route begins with
/// zeros, so the shortest lengths are no part of it.
bool of_no_router(IpBits bits, Family family, unsigned length) {
    if (multicast(bits, family)) return length >= (family == Family::ipv4 ? 4u : 8u);
    if (family == Family::ipv4) return length >= 8 && bits.high >> 56 == 127;
    return (length >= 10 && bits.high >> 54 == 0x3fa) || (length == 128 && bits.high == 0 && bits.low <= 1);
}

RouteProtocol protocol_of(std::uint8_t protocol) {
    switch (protocol) {
        case 186: return RouteProtocol::bgp;
        case 187: return RouteProtocol::isis;
        case 188: return RouteProtocol::ospf;
        case 189:
        case 190: return RouteProtocol::rip;
        case 196: return RouteProtocol::fixed;
        default: return RouteProtocol::other;
    }
}

struct Hops {
    std::array<NextHop, hops_most> list{};
    std::uint8_t count = 0;
    std::uint32_t cut = 0;

    /// A next hop without interface, or to no one host, is none.
    void add(NextHop hop, Family family) {
        if (hop.interface == 0 || multicast(hop.address, family)) return;
        if (count == hops_most) return static_cast<void>(++cut);
        if (std::find(list.begin(), list.begin() + count, hop) == list.begin() + count) list[count++] = hop;
    }
};

Fault read_multipath(Bytes rest, Family family, Hops& hops) {
    while (!rest.empty()) {
        if (rest.size() < sizeof(rtnexthop)) return Fault::attribute_cut;
        const auto header = copy<rtnexthop>(rest);
        if (header.rtnh_len < sizeof header || header.rtnh_len > rest.size()) return Fault::attribute_cut;
        NextHop hop;
        hop.interface = static_cast<std::uint32_t>(header.rtnh_ifindex);
        hop.weight = static_cast<std::uint16_t>(header.rtnh_hops + 1);
        bool usable = true;
        Attribute attribute;
        for (Bytes inner = rest.subspan(sizeof header, header.rtnh_len - sizeof header); !inner.empty();) {
            if (!take(inner, attribute)) return Fault::attribute_cut;
            if (attribute.type == RTA_GATEWAY && !address(attribute.value, family, hop.address))
                return Fault::address_size;
            if (attribute.type == RTA_VIA) usable = false;
        }
        if (usable) hops.add(hop, family);
        rest = behind(rest, header.rtnh_len);
    }
    return Fault::none;
}

struct Route {
    rtmsg header{};
    Change change;
    Hops hops;
    std::uint32_t table = 0;
};

Fault read_route(Bytes body, Route& route) {
    if (body.size() < sizeof(rtmsg)) return Fault::message_cut;
    route.header = copy<rtmsg>(body);
    route.table = route.header.rtm_table;
    Change& change = route.change;
    if (route.header.rtm_family != AF_INET && route.header.rtm_family != AF_INET6) return Fault::family;
    change.family = route.header.rtm_family == AF_INET ? Family::ipv4 : Family::ipv6;
    change.length = route.header.rtm_dst_len;
    if (change.length > address_bits(change.family)) return Fault::prefix_length;
    NextHop single;
    bool usable = true, prefixed = false;
    Attribute attribute;
    for (Bytes rest = behind(body, sizeof(rtmsg)); !rest.empty();) {
        if (!take(rest, attribute)) return Fault::attribute_cut;
        const Bytes value = attribute.value;
        Fault fault = Fault::none;
        switch (attribute.type) {
            case RTA_DST:
                if (!address(value, change.family, change.prefix)) fault = Fault::address_size;
                prefixed = true;
                break;
            case RTA_GATEWAY:
                if (!address(value, change.family, single.address)) fault = Fault::address_size;
                break;
            case RTA_OIF:
                if (!number(value, single.interface)) fault = Fault::attribute_cut;
                break;
            case RTA_PRIORITY:
                if (!number(value, change.metric)) fault = Fault::attribute_cut;
                break;
            case RTA_TABLE:
                if (!number(value, route.table)) fault = Fault::attribute_cut;
                break;
            case RTA_MULTIPATH: fault = read_multipath(value, change.family, route.hops); break;
            case RTA_VIA: usable = false; break;
            default: break;
        }
        if (fault != Fault::none) return fault;
    }
    if (!prefixed && change.length != 0) return Fault::address_size;
    if (set_behind(change.prefix, change.length)) return Fault::prefix_bits;
    if (usable) route.hops.add(single, change.family);
    return Fault::none;
}

/// Whether the route is any of Baton's business, and what becomes of it.
bool judge(Route& route, bool remove, Frame& into) {
    Change& change = route.change;
    if (route.table != RT_TABLE_MAIN) return false;
    change.sentinel = change.family == Family::ipv6 && change.length == 128 && change.prefix == sentinel_prefix;
    if (change.sentinel) return !remove;
    if (of_no_router(change.prefix, change.family, change.length)) return false;
    change.protocol = protocol_of(route.header.rtm_protocol);
    change.remove = remove || route.header.rtm_protocol == RTPROT_KERNEL;
    if (change.remove) return true;
    switch (route.header.rtm_type) {
        case RTN_UNICAST: break;
        case RTN_BLACKHOLE: change.kind = RouteKind::blackhole; return true;
        case RTN_UNREACHABLE:
        case RTN_PROHIBIT: change.kind = RouteKind::reject; return true;
        default: return false;
    }
    into.hops_cut += route.hops.cut;
    change.hops = route.hops.list;
    change.hop_count = route.hops.count;
    if (change.hop_count == 0) {
        ++into.without_hops;
        change.remove = true;
    }
    return true;
}

/// What a frame says of a prefix last is all that counts.
void enter(const Change& change, Frame& into) {
    for (Change& before : into.changes)
        if (before.prefix == change.prefix && before.length == change.length && before.family == change.family)
            return static_cast<void>(before = change);
    into.changes.push_back(change);
}

Fault read_messages(Bytes rest, Frame& into) {
    while (!rest.empty()) {
        if (rest.size() < sizeof(nlmsghdr)) return Fault::message_cut;
        const auto header = copy<nlmsghdr>(rest);
        if (header.nlmsg_len < sizeof header || header.nlmsg_len > rest.size()) return Fault::message_cut;
        const bool remove = header.nlmsg_type == RTM_DELROUTE;
        Route route;
        if (remove || header.nlmsg_type == RTM_NEWROUTE) {
            const Fault fault = read_route(rest.subspan(sizeof header, header.nlmsg_len - sizeof header), route);
            if (fault != Fault::none) return fault;
            if (header.nlmsg_pid != 0) into.pid = header.nlmsg_pid;
            if (judge(route, remove, into))
                enter(route.change, into);
            else
                ++into.passed_over;
        } else {
            ++into.passed_over;
        }
        rest = behind(rest, header.nlmsg_len);
    }
    return Fault::none;
}

}  // namespace

Fault read_frame(std::span<const std::uint8_t> payload, Frame& into) {
    into.changes.clear();
    into.pid = into.passed_over = into.without_hops = into.hops_cut = 0;
    const Fault fault = read_messages(payload, into);
    if (fault != Fault::none) into.changes.clear();
    return fault;
}

}  // namespace baton::zebra
