// SPDX-License-Identifier: Apache-2.0
// Finds the way out. Group addresses are never learnt, so they are not in the table and flood like an unknown address;
// a static entry may still say where one goes, or that it goes nowhere.
#include "dataplane/stage/stages.h"

namespace baton::stage {

void lookup(Context& context, Batch& batch) {
    batch.fdb.lookup(batch.dst, batch.vlan, batch.egress, batch.count);
    static_assert(fdb_dest_none == 0 && fdb_dest_blackhole == 0xfff);
    unsigned odd = 0;
    for (unsigned i = 0; i < batch.count; ++i) odd |= static_cast<std::uint16_t>(batch.egress[i] - 1) >= 0xffe;
    if (odd == 0) [[likely]]
        return;
    for (unsigned i = 0; i < batch.count; ++i) {
        batch.flooded += batch.egress[i] == fdb_dest_none;
        if (batch.egress[i] == fdb_dest_blackhole) drop_from(context, batch, i, Drop::blackhole);
    }
}

}  // namespace baton::stage
