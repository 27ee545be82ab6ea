// SPDX-License-Identifier: Apache-2.0
// Where frames go: unknown, learnt, moved, aged, flushed, static, black-holed; and what a change of membership or link
// does to what was learnt.
#include <gtest/gtest.h>

#include "tests/packet/test_switch.h"

namespace baton::test {
namespace {

using Ports = std::vector<PortId>;

class Learning : public testing::Test {
  protected:
    Learning() { baton.all_in_one(); }

    void TearDown() override {
        EXPECT_TRUE(baton.accounts_balance());
        EXPECT_EQ(baton.buffers_in_use(), 0u);
    }

    void learn(unsigned n, PortId port) {
        baton.send(port, frame(broadcast, host(n)));
        baton.settle();
        for (PortId id = 1; id <= 4; ++id) baton.received(id);
    }

    std::optional<Ports> from(PortId port, Mac to, Mac source = host(99)) {
        const Frame sent = frame(to, source);
        baton.send(port, sent);
        return baton.where(sent);
    }

    TestSwitch baton;
};

TEST_F(Learning, floods_the_unknown_and_sends_the_known_to_its_port) {
    EXPECT_EQ(from(1, host(2)), (Ports{2, 3, 4}));
    learn(2, 3);
    EXPECT_EQ(from(1, host(2)), Ports{3});
    EXPECT_EQ(baton.total(&WorkerCounters::learned), 2u);
}

TEST_F(Learning, learns_within_one_burst) {
    const Frame first = frame(host(2), host(1)), answer = frame(host(1), host(2));
    baton.send(1, first);
    baton.send(2, answer);
    EXPECT_EQ(baton.lookup(host(1), 1), fdb_dest_none);
    baton.settle();
    EXPECT_EQ(baton.received(1), std::vector<Frame>{answer});
    EXPECT_EQ(baton.received(2), std::vector<Frame>{first});
    EXPECT_EQ(baton.received(3), std::vector<Frame>{first}) << "the answer was known unicast";
}

TEST_F(Learning, follows_a_host_that_moves) {
    learn(2, 3);
    learn(2, 4);
    EXPECT_EQ(from(1, host(2)), Ports{4});
    EXPECT_EQ(baton.total(&WorkerCounters::moved), 1u);
}

TEST_F(Learning, drops_what_came_from_where_it_should_go) {
    learn(2, 3);
    EXPECT_EQ(from(3, host(2), host(5)), Ports{});
    EXPECT_EQ(baton.drops(3, Drop::same_port), 1u);
}

TEST_F(Learning, floods_multicast_always) {
    const Mac group = *Mac::parse("01:00:5e:00:00:fb");
    EXPECT_EQ(from(2, group), (Ports{1, 3, 4}));
    EXPECT_EQ(from(1, group), (Ports{2, 3, 4}));
}

TEST_F(Learning, never_learns_a_group_source) {
    EXPECT_EQ(from(1, host(1), *Mac::parse("01:00:5e:00:00:fb")), Ports{});
    EXPECT_EQ(baton.drops(1, Drop::source_multicast), 1u);
}

TEST_F(Learning, forgets_after_the_aging_time_and_not_before) {
    ASSERT_EQ(baton.command(CommandType::fdb_aging, FdbAging{100}), Outcome::done);
    learn(2, 3);
    for (int second = 0; second < 95; ++second) {
        baton.now = baton.now + seconds(1);
        baton.apply();
    }
    EXPECT_EQ(from(1, host(2)), Ports{3});
    for (int second = 0; second < 60; ++second) {
        baton.now = baton.now + seconds(1);
        baton.apply();
    }
    EXPECT_EQ(from(1, host(2)), (Ports{2, 3, 4}));
}

TEST_F(Learning, keeps_a_host_that_speaks) {
    ASSERT_EQ(baton.command(CommandType::fdb_aging, FdbAging{100}), Outcome::done);
    learn(2, 3);
    for (int second = 0; second < 400; ++second) {
        baton.now = baton.now + seconds(1);
        baton.apply();
        if (second % 30 == 0) learn(2, 3);
    }
    EXPECT_EQ(from(1, host(2)), Ports{3});
    EXPECT_GT(baton.total(&WorkerCounters::refreshed), 0u);
}

TEST_F(Learning, forgets_nothing_when_aging_is_off) {
    ASSERT_EQ(baton.command(CommandType::fdb_aging, FdbAging{0}), Outcome::done);
    learn(2, 3);
    for (int hour = 0; hour < 100; ++hour) {
        baton.now = baton.now + seconds(3600);
        baton.apply();
    }
    EXPECT_EQ(from(1, host(2)), Ports{3});
}

TEST_F(Learning, flushes_by_port_vlan_address_and_all) {
    const auto relearn = [this] {
        learn(2, 2);
        learn(3, 3);
    };
    relearn();
    ASSERT_EQ(baton.command(CommandType::fdb_flush, FdbFlush{0, 0, 3, 0}), Outcome::done);
    EXPECT_EQ(from(1, host(2)), Ports{2});
    EXPECT_EQ(from(1, host(3)), (Ports{2, 3, 4}));
    relearn();
    ASSERT_EQ(baton.command(CommandType::fdb_flush, FdbFlush{host(2).value(), 1, 0, 0}), Outcome::done);
    EXPECT_EQ(from(1, host(2)), (Ports{2, 3, 4}));
    EXPECT_EQ(from(1, host(3)), Ports{3});
    relearn();
    ASSERT_EQ(baton.command(CommandType::fdb_flush, FdbFlush{0, 1, 0, 0}), Outcome::done);
    EXPECT_EQ(from(1, host(3)), (Ports{2, 3, 4}));
    relearn();
    ASSERT_EQ(baton.command(CommandType::fdb_flush, FdbFlush{}), Outcome::done);
    EXPECT_EQ(from(1, host(2)), (Ports{2, 3, 4}));
    EXPECT_EQ(baton.command(CommandType::fdb_flush, FdbFlush{host(2).value(), 0, 0, 0}), Outcome::bad_argument);
}

TEST_F(Learning, obeys_static_entries_through_flushes_and_moves) {
    baton.fixed(host(2), 1, 2);
    learn(2, 4);  // speaks somewhere else: does not move it
    ASSERT_EQ(baton.command(CommandType::fdb_flush, FdbFlush{}), Outcome::done);
    EXPECT_EQ(from(1, host(2)), Ports{2});
    ASSERT_EQ(baton.command(CommandType::fdb_static_delete, FdbStatic{host(2).value(), 1, 0, 0, 0}), Outcome::done);
    EXPECT_EQ(from(1, host(2)), (Ports{2, 3, 4}));
}

TEST_F(Learning, drops_to_and_from_a_black_hole) {
    baton.black_hole(host(7), 1);
    EXPECT_EQ(from(1, host(7)), Ports{});
    EXPECT_EQ(from(1, host(2), host(7)), Ports{});
    EXPECT_EQ(baton.drops(1, Drop::blackhole), 2u);
}

TEST_F(Learning, forgets_a_port_that_leaves_its_vlan) {
    learn(2, 3);
    baton.vlan(1, {1, 2, 4});
    EXPECT_EQ(baton.lookup(host(2), 1), fdb_dest_none);
    EXPECT_EQ(from(1, host(2)), (Ports{2, 4}));
}

TEST_F(Learning, forgets_only_the_vlan_that_a_port_leaves) {
    baton.vlan(2, {}, {3});
    learn(2, 3);
    baton.send(3, frame(broadcast, host(2), Tag{2, 0}));
    baton.settle();
    baton.vlan(2, {}, {});
    EXPECT_EQ(baton.lookup(host(2), 2), fdb_dest_none);
    EXPECT_EQ(baton.lookup(host(2), 1), 3);
}

TEST_F(Learning, forgets_a_deleted_vlan) {
    learn(2, 3);
    baton.delete_vlan(1);
    EXPECT_EQ(from(1, host(2)), Ports{});
    EXPECT_EQ(baton.drops(1, Drop::no_port_vlan), 1u);
    baton.vlan(1, {1, 2, 3, 4});
    EXPECT_EQ(from(1, host(2)), (Ports{2, 3, 4}));
}

TEST_F(Learning, forgets_a_port_without_link_and_floods_past_it) {
    learn(2, 3);
    baton.link(3, false);
    EXPECT_EQ(from(1, host(2)), (Ports{2, 4}));
    baton.link(3, true);
    EXPECT_EQ(from(1, host(2)), (Ports{2, 3, 4}));
    EXPECT_EQ(baton.tables().ports[3].link_changes, 3u);
}

TEST_F(Learning, neither_takes_from_nor_sends_to_a_disabled_port) {
    learn(2, 3);
    baton.port(3, 1, false);
    EXPECT_EQ(from(1, host(2)), (Ports{2, 4}));
    EXPECT_EQ(from(3, host(1)), Ports{});
    EXPECT_EQ(baton.drops(3, Drop::port_disabled), 1u);
    baton.port(3, 1, true);
    EXPECT_EQ(from(1, host(2)), (Ports{2, 3, 4}));
}

TEST(Unconfigured, forwards_nothing_before_a_master_has_spoken) {
    TestSwitch fresh;
    const Frame sent = frame(broadcast, host(1)), tagged = frame(broadcast, host(1), Tag{1, 0});
    fresh.send(1, sent);
    fresh.send(1, tagged);
    EXPECT_EQ(fresh.where(sent), Ports{});
    EXPECT_EQ(fresh.drops(1, Drop::no_port_vlan), 1u);
    EXPECT_EQ(fresh.drops(1, Drop::vlan_unknown), 1u);
}

}  // namespace
}  // namespace baton::test
