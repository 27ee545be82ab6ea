// SPDX-License-Identifier: Apache-2.0
// Frames that leave one by one beside the batch that is under way: what the router itself says, fragments, packets that
// have waited. Collected in the context and sent as batches that came in by no port, in the order in which they were
// emitted.
#pragma once

#include <rte_mbuf.h>

#include <algorithm>

#include "dataplane/worker/batch.h"
#include "dataplane/worker/retag.h"

namespace baton {

struct Context;

struct OwnFrames {
    unsigned count = 0;
    rte_mbuf* frame[burst_size];
    VlanId vlan[burst_size];
    TagForm tag[burst_size];
};

/// Sends what was emitted (stage/pipeline.cc). At the end of each batch, and earlier when there is no room for more.
void send_own(Context& context);

/// Puts one more into the batch, which has room.
inline void append_own(Batch& batch, rte_mbuf* frame, VlanId vlan, TagForm tag = TagForm::none) {
    const unsigned i = batch.count++;
    batch.frame[i] = frame;
    batch.vlan[i] = vlan;
    batch.tag[i] = tag;
    batch.dst[i] = batch.fdb.mix(vlan, load_be48(rte_pktmbuf_mtod(frame, const std::uint8_t*)));
    batch.src[i] = batch.dst[i];  // nothing is learned from it
    batch.fdb.prefetch(batch.dst[i]);
    batch.longest = std::max(batch.longest, frame->pkt_len);
    batch.uniform = batch.uniform && vlan == batch.vlan[0] && tag == batch.tag[0];
}

}  // namespace baton
