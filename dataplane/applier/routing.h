// SPDX-License-Identifier: Apache-2.0
// What each command of layer 3 does: every field is judged here, and then the tables are told (routes_maintain.h). A
// command that is not sound is bad_argument and changes nothing.
//
// An interface is plain words of its VLAN's entry, each stored whole. `routing` decides, so it is stored last when a
// VLAN becomes the router's business and first when it ceases to be; between two forms of a living interface it never
// blinks, or frames that arrive meanwhile would be lost.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <vector>

#include "dataplane/table/routes_maintain.h"
#include "sync/layout/command.h"
#include "sync/layout/tables.h"

namespace baton {

/// What others in this process may want to know of; they look when they like.
struct RoutingNews {
    std::atomic<std::uint64_t> configured = 0;  // commands of the configuration: its routes may be others now
    std::atomic<std::uint64_t> forgotten = 0;   // times that routes of protocols were given up: they must be said again
};

class Routing {
  public:
    /// Sends a frame of the router's own into a VLAN; false when there is no buffer for it.
    using SendFrame = std::function<bool(VlanId, std::span<const std::uint8_t>)>;

    /// `routes` null: there is no layer 3 here, and every one of its commands is refused.
    Routing(TablesArena& tables, RoutesMaintenance* routes, SendFrame send_frame)
        : tables_(&tables), routes_(routes), send_frame_(std::move(send_frame)) {}

    Outcome apply(const Command& command);

    /// A VLAN that is no more: what it was to layer 3 goes with it.
    void remove_interface(VlanId vlan);

    /// What a take-over that does not keep layer 3 forgets: neighbours, the IP FDB, routes of protocols.
    void forget_all() {
        if (routes_) routes_->forget_all();
        news_.forgotten.fetch_add(1, std::memory_order_release);
    }

    const RoutingNews& news() const { return news_; }

    /// A new master will say all that its configuration holds.
    void term_began() {
        pending_.reset();
        if (routes_) routes_->mark(Owner::configuration);
    }

    /// What route_hops said before the next command is not known: it may not set a route.
    void doubt() { pending_ = Pending{Owner::none, false, {}}; }

    RoutesMaintenance* routes() { return routes_; }

    /// The term that last said this VLAN's interface; 0: nobody has since the data plane began.
    Term confirmed(VlanId vlan) const { return confirmed_[vlan]; }

  private:
    /// Next hops said by route_hops, for the route_set behind them.
    struct Pending {
        Owner owner{};
        bool sound = true;
        std::vector<RouteHop> hops;
    };

    Outcome act_on(const Command& command, const std::optional<Pending>& before);
    Outcome set_interface(const InterfaceSet& body, Term term);
    Outcome set_route(const RouteSet& body, Owner owner, const std::optional<Pending>& before);
    Outcome add_hops(const RouteHops& body, Owner owner, std::optional<Pending> before);
    Outcome delete_route(const RouteDelete& body, Owner owner);
    Outcome set_neighbor(const NeighborSet& body, Term term);
    Outcome delete_neighbor(const NeighborDelete& body);
    Outcome flush(const IpfdbFlush& body);
    Outcome send(const FrameSend& body);

    TablesArena* tables_;
    RoutesMaintenance* routes_;
    SendFrame send_frame_;
    std::optional<Pending> pending_;
    RoutingNews news_;
    std::vector<Term> confirmed_ = std::vector<Term>(max_vlans);
};

}  // namespace baton
