// SPDX-License-Identifier: Apache-2.0
// What a stage may touch: the tables (read), the FDB, this worker's own counters, and the outlets. One per worker, made
// before its loop begins; nothing in it is shared with another worker but the tables and the FDB, and those by their
// own rules. Counters have one writer, so they are a plain load, add and store: no locked instruction on the path.
#pragma once

#include <rte_mbuf.h>

#include <atomic>
#include <cstdint>

#include "dataplane/worker/batch.h"
#include "dataplane/worker/outlet.h"
#include "sync/channel/punt_ring.h"
#include "sync/layout/tables.h"

namespace baton {

class HostPath;

struct Context {
    const TablesArena* tables = nullptr;
    WorkerCounters* counters = nullptr;
    rte_mempool* mempool = nullptr;  // for the copy that a flood needs when its ports want both tag forms
    Outlets outlets;
    PortSet256 usable;  // present, enabled and with link; read from the ports table once a turn
    PuntWriter punt;
    HostPath* host = nullptr;  // to the router's own side; none: nobody is there
    WorkerId worker = 0;
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

}  // namespace baton
