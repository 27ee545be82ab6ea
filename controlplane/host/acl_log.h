// SPDX-License-Identifier: Apache-2.0
// The lines about packets that access lists with `log` matched. Workers tell of 100 matches a second each; of those,
// ten at once and five a second come into the log, which is journalled, and each line says how many were passed over.
#pragma once

#include <string>

#include "controlplane/standby/log_ring.h"
#include "sync/channel/punt_ring.h"
#include "sync/layout/acl.h"

namespace baton {

class AclLogger {
  public:
    explicit AclLogger(const AclArena& arena) : arena_(arena) {}

    /// A punted frame of PuntReason::acl; `port`: the name of the port that it came in by.
    void take(const PuntedFrame& frame, const std::string& port, Time now);

  private:
    const AclArena& arena_;
    LineRate rate_{10, 5};
    std::uint64_t held_back_ = 0;
};

/// "tcp 10.0.0.1:1234 to 10.0.0.2:80" of what a frame begins with.
std::string describe_packet(std::span<const std::uint8_t> frame);

}  // namespace baton
