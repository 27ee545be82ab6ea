// SPDX-License-Identifier: Apache-2.0
// Layer 3's bytes: where an address leads. Written by the applier only (workers stamp `used`); boards read.
//
//   destination -> leaf        the longest prefix that matches: an 8-16-8 trie for IPv4, 8-16-8-8-... for IPv6
//   leaf        -> adjacency   a neighbour, or what is to be done instead (deliver here, resolve, drop)
//               -> group       up to 16 adjacencies, one of which a flow is given (ECMP)
//
// One adjacency is one word, so a neighbour that comes, moves or fails is one store, whatever lies behind it. A route
// whose only next hop it is points at it directly; groups are immutable once published.
//
//   root[top 8 bits]  {leaf, block}   prefixes up to /8 are leaves here, so a default route is 256 stores at the most
//   block[next 16]    leaf or node    one for each /8 in use; 0: the root's leaf holds
//   node[next 8]      leaf or node    /25 and longer; IPv6 goes on in steps of 8 bits; 0: the root's leaf holds
//
// A reader takes what it finds: old or new, never junk, for every slot is one 32-bit store and a block or node is
// filled before the slot that leads to it is stored. It is given back only when every worker has ended the turn that
// could have seen it. Who is killed between two stores of one change leaves `intent`: the next applier does that change
// again.
//
// Parts of the arena lie at fixed offsets, each a multiple of 2 MB; blocks, nodes, records and adjacency records take
// memory in steps of 2 MB when they are first used. Nothing that is not linked is ever read.
#pragma once

#include "sync/base/ids.h"
#include "sync/base/ip.h"
#include "sync/layout/arena.h"
#include "sync/layout/command.h"

namespace baton {

enum class LeafKind : std::uint32_t { none = 0, adjacency = 1, group = 2, node = 3 };

/// A slot of the trie: 0, or kind:2 | depth:8 | index:22. `depth` is the prefix's length, so that a shorter one never
/// overwrites a longer; a node has none.
struct Leaf {
    std::uint32_t word = 0;

    static constexpr Leaf of(LeafKind kind, std::uint32_t index, unsigned depth) {
        return {static_cast<std::uint32_t>(kind) << 30 | depth << 22 | index};
    }
    constexpr LeafKind kind() const { return static_cast<LeafKind>(word >> 30); }
    constexpr unsigned depth() const { return word >> 22 & 0xff; }
    constexpr std::uint32_t index() const { return word & 0x3fffff; }
    friend constexpr bool operator==(Leaf, Leaf) = default;
};

inline constexpr std::uint32_t max_adjacencies = 1u << 18;
inline constexpr std::uint32_t max_route_groups = 1u << 14;
inline constexpr std::uint32_t max_route_blocks = 512;       // of 65,536 slots
inline constexpr std::uint32_t max_route_nodes = 1u << 20;   // of 256 slots
inline constexpr std::uint32_t max_route_records = 1u << 22;
inline constexpr unsigned route_block_slots = 1u << 16;
inline constexpr unsigned route_node_slots = 1u << 8;

/// What is to be done with a packet that has arrived at an adjacency.
enum class Hop : std::uint8_t {
    none = 0,       // the adjacency is not in use
    neighbor = 1,   // its address is known: rewrite and send
    unresolved = 2, // a next hop whose address is not known (any more): ask for it, let the packet wait
    connected = 3,  // the destination itself is on this VLAN and not known yet: ask for it, let the packet wait
    local = 4,      // for the router itself
    broadcast = 5,  // the broadcast address of a connected subnet: dropped (directed broadcast is off)
    blackhole = 6,  // dropped in silence
    reject = 7,     // dropped, and the sender is told (unreachable)
};

/// An adjacency's word: mac:48 | vlan:12 | hop:4.
struct HopWord {
    Hop hop{};
    VlanId vlan = 0;
    std::uint64_t mac = 0;  // Mac::value(); of a neighbour only

