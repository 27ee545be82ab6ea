// SPDX-License-Identifier: Apache-2.0
// When routes that zebra no longer speaks of go, on simulated time; and that a master who takes over after any step
// does no other thing than the one who did not.
#include "controlplane/route/generation.h"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

namespace baton::zebra {
namespace {

constexpr Duration patience = seconds(60);

struct Steps {
    Generation generation;
    Time now{seconds(1).ns};
    std::vector<Deed> deeds;
    bool take_over_after_each = false;

    void did(Deed deed) {
        if (deed != Deed::none) deeds.push_back(deed);
        if (!take_over_after_each) return;
        generation = generation_of(pids_word(generation), phase_word(generation));
        if (const Deed at_takeover = on_takeover(generation, now, patience); at_takeover != Deed::none)
            deeds.push_back(at_takeover);
    }

    void comes() { did(on_connected(generation, now, patience)); }

    void says(std::uint32_t pid) {
        on_message(generation, pid);
        did(Deed::none);
    }

    void sentinel() { did(on_sentinel(generation, now, patience)); }

    void goes() {
        on_disconnected(generation);
        did(Deed::none);
    }

    void waits(std::int64_t time, bool all_read = true) {
        now = now + seconds(time);
        did(on_tick(generation, now, all_read));
    }
};

using Deeds = std::vector<Deed>;

TEST(Generation, sweeps_at_the_first_zebras_sentinel_at_once) {
    Steps steps;
    EXPECT_TRUE(finished(steps.generation));
    steps.comes();
    EXPECT_FALSE(finished(steps.generation));
    steps.says(7);
    steps.sentinel();
    EXPECT_EQ(steps.deeds, (Deeds{Deed::mark, Deed::sweep}));
    EXPECT_TRUE(finished(steps.generation));
}

TEST(Generation, sweeps_at_the_sentinel_when_the_same_zebra_comes_again) {
    Steps steps;
    for (int round = 0; round < 3; ++round) {
        steps.comes();
        steps.says(7);
        steps.sentinel();
        steps.goes();
    }
    EXPECT_EQ(steps.deeds, (Deeds{Deed::mark, Deed::sweep, Deed::mark, Deed::sweep, Deed::mark, Deed::sweep}));
}

TEST(Generation, gives_a_new_zebra_time_to_learn) {
    Steps steps;
    steps.comes(), steps.says(7), steps.sentinel(), steps.goes();
    steps.deeds.clear();
    steps.comes(), steps.says(8), steps.sentinel();
    EXPECT_EQ(steps.deeds, (Deeds{Deed::mark}));
    steps.waits(59);
    EXPECT_EQ(steps.deeds.size(), 1u);
    steps.waits(2);
    EXPECT_EQ(steps.deeds, (Deeds{Deed::mark, Deed::sweep}));
    steps.goes(), steps.comes(), steps.says(8), steps.sentinel();
    EXPECT_EQ(steps.deeds.back(), Deed::sweep) << "it is known now";
}

TEST(Generation, never_sweeps_because_zebra_is_away) {
    Steps steps;
    steps.comes(), steps.says(7), steps.sentinel(), steps.goes();
    steps.deeds.clear();
    steps.waits(100'000);
    EXPECT_TRUE(steps.deeds.empty());
    steps.comes(), steps.says(8), steps.goes();
    steps.waits(100'000);
    EXPECT_EQ(steps.deeds, (Deeds{Deed::mark})) << "not in the middle of what it says either";
}

TEST(Generation, sweeps_without_a_sentinel_after_the_patience_but_not_before_all_is_read) {
    Steps steps;
    steps.comes(), steps.says(7);
    steps.waits(61, false);
    EXPECT_EQ(steps.deeds, (Deeds{Deed::mark}));
    steps.waits(1, true);
    EXPECT_EQ(steps.deeds, (Deeds{Deed::mark, Deed::sweep}));
}

TEST(Generation, takes_a_sentinel_that_comes_again_for_nothing) {
    Steps steps;
    steps.comes(), steps.says(7), steps.sentinel(), steps.sentinel();
    EXPECT_EQ(steps.deeds.size(), 2u);
    steps.goes(), steps.comes(), steps.says(8), steps.sentinel();
    steps.waits(30);
    steps.sentinel();  // staticd has said its routes again
    steps.waits(31);
    EXPECT_EQ(steps.deeds, (Deeds{Deed::mark, Deed::sweep, Deed::mark, Deed::sweep}));
}

TEST(Generation, marks_when_it_takes_over_while_zebra_is_away) {
    Steps steps;
    steps.comes(), steps.says(7), steps.sentinel(), steps.goes();
    steps.deeds.clear();
    EXPECT_EQ(on_takeover(steps.generation, steps.now, patience), Deed::mark);
    EXPECT_FALSE(finished(steps.generation));
    steps.comes(), steps.says(7), steps.sentinel();
    EXPECT_EQ(steps.deeds, (Deeds{Deed::mark, Deed::sweep}));
}

TEST(Generation, does_nothing_when_it_takes_over_a_finished_or_an_empty_one) {
    Generation empty;
    EXPECT_EQ(on_takeover(empty, Time{1}, patience), Deed::none);
    EXPECT_TRUE(finished(empty));
    Steps steps;
    steps.comes(), steps.says(7), steps.sentinel();
    EXPECT_EQ(on_takeover(steps.generation, steps.now, patience), Deed::none);
    EXPECT_TRUE(finished(steps.generation));
}

TEST(Generation, goes_on_the_same_way_after_a_take_over_at_any_step) {
    const std::vector<std::function<void(Steps&)>> script = {
        [](Steps& s) { s.comes(); },    [](Steps& s) { s.says(7); }, [](Steps& s) { s.sentinel(); },
        [](Steps& s) { s.says(7); },    [](Steps& s) { s.comes(); }, [](Steps& s) { s.says(8); },
        [](Steps& s) { s.sentinel(); }, [](Steps& s) { s.says(8); }, [](Steps& s) { s.waits(61); },
        [](Steps& s) { s.comes(); },    [](Steps& s) { s.says(8); }, [](Steps& s) { s.sentinel(); }};
    Steps alone, relayed;
    relayed.take_over_after_each = true;
    for (const auto& step : script) step(alone), step(relayed);
    EXPECT_EQ(alone.deeds, relayed.deeds);
    EXPECT_EQ(alone.generation.phase, relayed.generation.phase);
    EXPECT_EQ(alone.generation.settled_pid, relayed.generation.settled_pid);
}

TEST(Generation, believes_no_board_page_that_makes_no_sense) {
    EXPECT_EQ(generation_of(0, 0xff).phase, Phase::none);
}

}  // namespace
}  // namespace baton::zebra
