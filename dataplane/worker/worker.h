// SPDX-License-Identifier: Apache-2.0
// A worker: drives some ports, round and round. turn() is the whole loop body, so tests and benches call it by hand.
// Everything that it needs is given before the first turn; from then on it allocates nothing, takes no lock, logs
// nothing and calls the kernel only where a port does.
//
// A worker has a seat for each module whose ports it drives: inlets, outlets and arrivals of that module alone. What
// leaves a seat for a port of another module crosses the fabric, also when both sit on the same worker. A worker with
// one seat, and a switch with one module, have nothing to do with the fabric.
//
// A turn: look at the ports, and at the planes if there are any; take what other seats handed over, and what the
// router's own side says; one burst from each port through the stages; send what is queued; publish the number of
// turns, which is also how the FDB's growth learns that nobody looks at an old table any more. One burst per port and
// turn, so a port that is stormed upon takes no more than its share from the others.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "dataplane/worker/context.h"
#include "dataplane/worker/vlan_state.h"
#include "sync/base/time.h"

namespace baton {

class HostPath;

/// A port as its worker knows it.
struct Inlet {
    PortId id = no_port;
    Port* port = nullptr;
    const PortEntry* entry = nullptr;
    bool pads_short = false;  // short frames that are whole are padded (stage/parse); all kinds but wires
};

/// A module on a worker.
struct Seat {
    std::uint8_t module = 0;  // its index
    Context context;
    std::vector<Inlet> inlets;
    std::vector<rte_ring*> handoffs;  // from the same module's other workers
    std::vector<Crossing*> arrivals;  // from other modules
};

class Worker {
  public:
    struct Setup {
        WorkerId id = 0;
        TablesArena* tables = nullptr;
        const Fdb* fdb = nullptr;
        PuntWriter punt;
        rte_mempool* mempool = nullptr;
        const BatonPage* baton = nullptr;  // asked for planes, where there is more than one module
        HostPath* host = nullptr;
        std::byte* routes = nullptr;  // the arena
        const Acl* acl = nullptr;     // null: there are no access lists
    };

    explicit Worker(const Setup& setup);
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// Before the first turn: room for a module's ports.
    Seat& add_seat(std::uint8_t module);

    /// Before the first turn: a port that this worker drives.
    void drive(Seat& seat, PortId id, Port& port);

    /// Before the first turn: a port that another seat drives, perhaps another worker's.
    void reach(Seat& seat, PortId id, const Outlets::Way& way, std::uint32_t max_frame);

    /// Before the first turn: what its ends of a crossing need; from then on it looks at the planes.
    Crossing::End fabric_end();

    /// Before the first turn: what is injected leaves by this seat. Of one worker only.
    void speak(Seat& seat) { speaker_ = &seat; }

    /// Between turns: the worker's clock goes on by so much at once. For tests.
    void skip(Duration time);

    /// One trip round the ports; true when there was a frame, or when the worker does not know yet what VLANs are now.
    bool turn();

    /// Turns until `stop`, timing the gaps between them.
    void run(const std::atomic<bool>& stop);

    WorkerId id() const { return setup_.id; }

    const WorkerCounters& counters() const { return *counters_; }

  private:
    void look_at_ports();
    bool receive(Seat& seat, Inlet& inlet);
    static bool take_handed_over(Seat& seat);
    bool take_injected(Seat& seat);

    Setup setup_;
    WorkerCounters* counters_;
    std::vector<std::unique_ptr<Seat>> seats_;
    std::vector<PortId> known_ports_;
    Seat* speaker_ = nullptr;
    VlanState vlans_;
    bool looking_at_vlans_ = false;
    std::uint64_t now_ = 0, skipped_ = 0;  // ticks
    Planes planes_;
    bool looks_at_planes_ = false;
};

}  // namespace baton
