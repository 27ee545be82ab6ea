// SPDX-License-Identifier: Apache-2.0
// What becomes of a frame of ARP or neighbour discovery that an agent has looked at; and the master's copy of it, of
// which there are only so many a second: those that concern the router have a budget of their own, so that the noise of
// a large VLAN does not take their place.
#pragma once

#include "dataplane/worker/context.h"

namespace baton::agent {

enum class Heard : std::uint8_t {
    bridge,     // it goes on like any other; the master may have a copy
    answered,   // the router has answered: it ends here
    told,       // for the router alone: the master has a copy, it ends here
    untold,     // likewise, but the master's ring is full, or it has had enough of these
    malformed,  // for the router alone, and wrong
    host,       // for the router alone, and none of the agent's business
};

/// True: the master has a copy of frame i.
inline bool tell_master(Context& context, const Batch& batch, unsigned i, Bucket& budget, PuntReason reason) {
    if (!budget.take(context.now)) return false;
    const rte_mbuf* frame = batch.frame[i];
    return context.punt.push({rte_pktmbuf_mtod(frame, const std::uint8_t*), frame->data_len}, batch.ingress,
                             batch.vlan[i], reason);
}

}  // namespace baton::agent
