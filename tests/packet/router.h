// SPDX-License-Identifier: Apache-2.0
// A TestSwitch that routes: VLAN 10 (10.0.1.0/24, 2001:db8:1::/64) untagged on ports 1 and 2, VLAN 20 (10.0.2.0/24,
// 2001:db8:2::/64) untagged on port 3 and tagged on port 4, VLAN 30 (10.0.3.0/24, 2001:db8:3::/64) tagged on port 2 and
// untagged on port 5. The router is .1 and ::1 everywhere; host n of a VLAN is .n and ::n, learned where it lives:
//
//   host 2 of VLAN 10 at port 1    2 of 20 at port 3    3 of 20 at port 4 (tagged)    2 of 30 at port 5
#pragma once

#include <gtest/gtest.h>

#include "tests/packet/packets.h"
#include "tests/packet/test_switch.h"

namespace baton::test {

inline Mac in(VlanId vlan, unsigned n) {
    return host(vlan * 256u + n);
}

class Router : public TestSwitch {
  public:
    explicit Router(Shape shape = {.ports = 5}) : TestSwitch(shape) {
        vlan(10, {1, 2});
        vlan(20, {3}, {4});
        vlan(30, {5}, {2});
        for (const auto& [id, of] : {std::pair<PortId, VlanId>{1, 10}, {2, 10}, {3, 20}, {5, 30}}) port(id, of);
        for (const VlanId id : {10, 20, 30}) {
            const std::string n = std::to_string(id / 10);
            interface(id, "10.0." + n + ".1/24");
            interface(id, "2001:db8:" + n + "::1/64");
        }
        route(own_link_local() + "/128", RouteKind::local, 10);
        neighbor(10, "10.0.1.2", in(10, 2));
        neighbor(20, "10.0.2.2", in(20, 2));
        neighbor(20, "10.0.2.3", in(20, 3));
        neighbor(30, "10.0.3.2", in(30, 2));
        neighbor(10, "2001:db8:1::2", in(10, 2));
        neighbor(20, "2001:db8:2::2", in(20, 2));
        neighbor(20, "2001:db8:2::3", in(20, 3));
        neighbor(30, "2001:db8:3::2", in(30, 2));
        appear(1, in(10, 2));
        appear(3, in(20, 2));
        appear(4, in(20, 3), Tag{20, 0});
        appear(5, in(30, 2));
        clear();
    }

    /// fe80:: and the EUI-64 of router(), 02:00:00:ba:70:01.
    static std::string own_link_local() { return "fe80::ff:feba:7001"; }

    /// The table learns where a host is.
    void appear(PortId port, Mac host, std::optional<Tag> tag = {}) { send(port, frame(broadcast, host, tag)); }

    /// Its MTU; below 1280 it speaks IPv4 only.
    void mtu(VlanId id, unsigned mtu) {
        const VlanEntry& entry = tables().vlans[id];
        const bool six = mtu >= 1280;
        const unsigned flags = entry.routing & ~(six ? 0u : interface_forwards_v6);
        ASSERT_EQ(
            command(CommandType::interface_set,
                    InterfaceSet{id, static_cast<std::uint16_t>(flags), static_cast<std::uint16_t>(mtu), 0, entry.ipv4,
                                 0, six ? entry.ipv6_high.load() : 0, six ? entry.ipv6_low.load() : 0}),
            Outcome::done);
    }

    /// Forgets what came out so far.
    void clear() {
        settle();
        for (PortId id = 1; id <= 5; ++id) received(id);
    }

    /// To the router, from host 2 of VLAN 10 at port 1.
    void send_four(const Four& packet) { send(1, four(router(), in(10, 2), {}, packet)); }

    void send_six(const Six& packet) { send(1, six(router(), in(10, 2), {}, packet)); }

    /// Exactly this came out of this port, and nothing of any other.
    testing::AssertionResult came_out(PortId port, const std::vector<Frame>& expected) {
        settle();
        for (PortId id = 1; id <= 5; ++id) {
            const auto frames = received(id);
            const auto wanted = id == port ? expected : std::vector<Frame>{};
            if (frames != wanted)
                return testing::AssertionFailure() << "port " << id << ": " << testing::PrintToString(frames)
                                                   << " instead of " << testing::PrintToString(wanted);
        }
        return testing::AssertionSuccess();
    }

    testing::AssertionResult nothing_came_out() { return came_out(no_port, {}); }

    /// All of one kind, of every port.
    std::uint64_t lost(Drop why) const {
        std::uint64_t sum = 0;
        for (PortId id = no_port; id <= 5; ++id) sum += drops(id, why);
        return sum;
    }

    /// No frame is unaccounted for, and no buffer.
    testing::AssertionResult is_clean() {
        settle();
        if (!accounts_balance()) return testing::AssertionFailure() << "the accounts do not balance";
        if (buffers_in_use() != 0) return testing::AssertionFailure() << buffers_in_use() << " buffers are out";
        return testing::AssertionSuccess();
    }
};

/// What a router makes of a packet: one less in the time to live, and a header checksum made anew.
inline Four forwarded(Four packet) {
    --packet.ttl;
    return packet;
}

inline Six forwarded(Six packet) {
    --packet.hop_limit;
    return packet;
}

}  // namespace baton::test
