// SPDX-License-Identifier: Apache-2.0
// What is measured, in one process: real wires opened as ports, the real tables and FDB, the real workers; and beside
// it, on the same ports and the same buffers, `io` (receive and transmit, nothing else), `macswap`, and the path cut
// off behind each stage: what has come so far is received, put through the first stages, and transmitted as io does.
// The bench stands at the other end of all wires and in the applier's place.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "bench/wire/routed.h"
#include "dataplane/table/acl_maintain.h"
#include "dataplane/table/fdb_maintain.h"
#include "dataplane/worker/crew.h"
#include "sync/channel/wire.h"

namespace baton::bench {

struct Settings {
    std::uint64_t macs = 10'000;
    std::uint32_t slots = 16384, slot_size = 2048;  // as a wire is unless told otherwise
    std::uint32_t max_frame = 2040;                 // of the packet buffers
    std::uint32_t mbufs = 8192;
    bool huge = true;
    unsigned ports = 2, workers = 1;  // port n is worker n % workers'
    std::uint64_t room_for = 0;       // more addresses that the FDB has room for
    std::uint32_t rules = 0;          // of access lists; no packet of the bench is denied by one
    std::uint64_t routes = 0;         // not 0: each port is a VLAN of its own, and between them is routed
};

enum class Mode { io, macswap, parse, classify, learn, check, route, rewrite, lookup, l2, l3, churned };
inline constexpr std::string_view mode_names[] = {"io",    "macswap", "parse",  "classify", "learn", "check",
                                                  "route", "rewrite", "lookup", "l2",       "l3",    "churned"};

/// DPDK, with its main thread on `core`. Throws StartupError.
void start_eal(const char* name, bool huge, std::uint32_t mbufs, unsigned core);

class Rig {
  public:
    explicit Rig(const Settings& settings);
    ~Rig();
    Rig(const Rig&) = delete;
    Rig& operator=(const Rig&) = delete;

    /// One trip round both ports; true when there was a frame.
    bool turn(Mode mode);

    /// The far ends, as the bench sees them.
    WireEnd& into(unsigned port) { return into_[port]; }

    WireEnd& out_of(unsigned port) { return out_of_[port]; }

    /// Address i lives at port i % ports. Known to the FDB, the first `macs` of them.
    static std::uint64_t mac(std::uint64_t i);

    /// Null unless it routes.
    Routed* routed() { return routed_ ? &*routed_ : nullptr; }

    /// Forgets all addresses and learns the first `macs` again.
    void teach(std::uint64_t macs);

    /// Frames that the worker flooded or dropped so far: must not rise while it is measured.
    std::uint64_t astray() const;

    const WorkerCounters& counters(unsigned worker) const { return tables_.as<TablesArena>()->workers[worker]; }

    WorkerCounters& counters(unsigned worker) { return tables_.as<TablesArena>()->workers[worker]; }

    Worker& worker(unsigned i) { return crew_->worker(i); }

    unsigned ports() const { return static_cast<unsigned>(ports_.size()); }

    std::uint32_t slots() const { return wires_[0].as<WireArena>()->slot_count; }

    bool table_is_huge() const { return table_is_huge_; }

    unsigned table_bits() const { return table_bits_; }

  private:
    void fill_tables(const Settings& settings);
    void fill_rules(std::uint32_t rules, bool huge);
    bool forward(bool swap);
    bool cut_off(Mode last);
    void route(Batch& batch, Mode last);
    void send(unsigned from, rte_mbuf** frames, std::uint16_t count);

    void learn(VlanId vlan, std::uint64_t mac, PortId port);

    Mapping tables_, fdb_arena_;
    Fd fdb_fd_;
    bool table_is_huge_ = false;
    unsigned table_bits_ = 0;
    rte_mempool* pool_ = nullptr;
    std::vector<Mapping> wires_;
    std::vector<std::unique_ptr<Port>> ports_;
    std::vector<WireEnd> into_, out_of_;
    std::unique_ptr<Fdb> fdb_;
    std::optional<Routed> routed_;
    Mapping acl_arena_;
    std::optional<Acl> acl_;
    std::optional<AclMaintenance> access_lists_;
    std::unique_ptr<Crew> crew_;
    std::unique_ptr<Context> context_;  // of the path that is cut off
};

}  // namespace baton::bench
