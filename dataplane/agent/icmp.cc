// SPDX-License-Identifier: Apache-2.0
#include "dataplane/agent/icmp.h"

#include <algorithm>
#include <cstring>

#include "dataplane/ip/icmp.h"

namespace baton::agent {
namespace {

constexpr std::uint8_t own_ttl = 64;
constexpr unsigned longest_v4 = 576, longest_v6 = 1280;  // of errors: RFC 1812 4.3.2.3, RFC 4443 2.4 (c)

struct Form {
    std::uint8_t type, code;
};

constexpr Form form_v4(Refusal why) {
    switch (why) {
        case Refusal::expired: return {ip::icmp::expired, 0};
        case Refusal::no_route: return {ip::icmp::unreachable, 0};
        case Refusal::rejected:
        case Refusal::unresolved: return {ip::icmp::unreachable, 1};
        case Refusal::no_protocol: return {ip::icmp::unreachable, 2};
        case Refusal::no_port: return {ip::icmp::unreachable, 3};
        case Refusal::too_big: return {ip::icmp::unreachable, 4};
        case Refusal::source_route: return {ip::icmp::unreachable, 5};
        case Refusal::beyond_scope: break;
    }
    return {ip::icmp::unreachable, 0};
}

constexpr Form form_v6(Refusal why) {
    switch (why) {
        case Refusal::expired: return {ip::icmp6::expired, 0};
        case Refusal::no_route: return {ip::icmp6::unreachable, 0};
        case Refusal::rejected: return {ip::icmp6::unreachable, 5};
        case Refusal::unresolved: return {ip::icmp6::unreachable, 3};
        case Refusal::no_protocol: return {ip::icmp6::parameter, 1};
        case Refusal::no_port: return {ip::icmp6::unreachable, 4};
        case Refusal::too_big: return {ip::icmp6::too_big, 0};
        case Refusal::beyond_scope: return {ip::icmp6::unreachable, 2};
        case Refusal::source_route: break;
    }
    return {ip::icmp6::unreachable, 0};
}

constexpr bool is_query(std::uint8_t type) {
    return type == ip::icmp::echo_reply || type == ip::icmp::echo || type == 9 || type == 10 ||
           (type >= 13 && type <= 18);
}

/// The packet's own bytes, without what pads the frame.
std::span<const std::uint8_t> packet_of(const Subject& about) {
    const std::uint8_t* at = rte_pktmbuf_mtod(about.frame, const std::uint8_t*) + about.offset;
    const std::size_t there = about.frame->data_len - about.offset;
    const std::size_t said =
        about.family == Family::ipv4 ? ip::V4{at}.total_length() : ip::v6_header + ip::V6{at}.payload_length();
    return {at, std::min(there, said)};
}

/// RFC 1812 4.3.2.7.
bool may_be_told(ip::V4 packet, std::size_t size) {
    if (!ip::is_unicast(packet.source())) return false;
    if (packet.fragment_word() & ip::fragment_offset) return false;
    if (packet.protocol() != ip::protocol_icmp) return true;
    return size > packet.header_size() && is_query(packet.at[packet.header_size()]);
}

/// How long an extension header is that lies between; 0: it is none.
unsigned length_of_extension(std::uint8_t kind, const std::uint8_t* at) {
    constexpr std::uint8_t hop_by_hop = 0, routing = 43, authentication = 51, destination = 60;
    if (kind == ip::protocol_fragment) return 8;
    if (kind == authentication) return (at[1] + 2u) * 4;
    return kind == hop_by_hop || kind == routing || kind == destination ? (at[1] + 1u) * 8 : 0;
}

/// RFC 4443 2.4 (e). Headers between are passed to find out whether it is an error itself; who has more of them than
/// anybody needs, or cuts them short, is told nothing.
bool may_be_told(ip::V6 packet, std::size_t size) {
    if (!ip::is_unicast(packet.source())) return false;
    std::uint8_t kind = packet.next_header();
    std::size_t at = ip::v6_header;
    for (unsigned headers = 0; headers < 8; ++headers) {
        if (kind == ip::protocol_icmp6) {
            constexpr std::uint8_t first_that_is_no_error = 128;
            return at < size && packet.at[at] >= first_that_is_no_error && packet.at[at] != ip::icmp6::redirect;
        }
        if (at + 8 > size) return headers == 0;
        const unsigned length = length_of_extension(kind, packet.at + at);
        if (length == 0) return true;
        if (kind == ip::protocol_fragment && (load_be16(packet.at + at + 2) & 0xfff8)) return false;
        kind = packet.at[at];
        at += length;
    }
    return false;
}

bool may_be_told(const Subject& about, std::size_t size) {
    const std::uint8_t* at = rte_pktmbuf_mtod(about.frame, const std::uint8_t*) + about.offset;
    return about.family == Family::ipv4 ? may_be_told(ip::V4{at}, size) : may_be_told(ip::V6{at}, size);
}

std::uint64_t router_mac(const Context& context) {
    return context.tables->applier.router_mac.load(std::memory_order_relaxed);
}

/// What the router calls itself towards this address, on this VLAN.
IpBits own_address(const Context& context, VlanId vlan, const IpBits& towards) {
    const VlanEntry& entry = vlan_of(context, vlan);
    const IpBits global{entry.ipv6_high.load(std::memory_order_relaxed),
                        entry.ipv6_low.load(std::memory_order_relaxed)};
    if (ip::is_link_local(towards) || ip::is_unspecified(global)) return ip::link_local_of(router_mac(context));
    return global;
}

void write_v4(Context& context, std::uint8_t* at, std::size_t size, std::uint32_t from, std::uint32_t to) {
    constexpr std::uint8_t internetwork_control = 0xc0;  // RFC 1812 4.3.2.5
    at[0] = 0x45;
    at[1] = internetwork_control;
    store_be16(at + 2, static_cast<std::uint16_t>(size));
    store_be16(at + 4, ++context.identification);
    at[8] = own_ttl;
    at[9] = ip::protocol_icmp;
    ip::store_be32(at + 12, from);
    ip::store_be32(at + 16, to);
    ip::seal_v4(at);
}

void write_v6(std::uint8_t* at, std::size_t payload, std::uint8_t hop_limit, const IpBits& from, const IpBits& to) {
    at[0] = 0x60;
    store_be16(at + 4, static_cast<std::uint16_t>(payload));
    at[6] = ip::protocol_icmp6;
    at[7] = hop_limit;
    ip::store_v6(at + 8, from);
    ip::store_v6(at + 24, to);
}

Origin origin_of(const Subject& about) {
    return {about.vlan, load_be48(rte_pktmbuf_mtod(about.frame, const std::uint8_t*) + 6)};
}

/// An error: type, code, a word that only some have, and as much of the packet as fits.
void tell_v4(Context& context, const Subject& about, std::span<const std::uint8_t> packet, Form form,
             std::uint32_t word) {
    const std::uint32_t from = vlan_of(context, about.vlan).ipv4.load(std::memory_order_relaxed);
    if (from == 0) return;
    constexpr unsigned headers = ip::v4_header + ip::icmp_header;
    const std::size_t quoted = std::min<std::size_t>(packet.size(), longest_v4 - headers);
    rte_mbuf* frame = new_frame(context, static_cast<unsigned>(headers + quoted));
    if (!frame) return;
    std::uint8_t* at = rte_pktmbuf_mtod(frame, std::uint8_t*) + own_offset;
    write_v4(context, at, headers + quoted, from, ip::V4{packet.data()}.source());
    std::uint8_t* message = at + ip::v4_header;
    message[0] = form.type;
    message[1] = form.code;
    ip::store_be32(message + 4, word);
    std::memcpy(message + ip::icmp_header, packet.data(), quoted);
    const std::uint16_t check = ip::checksum(ip::sum_of({message, ip::icmp_header + quoted}));
    std::memcpy(message + 2, &check, sizeof check);
    speak(context, frame, Family::ipv4, origin_of(about));
}

void tell_v6(Context& context, const Subject& about, std::span<const std::uint8_t> packet, Form form,
             std::uint32_t word) {
    constexpr unsigned headers = ip::v6_header + ip::icmp_header;
    const std::size_t quoted = std::min<std::size_t>(packet.size(), longest_v6 - headers);
    rte_mbuf* frame = new_frame(context, static_cast<unsigned>(headers + quoted));
    if (!frame) return;
    const IpBits to = ip::V6{packet.data()}.source();
    std::uint8_t* at = rte_pktmbuf_mtod(frame, std::uint8_t*) + own_offset;
    write_v6(at, ip::icmp_header + quoted, own_ttl, own_address(context, about.vlan, to), to);
    std::uint8_t* message = at + ip::v6_header;
    message[0] = form.type;
    message[1] = form.code;
    ip::store_be32(message + 4, word);
    std::memcpy(message + ip::icmp_header, packet.data(), quoted);
    ip::seal_icmp6(at);
    speak(context, frame, Family::ipv6, origin_of(about));
}

/// RFC 4861 8.2: the source is a neighbour on this link. Its own route, or that it is link-local, says so.
bool is_neighbor(const Context& context, const Subject& about, const IpBits& source) {
    if (about.family == Family::ipv6 && ip::is_link_local(source)) return true;
    Leaf leaf;
    if (about.family == Family::ipv4) {
        const std::uint32_t address = source.v4();
        context.routes.lookup4(&address, &leaf, 1);
    } else {
        context.routes.lookup6(&source, &leaf, 1);
    }
    if (leaf.kind() != LeafKind::adjacency) return false;
    const HopWord hop = HopWord::of(context.routes.adjacency(leaf.index()).word.load(std::memory_order_acquire));
    if (hop.vlan != about.vlan) return false;
    if (hop.hop == Hop::connected) return true;
    const AdjacencyRecord& record = context.routes.record(leaf.index());
    return hop.hop == Hop::neighbor && record.high.load(std::memory_order_relaxed) == source.high &&
           record.low.load(std::memory_order_relaxed) == source.low;
}

/// RFC 4861 4.5. The target is the destination itself, or a router's link-local address.
void redirect_v6(Context& context, const Subject& about, std::span<const std::uint8_t> packet, const IpBits& target,
                 std::uint64_t mac) {
    const IpBits to = ip::V6{packet.data()}.source(), destination = ip::V6{packet.data()}.destination();
    if (!(target == destination) && !ip::is_link_local(target)) return;
    constexpr unsigned fixed = 8 + 16 + 16, link_option = 8, header_option = 8;
    constexpr unsigned headers = ip::v6_header + fixed + link_option + header_option;
    const std::size_t quoted = std::min<std::size_t>(packet.size(), longest_v6 - headers) & ~std::size_t{7};
    rte_mbuf* frame = new_frame(context, static_cast<unsigned>(headers + quoted));
    if (!frame) return;
    constexpr std::uint8_t farthest = 255;  // so that the host knows that it comes from this link
    std::uint8_t* at = rte_pktmbuf_mtod(frame, std::uint8_t*) + own_offset;
    write_v6(at, headers - ip::v6_header + quoted, farthest, ip::link_local_of(router_mac(context)), to);
    std::uint8_t* message = at + ip::v6_header;
    message[0] = ip::icmp6::redirect;
    ip::store_v6(message + 8, target);
    ip::store_v6(message + 24, destination);
    std::uint8_t* option = message + fixed;
    option[0] = ip::icmp6::target_link_address;
    option[1] = 1;
    store_be48(option + 2, mac);
    option += link_option;
    option[0] = ip::icmp6::redirected;
    option[1] = static_cast<std::uint8_t>((header_option + quoted) / 8);
    std::memcpy(option + header_option, packet.data(), quoted);
    ip::seal_icmp6(at);
    speak_to(context, frame, Family::ipv6, origin_of(about));
}

}  // namespace

void refuse(Context& context, const Subject& about, Refusal why, unsigned mtu) {
    const auto packet = packet_of(about);
    const bool always = why == Refusal::expired || why == Refusal::too_big;
    const std::uint16_t flags = vlan_of(context, about.vlan).routing.load(std::memory_order_relaxed);
    if (!always && !(flags & interface_unreachables)) return;
    if (!may_be_told(about, packet.size()) || !context.budgets.errors.take(context.now)) return;
    if (about.family == Family::ipv4) return tell_v4(context, about, packet, form_v4(why), mtu);
    constexpr std::uint32_t next_header_field = 6;
    tell_v6(context, about, packet, form_v6(why), why == Refusal::no_protocol ? next_header_field : mtu);
}

void redirect(Context& context, const Subject& about, const HopWord& hop, std::uint32_t index) {
    const auto packet = packet_of(about);
    if (!may_be_told(about, packet.size()) || !context.budgets.redirects.take(context.now)) return;
    const bool v4 = about.family == Family::ipv4;
    const IpBits source = v4 ? IpBits::v4(ip::V4{packet.data()}.source()) : ip::V6{packet.data()}.source();
    if (!is_neighbor(context, about, source)) return;
    const AdjacencyRecord& record = context.routes.record(index);
    const IpBits target{record.high.load(std::memory_order_relaxed), record.low.load(std::memory_order_relaxed)};
    constexpr Form for_this_host{ip::icmp::redirect, 1};
    if (v4) return tell_v4(context, about, packet, for_this_host, target.v4());
    redirect_v6(context, about, packet, target, hop.mac);
}

bool answer_echo(Context& context, rte_mbuf* frame, TagForm tag, unsigned offset, Family family, VlanId vlan) {
    const Subject about{frame, offset, family, vlan};
    const auto packet = packet_of(about);
    const Origin from = origin_of(about);
    std::uint8_t* at = rte_pktmbuf_mtod(frame, std::uint8_t*) + offset;
    if (family == Family::ipv4) {
        const ip::V4 request{at};
        if (request.header_size() != ip::v4_header || request.is_fragment()) return false;
        std::uint8_t* message = at + ip::v4_header;
        const auto bytes = packet.subspan(ip::v4_header);
        if (bytes.size() < ip::icmp_header || message[0] != ip::icmp::echo || message[1] != 0) return false;
        if (ip::checksum(ip::sum_of(bytes)) != 0) return false;
        const std::uint32_t source = request.source(), own = request.destination();
        at[8] = own_ttl;
        store_be16(at + 4, ++context.identification);
        store_be16(at + 6, 0);
        ip::store_be32(at + 12, own);
        ip::store_be32(at + 16, source);
        ip::seal_v4(at);
        message[0] = ip::icmp::echo_reply;
        std::memset(message + 2, 0, 2);
        const std::uint16_t check = ip::checksum(ip::sum_of(bytes));
        std::memcpy(message + 2, &check, sizeof check);
    } else {
        const ip::V6 request{at};
        std::uint8_t* message = at + ip::v6_header;
        if (request.next_header() != ip::protocol_icmp6 || !ip::icmp6_is_whole(request, packet.size())) return false;
        if (message[0] != ip::icmp6::echo || message[1] != 0) return false;
        const IpBits source = request.source(), own = request.destination();
        at[7] = own_ttl;
        ip::store_v6(at + 8, own);
        ip::store_v6(at + 24, source);
        message[0] = ip::icmp6::echo_reply;
        ip::seal_icmp6(at);
    }
    frame->pkt_len = static_cast<std::uint32_t>(offset + packet.size());
    frame->data_len = static_cast<std::uint16_t>(frame->pkt_len);
    if (tag != TagForm::none) take_tag_off(frame);
    add(context.counters->taken, 1);
    speak(context, frame, family, from);
    return true;
}

}  // namespace baton::agent
