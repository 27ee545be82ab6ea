// SPDX-License-Identifier: Apache-2.0
// The data plane, from the chassis' first note to the last frame. Start-up in the order things happen; each step needs
// the ones before it, and the end runs them backwards:
//
//   receive    arenas, wakes and kept port fds, over fd 3, until `begin`
//   map        each arena with the access it was given, layout checked
//   EAL        quiet, on the housekeeping cores
//   buffers    one pool, a frame in one segment
//   ports      opened by the factory; fds that are new go to the chassis with `keep`
//   FDB        opened where the last data plane left it
//   access lists  those in force are looked through from the first frame on, and compiled aside
//   workers    ports dealt out, rings between them
//   applier    links asked once, so that the first frame finds them as they are
//   turn       workers and applier run
#pragma once

#include "dataplane/options.h"

namespace baton::dataplane {

/// Runs until the chassis says `leave` or is gone, or SIGTERM. Throws StartupError when it cannot begin.
void run(const Options& options);

}  // namespace baton::dataplane
