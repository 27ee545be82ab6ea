// SPDX-License-Identifier: Apache-2.0
// The master and what zebra says: messages become commands, the cursor moves only when they are applied, and a master
// that dies at any message leaves nothing undone.
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "sync/channel/fpm_ring.h"
#include "tests/unit/control/master_in_memory.h"
#include "tests/unit/route/netlink.h"

namespace baton {
namespace {

using namespace test;

using Prefix = std::pair<std::uint64_t, std::uint8_t>;  // of IPv4 routes only, in these tests

/// Routes of owner `routing` as an applier has them: marked, swept, set and deleted.
struct Routes {
    std::map<Prefix, int> held;  // epoch that last said it
    int epoch = 0;
    int marks = 0, sweeps = 0, timed_out = 0;

    void take(const Command& command) {
        if (command.owner != Owner::routing) return;
        switch (command.type) {
            case CommandType::route_set: {
                const auto set = command.get<RouteSet>();
                held[{set.high, set.length}] = epoch;
                break;
            }
            case CommandType::route_delete: {
                const auto body = command.get<RouteDelete>();
                held.erase({body.high, body.length});
                break;
            }
            case CommandType::routes_mark: ++epoch, ++marks; break;
            case CommandType::end_of_table:
                ++sweeps;
                timed_out += command.get<EndOfTable>().timed_out != 0;
                std::erase_if(held, [&](const auto& item) { return item.second != epoch; });
                break;
            default: break;
        }
    }
};

class RouteStreamTest : public ::testing::Test {
  protected:
    RouteStreamTest() {
        world.dataplane.start(port_list());
        world.dataplane.tables().vlans[10].interface_index.store(5);
        world.take_over(Slot::msm_a);
        world.settle();
        look();
        routes = {};
    }

    void look() {
        for (; seen < world.dataplane.said.size(); ++seen) routes.take(world.dataplane.said[seen]);
    }

    void settle() {
        world.settle();
        look();
    }

    void comes() { ASSERT_TRUE(writer.push(FpmRecordKind::connected)); }

    void goes() { ASSERT_TRUE(writer.push(FpmRecordKind::disconnected)); }

    static zebra::test::Route numbered(int number, std::uint32_t pid = 77) {
        zebra::test::Route route;
        route.prefix = "10." + std::to_string(number / 256) + "." + std::to_string(number % 256) + ".0";
        route.length = 24;
        route.pid = pid;
        return route;
    }

    bool say(zebra::test::Route route) { return writer.push(FpmRecordKind::message, zebra::test::frame({route})); }

    void says(int number, std::uint32_t pid = 77) { ASSERT_TRUE(say(numbered(number, pid))); }

    void withdraws(int number) {
        zebra::test::Route route = numbered(number);
        route.message = RTM_DELROUTE;
        ASSERT_TRUE(say(route));
    }

    void sentinel(std::uint32_t pid = 77) {
        zebra::test::Route route = zebra::test::sentinel();
        route.pid = pid;
        ASSERT_TRUE(say(route));
    }

