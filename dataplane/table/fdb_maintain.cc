// SPDX-License-Identifier: Apache-2.0
// The switch's own FDB maintenance: production geometry, plain stores.
#include "dataplane/table/fdb_maintain.h"

#include "dataplane/table/fdb_maintain_entries.h"
#include "dataplane/table/fdb_maintain_growth.h"
#include "dataplane/table/fdb_maintain_sweep.h"

namespace baton {

unsigned fdb_bits_for(std::uint64_t entries) {
    unsigned bits = fdb_min_bits;
    while (bits < fdb_max_bits && entries * 10 > (std::uint64_t{fdb_bucket_slots} << bits) * 7) ++bits;
    return bits;
}

template class BasicFdbView<FdbGeometry, PlainStores>;
template class BasicFdbMaintenance<FdbGeometry, MaintenanceStores>;

}  // namespace baton
