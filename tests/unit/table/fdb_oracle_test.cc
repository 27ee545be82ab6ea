// SPDX-License-Identifier: Apache-2.0
// Thousands of random operations on a tiny FDB and on a std::map beside it: after each, every key reads the same in
// both. Growth, sweeps and reopening happen in slices between the operations, so the oracle sees every mixture.
#include "tests/unit/table/rig.h"

namespace baton::test {
namespace {

struct Known {
    std::uint16_t dest;
    bool fixed;
    unsigned age;  // epochs
};

class Model {
  public:
    void learn(Key key, PortId port) {
        auto& entry = entries_[key];
        if (entry.fixed) return;
        entry = {port, false, 0};
    }

    void epoch() {
        for (auto& [key, entry] : entries_) entry.age += !entry.fixed;
        std::erase_if(entries_, [](const auto& item) { return item.second.age >= 6; });
    }

    void flush(VlanId vlan, PortId port) {
        std::erase_if(entries_, [=](const auto& item) {
            return !item.second.fixed && (vlan == 0 || item.first.vlan == vlan) &&
                   (port == 0 || item.second.dest == port);
        });
    }

    void forget(Key key, bool fixed) {
        const auto at = entries_.find(key);
        if (at != entries_.end() && at->second.fixed == fixed) entries_.erase(at);
    }

    void set(Key key, std::uint16_t dest) { entries_[key] = {dest, true, 0}; }

    State state() const {
        State out;
        for (const auto& [key, entry] : entries_) out[key] = {entry.dest, entry.fixed};
        return out;
    }

  private:
    std::map<Key, Known> entries_;
};

void run(std::uint64_t seed, int steps, std::uint64_t& growths) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    TinyRig rig;
    auto keeper = rig.open();
    Model model;
    // 24 keys in 128 slots: a full bucket pair is as good as impossible, so the oracle need not know of it.
    const auto keys = rig.keys(random, 24);
    std::uint64_t turns = 0;
    Time now{1};
    const auto open = [&] {
        keeper = rig.open();
        keeper.set_slices({1 + random() % 5, 1 + random() % 5});
    };
    open();

    for (int step = 0; step < steps; ++step) {
        const Key key = keys[random() % keys.size()];
        const PortId port = 1 + random() % 3;
        switch (random() % 20) {
            case 0: {  // a new epoch: what the applier does at a tick
                keeper.sweep_all();
                keeper.set_aging(5, now);
                now = now + seconds(1);
                const unsigned before = rig.control().epoch;
                keeper.turn(now, {0, 0, {&turns, 1}});
                if (rig.control().epoch != before) model.epoch();
                break;
            }
            case 1: keeper.flush(0, port), model.flush(0, port); break;
            case 2: keeper.flush(key.vlan, 0), model.flush(key.vlan, 0); break;
            case 3: keeper.flush(key.vlan, port), model.flush(key.vlan, port); break;
            case 4:
                if (random() % 8 == 0) keeper.flush(0, 0), model.flush(0, 0);
                break;
            case 5: keeper.forget(key.vlan, Mac::of(key.mac)), model.forget(key, false); break;
            case 6:
                ASSERT_TRUE(keeper.set_static(key.vlan, Mac::of(key.mac), port));
                model.set(key, port);
                break;
            case 7:
                ASSERT_TRUE(keeper.set_static(key.vlan, Mac::of(key.mac), fdb_dest_blackhole));
                model.set(key, fdb_dest_blackhole);
                break;
            case 8:
            case 9: keeper.delete_static(key.vlan, Mac::of(key.mac)), model.forget(key, true); break;
            case 10: {
                const unsigned before = rig.control().epoch;
                ++turns;
                keeper.turn(now = now + milliseconds(1), {0, 0, {&turns, 1}});
                if (rig.control().epoch != before) model.epoch();
                break;
            }
            case 11:
                if (random() % 30 == 0 && !keeper.is_growing() && rig.shape().live < 8) keeper.begin_growth();
                break;
            case 12:
                if (random() % 4 == 0) open();
                break;
            default: {
                const Learn outcome = rig.learn(key, port);
                ASSERT_NE(outcome, Learn::lost);
                ASSERT_NE(outcome, Learn::full);
                model.learn(key, port);
            }
        }
        const State expected = model.state();
        ASSERT_EQ(rig.copies(1 + random() % 7).size(), expected.size()) << "step " << step;
        ASSERT_EQ(rig.state(), expected) << "step " << step;
        for (const Key& one : keys) {
            const auto at = expected.find(one);
            ASSERT_EQ(rig.lookup(one), at == expected.end() ? fdb_dest_none : at->second.dest) << "step " << step;
            const auto found = BasicFdbWalk<TinyGeometry>(rig.arena()).find(one.vlan, Mac::of(one.mac));
            ASSERT_EQ(found.has_value(), at != expected.end());
        }
    }
    growths += rig.control().growths;
}

TEST(fdb_oracle, random_operations_leave_what_a_map_would_hold) {
    std::uint64_t growths = 0;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        run(seed, 1500, growths);
        if (HasFatalFailure()) return;
    }
    EXPECT_GT(growths, 60u);
}

TEST(fdb_oracle, a_table_that_cannot_grow_says_so_and_goes_on) {
    std::mt19937_64 random(7);
    TinyRig rig;
    auto keeper = rig.open(4);
    std::uint64_t learned = 0, full = 0;
    State expected;
    for (const Key& key : rig.keys(random, 400)) {
        const Learn outcome = rig.learn(key, 2);
        learned += outcome == Learn::inserted;
        full += outcome == Learn::full;
        if (outcome == Learn::inserted) expected[key] = {2, false};
    }
    EXPECT_GT(learned, 110u) << "of 128 slots";
    EXPECT_EQ(learned + full, 400u);
    const auto settle = [&](auto& one, Time now) {
        for (int i = 0; i < 3; ++i)
            while (one.turn(now, {learned, full, {}})) {
            }
    };
    settle(keeper, Time{2});
    EXPECT_EQ(rig.control().growth_refused, 1u) << "the largest size allowed is reached";
    EXPECT_EQ(rig.state(), expected);

    CountedStores::no_memory = true;
    auto larger = rig.open(8);
    settle(larger, Time{3});
    CountedStores::no_memory = false;
    EXPECT_EQ(rig.control().growth_refused, 2u) << "no memory";
    EXPECT_EQ(rig.state(), expected);
    settle(larger, Time{3} + seconds(11));
    EXPECT_GE(rig.control().growths, 1u) << "ten seconds later there was memory";
    EXPECT_EQ(rig.state(), expected);
}

TEST(fdb_oracle, an_arena_that_names_an_impossible_table_is_refused_with_a_sentence) {
    TinyRig rig;
    for (const FdbShape bad : {FdbShape{3, 0, 0}, FdbShape{9, 0, 0}, FdbShape{5, 7, 0}, FdbShape{5, 6, 33}}) {
        rig.control().shape = bad.word();
        auto opened = TinyRig::Maintenance::open(rig.fd(), rig.arena(), 8, test_seed, Time{1});
        ASSERT_FALSE(opened);
        EXPECT_NE(opened.error().what.find("restart the chassis"), std::string::npos);
    }
}

}  // namespace
}  // namespace baton::test
