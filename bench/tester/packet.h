// SPDX-License-Identifier: Apache-2.0
// A packet that is to be routed: UDP or an ICMP echo over IPv4 or IPv6, all checksums right, addressed to the router's
// MAC, with the stamp of frame.h behind the transport header:
//
//   dst 6 | src 6 | (tag 4) | type 2 | IPv4 20, IPv6 40 | UDP or ICMP 8 | run 2 | flow 2 | sequence 6 | sent 4 |
//   CRC-32C 4 | payload
//
// A router changes both MACs, the tag, the time to live and the IPv4 header's checksum; the CRC covers all the rest, so
// whatever else is changed is found. Of an echo it covers the addresses as in the request, identifier, sequence number,
// stamp and payload, because the answer is another packet. The UDP checksum covers the CRC, and is looked after as
// well.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "bench/tester/frame.h"
#include "bench/tester/ip.h"

namespace baton::tester {

inline constexpr std::uint16_t packet_port = 47863;  // two bits and more from udp_port

/// What the packets of one flow have in common.
struct Packet {
    Mac router;              // where they are sent to, and what they come from where they come out
    Ip source, destination;  // the first of each
    std::uint32_t sources = 1, destinations = 1;
    std::uint16_t source_port = packet_port, destination_port = packet_port;
    std::uint8_t ttl = 64;
    bool echo = false;

    std::size_t header_size() const { return source.v6() ? 40 : 20; }

    std::size_t least_size() const { return 14 + header_size() + 8 + 18; }

    std::uint32_t streams() const { return sources * destinations; }
};

/// Packets of one flow and size, ready but for what differs from packet to packet.
class PacketMould {
  public:
    /// `size`: bytes untagged, without FCS, at least packet.least_size(); `tag`: 0 is none.
    PacketMould(const Packet& packet, std::size_t size, VlanId tag);

    std::size_t size() const { return bytes_.size(); }  // with the tag

    /// Writes size() bytes: from the packet's `source`-th address to its `destination`-th.
    void cast(std::uint8_t* into, const Mac& from, std::uint32_t source, std::uint32_t destination,
              const Stamp& stamp) const;

  private:
    Packet packet_;
    std::vector<std::uint8_t> bytes_;
    std::size_t type_at_;
};

/// What a frame says of itself when it is taken for a packet of ours.
struct PacketSeen {
    Stamp stamp;
    Mac to, from;
    Ip source, destination;
    std::uint8_t ttl = 0;
    bool reply = false;            // an echo's
    bool whole = false;            // the CRC holds, and the lengths
    bool checksums_right = false;  // of IPv4 header and transport
    std::uint32_t stream = 0;      // which pair of the flow's addresses
};

/// `frame` with its EtherType at `type_at`, read as a packet of `packet`'s kind; nothing when it is too short for that
/// or is none. `signs` of three: it looks like ours when two hold.
std::optional<PacketSeen> read_packet(std::span<const std::uint8_t> frame, std::size_t type_at, const Packet& packet,
                                      std::uint16_t run, unsigned& signs);

/// The number of the flow that a packet of that family says it belongs to; nothing when it is too short.
std::optional<std::uint16_t> flow_of_packet(std::span<const std::uint8_t> frame, std::size_t type_at, bool v6);

/// The Internet checksum (RFC 1071) over `bytes` and, when there is one, the pseudo-header; 0 when a checksum in them
/// is right.
std::uint16_t internet_checksum(std::span<const std::uint8_t> bytes);
std::uint16_t transport_checksum(const Ip& source, const Ip& destination, std::uint8_t protocol,
                                 std::span<const std::uint8_t> bytes);

}  // namespace baton::tester
