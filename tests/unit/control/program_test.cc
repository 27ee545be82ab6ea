// SPDX-License-Identifier: Apache-2.0
// Commands: they lead from any tables to any others, and at no step on the way does a frame leak or get lost.
#include <gtest/gtest.h>

#include <algorithm>

#include "controlplane/program/commands.h"
#include "tests/unit/control/dataplane_in_memory.h"
#include "tests/unit/control/random_changes.h"

namespace baton {
namespace {

using namespace test;

/// Bit i of `links`: the i-th has one.
PortMap ports_of(DataplaneInMemory& dataplane, std::uint64_t links = ~0ull) {
    dataplane.start(port_list());
    for (PortEntry& port : dataplane.tables().ports)
        if (port.present != 0) {
            port.link_up = links & 1;
            links >>= 1;
        }
    dataplane.tables().applier.router_mac.store(0x020000000000);
    return PortMap::of(dataplane.tables());
}

/// Every command has to be taken.
void take(DataplaneInMemory& dataplane, const std::vector<Command>& commands) {
    for (const Command& command : commands) ASSERT_EQ(dataplane.apply(command), Outcome::done) << describe(command);
}

void expect_equal(const Image& got, const Image& want, std::uint64_t seed) {
    ASSERT_EQ(got.ports, want.ports) << "seed " << seed;
    ASSERT_EQ(got.statics, want.statics) << "seed " << seed;
    ASSERT_EQ(got.aging_seconds, want.aging_seconds);
    ASSERT_EQ(got.interfaces, want.interfaces) << "seed " << seed;
    ASSERT_EQ(got.routes, want.routes) << "seed " << seed;
    ASSERT_EQ(got.ipfdb_aging_seconds, want.ipfdb_aging_seconds);
    ASSERT_TRUE(got.rules == want.rules) << "seed " << seed;
    ASSERT_EQ(got.vlans.size(), want.vlans.size()) << "seed " << seed;
    for (const auto& [id, vlan] : want.vlans) {
        ASSERT_TRUE(got.vlans.contains(id));
        ASSERT_EQ(got.vlans.at(id).member, vlan.member) << "seed " << seed << " VLAN " << id;
        ASSERT_EQ(got.vlans.at(id).untagged, vlan.untagged);
        ASSERT_EQ(got.vlans.at(id).flags, vlan.flags);
    }
}

TEST(Program, ports_have_the_numbers_that_the_tables_give_them) {
    DataplaneInMemory dataplane;
    const PortMap ports = ports_of(dataplane);
    ASSERT_EQ(ports.ids().size(), port_list().size());
    for (const PortName name : port_list()) {
        const PortId id = ports.id(name);
        ASSERT_NE(id, no_port);
        EXPECT_EQ((PortName{dataplane.tables().ports[id].module, dataplane.tables().ports[id].port}), name);
    }
    EXPECT_EQ(ports.id({7, 7}), no_port);
}

TEST(Program, differences_lead_from_any_image_to_any_other) {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        RandomChanges random(seed);
        DataplaneInMemory dataplane;
        const PortMap ports = ports_of(dataplane, seed);
        const auto from = random.walk(config::Running::factory(port_list()), 50);
        const auto to = random.walk(from, 1 + static_cast<int>(random.below(20)));
        take(dataplane, everything(image_of(from, ports)));
        expect_equal(dataplane.image(), image_of(from, ports), seed);
        take(dataplane, difference(image_of(from, ports), image_of(to, ports)));
        expect_equal(dataplane.image(), image_of(to, ports), seed);
        take(dataplane, everything(image_of(to, ports)));
        expect_equal(dataplane.image(), image_of(to, ports), seed);
        ASSERT_TRUE(difference(image_of(to, ports), image_of(to, ports)).empty());
    }
}

bool same(const Command& a, const Command& b) {
    return a.type == b.type && a.owner == b.owner && std::equal(std::begin(a.body), std::end(a.body), b.body);
}

TEST(Program, the_images_of_a_change_lead_to_the_commands_of_the_whole_ones) {
    for (std::uint64_t seed = 0; seed < 1000; ++seed) {
        RandomChanges random(seed);
        DataplaneInMemory dataplane;
        const PortMap ports = ports_of(dataplane, seed);
        const auto from = random.walk(config::Running::factory(port_list()), 60);
        const auto to = random.walk(from, static_cast<int>(random.below(12)));
        const auto [before, after] = images_of_change(from, to, ports);
        const auto whole = difference(image_of(from, ports), image_of(to, ports)), part = difference(before, after);
        ASSERT_TRUE(std::equal(whole.begin(), whole.end(), part.begin(), part.end(), same))
            << "seed " << seed << ": " << whole.size() << " commands, and " << part.size();
    }
}

/// Which VLAN an id is, by name, in either configuration; "" when it is in neither.
std::string owner(const Image& image, VlanId id) {
    const auto found = image.vlans.find(id);
    return found == image.vlans.end() ? "" : found->second.name;
}

TEST(Program, no_step_on_the_way_leaks_or_loses_an_untagged_frame) {
    int moves = 0;
    for (std::uint64_t seed = 0; seed < 600; ++seed) {
        RandomChanges random(seed);
        DataplaneInMemory dataplane;
        const PortMap ports = ports_of(dataplane);
        const auto before = random.walk(config::Running::factory(port_list()), 50);
        const auto after = random.walk(before, 1 + static_cast<int>(random.below(8)));
        const Image from = image_of(before, ports), to = image_of(after, ports);
        for (const Command& command : everything(from)) dataplane.apply(command);
        bool number_changed_owner = false;
        for (const auto& [id, vlan] : to.vlans)
            if (!owner(from, id).empty() && owner(from, id) != vlan.name) number_changed_owner = true;

        for (const Command& command : difference(from, to)) {
            dataplane.apply(command);
            const Image now = dataplane.image();
            for (const auto& [id, port] : now.ports) {
                const PortImage &was = from.ports.at(id), &will = to.ports.at(id);
                // nothing opens that is not to be open, nothing closed stays so long that it is neither
                ASSERT_TRUE(port.enabled == was.enabled || port.enabled == will.enabled);
                ASSERT_TRUE(port.port_vlan == was.port_vlan || port.port_vlan == will.port_vlan);
                if (!port.enabled || port.port_vlan == 0 || !now.vlans.contains(port.port_vlan)) continue;
                // the port's frames reach members of that VLAN, as it was or as it will be, and nobody else
                const VlanId vid = port.port_vlan;
                for (PortId other = 1; other < max_ports; ++other)
                    ASSERT_TRUE(!now.vlans.at(vid).member.has(other) ||
                                (from.vlans.contains(vid) && from.vlans.at(vid).member.has(other)) ||
                                (to.vlans.contains(vid) && to.vlans.at(vid).member.has(other)))
                        << "seed " << seed;
                if (!number_changed_owner) continue;
                // a number that passes to another VLAN never holds members of both
                const std::string name = owner(from, vid), next = owner(to, vid);
                if (name.empty() || next.empty() || name == next) continue;
                const bool old_members = now.vlans.at(vid).member == from.vlans.at(vid).member;
                const bool new_members = now.vlans.at(vid).member == to.vlans.at(vid).member;
                ASSERT_TRUE(old_members || new_members) << "seed " << seed;
            }
            if (number_changed_owner) continue;
            for (const auto& [id, port] : now.ports) {
                const PortImage &was = from.ports.at(id), &will = to.ports.at(id);
                if (!was.enabled || !will.enabled || was.port_vlan == 0 || will.port_vlan == 0) continue;
                moves += was.port_vlan != will.port_vlan;
                ASSERT_NE(port.port_vlan, 0);
                ASSERT_TRUE(now.vlans.contains(port.port_vlan)) << "seed " << seed;
                ASSERT_TRUE(now.vlans.at(port.port_vlan).member.has(id))
                    << "seed " << seed << ": not_member on the way";
                ASSERT_TRUE(port.enabled);
            }
        }
    }
    EXPECT_GT(moves, 100) << "the seeds hardly move a port between VLANs";
}

TEST(Program, no_step_on_the_way_takes_a_route_from_an_address_that_has_one_before_and_after) {
    int looked = 0;
    const auto covered = [](const Image& image, const IpAddress& address) {
        return std::any_of(image.routes.begin(), image.routes.end(),
                           [&](const auto& route) { return route.first.contains(address); });
    };
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        RandomChanges random(seed);
        DataplaneInMemory dataplane;
        const PortMap ports = ports_of(dataplane);
        const auto before = random.walk(config::Running::factory(port_list()), 80);
        const auto after = random.walk(before, 1 + static_cast<int>(random.below(12)));
        const Image from = image_of(before, ports), to = image_of(after, ports);
        std::vector<IpAddress> probes;
        for (const char* text : {"10.0.0.3", "10.0.0.255", "10.0.1.4", "172.16.5.5", "9.9.9.9", "2001:db8::3",
                                 "2001:db8:1::9", "2001:db8:9::1"})
            if (const auto address = *IpAddress::parse(text); covered(from, address) && covered(to, address))
                probes.push_back(address);
        take(dataplane, everything(from));
        for (const Command& command : difference(from, to)) {
            ASSERT_EQ(dataplane.apply(command), Outcome::done) << describe(command);
            const RoutePartsRead parts(reinterpret_cast<const std::byte*>(&dataplane.routes()));
            for (const IpAddress& address : probes) {
                ASSERT_NE(route_to(parts, address.family, address.bits).word, 0u)
                    << "seed " << seed << " " << address.text() << " after " << describe(command);
                ++looked;
            }
        }
    }
    EXPECT_GT(looked, 1000);
}

