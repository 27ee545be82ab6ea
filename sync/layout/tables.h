// SPDX-License-Identifier: Apache-2.0
// The tables arena: ports, VLANs, the applier's account of the commands it took, and all counters. Written by the data
// plane only: workers write counters (each its own lines), the applier all else. Boards map it through a read-only fd.
//
// A VLAN's membership is plain words, each stored whole; the reader's rule makes one store decide: a port is in a VLAN
// if its bit is in `member`, and `untagged` is set before a bit in `member` appears. Counters only ever grow, also
// across a restart of the data plane, because the next process goes on in the same lines.
#pragma once

#include "sync/base/ids.h"
#include "sync/layout/command.h"
#include "sync/layout/drop.h"
#include "sync/layout/fabric.h"

namespace baton {

struct PortEntry {                                 // owner: applier
    std::atomic<std::uint32_t> present = 0;        // stored last, 1 when the rest is there
    std::uint8_t module = 0;                       // PortName
    std::uint8_t port = 0;
    std::atomic<std::uint8_t> enabled = 0;         // configuration
    std::atomic<std::uint8_t> link_up = 0;         // what the port says
    std::atomic<std::uint16_t> port_vlan = 0;
    std::atomic<std::uint16_t> worker = 0;         // that drives it
    std::atomic<std::uint32_t> link_changes = 0;
    std::atomic<std::uint32_t> speed_mbps = 0;     // 0: unknown
    std::uint32_t max_frame = 0;                   // bytes without FCS
    std::uint64_t mac = 0;                         // Mac::value()
    char kind[16] = {};                            // "wire", "tap", "xsk", "net_tap", ...
    char device[64] = {};                          // what stands behind it, zero-terminated
    std::atomic<std::uint8_t> resetting = 0;       // 1: a failover has taken its link down for a moment
    std::uint8_t pad[15] = {};
};
template <>
struct Describe<PortEntry> {
    static constexpr std::string_view name = "PortEntry";
    static constexpr std::array fields{
        BATON_FIELD(PortEntry, present),      BATON_FIELD(PortEntry, module),     BATON_FIELD(PortEntry, port),
        BATON_FIELD(PortEntry, enabled),      BATON_FIELD(PortEntry, link_up),    BATON_FIELD(PortEntry, port_vlan),
        BATON_FIELD(PortEntry, worker),       BATON_FIELD(PortEntry, link_changes), BATON_FIELD(PortEntry, speed_mbps),
        BATON_FIELD(PortEntry, max_frame),    BATON_FIELD(PortEntry, mac),        BATON_FIELD(PortEntry, kind),
        BATON_FIELD(PortEntry, device),       BATON_FIELD(PortEntry, resetting),
        BATON_FIELD(PortEntry, pad)};
};
static_assert(sizeof(PortEntry) == 128 && Shared<PortEntry>);

struct alignas(64) VlanEntry {                     // owner: applier
    std::atomic<std::uint16_t> present = 0;        // 1: exists
    std::atomic<std::uint16_t> flags = 0;          // vlan_has_tag
    std::uint32_t pad0 = 0;
    std::atomic<std::uint64_t> confirmed_term = 0; // that last said it; reconcile sweeps older ones
    std::atomic<std::uint64_t> member[4] = {};
    std::atomic<std::uint64_t> untagged[4] = {};
    // Layer 3's part: interface_set. `routing` is stored last when an interface comes, and first when it goes.
    std::atomic<std::uint16_t> routing = 0;        // interface_* of command.h; 0: none of layer 3's business
    std::atomic<std::uint16_t> mtu = 0;            // of IP
    std::atomic<std::uint32_t> ipv4 = 0;           // the source of what the router says here
    std::atomic<std::uint64_t> ipv6_high = 0, ipv6_low = 0;
    std::atomic<std::uint32_t> interface_index = 0;  // of its TAP, as the kernel numbers it; 0: it has none
    std::uint8_t pad[20] = {};
};
template <>
struct Describe<VlanEntry> {
    static constexpr std::string_view name = "VlanEntry";
    static constexpr std::array fields{BATON_FIELD(VlanEntry, present),        BATON_FIELD(VlanEntry, flags),
                                       BATON_FIELD(VlanEntry, pad0),           BATON_FIELD(VlanEntry, confirmed_term),
                                       BATON_FIELD(VlanEntry, member),         BATON_FIELD(VlanEntry, untagged),
                                       BATON_FIELD(VlanEntry, routing),        BATON_FIELD(VlanEntry, mtu),
                                       BATON_FIELD(VlanEntry, ipv4),           BATON_FIELD(VlanEntry, ipv6_high),
                                       BATON_FIELD(VlanEntry, ipv6_low),       BATON_FIELD(VlanEntry, interface_index),
                                       BATON_FIELD(VlanEntry, pad)};
};
static_assert(sizeof(VlanEntry) == 128 && Shared<VlanEntry>);

struct TermAccount {                               // owner: applier; kept at [term % 64]
    std::atomic<std::uint64_t> term = 0;
    std::atomic<std::int64_t> first_accept_ns = 0; // when the term's first command was applied
    std::atomic<std::uint64_t> applied = 0;        // commands of this term applied
    std::atomic<std::int64_t> end_of_table_ns = 0; // when reconcile of the configuration ended
    std::atomic<std::uint64_t> drops_at_open = 0;  // 1 + frames dropped, all reasons: just before the term was first seen,
    std::atomic<std::uint64_t> drops_at_end = 0;   // and when all was settled; 0: not yet. The difference is its price
};
template <>
struct Describe<TermAccount> {
    static constexpr std::string_view name = "TermAccount";
    static constexpr std::array fields{BATON_FIELD(TermAccount, term), BATON_FIELD(TermAccount, first_accept_ns),
                                       BATON_FIELD(TermAccount, applied), BATON_FIELD(TermAccount, end_of_table_ns),
                                       BATON_FIELD(TermAccount, drops_at_open), BATON_FIELD(TermAccount, drops_at_end)};
};
static_assert(sizeof(TermAccount) == 48 && Shared<TermAccount>);

struct Applier {                                   // owner: applier
    std::atomic<std::uint64_t> incarnation = 0;    // rises when the data plane starts; a master then says all again
    std::atomic<std::uint64_t> term = 0;           // whose ring it reads
    std::atomic<std::uint64_t> applied = 0;        // sequence of the last command applied in that term
    std::atomic<std::uint64_t> refused = 0;        // commands of another term, ever
    std::atomic<std::uint64_t> swept = 0;          // entries removed by reconcile, ever
    std::atomic<std::int64_t> heartbeat_ns = 0;
    std::atomic<std::uint32_t> aging_seconds = 0;
    std::atomic<std::uint32_t> worker_count = 0;
    std::atomic<std::uint32_t> port_count = 0;
    std::atomic<std::uint32_t> huge = 0;           // 1: arenas lie in huge pages
    std::atomic<std::uint64_t> router_mac = 0;     // Mac::value(): the switch's own, to which hosts send what is to be routed
    std::uint8_t pad[56] = {};
    TermAccount terms[64];
    std::atomic<std::uint32_t> outcomes[ring_slots] = {};  // Outcome of each command, by slot; stored before `applied`
};
template <>
struct Describe<Applier> {
    static constexpr std::string_view name = "Applier";
    static constexpr std::array fields{
        BATON_FIELD(Applier, incarnation), BATON_FIELD(Applier, term),          BATON_FIELD(Applier, applied),
        BATON_FIELD(Applier, refused),     BATON_FIELD(Applier, swept),         BATON_FIELD(Applier, heartbeat_ns),
        BATON_FIELD(Applier, aging_seconds), BATON_FIELD(Applier, worker_count), BATON_FIELD(Applier, port_count),
        BATON_FIELD(Applier, huge),        BATON_FIELD(Applier, router_mac), BATON_FIELD(Applier, pad),
        BATON_FIELD(Applier, terms),         BATON_FIELD(Applier, outcomes)};
};
static_assert(Shared<Applier> && sizeof(Applier) % 64 == 0);

struct Traffic {                                   // single writer: plain load, add, relaxed store
    std::atomic<std::uint64_t> rx_frames = 0, rx_bytes = 0, tx_frames = 0, tx_bytes = 0;
};
template <>
struct Describe<Traffic> {
    static constexpr std::string_view name = "Traffic";
    static constexpr std::array fields{BATON_FIELD(Traffic, rx_frames), BATON_FIELD(Traffic, rx_bytes),
                                       BATON_FIELD(Traffic, tx_frames), BATON_FIELD(Traffic, tx_bytes)};
};
static_assert(sizeof(Traffic) == 32 && Shared<Traffic>);

inline constexpr std::size_t drop_slots = 64;      // room for reasons to come
static_assert(drop_count <= drop_slots);

struct alignas(64) WorkerCounters {                // owner: that worker
    std::atomic<std::uint64_t> turns = 0;          // trips round its ports; also its quiescent count for growth
    std::atomic<std::uint64_t> busy_turns = 0;     // that found frames
    std::atomic<std::uint64_t> longest_gap_ns = 0; // between two turns, since start
    std::atomic<std::uint64_t> learned = 0, moved = 0, refreshed = 0, learn_full = 0, flooded = 0, punted = 0;
    std::atomic<std::uint64_t> flood_copies = 0;   // by flooding, beyond one for each frame: rx + copies = tx + drops + punted
    // Layer 3. Frames that end in the switch without being lost: `taken` (answered, or given to the router's own TAP); frames that
    // begin in it: `born` (its answers and errors, what boards and TAPs send, fragments beyond one for each packet).
    // rx + copies + born = tx + drops + punted + taken
    std::atomic<std::uint64_t> routed = 0, born = 0, taken = 0, waited = 0;
    std::uint8_t pad[16] = {};
    Traffic port[max_ports];
    Traffic vlan[max_vlans];
    // By ingress port; from egress_not_member to handoff_full, fabric_*, and no_buffer in a flood, by egress port. What a port lost
    // by itself (receive_missed, no_buffer, transmit_full) the applier adds, so the last two are added to atomically.
    std::atomic<std::uint64_t> drops[max_ports][drop_slots] = {};
};
template <>
struct Describe<WorkerCounters> {
    static constexpr std::string_view name = "WorkerCounters";
    static constexpr std::array fields{
        BATON_FIELD(WorkerCounters, turns),     BATON_FIELD(WorkerCounters, busy_turns),
        BATON_FIELD(WorkerCounters, longest_gap_ns), BATON_FIELD(WorkerCounters, learned),
        BATON_FIELD(WorkerCounters, moved),     BATON_FIELD(WorkerCounters, refreshed),
        BATON_FIELD(WorkerCounters, learn_full), BATON_FIELD(WorkerCounters, flooded),
        BATON_FIELD(WorkerCounters, punted),    BATON_FIELD(WorkerCounters, flood_copies),
        BATON_FIELD(WorkerCounters, routed),    BATON_FIELD(WorkerCounters, born),
        BATON_FIELD(WorkerCounters, taken),     BATON_FIELD(WorkerCounters, waited),
        BATON_FIELD(WorkerCounters, pad),
        BATON_FIELD(WorkerCounters, port),      BATON_FIELD(WorkerCounters, vlan),
        BATON_FIELD(WorkerCounters, drops)};
};
static_assert(Shared<WorkerCounters>);

struct TablesArena {
    ArenaHeader header;
    Applier applier;
    PortEntry ports[max_ports];
    VlanEntry vlans[max_vlans];
    WorkerCounters workers[max_workers];
    Fabric fabric;
    FabricCounters crossed[max_workers];
};
template <>
struct Describe<TablesArena> {
    static constexpr std::string_view name = "TablesArena";
    static constexpr std::array fields{BATON_FIELD(TablesArena, header), BATON_FIELD(TablesArena, applier),
                                       BATON_FIELD(TablesArena, ports), BATON_FIELD(TablesArena, vlans),
                                       BATON_FIELD(TablesArena, workers),
                                       BATON_FIELD(TablesArena, fabric), BATON_FIELD(TablesArena, crossed)};
};
static_assert(Shared<TablesArena>);

}  // namespace baton
