// SPDX-License-Identifier: Apache-2.0
// The forwarding path of layer 3: what a packet looks like when it leaves, and by every reason it may not.
#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "tests/packet/noise.h"
#include "tests/packet/router.h"
#include "tests/unit/table/acl_packets.h"

namespace baton::test {
namespace {

TEST(Forwards, ipv4_to_the_next_vlan_with_new_addresses_and_one_less_to_live) {
    Router baton;
    baton.send_four({});
    EXPECT_TRUE(baton.came_out(3, {four(in(20, 2), Router::router(), {}, forwarded(Four{}))}));
    EXPECT_EQ(baton.total(&WorkerCounters::routed), 1u);
    EXPECT_TRUE(baton.is_clean());
}

TEST(Forwards, ipv6_likewise) {
    Router baton;
    baton.send_six({});
    EXPECT_TRUE(baton.came_out(3, {six(in(20, 2), Router::router(), {}, forwarded(Six{}))}));
    EXPECT_EQ(baton.total(&WorkerCounters::routed), 1u);
    EXPECT_TRUE(baton.is_clean());
}

TEST(Forwards, between_all_forms_of_tag) {
    Router baton;
    Four packet;
    packet.to = "10.0.2.3";
    baton.send_four(packet);
    EXPECT_TRUE(baton.came_out(4, {four(in(20, 3), Router::router(), Tag{20, 0}, forwarded(packet))})) << "pushed";
    Four back;
    back.from = "10.0.2.3";
    back.to = "10.0.1.2";
    baton.send(4, four(Router::router(), in(20, 3), Tag{20, 5}, back));
    EXPECT_TRUE(baton.came_out(1, {four(in(10, 2), Router::router(), {}, forwarded(back))})) << "taken off";
    back.to = "10.0.3.2";
    baton.appear(2, in(30, 2), Tag{30, 0});
    baton.clear();
    baton.send(4, four(Router::router(), in(20, 3), Tag{20, 5}, back));
    EXPECT_TRUE(baton.came_out(2, {four(in(30, 2), Router::router(), Tag{30, 5}, forwarded(back))}))
        << "the identifier is the next VLAN's, the priority stays";
    packet.to = "10.0.2.3";
    baton.send(1, four(Router::router(), in(10, 2), Tag{0, 3}, packet));
    EXPECT_TRUE(baton.came_out(4, {four(in(20, 3), Router::router(), Tag{20, 3}, forwarded(packet))}));
    EXPECT_TRUE(baton.is_clean());
}

TEST(Forwards, by_the_port_where_the_packet_came_in) {
    Router baton;
    Four packet;
    packet.from = "10.0.1.3";
    packet.to = "10.0.3.2";
    baton.appear(2, in(30, 2), Tag{30, 0});
    baton.clear();
    baton.send(2, four(Router::router(), in(10, 3), {}, packet));
    EXPECT_TRUE(baton.came_out(2, {four(in(30, 2), Router::router(), Tag{30, 0}, forwarded(packet))}));
    EXPECT_TRUE(baton.is_clean());
}

TEST(Forwards, to_an_address_that_layer_2_does_not_know_by_flooding_the_vlan) {
    Router baton;
    baton.neighbor(20, "10.0.2.9", in(20, 9));
    Four packet;
    packet.to = "10.0.2.9";
    baton.send_four(packet);
    baton.settle();
    EXPECT_EQ(baton.received(3), std::vector<Frame>{four(in(20, 9), Router::router(), {}, forwarded(packet))});
    EXPECT_EQ(baton.received(4), std::vector<Frame>{four(in(20, 9), Router::router(), Tag{20, 0}, forwarded(packet))});
    EXPECT_TRUE(baton.is_clean());
}

TEST(Forwards, by_the_longest_prefix_and_to_next_hops) {
    Router baton;
    baton.route("0.0.0.0/0", {{30, "10.0.3.2"}});
    baton.route("192.0.2.0/24", {{20, "10.0.2.2"}});
    baton.route("192.0.2.128/25", {{20, "10.0.2.3"}});
    baton.route("2001:db8::/32", {{30, "2001:db8:3::2"}});
    baton.route("2001:db8:ff::/48", {{20, "2001:db8:2::2"}});
    const auto goes = [&](const std::string& to, PortId port) {
        if (to.find(':') == std::string::npos) {
            Four packet;
            packet.to = to;
            baton.send_four(packet);
        } else {
            Six packet;
            packet.to = to;
            baton.send_six(packet);
        }
        baton.settle();
        for (PortId id = 1; id <= 5; ++id)
            if (const std::size_t count = baton.received(id).size(); count != (id == port ? 1 : 0)) return false;
        return true;
    };
    EXPECT_TRUE(goes("198.51.100.1", 5));
    EXPECT_TRUE(goes("192.0.2.1", 3));
    EXPECT_TRUE(goes("192.0.2.129", 4));
    EXPECT_TRUE(goes("2001:db8:ee::1", 5));
    EXPECT_TRUE(goes("2001:db8:ff::1", 3));
    EXPECT_TRUE(baton.is_clean());
}

TEST(Forwards, mixed_bursts_of_bridged_and_routed_frames_of_both_families) {
    Router baton;
    std::vector<Frame> to_port_2, to_port_3, to_port_5;
    baton.appear(2, in(10, 3));
    baton.clear();
    for (unsigned n = 0; n < 40; ++n) {
        Four packet;
        packet.id = n;
        Six other;
        other.to = "2001:db8:3::2";
        other.payload = Bytes(20 + n, static_cast<std::uint8_t>(n));
        const Frame bridged = four(in(10, 3), in(10, 2), {}, packet);
        baton.send_four(packet);
        baton.send(1, bridged);
        baton.send_six(other);
        to_port_3.push_back(four(in(20, 2), Router::router(), {}, forwarded(packet)));
        to_port_2.push_back(bridged);
        to_port_5.push_back(six(in(30, 2), Router::router(), {}, forwarded(other)));
    }
    baton.settle();
    EXPECT_EQ(baton.received(2), to_port_2);
    EXPECT_EQ(baton.received(3), to_port_3);
    EXPECT_EQ(baton.received(5), to_port_5);
    EXPECT_EQ(baton.total(&WorkerCounters::routed), 80u);
    EXPECT_TRUE(baton.is_clean());
}

TEST(Forwards, nothing_in_a_vlan_without_an_interface) {
    Router baton;
    ASSERT_EQ(baton.command(CommandType::interface_set, InterfaceSet{10, 0, 0, 0, 0, 0, 0, 0}), Outcome::done);
    const Frame sent = four(Router::router(), in(10, 2), {}, Four{});
    baton.send(1, sent);
    EXPECT_TRUE(baton.came_out(2, {sent})) << "it is unicast to somebody unknown, as any other";
    EXPECT_EQ(baton.total(&WorkerCounters::routed), 0u);
    EXPECT_TRUE(baton.is_clean());
}

TEST(Forwards, what_lies_behind_a_packets_own_end_is_not_sent_on) {
    Router baton;
    Frame sent = four(Router::router(), in(10, 2), {}, Four{});
    sent.resize(900, 0xee);
    baton.send(1, sent);
    EXPECT_TRUE(baton.came_out(3, {four(in(20, 2), Router::router(), {}, forwarded(Four{}))}));
}

TEST(Forwards, options_that_ask_for_nothing) {
    Router baton;
    Four packet;
    packet.options = {0x94, 4, 0, 0, 1, 1, 1, 0};  // router alert, then nothing
    baton.send_four(packet);
    EXPECT_TRUE(baton.came_out(3, {four(in(20, 2), Router::router(), {}, forwarded(packet))}));
}

TEST(Forwards, and_keeps_every_checksum_true) {
    Router baton;
    std::vector<Frame> expected;
    for (unsigned id = 0; id < 0x10000; id += 251) {
        Four packet;
        packet.id = id;
        packet.ttl = 2 + id % 250;
        baton.send_four(packet);
        expected.push_back(four(in(20, 2), Router::router(), {}, forwarded(packet)));
        if (expected.size() == 100) {
            ASSERT_TRUE(baton.came_out(3, expected));
            expected.clear();
        }
    }
}

// --- what ends ---

/// The frame ends under this name and nothing is said about it.
void ends_silently(Router& baton, const Frame& sent, Drop why, const std::string& what) {
    const std::uint64_t before = baton.drops(1, why);
    baton.send(1, sent);
    EXPECT_TRUE(baton.nothing_came_out()) << what;
    EXPECT_EQ(baton.drops(1, why), before + 1) << what;
}

void ends_silently(Router& baton, const Bytes& packet, bool v6, Drop why, const std::string& what) {
    ends_silently(baton, ethernet(Router::router(), in(10, 2), {}, v6 ? 0x86dd : 0x0800, packet), why, what);
}

Bytes with_checksum(Bytes packet) {
    put16(packet, 10, 0);
    put16(packet, 10, internet_checksum(first(packet, std::min<std::size_t>((packet[0] & 15) * 4u, packet.size()))));
    return packet;
}

TEST(Ends, malformed_ipv4_of_every_field) {
    Router baton;
    const auto spoilt = [](std::size_t at, unsigned value) {
        Bytes packet = Four{}.bytes();
        packet.at(at) = static_cast<std::uint8_t>(value);
        return with_checksum(packet);
    };
    for (const unsigned version : {0u, 1u, 3u, 5u, 6u, 15u})
        ends_silently(baton, spoilt(0, version << 4 | 5), false, Drop::ip_malformed,
                      "version " + std::to_string(version));
    for (unsigned words = 0; words < 5; ++words)
        ends_silently(baton, spoilt(0, 0x40 | words), false, Drop::ip_malformed, "header of " + std::to_string(words));
    ends_silently(baton, spoilt(0, 0x4f), false, Drop::ip_malformed, "a header longer than the packet");
    ends_silently(baton, spoilt(3, 19), false, Drop::ip_malformed, "total length below the header's");
    ends_silently(baton, spoilt(3, 0), false, Drop::ip_malformed, "total length 0");
    ends_silently(baton, spoilt(2, 1), false, Drop::ip_malformed, "total length beyond the frame");
    for (const std::size_t at : {1u, 4u, 8u, 10u, 11u, 12u, 19u}) {
        Bytes packet = Four{}.bytes();
        packet[at] ^= 0x10;
        ends_silently(baton, packet, false, Drop::ip_checksum, "byte " + std::to_string(at) + " changed");
    }
    Four with_options;
    with_options.options = {1, 1, 1, 0};
    Bytes packet = with_options.bytes();
    packet[21] ^= 4;
    ends_silently(baton, packet, false, Drop::ip_checksum, "an option changed");
    for (const Bytes& options :
         {Bytes{0x44, 1, 0, 0}, Bytes{0x44, 0, 0, 0}, Bytes{0x44, 9, 0, 0}, Bytes{1, 1, 1, 0x44}}) {
        with_options.options = options;
        ends_silently(baton, with_options.bytes(), false, Drop::ip_malformed, "an option whose length cannot be");
    }
    EXPECT_TRUE(baton.is_clean());
}

TEST(Ends, malformed_ipv6) {
    Router baton;
    for (const unsigned version : {0u, 4u, 5u, 7u, 15u}) {
        Bytes packet = Six{}.bytes();
        packet[0] = static_cast<std::uint8_t>(version << 4);
        ends_silently(baton, packet, true, Drop::ip_malformed, "version " + std::to_string(version));
    }
    Bytes packet = Six{}.bytes();
    put16(packet, 4, 41);
    ends_silently(baton, packet, true, Drop::ip_malformed, "payload beyond the frame");
    EXPECT_TRUE(baton.is_clean());
}

TEST(Ends, addresses_that_no_sender_has) {
    Router baton;
    for (const char* from :
         {"0.0.0.0", "0.1.2.3", "127.0.0.1", "127.255.1.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255"}) {
        Four packet;
        packet.from = from;
        ends_silently(baton, packet.bytes(), false, Drop::ip_source, from);
    }
    for (const char* from : {"::", "::1", "ff02::1", "ff0e::5", "::ffff:10.0.1.2"}) {
        Six packet;
        packet.from = from;
        ends_silently(baton, packet.bytes(), true, Drop::ip_source, from);
    }
    EXPECT_TRUE(baton.is_clean());
}

TEST(Ends, addresses_that_nobody_is_reached_by) {
    Router baton;
    baton.route("0.0.0.0/0", {{30, "10.0.3.2"}});
    baton.route("::/0", {{30, "2001:db8:3::2"}});
    for (const char* to :
         {"0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.5", "239.1.1.1", "240.0.0.1", "255.255.255.255"}) {
        Four packet;
        packet.to = to;
        ends_silently(baton, packet.bytes(), false, Drop::ip_destination, to);
    }
    for (const char* to : {"::", "::1", "ff02::5", "ff0e::1", "::ffff:10.0.2.2", "fe80::1234"}) {
        Six packet;
        packet.to = to;
        ends_silently(baton, packet.bytes(), true, Drop::ip_destination, to);
    }
    EXPECT_TRUE(baton.is_clean());
}

TEST(Ends, what_has_no_business_at_the_routers_address) {
    Router baton;
    ends_silently(baton, frame(Router::router(), in(10, 2)), Drop::not_ip, "an unknown type");
    ends_silently(baton, ethernet(Router::router(), in(10, 2), {}, 0x8847, Bytes(46, 1)), Drop::not_ip, "MPLS");
    EXPECT_TRUE(baton.is_clean());
}

TEST(Ends, what_came_from_or_goes_to_a_vlan_that_does_not_forward) {
    Router baton;
    const auto flags = [&](VlanId id, unsigned flags) {
        const VlanEntry& entry = baton.tables().vlans[id];
        ASSERT_EQ(
            baton.command(CommandType::interface_set, InterfaceSet{id, static_cast<std::uint16_t>(flags), 1500, 0,
                                                                   entry.ipv4, 0, entry.ipv6_high, entry.ipv6_low}),
            Outcome::done);
    };
    flags(10, interface_up | interface_forwards_v6);
    ends_silently(baton, Four{}.bytes(), false, Drop::not_routed, "from");
    baton.send_six({});
    EXPECT_TRUE(baton.came_out(3, {six(in(20, 2), Router::router(), {}, forwarded(Six{}))})) << "families are apart";
    flags(10, interface_up | interface_forwards_v4);
    ends_silently(baton, Six{}.bytes(), true, Drop::not_routed, "from");
    flags(10, interface_up | interface_forwards_v4 | interface_forwards_v6);
    flags(20, interface_up);
    ends_silently(baton, Four{}.bytes(), false, Drop::not_routed, "to");
    ends_silently(baton, Six{}.bytes(), true, Drop::not_routed, "to");
    EXPECT_TRUE(baton.is_clean());
}

TEST(Ends, black_holes_and_directed_broadcasts_without_a_word) {
    Router baton;
    baton.route("192.0.2.0/24", RouteKind::blackhole);
    baton.route("2001:db8:dead::/48", RouteKind::blackhole);
    Four packet;
    packet.to = "192.0.2.7";
    ends_silently(baton, packet.bytes(), false, Drop::route_blackhole, "IPv4");
    Six other;
    other.to = "2001:db8:dead::7";
    ends_silently(baton, other.bytes(), true, Drop::route_blackhole, "IPv6");
    for (const char* to : {"10.0.2.255", "10.0.1.255"}) {
        packet.to = to;
        ends_silently(baton, packet.bytes(), false, Drop::directed_broadcast, to);
    }
    EXPECT_TRUE(baton.is_clean());
}

TEST(Ends, at_a_port_that_cannot_take_it) {
    Router baton;
    baton.link(3, false);
    baton.fixed(in(20, 2), 20, 3);
    baton.send_four({});
    EXPECT_TRUE(baton.nothing_came_out());
    EXPECT_EQ(baton.drops(3, Drop::egress_down), 1u);
    EXPECT_TRUE(baton.is_clean());
}

// --- several next hops ---

struct Spread {
    Router baton;
    std::map<unsigned, PortId> of_flow;

