// SPDX-License-Identifier: Apache-2.0
// Access lists compiled by librte_acl: tries over protocol, addresses, ports and ingress, walked for many packets side
// by side. The library rebuilds all of it for every change, which is why AclView has its two small lists beside the
// image. What it needs of memory it takes from EAL; EAL must run.
#pragma once

#include <memory>
#include <vector>

#include "dataplane/table/acl.h"

namespace baton {

/// The image of these rules, by rank; null when there is no memory for it.
std::shared_ptr<const AclImage> compile_acl(const std::vector<AclEntry>& entries);

}  // namespace baton
