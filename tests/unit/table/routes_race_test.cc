// SPDX-License-Identifier: Apache-2.0
// Workers look up while the applier changes everything: real threads, a small world, so that every slot is under
// somebody's eyes all the time. An address that every state gives a route must always have one, of those that some
// state gives it; a leaf found in a turn leads to a word that belongs to it until the turn's end, because what is given
// up is not given to another before.
#include <atomic>
#include <thread>

#include "tests/unit/table/routes_rig.h"

namespace baton::test {
namespace {

using Rig = RoutesRig<RouteStores>;

/// The gateways of an address's routes carry its second byte in their MAC, so that a word tells whose it may be.
Mac mac_of(unsigned region, unsigned last) {
    return Mac::of(0x020000000000 + (region << 8) + last);
}

struct Reader {
    const Rig& rig;
    std::atomic<std::uint64_t>& turns;
    std::atomic<bool>& stop;
    std::uint64_t junk = 0, none = 0, looked = 0;

    void run(std::uint64_t seed) {
        std::mt19937_64 random(seed);
        const Routes routes = rig.routes();
        std::vector<std::uint64_t> up(64, ~0ull);
        while (!stop.load(std::memory_order_relaxed)) {
            std::uint32_t to[routes_batch];
            Leaf leaves[routes_batch];
            for (auto& address : to)
                address = 50u << 24 | static_cast<std::uint32_t>(random() % 4) << 16 | (random() & 0x3ff);
            routes.lookup4(to, leaves, routes_batch);
            for (unsigned pass = 0; pass < 2; ++pass)  // and once more at the end of the turn: it still holds
                for (unsigned i = 0; i < routes_batch; ++i) {
                    const std::uint32_t index =
                        routes.choose(leaves[i], static_cast<std::uint32_t>(random()), up.data());
                    if (index == max_adjacencies) {
                        ++none;
                        continue;
                    }
                    const HopWord word = HopWord::of(routes.adjacency(index).word.load(std::memory_order_acquire));
                    const unsigned region = to[i] >> 16 & 0xff;
                    const bool own = word.hop == Hop::neighbor && (word.mac >> 8 & 0xff) == region;
                    const bool common =
                        word.hop == Hop::blackhole || (word.hop == Hop::neighbor && (word.mac >> 8 & 0xff) == 0xff);
                    junk += !own && !common;
                }
            looked += routes_batch;
            turns.fetch_add(1, std::memory_order_release);
        }
    }
};

TEST(routes_race, workers_find_an_old_or_a_new_route_and_never_none_or_anothers) {
    Rig rig;
    auto keeper = rig.open();
    for (unsigned region = 0; region < 4; ++region)
        for (unsigned last = 1; last <= 4; ++last)
            keeper.set_neighbor(static_cast<VlanId>(10 + region), Family::ipv4, v4(10, region, 0, last),
                                mac_of(region, last), 1);
    keeper.set_neighbor(30, Family::ipv4, v4(10, 9, 0, 1), mac_of(0xff, 1), 1);
    const std::vector<RouteHop> common{hop(30, v4(10, 9, 0, 1))};
    const auto say = [&](const IpPrefix& prefix, const std::vector<RouteHop>& hops) {
        const RouteKind kind = hops.empty() ? RouteKind::blackhole : RouteKind::forward;
        ASSERT_EQ(keeper.set(Owner::routing, {prefix, kind, RouteProtocol::ospf, 0, hops}), Outcome::done);
    };
    say(net({}, 0), common);

    std::atomic<bool> stop = false;
    std::atomic<std::uint64_t> turns[2] = {0, 0};
    std::vector<Reader> readers{{rig, turns[0], stop}, {rig, turns[1], stop}};
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < readers.size(); ++i) threads.emplace_back([&readers, i] { readers[i].run(i + 1); });

