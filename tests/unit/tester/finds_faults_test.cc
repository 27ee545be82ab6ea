// SPDX-License-Identifier: Apache-2.0
// The tester is tested: one frame is dropped, doubled, swapped, misdelivered, flooded, damaged or put into another
// VLAN, at a random place of a random flow, many times over. It must be found every time, booked once and under its own
// name; and a run without a fault must never raise an alarm.
#include <gtest/gtest.h>

#include <random>

#include "tests/unit/tester/bench.h"

namespace baton::tester {
namespace {

constexpr int trials = 60;  // of each fault

struct Strike {
    Outcome outcome;
    unsigned flow;
    unsigned copies;  // that one frame of the flow has
};

class FindsEveryFault : public ::testing::TestWithParam<int> {
  protected:
    /// A run in which `fault` strikes one frame of one of the usual flows.
    Strike struck_by(Fault fault) {
        std::mt19937 random(static_cast<unsigned>(GetParam()) * 97 + static_cast<unsigned>(fault));
        Bench bench;
        bench.usual_flows();
        const unsigned flow = random() % 4;
        const std::uint64_t frames[] = {1000, 1000, 500, 250};
        // The very first and last frames are the easiest to overlook, so they are struck more often than others.
        const unsigned place = random() % 6;
        const std::uint64_t sequence = place == 0 ? 0 : place == 1 ? frames[flow] - 2 : random() % (frames[flow] - 2);
        // A port at which no frame of the flow may come out: its own end of it, or c for what belongs to VLAN 1.
        const unsigned wrong_port = flow == 0 ? 2 : flow == 1 ? 2 : flow == 2 ? 0 : 2;
        bench.fake.plan_fault(fault, flow, sequence, random(), wrong_port);
        auto outcome = bench.whole_run();
        EXPECT_TRUE(bench.fake.struck()) << "flow " << flow << " sequence " << sequence;
        return {std::move(outcome), flow, flow == 3 ? 3u : 1u};
    }

    static std::uint64_t sum_of_faults(const Counts& c) {
        return c.lost + c.duplicated + c.reordered + c.misdelivered + c.flooded + c.corrupted;
    }

