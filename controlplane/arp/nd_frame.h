// SPDX-License-Identifier: Apache-2.0
// Neighbour discovery as bytes (RFC 4861 4.1, 4.3, 4.4, 4.6.1), in IPv6 without extension headers:
//
//   destination 6 | source 6 | {8100 tag} | 86dd | IPv6 40 (next header 58, hop limit 255)
//   type 1, code 0, checksum 2 | flags 4 | target 16 (NS, NA) | options: type 1, length 1 (of 8 bytes), ...
//
//   133 router solicitation     source link-layer address, option 1
//   135 neighbour solicitation  source link-layer address, option 1
//   136 neighbour advertisement target link-layer address, option 2; flags R, S, O
#pragma once

#include <span>
#include <vector>

#include "controlplane/arp/heard.h"

namespace baton::arp {

/// Nothing for what RFC 4861 6.1.1, 7.1.1 or 7.1.2 has discarded in silence.
std::optional<Heard> read_nd(std::span<const std::uint8_t> frame);

/// Asks `to` (of no MAC: the target's solicited-node group) for `target`.
std::vector<std::uint8_t> nd_solicitation(Mac own, IpAddress source, IpAddress target, std::optional<Mac> to);

/// Tells all nodes that `address` is ours: an unsolicited advertisement of a router, overriding (7.2.6).
std::vector<std::uint8_t> nd_announcement(Mac own, IpAddress address);

}  // namespace baton::arp
