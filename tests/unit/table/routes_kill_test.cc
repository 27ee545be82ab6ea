// SPDX-License-Identifier: Apache-2.0
// The applier dies by SIGKILL before its first shared store, its second, its third ... until the operation completes:
// for every operation there is on routes and neighbours. After each death every address must lead to where it led
// before or to where it is to lead then, through words that make sense; and a new process that opens the arena and does
// the operation again must leave exactly what an undisturbed one leaves, memory in use included.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>

#include "tests/unit/table/routes_rig.h"

namespace baton::test {
namespace {

using Rig = RoutesRig<CountedRouteStores>;
using Keeper = Rig::Maintenance;

// Every store; but a fork takes 30 ms under a sanitizer, so that there the later ones are sampled.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t every = 16, stride = 61;
#else
constexpr std::uint64_t every = 128, stride = 13;
#endif

/// What is used of the arena, so that it can be put back as it was.
class Image {
  public:
    explicit Image(const Rig& rig) {
        for (const auto& [at, size] : parts(rig)) saved_.emplace_back(rig.bytes() + at, rig.bytes() + at + size);
    }

    void restore(const Rig& rig) const {
        const auto now = parts(rig);
        for (std::size_t i = 0; i < now.size(); ++i) {
            std::byte* at = rig.bytes() + now[i].first;
            std::memcpy(at, saved_[i].data(), saved_[i].size());
            if (now[i].second > saved_[i].size())
                std::memset(at + saved_[i].size(), 0, now[i].second - saved_[i].size());
        }
    }

  private:
    static std::vector<std::pair<std::uint64_t, std::uint64_t>> parts(const Rig& rig) {
        const RoutesControl& control = rig.control();
        return {{routes_groups_at, control.groups * sizeof(RouteGroup)},
                {routes_adjacencies_at, control.adjacencies * sizeof(Adjacency)},
                {routes_adjacency_records_at, control.adjacencies * sizeof(AdjacencyRecord)},
                {routes_blocks_at, std::uint64_t{control.blocks} * route_block_slots * 4},
                {routes_nodes_at, std::uint64_t{control.nodes} * route_node_slots * 4},
                {routes_records_at, control.records * sizeof(RouteRecord)},
                {0, sizeof(RoutesControl)}};
    }

    std::vector<std::vector<std::byte>> saved_;
};

const std::vector<IpBits> probes4{v4(10, 0, 0, 1),    v4(10, 0, 0, 9),   v4(10, 0, 0, 200), v4(10, 0, 1, 1),
                                  v4(10, 3, 0, 1),    v4(10, 200, 0, 1), v4(11, 0, 0, 1),   v4(20, 1, 1, 1),
                                  v4(20, 1, 1, 129),  v4(20, 1, 2, 1),   v4(20, 7, 0, 1),   v4(30, 0, 0, 1),
                                  v4(192, 168, 1, 1), v4(8, 8, 8, 8),    v4(10, 0, 0, 7)};
const IpBits six{0x20010db800010000, 1}, six_near{0x20010db800010000, 2}, six_far{0x20010db800020000, 1};
const std::vector<IpBits> probes6{six, six_near, six_far, {0x3000000000000000, 0}};

/// What a worker would do with a packet to each of the probes: the words of all that its leaf leads to.
std::vector<std::vector<std::uint64_t>> picture(const Rig& rig) {
    std::vector<std::vector<std::uint64_t>> out;
    const auto add = [&](Leaf leaf) {
        auto& words = out.emplace_back();
        const Routes routes = rig.routes();
        if (leaf.kind() == LeafKind::adjacency) words.push_back(routes.adjacency(leaf.index()).word);
        if (leaf.kind() != LeafKind::group) return;
        const RouteGroup& group = RouteParts(rig.bytes()).group(leaf.index());
        for (std::uint32_t i = 0; i < group.count; ++i) words.push_back(routes.adjacency(group.member[i]).word);
        std::sort(words.begin(), words.end());
    };
    for (const IpBits& address : probes4) add(rig.lookup(Family::ipv4, address));
    for (const IpBits& address : probes6) add(rig.lookup(Family::ipv6, address));
    return out;
}

/// Everything that a board sees, and how much memory it takes, after all that was given up has been given back.
struct Books {
    std::map<IpPrefix, std::vector<std::pair<Owner, Ends>>> routes;
    std::map<std::pair<VlanId, IpBits>, std::uint64_t> neighbors;
    std::uint32_t nodes = 0, blocks = 0;
    std::vector<std::vector<std::uint64_t>> seen;
    friend bool operator==(const Books&, const Books&) = default;
};

Books books(const Rig& rig) {
    Books out;
    {
        Keeper keeper = rig.open();
        out.nodes = keeper.nodes_in_use();
        out.blocks = keeper.blocks_in_use();
    }
    auto walk = rig.walk();
    walk.next(~0u, [&](const RouteEntry& entry) {
        for (const RouteOffer& offer : entry.by)
            if (offer) out.routes[entry.prefix].emplace_back(offer.owner, rig.ends(offer.leaf));
    });
    walk.next_adjacencies(~0u, [&](const AdjacencyEntry& entry) {
        if (entry.address != IpBits{})
            out.neighbors[{entry.vlan, entry.address}] = HopWord{entry.hop, entry.vlan, entry.mac.value()}.word();
    });
    out.seen = picture(rig);
    return out;
}

/// Runs `work` in a child that dies before its n-th store; true when it completed instead.
bool completes(const Rig& rig, const std::function<void(const Rig&)>& work, std::uint64_t n) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::alarm(60);
        CountedRouteStores::count = 0;
        CountedRouteStores::cut = n;
        CountedRouteStores::at = [] { ::kill(::getpid(), SIGKILL); };
        work(rig);
        ::_exit(0);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "the child hung or crashed, status " << status;
    return false;
}

struct routes_kill : ::testing::Test {
    Rig rig;

