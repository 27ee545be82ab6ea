// SPDX-License-Identifier: Apache-2.0
// The queue in front of the command ring: order, a full ring, outcomes.
#include <gtest/gtest.h>

#include "controlplane/program/programmer.h"
#include "tests/unit/control/dataplane_in_memory.h"

namespace baton {
namespace {

using namespace test;

std::vector<Command> agings(std::uint32_t first, std::uint32_t count) {
    std::vector<Command> out(count);
    for (std::uint32_t i = 0; i < count; ++i) {
        out[i].type = CommandType::fdb_aging;
        out[i].owner = Owner::configuration;
        out[i].set(FdbAging{first + i});
    }
    return out;
}

struct Ground {
    Ground() { dataplane.open_ring(9); }

    DataplaneInMemory dataplane;
    Programmer programmer{dataplane.commands(), dataplane.tables().applier, 9};
};

TEST(Programmer, keeps_order_through_a_ring_far_smaller_than_the_batch) {
    Ground ground;
    int done = 0;
    for (std::uint32_t batch = 0; batch < 5; ++batch)
        ground.programmer.add(agings(batch * 1000, 1000), [&done, batch](const auto& refusals) {
            EXPECT_TRUE(refusals.empty());
            EXPECT_EQ(done++, static_cast<int>(batch));
        });
    EXPECT_TRUE(ground.programmer.pump());
    EXPECT_EQ(ground.programmer.pushed(), ring_slots);
    EXPECT_FALSE(ground.programmer.pump()) << "a full ring is an answer";
    std::size_t step = 1;
    while (!ground.programmer.idle()) {
        ground.dataplane.step(step = step * 7 % 301);
        ground.programmer.pump();
    }
    EXPECT_EQ(done, 5);
    ASSERT_EQ(ground.dataplane.said.size(), 5000u);
    for (std::uint32_t i = 0; i < 5000; ++i) ASSERT_EQ(ground.dataplane.said[i].get<FdbAging>().seconds, i);
}

TEST(Programmer, gives_each_batch_its_own_refusals) {
    Ground ground;
    ground.dataplane.refuse = [](const Command& command) {
        return command.get<FdbAging>().seconds % 10 == 3 ? Outcome::table_full : Outcome::done;
    };
    std::vector<std::size_t> refused;
    for (std::uint32_t batch = 0; batch < 3; ++batch)
        ground.programmer.add(agings(batch * 5, 5),
                              [&refused](const auto& refusals) { refused.push_back(refusals.size()); });
    ground.programmer.pump();
    ground.dataplane.step();
    ground.programmer.pump();
    EXPECT_EQ(refused, (std::vector<std::size_t>{1, 0, 1}));
}

TEST(Programmer, answers_at_once_for_a_batch_without_commands) {
    Ground ground;
    bool done = false;
    ground.programmer.add({}, [&done](const auto& refusals) { done = refusals.empty(); });
    EXPECT_TRUE(done);
    EXPECT_TRUE(ground.programmer.idle());
}

TEST(Programmer, an_answer_may_add_the_next_batch) {
    Ground ground;
    int round = 0;
    std::function<void(const std::vector<Refusal>&)> again = [&](const auto&) {
        if (++round < 10) ground.programmer.add(agings(0, 3), again);
    };
    ground.programmer.add(agings(0, 3), again);
    for (int i = 0; i < 30 && !ground.programmer.idle(); ++i) {
        ground.programmer.pump();
        ground.dataplane.step();
    }
    ground.programmer.pump();
    EXPECT_EQ(round, 10);
    EXPECT_EQ(ground.dataplane.said.size(), 30u);
}

TEST(Programmer, pushes_nothing_into_a_ring_that_became_another_terms) {
    Ground ground;
    ground.dataplane.open_ring(9 + ring_count);
    ground.programmer.add(agings(0, 3), nullptr);
    EXPECT_FALSE(ground.programmer.pump());
    EXPECT_EQ(ground.dataplane.commands().rings[9 % ring_count].written.load(), 0u);
}

}  // namespace
}  // namespace baton
