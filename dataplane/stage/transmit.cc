// SPDX-License-Identifier: Apache-2.0
// Sends known unicast: is the port another one, in the VLAN, up, and large enough? Then the tag as that port wants it.
// The FDB is only a hint: membership and link are judged here, at the last moment, so that an entry that outlived a
// change for an instant leaks nothing.
#include "dataplane/stage/stages.h"
#include "dataplane/worker/retag.h"

namespace baton::stage {

namespace {

/// Frame i alone, every reason looked at; the bytes that it leaves with, or 0 when it was dropped.
std::uint32_t send_one(Context& context, Batch& batch, unsigned i) {
    WorkerCounters& counters = *context.counters;
    rte_mbuf* frame = batch.frame[i];
    const VlanId vlan = batch.vlan[i];
    const PortId port = batch.egress[i];
    const VlanEntry& entry = context.tables->vlans[vlan];
    const unsigned word = port / 64, bit = port % 64;
    const auto end = [&](Drop why) {
        drop(counters, frame, port, why);
        return 0u;
    };
    if (port == batch.barred) return end(Drop::same_port);
    if (!(entry.member[word].load(std::memory_order_acquire) >> bit & 1)) return end(Drop::egress_not_member);
    if (!(context.usable.words[word] >> bit & 1)) return end(Drop::egress_down);
    const bool tagged = !(entry.untagged[word].load(std::memory_order_relaxed) >> bit & 1);
    if (length_as(frame, batch.tag[i], tagged) > context.outlets.max_frame(port)) return end(Drop::egress_oversize);
    retag(frame, batch.tag[i], tagged, vlan);
    const std::uint32_t length = frame->pkt_len;
    context.outlets.push(port, frame);
    return length;
}

/// Ports to which a frame of this VLAN may go just as it came.
PortSet256 ways_as_it_is(const Context& context, VlanId vlan, TagForm came, PortId barred) {
    const VlanEntry& entry = context.tables->vlans[vlan];
    PortSet256 ways;
    if (came == TagForm::priority) return ways;  // always loses its tag or gets an identifier
    for (unsigned word = 0; word < 4; ++word) {
        const std::uint64_t members = entry.member[word].load(std::memory_order_acquire) & context.usable.words[word];
        const std::uint64_t untagged = entry.untagged[word].load(std::memory_order_relaxed);
        ways.words[word] = members & (came == TagForm::none ? untagged : ~untagged);
    }
    ways.remove(barred);
    return ways;
}

}  // namespace

void transmit(Context& context, Batch& batch, unsigned first, unsigned last) {
    for (unsigned i = first; i < last;) {
        const VlanId vlan = batch.vlan[i];
        const TagForm came = batch.tag[i];
        const PortSet256 ways = ways_as_it_is(context, vlan, came, batch.barred);
        const bool short_enough = batch.longest <= context.outlets.least_max_frame();
        std::uint64_t frames = 0, bytes = 0;
        while (i < last && batch.vlan[i] == vlan && batch.tag[i] == came) {
            const PortId port = batch.egress[i];
            if (!ways.has(port) || !short_enough) [[unlikely]] {
                const std::uint32_t length = send_one(context, batch, i++);
                frames += length != 0;
                bytes += length;
                continue;
            }
            // As long as frames go to the same port, without looking again.
            unsigned end = i + 1;
            while (end < last && batch.egress[end] == port &&
                   (batch.uniform || (batch.vlan[end] == vlan && batch.tag[end] == came)))
                ++end;
            bytes += context.outlets.push(port, batch.frame + i, end - i);
            frames += end - i;
            i = end;
        }
        add(context.counters->vlan[vlan].tx_frames, frames);
        add(context.counters->vlan[vlan].tx_bytes, bytes);
    }
}

}  // namespace baton::stage
