// SPDX-License-Identifier: Apache-2.0
// Any commands in the ring, as a broken or hostile master would write them, into the applier itself: it must stay
// inside its tables, answer each command, let through none of another term, and leave tables that make sense.
//
// Input: pieces of 80 bytes: type, owner, whose term, whose sequence (one byte each), then 76 bytes of body.
#include <cstdlib>
#include <cstring>
#include <memory>
#include <set>
#include <string>

#include "dataplane/applier/commands.h"
#include "dataplane/table/acl_maintain.h"
#include "sync/base/log.h"
#include "sync/channel/routes_walk.h"

namespace {

using namespace baton;

void must(bool holds) {
    if (!holds) std::abort();
}

/// One data plane for the whole run; each input is a term of its own.
struct Ground {
    Ground()
        : fd(std::move(
              create_arena(ArenaKind::fdb, fdb_arena_size, fingerprint<FdbControl>(), Pages::small, 4096).value())),
          memory(std::move(map_arena(fd.get(), ArenaKind::fdb, fingerprint<FdbControl>(), Access::read_write).value())),
          fdb(std::move(FdbMaintenance::open(fd.get(), memory.bytes(), fdb_min_bits, 1, Time{1}).value())),
          routes_fd(std::move(create_arena(ArenaKind::routes, routes_arena_size, fingerprint<RoutesControl>(),
                                           Pages::small, routes_touched)
                                  .value())),
          routes_memory(std::move(
              map_arena(routes_fd.get(), ArenaKind::routes, fingerprint<RoutesControl>(), Access::read_write).value())),
          routes(std::move(RoutesMaintenance::open(routes_fd.get(), routes_memory.bytes(), Time{1}).value())) {
        log::open("fuzz", log::Level::error);
        changes.keep_acl(&access_lists);
        for (PortId id = 1; id <= 6; ++id) tables->ports[id].present.store(1);
    }

