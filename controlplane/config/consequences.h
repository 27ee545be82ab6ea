// SPDX-License-Identifier: Apache-2.0
// What a change of the baton does to the switch, by its cause and by what the operator configured. Pure, so that the
// whole table is a test. The new master asks once, before it says anything (host/board.cc); `check msm-failover` and
// the question of `run msm-failover` ask what would be.
//
//   cause                      configuration from      links, layer 2, layer 3
//   operator command           slave-config            link-action, preserve-state
//   exception, msm-failover    slave-config            link-action, preserve-state
//   exception, none or reboot  flash                   all reset: the switch comes up anew
//   watchdog, keepalive        flash                   link-action; layers 2 and 3 reset; the failed board is reset
//   hard
//     with hang-action hitless slave-config            link-action, preserve-state
//   diagnostic, removal        slave-config            link-action, preserve-state; the lost board's plane is the
//   chassis's
//
// Dynamic addresses are layer 2; `keep-links-up` without preserve-state keeps the links and forgets the rest.
#pragma once

#include <string>
#include <vector>

#include "controlplane/config/failover.h"
#include "sync/layout/baton.h"

namespace baton::config {

struct Consequences {
    bool from_flash = false;   // what the master was running is given up for what the new master's flash holds
    bool reset_links = false;  // every port loses its carrier for a moment
    bool reset_l2 = false;
    bool reset_l3 = false;
    bool reset_failed = false;  // the board that hung is reset hard: its fabric plane goes too

    /// No frame is lost in layer 2. The guide counts `preserve-state l2` as hitless operation, so layer 3 is not asked.
    bool hitless() const { return !from_flash && !reset_links && !reset_l2 && !reset_failed; }

    friend bool operator==(const Consequences&, const Consequences&) = default;
};

Consequences consequences_of(Cause cause, const MsmFailover& failover, const RecoveryLevel& recovery);

/// "the configuration comes from flash, all links go down, ..."; "nothing is lost" when it is hitless.
std::string describe(const Consequences& consequences);

/// A setting that keeps failovers from being hitless.
struct Obstacle {
    std::string setting;  // "slave-config"
    std::string value;    // "flash"
    std::string remedy;   // the command that mends it
    bool any_cause;       // false: after an exception or a hang only; a failover by command is hitless all the same
};

/// In the order in which the guide's steps mend them: doing so from first to last is never refused.
std::vector<Obstacle> obstacles(const MsmFailover& failover, const RecoveryLevel& recovery);

}  // namespace baton::config
