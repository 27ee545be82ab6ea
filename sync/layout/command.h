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
#include "sync/layout/arena.h"

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
};

/// Who answers for an entry. `none` is the owner of entries that a data plane found when it started and nobody has claimed
/// since; its end_of_table comes last, when every owner has had his.
enum class Owner : std::uint16_t { none, configuration, arp, routing };
inline constexpr std::size_t owner_count = 4;
inline constexpr std::string_view owner_names[owner_count] = {"none", "configuration", "arp", "routing"};

enum class Outcome : std::uint32_t { pending = 0, done = 1, table_full = 2, bad_argument = 3, refused_term = 4 };

/// A set of ports: bit n is PortId n.
struct PortSet256 {
    std::uint64_t words[4] = {};

    constexpr bool has(PortId port) const { return words[port / 64] >> port % 64 & 1; }
    constexpr void add(PortId port) { words[port / 64] |= 1ull << port % 64; }
    constexpr void remove(PortId port) { words[port / 64] &= ~(1ull << port % 64); }
    constexpr bool empty() const { return (words[0] | words[1] | words[2] | words[3]) == 0; }
    friend constexpr bool operator==(const PortSet256&, const PortSet256&) = default;
};
template <>
struct Describe<PortSet256> {
    static constexpr std::string_view name = "PortSet256";
    static constexpr std::array fields{BATON_FIELD(PortSet256, words)};
};

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
