// SPDX-License-Identifier: Apache-2.0
// Random networks on simulated time: hosts come, go, change their MAC and their port, speak when nobody asked, lose
// frames; packets want to be resolved; masters die. After every step what must always hold does; and when everybody has
// calmed down, everybody is known by the MAC that he has.
#include <random>

#include "tests/unit/arp/router.h"

namespace baton::arp {
namespace {

using namespace test;

struct Host {
    unsigned number = 0;
    std::string address;
    bool six = false;
    unsigned mac = 0;
    PortId port = 3;
    bool there = true;
};

class Network {
  public:
    explicit Network(unsigned seed) : random_(seed) {
        for (unsigned n = 0; n < 12; ++n) {
            Host host;
            host.number = n;
            host.six = n % 3 == 0;
            host.address = host.six ? "2001:db8:10::" + std::to_string(10 + n) : "10.0.0." + std::to_string(10 + n);
            host.mac = 10 + n;
            hosts_.push_back(host);
        }
        auto config = plain_config();
        config.settings.timeout = seconds(60);
        config.settings.pending_most = 6;
        config.settings.entries_most = 10;
        router.configure(config);
    }

    void step() {
        Host& host = hosts_[random_() % hosts_.size()];
        switch (random_() % 12) {
            case 0: host.there = !host.there; break;
            case 1: host.mac += 100; break;
            case 2: host.port = host.port == 3 ? 4 : 3; break;
            case 3: say(host, gratuitous(host)); break;
            case 4: say(host, asks(host)); break;
            case 5:
            case 6:
            case 7: answer(router.resolve(10, host.address)); break;
            case 8: link(); break;
            case 9: die(); break;
            default: time(milliseconds(static_cast<std::int64_t>(random_() % 20000)));
        }
        check();
    }

    /// All are there, all links are up, no frame is lost any more.
    void calm() {
        calm_ = true;
        for (Host& host : hosts_) host.there = true;
        answer(router.link(plain_links()));
        for (int i = 0; i < 30; ++i) time(seconds(10));
        for (Host& host : hosts_) say(host, gratuitous(host));
        for (int round = 0; round < 3; ++round) {
            for (Host& host : hosts_) answer(router.resolve(10, host.address));
            time(seconds(10));
        }
    }

    std::size_t strangers() const {
        std::size_t count = 0;
        for (const Host& host : hosts_) {
            const auto at = router.programmed.find(key(10, host.address));
            if (at == router.programmed.end() || at->second != mac_of(host.mac)) ++count;
        }
        return count;
    }

    Router router;

  private:
    std::vector<std::uint8_t> gratuitous(const Host& host) const {
        return host.six ? host_advertises(host.mac, host.address, 2, "ff02::1")
                        : arp_announcement(mac_of(host.mac), ip(host.address));
    }

    std::vector<std::uint8_t> asks(const Host& host) const {
        return host.six ? host_solicits(host.mac, host.address, "2001:db8:10::1")
                        : host_asks(host.mac, host.address, "10.0.0.1");
    }

    void say(const Host& host, const std::vector<std::uint8_t>& frame) {
        if (host.there && router.state.links.ports[host.port]) answer(router.hear(10, host.port, frame));
    }

    /// What hosts do with the router's frames; some get lost.
    void answer(const Actions& actions) {
        for (const Frame& frame : actions.frames)
            for (const Host& host : hosts_) {
                const auto asked = type_of(frame.bytes) == type_arp ? read_arp(frame.bytes) : read_nd(frame.bytes);
                if (!asked || asked->asks != ip(host.address)) continue;
                Mac to;
                std::copy_n(frame.bytes.begin(), 6, to.bytes.begin());
                if (!to.is_multicast() && to != mac_of(host.mac)) continue;
                if (!calm_ && random_() % 4 == 0) continue;
                say(host, host.six ? host_advertises(host.mac, host.address, 6) : host_answers(host.mac, host.address));
            }
    }

    void link() {
        auto links = plain_links();
        if (random_() % 2) links.ports.reset(3);
        if (random_() % 4 == 0) links.ports.reset(4);
        if (!links.ports[3] && !links.ports[4]) links.vlans.reset(10);
        answer(router.link(links));
    }

    void die() {
        const Config config = router.state.config;
        const Links links = router.state.links;
        router.state = {};
        router.state.database = router.slave;
        answer(router.take(
            [&](State& state, Time now, Actions& actions) { on_takeover(state, config, links, now, actions); }));
    }

    void time(Duration passes) {
        const Time end = router.now + passes;
        while (next_due(router.state) <= end) {
            router.now = std::max(router.now, next_due(router.state));
            answer(router.tick());
            check();
        }
        router.now = end;
    }

    void check() {
        const State& state = router.state;
        std::map<Key, Mac> wanted;
        std::size_t with_mac[2] = {}, pending[2] = {};
        for (const auto& [key, neighbor] : state.database.neighbors) {
            const auto family = static_cast<std::size_t>(key.address.family);
            ++(has_mac(neighbor.phase) ? with_mac : pending)[family];
            if (has_mac(neighbor.phase)) wanted[key] = neighbor.mac;
            EXPECT_EQ(has_mac(neighbor.phase), neighbor.mac != Mac{});
            EXPECT_FALSE(neighbor.mac.is_multicast());
            EXPECT_NE(neighbor.due, Time::never()) << "immortal";
            EXPECT_LE(neighbor.due, router.now + seconds(60)) << "it lives too long";
            EXPECT_TRUE(state.links.vlans[key.vlan]);
        }
        for (const Family family : {Family::ipv4, Family::ipv6}) {
            const auto at = static_cast<std::size_t>(family);
            EXPECT_EQ(state.database.neighbors.count(family), (Neighbors::Count{with_mac[at], pending[at]}));
            EXPECT_LE(with_mac[at], 10u);
            EXPECT_LE(pending[at], 6u);
        }
        EXPECT_EQ(router.programmed, wanted);
    }

    std::mt19937 random_;
    std::vector<Host> hosts_;
    bool calm_ = false;
};

TEST(RandomNetworks, hold_what_must_hold_and_settle_on_the_truth) {
    for (unsigned seed = 1; seed <= 200 && !testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Network network(seed);
        for (int i = 0; i < 150 && !testing::Test::HasFailure(); ++i) network.step();
        network.calm();
        EXPECT_EQ(network.strangers(), 0u);
    }
}

}  // namespace
}  // namespace baton::arp
