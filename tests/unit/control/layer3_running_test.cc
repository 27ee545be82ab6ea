// SPDX-License-Identifier: Apache-2.0
// The rules of layer 3 in the running configuration: what is refused, with which sentence, and what goes with what.
#include <gtest/gtest.h>

#include "tests/unit/control/random_changes.h"

namespace baton::config {
namespace {

using namespace test;

class Layer3 : public testing::Test {
  protected:
    Layer3() {
        EXPECT_EQ(refusal({vlan_create("red"), vlan_create("blue"), address("red", "10.0.0.1/24"),
                           address("blue", "10.0.1.1/24"), address("red", "2001:db8::1/64")}),
                  "");
    }

    /// The sentence; the configuration must be untouched then. Empty: it was taken.
    std::string refusal(const std::vector<Change>& changes) {
        const Running before = running;
        const auto done = running.apply(changes, port_set());
        if (done) return {};
        EXPECT_EQ(running, before);
        return done.error().what;
    }

    void expect(const Change& change, const std::string& part) {
        const std::string sentence = refusal({change});
        EXPECT_NE(sentence.find(part), std::string::npos) << "said: " << sentence << "\nwanted: " << part;
    }

    Running running = Running::factory(port_list());
};

TEST_F(Layer3, an_address_is_one_hosts_in_its_subnet) {
    for (const char* text : {"10.0.2.1", "10.0.2.1/33", "ten", "10.0.2.1/", "2001:db8::1/129", "10.0.2.1 255.0.255.0"})
        expect(address("red", text), "write it as 10.0.0.1/24");
    for (const char* text : {"0.1.2.3/24", "127.0.0.1/8", "224.0.0.5/24", "255.255.255.255/32", "240.0.0.1/8", "::/64",
                             "::1/128", "ff02::1/64", "::ffff:10.0.0.1/120"})
        expect(address("red", text), "is no host's address");
    expect(address("red", "10.0.2.0/24"), "is the name of the subnet 10.0.2.0/24");
    expect(address("red", "10.0.2.255/24"), "is the broadcast address of 10.0.2.0/24");
    expect(address("red", "2001:db8:5::/64"), "is the name of the subnet");
    expect(address("red", "fe80::1/64"), "the switch makes itself");
    expect(address("red", "10.0.2.1/0"), "1 to 32 bits");
    expect(address("red", "126.0.0.1/7"), "reaches into 127.0.0.0/8");
    expect(address("red", "192.0.0.1/1"), "reaches into");
    expect(address("green", "10.0.2.1/24"), "there is no VLAN 'green'");
    EXPECT_EQ(refusal({address("red", "10.0.2.1 255.255.255.0")}), "");
    EXPECT_EQ(refusal({address("red", "10.0.3.0/31")}), "") << "RFC 3021";
    EXPECT_EQ(refusal({address("red", "10.0.3.9/32")}), "");
    EXPECT_EQ(refusal({address("red", "2001:db8:7::/127")}), "") << "RFC 6164";
}

TEST_F(Layer3, subnets_never_overlap) {
    expect(address("blue", "10.0.0.9/24"), "overlaps 10.0.0.0/24 of VLAN red");
    expect(address("blue", "10.0.0.129/25"), "overlaps 10.0.0.0/24 of VLAN red");
    expect(address("blue", "10.0.3.1/22"), "overlaps 10.0.0.0/24 of VLAN red");
    expect(address("red", "10.0.0.129/25"), "overlaps 10.0.0.0/24 of VLAN red");
    expect(address("blue", "2001:db8::9/32"), "overlaps 2001:db8::/64 of VLAN red");
    expect(address("red", "10.0.0.1/24"), "has the address 10.0.0.1 already");
    expect(address("blue", "10.0.0.1/32"), "overlaps 10.0.0.0/24 of VLAN red");
    EXPECT_EQ(refusal({address("red", "10.0.0.2/24")}), "") << "a second address in its own subnet";
    EXPECT_EQ(refusal({address_away("red", "10.0.0.1")}), "");
    expect(address("blue", "10.0.0.9/24"), "overlaps 10.0.0.0/24 of VLAN red");
    EXPECT_EQ(refusal({address_away("red", "10.0.0.2"), address("blue", "10.0.0.9/24")}), "");
}

TEST_F(Layer3, the_first_address_of_a_family_is_its_primary_one) {
    EXPECT_EQ(refusal({address("red", "10.0.2.1/24")}), "");
    EXPECT_EQ(running.vlan("red")->ip.primary(Family::ipv4)->text(), "10.0.0.1/24");
    EXPECT_EQ(running.vlan("red")->ip.primary(Family::ipv6)->text(), "2001:db8::1/64");
    EXPECT_EQ(refusal({address_away("red", "10.0.0.1")}), "");
    EXPECT_EQ(running.vlan("red")->ip.primary(Family::ipv4)->text(), "10.0.2.1/24");
    expect(address_away("red", "10.0.0.1"), "has no address 10.0.0.1; 'show ipconfig vlan red'");
}

TEST_F(Layer3, says_whose_subnet_an_address_is_in) {
    const auto vlan_of = [&](const char* text) {
        const Subnet* subnet = running.subnet_of(*IpAddress::parse(text));
        return subnet ? subnet->vlan : "none";
    };
    EXPECT_EQ(vlan_of("10.0.0.0"), "red");
    EXPECT_EQ(vlan_of("10.0.0.255"), "red");
    EXPECT_EQ(vlan_of("10.0.1.77"), "blue");
    EXPECT_EQ(vlan_of("10.0.2.0"), "none");
    EXPECT_EQ(vlan_of("9.255.255.255"), "none");
    EXPECT_EQ(vlan_of("2001:db8::77"), "red");
    EXPECT_EQ(vlan_of("2001:db8:1::77"), "none");
    EXPECT_TRUE(running.is_own(*IpAddress::parse("10.0.0.1")));
    EXPECT_FALSE(running.is_own(*IpAddress::parse("10.0.0.2")));
}

TEST_F(Layer3, a_vlan_takes_its_addresses_and_neighbors_along) {
    ASSERT_EQ(refusal({neighbor("10.0.0.7", "02:00:00:00:00:07"), neighbor("10.0.1.7", "02:00:00:00:00:08"),
                       route("172.16.0.0/12", "10.0.0.9"), route("2001:db8:9::/48", "fe80::9", 1, "RED"),
                       route("2001:db8:9::/48", "fe80::9", 1, "blue"), route("2001:db8:8::/48", "fe80::9", 1, "red")}),
              "");
    ASSERT_EQ(refusal({vlan_delete("red")}), "");
    EXPECT_EQ(running.subnet_of(*IpAddress::parse("10.0.0.1")), nullptr);
    EXPECT_EQ(running.static_neighbors().size(), 1u);
    EXPECT_EQ(running.static_routes().size(), 2u)
        << "the one to its subnet waits, the one into the VLAN itself is gone";
    EXPECT_EQ(running.static_routes().find(*IpPrefix::parse("2001:db8:9::/48"))->second.gateways.begin()->first.text(),
              "fe80::9%blue");
}

TEST_F(Layer3, a_gateway_is_another_router) {
    for (const char* text : {"10.0.0.1", "10.0.1.1"}) expect(route("172.16.0.0/12", text), "this switch's own address");
    for (const char* text : {"10.0.0.0", "10.0.0.255"}) expect(route("172.16.0.0/12", text), "names the whole subnet");
    for (const char* text : {"0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255"})
        expect(route("172.16.0.0/12", text), "is no host's address");
    expect(route("172.16.0.0/12", "gw"), "is no gateway");
    expect(route("172.16.0.0/12", "2001:db8::2"), "both must be IPv4, or both IPv6");
    expect(route("::/0", "10.0.0.2"), "both must be IPv4, or both IPv6");
    expect(route("10.0.0.2/32", "10.0.0.2"), "gateway to itself");
    expect(route("::/0", "fe80::1"), "needs its VLAN");
    expect(route("::/0", "2001:db8::2", 1, "red"), "leave %red out");
    expect(route("::/0", "fe80::1", 1, "green"), "there is no VLAN 'green'");
    expect(route("172.16.0.0/12", "10.0.0.2", 0), "metric is 1 to 65535");
    expect(route("172.16.0.0/12", "10.0.0.2", 65536), "metric is 1 to 65535");
    EXPECT_EQ(refusal({route("172.16.0.0/12", "192.168.9.9")}), "") << "kept until its subnet comes";
    expect(address("blue", "192.168.9.9/24"), "is the gateway of a static route; first: configure iproute delete");
}

TEST_F(Layer3, an_address_cannot_make_a_gateway_its_own_or_nobodys) {
    ASSERT_EQ(refusal({route("172.16.0.0/12", "192.168.9.8")}), "");
    expect(address("blue", "192.168.9.8/24"), "would make this switch's own");
    expect(address("blue", "192.168.9.10/29"), "would make the subnet's own name");
    EXPECT_EQ(refusal({address("blue", "192.168.9.10/24")}), "");
}

TEST_F(Layer3, a_destination_has_no_bits_beyond_its_length) {
    expect(route("10.1.2.3/8", "10.0.0.2"), "did you mean 10.0.0.0/8, or the host 10.1.2.3/32?");
    expect(route("10.1.2.3", "10.0.0.2"), "is no destination");
    expect(route("224.0.0.0/4", "10.0.0.2"), "never routed");
    expect(route("127.0.0.0/8", "10.0.0.2"), "never routed");
    expect(route("fe80::/64", "2001:db8::2"), "never routed");
    EXPECT_EQ(refusal({route("0.0.0.0/0", "10.0.0.2"), route("::/0", "2001:db8::2"), route("10.0.0.0/24", "10.0.1.2")}),
              "")
        << "a route to a subnet of one's own is kept; the subnet itself comes first";
}

TEST_F(Layer3, gateways_add_up_to_sixteen_and_a_black_hole_has_none) {
    for (int i = 2; i < 18; ++i) ASSERT_EQ(refusal({route("172.16.0.0/12", numbered("10.0.0.", i))}), "");
    expect(route("172.16.0.0/12", "10.0.0.18"), "has 16 gateways");
    EXPECT_EQ(refusal({route("172.16.0.0/12", "10.0.0.17", 5)}), "") << "a new metric for one that is there";
    EXPECT_EQ(running.static_routes().begin()->second.gateways.size(), 16u);
    expect(blackhole("172.16.0.0/12"), "has gateways; first: configure iproute delete 172.16.0.0/12 10.0.0.2");
    expect(blackhole_away("172.16.0.0/12"), "is no black hole");
    ASSERT_EQ(refusal({blackhole("192.168.0.0/16")}), "");
    expect(route("192.168.0.0/16", "10.0.0.2"), "is a black hole; first: configure iproute delete blackhole");
    expect(route_away("192.168.0.0/16", "10.0.0.2"), "does not lead to 10.0.0.2");
    expect(route_away("192.168.1.0/24", "10.0.0.2"), "there is no static route to 192.168.1.0/24");
    EXPECT_EQ(refusal({blackhole_away("192.168.0.0/16"), route_away("172.16.0.0/12", "10.0.0.2")}), "");
    EXPECT_EQ(running.static_routes().size(), 1u);
}

TEST_F(Layer3, static_routes_have_a_limit) {
    std::vector<Change> all;
    for (std::uint32_t i = 0; i < static_routes_most; ++i)
        all.push_back(route(IpPrefix{Family::ipv4, 24, IpBits::v4((100u << 24) + (i << 8))}.text(), "10.0.0.2"));
    ASSERT_EQ(refusal(all), "");
    expect(route("192.168.0.0/16", "10.0.0.2"), "static routes to 8192 destinations");
    EXPECT_EQ(refusal({route("100.0.0.0/24", "10.0.0.3")}), "") << "a further gateway";
}

TEST_F(Layer3, permanent_neighbors_lie_in_a_subnet) {
    expect(neighbor("10.0.9.7", "02:00:00:00:00:07"), "is in no subnet of this switch");
    expect(neighbor("10.0.0.1", "02:00:00:00:00:07"), "is this switch's own address, in VLAN red");
    expect(neighbor("10.0.0.255", "02:00:00:00:00:07"), "names the whole subnet");
    expect(neighbor("10.0.0.7", "01:00:5e:00:00:01"), "is no station's address");
    expect(neighbor("10.0.0.7", "00:00:00:00:00:00"), "is no station's address");
    expect(neighbor("10.0.0.7", "02:00"), "is no address");
    expect(neighbor("ten", "02:00:00:00:00:07"), "is no address");
    EXPECT_EQ(refusal({neighbor("10.0.0.7", "02:00:00:00:00:07"), neighbor("2001:db8::7", "02:00:00:00:00:07")}), "");
    expect(address("red", "10.0.0.7/24"), "is a permanent neighbor; first: configure iparp delete 10.0.0.7");
    Change few;
    few.mutable_arp_set()->set_max_entries(1);
    expect(few, "there are 2 permanent neighbors");
    few.mutable_arp_set()->set_max_entries(2);
    EXPECT_EQ(refusal({few}), "");
    expect(neighbor("10.0.0.8", "02:00:00:00:00:07"), "which is all there may be");
    EXPECT_EQ(refusal({address_away("red", "10.0.0.1")}), "") << "and its neighbor goes with the subnet";
    EXPECT_EQ(running.static_neighbors().size(), 1u);
    expect(neighbor_away("10.0.0.7"), "is no permanent neighbor");
}

TEST_F(Layer3, mtus_have_their_range_and_ipv6_its_own) {
    expect(mtu("red", 1279), "is 1280 to 9198 bytes (it has an IPv6 address)");
    expect(mtu("blue", 67), "is 68 to 9198 bytes");
    expect(mtu("blue", 9199), "is 68 to 9198 bytes");
    ASSERT_EQ(refusal({mtu("blue", 576)}), "");
    expect(address("blue", "2001:db8:1::1/64"), "first: configure ip-mtu 1500 vlan blue");
}

TEST_F(Layer3, settings_are_the_factorys_until_said) {
    const Interface fresh = running.vlan("Default")->ip;
    EXPECT_FALSE(fresh.forwards_v4 || fresh.forwards_v6);
    EXPECT_TRUE(fresh.redirects && fresh.unreachables);
    EXPECT_EQ(fresh.mtu, 1500u);
    EXPECT_EQ(running.arp().timeout_minutes, 20u);
    EXPECT_EQ(running.ipfdb_aging_seconds(), 0u);
    ASSERT_EQ(refusal({forwarding("red", true), redirects("red", false), unreachables("blue", false), ipfdb_aging(60)}),
              "");
    EXPECT_TRUE(running.vlan("red")->ip.forwards_v4);
    EXPECT_FALSE(running.vlan("red")->ip.forwards_v6);
    EXPECT_FALSE(running.vlan("red")->ip.redirects);
    EXPECT_TRUE(running.vlan("red")->ip.unreachables);
    expect(ipfdb_aging(14), "15 to 1000000");
    Change long_timeout;
    long_timeout.mutable_arp_set()->set_timeout_minutes(32768);
    expect(long_timeout, "0 (never) or 1 to 32767");
}

}  // namespace
}  // namespace baton::config
