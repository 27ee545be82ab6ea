// SPDX-License-Identifier: Apache-2.0
// Packets that are longer than the next VLAN's MTU, and may be cut (RFC 791 3.2, RFC 1812 5.2.6). All packets that
// leave go one by one from here on, also those that fit: so the pieces stay between the packets before and behind them.
#include "dataplane/ip/fragment.h"

#include "dataplane/stage/stages.h"

namespace baton::stage {

void fragment(Context& context, Batch& batch, const Packets& packets) {
    ip::Fragments cut;
    for (std::uint64_t rest = packets.leaving; rest; rest &= rest - 1) {
        const auto i = static_cast<unsigned>(__builtin_ctzll(rest));
        rte_mbuf* frame = batch.frame[i];
        batch.gone |= 1ull << i;
        if (!(packets.too_long >> i & 1)) {
            emit(context, frame, batch.vlan[i], batch.tag[i]);
            continue;
        }
        const unsigned mtu = vlan_of(context, batch.vlan[i]).mtu.load(std::memory_order_relaxed);
        const Drop why = ip::fragment(frame, packets.offset[i], mtu, context.mempool, cut);
        if (why != Drop::count_) {
            if (why == Drop::no_buffer)
                count_shared_drop(*context.counters, batch.ingress, why);
            else
                count_drop(*context.counters, batch.ingress, why);
            rte_pktmbuf_free(frame);
            continue;
        }
        add(context.counters->born, cut.count - 1);
        rte_pktmbuf_free(frame);
        for (unsigned n = 0; n < cut.count; ++n) emit(context, cut.frame[n], batch.vlan[i], batch.tag[i]);
    }
}

}  // namespace baton::stage
