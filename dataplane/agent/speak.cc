// SPDX-License-Identifier: Apache-2.0
#include "dataplane/agent/speak.h"

#include <cstring>

#include "dataplane/ip/flow.h"
#include "dataplane/ip/fragment.h"
#include "dataplane/worker/next_hop.h"

namespace baton::agent {
namespace {

/// The adjacency that a packet of our own takes; max_adjacencies: none.
std::uint32_t find_way(const Context& context, const rte_mbuf* frame, Family family) {
    const std::uint8_t* packet = rte_pktmbuf_mtod(frame, const std::uint8_t*) + own_offset;
    const std::size_t size = frame->data_len - own_offset;
    Leaf leaf;
    if (family == Family::ipv4) {
        const std::uint32_t to = ip::V4{packet}.destination();
        context.routes.lookup4(&to, &leaf, 1);
        return context.routes.choose(leaf, ip::flow_of(ip::V4{packet}, size), context.vlan_up);
    }
    const IpBits to = ip::V6{packet}.destination();
    context.routes.lookup6(&to, &leaf, 1);
    return context.routes.choose(leaf, ip::flow_of(ip::V6{packet}, size), context.vlan_up);
}

bool to_the_link(const std::uint8_t* packet, Family family) {
    return family == Family::ipv6 && ip::is_link_local(ip::V6{packet}.destination());
}

void write_type(rte_mbuf* frame, Family family) {
    store_be16(rte_pktmbuf_mtod(frame, std::uint8_t*) + addresses_size,
               family == Family::ipv4 ? ip::type_v4 : ip::type_v6);
}

void send_to(Context& context, rte_mbuf* frame, Family family, VlanId vlan, std::uint64_t mac) {
    auto* data = rte_pktmbuf_mtod(frame, std::uint8_t*);
    store_be48(data, mac);
    store_be48(data + 6, context.tables->applier.router_mac.load(std::memory_order_relaxed));
    const unsigned mtu = vlan_of(context, vlan).mtu.load(std::memory_order_relaxed);
    const std::uint8_t* packet = data + own_offset;
    const unsigned length =
        family == Family::ipv4 ? ip::V4{packet}.total_length() : ip::v6_header + ip::V6{packet}.payload_length();
    if (length <= mtu) {
        pad_to_least(frame);
        return emit(context, frame, vlan);
    }
    if (family == Family::ipv6) return drop(*context.counters, frame, no_port, Drop::too_big);
    ip::Fragments cut;
    const Drop why = ip::fragment(frame, own_offset, mtu, context.mempool, cut);
    if (why != Drop::count_) return drop(*context.counters, frame, no_port, why);
    add(context.counters->born, cut.count - 1);
    rte_pktmbuf_free(frame);
    for (unsigned n = 0; n < cut.count; ++n) emit(context, cut.frame[n], vlan);
}

}  // namespace

rte_mbuf* new_frame(Context& context, unsigned size) {
    rte_mbuf* frame = rte_pktmbuf_alloc(context.mempool);
    if (frame) {
        char* data = rte_pktmbuf_append(frame, static_cast<std::uint16_t>(own_offset + size));
        if (data) {
            std::memset(data, 0, own_offset + size);
            return frame;
        }
        rte_pktmbuf_free(frame);
    }
    add(context.counters->born, 1);
    count_shared_drop(*context.counters, no_port, Drop::no_buffer);
    return nullptr;
}

void speak_on_link(Context& context, rte_mbuf* frame, VlanId vlan) {
    add(context.counters->born, 1);
    pad_to_least(frame);
    emit(context, frame, vlan);
}

void speak_to(Context& context, rte_mbuf* frame, Family family, const Origin& to) {
    add(context.counters->born, 1);
    write_type(frame, family);
    send_to(context, frame, family, to.vlan, to.mac);
}

void speak(Context& context, rte_mbuf* frame, Family family, const Origin& to) {
    add(context.counters->born, 1);
    write_type(frame, family);
    speak_again(context, frame, family, to);
}

void speak_again(Context& context, rte_mbuf* frame, Family family, const Origin& to) {
    const auto* data = rte_pktmbuf_mtod(frame, const std::uint8_t*);
    if (to_the_link(data + own_offset, family)) {
        if (to.mac == 0) return drop(*context.counters, frame, no_port, Drop::no_route);
        return send_to(context, frame, family, to.vlan, to.mac);
    }
    const std::uint32_t index = find_way(context, frame, family);
    if (index >= max_adjacencies) return drop(*context.counters, frame, no_port, Drop::no_route);
    const HopWord hop = HopWord::of(context.routes.adjacency(index).word.load(std::memory_order_acquire));
    stamp(context, index, context.routes.second());
    switch (hop.hop) {
        case Hop::neighbor: return send_to(context, frame, family, hop.vlan, hop.mac);
        case Hop::connected:
            if (hop.vlan == to.vlan && to.mac != 0) return send_to(context, frame, family, to.vlan, to.mac);
            [[fallthrough]];
        case Hop::unresolved: {
            Waiting::Packet packet;
            packet.frame = frame;
            packet.vlan = to.vlan;
            packet.offset = own_offset;
            packet.own = true;
            if (!let_wait(context, packet, family, hop, index))
                drop(*context.counters, frame, no_port, Drop::unresolved_full);
            return;
        }
        case Hop::blackhole: return drop(*context.counters, frame, no_port, Drop::route_blackhole);
        case Hop::reject: return drop(*context.counters, frame, no_port, Drop::route_reject);
        case Hop::broadcast: return drop(*context.counters, frame, no_port, Drop::directed_broadcast);
        case Hop::none:
        case Hop::local: return drop(*context.counters, frame, no_port, Drop::no_route);
    }
}

}  // namespace baton::agent