    static void say(Keeper& keeper, Owner owner, const IpPrefix& prefix, RouteKind kind,
                    std::vector<RouteHop> hops = {}) {
        ASSERT_EQ(keeper.set(owner, {prefix, kind, RouteProtocol::fixed, 1, hops}), Outcome::done);
    }

    static void via(Keeper& keeper, Owner owner, const IpPrefix& prefix, std::initializer_list<unsigned> gateways) {
        std::vector<RouteHop> hops;
        for (const unsigned last : gateways) hops.push_back(hop(10, v4(10, 0, 0, last)));
        say(keeper, owner, prefix, RouteKind::forward, hops);
    }

    static Mac mac(unsigned last) { return Mac::of(0x020000000000 + last); }

    /// A connected subnet with four neighbours, a default route, routes within routes, two owners, a group.
    static void populate(const Rig& rig) {
        Keeper keeper = rig.open();
        say(keeper, Owner::configuration, net(v4(10, 0, 0, 0), 24), RouteKind::connected, {hop(10, {})});
        for (const unsigned last : {1u, 2u, 3u, 7u})
            keeper.set_neighbor(10, Family::ipv4, v4(10, 0, 0, last), mac(last), 1);
        via(keeper, Owner::configuration, net({}, 0), {1});
        via(keeper, Owner::routing, net(v4(20, 0, 0, 0), 8), {2});
        via(keeper, Owner::routing, net(v4(20, 1, 0, 0), 16), {1, 2});
        via(keeper, Owner::routing, net(v4(20, 1, 1, 0), 24), {3});
        via(keeper, Owner::routing, net(v4(20, 1, 1, 128), 25), {2});
        via(keeper, Owner::configuration, net(v4(20, 1, 1, 128), 25), {1, 3});
        via(keeper, Owner::routing, net(v4(192, 168, 0, 0), 15), {2});
        say(keeper, Owner::configuration, IpPrefix::of({Family::ipv6, six}, 48), RouteKind::connected, {hop(20, {})});
        ASSERT_EQ(keeper.set_neighbor(20, Family::ipv6, six, mac(99), 1), Outcome::done);
    }

    using Steps = std::vector<std::function<void(Keeper&)>>;

