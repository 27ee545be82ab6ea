// SPDX-License-Identifier: Apache-2.0
// A master that dies after any step, and one that goes on: nobody must be able to tell them apart. The new master knows
// what was journalled, the configuration and the links, and nothing else; it must do nothing at its take-over that the
// old one would not have done at that moment, and from then on the same, action by action.
#include "tests/unit/arp/router.h"

namespace baton::arp {
namespace {

using namespace test;

struct Event {
    Duration after;  // the last one
    Router::Step step;
};

Event hears(Duration after, VlanId vlan, PortId port, std::vector<std::uint8_t> frame) {
    return {after, [=](State& state, Time now, Actions& actions) { on_frame(state, vlan, port, frame, now, actions); }};
}

Event resolves(Duration after, VlanId vlan, std::string_view address) {
    return {after,
            [=](State& state, Time now, Actions& actions) { on_resolve(state, key(vlan, address), now, actions); }};
}

Event ticks(Duration after) {
    return {after, [](State& state, Time now, Actions& actions) { on_tick(state, now, actions); }};
}

/// Something of everything that can happen.
std::vector<Event> story() {
    const auto six = "2001:db8:10::9";
    auto config = plain_config();
    config.permanent[key(10, "10.0.0.7")] = mac_of(7);
    config.vlans[20].push_back(*IpInterface::parse("192.0.2.1/24"));
    auto shorter = config;
    shorter.settings.timeout = seconds(120);
    auto without = shorter;
    without.vlans.erase(20);
    auto links = plain_links();
    links.ports.reset(3);
    auto dark = links;
    dark.vlans.reset(20);
    const auto configure = [](Duration after, const Config& to) {
        return Event{after, [=](State& state, Time now, Actions& actions) { on_config(state, to, now, actions); }};
    };
    const auto link = [](Duration after, const Links& to) {
        return Event{after, [=](State& state, Time now, Actions& actions) { on_link(state, to, now, actions); }};
    };
    std::vector<Event> out{
        ticks(seconds(0)),
        hears(seconds(1), 10, 3, host_asks(9, "10.0.0.9", "10.0.0.1")),
        resolves(milliseconds(100), 10, "10.0.0.8"),
        resolves(milliseconds(100), 10, "10.0.0.66"),
        hears(milliseconds(100), 10, 4, host_answers(8, "10.0.0.8")),
        ticks(seconds(1)),
        ticks(seconds(1)),
        configure(milliseconds(10), config),
        hears(milliseconds(10), 10, 3, host_asks(66, "10.0.0.1", "10.0.0.9")),
        hears(seconds(2), 10, 3, host_asks(66, "10.0.0.1", "10.0.0.9")),
        ticks(seconds(1)),
        resolves(milliseconds(10), 10, six),
        hears(milliseconds(10), 10, 3, host_advertises(9, six, 6)),
        hears(milliseconds(10), 10, 3, host_advertises(99, six, 4)),
        hears(milliseconds(10), 10, 3, host_solicits(5, "fe80::5", "fe80::1")),
        ticks(seconds(5)),
        ticks(seconds(1)),
        hears(milliseconds(10), 10, 3, host_advertises(5, "fe80::5", 4, "fe80::1", false)),
        ticks(seconds(1)),
        ticks(seconds(4)),
        hears(seconds(1), 10, 4, arp_announcement(mac_of(88), ip("10.0.0.8"))),
        hears(seconds(1), 20, 5, host_asks(20, "10.0.20.2", "10.0.20.1")),
        hears(seconds(1), 20, 5, host_asks(21, "192.0.2.2", "192.0.2.1")),
        link(seconds(1), links),
        ticks(seconds(1)),
        hears(milliseconds(10), 10, 4, host_answers(9, "10.0.0.9")),
        ticks(seconds(1)),
        ticks(seconds(1)),
        configure(seconds(1), shorter),
        ticks(seconds(90)),
        ticks(seconds(20)),
        hears(milliseconds(10), 10, 4, host_answers(88, "10.0.0.8")),
        ticks(seconds(1)),
        ticks(seconds(1)),
        ticks(seconds(1)),
        resolves(milliseconds(10), 20, "10.0.20.9"),
        link(seconds(1), dark),
        ticks(seconds(10)),
        link(seconds(1), plain_links()),
        ticks(seconds(2)),
        {seconds(1), [](State& state, Time, Actions& actions) { on_clear(state, 10, Family::ipv4, actions); }},
        configure(seconds(1), without),
        ticks(seconds(500)),
    };
    return out;
}

TEST(TakeOver, after_any_step_nobody_can_tell) {
    const auto events = story();

    struct Moment {
        Time now;
        Database journal;
        Config config;
        Links links;
    };

    std::vector<Moment> moments;
    std::vector<Actions> done;
    Router router(false);
    for (const Event& event : events) {
        router.now = router.now + event.after;
        done.push_back(router.take(event.step));
        moments.push_back({router.now, router.slave, router.state.config, router.state.links});
    }
    std::size_t said = 0;
    for (const Actions& actions : done) said += actions.frames.size() + actions.programs.size();
    EXPECT_GT(said, 40u) << "the story has become dull";

    for (std::size_t dies = 0; dies < events.size(); ++dies) {
        SCOPED_TRACE("the master dies after step " + std::to_string(dies));
        const Moment& at = moments[dies];
        State next, last;
        next.database = last.database = at.journal;
        last.config = at.config;
        last.links = at.links;
        Actions would, does;
        on_tick(last, at.now, would);
        on_takeover(next, at.config, at.links, at.now, does);
        EXPECT_EQ(does, would);
        ASSERT_EQ(next.database, last.database);
        Time now = at.now;
        for (std::size_t step = dies + 1; step < events.size(); ++step) {
            now = now + events[step].after;
            Actions by_last, by_next;
            events[step].step(last, now, by_last);
            events[step].step(next, now, by_next);
            ASSERT_EQ(by_next, by_last) << "at step " << step;
            if (would.empty()) {
                ASSERT_EQ(by_next, done[step]) << "at step " << step;
            }
        }
    }
}

/// The last one died between what it saw and what it journalled: the new one sees for itself.
TEST(TakeOver, mends_what_the_last_master_did_not_live_to_see) {
    Router router;
    router.hear(10, 3, host_asks(9, "10.0.0.9", "10.0.0.1"));
    router.hear(20, 5, host_asks(2, "10.0.20.2", "10.0.20.1"));
    auto config = plain_config();
    config.vlans[10].push_back(*IpInterface::parse("192.0.2.1/24"));
    auto links = plain_links();
    links.ports.reset(3);
    links.vlans.reset(20);
    State old, next;
    old.database = next.database = router.slave;
    old.config = plain_config();
    old.links = plain_links();
    Actions by_old, by_next;
    on_link(old, links, router.now, by_old);
    on_config(old, config, router.now, by_old);
    on_takeover(next, config, links, router.now, by_next);
    EXPECT_EQ(next.database, old.database);
    EXPECT_EQ(by_next.programs, by_old.programs);
    EXPECT_EQ(by_next.changed, by_old.changed);
    EXPECT_EQ(by_next.own_changed, by_old.own_changed);
    EXPECT_EQ(by_next.frames.size(), by_old.frames.size());
}

TEST(TakeOver, announces_nothing_when_nothing_has_changed) {
    Router router;
    State next;
    next.database = router.slave;
    Actions actions;
    on_takeover(next, plain_config(), plain_links(), router.now + seconds(3), actions);
    EXPECT_TRUE(actions.empty());
}

TEST(TakeOver, with_an_empty_database_announces_everything) {
    State next;
    Actions actions;
    on_takeover(next, plain_config(), plain_links(), Time{1'000'000'000}, actions);
    EXPECT_EQ(actions.frames.size(), 4u);
}

TEST(TakeOver, after_a_long_time_without_a_master_asks_before_it_forgets) {
    Router router;
    router.hear(10, 3, host_asks(9, "10.0.0.9", "10.0.0.1"));
    State next;
    next.database = router.slave;
    Actions actions;
    on_takeover(next, plain_config(), plain_links(), router.now + seconds(24 * 3600), actions);
    EXPECT_TRUE(actions.programs.empty());
    EXPECT_EQ(actions.frames.size(), 1u);
}

}  // namespace
}  // namespace baton::arp
