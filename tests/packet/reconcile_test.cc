// SPDX-License-Identifier: Apache-2.0
// Mark and sweep, the real master against the real applier, in one process: configuration changes, masters are killed
// after every single command, data planes start anew, an owner beside the configuration finishes late or never - and
// behind all of it the tables are compared with an oracle. Nothing is wrongly deleted, not even for a moment; nothing
// is immortal; what was learned stays.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "controlplane/host/master.h"
#include "controlplane/program/access_lists.h"
#include "controlplane/route/generation.h"
#include "controlplane/standby/follower.h"
#include "dataplane/applier/applier.h"
#include "dataplane/numbering.h"
#include "dataplane/table/acl_maintain.h"
#include "sync/channel/fdb_walk.h"
#include "tests/support/arena.h"
#include "tests/support/puppet.h"
#include "tests/sync/journal/memory.h"
#include "tests/unit/control/random_changes.h"

namespace baton::test {
namespace {

constexpr VlanId keep = 77;  // a VLAN and two ports that no random change touches
constexpr std::uint64_t fixed_mac = 0x020000000777, learned_mac = 0x0200000a0000, arp_mac = 0x0200000b0000;
constexpr unsigned learned_count = 50;

std::vector<PortName> all_ports() {
    std::vector<PortName> ports = port_list();
    ports.push_back({3, 1});
    ports.push_back({3, 2});
    return ports;
}

class Ground {
  public:
    explicit Ground(std::uint64_t seed) : random(seed) {
        auto maintenance = FdbMaintenance::open(fdb_fd.get(), fdb_arena.bytes(), fdb_min_bits, 99, monotonic_now());
        fdb.emplace(std::move(*maintenance));
        const auto names = all_ports();
        for (const PortName name : names) puppets.push_back(std::make_unique<Puppet>(name));
        ids = dataplane::number_ports(tables, *fdb, names);
        for (std::size_t i = 0; i < names.size(); ++i)
            dataplane::publish_port(tables, ids[i], {names[i], "wire", "", 1518, {}, 0});
        start_dataplane();
        pages[0].pid.store(100);
        pages[1].pid.store(101);
        take_over();
        settle();
        change({vlan_create("keep"), vlan_tag("keep", keep), delete_ports("Default", {"3:1", "3:2"}),
                add_ports("keep", {"3:1", "3:2"}, false), static_entry(Mac::of(fixed_mac).text(), "keep", "3:2")});
        settle();
        for (unsigned i = 0; i < learned_count; ++i) learn(learned_mac + i, keep, id({3, 1}));
    }

    /// Another process on the same tables: it knows of static entries only what the FDB says.
    void start_dataplane() {
        ApplierRounds::Setup setup;
        setup.baton = &baton;
        setup.commands = &commands;
        setup.tables = &tables;
        setup.fdb = &*fdb;
        applier.reset();
        access_lists.reset();
        access_lists.emplace(*acl, lists, nullptr);
        setup.acl = &*access_lists;
        routing.emplace(std::move(*RoutesMaintenance::open(routes_fd.get(), routes.bytes(), monotonic_now())));
        setup.routes = &*routing;
        for (std::size_t i = 0; i < ids.size(); ++i) setup.ports.push_back({ids[i], puppets[i].get()});
        setup.wake_boards = [] {};
        applier.emplace(std::move(setup), monotonic_now());
        applier->turn(monotonic_now());
    }

