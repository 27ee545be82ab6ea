// SPDX-License-Identifier: Apache-2.0
#include "dataplane/worker/crew.h"

#include <rte_lcore.h>

#include <algorithm>
#include <numeric>
#include <string>

#include "sync/base/result.h"

namespace baton {

Crew::Crew(const Setup& setup) : host_(setup.host) {
    for (std::size_t i = 0; i < setup.workers; ++i) {
        Worker::Setup one;
        one.id = static_cast<WorkerId>(i);
        one.tables = setup.tables;
        one.fdb = setup.fdb;
        one.mempool = setup.mempool;
        one.baton = setup.baton;
        one.host = setup.host;
        one.routes = setup.routes;
        one.acl = setup.acl;
        if (setup.punt) one.punt = PuntWriter(*setup.punt, *setup.board_a, *setup.board_b, one.id);
        workers_.push_back(std::make_unique<Worker>(one));
    }
    auto modules = setup.modules;
    if (modules.empty()) {
        modules.emplace_back().workers.resize(setup.workers);
        std::iota(modules[0].workers.begin(), modules[0].workers.end(), WorkerId{0});
    }
    for (const ModuleSeats& module : modules) {
        Module& made = modules_.emplace_back();
        made.number = module.module;
        for (const WorkerId id : module.workers) {
            made.seats.push_back(seats_.size());
            seats_.push_back({workers_[id].get(), &workers_[id]->add_seat(module.index), {}});
        }
    }
}

// Workers have stopped: what still lies between them goes back to the pool.
Crew::~Crew() {
    for (rte_ring* ring : rings_) {
        void* word;
        while (rte_ring_sc_dequeue(ring, &word) == 0) rte_pktmbuf_free(handed_over(word).frame);
        rte_ring_free(ring);
    }
}

WorkerId Crew::add_port(PortId id, Port& port) {
    auto module = modules_.begin();
    if (modules_.size() > 1)
        module = std::find_if(modules_.begin(), modules_.end(),
                              [&](const Module& each) { return each.number == port.about().name.module; });
    if (module == modules_.end()) throw StartupError{1, "port " + port.about().name.text() + " is of no module"};
    Taken& seat = seats_[module->seats[module->dealt++ % module->seats.size()]];
    seat.ports.emplace_back(id, &port);
    seat.worker->drive(*seat.seat, id, port);
    return seat.worker->id();
}

void Crew::connect() {
    const auto speaker =
        std::find_if(seats_.begin(), seats_.end(), [](const Taken& each) { return !each.ports.empty(); });
    if (host_ && speaker != seats_.end()) speaker->worker->speak(*speaker->seat);
    for (std::size_t from = 0; from < seats_.size(); ++from)
        for (std::size_t to = 0; to < seats_.size(); ++to) {
            if (from == to || seats_[from].ports.empty() || seats_[to].ports.empty()) continue;
            const Outlets::Way there = way(from, to);
            for (const auto& [id, port] : seats_[to].ports)
                seats_[from].worker->reach(*seats_[from].seat, id, there, port->about().max_frame);
        }
}

Outlets::Way Crew::way(std::size_t from, std::size_t to) {
    const Taken &sender = seats_[from], &receiver = seats_[to];
    if (sender.seat->module != receiver.seat->module) {
        auto crossing =
            std::make_unique<Crossing>(sender.seat->module, receiver.seat->module, sender.worker->fabric_end(),
                                       receiver.worker->fabric_end(), receiver.seat->context.outlets);
        receiver.seat->arrivals.push_back(crossing.get());
        return {nullptr, nullptr, crossings_.emplace_back(std::move(crossing)).get()};
    }
    const std::string name = "handoff-" + std::to_string(from) + "-" + std::to_string(to);
    rte_ring* ring = rte_ring_create(name.c_str(), handoff_slots, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
    if (!ring) throw StartupError{1, "no memory for the rings between workers; use fewer worker-cores"};
    rings_.push_back(ring);
    receiver.seat->handoffs.push_back(ring);
    return {nullptr, ring, nullptr};
}

}  // namespace baton
