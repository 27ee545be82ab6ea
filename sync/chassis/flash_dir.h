// SPDX-License-Identifier: Apache-2.0
// The boards' flash: a folder for each slot under flash-dir, which outlives the switch and is the board's alone (0700,
// owned by board-user). The chassis makes the folders and never looks into them; what lies there is the boards' affair
// (controlplane/config/flash.h).
#pragma once

#include <string>

#include "sync/base/ids.h"

namespace baton::chassis {

/// "/var/lib/baton/msm-a"
std::string flash_folder(const std::string& flash_dir, Slot slot);

/// Makes both, or makes them the user's again. Throws StartupError.
void make_flash(const std::string& flash_dir, unsigned uid, unsigned gid);

}  // namespace baton::chassis
