// SPDX-License-Identifier: Apache-2.0
// The whole table of what a failover does: every cause, every level of preservation, every setting beside.
#include "controlplane/config/consequences.h"

#include <gtest/gtest.h>

#include "controlplane/config/running.h"

namespace baton::config {
namespace {

struct Level {  // the guide's six, in its order
    const char* name;
    MsmFailover setting;
    Consequences expected;  // by command, and by whatever else goes by the configuration
};

MsmFailover setting(SlaveConfig slave, LinkAction link, Preserve preserve) {
    MsmFailover out;
    out.slave_config = slave;
    out.link_action = link;
    out.preserve = preserve;
    return out;
}

const Level levels[] = {
    {"nothing",
     setting(SlaveConfig::flash, LinkAction::take_links_down, Preserve::none),
     {true, true, true, true, false}},
    {"configuration",
     setting(SlaveConfig::inherited, LinkAction::take_links_down, Preserve::none),
     {false, true, true, true, false}},
    {"links", setting(SlaveConfig::flash, LinkAction::keep_links_up, Preserve::none), {true, false, true, true, false}},
    {"configuration and links",
     setting(SlaveConfig::inherited, LinkAction::keep_links_up, Preserve::none),
     {false, false, true, true, false}},
    {"l2",
     setting(SlaveConfig::inherited, LinkAction::keep_links_up, Preserve::l2),
     {false, false, false, true, false}},
    {"l2_l3", setting(SlaveConfig::inherited, LinkAction::keep_links_up, Preserve::l2_l3), {}},
};

constexpr RecoveryLevel failing_over[] = {{Recovery::critical, RecoveryAction::msm_failover},
                                          {Recovery::all, RecoveryAction::msm_failover}};
constexpr RecoveryLevel rebooting[] = {
    {}, {Recovery::critical, RecoveryAction::reboot}, {Recovery::all, RecoveryAction::reboot}};

TEST(Consequences, of_a_command_removal_and_diagnostics_go_by_the_six_levels_whatever_the_recovery_level) {
    for (const Level& level : levels)
        for (const Cause cause : {Cause::operator_command, Cause::removal, Cause::diagnostic})
            for (const HangAction hang : {HangAction::discard, HangAction::hitless}) {
                MsmFailover failover = level.setting;
                failover.hang_action = hang;
                for (const auto& recovery : failing_over)
                    EXPECT_EQ(consequences_of(cause, failover, recovery), level.expected) << level.name;
                for (const auto& recovery : rebooting)
                    EXPECT_EQ(consequences_of(cause, failover, recovery), level.expected) << level.name;
            }
}

TEST(Consequences, of_an_exception_go_by_the_level_only_when_recovery_says_failover) {
    for (const Level& level : levels) {
        for (const auto& recovery : failing_over)
            EXPECT_EQ(consequences_of(Cause::exception, level.setting, recovery), level.expected) << level.name;
        for (const auto& recovery : rebooting)
            EXPECT_EQ(consequences_of(Cause::exception, level.setting, recovery),
                      (Consequences{true, true, true, true, false}))
                << level.name << ": the switch comes up anew";
    }
}

TEST(Consequences, of_a_hang_discard_everything_but_links_that_are_to_be_kept_unless_told_otherwise) {
    for (const Level& level : levels)
        for (const Cause cause : {Cause::watchdog, Cause::keepalive})
            for (const auto& recovery : {failing_over[1], rebooting[0]}) {
                MsmFailover failover = level.setting;
                const bool down = failover.link_action == LinkAction::take_links_down;
                EXPECT_EQ(consequences_of(cause, failover, recovery), (Consequences{true, down, true, true, true}))
                    << level.name;
                failover.hang_action = HangAction::hitless;
                EXPECT_EQ(consequences_of(cause, failover, recovery), level.expected) << level.name;
            }
}

TEST(Consequences, the_first_master_loses_nothing) {
    EXPECT_EQ(consequences_of(Cause::never, {}, {}), Consequences{});
    EXPECT_EQ(describe(Consequences{}), "nothing is lost");
}

TEST(Consequences, only_the_last_two_levels_are_hitless) {
    for (std::size_t i = 0; i < std::size(levels); ++i)
        EXPECT_EQ(levels[i].expected.hitless(), i >= 4) << levels[i].name;
    EXPECT_NE(describe(levels[4].expected).find("layer 3"), std::string::npos);
    EXPECT_FALSE((Consequences{.reset_failed = true}.hitless()));
}

TEST(Consequences, obstacles_are_there_exactly_when_something_would_be_lost) {
    for (const Level& level : levels)
        for (const HangAction hang : {HangAction::discard, HangAction::hitless})
            for (const auto& recovery : {failing_over[0], rebooting[0], rebooting[1]}) {
                MsmFailover failover = level.setting;
                failover.hang_action = hang;
                bool any = false, exception = false, hangs = false;
                for (const Obstacle& obstacle : obstacles(failover, recovery)) {
                    (obstacle.any_cause ? any : obstacle.setting == "hang-action" ? hangs : exception) = true;
                    EXPECT_TRUE(obstacle.remedy.starts_with("configure ")) << obstacle.remedy;
                }
                const auto hitless = [&](Cause cause) { return consequences_of(cause, failover, recovery).hitless(); };
                EXPECT_EQ(any, !hitless(Cause::operator_command)) << level.name;
                EXPECT_EQ(any || exception, !hitless(Cause::exception)) << level.name;
                EXPECT_EQ(any || hangs, !hitless(Cause::watchdog)) << level.name;
            }
}

}  // namespace
}  // namespace baton::config
