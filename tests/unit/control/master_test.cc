// SPDX-License-Identifier: Apache-2.0
// A master: what it answers, what it journals, what it says to the data plane, and who carries on after it.
#include <gtest/gtest.h>

#include "tests/unit/control/master_in_memory.h"

namespace baton {
namespace {

using namespace test;

bool says(const std::string& sentence, const std::string& part) {
    return sentence.find(part) != std::string::npos;
}

std::string sentence(const Result<void>& result) {
    return result ? "ok" : result.error().what;
}

void expect_programmed(World& world) {
    const Image wanted = image_of(world.master->running(), PortMap::of(world.dataplane.tables()));
    EXPECT_TRUE(difference(world.dataplane.image(), wanted).empty());
    EXPECT_EQ(world.dataplane.image().statics, wanted.statics);
}

TEST(Master, waits_for_the_first_data_plane_and_then_begins_with_the_factory) {
    World world;
    world.take_over(Slot::msm_a);
    EXPECT_TRUE(says(world.change({vlan_create("red")}), "which ports there are"));
    EXPECT_TRUE(says(sentence(world.master->hitless_ready()), "which ports there are"));
    EXPECT_EQ(world.journal.arena().head.load(), 0u);
    world.dataplane.start(port_list());
    world.settle();
    ASSERT_NE(world.master->running().vlan("Default"), nullptr);
    EXPECT_EQ(world.master->running().vlan("Default")->untagged, port_set());
    EXPECT_EQ(world.dataplane.ends_of_table, 1);
    expect_programmed(world);
    EXPECT_EQ(subsystem_of(world.pages[0], Subsystem::l2_hardware).state, SubsystemState::ready);
    EXPECT_EQ(world.change({vlan_create("red")}), "ok");
}

TEST(Master, journals_before_it_programs_and_answers_after_both) {
    World world;
    world.dataplane.start(port_list());
    world.take_over(Slot::msm_a);
    world.settle();
    config::Transaction transaction;
    *transaction.add_changes() = aging(44);
    transaction.set_token(7);
    transaction.set_text("FDB aging time: 44 s.");
    bool answered = false;
    const int wakes = world.dataplane_wakes, others = world.other_wakes;
    world.master->commit(transaction, [&answered](Result<void> result) { answered = result.has_value(); });
    BoardPage page;
    Follower elsewhere(world.journal.arena(), page);
    elsewhere.drain();
    EXPECT_EQ(elsewhere.replica().databases().running.aging_seconds(), 44u) << "committed";
    EXPECT_GT(world.other_wakes, others);
    EXPECT_GT(world.dataplane_wakes, wakes);
    EXPECT_FALSE(answered) << "not before the data plane has it";
    world.dataplane.step();
    world.master->on_wake(monotonic_now());
    EXPECT_TRUE(answered);
    EXPECT_EQ(world.master->outcome(7), "FDB aging time: 44 s.");
    EXPECT_EQ(world.master->outcome(8), std::nullopt);
}

TEST(Master, does_a_change_once_though_it_is_asked_twice) {
    World world;
    world.dataplane.start(port_list());
    world.take_over(Slot::msm_a);
    EXPECT_EQ(world.change({vlan_create("red")}, 5, "made"), "ok");
    EXPECT_EQ(world.change({vlan_create("red")}, 5, "made"), "ok");
    EXPECT_TRUE(says(world.change({vlan_create("red")}, 6), "exists already"));
}

TEST(Master, takes_back_what_the_data_plane_refuses_on_both_boards) {
    World world;
    world.dataplane.start(port_list());
    world.take_over(Slot::msm_a);
    Follower& slave = world.start_slave();
    ASSERT_EQ(world.change({vlan_create("red"), vlan_tag("red", 9), add_ports("red", {"1:1"}, true)}), "ok");
    const auto before = world.master->running();
    world.dataplane.refuse = [](const Command& command) {
        return command.type == CommandType::fdb_static_set ? Outcome::table_full : Outcome::done;
    };
    const auto answer = world.change({aging(99), static_entry("00:11:22:33:44:55", "red", "1:1")}, 11, "done");
    EXPECT_TRUE(says(answer, "00:11:22:33:44:55")) << answer;
    EXPECT_TRUE(says(answer, "table is full")) << answer;
    EXPECT_EQ(world.master->running(), before);
    EXPECT_EQ(slave.replica().databases().running, before);
    EXPECT_TRUE(says(*world.master->outcome(11), "refused"));
    EXPECT_TRUE(says(slave.replica().databases().outcomes.find(11)->text, "refused"));
    EXPECT_TRUE(says(world.change({aging(99)}, 11), "refused")) << "asked again, the same answer";
    expect_programmed(world);
    world.dataplane.refuse = nullptr;
    EXPECT_EQ(world.change({static_entry("00:11:22:33:44:55", "red", "1:1")}, 12), "ok");
    expect_programmed(world);
}

TEST(Master, keeps_a_change_while_the_data_plane_is_away_and_says_when_it_is_programmed) {
    World world;
    world.dataplane.start(port_list());
    world.take_over(Slot::msm_a);
    world.settle();
    world.dataplane.tables().applier.heartbeat_ns.store(monotonic_now().ns - seconds(5).ns);
    config::Transaction transaction;
    *transaction.add_changes() = aging(77);
    transaction.set_token(3);
    transaction.set_text("ok then");
    std::string answer;
    world.master->commit(transaction, [&answer](Result<void> result) { answer = sentence(result); });
    EXPECT_EQ(answer, "ok");
    EXPECT_TRUE(says(*world.master->outcome(3), "programmed when it returns"));
    EXPECT_TRUE(says(*world.master->outcome(3), "ok then"));
    world.dataplane.start(port_list());  // a new incarnation
    world.settle();
    EXPECT_EQ(world.dataplane.ends_of_table, 2);
    expect_programmed(world);
}

TEST(Master, answers_after_a_second_though_the_data_plane_is_silent) {
    World world;
    world.dataplane.start(port_list());
    world.take_over(Slot::msm_a);
    world.settle();
    std::string answer;
    config::Transaction transaction;
    *transaction.add_changes() = aging(78);
    world.master->commit(transaction, [&answer](Result<void> result) { answer = sentence(result); });
    world.master->on_wake(monotonic_now());
    EXPECT_EQ(answer, "");
    world.master->on_wake(monotonic_now() + milliseconds(1100));
    EXPECT_EQ(answer, "ok");
    world.settle();
    expect_programmed(world);
}

TEST(Master, answers_changes_in_order_when_they_queue) {
    World world;
    world.dataplane.start(port_list());
    world.take_over(Slot::msm_a);
    world.settle();
    std::vector<int> answered;
    for (int i = 0; i < 20; ++i) {
        config::Transaction transaction;
        *transaction.add_changes() = i % 5 == 4 ? vlan_delete("nobody") : vlan_create(numbered("v", i));
        world.master->commit(transaction, [&answered, i](Result<void> result) { answered.push_back(result ? i : -i); });
    }
    EXPECT_TRUE(answered.empty());
    world.settle();
    EXPECT_EQ(answered, (std::vector<int>{0, 1, 2, 3, -4, 5, 6, 7, 8, -9, 10, 11, 12, 13, -14, 15, 16, 17, 18, -19}));
}

TEST(Master, says_everything_again_when_ports_change_or_the_data_plane_is_new) {
    World world;
    world.dataplane.start({{1, 1}, {1, 2}});
    world.take_over(Slot::msm_a);
    world.settle();
    ASSERT_EQ(world.dataplane.ends_of_table, 1);
    for (auto& vlan : world.dataplane.tables().vlans) vlan.present.store(0);
    world.dataplane.start({{1, 2}, {1, 1}, {1, 3}});  // other numbers, one port more, tables lost
    world.settle();
    EXPECT_EQ(world.dataplane.ends_of_table, 2);
    expect_programmed(world);
    EXPECT_EQ(world.change({add_ports("Default", {"1:3"}, false)}), "ok");
    expect_programmed(world);
}

TEST(Master, finds_tables_that_differ_and_says_everything_again) {
    World world;
    world.dataplane.start(port_list());
    world.take_over(Slot::msm_a);
    world.settle();
    world.dataplane.refuse = [](const Command& command) {
        return command.type == CommandType::vlan_set ? Outcome::bad_argument : Outcome::done;
    };
    world.dataplane.tables().vlans[1].present.store(0);
    world.dataplane.start(port_list());
    world.settle();
    auto word = subsystem_of(world.pages[0], Subsystem::l2_hardware);
    EXPECT_EQ(word.state, SubsystemState::failed);
    EXPECT_EQ(word.reason, Reason::tables_differ);
    EXPECT_TRUE(says(sentence(world.master->hitless_ready()), "L2,L3 failed"));
    world.dataplane.refuse = nullptr;
    world.master->on_wake(monotonic_now() + seconds(11));
    world.settle();
    word = subsystem_of(world.pages[0], Subsystem::l2_hardware);
    EXPECT_EQ(word.state, SubsystemState::ready);
    expect_programmed(world);
}

TEST(Master, is_hitless_ready_only_when_the_slave_is) {
    World world;
    world.dataplane.start(port_list());
    world.take_over(Slot::msm_a);
    world.settle();
    EXPECT_TRUE(says(sentence(world.master->hitless_ready()), "starting"));
    world.start_slave();
    world.settle();
    EXPECT_EQ(sentence(world.master->slave_ready()), "ok");
    EXPECT_TRUE(says(sentence(world.master->hitless_ready()),
                     "slave-config is flash; first: configure msm-failover slave-config inherited"))
        << "the factory's configuration is not hitless";
    ASSERT_EQ(world.change(hitless_changes()), "ok");
    EXPECT_EQ(sentence(world.master->hitless_ready()), "ok");
    EXPECT_EQ(world.master->log_lines().size(), 0u) << "the tap is the board's";
    world.dataplane.tables().applier.heartbeat_ns.store(1);
    EXPECT_TRUE(says(sentence(world.master->hitless_ready()), "data plane is away"));
    EXPECT_EQ(sentence(world.master->slave_ready()), "ok") << "an operator may hand over all the same";
    world.dataplane.beat();

    Subsystems words(world.pages[1]);
    words.set(Subsystem::log, SubsystemState::failed, Reason::invalid_record);
    const auto no = world.master->hitless_ready();
    EXPECT_EQ(no.error().code, Code::not_ready);
    EXPECT_TRUE(says(no.error().what, "subsystem log is failed, reason invalid brkt; ")) << no.error().what;
    words.set(Subsystem::log, SubsystemState::ready);
    EXPECT_EQ(sentence(world.master->hitless_ready()), "ok");

    EXPECT_EQ(sentence(world.master->hand_over()), "ok");
    EXPECT_EQ(world.hand_overs, 1);
    EXPECT_EQ(world.master->hand_over().error().code, Code::not_ready) << "once is enough";
}

TEST(Master, hands_over_though_the_configuration_makes_it_cost_something) {
    World world;
    world.dataplane.start(port_list());
    world.take_over(Slot::msm_a);
    world.settle();
    EXPECT_EQ(world.master->hand_over().error().code, Code::not_ready) << "no slave: that no configuration helps";
    world.start_slave();
    world.settle();
    ASSERT_FALSE(world.master->hitless_ready());
    EXPECT_EQ(sentence(world.master->hand_over()), "ok");
    EXPECT_EQ(world.hand_overs, 1);
}

TEST(Master, resets_the_hardware_before_it_says_anything_else) {
    World world;
    world.dataplane.start(port_list());
    world.take_over(Slot::msm_a);
    ASSERT_EQ(world.change({vlan_create("red")}), "ok");
    world.dataplane.said.clear();
    world.take_over(Slot::msm_b, {.reset_links = true, .reset_l2 = true, .reset_l3 = true});
    world.settle();
    ASSERT_GT(world.dataplane.said.size(), 1u);
    EXPECT_EQ(world.dataplane.said.front().type, CommandType::hardware_reset);
    EXPECT_EQ(world.dataplane.said.front().get<HardwareReset>().what, reset_links | reset_l2 | reset_l3);
    EXPECT_NE(world.master->running().vlan("red"), nullptr) << "the configuration is inherited";
    expect_programmed(world);

    world.dataplane.said.clear();
    world.take_over(Slot::msm_a, {.reset_l2 = true});
    world.settle();
    EXPECT_EQ(world.dataplane.said.front().get<HardwareReset>().what, reset_l2);
    world.dataplane.said.clear();
    world.take_over(Slot::msm_b);
    world.settle();
    for (const Command& command : world.dataplane.said) EXPECT_NE(command.type, CommandType::hardware_reset);
}

TEST(Master, that_boots_from_flash_gives_up_the_last_ones_configuration_on_both_boards) {
    World world;
    world.dataplane.start(port_list());
    world.take_over(Slot::msm_a);
    ASSERT_EQ(world.change({vlan_create("saved")}), "ok");
    world.flash = world.master->running();
    ASSERT_EQ(world.change({vlan_create("unsaved"), system_name("given-up")}), "ok");
    world.take_over(Slot::msm_b, {.from_flash = true, .reset_links = true, .reset_l2 = true, .reset_l3 = true});
    world.settle();
    EXPECT_EQ(world.master->running(), *world.flash);
    expect_programmed(world);
    world.start_slave();
    world.settle();
    EXPECT_EQ(world.slave->replica().databases().running, *world.flash) << "the slave inherits it";
    world.take_over(Slot::msm_a);
    EXPECT_EQ(world.master->running(), *world.flash) << "and the next master goes on with it";

    world.flash.reset();
    world.take_over(Slot::msm_b, {.from_flash = true});
    world.settle();
    EXPECT_EQ(world.master->running(), config::Running::factory(port_list())) << "nothing was ever saved";
    expect_programmed(world);
}

TEST(Master, waits_for_what_the_other_boards_diagnostics_say) {
    World world;
    world.dataplane.start(port_list());
    world.take_over(Slot::msm_a);
    world.settle();
    std::string told = "nothing";
    const auto ask = [&] {
        told = "nothing";
        world.master->diagnose(Slot::msm_b, true, [&](Result<void> result) { told = sentence(result); });
    };
    const auto answer = [&](std::uint64_t runs, DiagnosticsResult result) {
        world.pages[1].diagnostics.store(DiagnosticsWord{runs, result}.word());
        world.master->on_wake(monotonic_now());
    };
    ask();
    EXPECT_TRUE(says(told, "not there")) << told;
    world.start_slave();
    world.settle();
    ask();
    world.master->on_wake(monotonic_now());
    EXPECT_EQ(told, "nothing") << "it has not answered yet";
    EXPECT_EQ(world.diagnoses, 1);
    std::string second;
    world.master->diagnose(Slot::msm_b, true, [&](Result<void> result) { second = sentence(result); });
    EXPECT_TRUE(says(second, "under way")) << second;
    answer(1, DiagnosticsResult::passed);
    EXPECT_EQ(told, "ok");
    ask();
    answer(2, DiagnosticsResult::failed);
    EXPECT_TRUE(says(told, "hard-reset")) << told;
    ask();
    const std::uint64_t base = world.journal.arena().base.load();
    answer(3, DiagnosticsResult::journal_damaged);
    EXPECT_TRUE(says(told, "journal is damaged")) << told;
    EXPECT_GT(world.journal.arena().base.load(), base) << "a snapshot behind the damage";
    ask();
    world.pages[1].pid.store(999);
    world.master->on_wake(monotonic_now());
    EXPECT_TRUE(says(told, "failed")) << "it ended instead of answering: " << told;
    world.pages[1].pid.store(101);
    ask();
    world.master->on_wake(monotonic_now() + seconds(9));
    EXPECT_TRUE(says(told, "did not answer")) << told;
}

TEST(Master, writes_a_snapshot_for_a_slave_that_cannot_follow) {
    World world;
    world.dataplane.start(port_list());
    world.take_over(Slot::msm_a);
    Follower& slave = world.start_slave();
    world.settle();
    const std::uint64_t place = world.journal.arena().head.load();
    world.slave.release();  // it looks away while the damage is done
    std::unique_ptr<Follower> keep(&slave);
    ASSERT_EQ(world.change({vlan_create("red")}), "ok");
    world.journal.data()[place + sizeof(JournalRecordHeader)] ^= 1;
    slave.drain();
    ASSERT_EQ(subsystem_of(world.pages[1], Subsystem::configuration).reason, Reason::invalid_record);
    world.slave = std::move(keep);
    world.master->on_wake(monotonic_now() + seconds(20));
    world.settle();
    EXPECT_TRUE(ready(world.pages[1]));
    EXPECT_NE(slave.replica().databases().running.vlan("red"), nullptr);
}

TEST(Master, a_flood_of_notices_hides_no_warning_from_its_log) {
    World world;
    world.dataplane.start(port_list());
    world.take_over(Slot::msm_a);
    world.settle();
    for (int i = 0; i < 1000; ++i) world.master->log_line(log::Level::notice, "somebody typed a line");
    world.master->log_line(log::Level::warning, "something is wrong");
    EXPECT_EQ(world.master->log_lines().back().line, "something is wrong");
}

TEST(Master, log_lines_survive_it_within_a_rate) {
    World world;
    world.dataplane.start(port_list());
    world.take_over(Slot::msm_a);
    world.settle();
    world.master->log_line(log::Level::notice, "term=1 and so on");
    for (int i = 0; i < 1000; ++i) world.master->log_line(log::Level::info, "storm");
    const auto lines = world.master->log_lines();
    EXPECT_LE(lines.size(), 210u);
    ASSERT_GE(lines.size(), 2u);
    EXPECT_EQ(lines[0].line, "term=1 and so on");
    EXPECT_EQ(lines[0].slot, "msm-a");
    world.take_over(Slot::msm_b);
    ASSERT_EQ(world.master->log_lines().size(), lines.size());
    EXPECT_EQ(world.master->log_lines()[0].line, "term=1 and so on");
    world.master->clear_log();
    world.take_over(Slot::msm_a);
    EXPECT_TRUE(world.master->log_lines().empty());
}

TEST(Master, journals_what_is_no_utf_8_so_that_a_slave_can_read_it) {
    World world;
    world.dataplane.start(port_list());
    world.take_over(Slot::msm_a);
    Follower& slave = world.start_slave();
    world.settle();
    config::Transaction transaction;
    *transaction.add_changes() = aging(50);
    transaction.set_token(5);
    transaction.set_text("\xff\xc3");
    transaction.set_line("configure \xe2\x82");
    world.master->commit(transaction, [](Result<void>) {});
    world.master->log_line(log::Level::notice, std::string(log_line_size - 1, 'x') + "\xc3\xa4 cut inside");
    world.settle();
    EXPECT_TRUE(ready(world.pages[1])) << slave.replica().complaint();
    EXPECT_EQ(slave.replica().databases().running.aging_seconds(), 50u);
    EXPECT_EQ(slave.replica().databases().outcomes.find(5)->text, "\xff\xc3");
    ASSERT_EQ(slave.replica().databases().log.lines().size(), 1u);
    world.take_over(Slot::msm_b);
    EXPECT_EQ(world.master->log_lines()[0].line.size(), log_line_size);
}

TEST(Master, goes_on_punting_where_the_last_one_stopped) {
    World world;
    world.dataplane.start(port_list());
    world.take_over(Slot::msm_a);
    PuntWriter writer(*world.punt, world.pages[0], world.pages[1], 2);
    std::vector<std::uint8_t> frame(60, 0);
    frame[0] = 0x01, frame[1] = 0x80, frame[2] = 0xc2;
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(writer.push(frame, 3, 1));
    world.settle();
    EXPECT_EQ(world.master->punts().by_destination().at(*Mac::parse("01:80:c2:00:00:00")), 5u);
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(writer.push(frame, 3, 1));
    world.take_over(Slot::msm_b);
    world.settle();
    EXPECT_EQ(world.master->punts().by_destination().at(*Mac::parse("01:80:c2:00:00:00")), 2u);
    EXPECT_EQ(world.pages[1].punt_cursor[2].load(), 7u);
}

TEST(Master, flushes_when_the_data_plane_is_there) {
    World world;
    world.dataplane.start(port_list());
    world.take_over(Slot::msm_a);
    world.settle();
    std::string answer;
    world.master->flush(FdbFlush{0, 7, 0, 0}, [&answer](Result<void> result) { answer = sentence(result); });
    EXPECT_EQ(answer, "");
    world.settle();
    EXPECT_EQ(answer, "ok");
    EXPECT_EQ(world.dataplane.said.back().type, CommandType::fdb_flush);
    EXPECT_EQ(world.dataplane.said.back().get<FdbFlush>().vlan, 7);
}

TEST(Master, that_lost_the_baton_commits_nothing) {
    World world;
    world.dataplane.start(port_list());
    world.take_over(Slot::msm_a);
    world.settle();
    const std::uint64_t head = world.journal.arena().head.load();
    world.baton->grant.store(GrantWord{2, Slot::msm_b}.word());
    EXPECT_TRUE(says(world.change({vlan_create("red")}), "no longer carries the baton"));
    EXPECT_EQ(world.journal.arena().head.load(), head);
}

TEST(Master, refuses_a_configuration_that_the_journal_cannot_hold) {
    World world(32 * 1024);
    world.dataplane.start(port_list());
    world.take_over(Slot::msm_a);
    world.settle();
    std::string answer = "ok";
    int made = 0;
    while (answer == "ok" && made < 10'000) {
        answer = world.change(
            {static_entry(Mac::of(0x020000000000ull + static_cast<unsigned>(made)).text(), "Default", "")});
        ++made;
    }
    EXPECT_TRUE(says(answer, "reason memory")) << answer;
    EXPECT_GT(made, 50);
    EXPECT_EQ(world.change({static_away(Mac::of(0x020000000000ull).text(), "Default")}), "ok");
    world.take_over(Slot::msm_b);
    EXPECT_EQ(world.master->running().statics().size(), static_cast<std::size_t>(made) - 2);
}

// Masters die in the middle of changes, with commands said and not said, again and again: what was acknowledged is
// there, and the tables are what the configuration says.
TEST(Master, dies_anywhere_and_the_next_one_has_the_same_tables) {
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        RandomChanges random(seed);
        World world(64 * 1024);
        world.dataplane.start(port_list());
        world.take_over(Slot::msm_a);
        world.settle();
        std::uint64_t token = 0;
        for (int life = 0; life < 12; ++life) {
            std::vector<std::uint64_t> acknowledged;
            for (std::uint32_t i = 0, n = random.below(10); i < n; ++i) {
                config::Transaction transaction;
                *transaction.add_changes() = random.next();
                transaction.set_token(++token);
                world.master->commit(transaction, [&acknowledged, mine = token](Result<void> result) {
                    if (result) acknowledged.push_back(mine);
                });
                world.dataplane.step(random.below(4));
                if (random.below(2)) world.master->on_wake(monotonic_now());
            }
            const auto running = world.master->running();
            world.take_over(other(world.around->slot));
            ASSERT_EQ(world.master->running(), running) << "seed " << seed;
            for (const auto mine : acknowledged)
                ASSERT_TRUE(world.master->outcome(mine)) << "acknowledged, then forgotten";
            world.settle();
            expect_programmed(world);
            ASSERT_EQ(subsystem_of(world.pages[index_of(world.around->slot)], Subsystem::l2_hardware).state,
                      SubsystemState::ready);
        }
    }
}

}  // namespace
}  // namespace baton
