// SPDX-License-Identifier: Apache-2.0
// Bytes in, words out, and back.
#include "tests/unit/arp/router.h"

namespace baton::arp {
namespace {

using namespace test;
using Bytes = std::vector<std::uint8_t>;

Bytes hex(std::string_view text) {
    Bytes out;
    const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
        while (text[i] == ' ') ++i;
        out.push_back(static_cast<std::uint8_t>(digit(text[i]) << 4 | digit(text[i + 1])));
    }
    return out;
}

TEST(ArpFrame, an_announcement_has_the_bytes_of_rfc_5227) {
    EXPECT_EQ(arp_announcement(own_mac, ip("10.0.0.1")),
              hex("ffffffffffff 02ba70000001 0806 0001 0800 06 04 0001 02ba70000001 0a000001 000000000000 0a000001"));
}

TEST(ArpFrame, a_request_goes_to_everybody_or_to_one) {
    EXPECT_EQ(arp_request(own_mac, ip("10.0.0.1"), ip("10.0.0.9"), std::nullopt),
              hex("ffffffffffff 02ba70000001 0806 0001 0800 06 04 0001 02ba70000001 0a000001 000000000000 0a000009"));
    EXPECT_EQ(arp_request(own_mac, ip("10.0.0.1"), ip("10.0.0.9"), mac_of(9)),
              hex("02aa00000009 02ba70000001 0806 0001 0800 06 04 0001 02ba70000001 0a000001 02aa00000009 0a000009"));
}

TEST(ArpFrame, a_reply_is_read) {
    const auto heard = read_arp(host_answers(9, "10.0.0.9"));
    ASSERT_TRUE(heard);
    EXPECT_EQ(heard->address, ip("10.0.0.9"));
    EXPECT_EQ(heard->mac, mac_of(9));
    EXPECT_EQ(heard->asks, ip("10.0.0.1"));
    EXPECT_TRUE(heard->confirms && heard->overrides);
}

TEST(ArpFrame, a_tag_and_padding_are_passed_over) {
    Bytes frame = host_answers(9, "10.0.0.9");
    const auto plain = read_arp(frame);
    frame.resize(60);
    EXPECT_EQ(read_arp(frame), plain);
    const Bytes tag = hex("8100 000a");
    frame.insert(frame.begin() + 12, tag.begin(), tag.end());
    EXPECT_EQ(read_arp(frame), plain);
}

TEST(ArpFrame, every_field_that_is_wrong_spoils_it) {
    const Bytes good = host_answers(9, "10.0.0.9");
    for (const std::size_t at : {12, 13, 14, 15, 16, 17, 18, 19, 20, 21}) {
        Bytes frame = good;
        frame[at] ^= 0x40;
        EXPECT_FALSE(read_arp(frame)) << "byte " << at;
    }
    for (std::size_t size = 0; size < good.size(); ++size)
        EXPECT_FALSE(read_arp(std::span(good).first(size))) << size << " bytes";
}

TEST(ArpFrame, a_group_or_no_address_as_sender_is_refused) {
    Bytes frame = host_answers(9, "10.0.0.9");
    frame[22] |= 1;
    EXPECT_FALSE(read_arp(frame));
    std::fill(frame.begin() + 22, frame.begin() + 28, std::uint8_t{0});
    EXPECT_FALSE(read_arp(frame));
}

TEST(NdFrame, a_solicitation_has_the_bytes_of_rfc_4861) {
    const Bytes frame = nd_solicitation(own_mac, ip("2001:db8:10::1"), ip("2001:db8:10::12:3456"), std::nullopt);
    Bytes by_hand =
        hex("3333ff123456 02ba70000001 86dd 60000000 0020 3a ff"
            "20010db8001000000000000000000001 ff0200000000000000000001ff123456"
            "87 00 0000 00000000 20010db8001000000000000000123456 01 01 02ba70000001");
    mend_checksum(by_hand);
    EXPECT_EQ(frame, by_hand);
    EXPECT_LE(frame.size(), 96u) << "what frame_send takes";
}

TEST(NdFrame, a_probe_goes_to_the_neighbour_itself) {
    const Bytes frame = nd_solicitation(own_mac, ip("fe80::1"), ip("fe80::9"), mac_of(9));
    Bytes by_hand =
        hex("02aa00000009 02ba70000001 86dd 60000000 0020 3a ff"
            "fe800000000000000000000000000001 fe800000000000000000000000000009"
            "87 00 0000 00000000 fe800000000000000000000000000009 01 01 02ba70000001");
    mend_checksum(by_hand);
    EXPECT_EQ(frame, by_hand);
}

TEST(NdFrame, an_announcement_overrides_and_says_router) {
    Bytes by_hand =
        hex("333300000001 02ba70000001 86dd 60000000 0020 3a ff"
            "20010db8001000000000000000000001 ff020000000000000000000000000001"
            "88 00 0000 a0000000 20010db8001000000000000000000001 02 01 02ba70000001");
    mend_checksum(by_hand);
    EXPECT_EQ(nd_announcement(own_mac, ip("2001:db8:10::1")), by_hand);
}

TEST(NdFrame, an_advertisement_is_read_with_its_flags) {
    const auto solicited = read_nd(host_advertises(9, "2001:db8:10::9", 6));
    ASSERT_TRUE(solicited);
    EXPECT_EQ(solicited->address, ip("2001:db8:10::9"));
    EXPECT_EQ(solicited->mac, mac_of(9));
    EXPECT_TRUE(solicited->confirms && solicited->overrides);
    EXPECT_FALSE(solicited->asks);
    const auto bare = read_nd(host_advertises(9, "2001:db8:10::9", 0, "ff02::1", false));
    ASSERT_TRUE(bare);
    EXPECT_FALSE(bare->mac || bare->confirms || bare->overrides);
}

TEST(NdFrame, a_solicitation_tells_of_its_source_and_asks) {
    const auto heard = read_nd(host_solicits(9, "2001:db8:10::9", "2001:db8:10::1"));
    ASSERT_TRUE(heard);
    EXPECT_EQ(heard->address, ip("2001:db8:10::9"));
    EXPECT_EQ(heard->mac, mac_of(9));
    EXPECT_EQ(heard->asks, ip("2001:db8:10::1"));
    EXPECT_TRUE(heard->overrides && !heard->confirms);
    const auto seeks = read_nd(host_seeks_routers(9, "fe80::9"));
    ASSERT_TRUE(seeks);
    EXPECT_TRUE(seeks->asks_any_router);
}

TEST(NdFrame, a_probe_for_duplicates_tells_of_nobody) {
    const auto heard = read_nd(host_solicits(9, "::", "2001:db8:10::1"));
    ASSERT_TRUE(heard);
    EXPECT_TRUE(heard->address.is_unspecified() && !heard->mac);
}

TEST(NdFrame, what_the_standard_discards_is_discarded) {
    const auto broken = [](Bytes frame, std::size_t at, std::uint8_t value, bool mend = true) {
        frame[at] = value;
        if (mend) mend_checksum(frame);
        return !read_nd(frame);
    };
    const Bytes ns = host_solicits(9, "2001:db8:10::9", "2001:db8:10::1");
    const Bytes na = host_advertises(9, "2001:db8:10::9", 6);
    EXPECT_TRUE(read_nd(ns) && read_nd(na));
    for (const Bytes& frame : {ns, na}) {
        EXPECT_TRUE(broken(frame, 21, 254)) << "hop limit: it came from beyond the link";
        EXPECT_TRUE(broken(frame, 20, 17)) << "next header";
        EXPECT_TRUE(broken(frame, 55, 1)) << "code";
        EXPECT_TRUE(broken(frame, 57, static_cast<std::uint8_t>(frame[57] + 1), false)) << "checksum";
        EXPECT_TRUE(broken(frame, 54, 137)) << "a redirect";
        EXPECT_TRUE(broken(frame, 54, 134)) << "a router advertisement";
        EXPECT_TRUE(broken(frame, 62, 0xff)) << "the target is a group";
        EXPECT_TRUE(broken(frame, 79, 0)) << "an option of no length";
        EXPECT_TRUE(broken(frame, 79, 2)) << "an option beyond the end";
        EXPECT_TRUE(broken(frame, 14, 0x40)) << "version 4";
    }
    EXPECT_FALSE(read_nd(host_advertises(9, "2001:db8:10::9", 6, "ff02::1"))) << "solicited, but to all";
    Bytes with_option = host_solicits(9, "2001:db8:10::9", "2001:db8:10::1");
    std::fill(with_option.begin() + 22, with_option.begin() + 38, std::uint8_t{0});
    mend_checksum(with_option);
    EXPECT_FALSE(read_nd(with_option)) << "from nobody, yet with a link-layer address";
    for (std::size_t size = 0; size < ns.size(); ++size)
        EXPECT_FALSE(read_nd(std::span(ns).first(size))) << size << " bytes";
}

}  // namespace
}  // namespace baton::arp