    World world;
    FpmWriter writer{*world.fpm, world.pages[0], world.pages[1]};
    std::size_t seen = 0;
    Routes routes;
};

TEST_F(RouteStreamTest, sets_what_zebra_says_and_sweeps_at_its_sentinel) {
    comes(), says(1), says(2), sentinel();
    settle();
    EXPECT_EQ(routes.held.size(), 2u);
    EXPECT_EQ(routes.marks, 1);
    EXPECT_GE(routes.sweeps, 1);
    EXPECT_EQ(world.pages[0].fpm_cursor.load(), world.fpm->written.load());
    withdraws(1);
    settle();
    EXPECT_EQ(routes.held.size(), 1u);
}

TEST_F(RouteStreamTest, keeps_all_while_zebra_is_away_and_sweeps_what_it_does_not_say_again) {
    comes(), says(1), says(2), sentinel(), goes();
    settle();
    EXPECT_EQ(routes.held.size(), 2u);
    comes(), says(2);
    settle();
    EXPECT_EQ(routes.held.size(), 2u) << "not before the sentinel";
    sentinel();
    settle();
    EXPECT_EQ(routes.held.size(), 1u);
}

TEST_F(RouteStreamTest, gives_a_new_zebra_the_time_of_the_failover_timer) {
    comes(), says(1), says(2), sentinel(), goes();
    comes(), says(2, 78), sentinel(78);
    settle();
    EXPECT_EQ(routes.held.size(), 2u);
    EXPECT_EQ(world.master->fpm().phase, "hold");
    ASSERT_TRUE(world.master->fpm().sweep_in_seconds);
    EXPECT_LE(*world.master->fpm().sweep_in_seconds, 60u);
    world.master->on_wake(monotonic_now() + seconds(61));
    settle();
    EXPECT_EQ(routes.held.size(), 1u);
    EXPECT_EQ(world.master->fpm().phase, "complete");
}

TEST_F(RouteStreamTest, does_not_sweep_for_others_reasons_while_routes_are_coming) {
    comes(), says(1), sentinel(), goes(), comes();
    settle();
    world.dataplane.start(port_list());  // a new data plane is told everything, and all markers
    settle();
    EXPECT_EQ(routes.held.size(), 1u);
}

TEST_F(RouteStreamTest, moves_the_cursor_only_when_the_data_plane_has_applied) {
    comes(), says(1);
    for (int i = 0; i < 5; ++i) world.master->on_wake(monotonic_now());
    EXPECT_EQ(world.pages[0].fpm_cursor.load(), 0u);
    settle();
    EXPECT_EQ(world.pages[0].fpm_cursor.load(), world.fpm->written.load());
}

TEST_F(RouteStreamTest, says_nothing_at_a_take_over_when_all_was_dealt_with) {
    comes(), says(1), sentinel();
    settle();
    const int before = routes.marks;
    std::size_t sets = 0;
    const std::size_t from = world.dataplane.said.size();
    world.take_over(Slot::msm_b);
    settle();
    for (std::size_t i = from; i < world.dataplane.said.size(); ++i)
        sets += world.dataplane.said[i].type == CommandType::route_set;
    EXPECT_EQ(sets, 0u);
    EXPECT_EQ(routes.marks, before);
    EXPECT_EQ(routes.held.size(), 1u);
}

TEST_F(RouteStreamTest, deletes_at_the_failover_timer_what_no_zebra_came_for) {
    comes(), says(1), sentinel(), goes();
    settle();
    world.take_over(Slot::msm_b);
    settle();
    EXPECT_EQ(routes.held.size(), 1u) << "not before";
    world.master->on_wake(monotonic_now() + seconds(61));
    settle();
    EXPECT_TRUE(routes.held.empty());
    EXPECT_EQ(routes.timed_out, 1);
}

TEST_F(RouteStreamTest, counts_what_is_refused_and_goes_on) {
    world.dataplane.refuse = [](const Command& command) {
        return command.type == CommandType::route_set ? Outcome::table_full : Outcome::done;
    };
    comes(), says(1), says(2), sentinel();
    settle();
    EXPECT_EQ(world.master->fpm().table_full, 2u);
    EXPECT_EQ(world.pages[0].fpm_cursor.load(), world.fpm->written.load());
}

TEST_F(RouteStreamTest, passes_over_what_is_malformed) {
    comes();
    const std::vector<std::uint8_t> nonsense(13, 0xa5);
    ASSERT_TRUE(writer.push(FpmRecordKind::message, nonsense));
    says(1);
    settle();
    EXPECT_EQ(world.master->fpm().faults, 1u);
    EXPECT_EQ(routes.held.size(), 1u);
}

/// What must be held at the end whoever was master when: the oracle applies each message once.
TEST_F(RouteStreamTest, ends_the_same_whenever_masters_die) {
    std::mt19937 random(11);
    std::set<int> oracle, said_now;
    Slot slot = Slot::msm_a;
    comes();
    for (int step = 0; step < 4000; ++step) {
        const int number = static_cast<int>(random() % 500);
        if (random() % 200 == 0) {
            goes(), comes();
            for (const int each : oracle)
                if (random() % 10 != 0) says(each), said_now.insert(each);
            sentinel();
            oracle = std::exchange(said_now, {});
        } else if (random() % 3 == 0) {
            withdraws(number), oracle.erase(number);
        } else {
            says(number), oracle.insert(number);
        }
        if (random() % 7 == 0) world.master->on_wake(monotonic_now());
        if (random() % 5 == 0) world.dataplane.step(random() % 40);
        if (random() % 60 == 0) {
            slot = other(slot);
            look();
            world.take_over(slot);
        }
        if (world.fpm->written.load() - std::max(world.pages[0].fpm_cursor.load(), world.pages[1].fpm_cursor.load()) >
            fpm_capacity / 2)
            settle();
    }
    settle();
    std::set<Prefix> expected, held;
    for (const int each : oracle) expected.insert({zebra::test::bits(numbered(each).prefix).high, 24});
    for (const auto& [prefix, epoch] : routes.held) held.insert(prefix);
    EXPECT_EQ(held, expected);
}

}  // namespace
}  // namespace baton
