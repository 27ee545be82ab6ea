// SPDX-License-Identifier: Apache-2.0
// ARP as bytes (RFC 826), for Ethernet and IPv4:
//
//   destination 6 | source 6 | {8100 tag} | 0806 | 0001 0800 06 04 | operation 2 | sender MAC 6, IP 4 | target MAC 6,
//   IP 4
#pragma once

#include <span>
#include <vector>

#include "controlplane/arp/heard.h"

namespace baton::arp {

/// Nothing for what is not a whole request or reply of that kind, or tells of a group address.
std::optional<Heard> read_arp(std::span<const std::uint8_t> frame);

/// Asks `to` (of no MAC: everybody) who has `target`.
std::vector<std::uint8_t> arp_request(Mac own, IpAddress source, IpAddress target, std::optional<Mac> to);

/// Tells everybody that `address` is ours: a request for itself (RFC 5227 2.3), which replies would not be heard as
/// everywhere.
std::vector<std::uint8_t> arp_announcement(Mac own, IpAddress address);

}  // namespace baton::arp
