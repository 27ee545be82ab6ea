// SPDX-License-Identifier: Apache-2.0
// One less in the time to live must leave the checksum that a sender would have written: held against a sum made anew,
// for every value that the checksum can have.
#include "dataplane/ip/checksum.h"

#include <gtest/gtest.h>

#include <array>

namespace baton::ip {
namespace {

using Header = std::array<std::uint8_t, 20>;

void write_checksum(Header& header) {
    header[10] = header[11] = 0;
    std::uint32_t sum = 0;  // RFC 1071, as it is written there
    for (std::size_t i = 0; i < header.size(); i += 2)
        sum += static_cast<std::uint32_t>(header[i] << 8 | header[i + 1]);
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    header[10] = static_cast<std::uint8_t>(~sum >> 8);
    header[11] = static_cast<std::uint8_t>(~sum);
}

TEST(Checksum, stays_true_when_the_time_to_live_falls_whatever_it_was) {
    for (unsigned id = 0; id < 0x10000; ++id) {
        Header header{0x45, 0, 0, 46, 0,   0,  0,   0, static_cast<std::uint8_t>(2 + id % 254), 17, 0, 0,
                      192,  0, 2, 1,  198, 51, 100, 7};
        header[4] = static_cast<std::uint8_t>(id >> 8);
        header[5] = static_cast<std::uint8_t>(id);
        write_checksum(header);
        ASSERT_TRUE(header_is_whole(header.data()));
        Header anew = header;
        --anew[8];
        write_checksum(anew);
        lower_ttl(header.data());
        ASSERT_EQ(header, anew) << "identification " << id;
    }
}

}  // namespace
}  // namespace baton::ip
