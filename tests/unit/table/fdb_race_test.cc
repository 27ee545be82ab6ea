// SPDX-License-Identifier: Apache-2.0
// Two at the table at once. First by design: an operation is stopped before each of its stores in turn, another one
// runs to its end there, the first goes on; so every such interleaving is tried, on the tiny table. Then by chance:
// real threads on the real table, learning, looking up and walking while it is flushed, swept and grown.
#include <atomic>
#include <functional>
#include <memory>
#include <set>
#include <thread>

#include "tests/unit/table/rig.h"

namespace baton::test {
namespace {

using Keeper = TinyRig::Maintenance;

struct Op {
    const char* name;
    bool maintains;  // only one thread does these
    std::function<void(TinyRig&, Keeper&)> run;
};

struct fdb_race : ::testing::Test {
    TinyRig rig;
    std::mt19937_64 random{31};
    std::unique_ptr<Keeper> keeper = std::make_unique<Keeper>(rig.open());
    std::vector<Key> crowd;  // share a pair of buckets
    bool gave_up = false;

    void learn(Key key, PortId port) { gave_up |= rig.learn(key, port) == Learn::lost; }

    std::vector<Op> operations() {
        // crowd[0] known at 1, crowd[1] known at 1 and old, crowd[2] flushed, crowd[3] unknown, crowd[4] static
        const auto mac = [](const Key& key) { return Mac::of(key.mac); };
        return {
            {"insert at 1", false, [this](TinyRig&, Keeper&) { learn(crowd[3], 1); }},
            {"insert at 2", false, [this](TinyRig&, Keeper&) { learn(crowd[3], 2); }},
            {"insert another", false, [this](TinyRig&, Keeper&) { learn(crowd[5], 2); }},
            {"move to 2", false, [this](TinyRig&, Keeper&) { learn(crowd[0], 2); }},
            {"move to 3", false, [this](TinyRig&, Keeper&) { learn(crowd[0], 3); }},
            {"refresh", false, [this](TinyRig&, Keeper&) { learn(crowd[1], 1); }},
            {"revive at 2", false, [this](TinyRig&, Keeper&) { learn(crowd[2], 2); }},
            {"revive at 1", false, [this](TinyRig&, Keeper&) { learn(crowd[2], 1); }},
            {"sweep", true, [](TinyRig&, Keeper& one) { one.sweep_all(); }},
            {"grow", true, [](TinyRig&, Keeper& one) { one.grow_all(); }},
            {"grow past the primary bucket, empty it, insert at 2", true,
             [=, this](TinyRig&, Keeper& one) {
                 one.set_slices({1, 8});
                 one.begin_growth();
                 one.turn(Time{1}, {});
                 one.turn(Time{1}, {});
                 for (std::size_t i = 6; i < crowd.size(); ++i) one.forget(crowd[i].vlan, mac(crowd[i]));
                 learn(crowd[3], 2);
             }},
            {"flush port 1", true, [](TinyRig&, Keeper& one) { one.flush(0, 1); }},
            {"flush VLAN", true, [this](TinyRig&, Keeper& one) { one.flush(crowd[3].vlan, 0); }},
            {"flush port in VLAN", true, [this](TinyRig&, Keeper& one) { one.flush(crowd[0].vlan, 1); }},
            {"forget", true, [=, this](TinyRig&, Keeper& one) { one.forget(crowd[0].vlan, mac(crowd[0])); }},
            {"set static", true, [=, this](TinyRig&, Keeper& one) { one.set_static(crowd[3].vlan, mac(crowd[3]), 9); }},
            {"fix known", true, [=, this](TinyRig&, Keeper& one) { one.set_static(crowd[0].vlan, mac(crowd[0]), 9); }},
            {"delete static", true,
             [=, this](TinyRig&, Keeper& one) { one.delete_static(crowd[4].vlan, mac(crowd[4])); }},
        };
    }