    static constexpr HopWord of(std::uint64_t word) {
        return {static_cast<Hop>(word & 0xf), static_cast<VlanId>(word >> 4 & 0xfff), word >> 16};
    }
    constexpr std::uint64_t word() const {
        return mac << 16 | static_cast<std::uint64_t>(vlan & 0xfff) << 4 | static_cast<std::uint64_t>(hop);
    }
};

struct alignas(16) Adjacency {                     // owner: applier; `used`: workers
    std::atomic<std::uint64_t> word = 0;           // HopWord
    std::atomic<std::uint32_t> used = 0;           // RoutesControl::second when a packet last took it; a relaxed store if it differs
    std::atomic<std::uint32_t> pad = 0;
};
template <>
struct Describe<Adjacency> {
    static constexpr std::string_view name = "Adjacency";
    static constexpr std::array fields{BATON_FIELD(Adjacency, word), BATON_FIELD(Adjacency, used),
                                       BATON_FIELD(Adjacency, pad)};
};
static_assert(sizeof(Adjacency) == 16 && Shared<Adjacency>);

/// What an adjacency is the address of: for people, for audits, and for the applier that starts anew. Workers never look.
struct AdjacencyRecord {                           // owner: applier; written before the adjacency's word, complete once state != 0
    std::atomic<std::uint64_t> high = 0, low = 0;  // IpBits; 0 of those that are no neighbour (connected, local, ...)
    std::atomic<std::uint64_t> confirmed = 0;      // the term that last said it
    std::atomic<std::uint32_t> since = 0;          // RoutesControl::second when its word last changed
    std::atomic<std::uint16_t> vlan = 0;
    std::atomic<std::uint8_t> family = 0;          // Family
    std::atomic<std::uint8_t> state = 0;           // 1: in use
};
template <>
struct Describe<AdjacencyRecord> {
    static constexpr std::string_view name = "AdjacencyRecord";
    static constexpr std::array fields{
        BATON_FIELD(AdjacencyRecord, high),  BATON_FIELD(AdjacencyRecord, low),  BATON_FIELD(AdjacencyRecord, confirmed),
        BATON_FIELD(AdjacencyRecord, since), BATON_FIELD(AdjacencyRecord, vlan), BATON_FIELD(AdjacencyRecord, family),
        BATON_FIELD(AdjacencyRecord, state)};
};
static_assert(sizeof(AdjacencyRecord) == 32 && Shared<AdjacencyRecord>);

struct alignas(128) RouteGroup {                   // owner: applier; immutable while a leaf leads to it
    std::atomic<std::uint32_t> count = 0;          // 2..16; 0: not in use
    std::atomic<std::uint32_t> member[hops_most] = {};  // adjacencies, in order
    std::uint8_t pad[60] = {};
};
template <>
struct Describe<RouteGroup> {
    static constexpr std::string_view name = "RouteGroup";
    static constexpr std::array fields{BATON_FIELD(RouteGroup, count), BATON_FIELD(RouteGroup, member),
                                       BATON_FIELD(RouteGroup, pad)};
};
static_assert(sizeof(RouteGroup) == 128 && Shared<RouteGroup>);

/// One owner's route to a prefix.
struct RouteCandidate {
    std::atomic<std::uint32_t> leaf = 0;           // Leaf; 0: this owner has none
    std::atomic<std::uint16_t> epoch = 0;          // RoutesControl::epoch[owner] when it was last said
    std::atomic<std::uint8_t> protocol = 0;        // RouteProtocol
    std::atomic<std::uint8_t> pad = 0;
    std::atomic<std::uint32_t> metric = 0;
    std::atomic<std::uint32_t> since = 0;          // RoutesControl::second when it came or changed
};
template <>
struct Describe<RouteCandidate> {
    static constexpr std::string_view name = "RouteCandidate";
    static constexpr std::array fields{BATON_FIELD(RouteCandidate, leaf),     BATON_FIELD(RouteCandidate, epoch),
                                       BATON_FIELD(RouteCandidate, protocol), BATON_FIELD(RouteCandidate, pad),
                                       BATON_FIELD(RouteCandidate, metric),   BATON_FIELD(RouteCandidate, since)};
};
static_assert(sizeof(RouteCandidate) == 16);

/// Everything that is known of a prefix. Of several owners' candidates the first in the order configuration, routing, arp is
/// what the trie holds. Records are found by an index that the applier keeps to itself and makes anew when it starts.
struct RouteRecord {                               // owner: applier
    std::atomic<std::uint64_t> key = 0;            // RouteKey; 0: free. Stored after the prefix, before any candidate
    std::atomic<std::uint64_t> high = 0, low = 0;  // IpBits of the prefix
    RouteCandidate by[owner_count - 1];            // [Owner - 1]
};
template <>
struct Describe<RouteRecord> {
    static constexpr std::string_view name = "RouteRecord";
    static constexpr std::array fields{BATON_FIELD(RouteRecord, key), BATON_FIELD(RouteRecord, high),
                                       BATON_FIELD(RouteRecord, low), BATON_FIELD(RouteRecord, by)};
};
static_assert(sizeof(RouteRecord) == 72 && Shared<RouteRecord>);

/// RouteRecord::key: family:8 | length:8 | 1:1.
struct RouteKey {
    Family family{};
    std::uint8_t length = 0;

