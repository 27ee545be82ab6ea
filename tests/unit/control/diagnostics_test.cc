// SPDX-License-Identifier: Apache-2.0
// A board's look at its own memory finds damage and nothing else: every byte of a header, any byte of a name, and a
// configuration that changed as it should.
#include "controlplane/host/diagnostics.h"

#include <gtest/gtest.h>

#include "tests/unit/control/master_in_memory.h"

namespace baton {
namespace {

using namespace test;

/// A name lies in memory of its own; damage reaches it behind the value's back.
void damage(const config::Running& running, const char* vlan) {
    const_cast<char&>(running.vlan(vlan)->name[0]) ^= 0x20;
}

TEST(Diagnostics, find_every_byte_of_a_header_that_is_not_what_it_was) {
    alignas(64) ArenaHeader header;
    header.magic = arena_magic;
    Diagnostics diagnostics({{"journal", &header}});
    const config::Running running = config::Running::factory(port_list());
    EXPECT_EQ(diagnostics.normal(running), std::nullopt);
    auto* bytes = reinterpret_cast<unsigned char*>(&header);
    for (std::size_t i = 0; i < sizeof header; ++i) {
        bytes[i] ^= 0x10;
        const auto wrong = diagnostics.normal(running);
        ASSERT_TRUE(wrong) << "byte " << i;
        EXPECT_NE(wrong->find("journal"), std::string::npos);
        bytes[i] ^= 0x10;
    }
    EXPECT_EQ(diagnostics.normal(running), std::nullopt);
}

TEST(Diagnostics, tell_damage_from_change) {
    Diagnostics diagnostics({});
    RandomChanges random(11);
    config::Running running = config::Running::factory(port_list());
    for (int i = 0; i < 2000; ++i) {
        running = random.walk(running, 1);
        ASSERT_EQ(diagnostics.normal(running), std::nullopt) << "step " << i;
        config::Running copy = running;
        ASSERT_EQ(diagnostics.normal(copy), std::nullopt) << "a copy is the same value";
    }
    ASSERT_EQ(running.vlan("Default")->name, "Default");
    damage(running, "Default");
    EXPECT_TRUE(diagnostics.normal(running));
}

TEST(Diagnostics, in_the_background_look_once_a_second) {
    Diagnostics diagnostics({});
    const config::Running running = config::Running::factory(port_list());
    const Time now = monotonic_now();
    EXPECT_EQ(diagnostics.background(running, now), std::nullopt);
    damage(running, "Default");
    EXPECT_EQ(diagnostics.background(running, now + milliseconds(500)), std::nullopt) << "not yet";
    EXPECT_TRUE(diagnostics.background(running, now + seconds(100)));
}

TEST(Diagnostics, in_the_background_look_at_a_change_without_waiting_for_the_second) {
    Diagnostics diagnostics({});
    RandomChanges random(12);
    config::Running running = config::Running::factory(port_list());
    const Time now = monotonic_now();
    EXPECT_EQ(diagnostics.background(running, now), std::nullopt);
    running = random.walk(running, 1);
    EXPECT_EQ(diagnostics.background(running, now + milliseconds(500)), std::nullopt);
    damage(running, "Default");
    EXPECT_TRUE(diagnostics.background(running, now + milliseconds(1600))) << "damage before the second was over";
}

TEST(Diagnostics, extended_compare_with_what_a_cold_board_would_read) {
    World world;
    world.dataplane.start(port_list());
    world.take_over(Slot::msm_a);
    for (unsigned i = 0; i < 20; ++i) ASSERT_EQ(world.change({vlan_create(numbered("v", i))}), "ok");
    const auto& journal = world.journal.arena();
    using Journal = Diagnostics::Journal;
    EXPECT_EQ(Diagnostics::extended(world.master->running(), journal, journal.sequence), Journal::agrees);
    EXPECT_EQ(Diagnostics::extended(world.master->running(), journal, journal.sequence + 1), Journal::unsettled);
    EXPECT_EQ(Diagnostics::extended(config::Running::factory(port_list()), journal, journal.sequence),
              Journal::differs);
    damage(world.master->running(), "v7");
    EXPECT_EQ(Diagnostics::extended(world.master->running(), journal, journal.sequence), Journal::differs);
    damage(world.master->running(), "v7");
    auto* data = const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(&journal + 1));
    data[(journal.base + (journal.head - journal.base) / 2) % journal.capacity] ^= 1;
    EXPECT_EQ(Diagnostics::extended(world.master->running(), journal, journal.sequence), Journal::damaged);
}

}  // namespace
}  // namespace baton
