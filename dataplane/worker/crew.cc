// SPDX-License-Identifier: Apache-2.0
#include "dataplane/worker/crew.h"

#include <rte_lcore.h>

#include <string>

#include "sync/base/result.h"

namespace baton {

Crew::Crew(const Setup& setup) {
    for (std::size_t i = 0; i < setup.workers; ++i) {
        Worker::Setup one;
        one.id = static_cast<WorkerId>(i);
        one.tables = setup.tables;
        one.fdb = setup.fdb;
        one.mempool = setup.mempool;
        if (setup.punt) one.punt = PuntWriter(*setup.punt, *setup.board_a, *setup.board_b, one.id);
        workers_.push_back(std::make_unique<Worker>(one));
    }
}

// Workers have stopped: what still lies between them goes back to the pool.
Crew::~Crew() {
    for (rte_ring* ring : rings_) {
        if (!ring) continue;
        void* word;
        while (rte_ring_sc_dequeue(ring, &word) == 0) rte_pktmbuf_free(handed_over(word).frame);
        rte_ring_free(ring);
    }
}

WorkerId Crew::add_port(PortId id, Port& port) {
    const auto worker = static_cast<WorkerId>(ports_.size() % workers_.size());
    ports_.push_back({id, &port, worker});
    workers_[worker]->drive(id, port);
    return worker;
}

void Crew::connect() {
    const std::size_t count = workers_.size();
    rings_.assign(count * count, nullptr);
    for (std::size_t from = 0; from < count; ++from)
        for (std::size_t to = 0; to < count; ++to) {
            if (from == to) continue;
            const std::string name = "handoff-" + std::to_string(from) + "-" + std::to_string(to);
            rte_ring* ring = rte_ring_create(name.c_str(), handoff_slots, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
            if (!ring) throw StartupError{1, "no memory for the rings between workers; use fewer worker-cores"};
            rings_[from * count + to] = ring;
            workers_[to]->take_from(ring);
            for (const Dealt& dealt : ports_)
                if (dealt.worker == to) workers_[from]->reach(dealt.id, ring, dealt.port->about().max_frame);
        }
}

}  // namespace baton
