// SPDX-License-Identifier: Apache-2.0
// What one FPM frame of zebra's (dplane_fpm_nl) says, read from netlink's bytes: pure, bounded, no system call. Frames
// come from a socket, so every length is checked before it is believed, and a frame that is wrong anywhere says
// nothing.
//
//   RTM_NEWROUTE               set: this prefix leads there
//   RTM_DELROUTE               remove (type 0, no next hop: only table and prefix count)
//   RTM_DELROUTE + RTM_NEWROUTE in one frame    set: what leads there changes, and there is no moment without it
//   RTM_NEWROUTE of the kernel's own (protocol 2)    remove: zebra prefers an interface's prefix, which Baton knows
//   itself
//
// Other tables than main, other kinds of messages, prefixes that no router forwards by (multicast, loopback,
// link-local) are passed over and counted. RFC 3549 (netlink), linux/rtnetlink.h; read from FRR 8.4.4's wire.
//
// Not done: next-hop groups (`fpm use-next-hop-groups`; routes then carry a number and no next hop), MPLS, IPv4 over
// IPv6 next hops (RTA_VIA, RFC 8950): such next hops count as unusable.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "sync/layout/routes.h"

namespace baton::zebra {

struct NextHop {
    IpBits address;               // 0: the destination itself is on that interface
    std::uint32_t interface = 0;  // as the kernel numbers it in the namespace of the TAPs
    std::uint16_t weight = 1;
    friend bool operator==(const NextHop&, const NextHop&) = default;
};

/// What is to become of one prefix.
struct Change {
    bool remove = false;
    bool sentinel = false;  // not a route: behind it zebra has said all it knows
    Family family{};
    std::uint8_t length = 0;
    IpBits prefix;
    RouteKind kind = RouteKind::forward;
    RouteProtocol protocol{};
    std::uint32_t metric = 0;
    std::uint8_t hop_count = 0;
    std::array<NextHop, hops_most> hops{};

    std::span<const NextHop> next_hops() const { return {hops.data(), hop_count}; }
};

enum class Fault : std::uint8_t {
    none,
    message_cut,    // a netlink message that ends before its header, its body or the frame says so
    attribute_cut,  // likewise an attribute or a next hop
    family,         // a route of neither IP
    prefix_length,  // longer than the family's addresses
    address_size,   // an address that is not of the family's size
    prefix_bits,    // bits set behind the prefix's length
};
inline constexpr std::string_view fault_names[] = {"none",          "message cut",  "attribute cut", "address family",
                                                   "prefix length", "address size", "prefix bits"};

struct Frame {
    std::vector<Change> changes;     // each prefix once
    std::uint32_t pid = 0;           // nlmsg_pid: another one is another zebra; 0: no message had one
    std::uint32_t passed_over = 0;   // messages that are none of Baton's business
    std::uint32_t without_hops = 0;  // sets that came without a next hop that can be used: they remove
    std::uint32_t hops_cut = 0;      // next hops beyond hops_most
};

/// Reads a frame's payload into `into`, whose memory is used again. After a fault `into` holds no change.
Fault read_frame(std::span<const std::uint8_t> payload, Frame& into);

/// `ipv6 route fefe:ffff::1/128 blackhole` in FRR's configuration: IPv6, longest, almost the last address there is, so
/// that zebra sends it behind all others.
inline constexpr IpBits sentinel_prefix{0xfefe'ffff'0000'0000ull, 1};

}  // namespace baton::zebra
