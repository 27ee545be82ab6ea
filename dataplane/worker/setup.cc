// SPDX-License-Identifier: Apache-2.0
// What a worker is given before its first turn: the part that may allocate, kept apart from the part that must not.
#include "dataplane/worker/worker.h"

namespace baton {

Worker::Worker(const Setup& setup) : id_(setup.id), fdb_(setup.fdb) {
    context_.tables = setup.tables;
    context_.counters = &setup.tables->workers[setup.id];
    context_.mempool = setup.mempool;
    context_.punt = setup.punt;
    context_.outlets.count_in(context_.counters);
}

void Worker::drive(PortId id, Port& port) {
    const bool wire = port.about().kind == "wire";
    inlets_.push_back({id, &port, &context_.tables->ports[id], !wire});
    known_ports_.push_back(id);
    context_.outlets.open(id, &port, nullptr, port.about().max_frame);
}

void Worker::reach(PortId id, rte_ring* ring, std::uint32_t max_frame) {
    known_ports_.push_back(id);
    context_.outlets.open(id, nullptr, ring, max_frame);
}

}  // namespace baton