    std::mt19937_64 random(7);
    std::vector<IpPrefix> known;
    Time now{1};
    const Time end = monotonic_now() + seconds(4);
    std::uint64_t changes = 0;
    while (monotonic_now() < end && !testing::Test::HasFatalFailure()) {
        for (int burst = 0; burst < 50; ++burst, ++changes) {
            const unsigned region = static_cast<unsigned>(random() % 4);
            const unsigned length = 12 + static_cast<unsigned>(random() % 21);
            // A prefix longer than 15 bits lies in one region; shorter ones are everybody's.
            const IpPrefix prefix = net(v4(50, region, random() & 3, random() & 0xff), length);
            std::vector<RouteHop> hops = common;
            if (length >= 16) {
                hops.clear();
                for (std::uint64_t n = random() % 4; n > 0; --n)
                    hops.push_back(hop(static_cast<VlanId>(10 + region), v4(10, region, 0, 1 + random() % 4)));
            }
            if (known.size() < 60 && random() % 2 == 0) {
                say(prefix, hops);
                known.push_back(prefix);
            } else if (!known.empty()) {
                const std::size_t at = random() % known.size();
                keeper.remove(Owner::routing, known[at]);
                known[at] = known.back();
                known.pop_back();
            }
            if (burst % 10 == 0) say(net({}, 0), burst % 20 == 0 ? common : std::vector<RouteHop>{});
        }
        const std::uint64_t seen[2] = {turns[0].load(std::memory_order_acquire),
                                       turns[1].load(std::memory_order_acquire)};
        keeper.turn(now = now + milliseconds(1), seen, true);
    }
    stop = true;
    for (std::thread& thread : threads) thread.join();
    for (const Reader& reader : readers) {
        EXPECT_EQ(reader.none, 0u) << "of " << reader.looked;
        EXPECT_EQ(reader.junk, 0u) << "of " << reader.looked;
        EXPECT_GT(reader.looked, 1000u);
    }
    EXPECT_GT(changes, 1000u);
    for (int i = 0; i < 10; ++i) keeper.turn(now = now + milliseconds(20), {}, true);
    EXPECT_TRUE(keeper.is_idle());
}

TEST(routes_race, what_was_given_up_stays_until_every_worker_has_ended_its_turn) {
    Rig rig;
    auto keeper = rig.open();
    const IpPrefix prefix = net(v4(50, 0, 0, 0), 26);
    const std::vector<RouteHop> hops{hop(10, v4(10, 0, 0, 1))};
    ASSERT_EQ(keeper.set(Owner::routing, {prefix, RouteKind::forward, RouteProtocol::ospf, 0, hops}), Outcome::done);
    const Leaf leaf = rig.lookup(Family::ipv4, v4(50, 0, 0, 1));
    const auto word = [&] { return rig.routes().adjacency(leaf.index()).word.load(); };
    const std::uint64_t held = word();
    std::uint64_t turns[2] = {100, 200};
    Time now{1};
    keeper.remove(Owner::routing, prefix);
    EXPECT_EQ(rig.lookup(Family::ipv4, v4(50, 0, 0, 1)).word, 0u);
    for (int i = 0; i < 10; ++i) keeper.turn(now = now + milliseconds(10), turns, true);
    EXPECT_EQ(word(), held) << "nobody has turned";
    EXPECT_EQ(keeper.nodes_in_use(), 1u);
    turns[0] += 100;
    for (int i = 0; i < 10; ++i) keeper.turn(now = now + milliseconds(10), turns, true);
    EXPECT_EQ(word(), held) << "one of two has";
    turns[1] += 2;
    keeper.turn(now = now + milliseconds(10), turns, true);
    EXPECT_EQ(word(), 0u);
    EXPECT_EQ(keeper.nodes_in_use(), 0u);
    EXPECT_EQ(keeper.blocks_in_use(), 0u);
    EXPECT_TRUE(keeper.is_idle());
}

}  // namespace
}  // namespace baton::test
