// SPDX-License-Identifier: Apache-2.0
// What layer 3 knows of the frames of a batch that are to the router's own address: columns beside the batch's own, and
// made only for bursts that have such frames. Sets are bits, as in the batch.
//
//   column       written by   meaning
//   offset       check        where IP begins
//   destination  check        IPv4's, host order
//   slot         check        and where the search for its route begins, asked for
//   word, index  route        the adjacency that the packet takes: its HopWord as it was read, and its number
#pragma once

#include <cstdint>

#include "dataplane/worker/batch.h"
#include "sync/channel/routes_parts.h"

namespace baton {

struct Packets {
    std::uint64_t v4 = 0, v6 = 0;  // which frames carry which family; those dropped are in neither
    std::uint64_t plain = 0;       // IPv4 without anything odd (ip::plain)
    std::uint64_t leaving = 0;     // rewritten: they go to a neighbour
    std::uint64_t too_long = 0;    // of those, the ones that must be cut into fragments
    std::uint64_t waiting = 0;     // for their next hop's address
    std::uint64_t arrived = 0;     // at the router itself
    std::uint64_t link_local = 0;  // from or to an address that is only good on its link
    alignas(32) std::uint32_t destination[burst_size];
    const RouteSlot* slot[burst_size];
    std::uint64_t word[burst_size];
    std::uint32_t index[burst_size];
    std::uint8_t offset[burst_size];

    HopWord hop(unsigned i) const { return HopWord::of(word[i]); }
};

}  // namespace baton
