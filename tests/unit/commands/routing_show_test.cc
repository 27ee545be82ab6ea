// SPDX-License-Identifier: Apache-2.0
// What is shown of layer 3: routes, hosts and interfaces, as the tables and the configuration have them. The tables are
// written by the data plane's own code.
#include <gtest/gtest.h>

#include "dataplane/table/routes_maintain.h"
#include "tests/unit/commands/fake_switch.h"

namespace baton::commands {
namespace {

class routing_shown : public testing::Test {
  protected:
    routing_shown() {
        for (const char* line : {"create vlan Red number 10", "configure vlan red ipaddress 10.0.0.1/24",
                                 "configure vlan red ipaddress 2001:db8::1/64", "enable ipforwarding",
                                 "configure iproute add 192.168.0.0/16 10.9.9.9 7"})
            change(line);
        red = sw.running().vlan("red")->id;
        hold(Owner::configuration, "10.0.0.0/24", RouteKind::connected, RouteProtocol::direct, {""});
        hold(Owner::configuration, "10.0.0.1/32", RouteKind::local, RouteProtocol::direct, {""});
        hold(Owner::configuration, "172.16.0.0/12", RouteKind::forward, RouteProtocol::fixed, {"10.0.0.2", "10.0.0.3"});
        hold(Owner::routing, "172.16.0.0/12", RouteKind::forward, RouteProtocol::ospf, {"10.0.0.4"}, 20);
        hold(Owner::routing, "172.17.0.0/16", RouteKind::forward, RouteProtocol::bgp, {"10.0.0.4"});
        hold(Owner::configuration, "10.128.0.0/9", RouteKind::blackhole, RouteProtocol::blackhole, {});
        hold(Owner::configuration, "2001:db8::/64", RouteKind::connected, RouteProtocol::direct, {""});
        EXPECT_EQ(tables.set_neighbor(red, Family::ipv4, IpAddress::parse("10.0.0.7")->bits,
                                      *Mac::parse("02:00:00:00:00:07"), 1),
                  Outcome::done);
    }

    void hold(Owner owner, const char* prefix, RouteKind kind, RouteProtocol protocol,
              const std::vector<std::string>& gateways, std::uint32_t metric = 1) {
        const auto to = *IpPrefix::parse(prefix);
        std::vector<RouteHop> hops;
        for (const auto& gateway : gateways) {
            const auto bits = gateway.empty() ? IpBits{} : IpAddress::parse(gateway)->bits;
            hops.push_back({bits.high, bits.low, red, 1, 0});
        }
        EXPECT_EQ(tables.set(owner, {{to.family, to.length, to.bits}, kind, protocol, metric, hops}), Outcome::done);
    }

    std::string text(std::string_view line) { return say(interpreter, line).text; }

    Json json(std::string_view line) { return json_of(interpreter, line); }

    void change(std::string_view line) {
        const auto said = say(interpreter, line, false, 77);
        EXPECT_EQ(said.code, Code::ok) << line << "\n" << said.text;
    }

    std::vector<std::string> destinations(std::string_view line) {
        std::vector<std::string> out;
        const auto shown = json(line);
        for (const auto& row : shown["routes"]) out.push_back(row["destination"]);
        return out;
    }

