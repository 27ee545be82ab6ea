// SPDX-License-Identifier: Apache-2.0
// What is measured, in one process: two real wires opened as ports, the real tables and FDB, the real worker; and
// beside it, on the same ports and the same buffers, `io` (receive and transmit, nothing else) and `macswap`. The bench
// stands at the other end of both wires and in the applier's place.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "bench/wire/routed.h"
#include "dataplane/table/fdb_maintain.h"
#include "dataplane/worker/crew.h"
#include "sync/channel/wire.h"

namespace baton::bench {

struct Settings {
    std::uint64_t macs = 10'000;
    std::uint64_t routes = 0;                       // not 0: each port is a VLAN of its own, and between them is routed
    std::uint32_t slots = 16384, slot_size = 2048;  // as a wire is unless told otherwise
    std::uint32_t max_frame = 2040;                 // of the packet buffers
    std::uint32_t mbufs = 8192;
    bool huge = true;
};

enum class Mode { io, macswap, l2, l3 };
inline constexpr std::string_view mode_names[] = {"io", "macswap", "l2", "l3"};

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

    /// Null unless it routes.
    const Routed* routed() const { return routed_ ? &*routed_ : nullptr; }

    /// Address i lives at port i % 2. Known to the FDB, all of them.
    static std::uint64_t mac(std::uint64_t i);

    /// Frames that the worker flooded or dropped so far: must not rise while it is measured.
    std::uint64_t astray() const;

    std::uint32_t slots() const { return wires_[0].as<WireArena>()->slot_count; }

    bool table_is_huge() const { return table_is_huge_; }

    unsigned table_bits() const { return table_bits_; }

  private:
    void fill_tables(const Settings& settings);
    void fill_fdb(std::uint64_t macs);
    void learn(VlanId vlan, std::uint64_t mac, PortId port);
    bool forward(bool swap);

    Mapping tables_, fdb_arena_;
    Fd fdb_fd_;
    bool table_is_huge_ = false;
    unsigned table_bits_ = 0;
    rte_mempool* pool_ = nullptr;
    std::vector<Mapping> wires_;
    std::vector<std::unique_ptr<Port>> ports_;
    WireEnd into_[2], out_of_[2];
    std::unique_ptr<Fdb> fdb_;
    std::optional<Routed> routed_;
    std::unique_ptr<Crew> crew_;
};

}  // namespace baton::bench
