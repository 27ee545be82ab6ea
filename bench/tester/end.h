// SPDX-License-Identifier: Apache-2.0
// An end that the tester drives: where frames go into the switch and come out of it. What an end itself loses it counts
// (Trouble), so that it is never charged to the switch. Calls are per burst; one thread.
//
//   wire:SOCKET#1:1        end 1 of the wire behind port 1:1, asked of the chassis at SOCKET
//   packet:IFACE           a packet socket on a kernel interface
//   packet:NETNS/IFACE     the same in a named network namespace
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sync/base/result.h"

namespace baton::tester {

inline constexpr unsigned burst_size = 64;

struct Arrived {
    std::span<const std::uint8_t> bytes;
    std::optional<std::uint16_t> tag;  // when the kernel took the tag out of the frame
};

struct Trouble {
    std::uint64_t overflows = 0;  // frames (packet) or times (wire) that the end's own receive queue was full
};

class End {
  public:
    virtual ~End() = default;

    /// Bytes of the longest frame it takes, tag included.
    virtual std::size_t largest() const = 0;

    /// Is there a link? Frames sent before are lost, and nobody's fault.
    virtual bool link_up() const { return true; }

    /// How many frames may be put in now, `wanted` (at most burst_size) at the most.
    virtual unsigned room(unsigned wanted) = 0;

    /// Where the n-th frame of the burst is to be written; n below room().
    virtual std::uint8_t* to_fill(unsigned n, std::size_t size) = 0;

    /// Sends the first `count` frames filled; how many were taken. The others were not sent.
    virtual unsigned send(unsigned count) = 0;

    /// At most burst_size frames that came out; valid until done().
    virtual std::span<const Arrived> receive() = 0;
    virtual void done() = 0;

    virtual Trouble trouble() = 0;
};

/// Opens what `spec` names (see above).
Result<std::unique_ptr<End>> open_end(std::string_view spec);

}  // namespace baton::tester
