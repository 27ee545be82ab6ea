// SPDX-License-Identifier: Apache-2.0
// Addresses: text to bits and back, what is refused, and what an address is good for.
#include "sync/base/ip.h"

#include <gtest/gtest.h>

namespace baton {
namespace {

std::string written(std::string_view text) {
    const auto address = IpAddress::parse(text);
    return address ? address->text() : "none";
}

TEST(IpAddress, is_written_as_it_is_read) {
    for (const char* text : {"0.0.0.0", "10.0.0.1", "192.0.2.255", "255.255.255.255", "::", "::1", "2001:db8::1",
                             "fe80::2c2:17ff:fe00:1", "2001:db8:1:2:3:4:5:6", "ff02::1:ff00:1"})
        EXPECT_EQ(written(text), text);
}

TEST(IpAddress, of_version_6_is_written_in_its_short_form) {
    EXPECT_EQ(written("2001:0DB8:0:0:0:0:0:1"), "2001:db8::1");
    EXPECT_EQ(written("::ffff:192.0.2.1"), "::ffff:192.0.2.1");
}

TEST(IpAddress, refuses_every_other_form) {
    for (const char* text : {"", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", " 1.2.3.4",
                             "1.2.3.4/8", "0x1.2.3.4", "2001:db8", "2001::db8::1", "fe80::1%eth0", ":::", "2001:db8::g",
                             "2001:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0001"})
        EXPECT_FALSE(IpAddress::parse(text)) << text;
    EXPECT_FALSE(IpAddress::parse(std::string_view("1.2.3.4\0", 8)));
}

TEST(IpAddress, lies_uppermost_in_its_bits) {
    EXPECT_EQ(IpAddress::parse("10.1.2.3")->bits, (IpBits{0x0a010203'00000000, 0}));
    EXPECT_EQ(IpAddress::parse("2001:db8::1")->bits, (IpBits{0x20010db8'00000000, 1}));
    const std::uint8_t bytes[16] = {0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9};
    EXPECT_EQ(IpBits::of(bytes), (IpBits{0x20010db8'00000000, 9}));
    EXPECT_EQ(IpBits::of({bytes, 4}).v4(), 0x20010db8u);
    for (unsigned n = 0; n < 16; ++n) EXPECT_EQ(IpBits::of(bytes).byte(n), bytes[n]);
}

TEST(IpAddress, knows_which_addresses_one_host_can_have) {
    for (const char* text : {"1.0.0.1", "10.0.0.1", "126.255.255.255", "128.0.0.1", "223.255.255.255", "169.254.1.1",
                             "2001:db8::1", "fe80::1", "fc00::1", "::2"})
        EXPECT_TRUE(IpAddress::parse(text)->is_unicast()) << text;
    for (const char* text : {"0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.5", "239.255.255.255", "240.0.0.1",
                             "255.255.255.255", "::", "::1", "ff02::1", "::ffff:10.0.0.1"})
        EXPECT_FALSE(IpAddress::parse(text)->is_unicast()) << text;
    EXPECT_TRUE(IpAddress::parse("fe80::1")->is_link_local());
    EXPECT_FALSE(IpAddress::parse("fec0::1")->is_link_local());
    EXPECT_TRUE(IpAddress::parse("169.254.0.1")->is_link_local());
}

TEST(IpPrefix, is_read_with_a_length_or_a_mask) {
    EXPECT_EQ(IpPrefix::parse("10.0.0.0/8")->text(), "10.0.0.0/8");
    EXPECT_EQ(IpPrefix::parse("10.0.0.0 255.0.0.0")->text(), "10.0.0.0/8");
    EXPECT_EQ(IpPrefix::parse("0.0.0.0/0")->length, 0);
    EXPECT_EQ(IpPrefix::parse("2001:db8::/32")->text(), "2001:db8::/32");
    EXPECT_EQ(IpPrefix::parse("::/0")->text(), "::/0");
    for (const char* text : {"10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/08", "10.0.0.0/-1", "10.0.0.0",
                             "10.0.0.0 255.0.255.0", "10.0.0.0 8", "2001:db8::1/64", "2001:db8::/129",
                             "2001:db8:: 255.0.0.0", "10.0.0.0/8/8", "/8", "10.0.0.0 ::"})
        EXPECT_FALSE(IpPrefix::parse(text)) << text;
}

TEST(IpInterface, keeps_the_hosts_part) {
    const auto read = IpInterface::parse("10.1.2.3 255.255.255.0");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->text(), "10.1.2.3/24");
    EXPECT_EQ(read->subnet().text(), "10.1.2.0/24");
    EXPECT_EQ(read->subnet().last().text(), "10.1.2.255");
    EXPECT_EQ(IpInterface::parse("2001:db8::5/64")->subnet().text(), "2001:db8::/64");
    EXPECT_EQ(IpInterface::parse("2001:db8::5/64")->subnet().last().text(), "2001:db8::ffff:ffff:ffff:ffff");
}

TEST(IpPrefix, contains_and_overlaps) {
    const auto prefix = [](const char* text) { return *IpPrefix::parse(text); };
    const auto address = [](const char* text) { return *IpAddress::parse(text); };
    EXPECT_TRUE(prefix("10.0.0.0/8").contains(address("10.255.0.1")));
    EXPECT_FALSE(prefix("10.0.0.0/8").contains(address("11.0.0.1")));
    EXPECT_FALSE(prefix("0.0.0.0/0").contains(address("::1")));
    EXPECT_TRUE(prefix("2001:db8::/65").contains(address("2001:db8::7fff:0:0:1")));
    EXPECT_FALSE(prefix("2001:db8::/65").contains(address("2001:db8::8000:0:0:1")));
    EXPECT_TRUE(prefix("10.0.0.0/8").overlaps(prefix("10.1.0.0/16")));
    EXPECT_TRUE(prefix("10.1.0.0/16").overlaps(prefix("10.0.0.0/8")));
    EXPECT_FALSE(prefix("10.1.0.0/16").overlaps(prefix("10.2.0.0/16")));
    EXPECT_FALSE(prefix("0.0.0.0/0").overlaps(prefix("::/0")));
}

TEST(IpPrefix, are_in_the_order_of_addresses) {
    const auto prefix = [](const char* text) { return *IpPrefix::parse(text); };
    EXPECT_LT(prefix("10.0.0.0/8"), prefix("10.0.0.0/16"));
    EXPECT_LT(prefix("10.0.0.0/16"), prefix("10.1.0.0/16"));
    EXPECT_LT(prefix("10.255.0.0/32"), prefix("11.0.0.0/8"));
    EXPECT_LT(prefix("255.0.0.0/8"), prefix("::/0"));
}

TEST(IpPrefix, of_every_length_has_its_first_bits_only) {
    const IpBits ones{~0ull, ~0ull};
    for (unsigned length = 0; length <= 128; ++length) {
        const IpBits bits = ones.first(length);
        EXPECT_EQ(static_cast<unsigned>(__builtin_popcountll(bits.high) + __builtin_popcountll(bits.low)), length);
        if (length <= 32) {
            EXPECT_EQ(length_of_mask(mask_of_length(length)), length);
        }
    }
    EXPECT_FALSE(length_of_mask(0xff00ff00));
    EXPECT_FALSE(length_of_mask(1));
}

}  // namespace
}  // namespace baton
