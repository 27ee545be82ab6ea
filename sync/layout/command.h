// SPDX-License-Identifier: Apache-2.0
// What a master may ask of the data plane, and the rings it asks through. One ring for each term: the master of term N
// writes ring N % ring_count and nothing else. The chassis empties a ring before it grants its term, after the last
// holder is dead. The applier reads only the ring of the current term, and refuses (and counts) any command whose own
// term is not the current one, so a master that lost the baton changes nothing, wherever it writes.
//
// Commands say what shall be, not what to do: `vlan_set` carries the whole VLAN, so it may be applied twice, and a new
// master simply says everything again and then `end_of_table`; the applier sweeps what was not said (reconcile).
#pragma once

#include "sync/base/ids.h"
#include "sync/base/ip.h"
#include "sync/layout/acl_rule.h"
#include "sync/layout/arena.h"
#include "sync/layout/port_set.h"

namespace baton {

enum class CommandType : std::uint16_t {
    none = 0,
    vlan_set,          // VlanSet: create or change; membership is replaced as a whole
    vlan_delete,       // VlanDelete; its dynamic FDB entries go too
    port_set,          // PortSet: administrative state and port VLAN
    fdb_static_set,    // FdbStatic: permanent or black-holed entry
    fdb_static_delete, // FdbStatic: mac and vlan
    fdb_flush,         // FdbFlush: dynamic entries
    fdb_aging,         // FdbAging
    end_of_table,      // EndOfTable: all of this owner's entries have been said (or its time is up); sweep the rest
    hardware_reset,    // HardwareReset: what a take-over that is not hitless does not keep
    fabric_set,        // FabricSet: which planes modules may use
    interface_set,     // InterfaceSet: what a VLAN is to layer 3; all zero: nothing
    route_set,         // RouteSet: this owner's route to a prefix, with all its next hops
    route_hops,        // RouteHops: further next hops, of the route_set that follows
    route_delete,      // RouteDelete: this owner's route to a prefix
    routes_mark,       // no body: routes of this owner that are not said again before its end_of_table go then
    neighbor_set,      // NeighborSet: a neighbour's address is known; it is a next hop and a host of the IP FDB
    neighbor_delete,   // NeighborDelete: it is not known any more
    ipfdb_flush,       // IpfdbFlush: host entries; they come back when they are asked for
    ipfdb_aging,       // IpfdbAging
    frame_send,        // FrameSend: a frame that a board makes (ARP, neighbour discovery)
    acl_set,           // AclRule: it is in force
    acl_delete,        // AclRule: it is not
};

/// Who answers for an entry. `none` is the owner of entries that a data plane found when it started and nobody has claimed
/// since; its end_of_table comes last, when every owner has had his.
enum class Owner : std::uint16_t { none, configuration, arp, routing };
inline constexpr std::size_t owner_count = 4;
inline constexpr std::string_view owner_names[owner_count] = {"none", "configuration", "arp", "routing"};

enum class Outcome : std::uint32_t { pending = 0, done = 1, table_full = 2, bad_argument = 3, refused_term = 4 };

inline constexpr std::uint16_t vlan_has_tag = 1;    // frames tagged with this VID belong to it; else untagged frames only
inline constexpr std::uint16_t static_blackhole = 1;  // FdbStatic.flags: frames to and from this address are dropped

struct VlanSet {
    std::uint16_t vlan;     // 1..4094
    std::uint16_t flags;    // vlan_has_tag
    std::uint32_t pad;
    PortSet256 member;      // all members
    PortSet256 untagged;    // those of them that send without a tag
};
struct VlanDelete { std::uint16_t vlan; };
struct PortConfig {
    std::uint16_t port;
    std::uint16_t port_vlan;  // for untagged and priority-tagged frames; 0: dropped
    std::uint16_t enabled;    // 0 or 1
};
struct FdbStatic {
    std::uint64_t mac;      // 48 bits, Mac::value()
    std::uint16_t vlan;
    std::uint16_t port;     // ignored when black-holed
    std::uint16_t flags;    // static_blackhole
    std::uint16_t pad;
};
struct FdbFlush {           // each 0 means any; mac needs vlan
    std::uint64_t mac;
    std::uint16_t vlan;
    std::uint16_t port;
    std::uint32_t pad;
};
struct FdbAging { std::uint32_t seconds; };  // 0: never
struct EndOfTable { std::uint32_t timed_out; };  // 1: the owner has not finished, but the failover timer has expired
inline constexpr std::uint32_t reset_links = 1;   // every port loses its carrier for a moment, and what was learned behind it
inline constexpr std::uint32_t reset_l2 = 2;      // dynamic FDB entries and layer 2 states
inline constexpr std::uint32_t reset_l3 = 4;      // IP FDB, ARP, access lists
struct HardwareReset { std::uint32_t what; };
struct FabricSet { std::uint32_t usable; };  // bit n: the plane of slot n

inline constexpr std::uint16_t interface_up = 1;       // it has an address: the router takes frames to its own MAC there
inline constexpr std::uint16_t interface_forwards_v4 = 2;
inline constexpr std::uint16_t interface_forwards_v6 = 4;
inline constexpr std::uint16_t interface_redirects = 8;    // tell hosts of a better first hop
inline constexpr std::uint16_t interface_unreachables = 16;  // and of what cannot be reached
struct InterfaceSet {
    std::uint16_t vlan;
    std::uint16_t flags;         // interface_*
    std::uint16_t mtu;           // of IP, in bytes: 68 (IPv6: 1280) to 9198
    std::uint16_t pad;
    std::uint32_t ipv4;          // primary address, host order: the source of what the router itself says; 0: none
    std::uint32_t pad2;
    std::uint64_t ipv6_high;     // a global address, likewise; 0: none
    std::uint64_t ipv6_low;
};

/// Where a route comes from; what `show iproute` calls its origin.
enum class RouteProtocol : std::uint8_t { none, direct, blackhole, fixed, rip, ospf, bgp, isis, other, host };
inline constexpr std::string_view route_protocol_names[] = {"none", "Direct", "BlackHole", "Static", "RIP",
                                                            "OSPF", "BGP",    "ISIS",      "Other",  "Host"};

/// What is to be done with a packet that a route leads to.
enum class RouteKind : std::uint8_t {
    forward,    // to one of its next hops
    connected,  // the prefix is a VLAN's own (hops[0].vlan): its hosts are asked for
    local,      // one of the router's own addresses
    broadcast,  // a connected subnet's broadcast address
    blackhole,
    reject,
};

inline constexpr unsigned hops_most = 16;         // next hops of a route
struct RouteHop {          // IPv4: `high` is the address, shifted up by 32, `low` is 0
    std::uint64_t high;
    std::uint64_t low;
    std::uint16_t vlan;
    std::uint16_t weight;  // kept for show; flows are dealt out evenly
    std::uint32_t pad;
};
struct RouteSet {
    std::uint64_t high;    // the prefix, its first bit uppermost; bits beyond `length` are 0
    std::uint64_t low;
    Family family;
    std::uint8_t length;
    RouteKind kind;
    RouteProtocol protocol;
    std::uint32_t metric;
    std::uint8_t hop_count;   // of `hops`; those of the route_hops before this command come first
    std::uint8_t pad[7];
    RouteHop hops[2];
};
struct RouteHops {
    std::uint8_t hop_count;
    std::uint8_t pad[7];
    RouteHop hops[4];
};
struct RouteDelete {
    std::uint64_t high;
    std::uint64_t low;
    Family family;
    std::uint8_t length;
    std::uint8_t pad[6];
};
struct NeighborSet {
    std::uint64_t high;    // as RouteHop
    std::uint64_t low;
    std::uint64_t mac;     // Mac::value()
    std::uint16_t vlan;
    Family family;
    std::uint8_t pad[5];
};
struct NeighborDelete {
    std::uint64_t high;
    std::uint64_t low;
    std::uint16_t vlan;
    Family family;
    std::uint8_t pad[5];
};
struct IpfdbFlush {        // each 0 means any; an address needs its VLAN
    std::uint64_t high;
    std::uint64_t low;
    std::uint16_t vlan;
    Family family;
    std::uint8_t pad[5];
};
struct IpfdbAging { std::uint32_t seconds; };  // 0: never

inline constexpr std::size_t sent_frame_most = 96;
struct FrameSend {
    std::uint16_t vlan;
    std::uint16_t length;                // of `bytes`: a whole frame without tag and FCS; short ones are padded
    std::uint32_t pad;
    std::uint8_t bytes[sent_frame_most]; // where it goes says its destination address: known, or all of the VLAN
};

struct Command {                // 128 bytes: two cache lines
    std::uint64_t term = 0;     // of the master that wrote it
    std::uint64_t sequence = 0; // from 1 in each term; slot (sequence - 1) % ring_slots
    CommandType type{};
    Owner owner{};
    std::uint32_t pad = 0;
    std::uint64_t body[13] = {};  // one of the structs above

