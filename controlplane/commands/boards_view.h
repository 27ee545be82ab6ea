// SPDX-License-Identifier: Apache-2.0
// The two boards and the grants as shared memory shows them. A board's page keeps what its last incarnation wrote, so
// it counts only while the chassis says that the same process runs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controlplane/commands/call.h"

namespace baton::commands {

struct BoardView {
    Slot slot{};
    std::string role = "absent";  // "master", "slave", "absent"
    std::string state =
        "<not available>";  // what it is doing: "active", "ready", "following", "starting", "<not available>"
    std::uint32_t pid = 0;
    std::uint32_t starts = 0;
    std::string release = "-";        // "0.1.0"; "-" when absent
    const BoardPage* page = nullptr;  // null when absent
};

BoardView board_view(const Switch& sw, Slot slot);

struct GrantView {  // one change of the baton
    Term term = 0;
    Slot holder = Slot::none, last_holder = Slot::none;
    Cause cause{};
    std::uint32_t signal = 0;
    std::int64_t wall_ns = 0;
    std::int64_t duration_ns = 0;  // loss to the first command taken; 0: not known (yet), or nobody was lost
    /// By the data plane, for any reason, from the last look before the grant until all was said again and links were
    /// back: what the failover cost, seen from the switch. Nothing while that lasts, or when the data plane was away.
    std::optional<std::uint64_t> frames_dropped;
};

/// The last grants, oldest first, at most 64.
std::vector<GrantView> grants(const Switch& sw);

}  // namespace baton::commands
