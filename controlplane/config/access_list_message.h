// SPDX-License-Identifier: Apache-2.0
// An access list and the journal's message of it, each from the other.
#pragma once

#include "controlplane/config/access_list.h"
#include "controlplane/config/config.pb.h"
#include "sync/base/result.h"

namespace baton::config {

/// Everything but its ports, which only who knows the switch's ports can check.
Result<AccessList> access_list_of(const AccessListCreate& message);

AccessListCreate as_message(const AccessList& list);

}  // namespace baton::config
