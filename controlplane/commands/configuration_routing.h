// SPDX-License-Identifier: Apache-2.0
// Layer 3's part of configuration.h.
#pragma once

#include <string>

#include "controlplane/config/running.h"

namespace baton::commands {

/// The command that makes this change; empty when it is none of layer 3's.
std::string routing_command(const config::Change& change);

}  // namespace baton::commands
