// SPDX-License-Identifier: Apache-2.0
// The keeper's decisions one by one, on simulated time: each test is a short story of what happens to the boards.
#include <gtest/gtest.h>

#include "sync/baton/decide.h"

namespace baton {
namespace {

using Type = Event::Type;
using Deed = Action::Type;
constexpr Unit a = Unit::msm_a, b = Unit::msm_b, dataplane = Unit::dataplane;

class Story : public ::testing::Test {
  protected:
    Actions at(std::int64_t ms, Event event) {
        now_ = std::max(now_, Time{milliseconds(ms).ns});
        event.now = now_;
        Actions actions;
        decider.on(event, actions);
        return actions;
    }

    Actions at(std::int64_t ms, Type type, Unit unit = {}) { return at(ms, Event{.type = type, .unit = unit}); }

    /// Ticks as the chassis does, every 50 ms, until `ms`; all that was decided meanwhile.
    Actions wait_until(std::int64_t ms) {
        Actions all;
        for (std::int64_t t = now_.ns / 1'000'000 + 50; t <= ms; t += 50)
            for (const Action& action : at(t, Type::tick)) all.push_back(action);
        return all;
    }

    void board_comes(std::int64_t ms, Unit unit) {
        at(ms, Type::hello, unit);
        at(ms, Type::able, unit);
        at(ms, Type::loop_beat, unit);
    }

    /// Both boards able, msm-a master of term 1, at 100 ms.
    void settle() {
        at(0, Type::begin);
        board_comes(100, a);
        board_comes(100, b);
        ASSERT_EQ(decider.holder(), Slot::msm_a);
        ASSERT_EQ(decider.term(), 1u);
    }

    static int count(const Actions& actions, Deed deed, Unit unit) {
        return static_cast<int>(std::count_if(actions.begin(), actions.end(), [&](const Action& action) {
            return action.type == deed && action.unit == unit;
        }));
    }

    static const Action* grant_in(const Actions& actions) {
        for (const Action& action : actions)
            if (action.type == Deed::grant) return &action;
        return nullptr;
    }