    void kill_at_every_store(const Steps& steps, std::uint64_t at_least) {
        const auto run = [&](const Rig& on) {
            Keeper keeper = on.open();
            for (const auto& step : steps) step(keeper);
        };
        populate(rig);
        const Image image(rig);
        std::vector<std::vector<std::vector<std::uint64_t>>> legal{picture(rig)};
        {
            Keeper keeper = rig.open();
            for (const auto& step : steps) {
                step(keeper);
                legal.push_back(picture(rig));
            }
        }
        const Books after = books(rig);
        std::uint64_t n = 1;
        std::mt19937_64 random(n);
        for (;; n += n < every ? 1 : stride) {
            SCOPED_TRACE("killed before store " + std::to_string(n));
            image.restore(rig);
            const bool completed = completes(rig, run, n);
            check(legal);
            if (HasFailure()) return;
            if (!completed && n % 3 == 0) {
                completes(rig, run, 1 + random() % (n + 3));
                check(legal);
            }
            run(rig);
            const Books again = books(rig);
            ASSERT_EQ(again.seen, after.seen);
            ASSERT_EQ(again.routes, after.routes);
            ASSERT_EQ(again.neighbors, after.neighbors);
            ASSERT_EQ(again.nodes, after.nodes);
            ASSERT_EQ(again.blocks, after.blocks);
            if (completed) break;
        }
        EXPECT_GT(n, at_least) << "fewer stores than the operation must have made";
    }

    /// Each probe leads to where it led before or after one of the steps; or to words that the operation may show on
    /// the way.
    void check(const std::vector<std::vector<std::vector<std::uint64_t>>>& legal) {
        const auto now = picture(rig);
        for (std::size_t i = 0; i < now.size(); ++i) {
            bool fits = false;
            for (const auto& one : legal) fits = fits || now[i] == one[i];
            bool known = !now[i].empty();
            for (const std::uint64_t word : now[i]) known = known && words_.contains(word);
            ASSERT_TRUE(fits || known) << "probe " << i << " leads to what never was";
        }
    }

    std::map<std::uint64_t, int> words_;

    void allow(const HopWord& word) { words_[word.word()] = 1; }

