// SPDX-License-Identifier: Apache-2.0
// Commands from a file or a pipe: one a line; blank lines and lines that begin with # are nothing. Stops at the first
// error unless told to go on, and names the line.
#pragma once

#include <istream>
#include <string>

#include "controlplane/shell/client.h"

namespace baton::session {

/// The exit code is that of the first command that failed, or 0.
int run_script(Client& client, std::istream& in, const std::string& name, bool keep_going);

/// One line, as from the command line.
int run_once(Client& client, const std::string& line);

/// The words of a command line as one line: a single word stands as it is, others are quoted where they need it.
std::string line_of(int count, char* const words[]);

}  // namespace baton::session
