// SPDX-License-Identifier: Apache-2.0
// How an error is said, to people and to programs; by the master and, where no master was needed, by the client.
//
//   %% "tga" is not known here; expected add, delete or tag
//      configure vlan Default tga 5
//                             ^^^
#pragma once

#include <string>
#include <string_view>

#include "controlplane/commands/line.h"
#include "sync/base/result.h"

namespace baton::commands {

/// JSON: {"error", "code", "position", "length", "expected": [...]}, position in bytes from the line's beginning.
std::string text_of(const Complaint& complaint, std::string_view line, bool json);

/// JSON: {"error", "code"}.
std::string text_of(const Error& error, bool json);

/// What was done: the text as it is, or {"ok": true, "text": ...}.
std::string text_of_done(std::string text, bool json);

}  // namespace baton::commands
