// SPDX-License-Identifier: Apache-2.0
// What the router says with ICMP, byte for byte, and when it keeps silent.
#include "tests/packet/router.h"

namespace baton::test {
namespace {

/// An error about `packet` as the host at port 1 gets it: from the router, quoting as much as may be.
Frame told_four(unsigned type, unsigned code, std::uint32_t word, const Four& packet, unsigned id) {
    Four error;
    error.from = "10.0.1.1";
    error.to = packet.from;
    error.protocol = 1;
    error.tos = 0xc0;
    error.id = id;
    error.payload = icmp(type, code, word, first(packet.bytes(), 576 - 28));
    return four(in(10, 2), Router::router(), {}, error);
}

Frame told_six(unsigned type, unsigned code, std::uint32_t word, const Six& packet,
               const std::string& router = "2001:db8:1::1") {
    Six error;
    error.from = router;
    error.to = packet.from;
    error.next = 58;
    error.payload = icmp6(router, packet.from, type, code, word, first(packet.bytes(), 1280 - 48));
    return six(in(10, 2), Router::router(), {}, error);
}

/// The packet ends under `why`, and its sender is told exactly this.
void is_told(Router& baton, const Four& packet, Drop why, unsigned type, unsigned code, std::uint32_t word = 0) {
    const std::uint64_t before = baton.drops(1, why);
    baton.send_four(packet);
    baton.settle();
    const auto frames = baton.received(1);
    ASSERT_EQ(frames.size(), 1u) << drop_names[static_cast<std::size_t>(why)];
    EXPECT_EQ(frames[0], told_four(type, code, word, packet, get16(frames[0], 18)));
    EXPECT_TRUE(baton.nothing_came_out());
    EXPECT_EQ(baton.drops(1, why), before + 1);
    EXPECT_TRUE(baton.is_clean());
}

void is_told(Router& baton, const Six& packet, Drop why, unsigned type, unsigned code, std::uint32_t word = 0) {
    const std::uint64_t before = baton.drops(1, why);
    baton.send_six(packet);
    EXPECT_TRUE(baton.came_out(1, {told_six(type, code, word, packet)})) << drop_names[static_cast<std::size_t>(why)];
    EXPECT_EQ(baton.drops(1, why), before + 1);
    EXPECT_TRUE(baton.is_clean());
}

/// Nobody is told anything, whatever becomes of it.
void is_not_told(Router& baton, const Frame& sent, const std::string& what) {
    baton.send(1, sent);
    EXPECT_TRUE(baton.nothing_came_out()) << what;
}

TEST(Echo, is_answered_for_every_address_of_the_router) {
    Router baton;
    for (const char* own : {"10.0.1.1", "10.0.2.1", "10.0.3.1"}) {
        Four request;
        request.to = own;
        request.protocol = 1;
        request.ttl = 1;
        request.tos = 0x20;
        request.fragment = 0x4000;
        request.payload = icmp(8, 0, 0x12345678, Bytes{1, 2, 3, 4, 5, 6, 7});
        baton.send_four(request);
        baton.settle();
        const auto frames = baton.received(1);
        ASSERT_EQ(frames.size(), 1u) << own;
        Four reply;
        reply.from = own;
        reply.to = request.from;
        reply.protocol = 1;
        reply.tos = 0x20;
        reply.id = get16(frames[0], 18);
        reply.payload = icmp(0, 0, 0x12345678, Bytes{1, 2, 3, 4, 5, 6, 7});
        EXPECT_EQ(frames[0], four(in(10, 2), Router::router(), {}, reply));
    }
    EXPECT_EQ(baton.total(&WorkerCounters::taken), 3u);
    EXPECT_EQ(baton.total(&WorkerCounters::born), 3u);
    EXPECT_TRUE(baton.is_clean());
}

TEST(Echo, is_answered_over_ipv6_also_on_the_link) {
    Router baton;
    for (const auto& [own, from] : {std::pair<std::string, std::string>{"2001:db8:1::1", "2001:db8:1::2"},
                                    {"2001:db8:3::1", "2001:db8:1::2"},
                                    {Router::own_link_local(), "fe80::77"}}) {
        Six request;
        request.from = from;
        request.to = own;
        request.next = 58;
        request.hop_limit = 1;
        request.payload = icmp6(from, own, 128, 0, 0xabcd0001, Bytes(33, 9));
        baton.send_six(request);
        Six reply;
        reply.from = own;
        reply.to = from;
        reply.next = 58;
        reply.payload = icmp6(own, from, 129, 0, 0xabcd0001, Bytes(33, 9));
        EXPECT_TRUE(baton.came_out(1, {six(in(10, 2), Router::router(), {}, reply)})) << own;
    }
    EXPECT_TRUE(baton.is_clean());
}

TEST(Echo, goes_back_to_a_host_of_this_link_that_no_board_has_named_yet) {
    Router baton;
    baton.appear(2, in(10, 77));
    baton.clear();
    Four request;
    request.from = "10.0.1.77";
    request.to = "10.0.1.1";
    request.protocol = 1;
    request.payload = icmp(8, 0, 1, {});
    baton.send(2, four(Router::router(), in(10, 77), {}, request));
    baton.settle();
    const auto frames = baton.received(2);
    ASSERT_EQ(frames.size(), 1u);
    EXPECT_EQ(first(frames[0], 12), mac(in(10, 77)) + mac(Router::router()));
    EXPECT_TRUE(baton.is_clean());
}

TEST(Echo, is_answered_in_a_tagged_vlan_and_to_a_host_behind_another_router) {
    Router baton;
    baton.route("192.0.2.0/24", {{30, "10.0.3.2"}});
    Four request;
    request.from = "192.0.2.9";
    request.to = "10.0.2.1";
    request.protocol = 1;
    request.payload = icmp(8, 0, 1, Bytes(40, 1));
    baton.send(4, four(Router::router(), in(20, 3), Tag{20, 6}, request));
    baton.settle();
    const auto frames = baton.received(5);
    ASSERT_EQ(frames.size(), 1u) << "by the route to it, not back where the request came from";
    EXPECT_EQ(first(frames[0], 14), mac(in(30, 2)) + mac(Router::router()) + be16(0x0800));
    EXPECT_TRUE(baton.is_clean());
}

TEST(Echo, is_not_answered_when_its_checksum_is_wrong_or_it_is_a_piece) {
    Router baton;
    Four request;
    request.to = "10.0.1.1";
    request.protocol = 1;
    request.payload = icmp(8, 0, 1, Bytes(10, 1));
    request.payload[9] ^= 1;
    is_not_told(baton, four(Router::router(), in(10, 2), {}, request), "checksum");
    request.payload[9] ^= 1;
    request.fragment = 0x2000;
    is_not_told(baton, four(Router::router(), in(10, 2), {}, request), "first piece");
    request.fragment = 3;
    is_not_told(baton, four(Router::router(), in(10, 2), {}, request), "later piece");
    Six other;
    other.to = "2001:db8:1::1";
    other.next = 58;
    other.payload = icmp6(other.from, other.to, 128, 0, 1, {});
    other.payload[7] ^= 1;
    is_not_told(baton, six(Router::router(), in(10, 2), {}, other), "ICMPv6 checksum");
    EXPECT_EQ(baton.lost(Drop::host_absent), 4u);
    EXPECT_TRUE(baton.is_clean());
}

TEST(Echo, of_a_size_that_the_way_back_does_not_carry_is_answered_in_pieces) {
    Router baton({.ports = 5, .slots = 64, .slot_size = 9728});
    Four request;
    request.to = "10.0.1.1";
    request.protocol = 1;
    request.payload = icmp(8, 0, 1, Bytes(3000, 1));
    baton.send_four(request);
    baton.settle();
    EXPECT_EQ(baton.received(1).size(), 3u);
    EXPECT_TRUE(baton.is_clean());
}

TEST(Told, that_time_to_live_is_over) {
    Router baton;
    for (const unsigned ttl : {0u, 1u}) {
        Four packet;
        packet.ttl = ttl;
        is_told(baton, packet, Drop::ttl_expired, 11, 0);
        Six other;
        other.hop_limit = ttl;
        is_told(baton, other, Drop::ttl_expired, 3, 0);
    }
}

TEST(Told, quoting_no_more_than_an_error_may_be_long) {
    Router baton;
    Four packet;
    packet.ttl = 1;
    packet.payload = ports(1, 2, 1400);
    is_told(baton, packet, Drop::ttl_expired, 11, 0);
    Six other;
    other.hop_limit = 1;
    other.payload = Bytes(1400, 7);
    is_told(baton, other, Drop::ttl_expired, 3, 0);
}

TEST(Told, that_no_route_leads_there) {
    Router baton;
    Four packet;
    packet.to = "192.0.2.1";
    is_told(baton, packet, Drop::no_route, 3, 0);
    Six other;
    other.to = "2001:db8:ff::1";
    is_told(baton, other, Drop::no_route, 1, 0);
}

TEST(Told, that_a_route_rejects_it) {
    Router baton;
    baton.route("192.0.2.0/24", RouteKind::reject);
    baton.route("2001:db8:ff::/48", RouteKind::reject);
    Four packet;
    packet.to = "192.0.2.1";
    is_told(baton, packet, Drop::route_reject, 3, 1);
    Six other;
    other.to = "2001:db8:ff::1";
    is_told(baton, other, Drop::route_reject, 1, 5);
}

TEST(Told, which_mtu_the_next_link_has) {
    Router baton;
    baton.mtu(20, 1280);
    Four packet;
    packet.fragment = 0x4000;
    packet.payload = Bytes(1261, 1);
    is_told(baton, packet, Drop::too_big, 3, 4, 1280);
    Six other;
    other.payload = Bytes(1241, 1);
    is_told(baton, other, Drop::too_big, 2, 0, 1280);
    packet.payload.pop_back();
    other.payload.pop_back();
    baton.send_four(packet);
    baton.send_six(other);
    EXPECT_TRUE(baton.came_out(3, {four(in(20, 2), Router::router(), {}, forwarded(packet)),
                                   six(in(20, 2), Router::router(), {}, forwarded(other))}))
        << "exactly as long as the MTU";
}

TEST(Told, that_source_routes_fail_here) {
    Router baton;
    for (const unsigned kind : {131u, 137u}) {
        Four packet;
        packet.options = {1, static_cast<std::uint8_t>(kind), 7, 4, 10, 0, 2, 2};
        is_told(baton, packet, Drop::ip_options, 3, 5);
    }
}

TEST(Told, that_nobody_listens_when_the_router_has_no_host_behind_it) {
    Router baton;
    Four packet;
    packet.to = "10.0.1.1";
    packet.payload = ports(1, 161);
    is_told(baton, packet, Drop::host_absent, 3, 3);
    packet.protocol = 6;
    is_told(baton, packet, Drop::host_absent, 3, 3);
    packet.protocol = 47;
    is_told(baton, packet, Drop::host_absent, 3, 2);
    Six other;
    other.to = "2001:db8:1::1";
    is_told(baton, other, Drop::host_absent, 1, 4);
    other.next = 47;
    is_told(baton, other, Drop::host_absent, 4, 1, 6);
}

TEST(Told, that_an_address_of_the_link_does_not_leave_it) {
    Router baton;
    Six packet;
    packet.from = "fe80::77";
    baton.send_six(packet);
    EXPECT_TRUE(baton.came_out(1, {told_six(1, 2, 0, packet, Router::own_link_local())}));
    EXPECT_EQ(baton.drops(1, Drop::ip_source), 1u);
    EXPECT_TRUE(baton.is_clean());
}

TEST(Silent, about_errors_later_pieces_and_those_who_are_no_single_host) {
    Router baton;
    for (const unsigned type : {3u, 4u, 5u, 11u, 12u, 1u, 200u}) {
        Four packet;
        packet.ttl = 1;
        packet.protocol = 1;
        packet.payload = icmp(type, 0, 0, Bytes(28, 1));
        is_not_told(baton, four(Router::router(), in(10, 2), {}, packet), "ICMP " + std::to_string(type));
    }
    Four piece;
    piece.ttl = 1;
    piece.fragment = 0x0005;
    is_not_told(baton, four(Router::router(), in(10, 2), {}, piece), "a later piece");
    piece.fragment = 0x2005;
    is_not_told(baton, four(Router::router(), in(10, 2), {}, piece), "a middle piece");
    for (const unsigned type : {1u, 2u, 3u, 4u, 100u, 137u}) {
        Six packet;
        packet.hop_limit = 1;
        packet.next = 58;
        packet.payload = icmp6(packet.from, packet.to, type, 0, 0, Bytes(40, 1));
        is_not_told(baton, six(Router::router(), in(10, 2), {}, packet), "ICMPv6 " + std::to_string(type));
        const Bytes after = packet.payload;
        packet.next = 0;
        packet.payload = Bytes{58, 0, 1, 4, 0, 0, 0, 0} + after;
        is_not_told(baton, six(Router::router(), in(10, 2), {}, packet), "the same behind hop-by-hop options");
        packet.next = 44;
        packet.payload = Bytes{58, 0, 0, 1, 0, 0, 0, 9} + after;
        is_not_told(baton, six(Router::router(), in(10, 2), {}, packet), "the same in a first piece");
        packet.payload = Bytes{17, 0, 0x05, 0x01, 0, 0, 0, 9} + after;
        is_not_told(baton, six(Router::router(), in(10, 2), {}, packet), "a later piece");
    }
    EXPECT_EQ(baton.total(&WorkerCounters::born), 0u);
    EXPECT_TRUE(baton.is_clean());
}

TEST(Silent, about_what_cannot_be_reached_where_that_is_wanted) {
    Router baton;
    ASSERT_EQ(baton.command(CommandType::interface_set,
                            InterfaceSet{10, interface_up | interface_forwards_v4 | interface_forwards_v6, 1500, 0,
                                         0x0a000101, 0, 0x20010db800010000, 1}),
              Outcome::done);
    Four packet;
    packet.to = "192.0.2.1";
    is_not_told(baton, four(Router::router(), in(10, 2), {}, packet), "no route");
    packet.ttl = 1;
    is_told(baton, packet, Drop::ttl_expired, 11, 0);
    baton.mtu(20, 600);
    packet.to = "10.0.2.2";
    packet.ttl = 9;
    packet.fragment = 0x4000;
    packet.payload = Bytes(900, 1);
    is_told(baton, packet, Drop::too_big, 3, 4, 600);
}

TEST(Silent, when_it_has_said_enough) {
    Router baton;
    for (unsigned n = 0; n < 200; ++n) {
        Four packet;
        packet.ttl = 1;
        packet.id = n;
        baton.send_four(packet);
    }
    baton.settle();
    const std::size_t said = baton.received(1).size();
    EXPECT_GE(said, 64u);
    EXPECT_LT(said, 200u);
    EXPECT_EQ(baton.drops(1, Drop::ttl_expired), 200u);
    baton.pass(seconds(1));
    Four packet;
    packet.ttl = 1;
    is_told(baton, packet, Drop::ttl_expired, 11, 0);
}

TEST(Redirected, hosts_learn_of_the_better_first_hop_and_their_packet_goes_on) {
    Router baton;
    baton.neighbor(10, "10.0.1.9", in(10, 9));
    baton.appear(2, in(10, 9));
    baton.clear();
    baton.route("192.0.2.0/24", {{10, "10.0.1.9"}});
    Four packet;
    packet.to = "192.0.2.7";
    baton.send_four(packet);
    baton.settle();
    EXPECT_EQ(baton.received(2), std::vector<Frame>{four(in(10, 9), Router::router(), {}, forwarded(packet))});
    const auto frames = baton.received(1);
    ASSERT_EQ(frames.size(), 1u);
    EXPECT_EQ(frames[0], told_four(5, 1, 0x0a000109, packet, get16(frames[0], 18)));
    EXPECT_TRUE(baton.is_clean());
}

TEST(Redirected, hosts_over_ipv6_get_its_link_address_too) {
    Router baton;
    baton.neighbor(10, "2001:db8:1::9", in(10, 9));
    baton.appear(2, in(10, 9));
    baton.clear();
    Six packet;
    packet.to = "2001:db8:1::9";
    baton.send_six(packet);
    baton.settle();
    EXPECT_EQ(baton.received(2), std::vector<Frame>{six(in(10, 9), Router::router(), {}, forwarded(packet))});
    Six redirect;
    redirect.from = Router::own_link_local();
    redirect.to = packet.from;
    redirect.next = 58;
    redirect.hop_limit = 255;
    const Bytes quoted = first(packet.bytes(), packet.bytes().size() / 8 * 8);
    const Bytes rest = address("2001:db8:1::9") + address("2001:db8:1::9") + Bytes{2, 1} + mac(in(10, 9)) +
                       Bytes{4, static_cast<std::uint8_t>(1 + quoted.size() / 8), 0, 0, 0, 0, 0, 0} + quoted;
    redirect.payload = icmp6(redirect.from, redirect.to, 137, 0, 0, rest);
    EXPECT_EQ(baton.received(1), std::vector<Frame>{six(in(10, 2), Router::router(), {}, redirect)});
    EXPECT_TRUE(baton.is_clean());
}

TEST(Redirected, nobody_from_another_link_nor_where_it_is_not_wanted_nor_too_often) {
    Router baton;
    baton.neighbor(10, "10.0.1.9", in(10, 9));
    baton.appear(2, in(10, 9));
    baton.clear();
    baton.route("192.0.2.0/24", {{10, "10.0.1.9"}});
    Four packet;
    packet.from = "10.0.3.2";  // not of this link, though it came in here
    packet.to = "192.0.2.7";
    baton.send_four(packet);
    EXPECT_TRUE(baton.came_out(2, {four(in(10, 9), Router::router(), {}, forwarded(packet))}));
    packet.from = "10.0.1.2";
    for (unsigned n = 0; n < 100; ++n) baton.send_four(packet);
    baton.settle();
    EXPECT_EQ(baton.received(2).size(), 100u);
    const std::size_t said = baton.received(1).size();
    EXPECT_GE(said, 1u);
    EXPECT_LE(said, 20u);
    EXPECT_TRUE(baton.is_clean());
}

}  // namespace
}  // namespace baton::test
