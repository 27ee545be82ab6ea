// SPDX-License-Identifier: Apache-2.0
// The applier without EAL: what commands do to the tables, whose are taken, what a new master sweeps, what a restart
// keeps. Boards are CommandWriters, the chassis is two stores, ports are puppets.
#include <gtest/gtest.h>

#include <memory>
#include <optional>

#include "dataplane/applier/applier.h"
#include "dataplane/numbering.h"
#include "sync/channel/command_ring.h"
#include "tests/support/arena.h"
#include "tests/support/puppet.h"

namespace baton::test {
namespace {

PortSet256 set_of(std::initializer_list<PortId> ports) {
    PortSet256 set;
    for (const PortId port : ports) set.add(port);
    return set;
}

VlanSet vlan(VlanId id, std::initializer_list<PortId> member, std::initializer_list<PortId> untagged = {}) {
    return {id, vlan_has_tag, 0, set_of(member), set_of(untagged)};
}

class ApplierTest : public testing::Test {
  protected:
    ApplierTest() {
        auto maintenance = FdbMaintenance::open(fdb_fd.get(), fdb_arena.bytes(), fdb_min_bits, 99, now);
        fdb.emplace(std::move(*maintenance));
        const auto ids = dataplane::number_ports(tables, *fdb, {{1, 1}, {1, 2}, {1, 3}});
        for (std::size_t i = 0; i < 3; ++i)
            dataplane::publish_port(tables, ids[i], {{1, static_cast<std::uint8_t>(i + 1)}, "wire", "", 1518, {}, 0});
        start();
        grant(1);
    }

    void start() {
        ApplierRounds::Setup setup;
        setup.baton = &baton;
        setup.commands = &commands;
        setup.tables = &tables;
        setup.fdb = &*fdb;
        for (PortId id = 1; id <= 3; ++id) setup.ports.push_back({id, &puppets[id - 1]});
        setup.wake_boards = [this] { ++wakes; };
        applier = std::make_unique<ApplierRounds>(std::move(setup), now);
    }

    /// What the chassis does, in its order.
    void grant(Term term) {
        CommandRing& ring = commands.rings[term % ring_count];
        ring.term = 0;
        ring.written = 0;
        ring.term = term;
        baton.grant = GrantWord{term, Slot::msm_a}.word();
        master.emplace(commands, tables.applier, term);
    }

    void turn() {
        now = now + milliseconds(21);
        for (int i = 0; i < 1000 && applier->turn(now); ++i) {
        }
    }

    template <class Body>
    Outcome say(CommandType type, const Body& body) {
        const auto sequence = master->push(type, Owner::configuration, body);
        turn();
        return master->outcome(sequence);
    }

    std::uint16_t lookup(Mac mac, VlanId id) {
        const auto view = Fdb(fdb_arena.bytes()).begin_batch();
        return view.lookup(view.mix(id, mac.value()), id);
    }

    void learn(Mac mac, VlanId id, PortId port) {
        auto view = Fdb(fdb_arena.bytes()).begin_batch();
        view.learn(view.mix(id, mac.value()), id, port);
    }

