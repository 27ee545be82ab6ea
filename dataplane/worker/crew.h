// SPDX-License-Identifier: Apache-2.0
// All workers of this process and the rings between them: one single-producer single-consumer ring for each ordered
// pair, so frames that leave by another worker's port cost no lock; a lone worker has none. Ports are dealt out in
// turn.
#pragma once

#include <memory>
#include <vector>

#include "dataplane/worker/worker.h"

namespace baton {

class Crew {
  public:
    struct Setup {
        TablesArena* tables = nullptr;
        const Fdb* fdb = nullptr;
        rte_mempool* mempool = nullptr;
        PuntArena* punt = nullptr;
        const BoardPage* board_a = nullptr;
        const BoardPage* board_b = nullptr;
        std::size_t workers = 1;
    };

    explicit Crew(const Setup& setup);
    ~Crew();
    Crew(const Crew&) = delete;
    Crew& operator=(const Crew&) = delete;

    /// Gives the port to the next worker; its number.
    WorkerId add_port(PortId id, Port& port);

    /// After the last port, before the first turn: every worker learns how to reach the others' ports. Throws
    /// StartupError when there is no memory for the rings.
    void connect();

    Worker& worker(std::size_t i) { return *workers_[i]; }

    std::size_t size() const { return workers_.size(); }

  private:
    struct Dealt {
        PortId id;
        Port* port;
        WorkerId worker;
    };

    std::vector<std::unique_ptr<Worker>> workers_;
    std::vector<Dealt> ports_;
    std::vector<rte_ring*> rings_;  // from * workers + to; null on the diagonal
};

}  // namespace baton
