// SPDX-License-Identifier: Apache-2.0
// `baton-chassis remove msm-a`: what hands do to a board of a running chassis, asked for at its door.
#pragma once

#include "sync/chassis/options.h"

namespace baton::chassis {

/// Sends options.act to the chassis that runs in options.run_dir, and prints what came of it; the exit code.
int act(const Options& options);

}  // namespace baton::chassis
