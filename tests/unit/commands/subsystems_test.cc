// SPDX-License-Identifier: Apache-2.0
// What show msm-failover says of the boards' subsystems: every state and reason in the guide's words, progress,
// remedies.
#include <gtest/gtest.h>

#include "tests/unit/commands/fake_switch.h"

namespace baton::commands {
namespace {

class subsystems : public testing::Test {
  protected:
    FakeSwitch sw;
    Interpreter interpreter{sw};

    Json slave() { return json_of(interpreter, "show msm-failover")["boards"][1]; }

    Json slaves_subsystems() { return slave()["subsystems"]; }  // whole: a loop over a part of a temporary dangles

    std::string text() { return say(interpreter, "show msm-failover").text; }

    void word(Slot slot, Subsystem subsystem, SubsystemWord word) {
        sw.page(slot).subsystem[static_cast<std::size_t>(subsystem)] = word.word();
    }
};

TEST_F(subsystems, every_state_and_reason_is_shown_for_both_boards_now_and_before) {
    for (const Slot slot : {Slot::msm_a, Slot::msm_b})
        for (std::size_t state = 0; state < std::size(subsystem_state_names); ++state)
            for (std::size_t reason = 0; reason < std::size(reason_names); ++reason) {
                word(slot, Subsystem::configuration,
                     {static_cast<SubsystemState>(state), static_cast<Reason>(reason),
                      static_cast<SubsystemState>((state + 1) % 6), static_cast<Reason>((reason + 1) % 14)});
                const auto one = json_of(interpreter, "show msm-failover")["boards"][index_of(slot)]["subsystems"][0];
                EXPECT_EQ(one["state"], subsystem_state_names[state]);
                EXPECT_EQ(one["reason"], reason_names[reason]);
                EXPECT_EQ(one["old_state"], subsystem_state_names[(state + 1) % 6]);
                EXPECT_EQ(one["old_reason"], reason_names[(reason + 1) % 14]);
                EXPECT_EQ(one.contains("remedy"), state == static_cast<std::size_t>(SubsystemState::failed));
            }
}

TEST_F(subsystems, what_failed_is_followed_by_its_remedy_once) {
    EXPECT_EQ(text().find("do what mends it"), std::string::npos);
    for (const auto subsystem : {Subsystem::configuration, Subsystem::l2_hardware})
        word(Slot::msm_b, subsystem,
             {SubsystemState::failed, Reason::journal_overflow, SubsystemState::ready, Reason::none});
    const auto said = text();
    const auto at = said.find("msm-b, brkt ovflow: do what mends it\n");
    EXPECT_NE(at, std::string::npos) << said;
    EXPECT_EQ(said.find("do what mends it", at + 30), std::string::npos) << said;
}

TEST_F(subsystems, a_silent_or_starting_slave_is_unknown_and_an_absent_one_not_available) {
    sw.slave_view_.beats = false;
    EXPECT_EQ(slaves_subsystems().size(), subsystem_count);
    for (const Json& one : slaves_subsystems()) EXPECT_EQ(one["state"], "unknown");
    sw.slave_view_.beats = true;
    sw.baton_->board_pid[1] = 205;  // started anew, has not said a word yet
    for (const Json& one : slaves_subsystems()) EXPECT_EQ(one["state"], "unknown");
    sw.board_is_gone(Slot::msm_b);
    for (const Json& one : slaves_subsystems()) {
        EXPECT_EQ(one["state"], "<not available>");
        EXPECT_EQ(one["reason"], "none");
    }
    sw.slave_view_.absent = Reason::hotswap;
    EXPECT_EQ(slave()["subsystems"][0]["reason"], "hotswap");
    EXPECT_NE(text().find("msm-b, hotswap: do what mends it"), std::string::npos);
    EXPECT_EQ(json_of(interpreter, "show msm-failover")["boards"][0]["subsystems"][0]["state"], "ready")
        << "the master's own";
}

TEST_F(subsystems, a_transfer_shows_how_far_it_is_in_bytes_and_records) {
    EXPECT_TRUE(slave()["transfer"].is_null());
    auto& page = sw.page(Slot::msm_b);
    page.transfer_from = 1'000'000;
    page.transfer_to = 5'000'000;
    page.transfer_first = 101;
    page.transfer_last = 300;
    page.journal_position = 2'000'000;
    page.journal_sequence = 150;
    EXPECT_EQ(slave()["transfer"],
              Json::parse(R"({"bytes":1000000,"of_bytes":4000000,"records":50,"of_records":200})"));
    EXPECT_NE(text().find("Transfer:         25 %: 1.0 of 4.0 MB, 50 of 200 records\n"), std::string::npos) << text();
    page.journal_position = 9'000'000;  // it follows since, far behind the end of the transfer
    page.journal_sequence = 900;
    EXPECT_EQ(slave()["transfer"]["bytes"], 4'000'000);
    EXPECT_EQ(slave()["transfer"]["records"], 200);
    page.journal_position = 0;  // it has begun anew
    page.journal_sequence = 0;
    EXPECT_EQ(slave()["transfer"]["bytes"], 0);
    EXPECT_EQ(slave()["transfer"]["records"], 0);
}

TEST_F(subsystems, image_and_release_of_each_board_are_shown) {
    sw.page(Slot::msm_b).release = 0x000203;
    EXPECT_EQ(slave()["release"], "0.2.3");
    EXPECT_EQ(slave()["image"], "Baton 0.2.3");
    sw.board_is_gone(Slot::msm_b);
    EXPECT_EQ(slave()["image"], "<not available>");
}

}  // namespace
}  // namespace baton::commands
