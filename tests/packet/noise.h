// SPDX-License-Identifier: Apache-2.0
// Packets of all kinds with faults in them, for a Router: what a switch meets when somebody means harm. From a source
// of random numbers, or from a fuzzer's input.
#pragma once

#include <functional>

#include "tests/packet/router.h"

namespace baton::test {

class Noise {
  public:
    /// `draw(n)`: a number below n.
    explicit Noise(std::function<unsigned(unsigned)> draw) : draw_(std::move(draw)) {}

    /// A frame for a port of the Router's.
    std::pair<PortId, Frame> next() {
        const auto port = static_cast<PortId>(1 + draw_(5));
        const Mac to = draw_(4) != 0 ? Router::router() : draw_(2) ? broadcast : in(10 * (1 + draw_(3)), 2);
        const Mac from = in(10 * (1 + draw_(3)), 1 + draw_(4));
        std::optional<Tag> tag;
        if (port == 4 || draw_(6) == 0) tag = Tag{draw_(8) == 0 ? 0u : 10 * (1 + draw_(3)), draw_(8)};
        Frame bytes;
        switch (draw_(5)) {
            case 0:
            case 1: bytes = ethernet(to, from, tag, 0x0800, any_four()); break;
            case 2: bytes = ethernet(to, from, tag, 0x86dd, any_six()); break;
            case 3: bytes = ethernet(to, from, tag, 0x0806, any_arp(from)); break;
            default: bytes = ethernet(to, from, tag, 0x86dd, any_discovery(from)); break;
        }
        for (unsigned faults = draw_(3); faults > 0; --faults) {
            const std::size_t at = 12 + draw_(std::min<unsigned>(90, static_cast<unsigned>(bytes.size()) - 12));
            bytes[at] = draw_(2) ? static_cast<std::uint8_t>(draw_(256))
                                 : static_cast<std::uint8_t>(bytes[at] ^ 1u << draw_(8));
        }
        if (draw_(12) == 0) bytes.resize(60 + draw_(60));
        return {port, bytes};
    }

  private:
    std::string four_address() {
        static const char* const odd[] = {"0.0.0.0",   "255.255.255.255", "127.0.0.1",  "224.0.0.5",
                                          "192.0.2.1", "192.0.3.1",       "10.0.1.255", "198.51.100.1"};
        if (draw_(4) == 0) return odd[draw_(std::size(odd))];
        return "10.0." + std::to_string(1 + draw_(3)) + "." + std::to_string(1 + draw_(6));
    }

    std::string six_address() {
        static const char* const odd[] = {
            "::", "::1", "ff02::1", "ff02::5", "fe80::7", "2001:db8:ff::1", "::ffff:10.0.1.2"};
        if (draw_(4) == 0) return draw_(4) == 0 ? Router::own_link_local() : odd[draw_(std::size(odd))];
        return "2001:db8:" + std::to_string(1 + draw_(3)) + "::" + std::to_string(1 + draw_(6));
    }

    Bytes any_four() {
        Four packet;
        packet.from = four_address();
        packet.to = four_address();
        static constexpr unsigned protocols[] = {1, 1, 6, 17, 47, 89};
        packet.protocol = protocols[draw_(6)];
        packet.ttl = draw_(4) == 0 ? draw_(2) : 64;
        static constexpr unsigned fragments[] = {0, 0, 0x4000, 0x2000, 0x0010, 0x2003, 0x1fff};
        packet.fragment = fragments[draw_(7)];
        packet.payload = packet.protocol == 1
                             ? icmp(draw_(2) ? 8 : draw_(16), draw_(2), 1, Bytes(draw_(200)))
                             : ports(draw_(65536), draw_(65536), 8 + (draw_(4) == 0 ? draw_(1400) : 20));
        if (draw_(6) == 0)
            for (unsigned n = 4 * (1 + draw_(9)); n > 0; --n)
                packet.options.push_back(static_cast<std::uint8_t>(draw_(3) ? draw_(8) : draw_(256)));
        return packet.bytes();
    }

    Bytes any_six() {
        Six packet;
        packet.from = six_address();
        packet.to = six_address();
        packet.hop_limit = draw_(4) == 0 ? draw_(2) : 64;
        static constexpr unsigned nexts[] = {58, 58, 6, 17, 0, 43, 44, 60, 51, 59};
        packet.next = nexts[draw_(10)];
        packet.payload = packet.next == 58
                             ? icmp6(packet.from, packet.to, draw_(2) ? 128 : draw_(256), 0, 1, Bytes(draw_(200)))
                             : Bytes(draw_(4) == 0 ? draw_(1400) : draw_(60), static_cast<std::uint8_t>(draw_(256)));
        return packet.bytes();
    }

    Bytes any_arp(Mac from) {
        return be16(1) + be16(0x0800) + Bytes{6, 4} + be16(1 + draw_(2)) + mac(from) + address(four_address()) +
               mac(Mac{}) + address(four_address());
    }

    Bytes any_discovery(Mac from) {
        Six packet;
        packet.from = six_address();
        packet.to = draw_(2) ? "ff02::1:ff00:1" : six_address();
        packet.hop_limit = draw_(8) == 0 ? 64 : 255;
        packet.next = 58;
        Bytes rest = address(six_address());
        if (draw_(2))
            rest =
                rest + Bytes{static_cast<std::uint8_t>(1 + draw_(2)), static_cast<std::uint8_t>(draw_(3))} + mac(from);
        packet.payload = icmp6(packet.from, packet.to, 133 + draw_(5), 0, draw_(2) ? 0x60000000 : 0, rest);
        return packet.bytes();
    }

    std::function<unsigned(unsigned)> draw_;
};

}  // namespace baton::test