    /// The master is gone, the other board follows to the end and carries on, with nothing but the journal.
    void take_over() {
        master.reset();
        ++term;
        const Slot slot = term % 2 ? Slot::msm_a : Slot::msm_b;
        CommandRing& ring = commands.rings[term % ring_count];
        ring.term = 0;
        ring.written = 0;
        ring.term = term;
        baton.grant = GrantWord{term, slot}.word();
        around.emplace(Surroundings{slot, baton, pages[index_of(slot)], pages[index_of(other(slot))], tables,
                                    *fdb_arena.as<FdbControl>(), *punt, *routes.as<RoutesControl>(), *fpm, *acl, [] {},
                                    [] {}});
        for (BoardPage& page : pages)  // a zebra has come and is away: routing is not through before it says so
            page.fpm_phase = zebra::phase_word({.phase = zebra::Phase::complete});
        follower = std::make_unique<Follower>(journal.arena(), pages[index_of(slot)]);
        follower->drain();
        applier->turn(monotonic_now());
        MasterHooks hooks{[] {}, [](Slot, bool) { return true; }};
        hooks.join = [this](Reconciler& reconciler) {
            arp = &reconciler;  // in the place of routing: arp's own engine is a part of the master, and has finished
                                // at once
            reconciler.own(Owner::routing, [this] { return arp_commands(); });
        };
        master = std::make_unique<Master>(*around, term, journal.arena(), commands, follower->replica(),
                                          follower->reader().sequence(), config::Consequences{}, std::move(hooks));
    }

    std::vector<Command> arp_commands() const {
        std::vector<Command> out;
        for (const std::uint64_t mac : arp_database) {
            Command& command = out.emplace_back();
            command.type = CommandType::fdb_static_set;
            command.set(FdbStatic{mac, keep, id({3, 2}), 0, 0});
        }
        return out;
    }

    /// The applier takes one command, if there is one; sweeping goes on by a slice. What must never be missing is
    /// there.
    bool step() {
        CommandRing& ring = commands.rings[term % ring_count];
        const std::uint64_t written = ring.written, applied = tables.applier.applied;
        if (written > applied) ring.written = applied + 1;
        const bool busy = applier->turn(monotonic_now());
        ring.written = written;
        never_missing();
        return busy || written > applied;
    }

    void settle() {
        for (int quiet = 0; quiet < 3;) {
            quiet = step() ? 0 : quiet + 1;
            master->on_wake(monotonic_now());
        }
    }

    void change(const std::vector<config::Change>& changes) {
        config::Transaction transaction;
        for (const auto& one : changes) *transaction.add_changes() = one;
        master->commit(transaction, [](Result<void>) {});
    }

    void timer_expires() {
        master->on_wake(monotonic_now() + seconds(master->running().msm_failover().timeout_seconds + 1));
        settle();
    }

    PortId id(PortName name) const {
        const auto names = all_ports();
        return ids[static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin())];
    }

    void learn(std::uint64_t mac, VlanId vlan, PortId port) {
        auto view = Fdb(fdb_arena.bytes()).begin_batch();
        view.learn(view.mix(vlan, mac), vlan, port);
    }

    std::uint16_t lookup(std::uint64_t mac, VlanId vlan) {
        const auto view = Fdb(fdb_arena.bytes()).begin_batch();
        return view.lookup(view.mix(vlan, mac), vlan);
    }

    void never_missing() {
        if (term < 2) return;
        const VlanEntry& entry = tables.vlans[keep];
        ASSERT_EQ(entry.present, 1);
        for (const PortName name : {PortName{3, 1}, PortName{3, 2}}) {
            ASSERT_TRUE(entry.member[0] >> id(name) & 1);
            ASSERT_EQ(tables.ports[id(name)].port_vlan, keep);
            ASSERT_EQ(tables.ports[id(name)].enabled, 1);
        }
        ASSERT_EQ(lookup(fixed_mac, keep), id({3, 2}));
        for (unsigned i = 0; i < learned_count; ++i) ASSERT_EQ(lookup(learned_mac + i, keep), id({3, 1})) << i;
        for (const std::uint64_t mac : arp_always) ASSERT_EQ(lookup(mac, keep), id({3, 2}));
    }

