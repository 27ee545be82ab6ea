// SPDX-License-Identifier: Apache-2.0
// Every transition of the machine, ARP's and neighbour discovery's.
#include "tests/unit/arp/router.h"

namespace baton::arp {
namespace {

using namespace test;

constexpr std::string_view host6 = "2001:db8:10::9";

Frame asked(std::string_view target, std::optional<Mac> to = {}) {
    return {10, arp_request(own_mac, ip("10.0.0.1"), ip(target), to)};
}

Frame asked6(std::string_view target, std::optional<Mac> to = {}) {
    return {10, nd_solicitation(own_mac, ip("2001:db8:10::1"), ip(target), to)};
}

TEST(Resolve, asks_three_times_a_second_apart_and_then_leaves_it_alone) {
    Router router;
    EXPECT_EQ(router.resolve(10, "10.0.0.9").frames, std::vector{asked("10.0.0.9")});
    EXPECT_EQ(router.at(10, "10.0.0.9"), "incomplete");
    router.now = router.now + milliseconds(500);
    EXPECT_TRUE(router.resolve(10, "10.0.0.9").empty()) << "it is being asked";
    EXPECT_EQ(router.pass(milliseconds(499)).frames.size(), 0u);
    EXPECT_EQ(router.pass(milliseconds(2)).frames, std::vector{asked("10.0.0.9")});
    EXPECT_EQ(router.pass(seconds(1)).frames, std::vector{asked("10.0.0.9")});
    EXPECT_EQ(router.pass(seconds(1)).frames.size(), 0u);
    EXPECT_EQ(router.at(10, "10.0.0.9"), "failed");
    EXPECT_TRUE(router.resolve(10, "10.0.0.9").empty()) << "held";
    EXPECT_TRUE(router.pass(seconds(5)).programs.empty());
    EXPECT_EQ(router.at(10, "10.0.0.9"), "gone");
    EXPECT_EQ(router.resolve(10, "10.0.0.9").frames.size(), 1u) << "and asked anew";
}

TEST(Resolve, an_answer_makes_it_reachable_and_programs_it) {
    Router router;
    router.resolve(10, "10.0.0.9");
    const auto actions = router.hear(10, 3, host_answers(9, "10.0.0.9"));
    EXPECT_EQ(router.at(10, "10.0.0.9"), "reachable 02:aa:00:00:00:09");
    EXPECT_EQ(actions.programs, (std::vector<Program>{{key(10, "10.0.0.9"), mac_of(9)}}));
    EXPECT_TRUE(actions.frames.empty());
    EXPECT_EQ(router.find(10, "10.0.0.9")->port, 3);
}

TEST(Resolve, a_host_that_failed_and_then_speaks_is_known_at_once) {
    Router router;
    router.resolve(10, "10.0.0.9");
    router.pass(seconds(4));
    ASSERT_EQ(router.at(10, "10.0.0.9"), "failed");
    router.hear(10, 3, arp_announcement(mac_of(9), ip("10.0.0.9")));
    EXPECT_EQ(router.at(10, "10.0.0.9"), "reachable 02:aa:00:00:00:09");
}

TEST(Resolve, what_the_data_plane_has_forgotten_is_said_again_without_a_word_on_the_wire) {
    Router router;
    router.hear(10, 3, host_asks(9, "10.0.0.9", "10.0.0.1"));
    const auto again = router.resolve(10, "10.0.0.9");
    EXPECT_EQ(again.programs, (std::vector<Program>{{key(10, "10.0.0.9"), mac_of(9)}}));
    EXPECT_TRUE(again.frames.empty() && again.changed.empty());
}

TEST(Resolve, addresses_that_no_neighbour_can_have_are_not_asked_for) {
    Router router;
    for (const auto* address : {"10.0.0.1", "10.0.0.0", "10.0.0.255", "10.0.1.9", "224.0.0.5", "127.0.0.1", "0.0.0.0",
                                "255.255.255.255", "2001:db8:11::9", "ff02::1", "::", "2001:db8:10::1"})
        EXPECT_TRUE(router.resolve(10, address).empty()) << address;
    EXPECT_TRUE(router.resolve(30, "10.0.0.9").empty()) << "a VLAN without addresses";
}

TEST(Resolve, a_subnet_of_two_has_two_hosts) {
    Router router;
    auto config = plain_config();
    config.vlans[20] = {*IpInterface::parse("10.0.20.0/31")};
    router.configure(config);
    EXPECT_EQ(router.resolve(20, "10.0.20.1").frames.size(), 1u);
}

TEST(Resolve, no_more_than_the_limit_wait_and_one_that_failed_makes_room) {
    Router router;
    auto config = plain_config();
    config.settings.pending_most = 2;
    router.configure(config);
    router.resolve(10, "10.0.0.11");
    router.pass(seconds(2));
    router.resolve(10, "10.0.0.12");
    const auto refused = router.resolve(10, "10.0.0.13");
    ASSERT_EQ(refused.notes.size(), 1u);
    EXPECT_EQ(refused.notes[0].what, Note::What::full);
    EXPECT_TRUE(refused.frames.empty());
    router.pass(milliseconds(1100));
    ASSERT_EQ(router.at(10, "10.0.0.11"), "failed");
    EXPECT_EQ(router.resolve(10, "10.0.0.13").frames.size(), 1u);
    EXPECT_EQ(router.at(10, "10.0.0.11"), "gone");
    EXPECT_EQ(router.resolve(10, host6).frames.size(), 1u) << "the other family has room of its own";
}

TEST(Learn, from_a_request_that_asks_us) {
    Router router;
    router.hear(10, 3, host_asks(9, "10.0.0.9", "10.0.0.1"));
    EXPECT_EQ(router.at(10, "10.0.0.9"), "reachable 02:aa:00:00:00:09");
}

TEST(Learn, not_from_what_hosts_say_to_each_other) {
    Router router;
    router.hear(10, 3, host_asks(9, "10.0.0.9", "10.0.0.77"));
    router.hear(10, 3, arp_announcement(mac_of(8), ip("10.0.0.8")));
    router.hear(10, 3, host_advertises(9, host6, 2, "ff02::1"));
    EXPECT_EQ(router.state.database.neighbors.size(), 0u);
}

TEST(Learn, never_addresses_of_other_subnets_our_own_or_nobodys) {
    Router router;
    for (const auto* sender : {"10.0.20.9", "192.0.2.9", "0.0.0.0", "10.0.0.0", "10.0.0.255", "224.0.0.1"})
        router.hear(10, 3, host_asks(9, sender, "10.0.0.1"));
    router.hear(10, 3, arp_request(own_mac, ip("10.0.0.7"), ip("10.0.0.1"), std::nullopt));
    router.hear(10, 3, host_solicits(9, "::", "2001:db8:10::1"));
    router.hear(30, 3, host_asks(9, "10.0.0.9", "10.0.0.1"));
    EXPECT_EQ(router.state.database.neighbors.size(), 0u);
}

TEST(Learn, without_checking_also_hosts_of_no_subnet_but_never_those_of_another_vlan) {
    Router router;
    auto config = plain_config();
    config.settings.checking = false;
    router.configure(config);
    router.hear(10, 3, host_asks(9, "192.0.2.9", "10.0.0.1"));
    router.hear(10, 3, host_asks(8, "10.0.20.8", "10.0.0.1"));
    EXPECT_EQ(router.at(10, "192.0.2.9"), "reachable 02:aa:00:00:00:09");
    EXPECT_EQ(router.at(10, "10.0.20.8"), "gone");
    config.settings.checking = true;
    router.configure(config);
    EXPECT_EQ(router.at(10, "192.0.2.9"), "gone");
}

TEST(Learn, no_more_than_the_limit) {
    Router router;
    auto config = plain_config();
    config.settings.entries_most = 1;
    router.configure(config);
    router.hear(10, 3, host_asks(8, "10.0.0.8", "10.0.0.1"));
    const auto refused = router.hear(10, 3, host_asks(9, "10.0.0.9", "10.0.0.1"));
    EXPECT_EQ(router.at(10, "10.0.0.9"), "gone");
    ASSERT_EQ(refused.notes.size(), 1u);
    EXPECT_EQ(refused.notes[0].what, Note::What::full);
    router.hear(10, 3, host_asks(8, "10.0.0.8", "10.0.0.1"));
    EXPECT_EQ(router.at(10, "10.0.0.8"), "reachable 02:aa:00:00:00:08");
}

TEST(Move, another_mac_replaces_the_last_in_one_command_and_is_noted) {
    Router router;
    router.hear(10, 3, host_asks(9, "10.0.0.9", "10.0.0.1"));
    const auto actions = router.hear(10, 4, arp_announcement(mac_of(99), ip("10.0.0.9")));
    EXPECT_EQ(actions.programs, (std::vector<Program>{{key(10, "10.0.0.9"), mac_of(99)}}));
    ASSERT_EQ(actions.notes.size(), 1u);
    EXPECT_EQ(actions.notes[0].what, Note::What::moved);
    EXPECT_EQ(actions.notes[0].mac, mac_of(9));
    EXPECT_EQ(router.find(10, "10.0.0.9")->port, 4);
}

TEST(Move, another_port_is_kept_and_programs_nothing) {
    Router router;
    router.hear(10, 3, host_asks(9, "10.0.0.9", "10.0.0.1"));
    const auto actions = router.hear(10, 4, host_asks(9, "10.0.0.9", "10.0.0.1"));
    EXPECT_EQ(router.find(10, "10.0.0.9")->port, 4);
    EXPECT_TRUE(actions.programs.empty());
    EXPECT_EQ(actions.changed.size(), 1u);
}

TEST(Move, a_host_that_says_the_same_over_and_over_costs_no_record) {
    Router router;
    router.hear(10, 3, host_asks(9, "10.0.0.9", "10.0.0.1"));
    router.now = router.now + seconds(30);
    EXPECT_TRUE(router.hear(10, 3, host_asks(9, "10.0.0.9", "10.0.0.1")).empty());
    router.now = router.now + seconds(60);
    EXPECT_EQ(router.hear(10, 3, host_asks(9, "10.0.0.9", "10.0.0.1")).changed.size(), 1u);
    EXPECT_EQ(router.find(10, "10.0.0.9")->confirmed, router.now);
}

TEST(Age, is_asked_by_unicast_before_the_time_is_over_and_stays_in_use_meanwhile) {
    Router router;
    router.hear(10, 3, host_asks(9, "10.0.0.9", "10.0.0.1"));
    const Time learned = router.now;
    const auto due = router.find(10, "10.0.0.9")->due;
    EXPECT_LE(due, learned + seconds(18 * 60));
    EXPECT_GE(due, learned + seconds(16 * 60 + 45));
    const auto actions = router.pass(due - router.now);
    EXPECT_EQ(actions.frames, std::vector{asked("10.0.0.9", mac_of(9))});
    EXPECT_TRUE(actions.programs.empty()) << "it is not touched";
    EXPECT_EQ(router.at(10, "10.0.0.9"), "probe 02:aa:00:00:00:09");
    const auto answered = router.hear(10, 3, host_answers(9, "10.0.0.9"));
    EXPECT_TRUE(answered.programs.empty());
    EXPECT_EQ(router.at(10, "10.0.0.9"), "reachable 02:aa:00:00:00:09");
    EXPECT_GT(router.find(10, "10.0.0.9")->due, router.now + seconds(16 * 60));
}

TEST(Age, who_does_not_answer_three_times_goes) {
    Router router;
    router.hear(10, 3, host_asks(9, "10.0.0.9", "10.0.0.1"));
    const auto actions = router.pass(seconds(20 * 60));
    EXPECT_EQ(actions.frames.size(), 3u);
    EXPECT_EQ(actions.programs, (std::vector<Program>{{key(10, "10.0.0.9"), Mac{}}}));
    EXPECT_EQ(router.at(10, "10.0.0.9"), "gone");
}

TEST(Age, without_refresh_it_goes_when_its_time_is_over_and_nobody_is_asked) {
    Router router;
    auto config = plain_config();
    config.settings.refresh = false;
    router.configure(config);
    router.hear(10, 3, host_asks(9, "10.0.0.9", "10.0.0.1"));
    EXPECT_TRUE(router.pass(seconds(20 * 60 - 1)).empty());
    const auto actions = router.pass(seconds(2));
    EXPECT_TRUE(actions.frames.empty());
    EXPECT_EQ(router.at(10, "10.0.0.9"), "gone");
}

TEST(Age, another_timeout_holds_for_those_that_are_known) {
    Router router;
    router.hear(10, 3, host_asks(9, "10.0.0.9", "10.0.0.1"));
    router.now = router.now + seconds(5 * 60);
    auto config = plain_config();
    config.settings.timeout = seconds(60);
    EXPECT_EQ(router.configure(config).frames, std::vector{asked("10.0.0.9", mac_of(9))})
        << "its time was over already";
}

TEST(Age, a_timeout_of_nothing_is_no_timeout) {
    Router router;
    auto config = plain_config();
    config.settings.timeout = {};
    router.configure(config);
    router.hear(10, 3, host_asks(9, "10.0.0.9", "10.0.0.1"));
    EXPECT_TRUE(router.pass(seconds(100 * 3600)).empty());
    EXPECT_TRUE(router.hear(10, 3, host_asks(9, "10.0.0.9", "10.0.0.1")).empty());
    EXPECT_EQ(router.configure(plain_config()).frames, std::vector{asked("10.0.0.9", mac_of(9))});
}

TEST(Age, what_was_learned_together_is_not_asked_together) {
    Router router;
    for (unsigned host = 10; host < 110; ++host)
        router.hear(10, 3, host_asks(host, "10.0.0." + std::to_string(host), "10.0.0.1"));
    std::map<std::int64_t, int> seconds_used;
    for (const auto& [key, neighbor] : router.state.database.neighbors) ++seconds_used[neighbor.due.ns / 1'000'000'000];
    EXPECT_GT(seconds_used.size(), 30u);
}

TEST(Permanent, is_programmed_neither_ages_nor_moves_and_is_disputed_aloud) {
    Router router;
    auto config = plain_config();
    config.permanent[key(10, "10.0.0.9")] = mac_of(9);
    EXPECT_EQ(router.configure(config).programs, (std::vector<Program>{{key(10, "10.0.0.9"), mac_of(9)}}));
    EXPECT_TRUE(router.pass(seconds(3600)).empty());
    const auto disputed = router.hear(10, 3, host_asks(8, "10.0.0.9", "10.0.0.1"));
    ASSERT_EQ(disputed.notes.size(), 1u);
    EXPECT_EQ(disputed.notes[0].what, Note::What::disputed);
    EXPECT_EQ(router.at(10, "10.0.0.9"), "permanent 02:aa:00:00:00:09");
    config.permanent[key(10, "10.0.0.9")] = mac_of(7);
    router.configure(config);
    EXPECT_EQ(router.at(10, "10.0.0.9"), "permanent 02:aa:00:00:00:07");
    config.permanent.clear();
    EXPECT_EQ(router.configure(config).programs, (std::vector<Program>{{key(10, "10.0.0.9"), Mac{}}}));
}

TEST(Permanent, takes_the_place_of_what_was_learned) {
    Router router;
    router.hear(10, 3, host_asks(8, "10.0.0.9", "10.0.0.1"));
    auto config = plain_config();
    config.permanent[key(10, "10.0.0.9")] = mac_of(9);
    router.configure(config);
    EXPECT_EQ(router.at(10, "10.0.0.9"), "permanent 02:aa:00:00:00:09");
    EXPECT_EQ(router.state.database.neighbors.count(Family::ipv4).with_mac, 0u) << "it does not count";
}

TEST(Permanent, of_no_subnet_waits_for_its_subnet) {
    Router router;
    auto config = plain_config();
    config.permanent[key(10, "192.0.2.9")] = mac_of(9);
    EXPECT_TRUE(router.configure(config).programs.empty());
    config.vlans[10].push_back(*IpInterface::parse("192.0.2.1/24"));
    EXPECT_EQ(router.configure(config).programs.size(), 1u);
}

TEST(Announce, twice_when_an_address_is_new_and_never_again) {
    Router router(false);
    const auto first = router.pass(seconds(0)), second = router.pass(seconds(60));
    (void)first;
    EXPECT_EQ(second.frames.size(), 4u) << "the second time, each of them";
    EXPECT_TRUE(router.pass(seconds(3600)).empty());
    auto config = plain_config();
    config.vlans[20].push_back(*IpInterface::parse("192.0.2.1/24"));
    const Frame said{20, arp_announcement(own_mac, ip("192.0.2.1"))};
    EXPECT_EQ(router.configure(config).frames, std::vector{said}) << "only the new one";
    EXPECT_EQ(router.pass(seconds(2)).frames, std::vector{said});
}

TEST(Announce, again_when_the_vlan_comes_back) {
    Router router;
    auto links = plain_links();
    links.ports.reset(5);
    links.vlans.reset(20);
    EXPECT_TRUE(router.link(links).frames.empty());
    EXPECT_EQ(router.link(plain_links()).frames, (std::vector{Frame{20, arp_announcement(own_mac, ip("10.0.20.1"))}}));
}

TEST(Announce, ipv6_by_an_unsolicited_advertisement) {
    Router router;
    auto config = plain_config();
    config.vlans[20].push_back(*IpInterface::parse("2001:db8:20::1/64"));
    EXPECT_EQ(router.configure(config).frames,
              (std::vector{Frame{20, nd_announcement(own_mac, ip("2001:db8:20::1"))}}));
}

TEST(Duplicate, of_our_own_address_is_noted_and_answered_at_most_every_ten_seconds) {
    Router router;
    const auto first = router.hear(10, 3, host_asks(66, "10.0.0.1", "10.0.0.9"));
    ASSERT_EQ(first.notes.size(), 1u);
    EXPECT_EQ(first.notes[0].what, Note::What::duplicate);
    EXPECT_EQ(first.notes[0].mac, mac_of(66));
    EXPECT_EQ(first.frames, (std::vector{Frame{10, arp_announcement(own_mac, ip("10.0.0.1"))}}));
    router.now = router.now + seconds(9);
    EXPECT_TRUE(router.hear(10, 3, host_asks(66, "10.0.0.1", "10.0.0.9")).frames.empty());
    router.now = router.now + seconds(1);
    EXPECT_EQ(router.hear(10, 3, host_asks(66, "10.0.0.1", "10.0.0.9")).frames.size(), 1u);
    EXPECT_EQ(router.at(10, "10.0.0.1"), "gone") << "never learned";
}

TEST(Links, a_vlan_without_a_port_forgets_what_was_learned_in_it_and_nothing_else) {
    Router router;
    auto config = plain_config();
    config.permanent[key(20, "10.0.20.7")] = mac_of(7);
    router.configure(config);
    router.hear(20, 5, host_asks(9, "10.0.20.9", "10.0.20.1"));
    router.resolve(20, "10.0.20.8");
    router.hear(10, 3, host_asks(9, "10.0.0.9", "10.0.0.1"));
    auto links = plain_links();
    links.ports.reset(5);
    links.vlans.reset(20);
    router.link(links);
    EXPECT_EQ(router.at(20, "10.0.20.9"), "gone");
    EXPECT_EQ(router.at(20, "10.0.20.8"), "gone");
    EXPECT_EQ(router.at(20, "10.0.20.7"), "permanent 02:aa:00:00:00:07");
    EXPECT_EQ(router.at(10, "10.0.0.9"), "reachable 02:aa:00:00:00:09");
    EXPECT_TRUE(router.resolve(20, "10.0.20.9").empty()) << "there is nobody to ask";
}

TEST(Links, those_behind_a_port_that_went_are_asked_for_where_they_are_now) {
    Router router;
    router.hear(10, 3, host_asks(8, "10.0.0.8", "10.0.0.1"));
    router.hear(10, 4, host_asks(9, "10.0.0.9", "10.0.0.1"));
    auto links = plain_links();
    links.ports.reset(3);
    const auto actions = router.link(links);
    EXPECT_EQ(actions.frames, std::vector{asked("10.0.0.8", mac_of(8))});
    EXPECT_TRUE(actions.programs.empty());
    router.hear(10, 4, host_answers(8, "10.0.0.8"));
    EXPECT_EQ(router.at(10, "10.0.0.8"), "reachable 02:aa:00:00:00:08");
    EXPECT_EQ(router.find(10, "10.0.0.8")->port, 4);
}

TEST(Config, entries_go_with_the_subnet_and_with_an_address_that_becomes_our_own) {
    Router router;
    router.hear(10, 3, host_asks(8, "10.0.0.8", "10.0.0.1"));
    router.hear(20, 5, host_asks(9, "10.0.20.9", "10.0.20.1"));
    auto config = plain_config();
    config.vlans.erase(20);
    config.vlans[10].push_back(*IpInterface::parse("10.0.0.8/24"));
    const auto actions = router.configure(config);
    EXPECT_EQ(actions.programs.size(), 2u);
    EXPECT_EQ(router.state.database.neighbors.size(), 0u);
    EXPECT_EQ(router.state.database.own.find(key(20, "10.0.20.1")), nullptr);
}

TEST(Clear, one_or_a_vlan_or_all_but_never_permanent_ones) {
    Router router;
    auto config = plain_config();
    config.permanent[key(10, "10.0.0.7")] = mac_of(7);
    router.configure(config);
    router.hear(10, 3, host_asks(8, "10.0.0.8", "10.0.0.1"));
    router.hear(10, 3, host_asks(9, "10.0.0.9", "10.0.0.1"));
    router.hear(20, 5, host_asks(9, "10.0.20.9", "10.0.20.1"));
    router.hear(10, 3, host_solicits(9, host6, "2001:db8:10::1"));
    const auto clear = [&](VlanId vlan) {
        std::size_t count = 0;
        router.take(
            [&](State& state, Time, Actions& actions) { count = on_clear(state, vlan, Family::ipv4, actions); });
        return count;
    };
    const auto clear_one = [&](const Key& key) {
        std::size_t count = 0;
        router.take([&](State& state, Time, Actions& actions) { count = on_clear(state, key, actions); });
        return count;
    };
    EXPECT_EQ(clear_one(key(10, "10.0.0.8")), 1u);
    EXPECT_EQ(clear_one(key(10, "10.0.0.7")), 0u);
    EXPECT_EQ(clear(20), 1u);
    EXPECT_EQ(clear(0), 1u);
    EXPECT_EQ(router.programmed.size(), 2u) << "the permanent one, and that of IPv6";
}

TEST(Tick, does_a_bounded_piece_of_work_and_asks_to_be_called_again) {
    Router router;
    auto config = plain_config();
    config.vlans[10] = {*IpInterface::parse("10.0.0.1/16")};
    router.configure(config);
    for (unsigned host = 0; host < 600; ++host)
        router.hear(
            10, 3,
            host_asks(1000 + host, "10.0." + std::to_string(1 + host / 250) + "." + std::to_string(1 + host % 250),
                      "10.0.0.1"));
    router.pass(seconds(3));  // announcements
    router.now = router.now + seconds(20 * 60);
    EXPECT_EQ(router.tick().frames.size(), work_most);
    EXPECT_LE(next_due(router.state), router.now);
}

TEST(NeighborDiscovery, asks_the_group_and_believes_a_solicited_advertisement) {
    Router router;
    EXPECT_EQ(router.resolve(10, host6).frames, std::vector{asked6(host6)});
    router.hear(10, 3, host_advertises(9, host6, 6));
    EXPECT_EQ(router.at(10, host6), "reachable 02:aa:00:00:00:09");
}

TEST(NeighborDiscovery, a_link_local_neighbour_is_asked_from_the_link_local_address) {
    Router router;
    EXPECT_EQ(router.resolve(10, "fe80::9").frames,
              (std::vector{Frame{10, nd_solicitation(own_mac, ip("fe80::1"), ip("fe80::9"), std::nullopt)}}));
}

TEST(NeighborDiscovery, an_unsolicited_answer_is_used_and_verified_after_five_seconds) {
    Router router;
    router.resolve(10, host6);
    router.hear(10, 3, host_advertises(9, host6, 2, "ff02::1"));
    EXPECT_EQ(router.at(10, host6), "delay 02:aa:00:00:00:09");
    EXPECT_EQ(router.programmed.size(), 1u);
    EXPECT_EQ(router.pass(seconds(5)).frames, std::vector{asked6(host6, mac_of(9))});
    EXPECT_EQ(router.at(10, host6), "probe 02:aa:00:00:00:09");
}

TEST(NeighborDiscovery, who_solicits_us_is_used_and_verified) {
    Router router;
    router.hear(10, 3, host_solicits(9, host6, "2001:db8:10::1"));
    EXPECT_EQ(router.at(10, host6), "delay 02:aa:00:00:00:09");
    router.pass(seconds(5));
    router.hear(10, 3, host_advertises(9, host6, 4, "2001:db8:10::1", false));
    EXPECT_EQ(router.at(10, host6), "reachable 02:aa:00:00:00:09");
}

TEST(NeighborDiscovery, who_seeks_routers_is_known) {
    Router router;
    router.hear(10, 3, host_seeks_routers(9, "fe80::9"));
    EXPECT_EQ(router.at(10, "fe80::9"), "delay 02:aa:00:00:00:09");
}

TEST(NeighborDiscovery, another_mac_that_does_not_override_only_raises_doubt) {
    Router router;
    router.resolve(10, host6);
    router.hear(10, 3, host_advertises(9, host6, 6));
    router.hear(10, 3, host_advertises(66, host6, 4));
    EXPECT_EQ(router.at(10, host6), "delay 02:aa:00:00:00:09");
    router.hear(10, 3, host_advertises(66, host6, 6));
    EXPECT_EQ(router.at(10, host6), "reachable 02:aa:00:00:00:42");
}

TEST(NeighborDiscovery, an_advertisement_nobody_asked_for_creates_nothing) {
    Router router;
    EXPECT_TRUE(router.hear(10, 3, host_advertises(9, host6, 6)).empty());
}

TEST(NeighborDiscovery, who_does_not_answer_the_probe_goes) {
    Router router;
    router.hear(10, 3, host_solicits(9, host6, "2001:db8:10::1"));
    const auto actions = router.pass(seconds(9));
    EXPECT_EQ(actions.frames.size(), 3u);
    EXPECT_EQ(router.at(10, host6), "gone");
    EXPECT_TRUE(router.programmed.empty());
}

TEST(Everything, tells_all_that_have_a_mac) {
    Router router;
    router.hear(10, 3, host_asks(9, "10.0.0.9", "10.0.0.1"));
    router.hear(10, 3, host_solicits(9, host6, "2001:db8:10::1"));
    router.resolve(10, "10.0.0.77");
    std::map<Key, Mac> said;
    for (const Program& program : everything(router.state.database)) said[program.key] = program.mac;
    EXPECT_EQ(said, router.programmed);
}

}  // namespace
}  // namespace baton::arp
