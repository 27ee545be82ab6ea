// SPDX-License-Identifier: Apache-2.0
// Learns where addresses are. The table does it for the whole burst; known addresses seen in this epoch write nothing.
#include "dataplane/stage/stages.h"

namespace baton::stage {

void learn(Context& context, Batch& batch) {
    const LearnCounts counts = batch.fdb.learn(batch.src, batch.vlan, batch.count, batch.ingress);
    WorkerCounters& counters = *context.counters;
    if (counts.inserted | counts.moved | counts.refreshed | counts.full) [[unlikely]] {
        add(counters.learned, counts.inserted);
        add(counters.moved, counts.moved);
        add(counters.refreshed, counts.refreshed);
        add(counters.learn_full, counts.full);
    }
    for (std::uint64_t rest = counts.blackholed; rest; rest &= rest - 1)
        drop_from(context, batch, static_cast<unsigned>(__builtin_ctzll(rest)), Drop::blackhole);
}

}  // namespace baton::stage
