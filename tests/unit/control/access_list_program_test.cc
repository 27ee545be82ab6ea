// SPDX-License-Identifier: Apache-2.0
// On the way from one configuration's access lists to another's, command by command: a packet that both deny is denied
// all along, and one that both let through passes all along.
#include <gtest/gtest.h>

#include <random>

#include "controlplane/program/access_lists.h"
#include "controlplane/program/commands.h"
#include "tests/unit/control/dataplane_in_memory.h"
#include "tests/unit/control/random_changes.h"
#include "tests/unit/table/acl_packets.h"

namespace baton {
namespace {

using namespace test;

bool denies(const std::vector<AclRule>& rules, const Packet& packet, PortId ingress) {
    const AclRule* best = nullptr;
    for (const AclRule& rule : rules)
        if (oracle_matches(rule, packet, ingress) && (!best || rule.order < best->order)) best = &rule;
    if (!best) return false;
    return best->action == AclAction::deny ||
           (best->action == AclAction::permit_established && !is_established(packet.flags));
}

std::vector<Packet> some_packets(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::vector<Packet> out;
    for (int i = 0; i < 60; ++i) {
        const std::uint32_t addresses[] = {0x0a000000, 0x0a000001, 0x0a000080, 0x0a000081, 0x0b000000};
        const std::uint8_t protocols[] = {6, 17, 1};
        Packet packet;
        packet.protocol = protocols[random() % 3];
        packet.destination = addresses[random() % 5];
        packet.source = addresses[random() % 5];
        packet.destination_port =
            packet.protocol == 1 ? std::uint16_t{0x800} : static_cast<std::uint16_t>(79 + random() % 6);
        packet.flags = random() % 2 ? tcp_syn : tcp_ack;
        out.push_back(packet);
    }
    return out;
}

TEST(access_list_program, treats_a_packet_as_one_of_the_two_configurations_would_at_every_step) {
    std::size_t steps = 0;
    for (std::uint64_t seed = 0; seed < 150; ++seed) {
        RandomChanges random(seed);
        DataplaneInMemory dataplane;
        dataplane.start(port_list());
        const PortMap ports = PortMap::of(dataplane.tables());
        const auto from = random.walk(config::Running::factory(port_list()), 90), to = random.walk(from, 60);
        const Image before = image_of(from, ports), after = image_of(to, ports);
        for (const Command& command : everything(before)) dataplane.apply(command);
        const auto packets = some_packets(seed);
        for (const Command& command : difference(before, after)) {
            if (command.type != CommandType::acl_set && command.type != CommandType::acl_delete) continue;
            dataplane.apply(command);
            ++steps;
            const Image now = dataplane.image();
            for (const Packet& packet : packets)
                for (const PortId ingress : {PortId{3}, PortId{4}, PortId{8}}) {
                    const bool was = denies(before.rules, packet, ingress), will = denies(after.rules, packet, ingress);
                    if (was == will) {
                        ASSERT_EQ(denies(now.rules, packet, ingress), was) << "seed " << seed;
                    }
                }
        }
        ASSERT_TRUE(dataplane.image().rules == after.rules);
    }
    EXPECT_GT(steps, 300u);
}

TEST(access_list_program, leaves_out_ports_that_are_not_there_and_rules_that_are_left_without_any) {
    DataplaneInMemory dataplane;
    dataplane.start({{1, 1}, {1, 2}});
    const PortMap ports = PortMap::of(dataplane.tables());
    config::AccessList list = access_list("web");
    list.ports = {{1, 2}, {7, 7}};
    const auto rule = rule_of(list, ports);
    ASSERT_TRUE(rule);
    EXPECT_TRUE(rule->ports.has(ports.id({1, 2})));
    EXPECT_FALSE(rule->ports.has(ports.id({1, 1})));
    list.ports = {{7, 7}};
    EXPECT_FALSE(rule_of(list, ports));
    list.ports.clear();
    EXPECT_TRUE(rule_of(list, ports)->ports.has(200)) << "any: also ports to come";
    EXPECT_TRUE(is_sound(*rule_of(list, ports)));
}

}  // namespace
}  // namespace baton