    static void settle(Keeper& keeper) {
        Time now = Time{1} + seconds(2);
        for (int i = 0; i < 40; ++i) keeper.turn(now = now + milliseconds(20), {}, true);
    }
};

TEST_F(routes_kill, a_route_in_a_block_that_is_there) {
    kill_at_every_store(
        {
            [](Keeper& keeper) { via(keeper, Owner::routing, net(v4(20, 7, 0, 0), 24), {3}); },
        },
        6);
}

TEST_F(routes_kill, a_route_that_needs_a_block_and_a_node) {
    kill_at_every_store(
        {
            [](Keeper& keeper) { via(keeper, Owner::routing, net(v4(30, 0, 0, 0), 26), {3}); },
        },
        8);
}

TEST_F(routes_kill, a_host_route_that_needs_a_chain_of_nodes) {
    kill_at_every_store(
        {
            [](Keeper& keeper) {
                say(keeper, Owner::configuration, host_prefix(Family::ipv6, six_far), RouteKind::blackhole);
            },
            [](Keeper& keeper) {
                say(keeper, Owner::configuration, host_prefix(Family::ipv6, six_near), RouteKind::local, {hop(20, {})});
            },
        },
        30);
}

TEST_F(routes_kill, a_short_prefix_over_many_slots_with_longer_ones_inside) {
    kill_at_every_store({
                            [](Keeper& keeper) { via(keeper, Owner::routing, net(v4(20, 0, 0, 0), 14), {1}); },
                            [](Keeper& keeper) { via(keeper, Owner::routing, net(v4(8, 0, 0, 0), 6), {3}); },
                        },
                        700);
}

TEST_F(routes_kill, a_short_prefix_taken_away_from_around_longer_ones) {
    kill_at_every_store({
                            [](Keeper& keeper) { keeper.remove(Owner::routing, net(v4(20, 1, 0, 0), 16)); },
                            [](Keeper& keeper) { keeper.remove(Owner::routing, net(v4(20, 0, 0, 0), 8)); },
                            [](Keeper& keeper) { keeper.remove(Owner::configuration, net({}, 0)); },
                        },
                        500);
}

TEST_F(routes_kill, other_next_hops_for_a_route_and_a_group_given_up) {
    kill_at_every_store({
                            [](Keeper& keeper) {
                                via(keeper, Owner::configuration, net(v4(20, 1, 1, 128), 25), {1, 2, 7});
                            },
                            [](Keeper& keeper) { via(keeper, Owner::configuration, net(v4(20, 1, 1, 128), 25), {2}); },
                            [](Keeper& keeper) { settle(keeper); },
                        },
                        15);
}

TEST_F(routes_kill, an_owner_that_stands_before_another_comes_and_goes) {
    kill_at_every_store({
                            [](Keeper& keeper) { via(keeper, Owner::configuration, net(v4(20, 1, 1, 0), 24), {1}); },
                            [](Keeper& keeper) { keeper.remove(Owner::configuration, net(v4(20, 1, 1, 128), 25)); },
                        },
                        15);
}

TEST_F(routes_kill, the_last_long_prefixes_go_and_nodes_and_blocks_with_them) {
    kill_at_every_store({
                            [](Keeper& keeper) { keeper.remove(Owner::configuration, net(v4(20, 1, 1, 128), 25)); },
                            [](Keeper& keeper) { keeper.remove(Owner::routing, net(v4(20, 1, 1, 128), 25)); },
                            [](Keeper& keeper) { keeper.remove(Owner::routing, net(v4(192, 168, 0, 0), 15)); },
                            [](Keeper& keeper) { keeper.delete_neighbor(20, Family::ipv6, six); },
                            [](Keeper& keeper) { settle(keeper); },
                        },
                        60);
}

TEST_F(routes_kill, a_new_neighbour_with_its_host_route) {
    allow({Hop::connected, 10, 0});
    kill_at_every_store({
                            [](Keeper& keeper) { keeper.set_neighbor(10, Family::ipv4, v4(10, 0, 0, 9), mac(9), 1); },
                            [](Keeper& keeper) { keeper.set_neighbor(20, Family::ipv6, six_near, mac(98), 1); },
                        },
                        20);
}

TEST_F(routes_kill, a_neighbour_that_answers_from_another_address) {
    kill_at_every_store(
        {
            [](Keeper& keeper) { keeper.set_neighbor(10, Family::ipv4, v4(10, 0, 0, 1), mac(11), 2); },
        },
        2);
}

TEST_F(routes_kill, a_neighbour_that_is_a_next_hop_of_many_and_fails) {
    for (const unsigned last : {1u, 2u, 3u}) allow({Hop::neighbor, 10, mac(last).value()});
    allow({Hop::unresolved, 10, 0});
    kill_at_every_store({
                            [](Keeper& keeper) { keeper.delete_neighbor(10, Family::ipv4, v4(10, 0, 0, 1)); },
                            [](Keeper& keeper) { keeper.delete_neighbor(10, Family::ipv4, v4(10, 0, 0, 7)); },
                            [](Keeper& keeper) { settle(keeper); },
                        },
                        15);
}

TEST_F(routes_kill, a_vlan_that_is_lost) {
    for (const unsigned last : {1u, 2u, 3u}) allow({Hop::neighbor, 10, mac(last).value()});
    allow({Hop::unresolved, 10, 0});
    kill_at_every_store({
                            [](Keeper& keeper) { keeper.vlan_lost(10); },
                            [](Keeper& keeper) { settle(keeper); },
                        },
                        20);
}

TEST_F(routes_kill, a_flush_of_the_ip_fdb) {
    kill_at_every_store({
                            [](Keeper& keeper) { keeper.flush_hosts(0, Family::ipv4, {}); },
                            [](Keeper& keeper) { settle(keeper); },
                        },
                        20);
}

TEST_F(routes_kill, a_sweep_of_routes_that_were_not_said_again) {
    kill_at_every_store({
                            [](Keeper& keeper) { keeper.mark(Owner::routing); },
                            [](Keeper& keeper) {
                                via(keeper, Owner::routing, net(v4(20, 1, 0, 0), 16), {1, 2});
                            },
                            [](Keeper& keeper) {
                                RouteSweep sweep = keeper.begin_sweep(Owner::routing, 0);
                                while (!keeper.sweep(sweep)) {
                                }
                            },
                            [](Keeper& keeper) { settle(keeper); },
                        },
                        30);
}

TEST_F(routes_kill, everything_that_is_not_configuration_forgotten) {
    for (const unsigned last : {1u, 2u, 3u}) allow({Hop::neighbor, 10, mac(last).value()});
    allow({Hop::unresolved, 10, 0});
    kill_at_every_store({
                            [](Keeper& keeper) { keeper.forget_all(); },
                            [](Keeper& keeper) { settle(keeper); },
                        },
                        60);
}

}  // namespace
}  // namespace baton::test
