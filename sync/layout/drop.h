// SPDX-License-Identifier: Apache-2.0
// Every way a frame can end other than being forwarded, each with its name and its counter (per port, `show drops`).
// Here and not in the data plane because boards show the names; the order is shared layout, so new reasons go last.
#pragma once

#include <cstdint>
#include <string_view>

namespace baton {

#define BATON_DROPS(X)                                                                        \
    X(runt, "shorter than 60 bytes without FCS")                                              \
    X(oversize, "longer than the port's largest frame")                                       \
    X(broken_tag, "an 802.1Q tag cut short, or VLAN identifier 4095")                         \
    X(source_multicast, "the source address has its group bit set")                           \
    X(port_disabled, "the port is disabled by configuration")                                 \
    X(no_port_vlan, "untagged, and the port is in no VLAN untagged")                          \
    X(vlan_unknown, "tagged with a VLAN that does not exist")                                 \
    X(not_member, "tagged with a VLAN that the port is no member of")                         \
    X(blackhole, "to or from a black-holed address")                                          \
    X(same_port, "the destination is where the frame came from")                              \
    X(no_other_port, "nowhere to flood: no other member is up")                               \
    X(egress_not_member, "the destination port left the VLAN")                                \
    X(egress_down, "the destination port is disabled or has no link")                         \
    X(egress_oversize, "too long for the destination port")                                   \
    X(transmit_full, "the port did not take the frame")                                       \
    X(handoff_full, "the ring to the port's own worker was full")                             \
    X(punt_full, "nobody read the punt ring")                                                 \
    X(no_buffer, "no packet buffer was free")                                                 \
    X(receive_missed, "lost by the port before the switch saw it")                            \
    X(link_reset, "the port's link was down for a moment, as a failover was to take it down") \
    X(fabric_lost, "the plane of the fabric that was to carry it is gone")                    \
    X(fabric_full, "the ring of its plane was full")                                          \
    X(ip_malformed, "an IP header cut short, or whose lengths cannot be")                     \
    X(ip_checksum, "the checksum of its IPv4 header is wrong")                                \
    X(ip_source, "an IP source address that no sender may have")                              \
    X(ip_destination, "an IP destination address that no router forwards to")                 \
    X(ip_options, "it names the routers that it wants to pass (source route)")                \
    X(not_routed, "to the router's address, in a VLAN that does not forward IP")              \
    X(not_ip, "to the router's address, and neither IPv4 nor IPv6 nor ARP")                   \
    X(ttl_expired, "its time to live, or hop limit, ended here")                              \
    X(no_route, "no route leads to its destination")                                          \
    X(route_blackhole, "its route is a black hole")                                           \
    X(route_reject, "its route says that it cannot be reached")                               \
    X(directed_broadcast, "to the broadcast address of a connected subnet")                   \
    X(unresolved, "the next hop did not answer (ARP, neighbour discovery)")                   \
    X(unresolved_full, "too many packets waited for next hops' addresses")                    \
    X(too_big, "larger than the next VLAN's MTU, and not to be fragmented")                   \
    X(neighbor_malformed, "ARP or neighbour discovery that cannot be right")                  \
    X(host_absent, "for the router itself, and nothing there wants it")                       \
    X(host_full, "for the router itself, which was busy")                                     \
    X(acl_denied, "an access list denies it")

enum class Drop : std::uint8_t {
#define BATON_DROP_NAME(name, meaning) name,
    BATON_DROPS(BATON_DROP_NAME)
#undef BATON_DROP_NAME
        count_
};

inline constexpr std::size_t drop_count = static_cast<std::size_t>(Drop::count_);

inline constexpr std::string_view drop_names[] = {
#define BATON_DROP_NAME(name, meaning) #name,
    BATON_DROPS(BATON_DROP_NAME)
#undef BATON_DROP_NAME
};

inline constexpr std::string_view drop_meanings[] = {
#define BATON_DROP_NAME(name, meaning) meaning,
    BATON_DROPS(BATON_DROP_NAME)
#undef BATON_DROP_NAME
};

}  // namespace baton
