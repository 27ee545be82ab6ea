// SPDX-License-Identifier: Apache-2.0
// What layer 3 knows of the frames of a batch that are to the router's own address: columns beside the batch's own, and
// made only for bursts that have such frames. Sets are bits, as in the batch.
//
//   column      written by   meaning
//   offset      route        where IP begins
//   hop, index  route        the adjacency that the packet takes: its word as it was read, and its number
#pragma once

#include <cstdint>

#include "dataplane/worker/batch.h"
#include "sync/layout/drop.h"
#include "sync/layout/routes.h"

namespace baton {

struct Packets {
    std::uint64_t v4 = 0, v6 = 0;  // which frames carry which family; those dropped are in neither
    std::uint64_t leaving = 0;     // rewritten: they go to a neighbour
    std::uint64_t too_long = 0;    // of those, the ones that must be cut into fragments
    std::uint64_t waiting = 0;     // for their next hop's address
    std::uint64_t arrived = 0;     // at the router itself
    std::uint64_t link_local = 0;  // from or to an address that is only good on its link
    std::uint8_t offset[burst_size];
    HopWord hop[burst_size];
    std::uint32_t index[burst_size];
};

}  // namespace baton
