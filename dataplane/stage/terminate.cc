// SPDX-License-Identifier: Apache-2.0
// The router as a host of its VLANs: ARP and neighbour discovery, which its agents hear first, and copies of what is
// for all routers or all hosts (routing protocols, DHCP) for its own side. In a VLAN without interface nothing is done:
// the frames are bridged, also those to the router's MAC.
//
// What leaves this stage in batch.own is IPv4 or IPv6 to the router's MAC, to be routed.
#include "dataplane/agent/arp.h"
#include "dataplane/agent/neighbor_discovery.h"
#include "dataplane/ip/header.h"
#include "dataplane/stage/stages.h"
#include "dataplane/worker/host_path.h"

namespace baton::stage {
namespace {

bool is_routed(const Context& context, VlanId vlan) {
    return vlan_of(context, vlan).routing.load(std::memory_order_acquire) & interface_up;
}

bool has_host(const Context& context, VlanId vlan) {
    return context.host && vlan_of(context, vlan).interface_index.load(std::memory_order_relaxed) != 0;
}

bool carries_icmp6(const rte_mbuf* frame, unsigned offset) {
    return ip::V6{rte_pktmbuf_mtod(frame, const std::uint8_t*) + offset}.next_header() == ip::protocol_icmp6;
}

/// Beside what else becomes of it: what finds no room is no lost frame.
void copy_to_host(Context& context, const Batch& batch, unsigned i) {
    if (has_host(context, batch.vlan[i])) context.host->deliver(context.worker, batch.frame[i], batch.vlan[i]);
}

bool is_broadcast_of(const Context& context, std::uint32_t address) {
    if (address == 0xffffffff) return true;
    Leaf leaf;
    context.routes.lookup4(&address, &leaf, 1);
    if (leaf.kind() != LeafKind::adjacency) return false;
    const std::uint64_t word = context.routes.adjacency(leaf.index()).word.load(std::memory_order_acquire);
    return HopWord::of(word).hop == Hop::broadcast;
}

/// 224.0.0.0/24 and ff02::/16 stay on their link (RFC 5771 4, RFC 4291 2.7), as routing protocols do; and broadcasts.
bool concerns_routers(const Context& context, const rte_mbuf* frame, unsigned offset, std::uint16_t type) {
    const std::uint8_t* at = rte_pktmbuf_mtod(frame, const std::uint8_t*) + offset;
    if (type == ip::type_v6) {
        if (frame->data_len < offset + ip::v6_header) return false;
        return ip::V6{at}.destination().high >> 48 == 0xff02;
    }
    if (type != ip::type_v4 || frame->data_len < offset + ip::v4_header) return false;
    const std::uint32_t to = ip::V4{at}.destination();
    if (to >> 28 == 0xe) return to >> 8 == 0xe00000;
    return is_broadcast_of(context, to);
}

/// ARP or discovery: what the agent has decided. True when the frame ends here.
bool end_if_heard(Context& context, Batch& batch, unsigned i, agent::Heard heard) {
    switch (heard) {
        case agent::Heard::bridge:
        case agent::Heard::host: return false;
        case agent::Heard::answered: take_from(context, batch, i); return true;
        case agent::Heard::malformed: drop_from(context, batch, i, Drop::neighbor_malformed); return true;
        case agent::Heard::told:
            copy_to_host(context, batch, i);
            add(context.counters->punted, 1);
            rte_pktmbuf_free(batch.frame[i]);
            batch.gone |= 1ull << i;
            return true;
        case agent::Heard::untold:
            copy_to_host(context, batch, i);
            drop_from(context, batch, i, Drop::punt_full);
            return true;
    }
    return false;
}

void group_frame(Context& context, Batch& batch, unsigned i, std::uint16_t type, unsigned offset) {
    if (type == ip::type_arp) {
        end_if_heard(context, batch, i, agent::hear_arp(context, batch, i));
        return;
    }
    if (type == ip::type_v6 && end_if_heard(context, batch, i, agent::hear_discovery(context, batch, i))) return;
    if (!has_host(context, batch.vlan[i]) || !concerns_routers(context, batch.frame[i], offset, type)) return;
    if (context.budgets.copies.take(context.now)) copy_to_host(context, batch, i);
}

/// To the router's own MAC, or to a group, and not plainly IPv4 in a VLAN with an interface.
void look_at(Context& context, Batch& batch, unsigned i) {
    const std::uint64_t bit = 1ull << i;
    if (!is_routed(context, batch.vlan[i])) {
        batch.own &= ~bit;
        return;
    }
    const std::uint16_t type = ip::type_of(rte_pktmbuf_mtod(batch.frame[i], const std::uint8_t*), batch.tag[i]);
    const unsigned offset = ip::offset_behind(batch.tag[i]);
    if (batch.group & bit) return group_frame(context, batch, i, type, offset);
    if (type == ip::type_v4) return;
    if (type == ip::type_v6) {
        if (batch.frame[i]->data_len >= offset + ip::v6_header && carries_icmp6(batch.frame[i], offset))
            end_if_heard(context, batch, i, agent::hear_discovery(context, batch, i));
    } else if (type == ip::type_arp) {
        end_if_heard(context, batch, i, agent::hear_arp(context, batch, i));
    } else {
        drop_from(context, batch, i, Drop::not_ip);
    }
}

/// Which of batch.own are IPv4 and nothing else needs to be known of them; of a burst of one VLAN only, as most are.
std::uint64_t plain_packets(const Context& context, const Batch& batch) {
    if (!batch.uniform || !is_routed(context, batch.vlan[0])) return 0;
    std::uint64_t plain = 0;
    for (std::uint64_t rest = batch.own; rest; rest &= rest - 1) {
        const auto i = static_cast<unsigned>(__builtin_ctzll(rest));
        const auto* data = rte_pktmbuf_mtod(batch.frame[i], const std::uint8_t*);
        plain |= static_cast<std::uint64_t>(ip::type_of(data, batch.tag[0]) == ip::type_v4) << i;
    }
    return plain;
}

}  // namespace

void terminate(Context& context, Batch& batch) {
    for (std::uint64_t rest = (batch.own | batch.group) & ~plain_packets(context, batch); rest; rest &= rest - 1)
        look_at(context, batch, static_cast<unsigned>(__builtin_ctzll(rest)));
    batch.own &= ~batch.gone;
    batch.group &= ~batch.gone;
}

}  // namespace baton::stage
