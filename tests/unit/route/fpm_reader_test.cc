// SPDX-License-Identifier: Apache-2.0
// The reader of zebra's frames: what each kind of message says, and that nothing malformed says anything.
#include "controlplane/route/fpm_reader.h"

#include <gtest/gtest.h>

#include "tests/unit/route/netlink.h"

namespace baton::zebra {
namespace {

using test::bits;
using test::Buffer;
using test::Route;

Frame read(const Buffer& bytes, Fault expected = Fault::none) {
    Frame frame;
    EXPECT_EQ(read_frame(bytes, frame), expected) << fault_names[static_cast<std::size_t>(expected)];
    return frame;
}

TEST(FpmReader, reads_a_route_with_one_next_hop) {
    const Frame frame = read(test::frame({Route{}}));
    ASSERT_EQ(frame.changes.size(), 1u);
    const Change& change = frame.changes[0];
    EXPECT_FALSE(change.remove);
    EXPECT_EQ(change.family, Family::ipv4);
    EXPECT_EQ(change.prefix, bits("10.1.0.0"));
    EXPECT_EQ(change.length, 16);
    EXPECT_EQ(change.kind, RouteKind::forward);
    EXPECT_EQ(change.protocol, RouteProtocol::ospf);
    EXPECT_EQ(change.metric, 20u);
    ASSERT_EQ(change.hop_count, 1);
    EXPECT_EQ(change.hops[0], (NextHop{bits("192.0.2.1"), 5, 1}));
    EXPECT_EQ(frame.pid, 77u);
}

TEST(FpmReader, reads_ipv6_over_a_link_local_next_hop) {
    Route route;
    route.prefix = "2001:db8:5::";
    route.length = 48;
    route.hops = {{"fe80::1", 9}};
    const Frame frame = read(test::frame({route}));
    ASSERT_EQ(frame.changes.size(), 1u);
    EXPECT_EQ(frame.changes[0].family, Family::ipv6);
    EXPECT_EQ(frame.changes[0].hops[0], (NextHop{bits("fe80::1"), 9, 1}));
}

TEST(FpmReader, reads_multipath_with_and_without_the_nested_flag) {
    for (const bool nested : {true, false}) {
        Route route;
        route.nested = nested;
        route.hops = {{"192.0.2.1", 5}, {"192.0.2.2", 5}, {"198.51.100.1", 6}};
        const Frame frame = read(test::frame({route}));
        ASSERT_EQ(frame.changes.size(), 1u);
        ASSERT_EQ(frame.changes[0].hop_count, 3);
        EXPECT_EQ(frame.changes[0].hops[2], (NextHop{bits("198.51.100.1"), 6, 1}));
    }
}

TEST(FpmReader, keeps_sixteen_next_hops_and_counts_the_rest) {
    Route route;
    route.hops.clear();
    for (unsigned i = 1; i <= 20; ++i) route.hops.emplace_back("192.0.2." + std::to_string(i), 5);
    const Frame frame = read(test::frame({route}));
    EXPECT_EQ(frame.changes[0].hop_count, hops_most);
    EXPECT_EQ(frame.hops_cut, 4u);
}

TEST(FpmReader, takes_one_next_hop_said_twice_for_one) {
    Route route;
    route.hops = {{"192.0.2.1", 5}, {"192.0.2.1", 5}};
    EXPECT_EQ(read(test::frame({route})).changes[0].hop_count, 1);
}

TEST(FpmReader, takes_delete_and_new_in_one_frame_for_a_replacement) {
    Route now;
    now.hops = {{"192.0.2.9", 5}};
    const Frame frame = read(test::frame({test::removal("10.1.0.0", 16), now}));
    ASSERT_EQ(frame.changes.size(), 1u);
    EXPECT_FALSE(frame.changes[0].remove);
    EXPECT_EQ(frame.changes[0].hops[0].address, bits("192.0.2.9"));
}

TEST(FpmReader, keeps_apart_what_one_frame_says_of_two_prefixes) {
    const Frame frame = read(test::frame({test::removal("10.1.0.0", 16), test::removal("10.1.0.0", 17)}));
    EXPECT_EQ(frame.changes.size(), 2u);
}

TEST(FpmReader, reads_blackholes_and_rejections) {
    const std::pair<std::uint8_t, RouteKind> kinds[] = {
        {RTN_BLACKHOLE, RouteKind::blackhole}, {RTN_UNREACHABLE, RouteKind::reject}, {RTN_PROHIBIT, RouteKind::reject}};
    for (const auto& [type, kind] : kinds) {
        Route route;
        route.type = type;
        route.hops = {};
        const Frame frame = read(test::frame({route}));
        ASSERT_EQ(frame.changes.size(), 1u);
        EXPECT_EQ(frame.changes[0].kind, kind);
        EXPECT_EQ(frame.changes[0].hop_count, 0);
    }
}

TEST(FpmReader, reads_the_default_route_of_both_families) {
    for (const char* prefix : {"0.0.0.0", "::"}) {
        Route route;
        route.prefix = prefix;
        route.length = 0;
        route.hops = {{prefix[0] == ':' ? "2001:db8::1" : "192.0.2.1", 5}};
        const Frame frame = read(test::frame({route}));
        ASSERT_EQ(frame.changes.size(), 1u);
        EXPECT_EQ(frame.changes[0].length, 0);
        EXPECT_FALSE(frame.changes[0].remove);
    }
}

TEST(FpmReader, takes_what_the_kernel_knows_for_a_removal_of_what_zebra_had) {
    Route connected;
    connected.protocol = RTPROT_KERNEL;
    connected.hops = {{"", 5}};
    const Frame frame = read(test::frame({connected}));
    ASSERT_EQ(frame.changes.size(), 1u);
    EXPECT_TRUE(frame.changes[0].remove);
}

TEST(FpmReader, knows_the_sentinel_and_does_not_take_it_for_a_route) {
    const Frame frame = read(test::frame({test::sentinel()}));
    ASSERT_EQ(frame.changes.size(), 1u);
    EXPECT_TRUE(frame.changes[0].sentinel);
    EXPECT_TRUE(read(test::frame({test::removal("fefe:ffff::1", 128)})).changes.empty());
}

TEST(FpmReader, passes_over_what_is_none_of_its_business) {
    Route other_table;
    other_table.table = 10;
    Route local;
    local.type = RTN_LOCAL;
    Route multicast;
    multicast.prefix = "224.0.0.0";
    multicast.length = 4;
    Route loopback;
    loopback.prefix = "127.0.0.0";
    loopback.length = 8;
    Route link_local;
    link_local.prefix = "fe80::";
    link_local.length = 64;
    link_local.hops = {{"", 5}};
    const Frame frame = read(test::frame({other_table, local, multicast, loopback, link_local}));
    EXPECT_TRUE(frame.changes.empty());
    EXPECT_EQ(frame.passed_over, 5u);
}

TEST(FpmReader, removes_a_prefix_whose_next_hops_cannot_be_used) {
    Route nowhere;
    nowhere.hops = {{"192.0.2.1", 0}};  // no interface: not resolved, or by a next-hop group
    const Frame frame = read(test::frame({nowhere}));
    ASSERT_EQ(frame.changes.size(), 1u);
    EXPECT_TRUE(frame.changes[0].remove);
    EXPECT_EQ(frame.without_hops, 1u);
}

TEST(FpmReader, refuses_a_prefix_that_does_not_fit_its_family) {
    Route too_long;
    too_long.length = 33;
    read(test::frame({too_long}), Fault::prefix_length);
    Route behind;
    behind.prefix = "10.1.0.1";
    read(test::frame({behind}), Fault::prefix_bits);
    Buffer family = test::frame({Route{}});
    family[sizeof(nlmsghdr)] = AF_BRIDGE;
    read(family, Fault::family);
}

TEST(FpmReader, refuses_an_address_of_the_wrong_size) {
    Buffer body;
    rtmsg header{};
    header.rtm_family = AF_INET;
    header.rtm_dst_len = 8;
    header.rtm_table = RT_TABLE_MAIN;
    test::append(body, &header, sizeof header);
    test::attribute(body, RTA_DST, Buffer(16));
    nlmsghdr message{};
    message.nlmsg_type = RTM_NEWROUTE;
    message.nlmsg_len = static_cast<std::uint32_t>(sizeof message + body.size());
    Buffer bytes;
    test::append(bytes, &message, sizeof message);
    bytes.insert(bytes.end(), body.begin(), body.end());
    read(bytes, Fault::address_size);
}

TEST(FpmReader, says_nothing_when_a_frame_is_cut_anywhere) {
    Route many;
    many.hops = {{"192.0.2.1", 5}, {"192.0.2.2", 5}};
    const Buffer whole = test::frame({test::removal("10.0.0.0", 8), many});
    for (std::size_t size = 1; size < whole.size(); ++size) {
        Frame frame;
        const Fault fault = read_frame({whole.data(), size}, frame);
        const bool first_only = size == test::frame({test::removal("10.0.0.0", 8)}).size();
        EXPECT_EQ(fault == Fault::none, first_only) << size;
        EXPECT_EQ(frame.changes.size(), first_only ? 1u : 0u);
    }
}

TEST(FpmReader, survives_every_byte_being_another) {
    Route many;
    many.hops = {{"192.0.2.1", 5}, {"192.0.2.2", 5}};
    const Buffer whole = test::frame({many, test::sentinel()});
    Frame frame;
    for (std::size_t at = 0; at < whole.size(); ++at)
        for (unsigned value = 0; value < 256; ++value) {
            Buffer bytes = whole;
            bytes[at] = static_cast<std::uint8_t>(value);
            (void)read_frame(bytes, frame);
            EXPECT_LE(frame.changes.size(), 2u);
        }
}

}  // namespace
}  // namespace baton::zebra
