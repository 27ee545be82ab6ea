// SPDX-License-Identifier: Apache-2.0
// All workers of this process and the ways between them. Within a module, one single-producer single-consumer ring for
// each ordered pair of its workers, so frames that leave by another worker's port cost no lock; a lone worker has none.
// Between modules, one crossing for each ordered pair of seats (dataplane/fabric/). A module's ports are dealt out in
// turn to its workers.
#pragma once

#include <memory>
#include <vector>

#include "dataplane/fabric/seating.h"
#include "dataplane/worker/worker.h"

namespace baton {

class Crew {
  public:
    struct Setup {
        TablesArena* tables = nullptr;
        const Fdb* fdb = nullptr;
        rte_mempool* mempool = nullptr;
        PuntArena* punt = nullptr;
        const Acl* acl = nullptr;          // null: there are no access lists
        const BatonPage* baton = nullptr;  // needed for more than one module
        const BoardPage* board_a = nullptr;
        const BoardPage* board_b = nullptr;
        std::byte* routes = nullptr;  // the arena
        HostPath* host = nullptr;     // none: what is for the router itself ends
        std::size_t workers = 1;
        std::vector<ModuleSeats> modules;  // none: all ports are one module's, on all workers
    };

    explicit Crew(const Setup& setup);
    ~Crew();
    Crew(const Crew&) = delete;
    Crew& operator=(const Crew&) = delete;

    /// Gives the port to the next worker of its module; that worker's number.
    WorkerId add_port(PortId id, Port& port);

    /// After the last port, before the first turn: every seat learns how to reach the others' ports. Throws
    /// StartupError when there is no memory for the rings.
    void connect();

    Worker& worker(std::size_t i) { return *workers_[i]; }

    std::size_t size() const { return workers_.size(); }

    /// Ways over the fabric, from one module's worker to another's; none in a switch of one module.
    std::size_t crossings() const { return crossings_.size(); }

  private:
    struct Taken {  // a seat, the worker it is on, and its ports
        Worker* worker = nullptr;
        Seat* seat = nullptr;
        std::vector<std::pair<PortId, Port*>> ports;
    };

    struct Module {
        std::uint8_t number = 0;
        std::vector<std::size_t> seats;  // places in seats_
        std::size_t dealt = 0;
    };

    Outlets::Way way(std::size_t from, std::size_t to);

    HostPath* host_;
    std::vector<std::unique_ptr<Worker>> workers_;
    std::vector<Taken> seats_;
    std::vector<Module> modules_;
    std::vector<rte_ring*> rings_;
    std::vector<std::unique_ptr<Crossing>> crossings_;
};

}  // namespace baton
