// SPDX-License-Identifier: Apache-2.0
// What `show msm-failover` tells of each board's subsystems: state and reason, now and before, the bulk transfer that
// runs, and what mends what is amiss.
//
//   the board                              its states
//   is there and beats                     as its page says
//   is there, starts, ends or is silent    unknown
//   is not there                           <not available>
#pragma once

#include "controlplane/commands/boards_view.h"

namespace baton::commands {

/// One object for each subsystem, whatever the board does.
Json subsystems_json(const Switch& sw, const BoardView& view);

/// How far the bulk transfer of a slave is, or of the last one; null when there was none.
Json transfer_json(const BoardView& view);

/// Fields of a board that are neither role nor subsystem: what runs on it, how far it follows.
void add_following(Json& board, const Switch& sw, const BoardView& view);

/// The table of both boards, and below it the remedies for what failed.
std::string subsystems_text(const Json& boards);

/// "msm-b follows ..." for every slave that follows.
std::string following_text(const Json& boards);

}  // namespace baton::commands
