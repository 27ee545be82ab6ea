// SPDX-License-Identifier: Apache-2.0
// One burst of frames on its way through the stages, as columns: each stage reads and writes only the columns it needs,
// and a table lookup finds its keys side by side. All frames of a batch came in by one port, so what the port says
// (VLAN, limits) is looked up once; frames that the router itself sends came in by no port. Filled by the turn; owned
// by one worker; never outlives the turn.
//
//   column     written by            meaning
//   frame      turn                  the mbuf; no longer ours once its bit in `gone` is set
//   dst, src   parse                 VLAN and address, mixed: what FdbView takes
//   vlan, tag  parse                 the VLAN the frame belongs to, and the form of the tag it came with
//   egress     lookup                a PortId, or fdb_dest_none: flood
// What is the same for all frames of most bursts (one VLAN, no tags, nothing odd) is noted for the burst, so that later
// stages judge it once.
#pragma once

#include <cstdint>

#include "dataplane/table/fdb.h"
#include "sync/base/ids.h"

struct rte_mbuf;

namespace baton {

// 64 and not 32: as many cache lines of the FDB under way at once are worth 6 cycles a frame at 10,000 addresses and 11
// at 1 million, and cost nothing at one (bench/wire).
inline constexpr unsigned burst_size = 64;

enum class TagForm : std::uint8_t {
    none,      // no 802.1Q tag
    priority,  // a tag with VID 0: belongs to the port VLAN, its priority bits are kept
    tagged,    // a tag with its VLAN's identifier
};

struct Batch {
    explicit Batch(const FdbView& view) : fdb(view) {}

    FdbView fdb;                  // as this burst sees the table
    PortId ingress = no_port;     // drops are counted there
    PortId barred = no_port;      // where frames may not leave: bridged ones where they came in, others anywhere
    VlanId port_vlan = 0;         // of the ingress port; 0: none
    std::uint32_t max_frame = 0;  // of the ingress port
    bool pads_short = false;      // what came in has no MAC that pads: a kernel's interface, a guest (parse)
    std::uint16_t count = 0;
    std::uint64_t bytes = 0;     // of all frames as they came in
    std::uint32_t longest = 0;   // frame as it came in
    bool uniform = true;         // all frames are of one VLAN and came with one form of tag
    std::uint64_t gone = 0;      // bit i: frame i was dropped or punted by a stage and is no longer ours
    std::uint64_t reserved = 0;  // bit i: to 01:80:c2:00:00:0x, for the master and for nobody else
    std::uint64_t group = 0;     // bit i: to another group address
    std::uint64_t own = 0;       // bit i: to the router's own address
    std::uint32_t flooded = 0;   // frames whose egress is fdb_dest_none
    rte_mbuf* frame[burst_size];
    std::uint64_t dst[burst_size];
    std::uint64_t src[burst_size];
    VlanId vlan[burst_size];
    TagForm tag[burst_size];
    std::uint16_t egress[burst_size];
};

static_assert(burst_size <= 64 && burst_size <= fdb_batch);

/// Sets of frames are bits: of the first `count` <= 64, and how many are in one.
constexpr std::uint64_t first_bits(unsigned count) {
    return count == 0 ? 0 : ~0ull >> (64 - count);
}

constexpr unsigned count_of(std::uint64_t set) {
    return static_cast<unsigned>(__builtin_popcountll(set));
}

/// Closes the gaps that `gone` names, in order. Rare: most bursts lose none.
inline void compact(Batch& batch) {
    if (batch.gone == 0) [[likely]]
        return;
    unsigned kept = 0;
    std::uint64_t group = 0, own = 0;
    for (unsigned i = 0; i < batch.count; ++i) {
        if (batch.gone >> i & 1) continue;
        batch.frame[kept] = batch.frame[i];
        batch.dst[kept] = batch.dst[i];
        batch.src[kept] = batch.src[i];
        batch.vlan[kept] = batch.vlan[i];
        batch.tag[kept] = batch.tag[i];
        batch.egress[kept] = batch.egress[i];
        group |= (batch.group >> i & 1) << kept;
        own |= (batch.own >> i & 1) << kept;
        ++kept;
    }
    batch.count = static_cast<std::uint16_t>(kept);
    batch.gone = 0;
    batch.reserved = 0;
    batch.group = group;
    batch.own = own;
}

}  // namespace baton