    /// The fault is booked to the flow that it struck and to no other.
    static void only_in(const Strike& strike) {
        for (unsigned f = 0; f < 4; ++f) {
            const auto faults = f == strike.flow ? 0 : sum_of_faults(strike.outcome.windows[0].flows[f]);
            EXPECT_EQ(faults, 0u) << "flow " << f;
        }
    }
};

TEST_P(FindsEveryFault, raises_no_alarm_on_a_clean_run) {
    std::mt19937 random(static_cast<unsigned>(GetParam()));
    Bench bench;
    bench.usual_flows();
    bench.plan.duration_s = 0.02 + static_cast<double>(random() % 1000) / 20000;
    const auto outcome = bench.whole_run();
    EXPECT_EQ(outcome.verdict.judgement, Judgement::good) << as_text(*bench.runner, outcome);
    EXPECT_EQ(sum_of_faults(outcome.total), 0u);
    EXPECT_GT(outcome.total.offered, 500u);
    EXPECT_EQ(outcome.total.delivered, outcome.total.expected);
    for (const auto& window : outcome.by_window) EXPECT_EQ(window.judgement, Judgement::good);
}

TEST_P(FindsEveryFault, finds_one_frame_dropped) {
    const auto strike = struck_by(Fault::drop);
    EXPECT_EQ(strike.outcome.verdict.judgement, Judgement::bad);
    EXPECT_EQ(strike.outcome.total.lost, 1u);
    EXPECT_EQ(sum_of_faults(strike.outcome.total), 1u);
    only_in(strike);
}

TEST_P(FindsEveryFault, finds_one_frame_doubled) {
    const auto strike = struck_by(Fault::twice);
    EXPECT_EQ(strike.outcome.verdict.judgement, Judgement::bad);
    EXPECT_EQ(strike.outcome.total.duplicated, 1u);
    EXPECT_EQ(sum_of_faults(strike.outcome.total), 1u);
    only_in(strike);
}

TEST_P(FindsEveryFault, finds_two_frames_swapped) {
    const auto strike = struck_by(Fault::swap);
    EXPECT_EQ(strike.outcome.verdict.judgement, Judgement::bad);
    EXPECT_EQ(strike.outcome.total.reordered, 1u);
    EXPECT_EQ(sum_of_faults(strike.outcome.total), 1u);
    only_in(strike);
}

TEST_P(FindsEveryFault, finds_one_frame_misdelivered) {
    const auto strike = struck_by(Fault::misdeliver);
    EXPECT_EQ(strike.outcome.verdict.judgement, Judgement::bad);
    EXPECT_EQ(strike.outcome.total.misdelivered, 1u);
    EXPECT_EQ(strike.outcome.total.lost, 1u);
    EXPECT_EQ(sum_of_faults(strike.outcome.total), 2u);
    only_in(strike);
}

TEST_P(FindsEveryFault, finds_one_frame_flooded) {
    const auto strike = struck_by(Fault::flood);
    EXPECT_EQ(strike.outcome.verdict.judgement, Judgement::bad);
    // Of a flood, one copy too many is misdelivered: there is no "elsewhere too" to tell it from.
    EXPECT_EQ(strike.outcome.total.flooded, strike.flow == 3 ? 0u : 1u);
    EXPECT_EQ(strike.outcome.total.misdelivered, strike.flow == 3 ? 1u : 0u);
    EXPECT_EQ(sum_of_faults(strike.outcome.total), 1u);
    only_in(strike);
}

TEST_P(FindsEveryFault, finds_one_frame_in_another_vlan) {
    const auto strike = struck_by(Fault::retag);
    EXPECT_EQ(strike.outcome.verdict.judgement, Judgement::bad);
    EXPECT_EQ(strike.outcome.total.mistagged, 1u);
    EXPECT_EQ(strike.outcome.total.misdelivered, 1u);
    EXPECT_EQ(strike.outcome.total.lost, 1u);
    only_in(strike);
}

TEST_P(FindsEveryFault, finds_one_frame_damaged_at_any_byte) {
    const auto strike = struck_by(Fault::corrupt);
    EXPECT_EQ(strike.outcome.verdict.judgement, Judgement::bad);
    EXPECT_EQ(strike.outcome.total.corrupted, 1u) << "a damaged frame of ours passed as a foreign one";
    EXPECT_EQ(strike.outcome.total.lost, 1u);
}

INSTANTIATE_TEST_SUITE_P(many_times, FindsEveryFault, ::testing::Range(0, trials));

TEST(FindsDamage, in_every_byte_of_a_frame_tagged_or_not) {
    constexpr std::uint16_t run = 0xbeef;
    for (const VlanId tag : {0, 10}) {
        const FrameMould mould(5, 73, tag);
        std::vector<std::uint8_t> frame(mould.size());
        mould.cast(frame.data(), Mac::of(1), Mac::of(2), {run, 5, 0x123456789a, 77});
        const auto whole = look_at(frame, std::nullopt, run);
        ASSERT_EQ(whole.look, Look::ours);
        EXPECT_EQ(whole.tag, tag);
        EXPECT_EQ(whole.stamp.sequence, 0x123456789au);
        for (std::size_t byte = 0; byte < frame.size(); ++byte)
            for (int bit = 0; bit < 8; ++bit) {
                auto damaged = frame;
                damaged[byte] ^= static_cast<std::uint8_t>(1 << bit);
                const auto seen = look_at(damaged, std::nullopt, run);
                const bool tag_only = tag && byte >= 14 && byte < 16;
                // A switch may change a tag's priority, so the CRC leaves the tag out.
                EXPECT_EQ(seen.look, tag_only ? Look::ours : Look::corrupted)
                    << "tag " << tag << " byte " << byte << " bit " << bit;
            }
    }
}

}  // namespace
}  // namespace baton::tester
