// SPDX-License-Identifier: Apache-2.0
// The door of the neighbour engine: what may happen to it. Pure: all it knows of time is the argument `now`, and all it
// does is said in `Actions`. One machine for both families; ARP and neighbour discovery differ in their frames only.
//
//   asked for            incomplete -- heard --> reachable -- time --> probe -- heard --> reachable
//                            | 3 tries                                  | 3 tries
//                            v                                          v
//                          failed -- time --> gone                     gone
//
// A take-over is nothing special: the new master's view of configuration and links takes the place of the last one's,
// and what does not agree with it is mended, as after any change of the two. When they are the same, nothing happens.
#pragma once

#include <span>

#include "controlplane/arp/actions.h"

namespace baton::arp {

inline constexpr std::uint8_t tries_most = 3;              // RFC 4861 10: MAX_MULTICAST_SOLICIT, MAX_UNICAST_SOLICIT
inline constexpr Duration retransmit = seconds(1);         // RFC 1122 2.3.2.1: at most one a second; RETRANS_TIMER
inline constexpr Duration hold = seconds(5);               // that an address that did not answer is left alone
inline constexpr Duration delay = seconds(5);              // RFC 4861 10: DELAY_FIRST_PROBE_TIME
inline constexpr std::uint8_t announcements_count = 2;     // RFC 5227 1.1: ANNOUNCE_NUM
inline constexpr Duration announce_interval = seconds(2);  // ANNOUNCE_INTERVAL
inline constexpr Duration defend_interval = seconds(10);   // DEFEND_INTERVAL
inline constexpr std::size_t work_most = 128;              // due entries in one on_tick(); the rest stay due

/// A neighbour's frame, of ARP or neighbour discovery, as it came in; nobody else has answered it but workers.
void on_frame(State& state, VlanId vlan, PortId port, std::span<const std::uint8_t> frame, Time now, Actions& actions);

/// A packet waits for that address's MAC.
void on_resolve(State& state, const Key& key, Time now, Actions& actions);

/// What the operator said has changed.
void on_config(State& state, const Config& config, Time now, Actions& actions);

/// A port has come or gone, or is a member of another VLAN. Entries behind a port that went are asked for; those of a
/// VLAN without any port go.
void on_link(State& state, const Links& links, Time now, Actions& actions);

/// Does what is due, at most work_most of it. Call again at next_due().
void on_tick(State& state, Time now, Actions& actions);

/// This board is master now. `state.database` is what the last one had journalled.
void on_takeover(State& state, const Config& config, const Links& links, Time now, Actions& actions);

/// The operator wants dynamic entries forgotten: one, or those of a VLAN (0: of all) and a family. How many there were.
std::size_t on_clear(State& state, const Key& key, Actions& actions);
std::size_t on_clear(State& state, VlanId vlan, Family family, Actions& actions);

/// When on_tick() has something to do; Time::never().
Time next_due(const State& state);

/// All that the data plane shall know, for a master that says everything.
std::vector<Program> everything(const Database& database);

}  // namespace baton::arp
