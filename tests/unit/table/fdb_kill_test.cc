// SPDX-License-Identifier: Apache-2.0
// A writer dies by SIGKILL before its first shared store, its second, its third ... until the operation completes: for
// every operation there is. After each death a reader must find every address that the operation did not concern, and
// of those that it did the old or the new, and must not hang; workers must be able to go on; and a new process that
// does the operation again must leave exactly what an undisturbed one leaves. On the tiny table, so that it is every
// store of everything, growth with all its buckets included.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>

#include "tests/unit/table/rig.h"

namespace baton::test {
namespace {

using Keeper = TinyRig::Maintenance;

// Every store; but a fork takes 30 ms under a sanitizer, so that there the later ones are sampled.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t stride = 61;
#else
constexpr std::uint64_t stride = 1;
#endif

struct Operation {
    std::function<void(TinyRig&)> prepare;  // undisturbed
    std::function<void(TinyRig&)> run;      // what is killed, and done again; opens its own maintenance
    std::function<void(State&)> expect;     // what it does to the state, said independently
    bool kill_the_redo_too = true;
};

/// Runs `work` in a child that dies before its n-th store; true when it completed instead.
bool completes(TinyRig& rig, const std::function<void(TinyRig&)>& work, std::uint64_t n) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::alarm(20);
        CountedStores::count = 0;
        CountedStores::cut = n;
        CountedStores::at = [] { ::kill(::getpid(), SIGKILL); };
        work(rig);
        ::_exit(0);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "the child hung or crashed, status " << status;
    return false;
}

const Value* value_in(const State& state, const Key& key) {
    const auto at = state.find(key);
    return at == state.end() ? nullptr : &at->second;
}

/// Readers see, of every key, the old or the new.
void check_readers(const TinyRig& rig, const State& before, const State& after) {
    State all = before;
    all.insert(after.begin(), after.end());
    const auto allowed = [&](const Key& key, const Value* seen) {
        const Value* values[] = {value_in(before, key), value_in(after, key)};
        for (const Value* value : values)
            if (value == nullptr ? seen == nullptr : seen != nullptr && *seen == *value) return true;
        return false;
    };
    const auto copies = rig.copies(3);
    for (const auto& [key, value] : copies)
        ASSERT_TRUE(allowed(key, &value)) << "a board sees an entry that never was, dest " << value.dest;
    const State seen(copies.begin(), copies.end());
    for (const auto& [key, any] : all) {
        ASSERT_TRUE(allowed(key, value_in(seen, key))) << "a board misses an entry";
        const std::uint16_t dest = rig.lookup(key);
        const Value* values[] = {value_in(before, key), value_in(after, key)};
        ASSERT_TRUE(dest == (values[0] ? values[0]->dest : fdb_dest_none) ||
                    dest == (values[1] ? values[1]->dest : fdb_dest_none))
            << "a worker is sent to " << dest;
    }
}

/// Workers go on: learning what is known, in every bucket, ends, and loses nothing that was known.
void check_workers(const TinyRig& rig, const State& before) {
    for (const auto& [key, value] : before) {
        const std::uint16_t dest = rig.lookup(key);
        const Learn outcome = rig.learn(key, 3);
        const std::uint16_t now = rig.lookup(key);
        switch (outcome) {
            case Learn::lost:  // in the bucket where growth died
            case Learn::full:
            case Learn::fixed:
            case Learn::blackholed: ASSERT_EQ(now, dest); break;
            default: ASSERT_EQ(now, 3);
        }
    }
}

void kill_at_every_store(const Operation& operation, std::uint64_t at_least) {
    TinyRig rig;
    {
        rig.open();
        operation.prepare(rig);
    }
    const std::vector<std::byte> image(rig.arena(), rig.arena() + TinyRig::size);
    const auto restore = [&](const std::vector<std::byte>& from) {
        std::memcpy(rig.arena(), from.data(), from.size());
    };
    const State before = rig.state();
    State after = before;
    operation.expect(after);
    std::mt19937_64 random(11);

    std::uint64_t n = 1;
    for (;; n += n < 32 ? 1 : stride) {
        SCOPED_TRACE("killed before store " + std::to_string(n));
        restore(image);
        const bool completed = completes(rig, operation.run, n);
        check_readers(rig, before, after);
        if (testing::Test::HasFailure()) return;

        const std::vector<std::byte> crashed(rig.arena(), rig.arena() + TinyRig::size);
        check_workers(rig, before);
        restore(crashed);

        if (operation.kill_the_redo_too && !completed) {
            completes(rig, operation.run, 1 + random() % (n + 3));
            check_readers(rig, before, after);
        }
        operation.run(rig);
        check_readers(rig, before, after);
        rig.open().sweep_all();
        const auto copies = rig.copies();
        ASSERT_EQ(copies.size(), after.size()) << "a copy too many, or an entry lost";
        ASSERT_EQ(State(copies.begin(), copies.end()), after);
        if (testing::Test::HasFailure()) return;
        if (completed) break;
    }
    EXPECT_GT(n, at_least) << "fewer stores than the operation must have made";
}

/// Some 60 addresses in 128 slots: statics, a black hole, second buckets, expired and flushed words.
struct fdb_kill : ::testing::Test {
    std::mt19937_64 random{21};
    std::vector<Key> keys, dead;

