// SPDX-License-Identifier: Apache-2.0
// The commands of layer 3: what each makes of the configuration, and the sentences of those that cannot.
#include <gtest/gtest.h>

#include "tests/unit/commands/fake_switch.h"

namespace baton::commands {
namespace {

class routing : public testing::Test {
  protected:
    routing() {
        change("create vlan Red");
        change("create vlan Blue");
    }

    FakeSwitch sw;
    Interpreter interpreter{sw};

    std::string text(std::string_view line) { return say(interpreter, line).text; }

    Json json(std::string_view line) { return json_of(interpreter, line); }

    std::string change(std::string_view line) {
        const auto said = say(interpreter, line, false, 77);
        EXPECT_EQ(said.code, Code::ok) << line << "\n" << said.text;
        return said.text;
    }

    void refused(std::string_view line, std::string_view part, Code code = Code::failed) {
        const auto said = say(interpreter, line);
        EXPECT_EQ(said.code, code) << line << "\n" << said.text;
        EXPECT_NE(said.text.find(part), std::string::npos) << said.text;
    }

    const config::Interface& ip(std::string_view vlan) { return sw.running().vlan(vlan)->ip; }
};

TEST_F(routing, addresses_are_written_in_three_ways) {
    EXPECT_EQ(change("configure vlan red ipaddress 10.0.0.1 255.255.255.0"),
              "IP address 10.0.0.1/24 added to VLAN \"Red\".\n");
    EXPECT_EQ(change("configure vlan red ipaddress 192.168.9.1"), "IP address 192.168.9.1/24 added to VLAN \"Red\".\n")
        << "class C";
    EXPECT_EQ(change("conf vlan blue ipa 2001:DB8::1/64"), "IP address 2001:db8::1/64 added to VLAN \"Blue\".\n");
    EXPECT_EQ(ip("red").addresses.size(), 2u);
    refused("configure vlan red ipaddress 2001:db8:1::1", "2001:db8:1::1/64", Code::syntax);
    refused("configure vlan red ipaddress 10.0.0.256/24", "is not known here", Code::syntax);
    refused("configure vlan red ipaddress 10.0.0.1 255.0.255.0", "ones and then zeros", Code::syntax);
    refused("configure vlan green ipaddress 10.0.0.1/24", "there is no VLAN \"green\"");
    refused("configure vlan blue ipaddress 10.0.0.9/24", "overlaps 10.0.0.0/24 of VLAN Red");
    EXPECT_EQ(change("unconfigure vlan red ipaddress 10.0.0.1"), "IP address 10.0.0.1 removed from VLAN \"Red\".\n");
    EXPECT_EQ(change("unconfigure vlan red ipaddress"), "IP address 192.168.9.1 removed from VLAN \"Red\".\n");
    EXPECT_EQ(change("unconfigure vlan red ipaddress"), "VLAN \"Red\" has no IP address.\n");
}

TEST_F(routing, forwarding_is_of_one_vlan_or_of_all_that_have_an_address) {
    refused("enable ipforwarding", "no VLAN has an IP address yet");
    change("configure vlan red ipaddress 10.0.0.1/24");
    EXPECT_EQ(change("enable ipforwarding"), "IP forwarding enabled in VLAN \"Red\".\n");
    EXPECT_TRUE(ip("red").forwards_v4);
    EXPECT_FALSE(ip("blue").forwards_v4);
    EXPECT_EQ(change("enable ipforwarding ipv6 vlan blue"),
              "IPv6 forwarding enabled in VLAN \"Blue\", once it has an address.\n");
    EXPECT_EQ(change("disable ipforwarding"), "IP forwarding disabled in VLAN \"Red\".\n");
    EXPECT_EQ(change("disable ipforwarding"), "No VLAN forwards IP.\n");
    EXPECT_TRUE(ip("blue").forwards_v6);
    refused("enable ipforwarding vlan green", "there is no VLAN \"green\"");
}

TEST_F(routing, mtu_and_icmp_are_of_a_vlan) {
    change("configure ip-mtu 1400 vlan red");
    EXPECT_EQ(ip("red").mtu, 1400u);
    refused("configure ip-mtu 67 vlan red", "68 to 9198", Code::syntax);
    EXPECT_EQ(change("disable icmp redirects vlan red"), "ICMP redirects disabled in VLAN \"Red\".\n");
    EXPECT_EQ(change("disable icmp unreachables"), "ICMP unreachables disabled in all VLANs.\n");
    EXPECT_FALSE(ip("red").redirects || ip("red").unreachables || ip("default").unreachables);
    EXPECT_TRUE(ip("blue").redirects);
    change("enable icmp redirects");
    EXPECT_TRUE(ip("red").redirects);
}

TEST_F(routing, static_routes_have_gateways_or_are_black_holes) {
    change("configure vlan red ipaddress 10.0.0.1/24");
    EXPECT_EQ(change("configure iproute add 172.16.0.0/12 10.0.0.2"), "Route to 172.16.0.0/12 by 10.0.0.2 added.\n");
    EXPECT_EQ(change("configure iproute add default 10.9.0.2 5"),
              "Route to 0.0.0.0/0 by 10.9.0.2 added; it waits until a VLAN has a subnet with that gateway.\n");
    EXPECT_EQ(change("configure iproute add default fe80::1%red"), "Route to ::/0 by fe80::1%Red added.\n");
    change("configure iproute add blackhole 192.168.0.0/16");
    EXPECT_EQ(sw.running().static_routes().size(), 4u);
    refused("configure iproute add 172.16.0.1/12 10.0.0.2", "did you mean 172.16.0.0/12", Code::syntax);
    refused("configure iproute add default 10.0.0.1", "this switch's own address");
    refused("configure iproute add default 10.0.0.2 0", "a metric is a number from 1 to 65535", Code::syntax);
    refused("configure iproute add default fe80::1", "needs its VLAN");
    refused("configure iproute delete 172.17.0.0/16 10.0.0.2", "there is no static route to 172.17.0.0/16");
    change("configure iproute delete 172.16.0.0/12 10.0.0.2");
    change("configure iproute delete default fe80::1%RED");
    change("configure iproute delete default 10.9.0.2");
    change("configure iproute delete blackhole 192.168.0.0/16");
    EXPECT_TRUE(sw.running().static_routes().empty());
}

TEST_F(routing, permanent_neighbors_are_of_either_family) {
    change("configure vlan red ipaddress 10.0.0.1/24");
    change("configure vlan red ipaddress 2001:db8::1/64");
    change("configure iparp add 10.0.0.7 00:11:22:33:44:55");
    change("configure neighbor-discovery cache add 2001:db8::7 00:11:22:33:44:55");
    EXPECT_EQ(sw.running().static_neighbors().size(), 2u);
    refused("configure iparp add 2001:db8::8 00:11:22:33:44:55", "use: configure neighbor-discovery cache add");
    refused("configure neighbor-discovery cache delete 10.0.0.7", "use: configure iparp delete 10.0.0.7");
    refused("configure iparp add 10.1.0.7 00:11:22:33:44:55", "is in no subnet of this switch");
    change("configure iparp delete 10.0.0.7");
    change("configure neighbor-discovery cache delete 2001:db8::7");
    EXPECT_TRUE(sw.running().static_neighbors().empty());
}

TEST_F(routing, arp_and_the_ip_fdb_have_their_settings) {
    change("configure iparp timeout 5");
    change("configure iparp max-entries 100");
    change("configure iparp max-pending-entries 50");
    change("disable iparp checking");
    change("disable iparp refresh");
    EXPECT_EQ(sw.running().arp(), (config::ArpSettings{5, 100, 50, false, false}));
    change("enable iparp checking");
    EXPECT_TRUE(sw.running().arp().checking);
    EXPECT_EQ(change("configure iparp timeout 0"), "ARP entries do not time out.\n");
    EXPECT_EQ(change("configure ipfdb agingtime 60"), "IP FDB aging time: 60 s.\n");
    refused("configure ipfdb agingtime 3", "15 to 1000000", Code::syntax);
}

TEST_F(routing, unconfigure_switch_takes_all_of_it_away) {
    const auto factory = sw.running().as_changes().size();
    change("configure vlan default ipaddress 10.0.0.1/24");
    change("enable ipforwarding");
    change("configure iproute add default 10.0.0.2");
    change("configure iparp add 10.0.0.7 00:11:22:33:44:55");
    change("configure iparp timeout 1");
    change("configure ipfdb agingtime 60");
    change("configure ip-mtu 1400 vlan default");
    change("unconfigure switch");
    EXPECT_EQ(sw.running(), config::Running::factory({sw.names_.begin(), sw.names_.end()}));
    EXPECT_LT(sw.running().as_changes().size(), factory) << "the two VLANs went, too";
}

}  // namespace
}  // namespace baton::commands
