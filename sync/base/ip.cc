// SPDX-License-Identifier: Apache-2.0
#include "sync/base/ip.h"

#include <arpa/inet.h>

#include <charconv>

namespace baton {
namespace {

/// A number without leading zeros, at most `most`.
std::optional<std::uint8_t> length_in(std::string_view digits, unsigned most) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || end != digits.data() + digits.size() || value > most) return std::nullopt;
    if (digits.size() > 1 && digits[0] == '0') return std::nullopt;
    return static_cast<std::uint8_t>(value);
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
    char terminated[INET6_ADDRSTRLEN];
    if (text.size() >= sizeof(terminated) || text.find('\0') != text.npos) return std::nullopt;
    terminated[text.copy(terminated, text.size())] = '\0';
    std::uint8_t bytes[16];
    if (inet_pton(AF_INET, terminated, bytes) == 1) return IpAddress{Family::ipv4, IpBits::of({bytes, 4})};
    if (inet_pton(AF_INET6, terminated, bytes) == 1) return IpAddress{Family::ipv6, IpBits::of({bytes, 16})};
    return std::nullopt;
}

std::string IpAddress::text() const {
    std::uint8_t bytes[16];
    for (unsigned n = 0; n < 16; ++n) bytes[n] = bits.byte(n);
    char out[INET6_ADDRSTRLEN];
    inet_ntop(family == Family::ipv4 ? AF_INET : AF_INET6, bytes, out, sizeof(out));
    return out;
}

std::optional<IpInterface> IpInterface::parse(std::string_view text) {
    const auto parting = text.find_first_of("/ ");
    if (parting == text.npos) return std::nullopt;
    const auto address = IpAddress::parse(text.substr(0, parting));
    const auto behind = text.substr(parting + 1);
    if (!address) return std::nullopt;
    std::optional<std::uint8_t> length;
    if (text[parting] == '/') {
        length = length_in(behind, address_bits(address->family));
    } else if (const auto mask = IpAddress::parse(behind);
               address->family == Family::ipv4 && mask && mask->family == Family::ipv4) {
        length = length_of_mask(mask->bits.v4());
    }
    if (!length) return std::nullopt;
    return IpInterface{*address, *length};
}

std::string IpInterface::text() const {
    return address.text() + "/" + std::to_string(length);
}

std::optional<IpPrefix> IpPrefix::parse(std::string_view text) {
    const auto read = IpInterface::parse(text);
    if (!read || read->subnet().bits != read->address.bits) return std::nullopt;
    return read->subnet();
}

std::string IpPrefix::text() const {
    return IpAddress{family, bits}.text() + "/" + std::to_string(length);
}

}  // namespace baton
