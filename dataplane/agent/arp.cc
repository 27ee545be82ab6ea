// SPDX-License-Identifier: Apache-2.0
#include "dataplane/agent/arp.h"

#include "dataplane/agent/own_address.h"
#include "dataplane/agent/speak.h"

namespace baton::agent {
namespace {

constexpr unsigned arp_size = 28;
constexpr std::uint16_t request = 1, reply = 2;
constexpr std::uint64_t ethernet_ipv4 = 0x0001'0800'06'04;  // types and sizes of the two addresses

struct Arp {
    std::uint16_t operation;
    std::uint64_t sender_mac;
    std::uint32_t sender, target;

    /// Of a message that is whole.
    static Arp read(const std::uint8_t* at) {
        return {load_be16(at + 6), load_be48(at + 8), ip::load_be32(at + 14), ip::load_be32(at + 24)};
    }
};

/// Of Ethernet and IPv4, a request or a reply, from one host's address (or none yet: a probe).
bool is_sound(const rte_mbuf* frame, unsigned offset) {
    if (frame->data_len < offset + arp_size) return false;
    const std::uint8_t* at = rte_pktmbuf_mtod(frame, const std::uint8_t*) + offset;
    if (load_be48(at) != ethernet_ipv4) return false;
    const Arp arp = Arp::read(at);
    if (arp.operation != request && arp.operation != reply) return false;
    if (arp.sender_mac == 0 || arp.sender_mac >> 40 & 1) return false;
    return ip::is_unicast(arp.sender) || (arp.sender == 0 && arp.operation == request);
}

void answer(Context& context, const Arp& asked, VlanId vlan) {
    rte_mbuf* frame = new_frame(context, arp_size);
    if (!frame) return;
    const std::uint64_t router = context.tables->applier.router_mac.load(std::memory_order_relaxed);
    auto* data = rte_pktmbuf_mtod(frame, std::uint8_t*);
    store_be48(data, asked.sender_mac);
    store_be48(data + 6, router);
    store_be16(data + 12, ip::type_arp);
    std::uint8_t* at = data + own_offset;
    store_be48(at, ethernet_ipv4);
    store_be16(at + 6, reply);
    store_be48(at + 8, router);
    ip::store_be32(at + 14, asked.target);
    store_be48(at + 18, asked.sender_mac);
    ip::store_be32(at + 24, asked.sender);
    speak_on_link(context, frame, vlan);
}

}  // namespace

Heard hear_arp(Context& context, const Batch& batch, unsigned i) {
    const bool to_us = batch.own >> i & 1;
    const VlanId vlan = batch.vlan[i];
    const unsigned offset = ip::offset_behind(batch.tag[i]);
    if (!is_sound(batch.frame[i], offset)) return to_us ? Heard::malformed : Heard::bridge;
    const Arp arp = Arp::read(rte_pktmbuf_mtod(batch.frame[i], const std::uint8_t*) + offset);
    const bool ours = is_own(context, vlan, arp.target);
    const bool claimed = arp.sender != 0 && is_own(context, vlan, arp.sender);
    Budgets& budgets = context.budgets;
    const auto tell = [&](Bucket& budget) { return tell_master(context, batch, i, budget, PuntReason::arp); };
    if (arp.operation == request && ours && !claimed) {
        if (arp.sender != 0) tell(budgets.asked);
        answer(context, arp, vlan);
        return Heard::answered;
    }
    const bool told = tell(to_us || claimed ? budgets.asked : budgets.overheard);
    if (!to_us) return Heard::bridge;
    return told ? Heard::told : Heard::untold;
}

}  // namespace baton::agent