    void populate(TinyRig& rig) {
        keys = rig.keys(random, 60);
        Keeper keeper = rig.open();
        dead = {keys.end() - 10, keys.end()};
        keys.resize(50);
        for (std::size_t i = 0; i < 5; ++i) rig.learn(dead[i], 9);
        rig.control().epoch = 3;
        for (std::size_t i = 5; i < 10; ++i) rig.learn(dead[i], 8);
        keeper.flush(0, 8);
        for (std::size_t i = 0; i < keys.size(); ++i) rig.learn(keys[i], static_cast<PortId>(1 + i % 3));
        keeper.set_static(keys[0].vlan, Mac::of(keys[0].mac), 7);
        keeper.set_static(keys[1].vlan, Mac::of(keys[1].mac), fdb_dest_blackhole);
        rig.control().epoch = 6;  // those learned at 0 have expired, nothing has swept
        for (std::size_t i = 10; i < keys.size(); ++i) rig.learn(keys[i], static_cast<PortId>(1 + i % 3));
        ASSERT_EQ(rig.state().size(), 50u);
    }

    auto populated() {
        return [this](TinyRig& rig) { populate(rig); };
    }

    static void nothing(State&) {}
};

TEST_F(fdb_kill, opening_a_fresh_arena) {
    kill_at_every_store(
        {[](TinyRig& rig) { std::memset(rig.arena() + sizeof(ArenaHeader), 0, TinyRig::size - sizeof(ArenaHeader)); },
         [](TinyRig& rig) { rig.open(); }, nothing},
        3);
}

TEST_F(fdb_kill, learning_a_new_address) {
    Key extra;
    kill_at_every_store({[&](TinyRig& rig) {
                             populate(rig);
                             do extra = rig.key(random);
                             while (rig.state().contains(extra));
                         },
                         [&](TinyRig& rig) { rig.learn(extra, 5); },
                         [&](State& state) {
                             state[extra] = {5, false};
                         }},
                        1);
}

TEST_F(fdb_kill, learning_beside_a_copy_that_another_inserter_left) {
    Key extra;
    kill_at_every_store(
        {[&](TinyRig& rig) {
             populate(rig);
             do extra = rig.key(random);
             while (rig.state().contains(extra));
         },
         [&](TinyRig& rig) {  // in the child: insert, and the same in the other bucket as a racing worker
             auto view = rig.view();
             const std::uint64_t mixed = view.mix(extra.vlan, extra.mac);
             rig.learn(extra, 5);
             auto& other = view.bucket(view.second(mixed));
             const int slot = view.reusable_slot(other, view.second(mixed));
             ASSERT_GE(slot, 0);
             CountedStores::swap(other.words[slot], other.words[slot].load(),
                                 view.seen_now(FdbWord::name(mixed, true), extra.vlan, 5).bits);
             view.leave_one(mixed, extra.vlan);
         },
         [&](State& state) {
             state[extra] = {5, false};
         }},
        3);
}

TEST_F(fdb_kill, a_move_and_a_refresh) {
    kill_at_every_store({populated(),
                         [&](TinyRig& rig) {
                             rig.learn(keys[20], 6);
                             rig.learn(keys[5], static_cast<PortId>(1 + 5 % 3));  // last seen three epochs ago
                         },
                         [&](State& state) {
                             state[keys[20]] = {6, false};
                         }},
                        2);
}

TEST_F(fdb_kill, a_burst_that_inserts_moves_and_revives) {
    kill_at_every_store({populated(),
                         [&](TinyRig& rig) {
                             auto view = rig.view();
                             std::uint64_t mixed[40];
                             VlanId vlan[40];
                             for (unsigned i = 0; i < 40; ++i) {
                                 const Key& key = i < 10 ? dead[i] : keys[i];
                                 mixed[i] = view.mix(key.vlan, key.mac);
                                 vlan[i] = key.vlan;
                             }
                             view.learn(mixed, vlan, 40, 2);
                         },
                         [&](State& state) {
                             for (unsigned i = 0; i < 40; ++i) state[i < 10 ? dead[i] : keys[i]] = {2, false};
                         }},
                        25);
}

TEST_F(fdb_kill, a_sweep_over_expired_flushed_and_doubled_words) {
    kill_at_every_store({[&](TinyRig& rig) {
                             populate(rig);
                             auto view = rig.view();
                             for (std::size_t i = 30; i < 40; ++i) {  // a second copy, older, at another port
                                 const std::uint64_t mixed = view.mix(keys[i].vlan, keys[i].mac);
                                 const bool alt = i % 2;
                                 const auto position = alt ? view.second(mixed) : mixed;
                                 const auto bucket = fdb_bucket_of<TinyGeometry>(position, 4);
                                 auto& words = view.bucket(position).words;
                                 for (unsigned slot = 8; slot-- > 0;)
                                     if (words[slot].load() == 0) {
                                         auto word = view.seen_now(FdbWord::name(mixed, alt), keys[i].vlan,
                                                                   static_cast<PortId>(1 + i % 3));
                                         rig.plant(bucket, slot, word);
                                         break;
                                     }
                             }
                         },
                         [](TinyRig& rig) { rig.open().sweep_all(); }, nothing},
                        15);
}

TEST_F(fdb_kill, a_tick_of_the_epoch_with_its_sweep) {
    kill_at_every_store({[&](TinyRig& rig) {
                             populate(rig);
                             rig.open().sweep_all();
                             // A redo is another tick, so all are seen in this epoch.
                             for (std::size_t i = 2; i < 50; ++i) rig.learn(keys[i], static_cast<PortId>(1 + i % 3));
                         },
                         [](TinyRig& rig) {
                             Keeper keeper = rig.open();
                             keeper.set_aging(5, Time{1});
                             while (keeper.turn(Time{2}, {})) {
                             }
                             while (keeper.turn(Time{1} + seconds(1), {})) {
                             }
                         },
                         nothing},
                        5);
}

TEST_F(fdb_kill, a_flush_of_a_port) {
    kill_at_every_store(
        {populated(), [](TinyRig& rig) { rig.open().flush(0, 2); },
         [](State& state) { std::erase_if(state, [](const auto& item) { return item.second.dest == 2; }); }},
        3);
}

TEST_F(fdb_kill, a_flush_of_a_vlan) {
    kill_at_every_store({populated(), [&](TinyRig& rig) { rig.open().flush(keys[15].vlan, 0); },
                         [&](State& state) {
                             std::erase_if(state, [&](const auto& item) {
                                 return item.first.vlan == keys[15].vlan && !item.second.fixed;
                             });
                         }},
                        3);
}

TEST_F(fdb_kill, a_flush_of_a_port_in_a_vlan) {
    kill_at_every_store({populated(), [&](TinyRig& rig) { rig.open().flush(keys[15].vlan, 1 + 15 % 3); },
                         [&](State& state) { state.erase(keys[15]); }},
                        2);
}

TEST_F(fdb_kill, a_flush_of_everything) {
    kill_at_every_store(
        {populated(), [](TinyRig& rig) { rig.open().flush(0, 0); },
         [](State& state) { std::erase_if(state, [](const auto& item) { return !item.second.fixed; }); }, false},
        4096);
}

TEST_F(fdb_kill, the_fifteenth_flush_with_the_sweep_before_it) {
    kill_at_every_store({[&](TinyRig& rig) {
                             populate(rig);
                             Keeper keeper = rig.open();
                             keeper.sweep_all();
                             for (const Key& key : dead) rig.learn(key, 8);
                             for (int i = 0; i < 14; ++i) keeper.flush(0, 8);
                             ASSERT_EQ(rig.control().flushes, 14u);
                         },
                         [](TinyRig& rig) { rig.open().flush(0, 8); }, nothing},
                        10);
}

TEST_F(fdb_kill, static_entries_set_changed_and_deleted) {
    kill_at_every_store({populated(),
                         [&](TinyRig& rig) {
                             Keeper keeper = rig.open();
                             keeper.set_static(dead[0].vlan, Mac::of(dead[0].mac), 11);                  // new
                             keeper.set_static(keys[30].vlan, Mac::of(keys[30].mac), 11);                // was dynamic
                             keeper.set_static(keys[0].vlan, Mac::of(keys[0].mac), fdb_dest_blackhole);  // was at 7
                             keeper.delete_static(keys[1].vlan, Mac::of(keys[1].mac));
                             keeper.forget(keys[31].vlan, Mac::of(keys[31].mac));
                         },
                         [&](State& state) {
                             state[dead[0]] = {11, true};
                             state[keys[30]] = {11, true};
                             state[keys[0]] = {fdb_dest_blackhole, true};
                             state.erase(keys[1]);
                             state.erase(keys[31]);
                         }},
                        6);
}

TEST_F(fdb_kill, a_static_entry_that_takes_a_dynamic_ones_place) {
    std::vector<Key> crowd;
    State after;
    kill_at_every_store({[&](TinyRig& rig) {
                             while (crowd.size() < 17) {
                                 const Key key = rig.key_in(random, 5, 11);
                                 if (std::find(crowd.begin(), crowd.end(), key) == crowd.end()) crowd.push_back(key);
                             }
                             for (std::size_t i = 0; i < 16; ++i) rig.learn(crowd[i], 2);
                             after = rig.state();
                             ASSERT_EQ(after.size(), 16u);
                             const FdbWord first{rig.view().bucket(5ull << fdb_rem_bits).words[0].load()};
                             const std::uint64_t key =
                                 rig.hash().unmix(fdb_mixed_of<TinyGeometry>(rig.hash(), first, 4, 5));
                             ASSERT_EQ(after.erase({static_cast<VlanId>(key >> 48), key & 0xffffffffffff}), 1u);
                             after[crowd[16]] = {9, true};
                         },
                         [&](TinyRig& rig) { rig.open().set_static(crowd[16].vlan, Mac::of(crowd[16].mac), 9); },
                         [&](State& state) { state = after; }},
                        2);
}

TEST_F(fdb_kill, reconcile_of_static_entries) {
    kill_at_every_store(
        {[&](TinyRig& rig) {
             populate(rig);
             Keeper keeper = rig.open();
             for (std::size_t i = 0; i < 10; ++i) keeper.set_static(keys[i].vlan, Mac::of(keys[i].mac), 7);
         },
         [&](TinyRig& rig) {
             rig.open().keep_statics([&](VlanId vlan, Mac mac) { return Key{vlan, mac.value()} == keys[4]; });
         },
         [&](State& state) {
             for (std::size_t i = 0; i < 10; ++i)
                 if (i != 4) state.erase(keys[i]);
         }},
        9);
}

TEST_F(fdb_kill, growth_from_the_first_allocation_to_the_old_table_given_back) {
    kill_at_every_store({populated(),
                         [](TinyRig& rig) {
                             Keeper keeper = rig.open();
                             if (rig.shape().live == 4) keeper.grow_all();
                             const std::uint64_t first = 1, second = 2;
                             keeper.turn(Time{2}, {0, 0, {&first, 1}});
                             while (keeper.turn(Time{2} + seconds(9), {0, 0, {&second, 1}})) {
                             }
                             ASSERT_FALSE(keeper.is_retiring());
                             ASSERT_EQ(rig.shape().word(), (FdbShape{5, 0, 0}.word()));
                         },
                         nothing},
                        16 * 8 + 16);
}

TEST_F(fdb_kill, growth_twice_over_while_learning_goes_on) {
    kill_at_every_store({[&](TinyRig& rig) {
                             populate(rig);
                             rig.open().grow_all();
                         },
                         [&](TinyRig& rig) {
                             Keeper keeper = rig.open();
                             keeper.set_slices({3, 3});
                             if (rig.shape().live == 5) keeper.begin_growth();
                             std::size_t i = 0;
                             while (keeper.turn(Time{2}, {}) || i < dead.size())
                                 if (i < dead.size()) rig.learn(dead[i++], 4);
                         },
                         [&](State& state) {
                             for (const Key& key : dead) state[key] = {4, false};
                         }},
                        32 * 8 + 32);
}

}  // namespace
}  // namespace baton::test
