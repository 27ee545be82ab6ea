// SPDX-License-Identifier: Apache-2.0
// IPv6 neighbour discovery in VLANs with an interface: the checks of RFC 4861 7.1, the answers, who hears what.
#include "tests/packet/router.h"

namespace baton::test {
namespace {

const Mac all_nodes = *Mac::parse("33:33:00:00:00:01");
const Mac solicited = *Mac::parse("33:33:ff:00:00:01");

/// A solicitation as host 7 of VLAN 10 sends it.
struct Solicitation {
    std::string from = "2001:db8:1::7", to = "ff02::1:ff00:1", target = "2001:db8:1::1";
    unsigned type = 135, code = 0, hop_limit = 255;
    std::uint32_t flags = 0;
    Bytes options = Bytes{1, 1} + mac(in(10, 7));

    Six packet() const {
        Six out;
        out.from = from;
        out.to = to;
        out.next = 58;
        out.hop_limit = hop_limit;
        out.payload = icmp6(from, to, type, code, flags, address(target) + options);
        return out;
    }

    Frame frame(Mac to_mac = solicited) const { return six(to_mac, in(10, 7), {}, packet()); }
};

Frame advertisement(const std::string& own, const std::string& to, Mac to_mac, std::uint32_t flags) {
    Six out;
    out.from = own;
    out.to = to;
    out.next = 58;
    out.hop_limit = 255;
    out.payload = icmp6(own, to, 136, 0, flags, address(own) + Bytes{2, 1} + mac(Router::router()));
    return six(to_mac, Router::router(), {}, out);
}

std::vector<Frame> heard(Router& baton) {
    baton.settle();
    std::vector<Frame> frames;
    for (unsigned worker = 0; worker < baton.crew().size(); ++worker) {
        std::uint64_t cursor = 0;
        for (PuntedFrame punted; read_punt(baton.punts(), static_cast<WorkerId>(worker), cursor, punted);)
            if (punted.reason == PuntReason::neighbor) frames.emplace_back(punted.bytes, punted.bytes + punted.length);
    }
    return frames;
}

constexpr std::uint32_t router_solicited_override = 0xe0000000, router_override = 0xa0000000;

TEST(Discovery, solicitations_for_the_router_are_answered_and_not_flooded) {
    Router baton;
    const Solicitation asked;
    baton.send(2, asked.frame());
    EXPECT_TRUE(baton.came_out(2, {advertisement("2001:db8:1::1", asked.from, in(10, 7), router_solicited_override)}));
    EXPECT_EQ(heard(baton), std::vector<Frame>{asked.frame()});
    EXPECT_EQ(baton.total(&WorkerCounters::taken), 1u);
    EXPECT_TRUE(baton.is_clean());
}

TEST(Discovery, solicitations_for_its_link_local_address_are_answered) {
    Router baton;
    Solicitation asked;
    asked.from = "fe80::7";
    asked.to = "ff02::1:ffba:7001";
    asked.target = Router::own_link_local();
    baton.send(2, asked.frame(*Mac::parse("33:33:ff:ba:70:01")));
    EXPECT_TRUE(
        baton.came_out(2, {advertisement(Router::own_link_local(), asked.from, in(10, 7), router_solicited_override)}));
}

TEST(Discovery, solicitations_to_its_mac_as_of_who_looks_whether_it_is_there_are_answered) {
    Router baton;
    Solicitation asked;
    asked.to = "2001:db8:1::1";
    asked.options = {};
    baton.send(2, asked.frame(Router::router()));
    EXPECT_TRUE(baton.came_out(2, {advertisement("2001:db8:1::1", asked.from, in(10, 7), router_solicited_override)}))
        << "to the MAC that the frame came from";
    EXPECT_TRUE(baton.is_clean());
}

TEST(Discovery, who_looks_for_duplicates_is_told_by_an_answer_to_all) {
    Router baton;
    Solicitation asked;
    asked.from = "::";
    asked.options = {};
    baton.send(2, asked.frame());
    baton.settle();
    const Frame answer = advertisement("2001:db8:1::1", "ff02::1", all_nodes, router_override);
    EXPECT_EQ(baton.received(1), std::vector<Frame>{answer});
    EXPECT_EQ(baton.received(2), std::vector<Frame>{answer});
    EXPECT_TRUE(heard(baton).empty());
    EXPECT_TRUE(baton.is_clean());
}

TEST(Discovery, of_others_is_bridged_and_heard) {
    Router baton;
    Solicitation asked;
    asked.target = "2001:db8:1::2";
    asked.to = "ff02::1:ff00:2";
    const Frame sent = asked.frame(*Mac::parse("33:33:ff:00:00:02"));
    baton.send(2, sent);
    EXPECT_TRUE(baton.came_out(1, {sent}));
    EXPECT_EQ(heard(baton), std::vector<Frame>{sent});
}

TEST(Discovery, advertisements_to_the_router_are_the_masters_and_the_hosts) {
    Router baton;
    baton.tables().vlans[10].interface_index = 7;
    Solicitation said;
    said.type = 136;
    said.to = "2001:db8:1::1";
    said.target = said.from;
    said.flags = 0x60000000;
    said.options = Bytes{2, 1} + mac(in(10, 7));
    const Frame sent = said.frame(Router::router());
    baton.send(2, sent);
    EXPECT_TRUE(baton.nothing_came_out());
    EXPECT_EQ(heard(baton), std::vector<Frame>{sent});
    unsigned to_host = 0;
    while (baton.host().take(
        [&](VlanId, std::span<const std::uint8_t> bytes) { to_host += Frame(bytes.begin(), bytes.end()) == sent; })) {
    }
    EXPECT_EQ(to_host, 1u);
    EXPECT_EQ(baton.total(&WorkerCounters::punted), 1u);
    EXPECT_TRUE(baton.is_clean());
}

TEST(Discovery, that_is_not_sound_is_dropped_where_it_concerns_the_router) {
    std::vector<std::pair<std::string, Solicitation>> wrong;
    const auto add = [&](const std::string& what, auto change) {
        Solicitation one;
        change(one);
        wrong.emplace_back(what, one);
    };
    add("hop limit", [](Solicitation& s) { s.hop_limit = 254; });
    add("code", [](Solicitation& s) { s.code = 1; });
    add("an option of length 0", [](Solicitation& s) { s.options = {1, 0, 0, 0, 0, 0, 0, 0}; });
    add("an option beyond the end", [](Solicitation& s) { s.options = {1, 2, 0, 0, 0, 0, 0, 0}; });
    add("half an option", [](Solicitation& s) { s.options = {1}; });
    add("a group as link address", [](Solicitation& s) { s.options = Bytes{1, 1} + mac(broadcast); });
    add("from nobody, with a link address", [](Solicitation& s) { s.from = "::"; });
    add("from nobody, to one", [](Solicitation& s) {
        s.from = "::";
        s.options = {};
        s.to = "2001:db8:1::1";
    });
    add("from a group", [](Solicitation& s) { s.from = "ff02::9"; });
    Router baton;
    std::uint64_t dropped = 0;
    for (const auto& [what, one] : wrong) {
        baton.send(2, one.frame());
        EXPECT_TRUE(baton.nothing_came_out()) << what;
        EXPECT_EQ(baton.drops(2, Drop::neighbor_malformed), ++dropped) << what;
    }
    Frame changed = Solicitation{}.frame();
    changed[14 + 40 + 30] ^= 1;
    baton.send(2, changed);
    EXPECT_TRUE(baton.nothing_came_out());
    EXPECT_EQ(baton.drops(2, Drop::neighbor_malformed), ++dropped) << "checksum";
    Six cut = Solicitation{}.packet();
    cut.payload.resize(20);
    baton.send(2, six(Router::router(), in(10, 7), {}, cut));
    EXPECT_TRUE(baton.nothing_came_out());
    EXPECT_EQ(baton.drops(2, Drop::neighbor_malformed), ++dropped) << "cut short";
    Solicitation group;
    group.target = "ff02::1";
    baton.send(2, group.frame(Router::router()));
    EXPECT_TRUE(baton.nothing_came_out());
    EXPECT_EQ(baton.drops(2, Drop::neighbor_malformed), ++dropped) << "about a group";
    Solicitation said;
    said.type = 136;
    said.to = "ff02::1";
    said.flags = 0x40000000;
    baton.send(2, said.frame(Router::router()));
    EXPECT_TRUE(baton.nothing_came_out());
    EXPECT_EQ(baton.drops(2, Drop::neighbor_malformed), ++dropped) << "solicited, and to all";
    EXPECT_TRUE(heard(baton).empty());
    EXPECT_TRUE(baton.is_clean());
}

TEST(Groups, of_routing_protocols_reach_the_host_and_are_bridged_as_well) {
    Router baton;
    baton.tables().vlans[10].interface_index = 7;
    std::vector<Frame> sent;
    Four hello;
    hello.to = "224.0.0.5";
    hello.protocol = 89;
    hello.ttl = 1;
    sent.push_back(four(*Mac::parse("01:00:5e:00:00:05"), in(10, 2), {}, hello));
    Six other;
    other.from = "fe80::2";
    other.to = "ff02::5";
    other.next = 89;
    other.hop_limit = 1;
    sent.push_back(six(*Mac::parse("33:33:00:00:00:05"), in(10, 2), {}, other));
    Four dhcp;
    dhcp.to = "255.255.255.255";
    sent.push_back(four(broadcast, in(10, 2), {}, dhcp));
    dhcp.to = "10.0.1.255";
    sent.push_back(four(broadcast, in(10, 2), {}, dhcp));
    std::vector<Frame> all = sent;
    Four far;
    far.to = "239.1.2.3";
    all.push_back(four(*Mac::parse("01:00:5e:01:02:03"), in(10, 2), {}, far));
    all.push_back(frame(broadcast, in(10, 2)));
    for (const Frame& one : all) baton.send(1, one);
    EXPECT_TRUE(baton.came_out(2, all));
    std::vector<Frame> delivered;
    while (baton.host().take(
        [&](VlanId, std::span<const std::uint8_t> bytes) { delivered.emplace_back(bytes.begin(), bytes.end()); })) {
    }
    EXPECT_EQ(delivered, sent);
    EXPECT_TRUE(baton.is_clean());
}

TEST(Host, gets_what_is_for_the_routers_addresses) {
    Router baton;
    baton.tables().vlans[20].interface_index = 8;
    Four packet;
    packet.to = "10.0.2.1";
    packet.protocol = 6;
    baton.send_four(packet);
    EXPECT_TRUE(baton.nothing_came_out());
    EXPECT_TRUE(baton.host().take([&](VlanId vlan, std::span<const std::uint8_t> bytes) {
        EXPECT_EQ(vlan, 20) << "the VLAN where it came in has none";
        EXPECT_EQ(Frame(bytes.begin(), bytes.end()), four(Router::router(), in(10, 2), {}, packet));
    }));
    EXPECT_EQ(baton.total(&WorkerCounters::taken), 1u);
    Four big = packet;
    big.payload = Bytes(1400, 1);
    for (unsigned n = 0; n < 1000; ++n) baton.send_four(big);
    baton.settle();
    EXPECT_GT(baton.lost(Drop::host_full), 0u) << "nobody reads";
    EXPECT_TRUE(baton.is_clean());
}

}  // namespace
}  // namespace baton::test
