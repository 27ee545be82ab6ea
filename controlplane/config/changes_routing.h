// SPDX-License-Identifier: Apache-2.0
// Layer 3's part of changes_between(): in two halves, since what goes must go before VLANs change, and what comes needs
// the VLANs that are to be.
#pragma once

#include <vector>

#include "controlplane/config/running.h"

namespace baton::config {

/// Addresses, permanent neighbours and routes of `now` that `to` does not have.
void routing_goes(const Running& now, const Running& to, std::vector<Change>& out);

/// The rest, once all VLANs of `to` exist; `now` is what is left after routing_goes().
void routing_comes(const Running& now, const Running& to, std::vector<Change>& out);

}  // namespace baton::config
