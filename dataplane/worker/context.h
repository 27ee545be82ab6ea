// SPDX-License-Identifier: Apache-2.0
// What a stage may touch: the tables (read), the FDB, the routes, this worker's own counters, and the outlets. One for
// each seat, made before the loop begins; nothing in it is shared with another worker but the tables, the FDB and the
// routes, and those by their own rules. Counters have one writer, so they are a plain load, add and store: no locked
// instruction on the path.
#pragma once

#include <rte_mbuf.h>

#include <atomic>
#include <cstdint>

#include "dataplane/table/acl.h"
#include "dataplane/table/routes.h"
#include "dataplane/worker/batch.h"
#include "dataplane/worker/bucket.h"
#include "dataplane/worker/outlet.h"
#include "dataplane/worker/own.h"
#include "dataplane/worker/waiting.h"
#include "sync/channel/punt_ring.h"
#include "sync/layout/tables.h"

namespace baton {

class HostPath;
inline const Acl no_access_lists;

/// What a worker says of packets that rules with `log` match.
struct AclLog {
    std::uint64_t next_at = 0;    // TSC: not before then
    std::uint32_t held_back = 0;  // since the last
};

/// How much of each kind a worker does in a second, and at once: whoever asks for more gets no answer.
struct Budgets {
    Bucket errors;     // ICMP errors (RFC 1812 4.3.2.8, RFC 4443 2.4 f)
    Bucket redirects;  // which a host that heeds them needs once
    Bucket asked;      // ARP and neighbour discovery that concern the router, to the master
    Bucket overheard;  // and those that do not
    Bucket copies;     // of group packets, to the router's own side
};

struct Context {
    const TablesArena* tables = nullptr;
    WorkerCounters* counters = nullptr;
    rte_mempool* mempool = nullptr;  // for copies that a flood needs, answers, fragments
    Outlets outlets;
    PortSet256 usable;  // present, enabled and with link; read from the ports table once a turn
    PuntWriter punt;

    // Layer 3.
    const Fdb* fdb = nullptr;
    Routes routes;
    std::uint64_t now = 0;                   // the worker's clock at the turn's begin, in ticks
    std::uint64_t ticks = 1;                 // of it in a second
    const std::uint64_t* vlan_up = nullptr;  // 64 words; bit n: VLAN n has a usable member
    HostPath* host = nullptr;                // to the router's own side; none: nobody is there
    WorkerId worker = 0;
    std::uint16_t identification = 0;  // of the next IPv4 packet that the router says
    std::uint64_t generation = 0;      // of the routes when waiting packets were last looked at
    std::uint64_t looked = 0;          // `now` when waiting packets' ages were last looked at
    Budgets budgets;
    OwnFrames own;
    Waiting waiting;
    const Acl* acl = &no_access_lists;
    AclHits* acl_hits = nullptr;  // this worker's
    AclLog acl_log;
};

inline void add(std::atomic<std::uint64_t>& counter, std::uint64_t n) {
    counter.store(counter.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
}

inline void count_drop(WorkerCounters& counters, PortId port, Drop why, std::uint64_t n = 1) {
    add(counters.drops[port][static_cast<std::size_t>(why)], n);
}

/// The two reasons that the applier counts as well, for what a port lost by itself: no_buffer and transmit_full.
inline void count_shared_drop(WorkerCounters& counters, PortId port, Drop why, std::uint64_t n = 1) {
    counters.drops[port][static_cast<std::size_t>(why)].fetch_add(n, std::memory_order_relaxed);
}

/// The frame ends here: counted against `port` under its reason, and freed.
inline void drop(WorkerCounters& counters, rte_mbuf* frame, PortId port, Drop why) {
    count_drop(counters, port, why);
    rte_pktmbuf_free(frame);
}

/// A stage's way to end frame i of the batch.
inline void drop_from(Context& context, Batch& batch, unsigned i, Drop why) {
    drop(*context.counters, batch.frame[i], batch.ingress, why);
    batch.gone |= 1ull << i;
}

/// The router itself has taken frame i: it is neither forwarded nor lost.
inline void take_from(Context& context, Batch& batch, unsigned i) {
    add(context.counters->taken, 1);
    rte_pktmbuf_free(batch.frame[i]);
    batch.gone |= 1ull << i;
}

/// A frame to be sent into its VLAN, beside the batch under way; it is ours from then on.
inline void emit(Context& context, rte_mbuf* frame, VlanId vlan, TagForm tag = TagForm::none) {
    OwnFrames& own = context.own;
    if (own.count == burst_size) [[unlikely]]
        send_own(context);
    own.frame[own.count] = frame;
    own.vlan[own.count] = vlan;
    own.tag[own.count++] = tag;
}

/// What the frame's VLAN is to layer 3.
inline const VlanEntry& vlan_of(const Context& context, VlanId vlan) {
    return context.tables->vlans[vlan];
}

}  // namespace baton
