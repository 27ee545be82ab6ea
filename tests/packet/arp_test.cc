// SPDX-License-Identifier: Apache-2.0
// ARP in VLANs with an interface: what is answered, what is bridged, what the master hears.
#include "tests/packet/router.h"

namespace baton::test {
namespace {

struct Arp {
    unsigned operation = 1;
    Mac sender_mac = in(10, 7);
    std::string sender = "10.0.1.7";
    Mac target_mac = Mac{};
    std::string target = "10.0.1.1";

    Bytes bytes() const {
        return be16(1) + be16(0x0800) + Bytes{6, 4} + be16(operation) + mac(sender_mac) + address(sender) +
               mac(target_mac) + address(target);
    }
};

Frame arp(Mac to, const Arp& message, std::optional<Tag> tag = {}) {
    return ethernet(to, message.sender_mac, tag, 0x0806, message.bytes());
}

Arp reply_to(const Arp& request) {
    return {2, Router::router(), request.target, request.sender_mac, request.sender};
}

/// The reasons of all that the master has been told since.
struct Master {
    Router& baton;
    std::uint64_t cursor = 0;

    std::vector<Frame> heard(PuntReason reason = PuntReason::arp) {
        std::vector<Frame> frames;
        baton.settle();
        for (unsigned worker = 0; worker < baton.crew().size(); ++worker)
            for (PuntedFrame punted; read_punt(baton.punts(), static_cast<WorkerId>(worker), cursors[worker], punted);)
                if (punted.reason == reason) frames.emplace_back(punted.bytes, punted.bytes + punted.length);
        return frames;
    }

