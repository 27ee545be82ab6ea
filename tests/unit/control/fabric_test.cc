// SPDX-License-Identifier: Apache-2.0
// The master and the planes: what it says of them, when, and ahead of what.
#include <gtest/gtest.h>

#include "sync/layout/fabric.h"
#include "tests/unit/control/master_in_memory.h"

namespace baton {
namespace {

using namespace test;

constexpr std::uint32_t plane_a = 1, plane_b = 2;

class Fabric : public ::testing::Test {
  protected:
    Fabric() {
        plane(Slot::msm_a, PlaneState::working);
        plane(Slot::msm_b, PlaneState::working);
    }

    void plane(Slot slot, PlaneState state) { world.baton->plane[index_of(slot)] = state; }

    /// The board in msm-a is master and all is said.
    void settle() {
        world.dataplane.start(port_list());
        world.take_over(Slot::msm_a);
        world.settle();
        world.dataplane.said.clear();
    }

    /// The usable planes of each fabric_set since last asked.
    std::vector<std::uint32_t> said() {
        std::vector<std::uint32_t> out;
        for (const Command& command : world.dataplane.said)
            if (command.type == CommandType::fabric_set) out.push_back(command.get<FabricSet>().usable);
        world.dataplane.said.clear();
        return out;
    }

    void wake() { world.master->on_wake(monotonic_now()); }

    std::uint32_t usable() { return world.dataplane.tables().fabric.usable; }

    World world;
};

using Planes = std::vector<std::uint32_t>;

TEST_F(Fabric, is_the_first_that_a_new_master_speaks_of_changed_or_not) {
    world.dataplane.start(port_list());
    world.dataplane.tables().fabric.usable = all_planes;
    world.take_over(Slot::msm_a);
    world.settle();
    ASSERT_FALSE(world.dataplane.said.empty());
    EXPECT_EQ(world.dataplane.said.front().type, CommandType::fabric_set);
    EXPECT_EQ(said(), Planes{all_planes});
    plane(Slot::msm_a, PlaneState::absent);
    world.take_over(Slot::msm_b);
    world.dataplane.step(1);
    EXPECT_EQ(said(), Planes{plane_b}) << "the old master's plane went with it";
}

TEST_F(Fabric, is_said_as_soon_as_the_chassis_wakes_the_master_and_only_once) {
    settle();
    plane(Slot::msm_b, PlaneState::absent);
    const int wakes = world.dataplane_wakes;
    wake();
    EXPECT_EQ(world.dataplane_wakes, wakes + 1);
    wake();
    world.dataplane.step();
    EXPECT_EQ(said(), Planes{plane_a});
    EXPECT_EQ(usable(), plane_a);
    world.settle();
    EXPECT_EQ(said(), Planes{});
    plane(Slot::msm_b, PlaneState::working);
    world.settle();
    EXPECT_EQ(said(), Planes{all_planes});
}

TEST_F(Fabric, overtakes_all_commands_that_wait) {
    settle();
    std::vector<Command> many(5000);
    for (Command& command : many) {
        command.type = CommandType::fdb_aging;
        command.owner = Owner::configuration;
        command.set(FdbAging{300});
    }
    FabricSet last{};
    std::size_t before = 0;
    Programmer programmer(world.dataplane.commands(), world.dataplane.tables().applier, world.term);
    programmer.add(many, nullptr);
    programmer.pump();
    programmer.add_first({fabric_usable(plane_a)}, nullptr);
    while (!programmer.idle()) {
        world.dataplane.step();
        programmer.pump();
    }
    for (std::size_t i = 0; i < world.dataplane.said.size(); ++i)
        if (world.dataplane.said[i].type == CommandType::fabric_set) {
            last = world.dataplane.said[i].get<FabricSet>();
            before = i;
        }
    EXPECT_EQ(last.usable, plane_a);
    EXPECT_EQ(before, ring_slots) << "only what lay in the ring already was ahead of it";
    EXPECT_EQ(world.dataplane.said.size(), many.size() + 1) << "and nothing was forgotten";
}

TEST_F(Fabric, ends_with_the_last_state_when_a_plane_goes_and_comes_before_the_answer) {
    settle();
    plane(Slot::msm_b, PlaneState::absent);
    wake();
    plane(Slot::msm_b, PlaneState::working);
    wake();
    world.dataplane.step();
    EXPECT_EQ(said(), (Planes{plane_a, all_planes}));
    world.settle();
    EXPECT_EQ(usable(), all_planes);
    EXPECT_EQ(said(), Planes{});
}

TEST_F(Fabric, is_left_as_it_is_when_no_plane_is_left) {
    settle();
    plane(Slot::msm_a, PlaneState::absent);
    plane(Slot::msm_b, PlaneState::absent);
    world.settle();
    EXPECT_EQ(said(), Planes{});
    plane(Slot::msm_a, PlaneState::working);
    world.settle();
    EXPECT_EQ(said(), Planes{plane_a});
}

TEST_F(Fabric, is_said_again_to_a_data_plane_that_forgot_it) {
    settle();
    plane(Slot::msm_b, PlaneState::absent);
    world.settle();
    EXPECT_EQ(said(), Planes{plane_a});
    world.dataplane.tables().fabric.usable = all_planes;
    world.settle();
    EXPECT_EQ(said(), Planes{plane_a});
}

TEST_F(Fabric, is_not_said_without_end_to_a_data_plane_that_refuses_it) {
    settle();
    world.dataplane.refuse = [](const Command& command) {
        return command.type == CommandType::fabric_set ? Outcome::bad_argument : Outcome::done;
    };
    plane(Slot::msm_b, PlaneState::absent);
    world.settle();
    EXPECT_EQ(said(), Planes{plane_a});
    world.dataplane.refuse = nullptr;
    for (int i = 0; i < 5; ++i) {
        world.master->on_wake(monotonic_now() + seconds(2));
        world.dataplane.step();
    }
    EXPECT_EQ(said(), Planes{plane_a});
    EXPECT_EQ(usable(), plane_a);
}

}  // namespace
}  // namespace baton
