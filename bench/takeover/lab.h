// SPDX-License-Identifier: Apache-2.0
// The switch under measurement: the real chassis, data plane and boards on a run-dir of their own, with two wires; and
// its shared memory, read through chassis.sock as any outside program may.
#pragma once

#include <string>

#include "bench/takeover/process.h"
#include "sync/layout/board.h"
#include "sync/layout/fdb.h"
#include "sync/layout/tables.h"

namespace baton::takeover {

struct Setup {
    std::string programs;  // folder of baton-chassis and the others
    unsigned worker_core = 1;
    unsigned housekeeping_core = 0;
    std::uint64_t fdb_max_entries = 2'000'000;
    std::uint32_t wire_slots = 4096, slot_size = 2048;  // of each wire
    std::string settings;                               // more lines of baton.conf
};

class Lab {
  public:
    /// Starts it and waits until a failover would be hitless. Throws StartupError.
    explicit Lab(const Setup& setup);
    ~Lab();

    const BatonPage& baton() const { return *baton_.as<const BatonPage>(); }

    const BoardPage& board(Slot slot) const { return *boards_[index_of(slot)].as<const BoardPage>(); }

    const TablesArena& tables() const { return *tables_.as<const TablesArena>(); }

    Term term() const { return GrantWord::of(baton().grant).term; }

    Slot master() const { return GrantWord::of(baton().grant).holder; }

    pid_t master_pid() const { return static_cast<pid_t>(baton().board_pid[index_of(master())].load()); }

    pid_t chassis_pid() const { return chassis_.pid(); }

    /// True when the slave is there, follows, and each subsystem that it has is ready.
    bool ready() const;
    void wait_ready() const;

    /// Live entries of the FDB, counted by walking it.
    std::uint64_t addresses() const;

    /// `baton ...` against this switch; its exit code.
    int command(const std::vector<std::string>& words) const;

    /// Lines as an operator types them. Throws StartupError when one is refused.
    void type_in(const std::vector<std::string>& lines) const;

    /// One of the arenas that anybody may read.
    Mapping want(std::string_view name, ArenaKind kind, std::uint64_t layout) const;

    std::string door() const { return folder_ + "/run/chassis.sock"; }

    std::string program(const char* name) const { return setup_.programs + "/" + name; }

    std::string log() const { return folder_ + "/log"; }

    void remove_cores() const;

  private:
    Setup setup_;
    std::string folder_;
    Process chassis_;
    Mapping baton_, tables_, fdb_, boards_[2];
};

/// Waits until `what` holds; false when it does not within `at_most`.
template <class Condition>
bool wait_until(Duration at_most, Condition what) {
    for (const Time until = monotonic_now() + at_most; !what();) {
        if (monotonic_now() >= until) return false;
        const timespec nap{0, 200'000};
        ::nanosleep(&nap, nullptr);
    }
    return true;
}

}  // namespace baton::takeover
