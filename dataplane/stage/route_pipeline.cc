// SPDX-License-Identifier: Apache-2.0
#include "dataplane/stage/route_pipeline.h"

#include <cstring>

#include "dataplane/agent/icmp.h"
#include "dataplane/agent/speak.h"
#include "dataplane/ip/flow.h"
#include "dataplane/stage/pipeline.h"
#include "dataplane/worker/next_hop.h"

namespace baton {
namespace {

Family family_of(const rte_mbuf* frame, unsigned offset) {
    return rte_pktmbuf_mtod(frame, const std::uint8_t*)[offset] >> 4 == 4 ? Family::ipv4 : Family::ipv6;
}

/// From the routes on: what arrives and what must wait is dealt with; what leaves is rewritten, and still in the batch.
void dispatch(Context& context, Batch& batch, Packets& packets) {
    if (packets.arrived != 0) [[unlikely]]
        stage::arrive(context, batch, packets);
    if (packets.waiting != 0) [[unlikely]]
        stage::wait(context, batch, packets);
    stage::rewrite(context, batch, packets);
    if (packets.too_long != 0) [[unlikely]] {
        stage::fragment(context, batch, packets);
        packets.leaving = 0;
    }
}

/// A packet that has waited, once more from its route on. It leaves beside what is under way.
void go_on(Context& context, const Waiting::Packet& waited) {
    const Family family = family_of(waited.frame, waited.offset);
    if (waited.own) return agent::speak_again(context, waited.frame, family, {waited.vlan, 0});
    Batch batch(context.fdb->begin_batch());
    batch.count = 1;
    batch.frame[0] = waited.frame;
    batch.ingress = waited.ingress;
    batch.vlan[0] = waited.vlan;
    batch.tag[0] = waited.tag;
    batch.own = 1;
    Packets packets;
    packets.offset[0] = waited.offset;
    (family == Family::ipv4 ? packets.v4 : packets.v6) = 1;
    const std::uint8_t* at = rte_pktmbuf_mtod(waited.frame, const std::uint8_t*) + waited.offset;
    if (family == Family::ipv4) {
        packets.destination[0] = ip::V4{at}.destination();
        context.routes.enter4(packets.destination, packets.slot, 1);
    } else {
        const ip::V6 packet{at};
        packets.link_local = ip::is_link_local(packet.source()) || ip::is_link_local(packet.destination());
    }
    stage::route(context, batch, packets);
    dispatch(context, batch, packets);
    if (packets.leaving != 0) emit(context, batch.frame[0], batch.vlan[0], batch.tag[0]);
}

/// All that wait for this next hop now, in order. One that must wait again is behind them, not among them.
void release(Context& context, unsigned h) {
    Waiting::NextHop& hop = context.waiting.hop(h);
    for (unsigned left = hop.count; left > 0; --left) go_on(context, context.waiting.take(hop));
    context.waiting.close();
}

/// Whether the oldest packet would still wait for this next hop.
bool still_waits(const Context& context, const Waiting::NextHop& hop) {
    const Waiting::Packet& packet = context.waiting.packet(hop.first);
    const std::uint8_t* at = rte_pktmbuf_mtod(packet.frame, const std::uint8_t*) + packet.offset;
    const std::size_t size = packet.frame->data_len - packet.offset;
    Leaf leaf;
    std::uint32_t flow;
    if (hop.family == Family::ipv4) {
        const std::uint32_t to = ip::V4{at}.destination();
        context.routes.lookup4(&to, &leaf, 1);
        flow = ip::flow_of(ip::V4{at}, size);
    } else {
        const IpBits to = ip::V6{at}.destination();
        context.routes.lookup6(&to, &leaf, 1);
        flow = ip::flow_of(ip::V6{at}, size);
    }
    const std::uint32_t index = context.routes.choose(leaf, flow, context.vlan_up);
    if (index != hop.index) return false;
    const HopWord word = HopWord::of(context.routes.adjacency(index).word.load(std::memory_order_acquire));
    return (word.hop == Hop::unresolved || word.hop == Hop::connected) && word.vlan == hop.vlan;
}

/// Packets of this burst that leave for a next hop for which others still wait go behind those.
void let_waiting_ones_pass(Context& context, const Batch& batch, const Packets& packets) {
    for (std::uint64_t rest = packets.leaving; rest && context.waiting.any(); rest &= rest - 1) {
        const auto i = static_cast<unsigned>(__builtin_ctzll(rest));
        const std::uint8_t* at = rte_pktmbuf_mtod(batch.frame[i], const std::uint8_t*) + packets.offset[i];
        const bool v4 = packets.v4 >> i & 1;
        const IpBits to = v4 ? IpBits::v4(ip::V4{at}.destination()) : ip::V6{at}.destination();
        const unsigned h = context.waiting.find(to, packets.index[i]);
        if (h < context.waiting.hops()) release(context, h);
    }
    send_own(context);
}

/// What is left of the batch when those that leave are in `routed`.
void part(Batch& batch, Batch& routed, std::uint64_t leaving) {
    routed.ingress = batch.ingress;
    routed.longest = batch.longest;
    routed.uniform = batch.uniform;
    for (std::uint64_t rest = leaving; rest; rest &= rest - 1) {
        const auto i = static_cast<unsigned>(__builtin_ctzll(rest));
        const unsigned n = routed.count++;
        routed.frame[n] = batch.frame[i];
        routed.dst[n] = batch.dst[i];
        routed.vlan[n] = batch.vlan[i];
        routed.tag[n] = batch.tag[i];
    }
    batch.gone |= leaving;
}

/// Whether all are of one VLAN now that each has its own next hop.
bool of_one_vlan(const Batch& batch) {
    unsigned unlike = 0;
    for (unsigned i = 0; i < batch.count; ++i)
        unlike |= (batch.vlan[i] ^ batch.vlan[0]) |
                  (static_cast<unsigned>(batch.tag[i]) ^ static_cast<unsigned>(batch.tag[0]));
    return unlike == 0;
}

void age(Context& context) {
    Waiting& waiting = context.waiting;
    for (unsigned h = 0; h < waiting.hops(); ++h) {
        Waiting::NextHop& hop = waiting.hop(h);
        while (hop.count != 0 && context.now - waiting.packet(hop.first).since >= waiting_seconds * context.ticks) {
            const Waiting::Packet packet = waiting.take(hop);
            if (!packet.own)
                agent::refuse(context, {packet.frame, packet.offset, hop.family, packet.vlan},
                              agent::Refusal::unresolved);
            drop(*context.counters, packet.frame, packet.ingress, Drop::unresolved);
        }
        if (hop.count != 0 && context.now - hop.asked >= asking_seconds * context.ticks) ask(context, hop);
    }
    waiting.close();
}

}  // namespace

void route_burst(Context& context, Batch& batch) {
    stage::terminate(context, batch);
    compact(batch);
    if (batch.own == 0) return;
    Packets packets;
    stage::check(context, batch, packets);
    stage::route(context, batch, packets);
    if (context.waiting.any()) [[unlikely]]
        let_waiting_ones_pass(context, batch, packets);
    dispatch(context, batch, packets);
    if (packets.leaving == 0) return compact(batch);

    if ((packets.leaving | batch.gone) == first_bits(batch.count)) [[likely]] {
        compact(batch);
        batch.barred = no_port;
        batch.uniform = of_one_vlan(batch);
        return;
    }
    Batch routed(batch.fdb);
    part(batch, routed, packets.leaving);
    routed.uniform = of_one_vlan(routed);
    compact(batch);
    send_on(context, routed);
}

void tend_waiting(Context& context) {
    const std::uint64_t generation = context.routes.control().generation.load(std::memory_order_acquire);
    if (generation != context.generation) {
        context.generation = generation;
        for (unsigned h = context.waiting.hops(); h-- > 0;)
            if (h < context.waiting.hops() && !still_waits(context, context.waiting.hop(h))) release(context, h);
    }
    if (context.now - context.looked >= context.ticks / 100) {
        context.looked = context.now;
        age(context);
    }
    send_own(context);
}

}  // namespace baton
