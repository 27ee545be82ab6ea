// SPDX-License-Identifier: Apache-2.0
// A session at a terminal: line editing and history by libedit, Tab completes, `?` explains at once, Ctrl-C clears the
// line (or ends the waiting for a command), the end of input ends the session.
#pragma once

#include <optional>
#include <string>

#include "controlplane/shell/client.h"

namespace baton::session {

/// Returns the exit code: that of a session that ended, not of its commands.
int interactive(Client& client);

/// Asks a question that is answered with y or n.
bool ask_at_terminal(const std::string& question);

/// One typed line; nothing at the end of input or ^C.
std::optional<std::string> ask_for(const std::string& question);

/// The same, and what is typed is not seen.
std::optional<std::string> ask_unseen(const std::string& question);

}  // namespace baton::session
