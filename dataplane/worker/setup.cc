// SPDX-License-Identifier: Apache-2.0
// What a worker is given before its first turn: the part that may allocate, kept apart from the part that must not.
#include <rte_cycles.h>

#include <algorithm>

#include "dataplane/worker/worker.h"

namespace baton {

namespace {

void open_budgets(Context& context) {
    context.budgets.errors.open(context.ticks, 1000, 64);
    context.budgets.redirects.open(context.ticks, 20, 8);
    context.budgets.asked.open(context.ticks, 2000, 96);
    context.budgets.overheard.open(context.ticks, 500, 32);
    context.budgets.copies.open(context.ticks, 5000, 256);
}

}  // namespace

Worker::Worker(const Setup& setup)
    : setup_(setup), counters_(&setup.tables->workers[setup.id]), planes_(setup.baton, &setup.tables->fabric) {}

Seat& Worker::add_seat(std::uint8_t module) {
    Seat& seat = *seats_.emplace_back(std::make_unique<Seat>());
    seat.module = module;
    seat.context.tables = setup_.tables;
    seat.context.counters = counters_;
    seat.context.mempool = setup_.mempool;
    seat.context.punt = setup_.punt;
    seat.context.fdb = setup_.fdb;
    seat.context.routes = Routes(setup_.routes);
    seat.context.ticks = rte_get_tsc_hz();
    seat.context.vlan_up = vlans_.up();
    seat.context.host = setup_.host;
    open_budgets(seat.context);
    seat.context.worker = setup_.id;
    if (setup_.acl) {
        seat.context.acl = setup_.acl;
        seat.context.acl_hits = setup_.acl->hits(setup_.id);
    }
    seat.context.outlets.count_in(counters_);
    return seat;
}

void Worker::drive(Seat& seat, PortId id, Port& port) {
    const bool wire = port.about().kind == "wire";
    seat.inlets.push_back({id, &port, &setup_.tables->ports[id], !wire});
    reach(seat, id, {&port, nullptr, nullptr}, port.about().max_frame);
}

void Worker::reach(Seat& seat, PortId id, const Outlets::Way& way, std::uint32_t max_frame) {
    if (std::find(known_ports_.begin(), known_ports_.end(), id) == known_ports_.end()) known_ports_.push_back(id);
    seat.context.outlets.open(id, way, max_frame);
}

void Worker::skip(Duration time) {
    skipped_ += static_cast<std::uint64_t>(time.seconds() * static_cast<double>(rte_get_tsc_hz()));
}

Crossing::End Worker::fabric_end() {
    looks_at_planes_ = true;
    return {&planes_, counters_, &setup_.tables->crossed[setup_.id]};
}

}  // namespace baton