    FakeSwitch sw;
    Interpreter interpreter{sw};
    RoutesMaintenance tables = std::move(*RoutesMaintenance::open(sw.routes_.fd(), sw.routes_.bytes(), Time{1}));
    VlanId red = 0;
};

using Lines = std::vector<std::string>;

TEST_F(routing_shown, routes_are_sorted_with_what_packets_take_marked) {
    EXPECT_EQ(destinations("show iproute"), (Lines{"10.0.0.0/24", "10.0.0.1/32", "10.128.0.0/9", "172.16.0.0/12",
                                                   "172.16.0.0/12", "172.17.0.0/16", "192.168.0.0/16"}));
    const auto rows = json("show iproute")["routes"];
    EXPECT_EQ(rows[3]["origin"], "Static");
    EXPECT_EQ(rows[3]["active"], true);
    EXPECT_EQ(rows[3]["gateways"].size(), 2u);
    EXPECT_EQ(rows[3]["flags"], "UGSm");
    EXPECT_EQ(rows[4]["origin"], "OSPF");
    EXPECT_EQ(rows[4]["active"], false);
    EXPECT_EQ(rows[4]["metric"], 20);
    EXPECT_EQ(rows[6]["waits"], true) << "its gateway is in no subnet";
    EXPECT_EQ(rows[6]["gateways"][0]["address"], "10.9.9.9");
    EXPECT_EQ(rows[1]["flags"], "UHSL");
    EXPECT_EQ(rows[2]["flags"], "USB");
    const auto shown = text("show iproute");
    EXPECT_NE(shown.find("*Static     172.16.0.0/12               10.0.0.2                        1 UGSm  Red"),
              std::string::npos)
        << shown;
    EXPECT_NE(shown.find("Total number of routes = 7, active = 5"), std::string::npos) << shown;
}

TEST_F(routing_shown, a_gateway_that_others_are_better_than_waits) {
    change("configure iproute add 172.16.0.0/12 10.0.0.9 5");
    const auto rows = json("show iproute origin static")["routes"];
    ASSERT_EQ(rows.size(), 3u) << "and the one of the fixture";
    EXPECT_EQ(rows[0]["active"], true);
    EXPECT_EQ(rows[1]["waits"], true);
    EXPECT_EQ(rows[1]["metric"], 5);
    EXPECT_EQ(rows[1]["gateways"][0]["address"], "10.0.0.9");
}

TEST_F(routing_shown, routes_are_chosen_by_prefix_family_and_origin) {
    EXPECT_EQ(destinations("show iproute 172.16.0.0/12"), (Lines{"172.16.0.0/12", "172.16.0.0/12", "172.17.0.0/16"}));
    EXPECT_EQ(destinations("show iproute ipv6"), Lines{"2001:db8::/64"});
    EXPECT_EQ(destinations("show iproute 2001:db8::/32"), Lines{"2001:db8::/64"});
    EXPECT_EQ(destinations("show iproute origin bgp"), Lines{"172.17.0.0/16"});
    EXPECT_EQ(destinations("show iproute origin ospf"), Lines{"172.16.0.0/12"});
    EXPECT_EQ(destinations("show iproute origin static"), (Lines{"172.16.0.0/12", "192.168.0.0/16"}));
    EXPECT_EQ(destinations("show iproute origin blackhole"), Lines{"10.128.0.0/9"});
    EXPECT_EQ(destinations("show iproute origin rip"), Lines{});
    EXPECT_EQ(json("show iproute ipv6 origin direct")["total"], 1);
    const auto detail = text("show iproute detail origin ospf");
    EXPECT_NE(
        detail.find("Destination: 172.16.0.0/12\n    Gateway: 10.0.0.4  VLAN: Red\n    Metric: 20  Origin:  OSPF"),
        std::string::npos)
        << detail;
}

TEST_F(routing_shown, a_table_too_large_to_sort_is_shown_whole) {
    const std::uint32_t many = 40'000;
    for (std::uint32_t i = 0; i < many; ++i)
        hold(Owner::routing, IpPrefix{Family::ipv4, 24, IpBits::v4((100u << 24) + (i << 8))}.text().c_str(),
             RouteKind::forward, RouteProtocol::bgp, {"10.0.0.4"});
    const auto shown = json("show iproute origin bgp");
    EXPECT_EQ(shown["routes"].size(), many + 1);
    EXPECT_EQ(shown["total"], many + 1);
    EXPECT_EQ(shown["lengths"]["24"], many);
}

TEST_F(routing_shown, hosts_are_those_of_the_ip_fdb) {
    const auto hosts = json("show ipfdb");
    ASSERT_EQ(hosts["hosts"].size(), 1u);
    EXPECT_EQ(hosts["hosts"][0]["address"], "10.0.0.7");
    EXPECT_EQ(hosts["hosts"][0]["mac"], "02:00:00:00:00:07");
    EXPECT_EQ(hosts["hosts"][0]["vlan"], "Red");
    EXPECT_EQ(json("show ipfdb 10.0.0.7")["total"], 1);
    EXPECT_EQ(json("show ipfdb 10.0.0.8")["total"], 0);
    EXPECT_EQ(json("show ipfdb vlan default")["total"], 0);
    EXPECT_NE(text("show ipfdb").find("10.0.0.7                                02:00:00:00:00:07  Red"),
              std::string::npos);
}

TEST_F(routing_shown, hosts_are_forgotten_one_by_one_or_together) {
    change("clear ipfdb");
    change("clear ipfdb vlan red");
    change("clear ipfdb 10.0.0.7");
    ASSERT_EQ(sw.host_flushes_.size(), 3u);
    EXPECT_EQ(sw.host_flushes_[0].vlan, 0);
    EXPECT_EQ(sw.host_flushes_[1].vlan, red);
    EXPECT_EQ(sw.host_flushes_[2].vlan, red);
    EXPECT_EQ(sw.host_flushes_[2].high, IpAddress::parse("10.0.0.7")->bits.high);
    EXPECT_NE(text("clear ipfdb 10.9.0.7").find("is in no subnet of this switch"), std::string::npos);
}

TEST_F(routing_shown, what_zebra_says_is_counted_and_its_generation_is_explained) {
    EXPECT_EQ(json("show fpm")["generation"], "none");
    sw.fpm_.connected = true;
    sw.fpm_.connects = 2;
    sw.fpm_.phase = "hold";
    sw.fpm_.sweep_in_seconds = 58;
    sw.fpm_.received = 9;
    sw.fpm_.written = 4096;
    sw.fpm_.dealt_with = 4000;
    sw.fpm_.sets = 7;
    sw.fpm_.elsewhere = 1;
    const auto shown = json("show fpm");
    EXPECT_EQ(shown["this_master"]["set"], 7);
    EXPECT_EQ(shown["sweep_in_seconds"], 58);
    const auto lines = text("show fpm");
    for (const auto* line : {"Zebra:            connected, has come 2 time(s)\n"
                             "Generation:       hold (it is new, and has time to learn; routes of before stay), sweep "
                             "in 58 s at the latest\n"
                             "Messages:         9 ever; connections closed as malformed: 0\n"
                             "Position:         byte 4000 of 4096\n"
                             "\nSince this board became master:\n",
                             "routes set                                          7\n",
                             "routes that lead to none of Baton's interfaces      1\n"})
        EXPECT_NE(lines.find(line), std::string::npos) << lines;
}

TEST_F(routing_shown, interfaces_are_those_vlans_that_have_an_address) {
    sw.tables_->applier.router_mac = 0x020000000001;
    sw.tables_->workers[0].routed = 5;
    const auto shown = json("show ipconfig");
    EXPECT_EQ(shown["router_mac"], "02:00:00:00:00:01");
    EXPECT_EQ(shown["routed"], 5);
    ASSERT_EQ(shown["interfaces"].size(), 1u);
    EXPECT_EQ(shown["interfaces"][0]["addresses"][1]["address"], "2001:db8::1/64");
    EXPECT_EQ(shown["interfaces"][0]["ipforwarding"], true);
    EXPECT_EQ(json("show ipconfig vlan default")["interfaces"].size(), 1u);
    const auto page = text("show ipconfig");
    EXPECT_NE(page.find("Red   10.0.0.1/24     Ufru   1500\n"), std::string::npos) << page;
    EXPECT_NE(text("show vlan red").find("    IP:         10.0.0.1/24, 2001:db8::1/64  (IP forwarding)\n"),
              std::string::npos)
        << text("show vlan red");
}

}  // namespace
}  // namespace baton::commands
