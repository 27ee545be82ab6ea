// SPDX-License-Identifier: Apache-2.0
// One frame to every other member of its VLAN that is up: never back, never past the VLAN (802.1Q-2018 clause 8.8.2).
// All ports that want the same form of tag share one mbuf by its reference count; only a VLAN with both forms costs a
// copy. A port too small for the frame is left out and counted; so is the half that finds no buffer for its copy.
#include "dataplane/stage/stages.h"
#include "dataplane/worker/retag.h"

namespace baton::stage {
namespace {

struct Ports {
    PortId ids[max_ports];
    unsigned count = 0;
};

/// Ports of `word` whose largest frame allows `length`; the others are counted as drops.
void gather(Context& context, std::uint64_t bits, unsigned word, std::uint32_t length, Ports& into, unsigned& refused) {
    for (; bits; bits &= bits - 1) {
        const auto port = static_cast<PortId>(word * 64 + static_cast<unsigned>(__builtin_ctzll(bits)));
        if (length > context.outlets.max_frame(port)) {
            count_drop(*context.counters, port, Drop::egress_oversize);
            ++refused;
            continue;
        }
        into.ids[into.count++] = port;
    }
}

void send(Context& context, rte_mbuf* frame, const Ports& ports) {
    if (ports.count > 1) rte_mbuf_refcnt_update(frame, static_cast<std::int16_t>(ports.count - 1));
    for (unsigned p = 0; p < ports.count; ++p) context.outlets.push(ports.ids[p], frame);
}

void count_sent(Context& context, VlanId vlan, unsigned ports, std::uint32_t length) {
    add(context.counters->vlan[vlan].tx_frames, ports);
    add(context.counters->vlan[vlan].tx_bytes, std::uint64_t{ports} * length);
}

}  // namespace

void flood(Context& context, Batch& batch, unsigned i) {
    rte_mbuf* frame = batch.frame[i];
    const VlanId vlan = batch.vlan[i];
    const TagForm came = batch.tag[i];
    const VlanEntry& entry = context.tables->vlans[vlan];
    const std::uint32_t plain_length = length_as(frame, came, false), tagged_length = length_as(frame, came, true);

    Ports plain, tagged;
    unsigned refused = 0;
    for (unsigned word = 0; word < 4; ++word) {
        std::uint64_t members = entry.member[word].load(std::memory_order_acquire) & context.usable.words[word];
        if (batch.barred / 64 == word) members &= ~(1ull << batch.barred % 64);
        const std::uint64_t untagged = entry.untagged[word].load(std::memory_order_relaxed);
        gather(context, members & untagged, word, plain_length, plain, refused);
        gather(context, members & ~untagged, word, tagged_length, tagged, refused);
    }

    WorkerCounters& counters = *context.counters;
    add(counters.flooded, 1);
    const unsigned ends = plain.count + tagged.count + refused;
    if (ends == 0) return drop_from(context, batch, i, Drop::no_other_port);
    add(counters.flood_copies, ends - 1);
    if (plain.count + tagged.count == 0) return rte_pktmbuf_free(frame);

    rte_mbuf* tagged_frame = frame;
    if (plain.count != 0 && tagged.count != 0) {
        tagged_frame = rte_pktmbuf_copy(frame, context.mempool, 0, UINT32_MAX);
        if (!tagged_frame) {
            for (unsigned p = 0; p < tagged.count; ++p) count_shared_drop(counters, tagged.ids[p], Drop::no_buffer);
            tagged.count = 0;
        }
    }
    if (plain.count != 0) {
        retag(frame, came, false, vlan);
        count_sent(context, vlan, plain.count, frame->pkt_len);
        send(context, frame, plain);
    }
    if (tagged.count != 0) {
        retag(tagged_frame, came, true, vlan);
        count_sent(context, vlan, tagged.count, tagged_frame->pkt_len);
        send(context, tagged_frame, tagged);
    }
}

}  // namespace baton::stage
