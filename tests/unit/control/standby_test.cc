// SPDX-License-Identifier: Apache-2.0
// A slave on the journal: it holds what the master wrote, says how each subsystem fares, and mends itself.
#include <gtest/gtest.h>

#include "controlplane/standby/follower.h"
#include "controlplane/standby/snapshot.h"
#include "tests/sync/journal/memory.h"
#include "tests/unit/control/random_changes.h"

namespace baton {
namespace {

using namespace test;

constexpr std::uint8_t configuration = static_cast<std::uint8_t>(Subsystem::configuration);

struct Ground {
    explicit Ground(std::uint64_t capacity = 64 * 1024) : journal(capacity), writer(journal.arena(), 1, 0) {
        databases.running = config::Running::factory(port_list());
    }

    void snapshot() { ASSERT_TRUE(write_snapshot(writer, snapshot_of(databases, writer.capacity()))); }

    void change(const config::Change& change, std::uint64_t token = 0, const std::string& text = {}) {
        if (writer.used() > snapshot_due(writer.capacity())) snapshot();  // before the databases hold the change
        if (!databases.running.apply({change}, port_set())) return;
        ++databases.kept.changes;
        config::Transaction transaction;
        *transaction.add_changes() = change;
        transaction.set_token(token);
        transaction.set_text(text);
        databases.outcomes.add(token, text, false);
        append(configuration, config::TRANSACTION, journal_critical, transaction.SerializeAsString());
    }

