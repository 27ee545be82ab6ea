// SPDX-License-Identifier: Apache-2.0
// show and clear of the neighbours, against a switch made by hand.
#include <gtest/gtest.h>

#include "tests/unit/commands/fake_switch.h"

namespace baton::commands {
namespace {

class neighbors : public testing::Test {
  protected:
    neighbors() {
        for (const char* line :
             {"create vlan red", "configure vlan red tag 10", "configure vlan red ipaddress 10.0.0.1/24",
              "configure vlan red ipaddress 2001:db8::1/64"})
            EXPECT_EQ(say(interpreter, line, false, 7).code, Code::ok) << line;
    }

    void know(std::string_view address, arp::Phase phase, std::uint64_t mac = 0, int age = 5) {
        arp::Neighbor neighbor;
        neighbor.phase = phase;
        neighbor.mac = Mac::of(mac);
        neighbor.confirmed = monotonic_now() + seconds(-age);
        sw.neighbors_.neighbors.put({10, *IpAddress::parse(address)}, neighbor);
    }

    std::string text(std::string_view line) { return say(interpreter, line).text; }

    Json entries(std::string_view line) { return json_of(interpreter, line)["entries"]; }

    FakeSwitch sw;
    Interpreter interpreter{sw};
};

TEST_F(neighbors, are_shown_in_the_columns_of_the_original) {
    know("10.0.0.7", arp::Phase::permanent, 0x020000000007);
    know("10.0.0.9", arp::Phase::reachable, 0x02aa00000009, 75);
    know("10.0.0.66", arp::Phase::incomplete);
    know("10.0.0.77", arp::Phase::failed);
    know("2001:db8::9", arp::Phase::delay, 0x02aa00000009);
    sw.put_mac(10, 0x02aa00000009, 2);
    EXPECT_EQ(text("show iparp"),
              "Destination     Mac                  Age Static VLAN                  VID Port\n"
              "-------------------------------------------------------------------------------\n"
              "10.0.0.7        02:00:00:00:00:07      - YES    red                    10 -\n"
              "10.0.0.9        02:aa:00:00:00:09     75 NO     red                    10 1:2\n"
              "10.0.0.66       (incomplete)           5 NO     red                    10 -\n"
              "10.0.0.77       (failed)               5 NO     red                    10 -\n"
              "\n"
              "Dynamic Entries :      1 of 8192\n"
              "Static Entries  :      1\n"
              "Pending Entries :      2 of 256\n"
              "\n"
              "Timeout: 20 minutes   Refresh: enabled   Checking: enabled\n");
}

TEST_F(neighbors, of_ipv6_are_the_other_cache) {
    know("10.0.0.9", arp::Phase::reachable, 0x02aa00000009);
    know("2001:db8::9", arp::Phase::delay, 0x02aa00000009);
    const auto rows = entries("show neighbor-discovery cache ipv6");
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0]["destination"], "2001:db8::9");
    EXPECT_EQ(rows[0]["state"], "delay");
    EXPECT_EQ(rows[0]["static"], false);
    EXPECT_EQ(json_of(interpreter, "show iparp")["dynamic"], 1);
}

TEST_F(neighbors, are_picked_by_address_mac_vlan_and_permanence) {
    know("10.0.0.7", arp::Phase::permanent, 0x020000000007);
    know("10.0.0.9", arp::Phase::reachable, 0x02aa00000009);
    know("10.0.0.66", arp::Phase::incomplete);
    EXPECT_EQ(entries("show iparp 10.0.0.9").size(), 1u);
    EXPECT_EQ(entries("show iparp 02:aa:00:00:00:09").size(), 1u);
    EXPECT_EQ(entries("show iparp vlan red").size(), 3u);
    EXPECT_EQ(entries("show iparp vlan default").size(), 0u);
    EXPECT_EQ(entries("show iparp permanent").size(), 1u);
    EXPECT_EQ(text("show iparp vlan blue"), "%% there is no VLAN \"blue\"; show vlan lists them\n");
    EXPECT_EQ(text("show iparp 2001:db8::9"),
              "%% 2001:db8::9 is an IPv6 address; 'show neighbor-discovery cache ipv6' knows those\n");
}

TEST_F(neighbors, are_forgotten_as_asked) {
    sw.neighbors_cleared_ = 3;
    EXPECT_EQ(text("clear iparp"), "3 neighbors forgotten.\n");
    sw.neighbors_cleared_ = 1;
    EXPECT_EQ(text("clear iparp 10.0.0.9"), "1 neighbor forgotten.\n");
    EXPECT_EQ(text("clear neighbor-discovery cache ipv6 vlan red"), "1 neighbor forgotten.\n");
    ASSERT_EQ(sw.neighbor_clears_.size(), 3u);
    EXPECT_EQ(sw.neighbor_clears_[0].family, Family::ipv4);
    EXPECT_FALSE(sw.neighbor_clears_[0].address);
    EXPECT_EQ(sw.neighbor_clears_[1].address, IpAddress::parse("10.0.0.9"));
    EXPECT_EQ(sw.neighbor_clears_[2].family, Family::ipv6);
    EXPECT_EQ(sw.neighbor_clears_[2].vlan, 10);
    sw.neighbors_cleared_ = 0;
    EXPECT_EQ(text("clear iparp"), "0 neighbors forgotten.\n");
    EXPECT_EQ(text("clear iparp 10.0.0.9"), "%% there is no dynamic entry for 10.0.0.9; 'show iparp' lists them\n");
}

TEST_F(neighbors, need_the_right_to_change_to_be_forgotten) {
    Ask ask;
    ask.role = Role::read;
    EXPECT_NE(say(interpreter, "clear iparp", false, 0, ask).code, Code::ok);
    EXPECT_TRUE(sw.neighbor_clears_.empty());
}

}  // namespace
}  // namespace baton::commands
