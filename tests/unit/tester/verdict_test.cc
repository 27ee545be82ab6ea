// SPDX-License-Identifier: Apache-2.0
// When the tester must not say "good": nothing sent, the last frames missing, its own queues too full, a flow that
// never passed; that its own shortcomings are told from the switch's; and that windows book a frame where it was sent.
#include <gtest/gtest.h>

#include "tests/unit/tester/bench.h"

namespace baton::tester {
namespace {

bool says(const Verdict& verdict, const std::string& words) {
    for (const auto& reason : verdict.reasons)
        if (reason.find(words) != std::string::npos) return true;
    return false;
}

TEST(Verdict, finds_the_last_frames_lost) {
    for (int last = 1; last < 20; ++last) {
        Bench bench;
        bench.flow("name=ab,from=a,to=b,rate=1000,count=40");
        bench.begin();
        while (bench.runner->ledger().next(0) < 40u - static_cast<unsigned>(last)) bench.turn();
        bench.go_on(microseconds(300));
        bench.fake.stop_forwarding(true);
        const auto outcome = bench.finish();
        EXPECT_EQ(outcome.verdict.judgement, Judgement::bad);
        EXPECT_EQ(outcome.total.lost, static_cast<unsigned>(last));
        EXPECT_TRUE(says(outcome.verdict, "the last frame of flow ab did not arrive"));
    }
}

TEST(Verdict, finds_that_nothing_at_all_came_back) {
    Bench bench;
    bench.plan.probe = false;
    bench.fake.stop_forwarding(true);
    bench.usual_flows();
    const auto outcome = bench.whole_run();
    EXPECT_EQ(outcome.verdict.judgement, Judgement::bad);
    EXPECT_EQ(outcome.total.lost, outcome.total.expected);
    EXPECT_GT(outcome.total.lost, 1000u);
}

TEST(Verdict, refuses_a_flow_that_sent_nothing) {
    Bench bench;
    bench.usual_flows();
    bench.flow("name=late,from=a,to=b,start=no");
    const auto outcome = bench.whole_run();
    EXPECT_EQ(outcome.verdict.judgement, Judgement::bad);
    EXPECT_TRUE(says(outcome.verdict, "flow late sent nothing"));
}

TEST(Verdict, refuses_a_window_in_which_a_flow_sent_nothing) {
    Bench bench;
    bench.flow("name=ab,from=a,to=b,rate=20000");
    bench.begin();
    bench.until_running();
    bench.go_on(milliseconds(10));
    bench.fake.stop_taking(true);
    bench.go_on(milliseconds(60));  // fills the wire's 256 slots
    bench.runner->mark("silent");
    bench.go_on(milliseconds(60));
    bench.runner->stop();
    bench.fake.stop_taking(false);
    const auto outcome = bench.finish();
    EXPECT_EQ(outcome.by_window[1].judgement, Judgement::bad);
    EXPECT_TRUE(says(outcome.by_window[1], "flow ab sent nothing"));
    EXPECT_NE(outcome.verdict.judgement, Judgement::good);
}

TEST(Verdict, refuses_to_start_a_flow_that_does_not_pass) {
    Bench bench;
    bench.flow("name=ac,from=a,to=c");  // VLAN 1 to VLAN 10
    const auto outcome = bench.whole_run();
    EXPECT_EQ(outcome.verdict.judgement, Judgement::bad);
    EXPECT_TRUE(says(outcome.verdict, "a probe of flow ac sent into a came out at b, d, expected c"))
        << outcome.verdict.reasons.at(0);
    EXPECT_EQ(outcome.total.offered, 0u);
}

TEST(Verdict, waits_until_the_switch_forwards) {
    Bench bench;
    bench.usual_flows();
    bench.fake.stop_forwarding(true);
    bench.begin();
    bench.go_on(milliseconds(200));
    EXPECT_EQ(bench.runner->phase(), Runner::Phase::warming);
    bench.fake.stop_forwarding(false);
    EXPECT_EQ(bench.finish().verdict.judgement, Judgement::good);
}

TEST(Verdict, charges_the_first_frames_of_a_flow_that_is_not_probed) {
    Bench bench;
    bench.flow("name=ab,from=a,to=b,probe=no,rate=1000");
    bench.fake.stop_forwarding(true);
    bench.begin();
    bench.until_running();
    bench.go_on(milliseconds(10));
    bench.fake.stop_forwarding(false);
    const auto outcome = bench.finish();
    EXPECT_EQ(outcome.verdict.judgement, Judgement::bad);
    EXPECT_GE(outcome.total.lost, 9u);
}

TEST(Verdict, is_void_when_the_testers_own_receive_queue_overflowed) {
    Bench bench;
    bench.flow("name=ab,from=a,to=b,rate=100000");
    bench.begin();
    bench.until_running();
    bench.go_on(milliseconds(5));
    for (int turns = 0; turns < 600; ++turns) {  // the switch goes on, the tester gets no CPU to receive with
        bench.now = bench.now + microseconds(1);
        bench.fake.turn(Bench::run);
        if (turns < 10) continue;
        auto end = bench.fake.end(0);  // someone else fills the wire meanwhile
        if (end->room(64) == 64) {
            const FrameMould mould(0, 60, 0);
            for (unsigned n = 0; n < 64; ++n)
                mould.cast(end->to_fill(n, 60), bench.plan.flows[0].destination, bench.plan.flows[0].source,
                           {1, 0, n, 0});
            end->send(64);
        }
    }
    ASSERT_GT(bench.fake.turned_away(), 0u);
    const auto outcome = bench.finish();
    EXPECT_EQ(outcome.verdict.judgement, Judgement::void_);
    EXPECT_GT(outcome.own.overflows, 0u);
}

TEST(Verdict, is_void_when_an_end_took_less_than_was_due) {
    Bench bench;
    bench.flow("name=ab,from=a,to=b,rate=50000");
    bench.begin();
    bench.until_running();
    bench.go_on(milliseconds(10));
    bench.fake.stop_taking(true);
    bench.go_on(milliseconds(60));
    bench.fake.stop_taking(false);
    const auto outcome = bench.finish();
    EXPECT_EQ(outcome.total.lost, 0u);
    EXPECT_GT(outcome.own.refused, 1000u);
    EXPECT_EQ(outcome.verdict.judgement, Judgement::void_);
}

TEST(Verdict, stays_bad_when_an_overflow_cannot_have_caused_the_fault) {
    Bench bench;
    bench.flow("name=ab,from=a,to=b,rate=50000");
    bench.fake.plan_fault(Fault::twice, 0, 30);
    bench.begin();
    bench.until_running();
    bench.go_on(milliseconds(10));
    bench.fake.stop_taking(true);
    bench.go_on(milliseconds(60));
    bench.fake.stop_taking(false);
    EXPECT_EQ(bench.finish().verdict.judgement, Judgement::bad);
}

TEST(Verdict, does_not_charge_its_own_pause_to_the_switch) {
    Bench bench;
    bench.flow("name=ab,from=a,to=b,rate=20000");
    bench.begin();
    bench.until_running();
    bench.go_on(milliseconds(10));
    bench.turn(milliseconds(40));  // the machine took the CPU away
    const auto outcome = bench.finish();
    EXPECT_EQ(outcome.verdict.judgement, Judgement::good);
    EXPECT_EQ(outcome.total.lost, 0u);
    EXPECT_GE(outcome.own.longest_stall_ns, 40'000'000u);
    EXPECT_GT(outcome.own.withheld, 300u);  // half of the 40 ms were made up for, 20 ms were cut
    EXPECT_LT(outcome.own.withheld, 500u);
}

TEST(Windows, book_a_frame_where_it_was_sent) {
    Bench bench;
    bench.flow("name=ab,from=a,to=b,rate=10000");
    bench.fake.plan_fault(Fault::drop, 0, 150);
    bench.begin();
    bench.until_running();
    while (bench.runner->ledger().next(0) < 100) bench.turn();
    bench.runner->mark("second");
    while (bench.runner->ledger().next(0) < 200) bench.turn();
    bench.runner->mark("third");
    const auto outcome = bench.finish();
    ASSERT_EQ(outcome.windows.size(), 3u);
    EXPECT_EQ(outcome.windows[0].total.lost, 0u);
    EXPECT_EQ(outcome.windows[1].total.lost, 1u);
    EXPECT_EQ(outcome.windows[2].total.lost, 0u);
    EXPECT_EQ(outcome.windows[0].total.offered, 100u);
    EXPECT_EQ(outcome.by_window[0].judgement, Judgement::good);
    EXPECT_EQ(outcome.by_window[1].judgement, Judgement::bad);
    EXPECT_EQ(outcome.by_window[2].judgement, Judgement::good);
    EXPECT_EQ(outcome.windows[1].name, "second");
    std::uint64_t offered = 0;
    for (const auto& window : outcome.windows) offered += window.total.offered;
    EXPECT_EQ(offered, outcome.total.offered);
}

TEST(Windows, book_a_frame_that_arrives_in_the_next_one_where_it_was_sent) {
    Bench bench;
    bench.flow("name=ab,from=a,to=b,rate=10000");
    bench.begin();
    bench.until_running();
    bench.go_on(milliseconds(5));
    bench.fake.stop_taking(true);
    bench.go_on(milliseconds(5));  // frames wait in the wire over the border
    bench.runner->mark("next");
    const auto border = bench.runner->ledger().next(0);
    bench.fake.stop_taking(false);
    const auto outcome = bench.finish();
    EXPECT_EQ(outcome.windows[0].total.offered, border);
    EXPECT_EQ(outcome.windows[0].total.delivered, border);
    EXPECT_EQ(outcome.verdict.judgement, Judgement::good);
    EXPECT_GE(outcome.total.longest_gap_ns, 4'900'000u);
}

TEST(Commands, start_a_flow_later_and_pause_it) {
    Bench bench;
    bench.plan.duration_s = 0;
    bench.flow("name=ab,from=a,to=b");
    bench.flow("name=new,from=a,to=b,src=02:00:00:00:00:77,dst=02:00:00:00:00:78,rate=5000,start=no");
    bench.begin();
    bench.until_running();
    bench.go_on(milliseconds(20));
    EXPECT_NE(do_command("mark act one", *bench.runner).find("done"), std::string::npos);
    EXPECT_NE(do_command("start new", *bench.runner).find("done"), std::string::npos);
    EXPECT_NE(do_command("start nobody", *bench.runner).find("no flow called nobody"), std::string::npos);
    bench.go_on(milliseconds(100));
    EXPECT_EQ(bench.events.back(), R"({"event":"started","flow":"new"})");
    const auto sent = bench.runner->ledger().next(1);
    EXPECT_GT(sent, 200u);
    EXPECT_NE(do_command("pause new", *bench.runner).find("done"), std::string::npos);
    bench.go_on(milliseconds(20));
    EXPECT_EQ(bench.runner->ledger().next(1), sent);
    EXPECT_NE(do_command("nonsense", *bench.runner).find("error"), std::string::npos);
    do_command("stop", *bench.runner);
    const auto outcome = bench.finish();
    EXPECT_EQ(outcome.verdict.judgement, Judgement::good) << as_text(*bench.runner, outcome);
    EXPECT_EQ(outcome.windows[1].name, "act one");
}

TEST(Learning, sends_one_frame_from_each_address_in_turn) {
    Bench bench;
    bench.plan.duration_s = 0;
    ASSERT_TRUE(add_learn(bench.plan, "a:500:02:11:00:00:00:00"));
    ASSERT_TRUE(add_flow(bench.plan,
                         "name=to-all,from=b,to=a,dst=02:11:00:00:00:00,dst-macs=500,rate=20000,count=2000,start=no"));
    bench.begin();
    bench.until_running();
    bench.go_on(milliseconds(20));
    EXPECT_EQ(bench.runner->ledger().next(0), 500u);
    do_command("start to-all", *bench.runner);
    const auto outcome = bench.finish();
    EXPECT_EQ(outcome.verdict.judgement, Judgement::good) << as_text(*bench.runner, outcome);
    EXPECT_EQ(outcome.total.offered, 2500u);
}

TEST(Expectations, none_is_met_by_silence_and_broken_by_one_frame) {
    Bench quiet;
    quiet.flow("name=void,from=c,expect=none,dst=02:00:00:00:99:99,rate=2000");
    quiet.flow("name=ab,from=a,to=b");
    quiet.fake.vlan(10, {{2, false}});
    EXPECT_EQ(quiet.whole_run().verdict.judgement, Judgement::good);

    Bench noisy;
    noisy.flow("name=void,from=c,expect=none,dst=02:00:00:00:99:99,rate=2000");
    noisy.flow("name=ab,from=a,to=b");
    const auto outcome = noisy.whole_run();
    EXPECT_EQ(outcome.verdict.judgement, Judgement::bad);
    EXPECT_EQ(outcome.total.misdelivered, outcome.windows[0].flows[0].offered);
}

TEST(Foreign, frames_of_others_and_of_an_earlier_run_are_not_booked) {
    Bench bench;
    bench.usual_flows();
    bench.begin();
    bench.until_running();
    auto stranger = bench.fake.end(0);
    const FrameMould mould(0, 60, 0);
    mould.cast(stranger->to_fill(0, 60), Mac::of(0xffffffffffff), Mac::of(0x020000000003), {0x4321, 0, 7, 0});
    auto* arp = stranger->to_fill(1, 60);
    std::fill(arp, arp + 60, std::uint8_t{0xff});
    stranger->send(2);
    const auto outcome = bench.finish();
    EXPECT_EQ(outcome.verdict.judgement, Judgement::good) << as_text(*bench.runner, outcome);
    EXPECT_GE(bench.runner->foreign(), 2u);
}

}  // namespace
}  // namespace baton::tester
