// SPDX-License-Identifier: Apache-2.0
// What Baton sees of a zebra: a connection to its FPM endpoint, and frames as dplane_fpm_nl makes them (FRR 8.4.4),
// IPv4 with one next hop. Frames are made before they are said, 64 bytes for a route, so that this end is never the
// slow one.
//
//   frame = version 1, type 1, length:16 of all of it, netlink messages
//
//   set       RTM_NEWROUTE                    changed   RTM_DELROUTE, RTM_NEWROUTE in one frame
//   removed   RTM_DELROUTE                    sentinel  that was all (controlplane/route/fpm_reader.h)
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sync/base/ip.h"
#include "sync/region/arena.h"

namespace baton::programming {

struct NextHop {
    std::uint32_t address = 0, interface = 0;  // the interface as its namespace numbers it
};

class Frames {
  public:
    void set(const IpPrefix& prefix, const NextHop& hop);
    void changed(const IpPrefix& prefix, const NextHop& hop);
    void removed(const IpPrefix& prefix);
    void sentinel();

    std::span<const std::uint8_t> bytes() const { return bytes_; }

    std::uint64_t count() const { return count_; }

    /// How far the FPM ring has been written when it was at `at` and these have come (sync/channel/fpm_ring.h).
    std::uint64_t ring_behind(std::uint64_t at) const;

  private:
    template <class Message>
    void put(const Message& message);
    void begin(std::size_t payload);

    std::vector<std::uint8_t> bytes_;
    std::uint64_t count_ = 0;
};

/// The connection; it ends with this.
class Zebra {
  public:
    /// Throws StartupError when the endpoint does not answer within ten seconds.
    explicit Zebra(const std::string& netns);

    /// Waits while Baton does not read.
    void say(std::span<const std::uint8_t> frames) const;

    void say(const Frames& frames) const { say(frames.bytes()); }

  private:
    Fd connection_;
};

/// The number of an interface in a namespace. Throws StartupError when it does not come within ten seconds.
std::uint32_t interface_in(const std::string& netns, const std::string& name);

}  // namespace baton::programming
