// SPDX-License-Identifier: Apache-2.0
// Frames of neighbour discovery, put together by hand here, so that the codec is not tried against itself.
#include "tests/unit/arp/router.h"

namespace baton::arp::test {
namespace {

void put(std::vector<std::uint8_t>& to, const Mac& mac) {
    for (const std::uint8_t byte : mac.bytes) to.push_back(byte);
}

void put(std::vector<std::uint8_t>& to, const IpAddress& address) {
    for (unsigned n = 0; n < 16; ++n) to.push_back(address.bits.byte(n));
}

std::vector<std::uint8_t> message(unsigned host, std::string_view source, std::string_view destination,
                                  std::uint8_t type, std::uint8_t flags, std::string_view target, std::uint8_t option) {
    std::vector<std::uint8_t> out;
    put(out, own_mac);
    put(out, mac_of(host));
    const std::size_t length = 8 + (target.empty() ? 0 : 16) + (option ? 8 : 0);
    for (const std::size_t byte : {0x86ul, 0xddul, 0x60ul, 0ul, 0ul, 0ul, 0ul, length, 58ul, 255ul})
        out.push_back(static_cast<std::uint8_t>(byte));
    put(out, ip(source));
    put(out, ip(destination));
    for (const std::uint8_t byte : {type, std::uint8_t{0}, std::uint8_t{0}, std::uint8_t{0}, flags, std::uint8_t{0},
                                    std::uint8_t{0}, std::uint8_t{0}})
        out.push_back(byte);
    if (!target.empty()) put(out, ip(target));
    if (option) {
        out.push_back(option);
        out.push_back(1);
        put(out, mac_of(host));
    }
    mend_checksum(out);
    return out;
}

}  // namespace

void mend_checksum(std::vector<std::uint8_t>& frame) {
    frame[56] = frame[57] = 0;
    std::uint32_t sum = 58 + static_cast<std::uint32_t>(frame.size() - 54);
    for (std::size_t i = 22; i < frame.size(); ++i) sum += static_cast<std::uint32_t>(frame[i]) << (i % 2 == 0 ? 8 : 0);
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    frame[56] = static_cast<std::uint8_t>(~sum >> 8);
    frame[57] = static_cast<std::uint8_t>(~sum);
}

std::vector<std::uint8_t> host_advertises(unsigned host, std::string_view address, unsigned flags, std::string_view to,
                                          bool with_option) {
    return message(host, address, to, 136, static_cast<std::uint8_t>(flags << 4), address, with_option ? 2 : 0);
}

std::vector<std::uint8_t> host_solicits(unsigned host, std::string_view source, std::string_view target) {
    const bool from_nobody = ip(source).is_unspecified();
    IpAddress group = IpAddress::v6(0xff02ull << 48, 0x1ff000000ull | (ip(target).bits.low & 0xffffff));
    return message(host, source, group.text(), 135, 0, target, from_nobody ? 0 : 1);
}

std::vector<std::uint8_t> host_seeks_routers(unsigned host, std::string_view source) {
    return message(host, source, "ff02::2", 133, 0, "", 1);
}

}  // namespace baton::arp::test