    std::uint64_t cursors[max_workers] = {};
};

TEST(Arp, requests_for_the_routers_address_are_answered_and_not_flooded) {
    Router baton;
    Master master{baton};
    const Arp request;
    baton.send(2, arp(broadcast, request));
    EXPECT_TRUE(baton.came_out(2, {arp(in(10, 7), reply_to(request))}));
    EXPECT_EQ(master.heard(), std::vector<Frame>{arp(broadcast, request)});
    EXPECT_EQ(baton.total(&WorkerCounters::taken), 1u);
    EXPECT_EQ(baton.total(&WorkerCounters::punted), 0u) << "the master's is a copy";
    EXPECT_TRUE(baton.is_clean());
}

TEST(Arp, requests_in_a_tagged_vlan_are_answered_with_its_tag) {
    Router baton;
    Arp request;
    request.sender_mac = in(20, 3);
    request.sender = "10.0.2.3";
    request.target = "10.0.2.1";
    baton.send(4, arp(broadcast, request, Tag{20, 3}));
    EXPECT_TRUE(baton.came_out(4, {retagged(arp(in(20, 3), reply_to(request)), Tag{20, 0})}));
    EXPECT_TRUE(baton.is_clean());
}

TEST(Arp, requests_straight_to_the_routers_mac_are_answered) {
    Router baton;
    const Arp request;
    baton.send(2, arp(Router::router(), request));
    EXPECT_TRUE(baton.came_out(2, {arp(in(10, 7), reply_to(request))}));
}

TEST(Arp, requests_for_others_flood_as_before_and_the_master_hears_them) {
    Router baton;
    Master master{baton};
    Arp request;
    request.target = "10.0.1.2";
    baton.send(2, arp(broadcast, request));
    EXPECT_TRUE(baton.came_out(1, {arp(broadcast, request)}));
    EXPECT_EQ(master.heard(), std::vector<Frame>{arp(broadcast, request)});
    EXPECT_TRUE(baton.is_clean());
}

TEST(Arp, requests_for_an_own_address_of_another_vlan_are_not_answered) {
    Router baton;
    Arp request;
    request.target = "10.0.2.1";
    baton.send(2, arp(broadcast, request));
    EXPECT_TRUE(baton.came_out(1, {arp(broadcast, request)}));
}

TEST(Arp, probes_for_an_own_address_are_answered_and_tell_the_master_nothing) {
    Router baton;
    Master master{baton};
    Arp probe;
    probe.sender = "0.0.0.0";
    baton.send(2, arp(broadcast, probe));
    EXPECT_TRUE(baton.came_out(2, {arp(in(10, 7), reply_to(probe))}));
    EXPECT_TRUE(master.heard().empty());
    EXPECT_TRUE(baton.is_clean());
}

TEST(Arp, announcements_of_an_own_address_are_the_masters_to_fight) {
    Router baton;
    Master master{baton};
    for (const unsigned operation : {1u, 2u}) {
        Arp claim;
        claim.operation = operation;
        claim.sender = "10.0.1.1";
        baton.send(2, arp(broadcast, claim));
        EXPECT_TRUE(baton.came_out(1, {arp(broadcast, claim)})) << "bridged, and not answered";
        EXPECT_EQ(master.heard(), std::vector<Frame>{arp(broadcast, claim)});
    }
}

TEST(Arp, gratuitous_ones_of_hosts_are_bridged_and_heard) {
    Router baton;
    Master master{baton};
    Arp announcement;
    announcement.target = announcement.sender;
    baton.send(2, arp(broadcast, announcement));
    EXPECT_TRUE(baton.came_out(1, {arp(broadcast, announcement)}));
    EXPECT_EQ(master.heard(), std::vector<Frame>{arp(broadcast, announcement)});
}

TEST(Arp, replies_to_the_router_are_the_masters_and_the_hosts) {
    Router baton;
    Master master{baton};
    baton.tables().vlans[10].interface_index = 7;
    Arp reply;
    reply.operation = 2;
    reply.target = "10.0.1.1";
    reply.target_mac = Router::router();
    const Frame sent = arp(Router::router(), reply);
    baton.send(2, sent);
    EXPECT_TRUE(baton.nothing_came_out());
    EXPECT_EQ(master.heard(), std::vector<Frame>{sent});
    EXPECT_TRUE(baton.host().take([&](VlanId vlan, std::span<const std::uint8_t> bytes) {
        EXPECT_EQ(vlan, 10);
        EXPECT_EQ(Frame(bytes.begin(), bytes.end()), sent);
    }));
    EXPECT_EQ(baton.total(&WorkerCounters::punted), 1u);
    EXPECT_TRUE(baton.is_clean());
}

TEST(Arp, malformed_to_the_router_is_dropped_and_to_all_is_bridged_unheard) {
    Router baton;
    Master master{baton};
    const auto spoilt = [](std::size_t at, unsigned value) {
        Bytes message = Arp{}.bytes();
        message.at(at) = static_cast<std::uint8_t>(value);
        return message;
    };
    const std::vector<std::pair<std::string, Bytes>> all{
        {"hardware type", spoilt(1, 6)},   {"protocol type", spoilt(2, 0x86)}, {"hardware size", spoilt(4, 8)},
        {"protocol size", spoilt(5, 16)},  {"operation 0", spoilt(7, 0)},      {"operation 3", spoilt(7, 3)},
        {"sender's MAC", spoilt(8, 0x03)}, {"sender", spoilt(14, 127)},        {"sender of a group", spoilt(14, 224)},
    };
    std::uint64_t dropped = 0;
    for (const auto& [what, message] : all) {
        baton.send(2, ethernet(Router::router(), in(10, 7), {}, 0x0806, message));
        EXPECT_TRUE(baton.nothing_came_out()) << what;
        EXPECT_EQ(baton.drops(2, Drop::neighbor_malformed), ++dropped) << what;
        const Frame sent = ethernet(broadcast, in(10, 7), {}, 0x0806, message);
        baton.send(2, sent);
        EXPECT_TRUE(baton.came_out(1, {sent})) << what;
    }
    EXPECT_TRUE(master.heard().empty());
    EXPECT_TRUE(baton.is_clean());
}

TEST(Arp, is_bridged_only_in_a_vlan_without_an_interface) {
    TestSwitch baton;
    baton.all_in_one();
    const Frame sent = arp(broadcast, Arp{});
    baton.send(2, sent);
    EXPECT_EQ(baton.where(sent), (std::vector<PortId>{1, 3, 4}));
    EXPECT_EQ(baton.punts().written[0], 0u);
}

TEST(Arp, storms_leave_the_master_room_for_what_concerns_the_router) {
    Router baton({.ports = 5, .slots = 1024});
    Master master{baton};
    Arp noise;
    noise.target = "10.0.1.99";
    for (unsigned n = 0; n < 300; ++n) baton.send(2, arp(broadcast, noise));
    EXPECT_LT(master.heard().size(), 100u);
    baton.send(2, arp(broadcast, Arp{}));
    EXPECT_EQ(master.heard(), std::vector<Frame>{arp(broadcast, Arp{})});
    EXPECT_EQ(baton.received(1).size(), 300u) << "bridged all the same";
}

}  // namespace
}  // namespace baton::test