    static constexpr RouteKey of(std::uint64_t word) {
        return {static_cast<Family>(word >> 8 & 0xff), static_cast<std::uint8_t>(word >> 16 & 0xff)};
    }
    constexpr std::uint64_t word() const {
        return static_cast<std::uint64_t>(length) << 16 | static_cast<std::uint64_t>(family) << 8 | 1;
    }
};

struct RouteRoot {                                 // owner: applier
    std::atomic<std::uint32_t> leaf = 0;           // Leaf of a prefix of at most 8 bits
    std::atomic<std::uint32_t> block = 0;          // number of the block; 0: none
};
template <>
struct Describe<RouteRoot> {
    static constexpr std::string_view name = "RouteRoot";
    static constexpr std::array fields{BATON_FIELD(RouteRoot, leaf), BATON_FIELD(RouteRoot, block)};
};
static_assert(sizeof(RouteRoot) == 8 && Shared<RouteRoot>);

struct RoutesControl {                             // owner: applier
    ArenaHeader header;
    std::atomic<std::uint64_t> intent = 0;         // 1 + the record whose change is under way; 0: none
    std::atomic<std::uint64_t> generation = 0;     // +1 after every change that may let a waiting packet go
    std::atomic<std::uint32_t> second = 0;         // clock for `used` and `since`: seconds since the arena was made
    std::atomic<std::uint32_t> ipfdb_aging = 0;    // seconds; 0: host entries do not age
    std::atomic<std::uint32_t> epoch[owner_count] = {};       // by Owner; routes of an older one go at its end_of_table
    std::atomic<std::uint32_t> routes[owner_count] = {};      // candidates, by Owner
    std::atomic<std::uint32_t> adjacencies = 0;    // high-water marks: none beyond has ever been used
    std::atomic<std::uint32_t> groups = 0;
    std::atomic<std::uint32_t> blocks = 0;
    std::atomic<std::uint32_t> nodes = 0;
    std::atomic<std::uint32_t> records = 0;
    std::atomic<std::uint32_t> refused = 0;        // changes for which there was no room, ever
    std::uint8_t pad[48] = {};
    RouteRoot root[2][256];                        // by Family
};
template <>
struct Describe<RoutesControl> {
    static constexpr std::string_view name = "RoutesControl";
    static constexpr std::array fields{
        BATON_FIELD(RoutesControl, header),      BATON_FIELD(RoutesControl, intent),
        BATON_FIELD(RoutesControl, generation),  BATON_FIELD(RoutesControl, second),
        BATON_FIELD(RoutesControl, ipfdb_aging), BATON_FIELD(RoutesControl, epoch),
        BATON_FIELD(RoutesControl, routes),      BATON_FIELD(RoutesControl, adjacencies),
        BATON_FIELD(RoutesControl, groups),      BATON_FIELD(RoutesControl, blocks),
        BATON_FIELD(RoutesControl, nodes),       BATON_FIELD(RoutesControl, records),
        BATON_FIELD(RoutesControl, refused),     BATON_FIELD(RoutesControl, pad),
        BATON_FIELD(RoutesControl, root)};
};
static_assert(Shared<RoutesControl> && sizeof(RoutesControl) % 64 == 0);

// Where the parts lie, in bytes from the arena's begin.
inline constexpr std::uint64_t routes_step = 2u << 20;  // memory is taken in pieces of this size
inline constexpr std::uint64_t routes_groups_at = routes_step;
inline constexpr std::uint64_t routes_adjacencies_at = routes_groups_at + max_route_groups * sizeof(RouteGroup);
inline constexpr std::uint64_t routes_adjacency_records_at = routes_adjacencies_at + max_adjacencies * sizeof(Adjacency);
inline constexpr std::uint64_t routes_blocks_at =
    routes_adjacency_records_at + max_adjacencies * sizeof(AdjacencyRecord);
inline constexpr std::uint64_t routes_nodes_at = routes_blocks_at + std::uint64_t{max_route_blocks} * route_block_slots * 4;
inline constexpr std::uint64_t routes_records_at = routes_nodes_at + std::uint64_t{max_route_nodes} * route_node_slots * 4;
inline constexpr std::uint64_t routes_arena_size =
    routes_records_at + std::uint64_t{max_route_records} * sizeof(RouteRecord);
static_assert(sizeof(RoutesControl) <= routes_step);
static_assert(routes_adjacencies_at % routes_step == 0 && routes_adjacency_records_at % routes_step == 0 &&
              routes_blocks_at % routes_step == 0 && routes_nodes_at % routes_step == 0 &&
              routes_records_at % routes_step == 0);

/// Allocated when the arena is made: control, groups and adjacencies, which workers may read at any index.
inline constexpr std::uint64_t routes_touched = routes_adjacency_records_at;

}  // namespace baton