    void save(std::uint32_t space, const std::string& text) {
        config::Saved saved;
        saved.set_space(space);
        saved.set_at(1'700'000'000);
        saved.set_by("somebody");
        saved.set_text(text);
        saved.set_running(true);
        saved.set_changes(databases.kept.changes);
        take_saved(saved, databases);
        append(configuration, config::SAVED, 0, saved.SerializeAsString());
    }

    void select(std::uint32_t space) {
        config::Selected selected;
        selected.set_space(space);
        take_selected(selected, databases);
        append(configuration, config::SELECTED, 0, selected.SerializeAsString());
    }

    void append(std::uint8_t subsystem, std::uint16_t subtype, std::uint8_t flags, const std::string& payload) {
        ASSERT_TRUE(writer.append(subsystem, subtype, flags, bytes_of(payload)));
    }

    SubsystemWord word(Subsystem subsystem) { return subsystem_of(page, subsystem); }

    JournalMemory journal;
    JournalWriter writer;
    Databases databases;
    BoardPage page;
};

TEST(Standby, waits_in_initial_until_there_is_a_snapshot_and_is_then_ready) {
    Ground ground;
    Follower follower(ground.journal.arena(), ground.page);
    EXPECT_TRUE(follower.follow(10));
    EXPECT_TRUE(follower.caught_up());
    EXPECT_EQ(ground.word(Subsystem::configuration).state, SubsystemState::initial);
    EXPECT_EQ(ground.word(Subsystem::stp).state, SubsystemState::disable);
    ground.snapshot();
    EXPECT_TRUE(follower.follow(1000));
    for (const Subsystem subsystem : followed_subsystems) {
        EXPECT_EQ(ground.word(subsystem).state, SubsystemState::ready);
        EXPECT_EQ(ground.word(subsystem).old_state, SubsystemState::initial);
    }
    EXPECT_TRUE(ready(ground.page));
    EXPECT_EQ(follower.replica().databases().running, ground.databases.running);
    EXPECT_EQ(ground.page.journal_position.load(), ground.writer.head());
}

TEST(Standby, a_cold_slave_shows_xfr_while_it_reads_and_reads_in_slices) {
    Ground ground;
    ground.snapshot();
    RandomChanges random(1);
    for (int i = 0; i < 60; ++i) ground.change(random.next());
    Follower follower(ground.journal.arena(), ground.page);
    EXPECT_FALSE(follower.follow(3));
    EXPECT_EQ(ground.word(Subsystem::configuration).state, SubsystemState::xfr);
    EXPECT_FALSE(follower.caught_up());
    while (!follower.follow(3)) {
    }
    EXPECT_EQ(ground.word(Subsystem::configuration).state, SubsystemState::ready);
    EXPECT_EQ(ground.word(Subsystem::configuration).old_state, SubsystemState::xfr);
    EXPECT_EQ(follower.replica().databases().running, ground.databases.running);
}

TEST(Standby, holds_outcomes_and_log_also_after_many_snapshots) {
    Ground ground(2 * 1024 * 1024);
    ground.snapshot();
    Follower follower(ground.journal.arena(), ground.page);
    for (std::uint64_t token = 1; token <= 6000; ++token) {
        ground.change(aging(15 + static_cast<std::uint32_t>(token)), token, numbered("t", token));
        const LoggedLine line{static_cast<std::int64_t>(token), log::Level::notice, "msm-a", numbered("line ", token)};
        ground.databases.log.add(line);
        ground.append(static_cast<std::uint8_t>(Subsystem::log), config::LOG_LINE, 0,
                      as_message(line).SerializeAsString());
        if (token % 50 == 0) {
            while (!follower.follow(100)) {
            }
        }
    }
    while (!follower.follow(100)) {
    }
    EXPECT_EQ(ground.page.resyncs.load(), 0u);
    ground.snapshot();
    EXPECT_GT(ground.journal.arena().base.load(), 0u);
    Follower cold(ground.journal.arena(), ground.page);
    cold.drain();
    for (const Replica* replica : {&follower.replica(), &cold.replica()}) {
        const Outcomes& outcomes = replica->databases().outcomes;
        EXPECT_EQ(outcomes.tokens().size(), outcomes_kept);
        ASSERT_NE(outcomes.find(6000), nullptr);
        EXPECT_EQ(outcomes.find(6000)->text, "t6000");
        EXPECT_NE(outcomes.find(6001 - outcomes_kept), nullptr);
        EXPECT_EQ(outcomes.find(6000 - outcomes_kept), nullptr) << "only the last are kept";
        ASSERT_EQ(replica->databases().log.lines().size(), log_lines_kept);
        EXPECT_EQ(replica->databases().log.lines().back().line, "line 6000");
    }
}

TEST(Standby, overrun_transfers_everything_again_and_says_so) {
    Ground ground(16 * 1024);
    ground.snapshot();
    Follower follower(ground.journal.arena(), ground.page);
    follower.drain();
    RandomChanges random(2);
    while (ground.writer.head() < 5 * 16 * 1024) ground.change(random.next());
    EXPECT_FALSE(follower.follow(1)) << "it has begun again";
    EXPECT_EQ(ground.word(Subsystem::configuration).state, SubsystemState::xfr);
    EXPECT_EQ(ground.word(Subsystem::configuration).reason, Reason::journal_overflow);
    EXPECT_EQ(ground.page.resyncs.load(), 1u);
    follower.drain();
    EXPECT_EQ(ground.word(Subsystem::configuration).state, SubsystemState::ready);
    EXPECT_EQ(ground.word(Subsystem::configuration).old_reason, Reason::journal_overflow);
    EXPECT_EQ(follower.replica().databases().running, ground.databases.running);
}

TEST(Standby, a_corrupt_record_fails_it_until_the_next_snapshot_has_passed) {
    Ground ground;
    ground.snapshot();
    Follower follower(ground.journal.arena(), ground.page);
    follower.drain();
    const std::uint64_t place = ground.writer.head();
    ground.change(vlan_create("red"));
    ground.journal.data()[place % ground.writer.capacity() + sizeof(JournalRecordHeader)] ^= 4;
    EXPECT_TRUE(follower.follow(100));
    for (const Subsystem subsystem : followed_subsystems) {
        EXPECT_EQ(ground.word(subsystem).state, SubsystemState::failed);
        EXPECT_EQ(ground.word(subsystem).reason, Reason::invalid_record);
    }
    ground.change(vlan_create("blue"));
    EXPECT_TRUE(follower.follow(100));
    EXPECT_EQ(ground.word(Subsystem::configuration).state, SubsystemState::failed) << "still";
    ground.snapshot();
    follower.drain();
    EXPECT_EQ(ground.word(Subsystem::configuration).state, SubsystemState::ready);
    EXPECT_NE(follower.replica().databases().running.vlan("blue"), nullptr);
    EXPECT_EQ(follower.replica().databases().running, ground.databases.running);
}

TEST(Standby, unknown_records_fail_a_subsystem_only_when_they_are_critical) {
    Ground ground;
    ground.snapshot();
    Follower follower(ground.journal.arena(), ground.page);
    ground.append(configuration, 999, 0, "later release");
    ground.append(static_cast<std::uint8_t>(Subsystem::stp), 1, 0, "an engine to come");
    ground.append(200, 1, 0, "a subsystem to come");
    follower.drain();
    EXPECT_EQ(follower.replica().skipped(), 3u);
    EXPECT_TRUE(ready(ground.page));

    ground.append(configuration, 999, journal_critical, "later release");
    ground.change(vlan_create("red"));
    follower.drain();
    EXPECT_EQ(ground.word(Subsystem::configuration).state, SubsystemState::failed);
    EXPECT_EQ(ground.word(Subsystem::configuration).reason, Reason::invalid_subtype);
    EXPECT_EQ(ground.word(Subsystem::log).state, SubsystemState::ready);
    EXPECT_EQ(follower.replica().databases().running.vlan("red"), nullptr) << "nothing is built on what was missed";
    ground.snapshot();
    follower.drain();
    EXPECT_TRUE(ready(ground.page));
    EXPECT_NE(follower.replica().databases().running.vlan("red"), nullptr);
}

TEST(Standby, a_record_that_does_not_apply_fails_the_configuration_until_the_next_snapshot) {
    Ground ground;
    ground.snapshot();
    Follower follower(ground.journal.arena(), ground.page);
    config::Transaction transaction;
    *transaction.add_changes() = vlan_delete("nobody");
    ground.append(configuration, config::TRANSACTION, journal_critical, transaction.SerializeAsString());
    follower.drain();
    EXPECT_EQ(ground.word(Subsystem::configuration).reason, Reason::config_failed);
    EXPECT_EQ(ground.word(Subsystem::l2_hardware).state, SubsystemState::failed);
    EXPECT_NE(follower.replica().complaint().find("nobody"), std::string::npos);
    ground.append(configuration, config::TRANSACTION, journal_critical, "\xff\xff garbage");
    ground.snapshot();
    follower.drain();
    EXPECT_TRUE(ready(ground.page));
}

TEST(Standby, a_state_too_large_for_the_journal_is_refused_with_a_sentence) {
    Ground ground(16 * 1024);
    std::vector<config::Change> many;
    for (int i = 0; i < 400; ++i)
        many.push_back(static_entry(Mac::of(0x020000000000ull + static_cast<unsigned>(i)).text(), "Default", ""));
    ASSERT_TRUE(ground.databases.running.apply(many, port_set()));
    const auto done = write_snapshot(ground.writer, snapshot_of(ground.databases, ground.writer.capacity()));
    ASSERT_FALSE(done);
    EXPECT_NE(done.error().what.find("reason memory"), std::string::npos);
    EXPECT_EQ(ground.writer.head(), 0u);
}

// The heart of it: whatever record the master dies behind, the next one holds what was committed, and would say the
// same to the data plane.
TEST(Standby, can_take_over_behind_every_record) {
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
        RandomChanges random(seed);
        Ground ground(32 * 1024);
        ground.snapshot();
        Follower along(ground.journal.arena(), ground.page);
        for (int k = 0; k < 250; ++k) {
            ground.change(random.next(), static_cast<std::uint64_t>(k + 1), numbered("text ", k));
            if (random.below(20) == 0) ground.save(random.below(2), numbered("create vlan v", k));
            if (random.below(30) == 0) ground.select(random.below(2));
            if (random.below(40) == 0) ground.snapshot();
            JournalMemory copy = ground.journal;  // what is left of a master that dies now
            BoardPage page;
            Follower next(copy.arena(), page);
            next.drain();
            ASSERT_TRUE(next.replica().complete());
            ASSERT_EQ(next.replica().databases().running, ground.databases.running)
                << "seed " << seed << " record " << k;
            ASSERT_EQ(next.replica().databases().outcomes, ground.databases.outcomes);
            ASSERT_EQ(next.replica().databases().kept, ground.databases.kept);
            if (k % 3 == 0) along.drain();
            JournalWriter writer(copy.arena(), 2, next.reader().sequence(), next.replica().snapshot_at());
            ASSERT_EQ(writer.head(), ground.writer.head());
        }
        along.drain();
        ASSERT_EQ(along.replica().databases().running, ground.databases.running);
        ASSERT_EQ(ground.page.resyncs.load(), 0u);
    }
}

}  // namespace
}  // namespace baton
