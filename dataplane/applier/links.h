// SPDX-License-Identifier: Apache-2.0
// Asks the ports, which may cost a system call each, so that workers need not: link, speed, and what was lost where the
// switch could not see it. A few ports a round, all of them each 20 ms. Writes PortEntry and three drop counters.
//
// A failover that is not to keep links up takes all of them down for a second: carrier where the kind has one (tap,
// net_tap, interfaces of AF_PACKET and AF_XDP, NICs; a wire's other end is told), and in any case nothing comes in
// (link_reset) or goes out. A second, because kernels tell their neighbours of a lost carrier up to a second late.
#pragma once

#include <span>
#include <vector>

#include "dataplane/applier/changes.h"
#include "dataplane/port/port.h"
#include "sync/layout/tables.h"

namespace baton {

/// A port and its number in the tables.
struct NumberedPort {
    PortId id = no_port;
    Port* port = nullptr;
};

class Links {
  public:
    Links(TablesArena& tables, Changes& changes, std::vector<NumberedPort> ports);

    /// Asks the ports that are due; true when a link changed.
    bool turn(Time now);

    /// Asks all ports now: before workers start, so that the first frame finds the links as they are.
    void ask_all();

    void set_enabled(PortId id, bool enabled);

    /// All links down, and up again reset_time later.
    void reset(Time now);

    bool resetting() const { return reset_until_ != Time::never(); }

    static constexpr Duration reset_time = seconds(1);

  private:
    struct Watched {
        NumberedPort port;
        std::uint64_t missed = 0, no_buffer = 0, refused = 0;  // as the port said last
    };

    static constexpr Duration round_time = milliseconds(20);
    static constexpr std::size_t slice = 16;

    bool ask(Watched& watched);
    void end_reset();

    TablesArena* tables_;
    Changes* changes_;
    std::vector<Watched> ports_;
    std::size_t next_ = 0;
    Time round_began_;
    Time reset_until_ = Time::never();
};

}  // namespace baton
