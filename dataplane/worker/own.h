// SPDX-License-Identifier: Apache-2.0
// Frames that the router itself sends, as a batch that came in by no port: untagged, and ready for the table of
// addresses.
#pragma once

#include <rte_mbuf.h>

#include <algorithm>

#include "dataplane/worker/batch.h"
#include "dataplane/worker/retag.h"

namespace baton {

/// Puts one more into the batch, which has room. The frame is untagged and at least least_frame long.
inline void append_own(Batch& batch, rte_mbuf* frame, VlanId vlan) {
    const unsigned i = batch.count++;
    batch.frame[i] = frame;
    batch.vlan[i] = vlan;
    batch.tag[i] = TagForm::none;
    batch.dst[i] = batch.fdb.mix(vlan, load_be48(rte_pktmbuf_mtod(frame, const std::uint8_t*)));
    batch.src[i] = batch.dst[i];  // nothing is learned from it
    batch.fdb.prefetch(batch.dst[i]);
    batch.longest = std::max(batch.longest, frame->pkt_len);
    batch.uniform = batch.uniform && vlan == batch.vlan[0];
}

}  // namespace baton