    /// All of the tables against what the configuration and the other owner hold.
    void compare(const std::string& when) {
        const Image wanted = image_of(master->running(), PortMap::of(tables));
        Image held = image_of(tables);
        RoutesImage read_back(*routes.as<RoutesControl>());
        while (read_back.read(1000)) {
        }
        held.routes = read_back.routes();
        held.ipfdb_aging_seconds = routes.as<RoutesControl>()->ipfdb_aging;
        add_access_lists(held, *acl);
        const auto amiss = difference(held, [&] {
            Image plain = wanted;
            plain.statics.clear();
            return plain;
        }());
        EXPECT_TRUE(amiss.empty()) << when << ": " << (amiss.empty() ? "" : describe(amiss.front()));
        auto statics = wanted.statics;
        for (const std::uint64_t mac : arp_database) statics[{keep, mac}] = {id({3, 2}), false};
        std::map<std::pair<VlanId, std::uint64_t>, StaticImage> found;
        unsigned learned = 0;
        FdbWalk walk(fdb_arena.bytes());
        const auto visit = [&](const FdbEntry& entry) {
            if (entry.fixed) {
                found[{entry.vlan, entry.mac.value()}] = {entry.blackhole ? no_port : entry.port, entry.blackhole};
                return;
            }
            if (entry.vlan == keep && entry.port == id({3, 1})) return void(++learned);
            const auto vlan = wanted.vlans.find(entry.vlan);
            ASSERT_TRUE(vlan != wanted.vlans.end()) << when << ": " << entry.mac.text() << " in a VLAN that is gone";
            EXPECT_TRUE(vlan->second.member.has(entry.port)) << when << ": " << entry.mac.text();
            EXPECT_TRUE(wanted.ports.at(entry.port).enabled) << when << ": " << entry.mac.text();
        };
        while (walk.next(4096, visit)) {
        }
        EXPECT_EQ(found, statics) << when;
        EXPECT_EQ(learned, learned_count) << when;
    }

    /// Addresses behind whatever ports are members just now.
    void learn_somewhere() {
        for (VlanId vlan = 1; vlan < max_vlans - 1; ++vlan) {
            if (tables.vlans[vlan].present == 0 || vlan == keep) continue;
            for (const PortId port : ids)
                if (tables.vlans[vlan].member[0] >> port & 1 && tables.ports[port].enabled == 1)
                    learn(0x0200000c0000 + random.below(1000), vlan, port);
        }
    }

    RandomChanges random;
    Fd fdb_fd;
    Mapping baton_map = arena<BatonPage>(ArenaKind::baton), commands_map = arena<CommandArena>(ArenaKind::commands),
            tables_map = arena<TablesArena>(ArenaKind::tables),
            fdb_arena = arena<FdbControl>(ArenaKind::fdb, &fdb_fd, fdb_arena_size, 1 << 20);
    BatonPage& baton = *baton_map.as<BatonPage>();
    CommandArena& commands = *commands_map.as<CommandArena>();
    TablesArena& tables = *tables_map.as<TablesArena>();
    JournalMemory journal{256 * 1024};
    BoardPage pages[2];
    std::unique_ptr<PuntArena> punt = std::make_unique<PuntArena>();
    Fd routes_fd;
    Mapping routes = arena<RoutesControl>(ArenaKind::routes, &routes_fd, routes_arena_size, 4096);
    std::unique_ptr<FpmArena> fpm = std::make_unique<FpmArena>();
    std::unique_ptr<AclArena> acl = std::make_unique<AclArena>();
    Acl lists;
    std::optional<AclMaintenance> access_lists;
    std::vector<std::unique_ptr<Puppet>> puppets;
    std::vector<PortId> ids;
    std::optional<FdbMaintenance> fdb;
    std::optional<RoutesMaintenance> routing;
    std::optional<ApplierRounds> applier;
    std::optional<Surroundings> around;
    std::unique_ptr<Follower> follower;
    std::unique_ptr<Master> master;
    Reconciler* arp = nullptr;
    std::set<std::uint64_t> arp_database;  // what the other owner holds (journalled, in a real one)
    std::set<std::uint64_t> arp_always;    // and has held since it was last in the tables
    Term term = 0;
};

// Master after master: the n-th dies when n commands of its reconcile have been applied, with changes committed before
// and in between; so every place of the sequence is died at, the sweep's slices included.
TEST(Reconcile, a_kill_behind_every_command_leaves_the_tables_that_the_configuration_says) {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        Ground ground(seed);
        bool died_early = true;
        unsigned killed = 0;
        for (unsigned after = 0; died_early && after < 200; ++after) {
            for (std::uint32_t i = 0, n = ground.random.below(4); i < n; ++i) ground.change({ground.random.next()});
            for (std::uint32_t i = 0, n = ground.random.below(6); i < n; ++i) ground.step();
            ground.learn_somewhere();
            ground.take_over();
            unsigned taken = 0;
            while (taken < after && ground.step()) {
                ++taken;
                ground.master->on_wake(monotonic_now());
            }
            died_early = taken == after;
            killed += died_early;
            ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed << ", after " << after;
        }
        EXPECT_FALSE(died_early) << "the reconcile never came to its end";
        EXPECT_GT(killed, 25u) << "there were places to die at";
        ground.settle();
        ground.compare("seed " + std::to_string(seed));
        ASSERT_FALSE(testing::Test::HasFailure());
    }
}

