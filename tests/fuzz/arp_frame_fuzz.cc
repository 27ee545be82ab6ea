// SPDX-License-Identifier: Apache-2.0
// Any bytes as frames that a port has brought: into ARP's and neighbour discovery's decoders, and what they say into
// the machine. The first byte says how the rest is cut and mended, so that checksums keep no mutation out. Whatever
// comes, nothing but a neighbour of the VLAN's own subnets is learned, what was journalled is what is held, and frames
// that are sent are whole.
#include <cstdlib>
#include <vector>

#include "controlplane/arp/arp_frame.h"
#include "controlplane/arp/ethernet.h"
#include "controlplane/arp/machine.h"
#include "controlplane/arp/nd_frame.h"

namespace {

using namespace baton;
using namespace baton::arp;

void must(bool holds) {
    if (!holds) std::abort();
}

/// Makes the checksum of an ICMPv6 message right, where there is room for one.
void mend(std::vector<std::uint8_t>& frame) {
    if (frame.size() < 58) return;
    frame[56] = frame[57] = 0;
    frame[18] = static_cast<std::uint8_t>((frame.size() - 54) >> 8);
    frame[19] = static_cast<std::uint8_t>(frame.size() - 54);
    std::uint32_t sum = 58 + static_cast<std::uint32_t>(frame.size() - 54);
    for (std::size_t i = 22; i < frame.size(); ++i) sum += static_cast<std::uint32_t>(frame[i]) << (i % 2 == 0 ? 8 : 0);
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    frame[56] = static_cast<std::uint8_t>(~sum >> 8);
    frame[57] = static_cast<std::uint8_t>(~sum);
}

Config configuration() {
    Config config;
    config.mac = Mac::of(0x02ba70000001);
    config.vlans[10] = {*IpInterface::parse("10.0.0.1/24"), *IpInterface::parse("2001:db8::1/64"),
                        *IpInterface::parse("fe80::1/64")};
    config.settings.entries_most = 4;
    config.settings.pending_most = 3;
    config.permanent[{10, IpAddress::v4(0x0a000007)}] = Mac::of(0x020000000007);
    return config;
}

void check(const State& state, const Actions& actions) {
    for (const auto& [key, neighbor] : state.database.neighbors) {
        must(key.vlan == 10 && key.address.is_unicast());
        must(key.address.family == Family::ipv4
                 ? key.address.bits.v4() >> 8 == 0x0a0000
                 : key.address.bits.high == 0x20010db8'00000000ull || key.address.bits.high == 0xfe80ull << 48);
        must(has_mac(neighbor.phase) ? !neighbor.mac.is_multicast() && neighbor.mac != Mac{} : neighbor.mac == Mac{});
        must(neighbor.mac != state.config.mac);
    }
    for (const Frame& frame : actions.frames) must(frame.bytes.size() >= 42 && frame.bytes.size() <= 96);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
    if (size > 8192) return 0;
    State state;
    Time now{1'000'000'000};
    Links links;
    links.ports.set(3);
    links.vlans.set(10);
    {
        Actions actions;
        on_takeover(state, configuration(), links, now, actions);
    }
    std::span<const std::uint8_t> rest(input, size);
    while (rest.size() > 2) {
        const std::uint8_t how = rest[0];
        const std::size_t length = std::min<std::size_t>(rest[1], rest.size() - 2);
        std::vector<std::uint8_t> frame(rest.begin() + 2, rest.begin() + 2 + static_cast<std::ptrdiff_t>(length));
        rest = rest.subspan(2 + length);
        if (how & 1) mend(frame);
        if (const auto heard = read_arp(frame)) must(heard->mac && !heard->mac->is_multicast());
        if (const auto heard = read_nd(frame)) must(!heard->mac || !heard->mac->is_multicast());
        Actions actions;
        on_frame(state, 10, 3, frame, now, actions);
        if (how & 2 && frame.size() >= 42)
            on_resolve(state, {10, {Family::ipv4, IpBits::of(std::span(frame).subspan(38, 4))}}, now, actions);
        now = now + milliseconds(how * 10);
        on_tick(state, now, actions);
        check(state, actions);
    }
    return 0;
}
