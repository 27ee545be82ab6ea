// SPDX-License-Identifier: Apache-2.0
// The switch's own maintenance of routes: plain stores.
#include "dataplane/table/routes_maintain.h"

#include "dataplane/table/routes_maintain_open.h"

namespace baton {

template class BasicRoutesMaintenance<RouteStores>;

}  // namespace baton