    const Mac host = *Mac::parse("02:00:00:00:00:01"), other = *Mac::parse("02:00:00:00:00:02");
    Time now{seconds(1000).ns};
    Fd fdb_fd;
    Mapping baton_map = arena<BatonPage>(ArenaKind::baton), commands_map = arena<CommandArena>(ArenaKind::commands),
            tables_map = arena<TablesArena>(ArenaKind::tables),
            fdb_arena = arena<FdbControl>(ArenaKind::fdb, &fdb_fd, fdb_arena_size, 1 << 20);
    BatonPage& baton = *baton_map.as<BatonPage>();
    CommandArena& commands = *commands_map.as<CommandArena>();
    TablesArena& tables = *tables_map.as<TablesArena>();
    Puppet puppets[3] = {Puppet({1, 1}), Puppet({1, 2}), Puppet({1, 3})};
    std::optional<FdbMaintenance> fdb;
    std::unique_ptr<ApplierRounds> applier;
    std::optional<CommandWriter> master;
    int wakes = 0;
};

TEST_F(ApplierTest, sets_a_vlan_as_often_as_it_is_said) {
    for (int i = 0; i < 3; ++i) {
        ASSERT_EQ(say(CommandType::vlan_set, vlan(10, {1, 2}, {1})), Outcome::done);
        EXPECT_EQ(tables.vlans[10].present, 1);
        EXPECT_EQ(tables.vlans[10].member[0], 0b110u);
        EXPECT_EQ(tables.vlans[10].untagged[0], 0b010u);
        EXPECT_EQ(tables.vlans[10].confirmed_term, 1u);
    }
    learn(host, 10, 1);
    ASSERT_EQ(say(CommandType::vlan_set, vlan(10, {1, 2}, {1})), Outcome::done);
    EXPECT_EQ(lookup(host, 10), 1) << "saying again what is so forgets nothing";
    EXPECT_GT(wakes, 0);
}

TEST_F(ApplierTest, refuses_impossible_arguments_and_leaves_the_tables) {
    ASSERT_EQ(say(CommandType::vlan_set, vlan(10, {1})), Outcome::done);
    EXPECT_EQ(say(CommandType::vlan_set, vlan(0, {1})), Outcome::bad_argument);
    EXPECT_EQ(say(CommandType::vlan_set, vlan(4095, {1})), Outcome::bad_argument);
    EXPECT_EQ(say(CommandType::vlan_set, vlan(10, {0, 1})), Outcome::bad_argument);
    EXPECT_EQ(say(CommandType::vlan_set, vlan(10, {1}, {1, 2})), Outcome::bad_argument);
    EXPECT_EQ(say(CommandType::port_set, PortConfig{9, 10, 1}), Outcome::bad_argument);
    EXPECT_EQ(say(CommandType::port_set, PortConfig{1, 4095, 1}), Outcome::bad_argument);
    EXPECT_EQ(say(CommandType::port_set, PortConfig{1, 10, 2}), Outcome::bad_argument);
    EXPECT_EQ(say(CommandType::fdb_static_set, FdbStatic{host.value(), 10, 9, 0, 0}), Outcome::bad_argument);
    EXPECT_EQ(say(CommandType::fdb_static_set, FdbStatic{1ull << 48, 10, 1, 0, 0}), Outcome::bad_argument);
    EXPECT_EQ(say(static_cast<CommandType>(999), VlanDelete{10}), Outcome::bad_argument);
    EXPECT_EQ(tables.vlans[10].member[0], 0b010u);
    EXPECT_EQ(tables.applier.applied, 11u) << "each has an outcome and none blocks the ring";
    EXPECT_EQ(tables.applier.terms[1].applied, 1u);
}

TEST_F(ApplierTest, tells_ports_that_they_are_disabled_and_forgets_their_addresses) {
    ASSERT_EQ(say(CommandType::vlan_set, vlan(10, {1, 2})), Outcome::done);
    learn(host, 10, 1);
    ASSERT_EQ(say(CommandType::port_set, PortConfig{1, 10, 0}), Outcome::done);
    EXPECT_FALSE(puppets[0].enabled);
    EXPECT_EQ(lookup(host, 10), fdb_dest_none);
    ASSERT_EQ(say(CommandType::port_set, PortConfig{1, 10, 1}), Outcome::done);
    EXPECT_TRUE(puppets[0].enabled);
}

TEST_F(ApplierTest, follows_links_and_counts_what_ports_lost) {
    turn();
    EXPECT_EQ(tables.ports[2].link_up, 1);
    learn(host, 10, 2);
    puppets[1].up = false;
    puppets[1].lost = 5;
    const int before = wakes;
    turn();
    EXPECT_EQ(tables.ports[2].link_up, 0);
    EXPECT_EQ(tables.ports[2].link_changes, 2u);
    EXPECT_EQ(lookup(host, 10), fdb_dest_none);
    EXPECT_EQ(tables.workers[0].drops[2][static_cast<std::size_t>(Drop::receive_missed)], 5u);
    EXPECT_GT(wakes, before);
}

TEST_F(ApplierTest, resets_links_for_a_second_and_forgets_what_was_learned_before_and_meanwhile) {
    ASSERT_EQ(say(CommandType::vlan_set, vlan(10, {1, 2, 3})), Outcome::done);
    ASSERT_EQ(say(CommandType::port_set, PortConfig{3, 10, 0}), Outcome::done);
    ASSERT_EQ(say(CommandType::fdb_static_set, FdbStatic{other.value(), 10, 2, 0, 0}), Outcome::done);
    learn(host, 10, 1);
    const std::uint32_t changes = tables.ports[1].link_changes;
    ASSERT_EQ(say(CommandType::hardware_reset, HardwareReset{reset_links | reset_l2 | reset_l3}), Outcome::done);
    EXPECT_FALSE(puppets[0].enabled) << "the carrier is gone";
    EXPECT_EQ(tables.ports[1].link_up, 0) << "although the puppet says up";
    EXPECT_EQ(tables.ports[1].resetting, 1);
    EXPECT_EQ(tables.ports[1].enabled, 1) << "the configuration is not touched";
    EXPECT_EQ(lookup(host, 10), fdb_dest_none);
    EXPECT_EQ(lookup(other, 10), 2) << "configuration, which its master says again or sweeps";

    learn(host, 10, 1);  // a worker was in the middle of a burst
    ASSERT_EQ(say(CommandType::port_set, PortConfig{1, 10, 0}), Outcome::done);
    ASSERT_EQ(say(CommandType::port_set, PortConfig{1, 10, 1}), Outcome::done);
    EXPECT_FALSE(puppets[0].enabled) << "enabled by configuration, and down until the reset ends";
    now = now + Links::reset_time;
    turn();
    turn();
    EXPECT_TRUE(puppets[0].enabled);
    EXPECT_EQ(tables.ports[1].link_up, 1);
    EXPECT_EQ(tables.ports[1].resetting, 0);
    EXPECT_EQ(tables.ports[1].link_changes, changes + 2) << "down and up";
    EXPECT_EQ(lookup(host, 10), fdb_dest_none);
    EXPECT_FALSE(puppets[2].enabled) << "what was disabled before stays so";
}

TEST_F(ApplierTest, keeps_links_when_only_layers_are_reset_and_refuses_what_it_does_not_know) {
    ASSERT_EQ(say(CommandType::vlan_set, vlan(10, {1, 2, 3})), Outcome::done);
    learn(host, 10, 1);
    ASSERT_EQ(say(CommandType::hardware_reset, HardwareReset{reset_l3}), Outcome::done);
    EXPECT_EQ(lookup(host, 10), 1) << "layer 2 was not meant";
    ASSERT_EQ(say(CommandType::hardware_reset, HardwareReset{reset_l2}), Outcome::done);
    EXPECT_EQ(lookup(host, 10), fdb_dest_none);
    EXPECT_TRUE(puppets[0].enabled);
    EXPECT_EQ(tables.ports[1].link_up, 1);
    EXPECT_EQ(say(CommandType::hardware_reset, HardwareReset{0}), Outcome::bad_argument);
    EXPECT_EQ(say(CommandType::hardware_reset, HardwareReset{8}), Outcome::bad_argument);
}

TEST_F(ApplierTest, links_that_were_being_reset_when_it_died_are_no_longer_when_it_is_back) {
    ASSERT_EQ(say(CommandType::hardware_reset, HardwareReset{reset_links}), Outcome::done);
    applier.reset();
    start();
    EXPECT_EQ(tables.ports[1].resetting, 0);
}

TEST_F(ApplierTest, says_what_a_change_of_the_baton_cost) {
    auto& dropped = tables.workers[0].drops[2][static_cast<std::size_t>(Drop::egress_down)];
    dropped = 5;
    ASSERT_EQ(say(CommandType::vlan_set, vlan(10, {1, 2})), Outcome::done);
    turn();
    const TermAccount& account = tables.applier.terms[2];
    grant(2);
    dropped = 12;  // behind the last look, ahead of the new master's first word
    master->push(CommandType::hardware_reset, Owner::configuration, HardwareReset{reset_links});
    now = now + milliseconds(1);
    applier->turn(now);
    EXPECT_EQ(account.drops_at_open, 1 + 5u);
    EXPECT_EQ(account.drops_at_end, 0u);
    ASSERT_EQ(say(CommandType::vlan_set, vlan(10, {1, 2})), Outcome::done);
    ASSERT_EQ(say(CommandType::end_of_table, EndOfTable{}), Outcome::done);
    EXPECT_NE(account.end_of_table_ns, 0);
    EXPECT_EQ(account.drops_at_end, 0u) << "links are still down";
    dropped = 100;
    now = now + Links::reset_time;
    turn();
    turn();
    EXPECT_EQ(account.drops_at_end - account.drops_at_open, 95u);
    dropped = 1000;
    turn();
    EXPECT_EQ(account.drops_at_end - account.drops_at_open, 95u) << "later ones are not its price";
}

TEST_F(ApplierTest, takes_only_the_current_terms_commands) {
    ASSERT_EQ(say(CommandType::vlan_set, vlan(10, {1})), Outcome::done);
    CommandWriter old = *master;
    grant(2);
    EXPECT_NE(old.push(CommandType::vlan_delete, Owner::configuration, VlanDelete{10}), 0u);
    turn();
    EXPECT_EQ(tables.vlans[10].present, 1) << "nobody reads the old ring";
    EXPECT_EQ(tables.applier.term, 2u);
    EXPECT_EQ(tables.applier.applied, 0u);

    CommandWriter forger(commands, tables.applier, 2);  // the right ring, the wrong term in the command
    Command forged;
    forged.term = 1;
    forged.sequence = 1;
    forged.type = CommandType::vlan_delete;
    forged.set(VlanDelete{10});
    commands.rings[2].slots[0] = forged;
    commands.rings[2].written = 1;
    turn();
    EXPECT_EQ(tables.vlans[10].present, 1);
    EXPECT_EQ(tables.applier.refused, 1u);
    EXPECT_EQ(forger.outcome(1), Outcome::refused_term);
    EXPECT_EQ(say(CommandType::vlan_set, vlan(11, {1})), Outcome::done) << "the master goes on behind the forgery";
}

TEST_F(ApplierTest, stops_inside_a_batch_when_the_baton_moves) {
    for (VlanId id = 1; id <= 20; ++id) master->push(CommandType::vlan_set, Owner::configuration, vlan(id, {1}));
    CommandRing& next = commands.rings[2];
    next.written = 0;
    next.term = 2;
    baton.grant = GrantWord{2, Slot::msm_b}.word();  // before the applier looked at all
    turn();
    for (VlanId id = 1; id <= 20; ++id) EXPECT_EQ(tables.vlans[id].present, 0) << id;
}

TEST_F(ApplierTest, sweeps_behind_the_marker_what_the_new_master_did_not_say) {
    ASSERT_EQ(say(CommandType::vlan_set, vlan(10, {1})), Outcome::done);
    ASSERT_EQ(say(CommandType::vlan_set, vlan(20, {1})), Outcome::done);
    ASSERT_EQ(say(CommandType::fdb_static_set, FdbStatic{host.value(), 10, 1, 0, 0}), Outcome::done);
    ASSERT_EQ(say(CommandType::fdb_static_set, FdbStatic{other.value(), 10, 1, 0, 0}), Outcome::done);
    learn(*Mac::parse("02:00:00:00:00:03"), 10, 2);
    grant(2);
    ASSERT_EQ(say(CommandType::vlan_set, vlan(10, {1})), Outcome::done);
    ASSERT_EQ(say(CommandType::fdb_static_set, FdbStatic{host.value(), 10, 1, 0, 0}), Outcome::done);
    EXPECT_EQ(tables.vlans[20].present, 1) << "nothing goes before the marker";
    EXPECT_EQ(tables.applier.terms[2].end_of_table_ns, 0);
    ASSERT_EQ(say(CommandType::end_of_table, EndOfTable{}), Outcome::done);
    turn();
    EXPECT_EQ(tables.vlans[10].present, 1);
    EXPECT_EQ(tables.vlans[20].present, 0);
    EXPECT_EQ(lookup(host, 10), 1);
    EXPECT_EQ(lookup(other, 10), fdb_dest_none);
    EXPECT_EQ(lookup(*Mac::parse("02:00:00:00:00:03"), 10), 2) << "dynamic addresses are never swept";
    EXPECT_EQ(tables.applier.swept, 2u);
    EXPECT_NE(tables.applier.terms[2].first_accept_ns, 0);
    EXPECT_NE(tables.applier.terms[2].end_of_table_ns, 0);
}

TEST_F(ApplierTest, keeps_what_is_said_behind_the_marker) {
    ASSERT_EQ(say(CommandType::vlan_set, vlan(4000, {1})), Outcome::done);
    grant(2);
    master->push(CommandType::end_of_table, Owner::configuration, EndOfTable{});
    master->push(CommandType::vlan_set, Owner::configuration, vlan(4000, {1, 2}));
    turn();
    turn();
    EXPECT_EQ(tables.vlans[4000].present, 1);
    EXPECT_EQ(tables.vlans[4000].member[0], 0b110u);
}

TEST_F(ApplierTest, sweeps_each_owners_entries_behind_his_own_marker) {
    const auto entry = [this](Owner owner, std::uint64_t mac) {
        master->push(CommandType::fdb_static_set, owner, FdbStatic{mac, 10, 1, 0, 0});
    };
    const auto known = [this](std::uint64_t mac) { return lookup(Mac::of(mac), 10) == 1; };
    ASSERT_EQ(say(CommandType::vlan_set, vlan(10, {1})), Outcome::done);
    for (const auto& [owner, mac] : {std::pair{Owner::configuration, 0x020000000100ull},
                                     {Owner::configuration, 0x020000000101ull},
                                     {Owner::arp, 0x020000000200ull},
                                     {Owner::arp, 0x020000000201ull},
                                     {Owner::routing, 0x020000000300ull},
                                     {Owner::routing, 0x020000000301ull}})
        entry(owner, mac);
    turn();
    grant(2);
    ASSERT_EQ(say(CommandType::vlan_set, vlan(10, {1})), Outcome::done);
    for (const auto& [owner, mac] : {std::pair{Owner::configuration, 0x020000000100ull},
                                     {Owner::arp, 0x020000000200ull},
                                     {Owner::routing, 0x020000000300ull}})
        entry(owner, mac);
    master->push(CommandType::end_of_table, Owner::arp, EndOfTable{});
    turn();
    EXPECT_FALSE(known(0x020000000201));
    EXPECT_TRUE(known(0x020000000101)) << "the configuration has not finished";
    EXPECT_TRUE(known(0x020000000301)) << "nor has routing";
    EXPECT_EQ(tables.applier.terms[2].end_of_table_ns, 0);
    master->push(CommandType::end_of_table, Owner::configuration, EndOfTable{});
    turn();
    EXPECT_FALSE(known(0x020000000101));
    EXPECT_TRUE(known(0x020000000301));
    EXPECT_NE(tables.applier.terms[2].end_of_table_ns, 0);
    master->push(CommandType::end_of_table, Owner::routing, EndOfTable{1});  // the failover timer
    turn();
    EXPECT_FALSE(known(0x020000000301));
    for (const auto mac : {0x020000000100ull, 0x020000000200ull, 0x020000000300ull}) EXPECT_TRUE(known(mac));
    EXPECT_EQ(tables.applier.swept, 3u);
    const auto strange = master->push(CommandType::end_of_table, static_cast<Owner>(99), EndOfTable{});
    turn();
    EXPECT_EQ(master->outcome(strange), Outcome::bad_argument);
}

TEST_F(ApplierTest, sweeps_of_several_owners_go_on_side_by_side_in_slices) {
    for (VlanId id = 1; id <= 4000; ++id) {
        if (master->room() == 0) turn();
        master->push(CommandType::vlan_set, Owner::configuration, vlan(id, {1}));
    }
    turn();
    for (std::uint64_t mac = 1; mac <= 300; ++mac)
        master->push(CommandType::fdb_static_set, Owner::arp, FdbStatic{0x020000000000 + mac, 10, 1, 0, 0});
    turn();
    grant(2);
    master->push(CommandType::end_of_table, Owner::configuration, EndOfTable{});
    master->push(CommandType::end_of_table, Owner::arp, EndOfTable{});
    now = now + milliseconds(21);
    EXPECT_TRUE(applier->turn(now)) << "a slice only";
    EXPECT_LT(tables.applier.swept, 4300u);
    turn();
    EXPECT_EQ(tables.applier.swept, 4300u);
    for (VlanId id = 1; id <= 4000; ++id) ASSERT_EQ(tables.vlans[id].present, 0);
}

TEST_F(ApplierTest, says_full_to_a_master_that_is_too_fast_and_never_makes_it_wait) {
    for (std::size_t i = 0; i < ring_slots; ++i)
        ASSERT_NE(master->push(CommandType::fdb_flush, Owner::configuration, FdbFlush{}), 0u);
    EXPECT_EQ(master->push(CommandType::fdb_flush, Owner::configuration, FdbFlush{}), 0u);
    EXPECT_EQ(master->room(), 0u);
    turn();
    EXPECT_EQ(master->room(), ring_slots);
    EXPECT_EQ(master->outcome(1), Outcome::done);
    EXPECT_EQ(master->outcome(ring_slots + 1), Outcome::pending);
}

TEST_F(ApplierTest, refuses_what_ran_past_the_ring_and_goes_on) {
    commands.rings[1].written = 1'000'000;
    turn();
    EXPECT_EQ(tables.applier.applied, 1'000'000u);
    EXPECT_EQ(tables.applier.refused, 1'000'000u) << "overwritten ones and empty ones, whose term is 0";
    EXPECT_EQ(say(CommandType::vlan_set, vlan(10, {1})), Outcome::done);
}

TEST_F(ApplierTest, goes_on_after_a_restart_where_the_last_one_stopped) {
    ASSERT_EQ(say(CommandType::vlan_set, vlan(10, {1, 2})), Outcome::done);
    ASSERT_EQ(say(CommandType::fdb_static_set, FdbStatic{host.value(), 10, 1, 0, 0}), Outcome::done);
    ASSERT_EQ(say(CommandType::fdb_aging, FdbAging{77}), Outcome::done);
    learn(other, 10, 2);
    EXPECT_EQ(tables.applier.incarnation, 1u);
    start();
    EXPECT_EQ(tables.applier.incarnation, 2u);
    EXPECT_EQ(tables.applier.aging_seconds, 77u);
    turn();
    EXPECT_EQ(tables.applier.applied, 3u) << "nothing is applied twice";
    EXPECT_EQ(lookup(host, 10), 1);
    EXPECT_EQ(lookup(other, 10), 2);
    // The same master says all again, but for the static entry, which it no longer has.
    ASSERT_EQ(say(CommandType::vlan_set, vlan(10, {1, 2})), Outcome::done);
    ASSERT_EQ(say(CommandType::end_of_table, EndOfTable{}), Outcome::done);
    turn();
    EXPECT_EQ(lookup(host, 10), 1) << "it is nobody's: another owner may still claim it";
    master->push(CommandType::end_of_table, Owner::none, EndOfTable{});
    turn();
    EXPECT_EQ(lookup(host, 10), fdb_dest_none) << "nobody did";
    EXPECT_EQ(tables.vlans[10].present, 1);
}

TEST_F(ApplierTest, does_nothing_to_tables_while_nobody_has_the_baton) {
    baton.grant = 0;
    master->push(CommandType::vlan_set, Owner::configuration, vlan(10, {1}));
    turn();
    EXPECT_EQ(tables.vlans[10].present, 0);
    EXPECT_NE(tables.applier.heartbeat_ns, 0);
}

TEST_F(ApplierTest, keeps_port_numbers_when_ports_are_named_in_another_order) {
    ASSERT_EQ(say(CommandType::vlan_set, vlan(10, {1, 2, 3})), Outcome::done);
    ASSERT_EQ(say(CommandType::port_set, PortConfig{3, 10, 0}), Outcome::done);
    const auto ids = dataplane::number_ports(tables, *fdb, {{2, 1}, {1, 3}, {1, 1}});
    EXPECT_EQ(ids, (std::vector<PortId>{2, 3, 1})) << "1:2 is gone and its number free";
    EXPECT_EQ(tables.vlans[10].member[0], 0b1010u) << "2:1 is not in the VLANs of 1:2";
    dataplane::publish_port(tables, 3, {{1, 3}, "wire", "", 1518, {}, 0});
    EXPECT_EQ(tables.ports[3].enabled, 0);
    EXPECT_EQ(tables.ports[3].port_vlan, 10);
}

}  // namespace
}  // namespace baton::test
