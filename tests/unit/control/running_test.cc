// SPDX-License-Identifier: Apache-2.0
// The running configuration's rules, and that it can be told again as changes.
#include <gtest/gtest.h>

#include "controlplane/config/running.h"
#include "tests/unit/control/random_changes.h"

namespace baton::config {
namespace {

using namespace test;

/// The sentence with which a change is refused; the configuration must be untouched. Empty: it was taken.
std::string refusal(Running& running, const std::vector<Change>& changes) {
    const Running before = running;
    const auto done = running.apply(changes, port_set());
    if (done) return {};
    EXPECT_EQ(running, before);
    return done.error().what;
}

Running factory() {
    return Running::factory(port_list());
}

bool says(const std::string& sentence, const std::string& part) {
    return sentence.find(part) != std::string::npos;
}

TEST(Running, factory_holds_every_port_untagged_in_default) {
    const Running running = factory();
    const Vlan* vlan = running.vlan("dEFAULT");
    ASSERT_NE(vlan, nullptr);
    EXPECT_EQ(vlan->id, 1);
    EXPECT_TRUE(vlan->has_tag);
    EXPECT_EQ(vlan->untagged, port_set());
    EXPECT_EQ(running.aging_seconds(), 300u);
}

TEST(Running, names_start_with_a_letter_and_have_32_characters_at_most) {
    Running running = factory();
    EXPECT_EQ(refusal(running, {vlan_create("a")}), "");
    EXPECT_EQ(refusal(running, {vlan_create("b" + std::string(31, 'x'))}), "");
    EXPECT_TRUE(says(refusal(running, {vlan_create("b" + std::string(32, 'x'))}), "32"));
    EXPECT_TRUE(says(refusal(running, {vlan_create("")}), "1 to 32"));
    EXPECT_TRUE(says(refusal(running, {vlan_create("7up")}), "letter"));
    EXPECT_TRUE(says(refusal(running, {vlan_create("a b")}), "letters, digits"));
    EXPECT_TRUE(says(refusal(running, {vlan_create("A")}), "exists already")) << "names do not tell cases apart";
}

TEST(Running, default_cannot_be_deleted_but_may_change_its_tag) {
    Running running = factory();
    EXPECT_TRUE(says(refusal(running, {vlan_delete("default")}), "delete ports"));
    EXPECT_EQ(refusal(running, {vlan_tag("Default", 77)}), "");
    EXPECT_EQ(running.vlan("Default")->id, 77);
}

TEST(Running, a_port_is_untagged_in_one_vlan_only) {
    Running running = factory();
    ASSERT_EQ(refusal(running, {vlan_create("red")}), "");
    EXPECT_TRUE(
        says(refusal(running, {add_ports("red", {"1:1"}, false)}), "first: configure vlan Default delete ports 1:1"));
    ASSERT_EQ(refusal(running, {delete_ports("Default", {"1:1"}), add_ports("red", {"1:1"}, false)}), "");
    EXPECT_EQ(running.vlan("red")->untagged, std::set<PortName>({{1, 1}}));
}

TEST(Running, tagged_members_need_a_tag_and_a_new_tagging_replaces_the_old) {
    Running running = factory();
    ASSERT_EQ(refusal(running, {vlan_create("red"), delete_ports("Default", {"1:1"})}), "");
    EXPECT_TRUE(says(refusal(running, {add_ports("red", {"1:1"}, true)}), "configure vlan red tag"));
    ASSERT_EQ(refusal(running, {vlan_tag("red", 9), add_ports("red", {"1:1", "1:2"}, true)}), "");
    ASSERT_EQ(refusal(running, {add_ports("red", {"1:1"}, false)}), "");
    EXPECT_EQ(running.vlan("red")->tagged, std::set<PortName>({{1, 2}}));
    EXPECT_EQ(running.vlan("red")->untagged, std::set<PortName>({{1, 1}}));
}

TEST(Running, tags_are_unique_and_inner_numbers_give_way) {
    Running running = factory();
    ASSERT_EQ(refusal(running, {vlan_create("red"), vlan_create("blue")}), "");
    EXPECT_EQ(running.vlan("red")->id, 4094);
    EXPECT_EQ(running.vlan("blue")->id, 4093);
    EXPECT_TRUE(says(refusal(running, {vlan_tag("red", 1)}), "belongs to VLAN Default"));
    EXPECT_TRUE(says(refusal(running, {vlan_tag("red", 0)}), "1 to 4094"));
    EXPECT_TRUE(says(refusal(running, {vlan_tag("red", 4095)}), "1 to 4094"));
    ASSERT_EQ(refusal(running, {vlan_tag("blue", 4094)}), "");
    EXPECT_EQ(running.vlan("blue")->id, 4094);
    EXPECT_EQ(running.vlan("red")->id, 4092);
    EXPECT_FALSE(running.vlan("red")->has_tag);
}

TEST(Running, static_entries_need_a_member_port_and_go_with_it) {
    Running running = factory();
    const std::string mac = "00:11:22:33:44:55";
    ASSERT_EQ(refusal(running, {vlan_create("red"), vlan_tag("red", 9), add_ports("red", {"1:1", "1:2"}, true)}), "");
    EXPECT_TRUE(says(refusal(running, {static_entry(mac, "red", "1:3")}), "no member"));
    EXPECT_TRUE(says(refusal(running, {static_entry("01:00:5e:00:00:01", "red", "1:1")}), "unicast"));
    EXPECT_TRUE(says(refusal(running, {static_entry("00:11", "red", "1:1")}), "no address"));
    ASSERT_EQ(refusal(running, {static_entry(mac, "RED", "1:1"), static_entry("00:11:22:33:44:66", "red", "")}), "");
    ASSERT_EQ(running.statics().size(), 2u);
    EXPECT_EQ(running.statics().begin()->first.vlan, "red") << "as the VLAN was named";
    ASSERT_EQ(refusal(running, {delete_ports("red", {"1:1"})}), "");
    EXPECT_EQ(running.statics().size(), 1u) << "the black hole stays";
    EXPECT_TRUE(says(refusal(running, {static_away(mac, "red")}), "no static entry"));
    ASSERT_EQ(refusal(running, {vlan_delete("red")}), "");
    EXPECT_TRUE(running.statics().empty());
}

TEST(Running, aging_is_never_or_15_to_a_million_seconds) {
    Running running = factory();
    for (const std::uint32_t good : {0u, 15u, 300u, 1'000'000u}) EXPECT_EQ(refusal(running, {aging(good)}), "");
    for (const std::uint32_t bad : {1u, 14u, 1'000'001u})
        EXPECT_TRUE(says(refusal(running, {aging(bad)}), "15 to 1000000"));
}

TEST(Running, failover_settings_are_the_factorys_until_said_and_only_what_is_said_changes) {
    Running running = factory();
    EXPECT_EQ(running.msm_failover(), MsmFailover{});
    EXPECT_EQ(running.msm_failover().slave_config, SlaveConfig::flash);
    EXPECT_EQ(running.msm_failover().link_action, LinkAction::take_links_down);
    EXPECT_EQ(running.msm_failover().timeout_seconds, 60u);
    EXPECT_EQ(running.msm_failover().esrp_timeout, 30u);
    EXPECT_EQ(running.recovery_level(), RecoveryLevel{});
    ASSERT_EQ(refusal(running, {failover(1, 1, 2)}), "");
    Change hang;
    hang.mutable_msm_failover()->set_hang_action(1);
    ASSERT_EQ(refusal(running, {hang, recovery(1, 0)}), "");
    EXPECT_EQ(running.msm_failover().preserve, Preserve::l2_l3) << "not said, so it stays";
    EXPECT_EQ(running.msm_failover().hang_action, HangAction::hitless);
    EXPECT_EQ(running.recovery_level().level, Recovery::critical);
    ASSERT_EQ(refusal(running, {change_to(MsmFailover{})}), "");
    EXPECT_EQ(running.msm_failover(), MsmFailover{});
    EXPECT_EQ(running.recovery_level().level, Recovery::critical) << "another setting";
}

TEST(Running, preserve_state_and_a_slave_from_flash_refuse_each_other) {
    Running running = factory();
    EXPECT_TRUE(says(refusal(running, {failover(0, 1, 1)}), "first: configure msm-failover slave-config inherited"));
    EXPECT_TRUE(says(refusal(running, {failover(1, 0, 1)}), "first: configure msm-failover link-action keep-links-up"));
    EXPECT_EQ(running.msm_failover(), MsmFailover{});
    ASSERT_EQ(refusal(running, {failover(1, 1, 1)}), "");
    Change flash;
    flash.mutable_msm_failover()->set_slave_config(0);
    EXPECT_TRUE(says(refusal(running, {flash}), "first: configure msm-failover link-action keep-links-up"));
    EXPECT_EQ(running.msm_failover().preserve, Preserve::l2) << "nothing is cleared behind anybody's back";
    ASSERT_EQ(refusal(running, {failover(1, 1, 0), flash}), "") << "what the sentence said";
}

TEST(Running, failover_times_and_words_have_their_ranges) {
    Running running = factory();
    for (const auto& [seconds, good] : {std::pair{29u, false}, {30u, true}, {300u, true}, {301u, false}}) {
        Change change;
        change.mutable_msm_failover()->set_timeout_seconds(seconds);
        EXPECT_EQ(refusal(running, {change}).empty(), good) << seconds;
    }
    for (const auto& [seconds, good] : {std::pair{14u, false}, {15u, true}, {180u, true}, {181u, false}}) {
        Change change;
        change.mutable_msm_failover()->set_esrp_timeout(seconds);
        EXPECT_EQ(refusal(running, {change}).empty(), good) << seconds;
    }
    EXPECT_TRUE(says(refusal(running, {failover(2, 0, 0)}), "does not know"));
    EXPECT_TRUE(says(refusal(running, {recovery(3, 0)}), "does not know"));
    EXPECT_TRUE(says(refusal(running, {recovery(1, 2)}), "does not know"));
}

TEST(Running, knows_no_port_that_is_not_there_except_in_replay) {
    Running running = factory();
    EXPECT_TRUE(says(refusal(running, {enable({"9:9"}, false)}), "no port 9:9"));
    EXPECT_TRUE(says(refusal(running, {enable({"nine"}, false)}), "module:port"));
    EXPECT_TRUE(says(refusal(running, {enable({}, false)}), "at least one"));
    EXPECT_TRUE(running.replay({enable({"9:9"}, false)}));
    EXPECT_EQ(running.disabled(), std::set<PortName>({{9, 9}}));
}

TEST(Running, a_transaction_is_all_or_nothing_and_says_which_change_failed) {
    Running running = factory();
    const auto sentence = refusal(running, {vlan_create("red"), vlan_tag("red", 5), vlan_delete("blue")});
    EXPECT_TRUE(says(sentence, "change 3 of 3")) << sentence;
    EXPECT_EQ(running.vlan("red"), nullptr);
    EXPECT_TRUE(says(refusal(running, {Change{}}), "does not know"));
}

TEST(Running, as_changes_makes_the_same_again) {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        const Running running = RandomChanges(seed).walk(factory(), 80);
        Running again;
        const auto changes = running.as_changes();
        const auto done = again.apply(changes, port_set());
        ASSERT_TRUE(done) << "seed " << seed << ": " << done.error().what;
        ASSERT_EQ(again, running) << "seed " << seed;
    }
}

TEST(Running, changes_between_lead_from_any_value_to_any_other) {
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
        RandomChanges random(seed);
        const Running from = random.walk(factory(), 60);
        const Running to = random.walk(seed % 2 ? factory() : from, seed % 2 ? 60 : 3);
        Running now = from;
        const auto changes = changes_between(from, to);
        if (changes.empty()) {
            ASSERT_EQ(from, to);
            continue;
        }
        const auto done = now.apply(changes, port_set());
        ASSERT_TRUE(done) << "seed " << seed << ": " << done.error().what;
        ASSERT_EQ(now, to) << "seed " << seed;
        ASSERT_TRUE(changes_between(to, now).empty());
    }
}

}  // namespace
}  // namespace baton::config
