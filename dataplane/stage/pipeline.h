// SPDX-License-Identifier: Apache-2.0
// The whole path of a burst, the stages listed once in order. Every frame of the batch has been consumed when it
// returns: queued in an outlet, punted, or dropped by name.
#pragma once

#include "dataplane/stage/stages.h"

namespace baton {

void run_pipeline(Context& context, Batch& batch);

}  // namespace baton