    Decider decider{Timing{}};
    Time now_{};
};

TEST_F(Story, everything_is_started_at_once_the_data_plane_first) {
    const Actions actions = at(0, Type::begin);
    ASSERT_EQ(actions.size(), 3u);
    EXPECT_EQ(actions[0].unit, dataplane);
    EXPECT_EQ(actions[1].unit, a);
    EXPECT_EQ(actions[2].unit, b);
}

TEST_F(Story, msm_a_is_preferred_when_it_is_able_within_half_a_second_of_msm_b) {
    at(0, Type::begin);
    board_comes(100, b);
    EXPECT_EQ(decider.holder(), Slot::none);
    EXPECT_EQ(decider.next_due(), Time{milliseconds(600).ns});
    board_comes(500, a);
    EXPECT_EQ(decider.holder(), Slot::msm_a);
}

TEST_F(Story, msm_b_gets_the_first_grant_when_msm_a_does_not_come) {
    at(0, Type::begin);
    board_comes(100, b);
    EXPECT_EQ(grant_in(wait_until(550)), nullptr);
    const Actions actions = wait_until(600);
    ASSERT_NE(grant_in(actions), nullptr);
    EXPECT_EQ(grant_in(actions)->unit, b);
    EXPECT_EQ(grant_in(actions)->cause, Cause::never);
    EXPECT_EQ(grant_in(actions)->last_holder, Slot::none);
}

TEST_F(Story, a_killed_master_is_followed_by_the_slave_at_once_with_the_time_of_the_loss) {
    settle();
    const Actions actions = at(200, Type::lost, a);
    ASSERT_NE(grant_in(actions), nullptr);
    EXPECT_EQ(grant_in(actions)->unit, b);
    EXPECT_EQ(grant_in(actions)->term, 2u);
    EXPECT_EQ(grant_in(actions)->cause, Cause::exception);
    EXPECT_EQ(grant_in(actions)->lost, Time{milliseconds(200).ns});
    EXPECT_EQ(grant_in(actions)->last_holder, Slot::msm_a);
    EXPECT_TRUE(at(201, Type::gone, a).empty()) << "the new master has the cores to itself for a moment";
    EXPECT_EQ(decider.next_due(), Time{milliseconds(211).ns});
    EXPECT_EQ(count(at(211, Type::tick), Deed::start, a), 1) << "and the old one comes again, as slave";
    EXPECT_EQ(decider.holder(), Slot::msm_b);
}

TEST_F(Story, dying_words_alone_grant_nothing) {
    settle();
    EXPECT_TRUE(at(200, {.type = Type::dying, .unit = a, .cause = Cause::exception, .signal = 11}).empty());
    EXPECT_EQ(decider.holder(), Slot::msm_a);
    const Actions actions = at(201, Type::lost, a);
    ASSERT_NE(grant_in(actions), nullptr);
    EXPECT_EQ(grant_in(actions)->signal, 11u);
}

TEST_F(Story, a_board_that_does_not_die_after_its_words_is_killed) {
    settle();
    at(200, {.type = Type::dying, .unit = a, .cause = Cause::exception, .signal = 11});
    EXPECT_EQ(count(at(250, Type::tick), Deed::kill, a), 1);
    EXPECT_EQ(decider.holder(), Slot::msm_a) << "not before it is seen dead";
    EXPECT_NE(grant_in(at(300, Type::lost, a)), nullptr);
}

TEST_F(Story, a_silent_master_is_killed_first_and_followed_when_it_is_dead) {
    settle();
    Actions actions;
    for (std::int64_t t = 150; t <= 2150; t += 50) {
        at(t, Type::loop_beat, b);
        for (const Action& action : at(t, Type::tick)) actions.push_back(action);
    }
    ASSERT_EQ(actions.size(), 1u);
    EXPECT_EQ(actions[0].type, Deed::kill);
    EXPECT_EQ(actions[0].unit, a);
    EXPECT_EQ(grant_in(wait_until(2200)), nullptr);
    const Actions after = at(2300, Type::lost, a);
    ASSERT_NE(grant_in(after), nullptr);
    EXPECT_EQ(grant_in(after)->cause, Cause::keepalive);
}

TEST_F(Story, a_machine_that_slept_kills_nobody) {
    settle();
    wait_until(200);
    EXPECT_TRUE(at(60'000, Type::tick).empty());
    EXPECT_EQ(decider.holder(), Slot::msm_a);
}

TEST_F(Story, a_stuck_loop_whose_watchdog_does_nothing_is_killed_in_the_end) {
    settle();
    Actions actions;
    for (std::int64_t t = 150; t <= 10'200 && actions.empty(); t += 50) {
        at(t, Type::loop_beat, b);
        at(t, Type::watchdog_beat, a);
        actions = at(t, Type::tick);
    }
    ASSERT_EQ(count(actions, Deed::kill, a), 1);
    EXPECT_EQ(grant_in(at(10'300, Type::lost, a))->cause, Cause::watchdog);
}

TEST_F(Story, a_released_baton_goes_to_the_slave_without_waiting_for_the_old_master_to_end) {
    settle();
    const Actions actions = at(200, {.type = Type::release, .unit = a, .term = 1});
    ASSERT_NE(grant_in(actions), nullptr);
    EXPECT_EQ(grant_in(actions)->unit, b);
    EXPECT_EQ(grant_in(actions)->cause, Cause::operator_command);
    at(210, Type::gone, a);
    EXPECT_EQ(count(at(220, Type::tick), Deed::start, a), 1);
}

TEST_F(Story, a_released_master_that_stays_is_killed_after_two_seconds) {
    settle();
    at(200, {.type = Type::release, .unit = a, .term = 1});
    at(250, Type::loop_beat, a);
    Actions actions;
    for (std::int64_t t = 250; t <= 2200; t += 50) {
        at(t, Type::loop_beat, a);
        at(t, Type::loop_beat, b);
        for (const Action& action : at(t, Type::tick)) actions.push_back(action);
    }
    EXPECT_EQ(count(actions, Deed::kill, a), 1);
}

TEST_F(Story, a_release_of_an_old_term_or_by_the_slave_changes_nothing) {
    settle();
    EXPECT_TRUE(at(200, {.type = Type::release, .unit = a, .term = 7}).empty());
    EXPECT_TRUE(at(200, {.type = Type::release, .unit = b, .term = 1}).empty());
    EXPECT_EQ(decider.holder(), Slot::msm_a);
}

TEST_F(Story, a_slave_that_is_only_there_gets_the_baton_of_a_dead_master) {
    at(0, Type::begin);
    board_comes(100, a);
    at(150, Type::hello, b);
    EXPECT_EQ(grant_in(at(200, Type::lost, a))->unit, b);
}

TEST_F(Story, with_both_boards_dead_the_first_that_comes_gets_the_baton) {
    settle();
    at(200, Type::lost, b);
    EXPECT_EQ(grant_in(at(200, Type::lost, a)), nullptr);
    EXPECT_EQ(count(at(201, Type::gone, b), Deed::start, b), 1);
    EXPECT_EQ(count(at(201, Type::gone, a), Deed::start, a), 1) << "at once: nobody needs the cores";
    const Actions actions = at(300, Type::hello, a);
    ASSERT_NE(grant_in(actions), nullptr);
    EXPECT_EQ(grant_in(actions)->unit, a);
    EXPECT_EQ(grant_in(actions)->term, 2u);
    EXPECT_EQ(grant_in(actions)->lost, Time{milliseconds(200).ns});
}

TEST_F(Story, a_board_that_dies_before_it_was_able_waits_ever_longer_up_to_five_seconds) {
    settle();
    at(1000, Type::lost, b);
    EXPECT_EQ(count(at(1000, Type::gone, b), Deed::start, b), 1) << "it was able";
    for (const std::int64_t ms : {100, 200, 400, 800, 1600, 3200, 5000, 5000}) {
        const Time died = now_;
        EXPECT_TRUE(at(0, Type::gone, b).empty());
        EXPECT_EQ(decider.restart_at(b), died + milliseconds(ms));
        at(0, Type::loop_beat, a);
        EXPECT_EQ(count(at(died.ns / 1'000'000 + ms, Type::tick), Deed::start, b), 1);
    }
    board_comes(30'000, b);
    EXPECT_EQ(count(at(30'001, Type::gone, b), Deed::start, b), 1) << "able once: no wait";
}

TEST_F(Story, a_board_that_never_says_hello_is_killed) {
    at(0, Type::begin);
    EXPECT_EQ(count(wait_until(9'950), Deed::kill, a), 0);
    EXPECT_EQ(count(wait_until(10'000), Deed::kill, a), 1);
}

TEST_F(Story, the_data_plane_is_started_again_at_once_unless_it_died_at_once) {
    settle();
    at(100, Type::hello, dataplane);
    wait_until(2'050);
    for (int i = 0; i < 3; ++i) at(2'060, Type::loop_beat, i == 0 ? a : b);
    EXPECT_EQ(count(at(2'100, Type::gone, dataplane), Deed::start, dataplane), 1);
    EXPECT_EQ(decider.holder(), Slot::msm_a) << "the boards are not disturbed";
    EXPECT_TRUE(at(2'200, Type::gone, dataplane).empty());
    EXPECT_EQ(count(at(2'300, Type::tick), Deed::start, dataplane), 1);
}

TEST_F(Story, a_hard_reset_of_the_master_is_a_removal) {
    settle();
    EXPECT_EQ(count(at(200, {.type = Type::reboot, .unit = a, .hard = true}), Deed::kill, a), 1);
    EXPECT_EQ(grant_in(at(201, Type::lost, a))->cause, Cause::removal);
}

TEST_F(Story, a_soft_reboot_of_the_slave_asks_it_to_leave_and_starts_it_again) {
    settle();
    EXPECT_EQ(count(at(200, {.type = Type::reboot, .unit = b}), Deed::leave, b), 1);
    EXPECT_EQ(count(at(250, Type::gone, b), Deed::start, b), 1);
    EXPECT_EQ(decider.holder(), Slot::msm_a);
}

TEST_F(Story, a_stop_asks_all_to_leave_kills_who_stays_and_starts_nobody) {
    settle();
    at(100, Type::hello, dataplane);
    Actions actions = at(200, Type::stop);
    for (const Unit unit : {dataplane, a, b}) EXPECT_EQ(count(actions, Deed::leave, unit), 1);
    at(210, Type::lost, a);
    EXPECT_TRUE(at(210, Type::gone, a).empty());
    EXPECT_TRUE(at(220, Type::gone, dataplane).empty());
    EXPECT_FALSE(decider.all_gone());
    actions = wait_until(2'250);
    EXPECT_EQ(count(actions, Deed::kill, b), 1);
    at(2'260, Type::gone, b);
    EXPECT_TRUE(decider.all_gone());
    EXPECT_EQ(decider.next_due(), Time::never());
}

TEST_F(Story, a_master_that_is_pulled_out_loses_the_baton_to_the_other_and_stays_away_until_it_is_put_back) {
    settle();
    const auto deeds = at(200, Type::remove, a);
    EXPECT_EQ(count(deeds, Deed::kill, a), 1);
    EXPECT_EQ(grant_in(deeds), nullptr) << "not before its end is proven";
    const auto lost = at(201, Type::lost, a);
    ASSERT_NE(grant_in(lost), nullptr);
    EXPECT_EQ(grant_in(lost)->unit, b);
    EXPECT_EQ(grant_in(lost)->cause, Cause::removal);
    EXPECT_EQ(count(at(205, Type::gone, a), Deed::start, a), 0);
    EXPECT_EQ(count(wait_until(20'000), Deed::start, a), 0) << "the slot is empty";
    EXPECT_TRUE(at(20'001, Type::remove, a).empty()) << "there is nothing to pull out";
    EXPECT_EQ(count(at(20'002, {.type = Type::reboot, .unit = a, .hard = true}), Deed::start, a), 0);
    EXPECT_EQ(count(at(20'100, Type::insert, a), Deed::start, a), 1);
    EXPECT_TRUE(at(20'101, Type::insert, a).empty()) << "it is in already";
}

TEST_F(Story, a_board_that_is_put_back_before_its_last_process_is_gone_starts_when_it_is) {
    settle();
    at(200, Type::remove, b);
    EXPECT_TRUE(at(201, Type::insert, b).empty());
    at(202, Type::lost, b);
    EXPECT_EQ(count(at(203, Type::gone, b), Deed::start, b), 1);
    EXPECT_EQ(decider.holder(), Slot::msm_a);
}

TEST_F(Story, with_both_boards_out_it_waits_for_a_hand) {
    settle();
    for (const Unit unit : {b, a}) {
        at(200, Type::remove, unit);
        at(201, Type::lost, unit);
        at(202, Type::gone, unit);
    }
    EXPECT_EQ(count(wait_until(30'000), Deed::start, a), 0);
    EXPECT_EQ(decider.holder(), Slot::none);
    at(30'001, Type::insert, b);
    at(30'050, Type::hello, b);
    at(30'051, Type::able, b);
    EXPECT_EQ(decider.holder(), Slot::msm_b);
    EXPECT_EQ(decider.term(), 2u);
}

}  // namespace
}  // namespace baton
