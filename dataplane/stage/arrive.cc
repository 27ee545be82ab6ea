// SPDX-License-Identifier: Apache-2.0
// Packets for the router itself (RFC 1122 3.2.2): echo requests are answered here, so that a ping works with no board
// alive; all else, and what only a host can answer (fragments, options), goes to the kernel behind the VLAN's TAP.
// Where there is none the sender is told so.
#include "dataplane/agent/icmp.h"
#include "dataplane/ip/header.h"
#include "dataplane/stage/stages.h"
#include "dataplane/worker/host_path.h"

namespace baton::stage {
namespace {

/// Whose TAP: of the VLAN where it came in, else of the one whose address it is for; 0: there is none.
VlanId host_of(const Context& context, VlanId came, VlanId owner) {
    if (!context.host) return 0;
    if (vlan_of(context, came).interface_index.load(std::memory_order_relaxed) != 0) return came;
    return vlan_of(context, owner).interface_index.load(std::memory_order_relaxed) != 0 ? owner : 0;
}

agent::Refusal refusal_of(const Batch& batch, const Packets& packets, unsigned i) {
    const std::uint8_t* at = rte_pktmbuf_mtod(batch.frame[i], const std::uint8_t*) + packets.offset[i];
    const std::uint8_t protocol = packets.v4 >> i & 1 ? ip::V4{at}.protocol() : ip::V6{at}.next_header();
    return protocol == ip::protocol_udp || protocol == ip::protocol_tcp ? agent::Refusal::no_port
                                                                        : agent::Refusal::no_protocol;
}

bool is_icmp(const Batch& batch, const Packets& packets, unsigned i) {
    const std::uint8_t* at = rte_pktmbuf_mtod(batch.frame[i], const std::uint8_t*) + packets.offset[i];
    return packets.v4 >> i & 1 ? ip::V4{at}.protocol() == ip::protocol_icmp
                               : ip::V6{at}.next_header() == ip::protocol_icmp6;
}

}  // namespace

void arrive(Context& context, Batch& batch, const Packets& packets) {
    for (std::uint64_t rest = packets.arrived; rest; rest &= rest - 1) {
        const auto i = static_cast<unsigned>(__builtin_ctzll(rest));
        rte_mbuf* frame = batch.frame[i];
        const Family family = packets.v4 >> i & 1 ? Family::ipv4 : Family::ipv6;
        const VlanId vlan = batch.vlan[i];
        const bool icmp = is_icmp(batch, packets, i);
        if (icmp && agent::answer_echo(context, frame, batch.tag[i], packets.offset[i], family, vlan)) {
            batch.gone |= 1ull << i;
            continue;
        }
        const VlanId host = host_of(context, vlan, packets.hop(i).vlan);
        if (host == 0) {
            if (!icmp) agent::refuse(context, {frame, packets.offset[i], family, vlan}, refusal_of(batch, packets, i));
            drop_from(context, batch, i, Drop::host_absent);
        } else if (!context.host->deliver(context.worker, frame, host)) {
            drop_from(context, batch, i, Drop::host_full);
        } else {
            take_from(context, batch, i);
        }
    }
}

}  // namespace baton::stage
