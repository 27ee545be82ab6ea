// SPDX-License-Identifier: Apache-2.0
// The FDB's behaviour, one sentence each, on the switch's own geometry.
#include "tests/unit/table/rig.h"

namespace baton::test {
namespace {

constexpr Key alice{10, 0x020000000001}, bob{10, 0x020000000002}, carol{20, 0x020000000001};

struct fdb : ::testing::Test {
    RealRig rig;
    FdbMaintenance keeper = rig.open();
    std::uint64_t turns = 0, learned = 0, full = 0;
    Time now{1};

    /// Turns of maintenance until it is idle, then a step of time.
    void settle(Duration step = {}) {
        now = now + step;
        do ++turns;
        while (keeper.turn(now, {learned, full, {&turns, 1}}));
    }

    void epochs(int count) {
        settle();
        keeper.set_aging(5, now);  // a tick each second
        for (int i = 0; i < count; ++i) settle(seconds(1));
    }
};

TEST_F(fdb, knows_what_it_learned_and_nothing_else) {
    EXPECT_EQ(rig.lookup(alice), fdb_dest_none);
    EXPECT_EQ(rig.learn(alice, 3), Learn::inserted);
    EXPECT_EQ(rig.learn(alice, 3), Learn::unchanged);
    EXPECT_EQ(rig.lookup(alice), 3);
    EXPECT_EQ(rig.lookup(bob), fdb_dest_none);
    EXPECT_EQ(rig.lookup(carol), fdb_dest_none) << "the same address in another VLAN is another address";
}

TEST_F(fdb, follows_an_address_that_moves) {
    rig.learn(alice, 3);
    EXPECT_EQ(rig.learn(alice, 4), Learn::moved);
    EXPECT_EQ(rig.lookup(alice), 4);
    EXPECT_EQ(rig.copies().size(), 1u);
}

TEST_F(fdb, forgets_an_address_six_epochs_after_it_was_seen) {
    rig.learn(alice, 3);
    epochs(5);
    EXPECT_EQ(rig.lookup(alice), 3);
    epochs(1);
    EXPECT_EQ(rig.lookup(alice), fdb_dest_none);
    epochs(7);
    EXPECT_EQ(rig.lookup(alice), fdb_dest_none) << "the epoch wraps at 7; the sweep must have emptied the word";
}

TEST_F(fdb, an_expired_address_is_a_miss_before_any_sweep) {
    rig.learn(alice, 3);
    rig.control().epoch = 6;
    EXPECT_EQ(rig.lookup(alice), fdb_dest_none);
    EXPECT_EQ(rig.learn(alice, 5), Learn::inserted);
    EXPECT_EQ(rig.lookup(alice), 5);
}

TEST_F(fdb, one_frame_in_each_aging_time_keeps_an_address) {
    rig.learn(alice, 3);
    for (int i = 0; i < 4; ++i) {
        epochs(5);
        EXPECT_EQ(rig.learn(alice, 3), Learn::refreshed);
    }
    EXPECT_EQ(rig.lookup(alice), 3);
}

TEST_F(fdb, aging_zero_keeps_for_ever) {
    rig.learn(alice, 3);
    keeper.set_aging(5, now);
    keeper.set_aging(0, now);
    for (int i = 0; i < 20; ++i) settle(seconds(100));
    EXPECT_EQ(rig.lookup(alice), 3);
    EXPECT_EQ(rig.control().epoch, 0u);
    EXPECT_GT(rig.control().sweeps, 10u) << "sweeps go on, for the count";
}

TEST_F(fdb, saying_the_aging_time_again_does_not_put_off_the_tick) {
    settle();
    keeper.set_aging(300, now);
    for (int i = 0; i < 130; ++i) {
        settle(seconds(1));
        keeper.set_aging(300, now);
    }
    EXPECT_EQ(rig.control().epoch, 2u);
}

TEST_F(fdb, the_epoch_waits_for_a_whole_sweep) {
    settle();
    keeper.set_aging(5, now);
    settle(seconds(1));
    ASSERT_EQ(rig.control().epoch, 1u);
    now = now + seconds(1);
    keeper.turn(now, {0, 0, {}});  // advances, and sweeps one slice
    EXPECT_EQ(rig.control().epoch, 2u);
    ASSERT_TRUE(keeper.is_sweeping());
    keeper.turn(now + seconds(5), {0, 0, {}});
    EXPECT_EQ(rig.control().epoch, 2u);
}

TEST_F(fdb, flushes_by_port_by_vlan_by_both_and_all) {
    const auto fill = [&] {
        rig.learn(alice, 3);
        rig.learn(bob, 4);
        rig.learn(carol, 3);
    };
    fill();
    keeper.flush(0, 3);
    EXPECT_EQ(rig.state(), (State{{bob, {4, false}}}));
    fill();
    keeper.flush(20, 0);
    EXPECT_EQ(rig.state(), (State{{alice, {3, false}}, {bob, {4, false}}}));
    fill();
    keeper.flush(10, 3);
    EXPECT_EQ(rig.state(), (State{{bob, {4, false}}, {carol, {3, false}}}));
    fill();
    keeper.flush(0, 0);
    EXPECT_TRUE(rig.state().empty());
    fill();
    EXPECT_TRUE(keeper.forget(10, Mac::of(alice.mac)));
    EXPECT_FALSE(keeper.forget(10, Mac::of(alice.mac)));
    EXPECT_FALSE(keeper.forget(10, Mac::of(bob.mac), 3)) << "it is at another port";
    EXPECT_EQ(rig.state(), (State{{bob, {4, false}}, {carol, {3, false}}}));
}

TEST_F(fdb, a_flushed_word_stays_flushed_through_a_hundred_flushes) {
    rig.learn(alice, 3);
    for (int i = 0; i < 100; ++i) {
        keeper.flush(i % 3 == 0 ? alice.vlan : 0, i % 3 == 1 ? 3 : 0);
        ASSERT_EQ(rig.lookup(alice), fdb_dest_none) << "after flush " << i + 1;
        ASSERT_LE(rig.control().flushes, 14u);
    }
    EXPECT_GE(rig.control().sweeps, 100u / 15);
}

TEST_F(fdb, a_storm_of_flushes_is_swept_in_slices_before_one_has_to_wait) {
    settle();
    for (int i = 0; i < 7; ++i) keeper.flush(0, 1);
    keeper.turn(now, {0, 0, {}});
    EXPECT_TRUE(keeper.is_sweeping());
    settle();
    EXPECT_EQ(rig.control().flushes, 0u);
}

TEST_F(fdb, a_flush_during_a_sweep_is_still_counted_after_it) {
    settle();
    keeper.flush(0, 1);
    keeper.turn(now + seconds(100), {0, 0, {}});
    ASSERT_TRUE(keeper.is_sweeping());
    keeper.flush(0, 1);
    settle();
    EXPECT_EQ(rig.control().flushes, 1u);
}

TEST_F(fdb, static_entries_neither_move_age_nor_flush) {
    rig.learn(alice, 3);
    EXPECT_TRUE(keeper.set_static(10, Mac::of(alice.mac), 7));
    EXPECT_TRUE(keeper.set_static(10, Mac::of(bob.mac), fdb_dest_blackhole));
    EXPECT_EQ(rig.learn(alice, 4), Learn::fixed);
    EXPECT_EQ(rig.learn(bob, 4), Learn::blackholed);
    keeper.flush(0, 0);
    epochs(8);
    EXPECT_EQ(rig.state(), (State{{alice, {7, true}}, {bob, {fdb_dest_blackhole, true}}}));
    EXPECT_EQ(rig.lookup(bob), fdb_dest_blackhole);
    EXPECT_FALSE(keeper.forget(10, Mac::of(alice.mac)));
    EXPECT_TRUE(keeper.delete_static(10, Mac::of(alice.mac)));
    EXPECT_FALSE(keeper.delete_static(10, Mac::of(alice.mac)));
    EXPECT_EQ(rig.learn(alice, 4), Learn::inserted);
    EXPECT_FALSE(keeper.delete_static(10, Mac::of(alice.mac))) << "what is there now is dynamic";
}

TEST_F(fdb, of_two_copies_the_static_one_stays_else_the_first) {
    auto view = rig.view();
    const std::uint64_t mixed = view.mix(alice.vlan, alice.mac), name = FdbWord::name(mixed, false);
    const std::uint64_t other = view.mix(bob.vlan, bob.mac), second = view.second(other);
    rig.plant(fdb_bucket_of(mixed, 17), 0, view.seen_now(name, alice.vlan, 3));
    rig.plant(fdb_bucket_of(mixed, 17), 5, FdbWord::fixed(name, 7));
    rig.plant(fdb_bucket_of(other, 17), 2, view.seen_now(FdbWord::name(other, false), bob.vlan, 1));
    rig.plant(fdb_bucket_of(second, 17), 0, view.seen_now(FdbWord::name(other, true), bob.vlan, 2));
    EXPECT_EQ(rig.lookup(bob), 1) << "first in probe order";
    keeper.sweep_all();
    EXPECT_EQ(rig.state(), (State{{alice, {7, true}}, {bob, {1, false}}}));
    EXPECT_EQ(rig.copies().size(), 2u);
}

TEST_F(fdb, reconcile_deletes_static_entries_that_nobody_said_again) {
    keeper.set_static(10, Mac::of(alice.mac), 7);
    keeper.set_static(10, Mac::of(bob.mac), 7);
    rig.learn(carol, 3);
    EXPECT_EQ(keeper.keep_statics([](VlanId vlan, Mac mac) { return vlan == 10 && mac == Mac::of(alice.mac); }), 1u);
    EXPECT_EQ(rig.state(), (State{{alice, {7, true}}, {carol, {3, false}}}));
}

TEST_F(fdb, full_buckets_refuse_a_new_address_and_keep_the_old) {
    std::mt19937_64 random(4);
    const FdbHash hash = rig.hash();
    const auto colliding = [&] {  // primary bucket 77, secondary 99
        for (;;) {
            const std::uint64_t low = random() & ((1ull << fdb_rem_bits) - 1), mixed = 77ull << fdb_rem_bits | low;
            if (fdb_bucket_of(hash.second(mixed), 17) != 99) continue;
            const std::uint64_t key = hash.unmix(mixed);
            return Key{static_cast<VlanId>(key >> 48), key & 0xffffffffffffull};
        }
    };
    State expected;
    while (expected.size() < 16) {
        const Key key = colliding();
        if (expected.emplace(key, Value{5, false}).second) {
            ASSERT_EQ(rig.learn(key, 5), Learn::inserted);
        }
    }
    const Key extra = colliding();
    EXPECT_EQ(rig.learn(extra, 6), Learn::full);
    EXPECT_EQ(rig.state(), expected);

    EXPECT_TRUE(keeper.set_static(extra.vlan, Mac::of(extra.mac), 6)) << "a static entry takes a dynamic one's place";
    EXPECT_EQ(rig.state().size(), 16u);
    EXPECT_EQ(rig.lookup(extra), 6);
    int set = 1;
    for (;; ++set) {
        const Key key = colliding();
        if (!keeper.set_static(key.vlan, Mac::of(key.mac), 6)) break;
        ASSERT_LE(set, 16);
    }
    EXPECT_EQ(set, 16) << "sixteen static entries, then the table says that it is full";

    keeper.keep_statics([](VlanId, Mac) { return false; });
    for (const auto& [key, value] : expected) rig.learn(key, 5);
    keeper.flush(0, 5);
    EXPECT_EQ(rig.learn(extra, 6), Learn::inserted) << "flushed words are free";
}

TEST_F(fdb, a_burst_is_learned_and_looked_up_as_one_by_one) {
    std::mt19937_64 random(5);
    const auto keys = rig.keys(random, 3000);
    State expected;
    for (int round = 0; round < 200; ++round) {
        std::uint64_t mixed[fdb_batch];
        VlanId vlan[fdb_batch];
        std::uint16_t dest[fdb_batch];
        const unsigned count = 1 + random() % fdb_batch;
        const PortId port = 1 + random() % 250;
        auto view = rig.view();
        unsigned news = 0, moves = 0;
        for (unsigned i = 0; i < count; ++i) {
            const Key& key = keys[random() % keys.size()];
            mixed[i] = view.mix(key.vlan, key.mac);
            vlan[i] = key.vlan;
            const auto [at, fresh] = expected.insert({key, {port, false}});
            news += fresh;
            moves += !fresh && at->second.dest != port;
            at->second.dest = port;
        }
        const LearnCounts counts = view.learn(mixed, vlan, count, port);
        EXPECT_EQ(counts.inserted, news);
        EXPECT_EQ(counts.moved, moves);
        EXPECT_EQ(counts.refreshed + counts.full + counts.lost, 0u);
        view.lookup(mixed, vlan, dest, count);
        for (unsigned i = 0; i < count; ++i) ASSERT_EQ(dest[i], port);
    }
    EXPECT_EQ(rig.state(), expected);
    keeper.set_static(keys[0].vlan, Mac::of(keys[0].mac), fdb_dest_blackhole);
    auto view = rig.view();
    const std::uint64_t mixed[] = {view.mix(keys[1].vlan, keys[1].mac), view.mix(keys[0].vlan, keys[0].mac)};
    const VlanId vlan[] = {keys[1].vlan, keys[0].vlan};
    EXPECT_EQ(view.learn(mixed, vlan, 2, 1).blackholed, 2u);
}

TEST_F(fdb, grows_by_itself_past_seven_tenths_and_loses_nothing) {
    std::mt19937_64 random(6);
    constexpr std::uint64_t count = 800'000;  // 0.76 of the smallest table
    const auto mac = [](std::uint64_t i) { return 0x020000000000 + i; };
    const auto port = [](std::uint64_t i) { return static_cast<PortId>(1 + i % 200); };
    keeper.set_static(10, Mac::of(1), 9);
    settle();
    for (std::uint64_t i = 0; i < count; ++i) {
        const Learn outcome = rig.learn({10, mac(i)}, port(i));
        learned += outcome == Learn::inserted;
        full += outcome == Learn::full;
        if (i % 1000 == 0) keeper.turn(now = now + milliseconds(1), {learned, full, {&turns, 1}});
    }
    settle(seconds(1));
    EXPECT_EQ(rig.shape().word(), (FdbShape{18, 0, 0}.word()));
    EXPECT_EQ(rig.control().growths, 1u);
    EXPECT_LT(full, count / 10'000) << "the few that found no room while it grew";
    std::uint64_t known = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        const auto dest = rig.lookup({10, mac(i)});
        if (dest == fdb_dest_none) continue;
        ASSERT_EQ(dest, port(i));
        ++known;
    }
    EXPECT_EQ(known, learned);
    EXPECT_EQ(rig.lookup({10, 1}), 9);
    keeper.sweep_all();
    EXPECT_EQ(rig.control().entries, learned + 1);
    EXPECT_EQ(rig.copies(1000).size(), learned + 1);
}

TEST_F(fdb, holds_the_old_table_until_every_worker_passed_a_turn_and_boards_had_time) {
    rig.learn(alice, 3);
    settle();
    std::uint64_t both[2] = {5, 9};
    const FdbWorkers workers{0, 0, both};
    const auto old_word = [&] {  // of alice's bucket in the first table
        std::uint64_t sum = 0;
        const auto* words = reinterpret_cast<const std::uint64_t*>(rig.arena() + fdb_table_offset(17));
        for (std::uint64_t i = 0; i < fdb_table_offset(17) / 8; ++i) sum |= words[i];
        return sum;
    };
    keeper.grow_all();
    ++both[0], ++both[1];
    keeper.turn(now, workers);
    keeper.turn(now = now + seconds(10), workers);
    EXPECT_TRUE(keeper.is_retiring()) << "nobody passed a turn since growth ended";
    ++both[0];
    keeper.turn(now, workers);
    EXPECT_TRUE(keeper.is_retiring()) << "one worker did not";
    EXPECT_NE(old_word(), 0u);
    ++both[1];
    keeper.turn(now, workers);
    EXPECT_FALSE(keeper.is_retiring());
    EXPECT_EQ(old_word(), 0u);

    keeper.grow_all();
    ++both[0], ++both[1];
    keeper.turn(now, workers);
    ++both[0], ++both[1];
    keeper.turn(now + seconds(1), workers);
    EXPECT_TRUE(keeper.is_retiring()) << "a board may be reading";
    EXPECT_EQ(rig.lookup(alice), 3);
}

TEST_F(fdb, learning_the_same_again_after_flushes_does_not_grow_the_table) {
    settle();
    for (int round = 0; round < 12; ++round) {
        for (std::uint64_t i = 0; i < 100'000; ++i) learned += rig.learn({10, i}, 1) == Learn::inserted;
        keeper.flush(0, 1);
        settle(seconds(1));
    }
    EXPECT_EQ(learned, 1'200'000u);
    EXPECT_EQ(rig.control().growths, 0u);
}

}  // namespace
}  // namespace baton::test