TEST(Program, more_than_two_next_hops_go_ahead_of_their_route) {
    DataplaneInMemory dataplane;
    const PortMap ports = ports_of(dataplane);
    auto running = config::Running::factory(port_list());
    ASSERT_TRUE(running.replay({address("Default", "10.0.0.1/24")}));
    for (int count = 1; count <= 16; ++count) {
        ASSERT_TRUE(running.replay({route("172.16.0.0/12", numbered("10.0.0.", 1 + count))}));
        take(dataplane, everything(image_of(running, ports)));
        const auto routes = dataplane.image().routes;
        EXPECT_EQ(routes.at(*IpPrefix::parse("172.16.0.0/12")).hops.size(), static_cast<std::size_t>(count));
    }
}

TEST(Program, a_static_route_takes_the_best_gateways_that_can_be_reached) {
    DataplaneInMemory dataplane;
    const PortMap ports = ports_of(dataplane);
    auto running = config::Running::factory(port_list());
    const auto hops = [&]() -> std::vector<std::string> {
        std::vector<std::string> out;
        const Image image = image_of(running, ports);
        const auto found = image.routes.find(*IpPrefix::parse("172.16.0.0/12"));
        if (found == image.routes.end()) return out;
        for (const HopImage& hop : found->second.hops) out.push_back(IpAddress{Family::ipv4, hop.address}.text());
        return out;
    };
    using Hops = std::vector<std::string>;
    ASSERT_TRUE(running.replay({vlan_create("red"), route("172.16.0.0/12", "10.0.0.2"),
                                route("172.16.0.0/12", "10.0.1.2", 5), route("172.16.0.0/12", "10.0.1.3", 5)}));
    EXPECT_EQ(hops(), Hops{});
    ASSERT_TRUE(running.replay({address("red", "10.0.1.1/24")}));
    EXPECT_EQ(hops(), (Hops{"10.0.1.2", "10.0.1.3"}));
    ASSERT_TRUE(running.replay({address("Default", "10.0.0.1/24")}));
    EXPECT_EQ(hops(), Hops{"10.0.0.2"});
    ASSERT_TRUE(running.replay({address_away("Default", "10.0.0.1")}));
    EXPECT_EQ(hops(), (Hops{"10.0.1.2", "10.0.1.3"}));
    ASSERT_TRUE(running.replay({address("Default", "172.16.0.1/12")}));
    EXPECT_EQ(hops().size(), 1u) << "one's own subnet comes first";
    EXPECT_EQ(image_of(running, ports).routes.at(*IpPrefix::parse("172.16.0.0/12")).kind, RouteKind::connected);
}

TEST(Program, a_port_that_the_data_plane_lacks_is_left_out_until_it_is_there) {
    DataplaneInMemory dataplane;
    dataplane.start({{1, 1}});
    auto running = config::Running::factory({{1, 1}, {1, 2}});
    ASSERT_TRUE(running.replay({static_entry("00:11:22:33:44:55", "Default", "1:2")}));
    Image image = image_of(running, PortMap::of(dataplane.tables()));
    EXPECT_EQ(image.ports.size(), 1u);
    EXPECT_TRUE(image.statics.empty());
    dataplane.start({{1, 1}, {1, 2}});
    image = image_of(running, PortMap::of(dataplane.tables()));
    EXPECT_EQ(image.ports.size(), 2u);
    EXPECT_EQ(image.statics.size(), 1u);
}

}  // namespace
}  // namespace baton
