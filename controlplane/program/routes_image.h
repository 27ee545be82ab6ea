// SPDX-License-Identifier: Apache-2.0
// The configuration's routes as the routes arena holds them, beside what it shall hold. A million routes of protocols
// may lie in between, so the arena is read in slices; the walk begins anew whenever something is said meanwhile.
#pragma once

#include "controlplane/program/image.h"
#include "sync/channel/routes_walk.h"

namespace baton {

class RoutesImage {
  public:
    explicit RoutesImage(const RoutesControl& arena) : walk_(reinterpret_cast<const std::byte*>(&arena)) {}

    /// Reads on; false when all has been read.
    bool read(std::uint32_t records);

    const std::map<IpPrefix, RouteImage>& routes() const { return routes_; }

  private:
    RoutesWalk walk_;
    std::map<IpPrefix, RouteImage> routes_;
};

}  // namespace baton
