// SPDX-License-Identifier: Apache-2.0
// A test frame, as it is made and as it is looked at when it comes out. Ordinary UDP over IPv4 (198.18.0.0/15, RFC 2544
// appendix C.2.2; header checksum valid, UDP checksum 0 = "none", RFC 768), so that kernels and tcpdump see nothing
// odd. The stamp fits a minimum frame, 60 bytes without FCS, untagged; a tag makes a frame 4 bytes longer:
//
//   dst 6 | src 6 | (tag 4) | 0800 | IPv4 20 | UDP 8 | run 2 | flow 2 | sequence 6 | sent 4 | CRC-32C 4 | payload
//
// `run` is drawn afresh by each tester, so frames of an earlier run or of a neighbour are told from ours. `sent` counts
// ticks of 64 ns and wraps after 275 s. The CRC covers all but the tag (a switch may change that) and itself. The ends
// where a frame must come out are not in it: sender and judge are one process, and the flow's number says them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sync/base/ids.h"
#include "sync/base/mac.h"
#include "sync/base/time.h"

namespace baton::tester {

inline constexpr std::uint16_t udp_port = 47728;
inline constexpr std::size_t least_frame = 60;  // untagged, without FCS
inline constexpr std::size_t largest_frame = 9216;

inline constexpr std::uint16_t probe_bit = 0x8000;     // in `flow`: a probe of that flow
inline constexpr std::uint16_t announce_bit = 0x4000;  // in `flow`: tells the switch where an address is
inline constexpr std::uint16_t flow_mask = 0x3fff;

struct Stamp {
    std::uint16_t run = 0;
    std::uint16_t flow = 0;
    std::uint64_t sequence = 0;  // 48 bits: nine years at 1 Mpps
    std::uint32_t sent = 0;      // ticks
};

constexpr std::uint32_t ticks(Time at) {
    return static_cast<std::uint32_t>(at.ns >> 6);
}

/// How long ago, by the stamp, a frame was sent.
constexpr std::uint64_t since(std::uint32_t sent, Time now) {
    return std::uint64_t{ticks(now) - sent} << 6;
}

/// A frame of one flow and size, ready but for what differs from frame to frame.
class FrameMould {
  public:
    /// `size`: bytes untagged, without FCS; `tag`: 0 is none.
    FrameMould(std::uint16_t flow, std::size_t size, VlanId tag);

    std::size_t size() const { return bytes_.size(); }  // with the tag

    /// Writes size() bytes.
    void cast(std::uint8_t* into, const Mac& to, const Mac& from, const Stamp& stamp) const;

  private:
    std::vector<std::uint8_t> bytes_;
    std::size_t type_at_;  // where the EtherType 0800 stands: 12, or 16 behind a tag
};

enum class Look { foreign, other_run, corrupted, ours };

struct Looked {
    Look look = Look::foreign;
    Stamp stamp;     // believed when ours; a guess when corrupted
    VlanId tag = 0;  // VLAN identifier it came with; 0: none

    // Of routed packets (eye.h); a wrong time to live or checksum is `corrupted` as well.
    std::uint32_t stream = 0;  // which pair of the flow's addresses
    bool wrong_hop = false;    // not from the router to the next hop
    bool wrong_ttl = false, wrong_checksum = false;
};

/// What `frame` is. `tag`: the tag control word that a packet socket took out of the frame, if it did.
Looked look_at(std::span<const std::uint8_t> frame, std::optional<std::uint16_t> tag, std::uint16_t run);

/// CRC-32C by the CPU's instruction when it has one: at 1500 bytes the table would cost more than the whole loop.
std::uint32_t fast_crc32c(std::span<const std::uint8_t> bytes, std::uint32_t crc = 0);

}  // namespace baton::tester
