// SPDX-License-Identifier: Apache-2.0
// A whole switch inside the test's process: arenas, real wires as ports, the real pipeline and applier, workers turned
// by hand. The test is the chassis, the master (commands go through the ring of its term) and every neighbour. Ports
// are 1:1, 1:2, ... with PortId 1, 2, ...; with two modules of four ports 1:1, 1:2, 2:1, 2:2. EAL must run
// (packet_main.cc).
#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dataplane/applier/applier.h"
#include "dataplane/table/acl_maintain.h"
#include "dataplane/table/routes.h"
#include "dataplane/worker/crew.h"
#include "dataplane/worker/host_path.h"
#include "sync/channel/command_ring.h"
#include "sync/channel/routes_walk.h"
#include "sync/channel/wire.h"
#include "tests/packet/frames.h"

namespace baton::test {

/// Of a switch whose test does not say: `--workers=N` on the test's command line. Every invariant must hold with one
/// worker and with two, so meson.build runs the suites both ways.
inline unsigned workers_of_this_run = 1;

class TestSwitch {
  public:
    struct Shape {
        unsigned ports = 4;
        unsigned workers = workers_of_this_run;
        unsigned modules = 1;  // each with as many of the ports
        std::uint32_t slots = 256, slot_size = 2048, max_frame = 9216;
        unsigned mbufs = 4095;
        std::string kind = "wire";  // as the workers see it; anything else pads short frames
    };

    TestSwitch() : TestSwitch(Shape{}) {}

    explicit TestSwitch(const Shape& shape);
    ~TestSwitch();

    // The master's side. Each goes through the command ring and is applied before it returns.
    void vlan(VlanId id, std::initializer_list<PortId> untagged, std::initializer_list<PortId> tagged = {});
    void delete_vlan(VlanId id);
    void port(PortId id, VlanId port_vlan, bool enabled = true);
    void fixed(Mac mac, VlanId id, PortId port);
    void black_hole(Mac mac, VlanId id);
    template <class Body>
    Outcome command(CommandType type, const Body& body, Owner owner = Owner::configuration);
    void planes(std::uint32_t usable);  // bit n: plane n
    /// The VLAN's interface: an address with its subnet ("10.0.1.1/24", "2001:db8:1::1/64"), its own address, its
    /// subnet, and the subnet's broadcast address as routes. A second call for the same VLAN keeps the other family's
    /// address.
    void interface(VlanId id, const std::string& address, std::uint16_t mtu = 1500);
    void route(const std::string& prefix, std::initializer_list<std::pair<VlanId, std::string>> hops,
               Owner owner = Owner::configuration);
    void route(const std::string& prefix, RouteKind kind, VlanId place = 0);
    void delete_route(const std::string& prefix, Owner owner = Owner::configuration);
    void neighbor(VlanId id, const std::string& address, Mac mac);
    void lose_neighbor(VlanId id, const std::string& address);
    /// All ports untagged in VLAN 1.
    void all_in_one();

    // The chassis's side.
    void plane(Slot slot, PlaneState state) { baton_.as<BatonPage>()->plane[index_of(slot)] = state; }

    // The neighbours' side.
    void send(PortId port, const Frame& frame);
    /// The same when workers turn by themselves: the wire must have room.
    void send_now(PortId port, const Frame& frame);
    /// Turns until nothing moves.
    void settle();
    /// What came out of a port since last asked.
    std::vector<Frame> received(PortId port);
    void link(PortId port, bool up);
    /// settle(), and the ports where exactly this frame came out, in order; other frames anywhere are an error (none).
    std::optional<std::vector<PortId>> where(const Frame& expected);

    // The eyes.
    std::uint64_t drops(PortId port, Drop why) const;
    std::uint64_t total(std::atomic<std::uint64_t> WorkerCounters::*counter) const;

    Traffic& traffic(PortId port, unsigned worker = 0) { return tables().workers[worker].port[port]; }

    /// Over all workers, by plane and index of the modules.
    std::uint64_t crossed(std::atomic<std::uint64_t> Crossed::*counter, unsigned plane, unsigned from,
                          unsigned to) const;

    /// rx + flood copies + born = tx + drops + punted + taken, over everything so far.
    /// What waits for a next hop is in none of them.
    bool accounts_balance() const;
    unsigned buffers_in_use() const;

    const char* pool_name() const { return pool_->name; }

    Routes routes() const { return Routes(routes_arena_.bytes()); }

    RoutesWalk walk() const { return RoutesWalk(routes_arena_.bytes()); }

    /// The master has read worker 0's punted frames up to `cursor`.
    void read_to(std::uint64_t cursor) { board_a_.as<BoardPage>()->punt_cursor[0] = cursor; }

    TablesArena& tables() const { return *tables_.as<TablesArena>(); }

    AclArena& acl() const { return *acl_arena_.as<AclArena>(); }

    AclMaintenance& access_lists() { return *access_lists_; }

    PuntArena& punts() const { return *punt_.as<PuntArena>(); }

    FdbView fdb() const { return fdb_->begin_batch(); }

    std::uint16_t lookup(Mac mac, VlanId id) const { return fdb().lookup(fdb().mix(id, mac.value()), id); }

    Crew& crew() { return *crew_; }

    HostPath& host() { return *host_; }

    /// The switch's own address in all VLANs.
    static Mac router() { return Mac::of(0x020000'ba7001); }

    /// The workers' clocks go on.
    void pass(Duration time) {
        for (std::size_t i = 0; i < crew_->size(); ++i) crew_->worker(i).skip(time);
    }

    /// No turn is to come; what lies between workers goes back to the pool.
    void end_workers() { crew_.reset(); }

    ApplierRounds& applier() { return *applier_; }

    Time now{seconds(1000).ns};  // the applier's clock; tests move it
    void apply();

  private:
    struct Neighbour {
        Mapping wire;
        WireEnd to_switch, from_switch;
    };

    std::vector<ModuleSeats> seats(const Shape& shape);
    void say_route(const IpPrefix& prefix, RouteKind kind, VlanId place);

    unsigned ports_;
    Mapping baton_, board_a_, board_b_, commands_, tables_, punt_, fdb_arena_, routes_arena_, acl_arena_;
    Fd fdb_fd_, routes_fd_;
    rte_mempool* pool_ = nullptr;
    std::vector<Neighbour> neighbours_;
    std::vector<std::unique_ptr<Port>> opened_;
    std::optional<FdbMaintenance> maintenance_;
    std::optional<Fdb> fdb_;
    std::optional<RoutesMaintenance> routes_;
    std::optional<Acl> acl_;
    std::optional<AclMaintenance> access_lists_;
    std::unique_ptr<Crew> crew_;
    std::unique_ptr<ApplierRounds> applier_;
    std::unique_ptr<HostPath> host_;
    std::optional<CommandWriter> master_;
};

template <class Body>
Outcome TestSwitch::command(CommandType type, const Body& body, Owner owner) {
    const std::uint64_t sequence = master_->push(type, owner, body);
    apply();
    return master_->outcome(sequence);
}

}  // namespace baton::test
