// SPDX-License-Identifier: Apache-2.0
#include "dataplane/worker/outlet.h"

#include "dataplane/worker/context.h"

namespace baton {

// What the port did not take is dropped at once, never kept: a slow port must not fill the pool that all ports share.
void Outlets::send(PortId id) {
    Outlet& outlet = outlets_[id];
    const std::uint16_t count = outlet.count;
    if (count == 0) return;
    std::uint64_t bytes = outlet.bytes;
    outlet.count = 0;
    outlet.bytes = 0;
    if (!outlet.way.port) {
        if (outlet.way.crossing) return outlet.way.crossing->send(id, outlet.frames, count);
        return hand_over(id, outlet, count);
    }

    const std::uint16_t sent = outlet.way.port->transmit(outlet.frames, count);
    if (sent < count) [[unlikely]] {
        for (unsigned i = sent; i < count; ++i) bytes -= outlet.frames[i]->pkt_len;
        count_shared_drop(*counters_, id, Drop::transmit_full, count - sent);
        rte_pktmbuf_free_bulk(outlet.frames + sent, count - sent);
    }
    add(counters_->port[id].tx_frames, sent);
    add(counters_->port[id].tx_bytes, bytes);
}

void Outlets::hand_over(PortId id, Outlet& outlet, std::uint16_t count) {
    void* words[burst_size];
    for (unsigned i = 0; i < count; ++i) words[i] = hand_over_word(id, outlet.frames[i]);
    const unsigned taken = rte_ring_sp_enqueue_burst(outlet.way.ring, words, count, nullptr);
    if (taken == count) [[likely]]
        return;
    count_drop(*counters_, id, Drop::handoff_full, count - taken);
    rte_pktmbuf_free_bulk(outlet.frames + taken, count - taken);
}

}  // namespace baton
