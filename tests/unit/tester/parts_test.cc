// SPDX-License-Identifier: Apache-2.0
// The tester's parts: the set of sequence numbers against an oracle, the histogram's precision, the plan's grammar.
#include <gtest/gtest.h>

#include <cstdio>
#include <random>
#include <set>

#include "bench/tester/histogram.h"
#include "bench/tester/plan.h"
#include "bench/tester/sequence_set.h"

namespace baton::tester {
namespace {

TEST(SequenceSet, agrees_with_a_plain_set_on_random_arrivals) {
    for (unsigned seed = 0; seed < 200; ++seed) {
        std::mt19937 random(seed);
        SequenceSet ours;
        std::set<std::uint64_t> oracle;
        const std::uint64_t span = 1 + random() % 300;
        for (int i = 0; i < 400; ++i) {
            const std::uint64_t n = random() % 3 && !oracle.empty() ? (*oracle.rbegin() + 1) % span : random() % span;
            const bool again = oracle.count(n), late = !again && !oracle.empty() && n < *oracle.rbegin();
            oracle.insert(n);
            EXPECT_EQ(ours.add(n), again  ? SequenceSet::Added::again
                                   : late ? SequenceSet::Added::late
                                          : SequenceSet::Added::in_order);
        }
        for (int i = 0; i < 50; ++i) {
            const std::uint64_t a = random() % (span + 2), b = a + random() % (span + 2);
            const auto count = std::distance(oracle.lower_bound(a), oracle.lower_bound(b));
            EXPECT_EQ(ours.count(a, b), static_cast<std::uint64_t>(count));
        }
        for (std::uint64_t n = 0; n < span + 2; ++n) EXPECT_EQ(ours.has(n), oracle.count(n) == 1);
    }
}

TEST(SequenceSet, counts_what_two_sets_have_in_common) {
    std::mt19937 random(1);
    SequenceSet a, b;
    std::set<std::uint64_t> common;
    for (std::uint64_t n = 0; n < 1000; ++n) {
        const bool in_a = random() % 3, in_b = random() % 3 == 0;
        if (in_a) a.add(n);
        if (in_b) b.add(n);
        if (in_a && in_b) common.insert(n);
    }
    EXPECT_EQ(a.count_common(b, 0, 1000), common.size());
    EXPECT_EQ(a.count_common(b, 200, 500),
              static_cast<std::uint64_t>(std::distance(common.lower_bound(200), common.lower_bound(500))));
}

TEST(SequenceSet, stays_bounded_and_says_what_it_gave_up) {
    SequenceSet set;
    for (std::uint64_t n = 0; n < 2 * (SequenceSet::most_intervals + 100); n += 2) set.add(n);
    EXPECT_EQ(set.given_up(), 100u);
}

TEST(Histogram, is_within_three_percent_and_exact_at_the_top) {
    std::mt19937_64 random(1);
    for (int i = 0; i < 100000; ++i) {
        const std::uint64_t value = random() >> (24 + random() % 40);
        const auto edge = Histogram::upper_edge(Histogram::bucket_of(value));
        ASSERT_GE(edge, value);
        ASSERT_LE(static_cast<double>(edge), static_cast<double>(value) * 1.0313 + 1) << value;
    }
    Histogram histogram;
    for (std::uint64_t value = 1; value <= 1000; ++value) histogram.add(value * 1000);
    EXPECT_NEAR(static_cast<double>(histogram.percentile(50)), 500e3, 16e3);
    EXPECT_NEAR(static_cast<double>(histogram.percentile(99)), 990e3, 31e3);
    EXPECT_EQ(histogram.percentile(100), 1000000u);
    EXPECT_EQ(histogram.largest(), 1000000u);
    EXPECT_EQ(Histogram{}.percentile(50), 0u);
}

struct Refusal {
    const char* flow;
    const char* says;
};

TEST(PlanGrammar, refuses_what_it_does_not_know_with_a_sentence) {
    for (const auto& [flow, says] :
         {Refusal{"name=x,from=a,to=z", "no end called 'z'"}, Refusal{"name=x,from=a/5000,to=b", "a tag is 1 to 4094"},
          Refusal{"name=x,from=a,to=b,colour=red", "has no 'colour'"}, Refusal{"name=x,from=a,to=b,size=59", "size=59"},
          Refusal{"name=x,from=a,to=b,rate=-1", "rate=-1"}, Refusal{"name=x,from=a,to=b,rate=fast", "rate=fast"},
          Refusal{"name=x,from=a,to=b,src=1:2:3", "src=1:2:3"},
          Refusal{"name=x,from=a,to=b,expect=luck", "expect=luck"}, Refusal{"nonsense", "a flow is written"}}) {
        Plan plan;
        ASSERT_TRUE(add_end(plan, "a=packet:x") && add_end(plan, "b=packet:y"));
        const auto added = add_flow(plan, flow);
        ASSERT_FALSE(added) << flow;
        EXPECT_NE(added.error().what.find(says), std::string::npos) << added.error().what;
    }
}

TEST(PlanGrammar, refuses_flows_that_cannot_be) {
    for (const char* flow : {"name=x,from=a", "name=x,from=a,to=a+b", "name=x,from=a,to=b,expect=none"}) {
        Plan plan;
        ASSERT_TRUE(add_end(plan, "a=packet:x") && add_end(plan, "b=packet:y"));
        ASSERT_TRUE(add_flow(plan, flow)) << flow;
        EXPECT_FALSE(plan.complete()) << flow;
    }
}

TEST(PlanGrammar, reads_the_same_from_json_and_from_the_command_line) {
    Plan by_hand, by_file;
    ASSERT_TRUE(add_end(by_hand, "a=wire:/run/x.sock#1:1") && add_end(by_hand, "b=packet:ns/if0"));
    ASSERT_TRUE(add_flow(by_hand, "name=x,from=a/10,to=b+a/20,size=60+1514,rate=2500,expect=flood,src-macs=8"));
    const std::string path = ::testing::TempDir() + "baton-tester-plan.json";
    FILE* file = std::fopen(path.c_str(), "w");
    ASSERT_NE(file, nullptr);
    std::fputs(R"({"ends": {"a": "wire:/run/x.sock#1:1", "b": "packet:ns/if0"}, "duration": 2.5,
                   "flows": [{"name": "x", "from": "a/10", "to": ["b", "a/20"], "size": [60, 1514], "rate": 2500,
                              "expect": "flood", "src-macs": 8}]})",
               file);
    std::fclose(file);
    const auto read = read_plan(by_file, path);
    std::remove(path.c_str());
    ASSERT_TRUE(read) << read.error().what;
    EXPECT_EQ(by_file.duration_s, 2.5);
    ASSERT_EQ(by_file.flows.size(), 1u);
    const auto &f = by_file.flows[0], &h = by_hand.flows[0];
    EXPECT_EQ(f.name, h.name);
    EXPECT_EQ(f.from.tag, 10);
    EXPECT_EQ(f.to.size(), 2u);
    EXPECT_EQ(f.to[1].tag, 20);
    EXPECT_EQ(f.sizes, h.sizes);
    EXPECT_EQ(f.rate, 2500);
    EXPECT_EQ(f.expect, Expect::flood);
    EXPECT_EQ(f.sources, 8u);
    EXPECT_EQ(by_file.ends[1].spec, by_hand.ends[1].spec);
    EXPECT_FALSE(read_plan(by_file, "/nowhere/plan.json"));
}

}  // namespace
}  // namespace baton::tester
