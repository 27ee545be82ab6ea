// SPDX-License-Identifier: Apache-2.0
// Finds the way out. Group addresses are never learnt, so they are not in the table and flood like an unknown address;
// a static entry may still say where one goes, or that it goes nowhere.
#include "dataplane/stage/stages.h"

namespace baton::stage {

void lookup(Context& context, Batch& batch) {
    batch.fdb.lookup(batch.dst, batch.vlan, batch.egress, batch.count);
    std::uint64_t holes = 0;
    unsigned flooded = 0;
    for (unsigned i = 0; i < batch.count; ++i) {
        flooded += batch.egress[i] == fdb_dest_none;
        holes |= static_cast<std::uint64_t>(batch.egress[i] == fdb_dest_blackhole) << i;
    }
    batch.flooded = flooded;
    for (; holes; holes &= holes - 1)
        drop_from(context, batch, static_cast<unsigned>(__builtin_ctzll(holes)), Drop::blackhole);
}

}  // namespace baton::stage