// The other owner: what it says again stays without a gap, what it no longer says goes behind its marker, or when the
// failover timer expires, whichever comes first; never before.
TEST(Reconcile, an_owner_that_finishes_late_or_never_loses_only_what_it_has_not_said) {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        Ground ground(100 + seed);
        for (std::uint64_t i = 0; i < 20; ++i) ground.arp_database.insert(arp_mac + i);
        ground.take_over();
        ground.settle();
        ground.arp->finished(Owner::routing);
        ground.settle();
        ground.compare("said by the first");
        for (int life = 0; life < 6; ++life) {
            const std::set<std::uint64_t> before = ground.arp_database;
            for (std::uint64_t i = 0; i < 20; ++i)
                if (ground.random.below(3) == 0) ground.arp_database.erase(arp_mac + i);
            ground.arp_always = ground.arp_database;
            ground.change({ground.random.next()});
            if (ground.random.below(2)) ground.start_dataplane();
            ground.take_over();
            for (std::uint32_t i = 0, n = ground.random.below(30); i < n; ++i) ground.step();
            if (ground.random.below(2)) ground.take_over();  // and this one dies as well
            ground.settle();
            for (const std::uint64_t mac : before)
                ASSERT_EQ(ground.lookup(mac, keep), ground.id({3, 2})) << "not before its marker or the timer";
            if (ground.random.below(2))
                ground.arp->finished(Owner::routing);
            else
                ground.timer_expires();
            ground.settle();
            ground.compare("seed " + std::to_string(seed) + " life " + std::to_string(life));
            ASSERT_FALSE(testing::Test::HasFailure());
            for (std::uint64_t i = 0; i < 20; ++i)
                if (ground.random.below(2)) ground.arp_database.insert(arp_mac + i);
            ground.take_over();  // says the new ones
            ground.settle();
            ground.arp->finished(Owner::routing);
            ground.settle();
        }
    }
}

// A data plane that starts anew finds static entries and does not know whose they are: nobody's go, when all are
// through.
TEST(Reconcile, a_new_data_plane_keeps_what_is_claimed_and_loses_what_is_not) {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        Ground ground(200 + seed);
        ground.arp_database = {arp_mac, arp_mac + 1};
        ground.take_over();
        ground.arp->finished(Owner::routing);
        for (int i = 0; i < 40; ++i) {
            ground.change({ground.random.next()});
            ground.step();
        }
        ground.settle();
        ground.compare("before");
        ground.fdb->set_static(keep, Mac::of(0x0200000d0000), ground.id({3, 1}));  // a command that was half taken
        ground.start_dataplane();
        if (ground.random.below(2)) ground.take_over();
        ground.settle();
        ground.arp->finished(Owner::routing);
        ground.settle();
        ground.compare("seed " + std::to_string(seed));
        ASSERT_FALSE(testing::Test::HasFailure());
    }
}

}  // namespace
}  // namespace baton::test