    template <class Body>
    void set(const Body& from) {
        static_assert(sizeof(Body) <= sizeof(body) && std::is_trivially_copyable_v<Body>);
        __builtin_memcpy(body, &from, sizeof(Body));
    }
    template <class Body>
    Body get() const {
        static_assert(sizeof(Body) <= sizeof(body) && std::is_trivially_copyable_v<Body>);
        Body out;
        __builtin_memcpy(&out, body, sizeof(Body));
        return out;
    }
};
template <>
struct Describe<Command> {
    static constexpr std::string_view name = "Command";
    static constexpr std::array fields{BATON_FIELD(Command, term),  BATON_FIELD(Command, sequence),
                                       BATON_FIELD(Command, type),  BATON_FIELD(Command, owner),
                                       BATON_FIELD(Command, pad),   BATON_FIELD(Command, body)};
};
static_assert(sizeof(Command) == 128 && Shared<Command>);

inline constexpr std::size_t ring_slots = 1024;
inline constexpr std::size_t ring_count = 8;

struct alignas(64) CommandRing {                 // owner: master of `term`; emptied by the chassis before the grant
    std::atomic<std::uint64_t> term = 0;
    std::atomic<std::uint64_t> written = 0;      // commands ever written in this term; pairs with the applier's acquire
    std::uint8_t pad[48] = {};
    Command slots[ring_slots];
};
template <>
struct Describe<CommandRing> {
    static constexpr std::string_view name = "CommandRing";
    static constexpr std::array fields{BATON_FIELD(CommandRing, term), BATON_FIELD(CommandRing, written),
                                       BATON_FIELD(CommandRing, pad), BATON_FIELD(CommandRing, slots)};
};
static_assert(sizeof(CommandRing) == 64 + ring_slots * 128 && Shared<CommandRing>);

struct CommandArena {
    ArenaHeader header;
    CommandRing rings[ring_count];
};
template <>
struct Describe<CommandArena> {
    static constexpr std::string_view name = "CommandArena";
    static constexpr std::array fields{BATON_FIELD(CommandArena, header), BATON_FIELD(CommandArena, rings)};
};
static_assert(Shared<CommandArena>);

}  // namespace baton