    void prepare(unsigned others) {
        while (crowd.size() < 6 + others) {
            const Key key = rig.key_in(random, 5, 11);
            if (std::find(crowd.begin(), crowd.end(), key) == crowd.end()) crowd.push_back(key);
        }
        rig.learn(crowd[2], 6);
        keeper->flush(0, 6);
        rig.learn(crowd[1], 1);
        rig.control().epoch = 2;
        rig.learn(crowd[0], 1);
        keeper->set_static(crowd[4].vlan, Mac::of(crowd[4].mac), 8);
        for (unsigned i = 6; i < crowd.size(); ++i) rig.learn(crowd[i], 7);
    }

    void every_interleaving(unsigned others);
};

struct Interruption {
    static inline std::function<void()> what;

    static void now() {
        CountedStores::cut = 0;
        what();
    }
};

void fdb_race::every_interleaving(unsigned others) {
    prepare(others);
    const std::vector<std::byte> image(rig.arena(), rig.arena() + TinyRig::size);
    const auto restore = [&] {
        std::memcpy(rig.arena(), image.data(), image.size());
        keeper = std::make_unique<Keeper>(rig.open());
    };
    const auto outcome = [&](const std::vector<const Op*>& order) {
        restore();
        for (const Op* op : order) op->run(rig, *keeper);
        return rig.state();
    };
    const State before = rig.state();
    std::uint64_t tried = 0;
    const auto ops = operations();
    for (const Op& first : ops)
        for (const Op& second : ops) {
            if (first.maintains && second.maintains) continue;
            const State orders[] = {outcome({&first, &second}), outcome({&second, &first})};
            const State alone[] = {outcome({&first}), outcome({&second})};
            for (std::uint64_t n = 1;; ++n) {
                SCOPED_TRACE(std::string(first.name) + ", before its store " + std::to_string(n) + ": " + second.name);
                restore();
                gave_up = false;
                bool interrupted = false;
                Interruption::what = [&] {
                    interrupted = true;
                    second.run(rig, *keeper);
                };
                CountedStores::count = 0;
                CountedStores::cut = n;
                CountedStores::at = Interruption::now;
                first.run(rig, *keeper);
                CountedStores::cut = 0;
                if (!interrupted) break;
                ++tried;
                if (!first.maintains) {
                    ASSERT_FALSE(gave_up) << "one interruption is no reason";
                }

                const auto check = [&](const char* when) {
                    const State now = rig.state();
                    for (const Key& key : crowd) {
                        const auto in = [&key](const State& state) {
                            const auto at = state.find(key);
                            return at == state.end() ? Value{fdb_dest_none, false} : at->second;
                        };
                        std::set<Value> allowed{in(orders[0]), in(orders[1])};
                        if (gave_up) allowed.insert({in(alone[0]), in(alone[1]), in(before)});
                        ASSERT_TRUE(allowed.contains(in(now))) << when << ": key " << &key - crowd.data() << " at "
                                                               << in(now).dest << (gave_up ? ", one gave up" : "");
                        ASSERT_EQ(rig.lookup(key), in(now).dest) << when;
                    }
                };
                check("at once");
                ASSERT_EQ(rig.copies().size(), rig.state().size()) << "two copies";
                keeper->sweep_all();
                check("after a sweep");
                ASSERT_EQ(rig.copies().size(), rig.state().size()) << "two copies after a sweep";
                if (HasFatalFailure()) return;
                ASSERT_LT(n, 10'000u);
            }
        }
    EXPECT_GT(tried, 500u);
}

TEST_F(fdb_race, every_interleaving_of_two_operations_equals_one_after_the_other) {
    every_interleaving(0);
}

TEST_F(fdb_race, and_with_the_primary_bucket_past_its_share) {
    every_interleaving(4);
}

TEST_F(fdb_race, and_with_one_slot_left) {
    every_interleaving(11);
}

TEST_F(fdb_race, growth_leaves_nothing_of_a_word_that_was_replaced_while_it_was_copied) {
    const FdbHash hash = rig.hash();
    const auto mixed_of = [&](const Key& key) { return hash.mix(fdb_key(key.vlan, key.mac)); };
    const Key left = rig.key_in(random, 5, 11);  // known in bucket 5, and once more in bucket 11
    const std::uint64_t second = hash.second<TinyGeometry>(mixed_of(left));
    Key right = rig.key_in(random, 11);  // goes to the other half of bucket 11
    while ((fdb_bucket_of<TinyGeometry>(mixed_of(right), 5) ^ fdb_bucket_of<TinyGeometry>(second, 5)) != 1)
        right = rig.key_in(random, 11);
    rig.plant(5, 0, rig.view().seen_now(FdbWord::name(mixed_of(left), false), left.vlan, 1));
    rig.plant(11, 0, rig.view().seen_now(FdbWord::name(mixed_of(left), true), left.vlan, 1));
    const std::vector<std::byte> image(rig.arena(), rig.arena() + TinyRig::size);
    const auto* first_word =
        reinterpret_cast<const std::uint64_t*>(rig.arena() + fdb_bucket_offset<TinyGeometry>(4, 11));
    unsigned replaced = 0;
    Interruption::what = [&] {
        const std::uint64_t before = *first_word;
        rig.view().leave_one(mixed_of(left), left.vlan);
        rig.learn(right, 2);
        replaced += *first_word != before && !FdbWord{*first_word}.is_frozen();
    };
    unsigned tried = 0;
    for (std::uint64_t n = 1; n < 200; ++n) {
        std::memcpy(rig.arena(), image.data(), image.size());
        keeper = std::make_unique<Keeper>(rig.open());
        const unsigned before = replaced;
        CountedStores::count = 0;
        CountedStores::cut = n;
        CountedStores::at = Interruption::now;
        keeper->grow_all();
        CountedStores::cut = 0;
        if (replaced == before) continue;  // bucket 11 had moved
        ++tried;
        ASSERT_EQ(rig.state(), (State{{left, {1, false}}, {right, {2, false}}})) << "before store " << n;
        ASSERT_EQ(rig.copies().size(), 2u) << "before store " << n;
    }
    EXPECT_GT(tried, 50u);
}

TEST_F(fdb_race, an_address_learned_while_its_port_is_flushed_is_written_with_the_new_generation) {
    const Key key = rig.key(random);
    Interruption::what = [&] { keeper->flush(0, 1); };
    CountedStores::count = 0;
    CountedStores::cut = 1;
    CountedStores::at = Interruption::now;
    EXPECT_EQ(rig.learn(key, 1), Learn::inserted);
    EXPECT_EQ(rig.lookup(key), 1) << "else the word would lie about, one generation further behind than is counted";
}

constexpr Key real_key(std::uint64_t i) {
    return {static_cast<VlanId>(1 + i % 16), 0x020000000000 + i / 16};
}

constexpr PortId port_of(std::uint64_t i) {
    return static_cast<PortId>(1 + (i * 2654435761u >> 7) % 200);
}

TEST(fdb_threads, two_that_learn_the_same_addresses_leave_one_copy_of_each) {
    RealRig rig;
    rig.open();
    constexpr std::uint64_t count = 300'000;
    std::atomic<int> ready = 0;
    const auto work = [&](PortId port) {
        ++ready;
        while (ready.load() < 2) std::this_thread::yield();
        for (std::uint64_t i = 0; i < count; ++i) rig.learn(real_key(i), port);
    };
    std::thread other(work, PortId{1});
    work(2);
    other.join();
    const auto copies = rig.copies(4096);
    EXPECT_EQ(copies.size(), count) << "before any sweep";
    for (std::uint64_t i = 0; i < count; ++i) {
        const auto dest = rig.lookup(real_key(i));
        ASSERT_TRUE(dest == 1 || dest == 2);
    }
}

TEST(fdb_threads, nobody_is_ever_sent_wrong_while_the_table_is_flushed_swept_and_grown) {
    RealRig rig;
    auto keeper = rig.open();
    constexpr std::uint64_t count = 1'200'000;
    constexpr int workers = 2;
    std::atomic<bool> stop = false;
    std::atomic<std::uint64_t> learned[workers] = {}, full[workers] = {}, turns[workers] = {}, wrong = 0, hits = 0;

    const auto work = [&](int self) {
        std::mt19937_64 random(self);
        std::uint64_t learned_ = 0, full_ = 0;
        while (!stop.load(std::memory_order_relaxed)) {
            auto view = rig.view();
            std::uint64_t mixed[fdb_batch], index[fdb_batch];
            VlanId vlan[fdb_batch];
            std::uint16_t dest[fdb_batch];
            const std::uint64_t base = random() % count;
            const PortId port = port_of(base);
            unsigned sources = 0;
            for (unsigned i = 0; sources < 16; ++i) {  // a burst has one ingress port
                const std::uint64_t one = (base + i) % count;
                if (port_of(one) != port && i < 4000) continue;
                if (port_of(one) != port) break;
                vlan[sources] = real_key(one).vlan;
                mixed[sources++] = view.mix(real_key(one).vlan, real_key(one).mac);
            }
            const LearnCounts counts = view.learn(mixed, vlan, sources, port);
            learned[self].store(learned_ += counts.inserted, std::memory_order_relaxed);
            full[self].store(full_ += counts.full, std::memory_order_relaxed);
            for (unsigned i = 0; i < fdb_batch; ++i) {
                index[i] = random() % count;
                vlan[i] = real_key(index[i]).vlan;
                mixed[i] = view.mix(vlan[i], real_key(index[i]).mac);
                view.prefetch(mixed[i]);
            }
            view.lookup(mixed, vlan, dest, fdb_batch);
            for (unsigned i = 0; i < fdb_batch; ++i) {
                if (dest[i] == fdb_dest_none) continue;
                if (dest[i] != port_of(index[i])) ++wrong;
                hits.fetch_add(1, std::memory_order_relaxed);
            }
            turns[self].fetch_add(1, std::memory_order_release);
        }
    };
    std::thread threads[workers];
    for (int i = 0; i < workers; ++i) threads[i] = std::thread(work, i);

    std::mt19937_64 random(99);
    const Time begin = monotonic_now();
    keeper.set_aging(1, begin);  // a tick of 200 ms
    std::uint64_t walked = 0;
    // By deeds and not by the clock: a starved machine takes longer. A minute at most.
    const auto enough = [&] {
        return hits > 300'000 && walked > 300'000 && rig.control().growths >= 2 && rig.control().sweeps >= 5;
    };
    for (Time now = begin; now - begin < seconds(60) && (!enough() || now - begin < seconds(2));
         now = monotonic_now()) {
        const std::uint64_t counts[workers] = {turns[0].load(std::memory_order_acquire),
                                               turns[1].load(std::memory_order_acquire)};
        keeper.turn(now, {learned[0] + learned[1], full[0] + full[1], counts});
        if (random() % 400 == 0) keeper.flush(0, static_cast<PortId>(1 + random() % 200));
        if (random() % 400 == 0) keeper.flush(static_cast<VlanId>(1 + random() % 16), 0);
        if (rig.shape().live < 19 && !keeper.is_growing() && hits > 100'000 * (rig.control().growths + 1))
            keeper.begin_growth();
        if (random() % 100 == 0) {
            FdbWalk walk(rig.arena());
            while (walk.next(4096, [&](const FdbEntry& entry) {
                const std::uint64_t i = (entry.mac.value() - 0x020000000000) * 16 + entry.vlan - 1;
                wrong += entry.port != port_of(i);
                ++walked;
            })) {
            }
        }
    }
    stop = true;
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(wrong.load(), 0u);
    EXPECT_TRUE(enough()) << hits << " hits, " << walked << " walked, " << rig.control().growths << " growths, "
                          << rig.control().sweeps << " sweeps";

    keeper.sweep_all();
    const auto copies = rig.copies(4096);
    std::set<std::pair<VlanId, std::uint64_t>> distinct;
    for (const auto& [key, value] : copies) distinct.insert({key.vlan, key.mac});
    EXPECT_EQ(distinct.size(), copies.size()) << "an address twice";
    EXPECT_EQ(rig.control().entries, copies.size());
}

}  // namespace
}  // namespace baton::test