    Fd fd;
    Mapping memory;
    FdbMaintenance fdb;
    Fd routes_fd;
    Mapping routes_memory;
    RoutesMaintenance routes;
    std::unique_ptr<TablesArena> tables = std::make_unique<TablesArena>();
    std::unique_ptr<CommandArena> arena = std::make_unique<CommandArena>();
    std::unique_ptr<BatonPage> baton = std::make_unique<BatonPage>();
    Routing routing{*tables, &routes, [](VlanId vlan, std::span<const std::uint8_t> frame) {
                        must(vlan >= 1 && vlan <= 4094 && frame.size() >= 14 && frame.size() <= sent_frame_most);
                        return true;
                    }};
    std::unique_ptr<AclArena> rules = std::make_unique<AclArena>();
    Acl acl{*rules};
    AclMaintenance access_lists{*rules, acl, {}};
    Changes changes{*tables, fdb, routing, [](PortId port, bool) { must(port > 0 && port < max_ports); }, [](Time) {}};
    Reconcile reconcile{*tables, changes};
    Commands commands{*baton, *arena, *tables, changes, reconcile};
    Term term = 0;
};

void check(const TablesArena& tables) {
    for (VlanId id = 0; id < max_vlans; ++id) {
        const VlanEntry& vlan = tables.vlans[id];
        if (vlan.present.load() == 0) continue;
        must(id >= 1 && id <= 4094);
        for (std::size_t i = 0; i < 4; ++i) must((vlan.untagged[i].load() & ~vlan.member[i].load()) == 0);
        must((vlan.member[0].load() & 1) == 0);
        must(vlan.routing.load() == 0 || ((vlan.routing.load() & interface_up) && vlan.mtu.load() >= 68));
    }
    for (const PortEntry& port : tables.ports) must(port.port_vlan.load() <= 4094 && port.enabled.load() <= 1);
}

/// Every route is sound, and its prefix's first address finds it or a longer one.
void check_routes(const Ground& ground) {
    RoutesWalk walk(ground.routes_memory.bytes());
    walk.next(~0u, [&](const RouteEntry& entry) {
        must(is_prefix(entry.prefix));
        must(walk.lookup(entry.prefix.family, entry.prefix.bits).depth() >= entry.prefix.length);
        for (const RouteOffer& offer : entry.by) {
            unsigned hops = 0;
            if (!offer) continue;
            walk.each_hop(offer.leaf, [&](const AdjacencyEntry& hop) {
                ++hops;
                must(hop.hop <= Hop::reject && hop.vlan <= 4094);
            });
            must(hops >= 1 && hops <= hops_most);
        }
    });
}

/// Every rule has a name of its own, and as many are in force as there are.
void check_rules(Ground& ground) {
    ground.access_lists.publish();
    std::set<std::string> names;
    for (std::uint32_t slot = 0; slot < ground.rules->high; ++slot) {
        AclRule rule;
        if (!read_rule(ground.rules->slots[slot], rule)) continue;
        must(names.emplace(rule.name, strnlen(rule.name, sizeof rule.name)).second);
    }
    must(names.size() == ground.access_lists.size());
    must((ground.acl.view() != nullptr) == !names.empty());
}

/// All go, the last to decide first.
void empty_rules(Ground& ground) {
    for (const AclRule& rule : ground.access_lists.stale(~Term{0}))
        must(ground.access_lists.remove(rule) == Outcome::done);
    ground.access_lists.publish();
    ground.access_lists.turn(Time{1}, {});
    must(ground.access_lists.size() == 0 && ground.acl.view() == nullptr);
}

/// All of it goes, and then no memory is in use.
void empty_routes(Ground& ground, Time now) {
    for (const Owner owner : {Owner::configuration, Owner::routing}) {
        ground.routes.mark(owner);
        RouteSweep sweep = ground.routes.begin_sweep(owner, 0);
        while (!ground.routes.sweep(sweep)) {
        }
    }
    ground.routes.forget_all();
    ground.routes.set_aging(0);
    for (int i = 0; i < 4 || !ground.routes.is_idle(); ++i) ground.routes.turn(now, {}, false);
    for (const Owner owner : {Owner::configuration, Owner::arp, Owner::routing}) must(ground.routes.routes(owner) == 0);
    must(ground.routes.nodes_in_use() == 0 && ground.routes.blocks_in_use() == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
    constexpr std::size_t piece = 80;
    static Ground ground;
    const std::size_t count = std::min(size / piece, ring_slots);
    if (count == 0) return 0;
    const Term term = ++ground.term;
    CommandRing& ring = ground.arena->rings[term % ring_count];
    ring.term.store(term);
    std::size_t foreign = 0;
    for (std::size_t i = 0; i < count; ++i, input += piece) {
        Command command;
        command.type = static_cast<CommandType>(input[0] % 24);
        command.owner = static_cast<Owner>(input[1] % 5);
        command.term = input[2] == 0xff ? term - 1 : input[2] == 0xfe ? term + ring_count : term;
        command.sequence = input[3] == 0xff ? 0 : i + 1;
        std::memcpy(command.body, input + 4, piece - 4);
        foreign += command.term != term;
        std::memcpy(static_cast<void*>(&ring.slots[i]), &command, sizeof command);
    }
    ring.written.store(count);
    ground.baton->grant.store(GrantWord{term, Slot::msm_a}.word());
    const std::uint64_t refused = ground.tables->applier.refused.load();

    must(ground.commands.take(ring_slots, Time{static_cast<std::int64_t>(term)}) == count);
    must(ground.tables->applier.applied.load() == count);
    for (std::size_t i = 0; i < count; ++i)
        must(ground.tables->applier.outcomes[i].load() != static_cast<std::uint32_t>(Outcome::pending));
    must(ground.tables->applier.refused.load() == refused + foreign);
    while (ground.reconcile.turn(Time{static_cast<std::int64_t>(term)})) {
    }
    check(*ground.tables);
    check_routes(ground);
    check_rules(ground);
    empty_rules(ground);
    empty_routes(ground, Time{static_cast<std::int64_t>(term)});
    return 0;
}
