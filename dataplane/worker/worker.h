// SPDX-License-Identifier: Apache-2.0
// A worker: drives some ports, round and round. turn() is the whole loop body, so tests and benches call it by hand.
// Everything that it needs is given before the first turn; from then on it allocates nothing, takes no lock, logs
// nothing and calls the kernel only where a port does.
//
// A turn: take what other workers handed over; one burst from each port through the stages; send what is queued;
// publish the number of turns, which is also how the FDB's growth learns that nobody looks at an old table any more.
// One burst per port and turn, so a port that is stormed upon takes no more than its share from the others.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "dataplane/worker/context.h"

namespace baton {

/// A port as its worker knows it.
struct Inlet {
    PortId id = no_port;
    Port* port = nullptr;
    const PortEntry* entry = nullptr;
    bool pads_short = false;  // short frames that are whole are padded (stage/parse); all kinds but wires
};

class Worker {
  public:
    struct Setup {
        WorkerId id = 0;
        TablesArena* tables = nullptr;
        const Fdb* fdb = nullptr;
        PuntWriter punt;
        rte_mempool* mempool = nullptr;
    };

    explicit Worker(const Setup& setup);
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// Before the first turn: a port that this worker drives.
    void drive(PortId id, Port& port);

    /// Before the first turn: a port that another worker drives, behind the ring to that worker.
    void reach(PortId id, rte_ring* ring, std::uint32_t max_frame);

    /// Before the first turn: a ring by which another worker hands frames to this one.
    void take_from(rte_ring* ring) { handoffs_.push_back(ring); }

    /// One trip round the ports; true when there was a frame.
    bool turn();

    /// Turns until `stop`, timing the gaps between them.
    void run(const std::atomic<bool>& stop);

    WorkerId id() const { return id_; }

    const WorkerCounters& counters() const { return *context_.counters; }

  private:
    void look_at_ports();
    bool receive(Inlet& inlet);
    bool take_handed_over();

    WorkerId id_;
    const Fdb* fdb_;
    Context context_;
    std::vector<Inlet> inlets_;
    std::vector<PortId> known_ports_;
    std::vector<rte_ring*> handoffs_;
};

}  // namespace baton
