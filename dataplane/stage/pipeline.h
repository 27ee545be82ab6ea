// SPDX-License-Identifier: Apache-2.0
// The whole path of a burst, the stages listed once in order. Every frame of the batch has been consumed when it
// returns: queued in an outlet, punted, taken by the router itself, or dropped by name.
#pragma once

#include "dataplane/stage/stages.h"

namespace baton {

/// For what came in by a port.
void run_pipeline(Context& context, Batch& batch);

/// The last part of it, for frames that come from the router: VLAN, form of tag and mixed destination are there.
void send_on(Context& context, Batch& batch);

}  // namespace baton
