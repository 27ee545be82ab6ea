// SPDX-License-Identifier: Apache-2.0
// Sends known unicast: is the port another one, in the VLAN, up, and large enough? Then the tag as that port wants it.
// The FDB is only a hint: membership and link are judged here, at the last moment, so that an entry that outlived a
// change for an instant leaks nothing.
#include "dataplane/stage/stages.h"
#include "dataplane/worker/retag.h"

namespace baton::stage {

void transmit(Context& context, Batch& batch, unsigned first, unsigned last) {
    WorkerCounters& counters = *context.counters;
    for (unsigned i = first; i < last;) {
        const VlanId vlan = batch.vlan[i];
        const VlanEntry& entry = context.tables->vlans[vlan];
        std::uint64_t frames = 0, bytes = 0;
        for (; i < last && batch.vlan[i] == vlan; ++i) {
            rte_mbuf* frame = batch.frame[i];
            const PortId port = batch.egress[i];
            if (port == batch.ingress) [[unlikely]] {
                drop(counters, frame, port, Drop::same_port);
                continue;
            }
            const unsigned word = port / 64, bit = port % 64;
            if (!(entry.member[word].load(std::memory_order_acquire) >> bit & 1)) [[unlikely]] {
                drop(counters, frame, port, Drop::egress_not_member);
                continue;
            }
            if (!(context.usable.words[word] >> bit & 1)) [[unlikely]] {
                drop(counters, frame, port, Drop::egress_down);
                continue;
            }
            const bool tagged = !(entry.untagged[word].load(std::memory_order_relaxed) >> bit & 1);
            if (length_as(frame, batch.tag[i], tagged) > context.outlets.max_frame(port)) [[unlikely]] {
                drop(counters, frame, port, Drop::egress_oversize);
                continue;
            }
            retag(frame, batch.tag[i], tagged, vlan);
            ++frames;
            bytes += frame->pkt_len;
            context.outlets.push(port, frame);
        }
        add(counters.vlan[vlan].tx_frames, frames);
        add(counters.vlan[vlan].tx_bytes, bytes);
    }
}

}  // namespace baton::stage
