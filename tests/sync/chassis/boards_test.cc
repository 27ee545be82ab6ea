// SPDX-License-Identifier: Apache-2.0
// Who carries the baton: first grants, hand-overs, restarts, back-off, reboots.
#include <signal.h>

#include "tests/sync/chassis/harness.h"

namespace baton::test {
namespace {

TEST_F(Keeper, grants_the_first_term_to_msm_a_and_msm_b_follows) {
    start_and_settle();
    const std::string granted = wait_event("msm-a granted");
    EXPECT_EQ(value(granted, "term"), "1");
    EXPECT_EQ(value(granted, "cause"), "never");
    EXPECT_EQ(value(granted, "given"), "journal,commands") << "the right to write comes with the baton";
    EXPECT_EQ(value(granted, "word"), "1/msm-a");
    EXPECT_EQ(value(granted, "ring"), "1/0");
    EXPECT_EQ(GrantWord::of(baton().grant).holder, Slot::msm_a);
    EXPECT_EQ(record(1).holder, 1u);
    EXPECT_EQ(record(1).last_holder, 0u);
    EXPECT_GT(record(1).wall_ns, 0);
    EXPECT_EQ(baton().board_starts[0], 1u);
    wait_event("dataplane woken");
}

TEST_F(Keeper, runs_boards_as_another_user_who_can_write_nothing_but_his_own_page) {
    start_and_settle();
    for (const char* slot : {"msm-a", "msm-b"}) {
        const std::string begun = wait_event(std::string(slot) + " begun");
        EXPECT_EQ(value(begun, "rights"), slot == std::string("msm-a") ? "board_a" : "board_b");
        EXPECT_EQ(number(begun, "uid"), ::geteuid() == 0 ? 65534 : ::geteuid());
    }
}

TEST_F(Keeper, hands_over_when_the_master_releases_and_starts_it_again_as_slave) {
    start_and_settle();
    const pid_t first = pid_of(Slot::msm_a);
    tell("msm-a", "release");
    const std::string granted = wait_event("msm-b granted term=2");
    EXPECT_EQ(value(granted, "cause"), "admin");
    EXPECT_EQ(value(granted, "quiet"), "true");
    wait_log("gone unit=msm-a exit_code=0 signal=0");
    wait_log("able from=msm-a", 2);
    EXPECT_NE(pid_of(Slot::msm_a), first);
    EXPECT_EQ(record(2).cause, Cause::operator_command);
    EXPECT_EQ(record(2).last_holder, 1u);
    EXPECT_EQ(record(2).signal, 0u);
    EXPECT_EQ(count_log("killed"), 0);
    EXPECT_EQ(count_log("back-off"), 0);
    for (Term term = 3; term <= 8; ++term) {  // and on, back and forth
        const char* holder = term % 2 ? "msm-b" : "msm-a";
        tell(holder, "release");
        wait_event(fmt::format("granted term={} quiet=true", term));
        wait_log(fmt::format("able from={}", holder), static_cast<int>(term / 2) + 1);
    }
}

TEST_F(Keeper, kills_a_master_that_released_and_does_not_end) {
    start_and_settle();
    const pid_t first = pid_of(Slot::msm_a);
    tell("msm-a", "release-and-stay");
    wait_event("msm-b granted term=2");
    wait_log("killed unit=msm-a cause=admin");
    wait_for("its end", [&] { return !exists(first); });
    wait_log("able from=msm-a", 2);
}

TEST_F(Keeper, does_not_believe_a_release_of_another_term) {
    start_and_settle();
    tell("msm-a", "release-old-term");
    wait_event("done release-old-term");
    tell("msm-b", "release");  // a slave has nothing to release
    wait_log("gone unit=msm-b");
    EXPECT_EQ(GrantWord::of(baton().grant).term, 1u);
    EXPECT_EQ(GrantWord::of(baton().grant).holder, Slot::msm_a);
}

TEST_F(Keeper, gives_the_baton_to_the_first_that_comes_when_both_are_dead) {
    start_and_settle();
    const pid_t a = pid_of(Slot::msm_a), b = pid_of(Slot::msm_b);
    ::kill(b, SIGKILL);
    ::kill(a, SIGKILL);
    // Should the chassis have heard of the master's end first, the dead slave had its turn: a term that nobody ever
    // used.
    const std::string granted = wait_event("granted", 2);
    EXPECT_EQ(value(granted, "other_ended"), "true");
    EXPECT_LE(number(granted, "term"), 3);
    wait_log("able from=msm-a", 2);
    wait_log("able from=msm-b", 2);
    EXPECT_FALSE(exists(a));
    EXPECT_FALSE(exists(b));
}

TEST_F(Keeper, waits_ever_longer_for_a_board_that_dies_before_it_is_able_and_not_once_it_was) {
    tell_first("msm-b", "exit");
    start();
    wait_event("msm-a granted term=1");
    for (const char* ms : {"100", "200", "400"}) wait_log(fmt::format("back-off unit=msm-b restart_in_ms={}", ms));
    tell_first("msm-b", "");
    wait_log("able from=msm-b");
    const int waits = count_log("back-off");
    ::kill(pid_of(Slot::msm_b), SIGKILL);
    wait_log("able from=msm-b", 2);
    EXPECT_EQ(count_log("back-off"), waits);
    EXPECT_EQ(GrantWord::of(baton().grant).term, 1u) << "none of this concerned the master";
}

TEST_F(Keeper, restarts_a_slave_for_the_master_and_shows_a_hard_reset_of_itself_as_removal) {
    start_and_settle();
    tell("msm-a", "reboot soft msm-b");
    wait_event("msm-b leave");
    wait_log("able from=msm-b", 2);
    EXPECT_EQ(GrantWord::of(baton().grant).term, 1u);
    tell("msm-b", "reboot hard msm-a");  // only the master may ask
    wait_event("msm-b done reboot hard");
    tell("msm-a", "reboot hard msm-a");
    EXPECT_EQ(value(wait_event("msm-b granted term=2"), "cause"), "removal");
    EXPECT_EQ(count_log("reboot asked_by"), 2);
    wait_log("able from=msm-a", 2);
}

TEST_F(Keeper, takes_a_boards_plane_away_with_a_hard_reset_and_brings_it_back_with_the_new_process) {
    start_and_settle();
    EXPECT_EQ(baton().plane[0], PlaneState::working);
    EXPECT_EQ(baton().plane[1], PlaneState::working);
    ::kill(pid_of(Slot::msm_b), SIGKILL);  // software alone
    wait_log("able from=msm-b", 2);
    EXPECT_EQ(count_log("state=absent"), 0) << "a crash of the software leaves the plane";
    tell("msm-a", "reboot soft msm-b");
    wait_log("able from=msm-b", 3);
    EXPECT_EQ(count_log("state=absent"), 0);

    const std::int64_t before = baton().plane_changed_ns[1];
    tell("msm-a", "reboot hard msm-b");
    wait_log("plane=B of=msm-b state=absent");
    wait_log("plane=B of=msm-b state=working");
    EXPECT_EQ(baton().plane[1], PlaneState::working);
    EXPECT_GT(baton().plane_changed_ns[1], before);
    EXPECT_LT(place(log(), "plane=B of=msm-b state=absent"), place(log(), "killed unit=msm-b"));
    wait_log("able from=msm-b", 4);
    tell("msm-a", "reboot hard msm-a");
    wait_log("plane=A of=msm-a state=absent");
    wait_event("msm-b granted term=2");
    wait_log("plane=A of=msm-a state=working");
    EXPECT_EQ(count_log("state=absent"), 2);
}

TEST_F(Keeper, kills_a_board_that_hangs_up_without_a_word) {
    start_and_settle();
    tell("msm-a", "hang-up");
    const std::string granted = wait_event("msm-b granted term=2");
    EXPECT_EQ(value(granted, "other_ended"), "true");
    EXPECT_EQ(value(granted, "cause"), "exception");
}

TEST_F(Keeper, pulls_a_board_out_and_puts_it_back_and_its_plane_goes_and_comes_with_it) {
    start_and_settle();
    const auto plane = [&](Slot slot) { return baton().plane[index_of(slot)].load(); };
    EXPECT_EQ(plane(Slot::msm_a), PlaneState::working);
    EXPECT_EQ(plane(Slot::msm_b), PlaneState::working);
    const auto hand = [&](NoteType what, Slot slot) {
        const Fd door = connect();
        Note note{.type = what, .slot = static_cast<std::uint32_t>(slot)};
        ReceivedNote answer;
        EXPECT_TRUE(send_note(door.get(), note));
        EXPECT_EQ(receive_note(door.get(), answer, true), Receive::note);
        return answer.note.type == NoteType::done ? std::string("done") : std::string(answer.note.text);
    };
    EXPECT_NE(hand(NoteType::insert, Slot::msm_a).find("remove it first"), std::string::npos);
    EXPECT_EQ(hand(NoteType::remove, Slot::msm_a), "done");
    EXPECT_EQ(value(wait_event("msm-b granted term=2"), "cause"), "removal");
    EXPECT_EQ(plane(Slot::msm_a), PlaneState::absent) << "before anybody was granted anything";
    EXPECT_EQ(plane(Slot::msm_b), PlaneState::working);
    wait_log("gone unit=msm-a");
    EXPECT_NE(hand(NoteType::remove, Slot::msm_a).find("insert it first"), std::string::npos);
    EXPECT_EQ(count_log("started unit=msm-a"), 1);
    EXPECT_EQ(hand(NoteType::insert, Slot::msm_a), "done");
    wait_log("able from=msm-a", 2);
    EXPECT_EQ(plane(Slot::msm_a), PlaneState::working);
}

TEST_F(Keeper, keeps_the_plane_of_a_board_that_failed_its_diagnostics_out_until_it_is_reset_hard) {
    start_and_settle();
    tell("msm-a", "diagnostic");
    EXPECT_EQ(value(wait_event("msm-b granted term=2"), "cause"), "hwFailure");
    wait_log("able from=msm-a", 2);
    EXPECT_EQ(baton().plane[0], PlaneState::absent);
    tell("msm-b", "reboot hard msm-a");
    wait_log("plane=A of=msm-a state=working");
    EXPECT_EQ(baton().plane[0], PlaneState::working);
}

}  // namespace
}  // namespace baton::test
