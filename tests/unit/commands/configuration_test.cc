// SPDX-License-Identifier: Apache-2.0
// The running configuration and its commands are the same thing in two forms, whatever the configuration.
#include "controlplane/commands/configuration.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "sync/base/time.h"
#include "tests/unit/control/random_changes.h"

namespace baton::commands {
namespace {

using namespace baton::test;

config::Running factory() {
    return config::Running::factory(port_list());
}

void expect_round_trip(const config::Running& running, const std::string& where) {
    const auto text = configuration_text(running);
    const auto again = read_configuration(text, port_list());
    ASSERT_TRUE(again) << where << ": " << again.error().what << "\n" << text;
    ASSERT_EQ(*again, running) << where << "\n" << text << "\nwas read as\n" << configuration_text(*again);
    ASSERT_EQ(configuration_text(*again), text) << where;
}

// Over every kind of change that random_changes.h knows: a part that adds a kind of change adds it there, too.
TEST(configuration, commands_make_the_same_configuration_again_whatever_it_is) {
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
        RandomChanges random(seed);
        config::Running running = factory();
        for (int part = 0; part < 6; ++part) {
            running = random.walk(std::move(running), 1 + static_cast<int>(random.below(60)));
            ASSERT_NO_FATAL_FAILURE(expect_round_trip(running, "seed " + std::to_string(seed)));
        }
    }
}

TEST(configuration, ports_that_are_away_are_kept) {
    auto ports = port_list();
    ports.push_back({7, 1});
    ports.push_back({7, 2});
    ports.push_back({7, 3});
    auto running = config::Running::factory(ports);
    ASSERT_TRUE(running.replay({vlan_create("red"), vlan_tag("red", 10), add_ports("red", {"7:1", "7:2", "7:3"}, true),
                                static_entry("02:00:00:00:00:01", "red", "7:3"), enable({"7:2"}, false)}));
    expect_round_trip(running, "module 7 is not there any more");
}

TEST(configuration, default_may_have_changed_places_with_another_vlan) {
    auto running = factory();
    ASSERT_TRUE(running.replay({vlan_tag("Default", 4094), vlan_create("alpha"), vlan_tag("alpha", 1)}));
    expect_round_trip(running, "tags exchanged");
}

TEST(configuration, the_number_of_a_vlan_is_said_only_where_it_is_needed) {
    auto running = factory();
    ASSERT_TRUE(running.replay({vlan_create("blue"), vlan_create("amber"), vlan_create("red")}));
    EXPECT_EQ(configuration_text(running).find("number"), std::string::npos) << configuration_text(running);
    ASSERT_TRUE(running.replay({vlan_delete("amber")}));
    EXPECT_NE(configuration_text(running).find("create vlan \"red\" number 4092\n"), std::string::npos)
        << configuration_text(running);
}

TEST(configuration, every_name_that_is_a_keyword_can_be_read_again) {
    for (const char* name : {"all", "tag", "ports", "tagged", "detail", "vlan", "add", "blackhole", "number"}) {
        auto running = factory();
        ASSERT_TRUE(running.replay(
            {vlan_create(name), vlan_tag(name, 7), system_name(name), static_entry("02:00:00:00:00:01", name, "")}));
        expect_round_trip(running, name);
    }
}

TEST(configuration, a_faulty_line_is_named_and_nothing_is_taken) {
    for (const auto& [text, number, what] : std::initializer_list<std::tuple<const char*, const char*, const char*>>{
             {"create vlan red\n# a remark\n\ncreate vlan red\n", "line 4: ", "exists already"},
             {"create vlan red\r\nconfigure vlan blue tag 5\r\n", "line 2: ", "there is no VLAN 'blue'"},
             {"shwo vlan\n", "line 1: ", "is no command"},
             {"show vlan\n", "line 1: ", "does not change the configuration"},
             {"save primary\n", "line 1: ", "does not change the configuration"},
             {"create vlan red | count\n", "line 1: ", "filter"},
             {"configure fdb agingtime 7\n", "line 1: ", "15 to 1000000"},
             {"\x7f"
              "ELF\x02\x01",
              "line 1: ", ""},
             {"# nothing but remarks\n", "", "holds no command"},
             {"", "", "holds no command"}}) {
        const auto read = read_configuration(text, port_list());
        ASSERT_FALSE(read) << text;
        EXPECT_TRUE(read.error().what.starts_with(number)) << read.error().what;
        EXPECT_NE(read.error().what.find(what), std::string::npos) << read.error().what;
    }
}

TEST(configuration, a_text_by_hand_begins_with_the_factorys) {
    const auto read = read_configuration("configure sys-name Core\ndisable ports all", port_list());
    ASSERT_TRUE(read) << read.error().what;
    EXPECT_EQ(read->name(), "Core");
    EXPECT_EQ(read->disabled(), port_set());
    EXPECT_EQ(read->vlan("Default")->untagged, port_set());
}

// The figures are printed, not judged.
TEST(configuration, ten_thousand_lines_measured) {
    auto running = factory();
    for (int v = 0; v < 1000; ++v) {
        const auto name = numbered("vlan-number-", v);
        ASSERT_TRUE(running.replay({vlan_create(name), vlan_tag(name, static_cast<std::uint32_t>(v + 2)),
                                    add_ports(name, {"1:1", "1:2", "2:1"}, true)}));
        for (int e = 0; e < 7; ++e)
            ASSERT_TRUE(running.replay({static_entry(
                Mac::of(0x020000000000ull + static_cast<unsigned>(v) * 256 + static_cast<unsigned>(e)).text(), name,
                "1:1")}));
    }
    const auto begin = monotonic_now();
    const auto copy = running;
    const auto copied = monotonic_now();
    ConfigurationCommands commands(running);
    const auto listed = monotonic_now();
    const auto text = configuration_text(running);
    const auto written = monotonic_now();
    const auto again = read_configuration(text, port_list());
    const auto read = monotonic_now();
    ASSERT_TRUE(again) << again.error().what;
    EXPECT_EQ(*again, copy);
    const auto us = [](Time from, Time to) { return (to - from).ns / 1000; };
    std::printf("%ld lines, %zu bytes: copy %ld us, list of changes %ld us, all as text %ld us, read again %ld us\n",
                static_cast<long>(std::count(text.begin(), text.end(), '\n')), text.size(), us(begin, copied),
                us(copied, listed), us(listed, written), us(written, read));
}

}  // namespace
}  // namespace baton::commands
