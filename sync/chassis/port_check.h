// SPDX-License-Identifier: Apache-2.0
// Has the port lines checked by the one program that knows ports: `baton-dataplane ... --check`, which opens nothing
// and prints one sentence for every fault. Here each sentence gets the file and line of the port that it names.
#pragma once

#include "sync/chassis/options.h"

namespace baton::chassis {

/// Throws StartupError with exit code 2 when a port or an EAL argument is wrong. Called before anything is started.
void check_ports(const Options& options, bool huge);

/// `line` with "file:line: " in front when it names one of the ports.
std::string with_place(const Options& options, std::string_view line);

}  // namespace baton::chassis
