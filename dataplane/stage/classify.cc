// SPDX-License-Identifier: Apache-2.0
// May this frame enter its VLAN by this port (IEEE 802.1Q-2018 clause 6.9 and ingress filtering, 8.6.2)? Frames of one
// VLAN come in runs, so the VLAN is judged, and its counters are raised, once for each run and not for each frame.
#include "dataplane/stage/stages.h"

namespace baton::stage {
namespace {

/// Nothing against it, or why all of such a run is dropped.
Drop judge(const TablesArena& tables, PortId ingress, VlanId vlan, bool tagged) {
    const VlanEntry& entry = tables.vlans[vlan];
    const bool present = vlan != 0 && entry.present.load(std::memory_order_acquire) == 1;
    const bool member = entry.member[ingress / 64].load(std::memory_order_acquire) >> ingress % 64 & 1;
    if (!tagged) return present && member ? Drop::count_ : Drop::no_port_vlan;
    if (!present || !(entry.flags.load(std::memory_order_relaxed) & vlan_has_tag)) return Drop::vlan_unknown;
    return member ? Drop::count_ : Drop::not_member;
}

}  // namespace

void classify(Context& context, Batch& batch) {
    const unsigned count = batch.count;
    auto& vlans = context.counters->vlan;
    if (batch.uniform && judge(*context.tables, batch.ingress, batch.vlan[0], batch.tag[0] == TagForm::tagged) ==
                             Drop::count_) [[likely]] {
        add(vlans[batch.vlan[0]].rx_frames, count);
        add(vlans[batch.vlan[0]].rx_bytes, batch.bytes);
        return;
    }
    for (unsigned i = 0; i < count;) {
        const VlanId vlan = batch.vlan[i];
        const bool tagged = batch.tag[i] == TagForm::tagged;
        const Drop why = judge(*context.tables, batch.ingress, vlan, tagged);
        std::uint64_t frames = 0, bytes = 0;
        for (; i < count && batch.vlan[i] == vlan && (batch.tag[i] == TagForm::tagged) == tagged; ++i) {
            if (why != Drop::count_) [[unlikely]] {
                drop_from(context, batch, i, why);
                continue;
            }
            ++frames;
            bytes += batch.frame[i]->pkt_len;
        }
        add(vlans[vlan].rx_frames, frames);
        add(vlans[vlan].rx_bytes, bytes);
    }
}

}  // namespace baton::stage