    Spread() {
        baton.route("192.0.2.0/24", {{20, "10.0.2.2"}, {20, "10.0.2.3"}, {30, "10.0.3.2"}});
        baton.route("2001:db8:ff::/48", {{20, "2001:db8:2::2"}, {20, "2001:db8:2::3"}, {30, "2001:db8:3::2"}});
    }

    /// One packet of each flow; where each went.
    std::map<unsigned, PortId> send(bool v6 = false, unsigned flows = 120) {
        std::map<unsigned, PortId> out;
        for (unsigned flow = 0; flow < flows; ++flow) {
            if (v6) {
                Six packet;
                packet.to = "2001:db8:ff::7";
                packet.payload = ports(1000 + flow, 80);
                baton.send_six(packet);
            } else {
                Four packet;
                packet.to = "192.0.2.7";
                packet.payload = ports(1000 + flow, 80);
                baton.send_four(packet);
            }
        }
        baton.settle();
        for (PortId id = 1; id <= 5; ++id)
            for (const Frame& frame : baton.received(id)) {
                const std::size_t ip = frame[12] == 0x81 ? 18 : 14;
                const unsigned flow = get16(frame, ip + (v6 ? 40 : 20)) - 1000;
                EXPECT_EQ(out.count(flow), 0u) << "flow " << flow << " came twice";
                out[flow] = id;
            }
        EXPECT_EQ(out.size(), flows);
        return out;
    }
};

std::map<PortId, unsigned> shares(const std::map<unsigned, PortId>& flows) {
    std::map<PortId, unsigned> out;
    for (const auto& [flow, port] : flows) ++out[port];
    return out;
}

TEST(Several, next_hops_share_flows_and_keep_each_where_it_is) {
    for (const bool v6 : {false, true}) {
        Spread spread;
        const auto once = spread.send(v6);
        for (const PortId port : {3, 4, 5}) EXPECT_GT(shares(once)[port], 20u) << port << " of 120 flows";
        EXPECT_EQ(spread.send(v6), once);
        EXPECT_TRUE(spread.baton.is_clean());
    }
}

TEST(Several, next_hops_of_which_one_is_lost_move_its_flows_and_no_others) {
    Spread spread;
    const auto before = spread.send();
    spread.baton.lose_neighbor(20, "10.0.2.3");
    const auto after = spread.send();
    for (const auto& [flow, port] : before) {
        if (port != 4) {
            EXPECT_EQ(after.at(flow), port) << "flow " << flow;
        }
        EXPECT_NE(after.at(flow), 4);
    }
    EXPECT_EQ(shares(after).count(4), 0u);
    spread.baton.neighbor(20, "10.0.2.3", in(20, 3));
    EXPECT_EQ(spread.send(), before);
    EXPECT_TRUE(spread.baton.is_clean());
}

TEST(Several, next_hops_of_which_one_lies_in_a_vlan_whose_last_port_went_down) {
    Spread spread;
    const auto before = spread.send();
    spread.baton.link(5, false);
    spread.baton.link(2, false);
    const auto after = spread.send();
    EXPECT_EQ(shares(after).count(5), 0u);
    for (const auto& [flow, port] : before)
        if (port != 5) {
            EXPECT_EQ(after.at(flow), port);
        }
    spread.baton.link(5, true);
    spread.baton.appear(5, in(30, 2));
    spread.baton.clear();
    EXPECT_EQ(spread.send(), before);
    EXPECT_TRUE(spread.baton.is_clean());
}

TEST(Several, next_hops_of_which_one_lies_in_a_vlan_that_lost_its_ports) {
    Spread spread;
    const auto before = spread.send();
    spread.baton.vlan(30, {});
    const auto after = spread.send();
    for (const auto& [flow, port] : before)
        if (port != 5) {
            EXPECT_EQ(after.at(flow), port);
        }
    EXPECT_EQ(shares(after).count(5), 0u);
    EXPECT_TRUE(spread.baton.is_clean());
}

TEST(Several, next_hops_get_all_fragments_of_a_packet_the_same_way) {
    Spread spread;
    for (unsigned host = 2; host < 40; ++host) {
        std::set<PortId> ways;
        for (const unsigned fragment : {0x2000u, 0x2001u, 0x0002u}) {
            Four packet;
            packet.from = "10.0.1." + std::to_string(host);
            packet.to = "192.0.2.7";
            packet.fragment = fragment;
            packet.payload = ports(fragment, 80, 24);
            spread.baton.send_four(packet);
            spread.baton.settle();
            for (PortId id = 1; id <= 5; ++id)
                if (!spread.baton.received(id).empty()) ways.insert(id);
        }
        EXPECT_EQ(ways.size(), 1u);
    }
}

// --- anything at all ---

// Whatever comes in, and whatever changes meanwhile: each frame ends in exactly one way, and no buffer is lost.
TEST(Accounts, balance_under_faulty_packets_while_everything_changes) {
    Router baton({.ports = 5, .slots = 512});
    baton.route("192.0.2.0/24", {{20, "10.0.2.2"}, {30, "10.0.3.2"}, {10, "10.0.1.4"}});
    baton.route("192.0.3.0/24", RouteKind::reject);
    baton.route("2001:db8:ff::/48", {{20, "2001:db8:2::2"}, {30, "2001:db8:3::5"}});
    std::mt19937 random(20261127);
    const auto draw = [&random](unsigned below) { return static_cast<unsigned>(random() % below); };
    Noise noise(draw);
    for (int round = 0; round < 1500; ++round) {
        for (unsigned n = draw(60); n > 0; --n) {
            const auto [port, bytes] = noise.next();
            baton.send(port, bytes);
        }
        baton.settle();
        while (baton.host().take([](VlanId, std::span<const std::uint8_t>) {})) {
        }
        if (round % 20 == 0) baton.clear();
        if (draw(5) == 0) baton.neighbor(20, "10.0.2." + std::to_string(2 + draw(5)), in(20, 2 + draw(5)));
        if (draw(5) == 0) baton.lose_neighbor(20, "10.0.2." + std::to_string(2 + draw(5)));
        if (draw(9) == 0) baton.link(static_cast<PortId>(1 + draw(5)), draw(3) != 0);
        if (draw(9) == 0) baton.mtu(30, draw(2) ? 1500 : 1280);
        if (draw(9) == 0) baton.tables().vlans[10].interface_index = draw(2);
        baton.pass(milliseconds(draw(1500)));
        if (round % 10 != 0) continue;
        for (int wait = 0; wait < 2; ++wait) {  // who is told that his packet ended may not be known either
            baton.pass(seconds(4));
            for (std::size_t i = 0; i < baton.crew().size(); ++i) baton.crew().worker(i).turn();
        }
        ASSERT_TRUE(baton.is_clean()) << "round " << round;
    }
    for (const Drop why :
         {Drop::ip_malformed, Drop::ip_checksum, Drop::ip_source, Drop::ip_destination, Drop::ip_options, Drop::not_ip,
          Drop::ttl_expired, Drop::no_route, Drop::route_reject, Drop::directed_broadcast, Drop::unresolved,
          Drop::too_big, Drop::neighbor_malformed, Drop::host_absent})
        EXPECT_GT(baton.lost(why), 0u) << drop_names[static_cast<std::size_t>(why)] << " was never tried";
}

TEST(AccessLists, end_packets_before_they_are_routed_and_nobody_is_told) {
    Router baton;
    AclRule rule = acl_rule("no-udp", AclAction::deny, 1);
    rule.protocol = AclProtocol::udp;
    rule.destination = ip(10, 0, 2, 2);
    rule.destination_length = 32;
    ASSERT_EQ(baton.command(CommandType::acl_set, rule), Outcome::done);
    baton.send_four({});
    EXPECT_TRUE(baton.nothing_came_out());
    EXPECT_EQ(baton.lost(Drop::acl_denied), 1u);
    EXPECT_EQ(baton.total(&WorkerCounters::routed), 0u);
    Four other;
    other.to = "10.0.2.3";
    baton.send_four(other);
    EXPECT_TRUE(baton.came_out(4, {four(in(20, 3), Router::router(), Tag{20, 0}, forwarded(other))}));
    baton.send_six({});
    EXPECT_TRUE(baton.came_out(3, {six(in(20, 2), Router::router(), {}, forwarded(Six{}))}));
    ASSERT_EQ(baton.command(CommandType::acl_delete, rule), Outcome::done);
    baton.send_four({});
    EXPECT_TRUE(baton.came_out(3, {four(in(20, 2), Router::router(), {}, forwarded(Four{}))}));
    EXPECT_TRUE(baton.is_clean());
}

TEST(AccessLists, hold_for_what_is_for_the_router_itself) {
    Router baton;
    Four echo;
    echo.to = "10.0.1.1";
    echo.protocol = 1;
    echo.payload = icmp(8, 0, 0x00010001, Bytes(32, 0x77));
    AclRule rule = acl_rule("no-ping", AclAction::deny, 1);
    rule.protocol = AclProtocol::icmp;
    ASSERT_EQ(baton.command(CommandType::acl_set, rule), Outcome::done);
    baton.send_four(echo);
    EXPECT_TRUE(baton.nothing_came_out());
    EXPECT_EQ(baton.lost(Drop::acl_denied), 1u);
    ASSERT_EQ(baton.command(CommandType::acl_delete, rule), Outcome::done);
    baton.send_four(echo);
    baton.settle();
    EXPECT_EQ(baton.received(1).size(), 1u) << "the answer";
    EXPECT_TRUE(baton.is_clean());
}

}  // namespace
}  // namespace baton::test
