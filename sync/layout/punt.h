// SPDX-License-Identifier: Apache-2.0
// Frames that the master must see: one ring for each worker, written by that worker, read by the master at its own
// cursor (BoardPage::punt_cursor), so a new master goes on where the last one stopped. A full ring drops, and counts.
#pragma once

#include "sync/base/ids.h"
#include "sync/layout/arena.h"

namespace baton {

inline constexpr std::size_t punt_slots = 256;
inline constexpr std::size_t punt_bytes = 2032;

/// Why the master sees it; each to its own engine.
enum class PuntReason : std::uint16_t {
    reserved,   // to an address that bridges never forward: 01:80:c2:00:00:0x
    arp,        // ARP, in a VLAN of layer 3: requests (answered already, when they were for the router) and replies
    neighbor,   // IPv6 neighbour discovery, likewise
    resolve,    // no frame: a PuntedAddress that a worker needs the MAC of
    acl,        // what an access list with `log` matched: a PuntedRule, then how the frame begins
};

/// The bytes of a `resolve`; the VLAN is the slot's.
struct PuntedAddress {
    std::uint64_t high, low;  // as IpBits
    std::uint64_t family;     // Family
};

/// What an `acl` begins with; the rest is a copy: the frame itself goes its way, or ends, as the rule says.
struct PuntedRule {
    std::uint32_t slot;       // of the rule, in the acl arena
    std::uint32_t version;    // AclSlot's, so that another rule that lies there now is not blamed
    std::uint32_t denied;     // 1: the frame was dropped
    std::uint32_t held_back;  // matches of rules with `log` that this worker did not tell of since the last
};

struct alignas(64) PuntSlot {                     // owner: the worker
    std::atomic<std::uint64_t> sequence = 0;      // n + 1 once frame n lies here; 0 while it is being written
    std::uint16_t port = 0;
    std::uint16_t vlan = 0;
    std::uint16_t length = 0;                     // bytes kept; a longer frame is cut
    PuntReason reason{};
    std::uint8_t bytes[punt_bytes] = {};
};
template <>
struct Describe<PuntSlot> {
    static constexpr std::string_view name = "PuntSlot";
    static constexpr std::array fields{BATON_FIELD(PuntSlot, sequence), BATON_FIELD(PuntSlot, port),
                                       BATON_FIELD(PuntSlot, vlan),     BATON_FIELD(PuntSlot, length),
                                       BATON_FIELD(PuntSlot, reason),   BATON_FIELD(PuntSlot, bytes)};
};
static_assert(sizeof(PuntSlot) == 2048 && Shared<PuntSlot>);

struct PuntArena {
    ArenaHeader header;
    std::atomic<std::uint64_t> written[max_workers] = {};  // frames ever written, by worker
    PuntSlot slots[max_workers][punt_slots];
};
template <>
struct Describe<PuntArena> {
    static constexpr std::string_view name = "PuntArena";
    static constexpr std::array fields{BATON_FIELD(PuntArena, header), BATON_FIELD(PuntArena, written),
                                       BATON_FIELD(PuntArena, slots)};
};
static_assert(Shared<PuntArena>);

}  // namespace baton
