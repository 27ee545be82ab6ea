// SPDX-License-Identifier: Apache-2.0
#include "controlplane/program/routes_image.h"

#include <algorithm>

namespace baton {
namespace {

RouteKind kind_of(Hop hop) {
    switch (hop) {
        case Hop::connected: return RouteKind::connected;
        case Hop::local: return RouteKind::local;
        case Hop::broadcast: return RouteKind::broadcast;
        case Hop::blackhole: return RouteKind::blackhole;
        case Hop::reject: return RouteKind::reject;
        case Hop::none:
        case Hop::neighbor:
        case Hop::unresolved: break;
    }
    return RouteKind::forward;
}

RouteImage image_of(const RouteOffer& offer, const RoutesWalk& walk) {
    RouteImage made{RouteKind::forward, offer.protocol, offer.metric, {}};
    walk.each_hop(offer.leaf, [&](const AdjacencyEntry& hop) {
        made.kind = kind_of(hop.hop);
        if (made.kind == RouteKind::forward || hop.vlan != 0) made.hops.push_back({hop.vlan, hop.address});
    });
    std::sort(made.hops.begin(), made.hops.end());
    return made;
}

}  // namespace

bool RoutesImage::read(std::uint32_t records) {
    return walk_.next(records, [this](const RouteEntry& entry) {
        const RouteOffer& offer = entry.of(Owner::configuration);
        if (!offer) return;
        routes_[{entry.prefix.family, entry.prefix.length, entry.prefix.bits}] = image_of(offer, walk_);
    });
}

}  // namespace baton
