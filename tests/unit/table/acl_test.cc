// SPDX-License-Identifier: Apache-2.0
// Access lists without a data plane: what is read of a packet, that looking through and looking up find what the oracle
// finds while rules come and go and images are made behind their backs, and whose hits are whose.
#include <gtest/gtest.h>

#include <map>
#include <memory>

#include "dataplane/table/acl_maintain.h"
#include "tests/unit/table/acl_packets.h"

namespace baton::test {
namespace {

/// An image that looks through its list, as a stand-in for the compiled one (which needs EAL).
class PlainImage final : public AclImage {
  public:
    using AclImage::AclImage;

    void classify(const AclKey* keys, std::uint32_t* found, unsigned count) const override {
        for (unsigned i = 0; i < count; ++i) {
            const std::uint32_t at = list.find(keys[i]);
            found[i] = at == AclLinear::none ? 0 : at + 1;
        }
    }
};

std::shared_ptr<const AclImage> plain_image(const std::vector<AclEntry>& entries) {
    return std::make_shared<const PlainImage>(entries);
}

TEST(acl_key, is_read_from_tcp_udp_and_icmp) {
    Packet packet{6, ip(10, 0, 0, 1), ip(10, 0, 0, 2), 1234, 80, tcp_syn | tcp_ack};
    AclKey key = key_of(packet, 3);
    EXPECT_EQ(key.what, static_cast<unsigned>(AclProtocol::tcp) | acl_ports_known);
    EXPECT_EQ(__builtin_bswap32(key.source), ip(10, 0, 0, 1));
    EXPECT_EQ(__builtin_bswap32(key.destination), ip(10, 0, 0, 2));
    EXPECT_EQ(__builtin_bswap16(key.source_port), 1234);
    EXPECT_EQ(__builtin_bswap16(key.destination_port), 80);
    EXPECT_EQ(__builtin_bswap16(key.ingress), 3);
    EXPECT_EQ(key.tcp_flags, tcp_syn | tcp_ack);
    packet.protocol = 17;
    EXPECT_EQ(key_of(packet, 3).what, static_cast<unsigned>(AclProtocol::udp) | acl_ports_known);
    packet.protocol = 1;
    packet.destination_port = 8 << 8;
    key = key_of(packet, 3);
    EXPECT_EQ(key.what, static_cast<unsigned>(AclProtocol::icmp) | acl_ports_known);
    EXPECT_EQ(__builtin_bswap16(key.destination_port), 8 << 8);
    EXPECT_EQ(key.source_port, 0);
    packet.protocol = 47;
    EXPECT_EQ(key_of(packet, 3).what, 0);
}

TEST(acl_key, of_a_later_fragment_knows_no_ports) {
    Packet packet{17, ip(10, 0, 0, 1), ip(10, 0, 0, 2), 1234, 80};
    packet.fragment = 185;
    EXPECT_EQ(key_of(packet, 1).what, static_cast<unsigned>(AclProtocol::udp));
    EXPECT_EQ(key_of(packet, 1).destination_port, 0);
}

TEST(acl_key, is_refused_of_a_header_that_cannot_be_right) {
    const auto good = Packet{}.bytes();
    AclKey key;
    const auto read = [&key](std::vector<std::uint8_t> bytes) {
        return read_acl_key(bytes.data(), static_cast<std::uint32_t>(bytes.size()), 1, key);
    };
    ASSERT_TRUE(read(good));
    for (std::size_t size = 0; size < good.size(); ++size)
        EXPECT_FALSE(read({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)})) << size;
    auto bytes = good;
    bytes[0] = 0x65;
    EXPECT_FALSE(read(bytes)) << "version";
    bytes[0] = 0x44;
    EXPECT_FALSE(read(bytes)) << "header length";
    bytes[0] = 0x4f;
    EXPECT_FALSE(read(bytes)) << "header beyond the packet";
    bytes = good;
    bytes[3] = 19;
    EXPECT_FALSE(read(bytes)) << "total length";
    Packet overlapping;
    overlapping.fragment = 1;
    EXPECT_FALSE(read(overlapping.bytes())) << "RFC 1858";
    overlapping.protocol = 17;
    EXPECT_TRUE(read(overlapping.bytes()));
}

TEST(acl_key, says_which_segments_are_of_a_connection) {
    for (unsigned flags = 0; flags < 64; ++flags) {
        const bool ack = flags & tcp_ack, rst = flags & tcp_rst, syn = flags & tcp_syn;
        EXPECT_EQ(is_established(static_cast<std::uint8_t>(flags)), ack || (rst && !syn)) << flags;
    }
}

TEST(acl_rule, must_be_sound) {
    AclRule rule = acl_rule("web", AclAction::deny, 5);
    EXPECT_TRUE(is_sound(rule));
    const auto with = [&rule](auto change) {
        AclRule other = rule;
        change(other);
        return is_sound(other);
    };
    EXPECT_FALSE(with([](AclRule& r) { r.name[0] = 0; }));
    EXPECT_FALSE(with([](AclRule& r) { r.destination_length = 33; }));
    EXPECT_FALSE(with([](AclRule& r) { r.destination = 1; }));
    EXPECT_FALSE(with([](AclRule& r) { r.protocol = static_cast<AclProtocol>(4); }));
    EXPECT_FALSE(with([](AclRule& r) { r.action = static_cast<AclAction>(3); }));
    EXPECT_FALSE(with([](AclRule& r) { r.action = AclAction::permit_established; }));
    EXPECT_FALSE(with([](AclRule& r) { r.destination_first = 80; }));
    EXPECT_FALSE(with([](AclRule& r) { r.order = acl_order_end; }));
    EXPECT_FALSE(with([](AclRule& r) { r.flags = 2; }));
    EXPECT_FALSE(with([](AclRule& r) { r.ports = {}; }));
}

TEST(acl_linear, finds_what_the_oracle_finds) {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        AclDice dice(seed);
        std::vector<AclEntry> entries;
        const std::uint32_t count = dice.below(40);
        for (std::uint32_t n = 0; n < count; ++n) entries.push_back({dice.rule(nth(n)), n, 1});
        std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.rank() < b.rank(); });
        const AclLinear list(entries);
        for (int i = 0; i < 300; ++i) {
            const Packet packet = dice.packet();
            const PortId ingress = dice.ingress();
            const AclEntry* wanted = oracle(entries, packet, ingress);
            const std::uint32_t found = list.find(key_of(packet, ingress));
            ASSERT_EQ(found != AclLinear::none, wanted != nullptr) << seed;
            if (wanted) {
                ASSERT_EQ(list.verdict(found).slot, wanted->slot) << seed;
            }
        }
    }
}

/// Slots, image and list beside it, with a worker that ends its turns when the test says so.
class Ground {
  public:
    explicit Ground(AclWorkshop::Make make = plain_image) : make_(std::move(make)) { start(); }

    /// Another data plane on the same arena.
    void start() {
        maintenance.reset();
        maintenance.emplace(*arena, acl, make_);
    }

    void round(bool worker_turns = true) {
        turns += worker_turns;
        maintenance->publish();
        maintenance->turn(now = now + milliseconds(5), {&turns, 1});
    }

    std::vector<AclEntry> entries() const {
        std::vector<AclEntry> out;
        for (std::uint32_t slot = 0; slot < max_acl_slots; ++slot) {
            AclEntry entry{.slot = slot};
            if (read_rule(arena->slots[slot], entry.rule, &entry.version)) out.push_back(entry);
        }
        return out;
    }

    /// Looks a packet up as a worker does, and counts.
    std::optional<std::uint32_t> packet(const Packet& packet, PortId ingress = 1) {
        const AclView* view = acl.view();
        if (!view) return std::nullopt;
        const AclKey key = key_of(packet, ingress);
        AclVerdict verdict;
        view->look_up(&key, &verdict, 1);
        if (verdict.rank == ~0ull) return std::nullopt;
        acl.hits(0)[verdict.slot].frames.fetch_add(1);
        acl.hits(0)[verdict.slot].bytes.fetch_add(100);
        return verdict.slot;
    }

    std::unique_ptr<AclArena> arena = std::make_unique<AclArena>();
    Acl acl{*arena};
    AclWorkshop::Make make_;
    std::optional<AclMaintenance> maintenance;
    std::uint64_t turns = 0;
    Time now = monotonic_now();
};

TEST(acl_maintain, has_no_view_without_rules) {
    Ground ground;
    EXPECT_EQ(ground.acl.view(), nullptr);
    const AclRule rule = acl_rule("all", AclAction::deny, 1);
    ASSERT_EQ(ground.maintenance->set(rule, 1), Outcome::done);
    EXPECT_EQ(ground.acl.view(), nullptr) << "not before the round ends";
    ground.round();
    EXPECT_TRUE(ground.packet({}));
    ASSERT_EQ(ground.maintenance->remove(rule), Outcome::done);
    ground.round();
    EXPECT_EQ(ground.acl.view(), nullptr);
}

TEST(acl_maintain, decides_as_the_oracle_does_while_rules_come_and_go) {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        AclDice dice(seed);
        Ground ground;
        std::vector<AclRule> said;
        const std::uint32_t crowd = seed % 2 ? 20 : 90;  // looked through, and compiled
        for (unsigned step = 0; step < 400; ++step) {
            if (said.size() < crowd / 2 || (said.size() < crowd && dice.below(2))) {
                said.push_back(dice.rule(nth(step)));
                ASSERT_EQ(ground.maintenance->set(said.back(), 1), Outcome::done);
            } else {
                const std::uint32_t at = dice.below(static_cast<std::uint32_t>(said.size()));
                ASSERT_EQ(ground.maintenance->remove(said[at]), Outcome::done);
                said.erase(said.begin() + at);
            }
            if (dice.below(3) == 0) ground.round(dice.below(2));
            if (dice.below(40) == 0) ground.maintenance->compile_now();
            if (dice.below(100) == 0) ground.start();
            ground.round(dice.below(2));
            const auto entries = ground.entries();
            ASSERT_EQ(entries.size(), said.size());
            for (int i = 0; i < 20; ++i) {
                const Packet packet = dice.packet();
                const PortId ingress = dice.ingress();
                const AclEntry* wanted = oracle(entries, packet, ingress);
                const auto found = ground.packet(packet, ingress);
                ASSERT_EQ(found.has_value(), wanted != nullptr) << seed << " " << step;
                if (found) {
                    ASSERT_EQ(*found, wanted->slot) << seed << " " << step;
                }
            }
        }
    }
}

TEST(acl_maintain, falls_back_to_the_next_rule_when_the_compiled_one_goes) {
    Ground ground;
    for (unsigned n = 0; n < 60; ++n)
        ASSERT_EQ(ground.maintenance->set(acl_rule(nth(n), AclAction::deny, n), 1), Outcome::done);
    ASSERT_TRUE(ground.maintenance->compile_now());
    ASSERT_EQ(ground.arena->image_rules, 60u);
    for (unsigned n = 0; n < 59; ++n) {
        const auto slot = ground.packet({});
        ASSERT_TRUE(slot);
        AclRule rule;
        ASSERT_TRUE(read_rule(ground.arena->slots[*slot], rule));
        EXPECT_EQ(rule.order, n);
        ground.maintenance->remove(rule);
        ground.maintenance->publish();
    }
}

TEST(acl_maintain, uses_a_slot_again_only_when_no_worker_can_count_there) {
    Ground ground;
    const AclRule first = acl_rule("first", AclAction::deny, 1), second = acl_rule("second", AclAction::deny, 1);
    ground.maintenance->set(first, 1);
    ground.round();
    const std::uint32_t slot = *ground.packet({});
    ground.maintenance->remove(first);
    ground.maintenance->publish();
    ground.round(false);
    ground.round(false);
    EXPECT_EQ(AclStateWord::of(ground.arena->slots[slot].state).state, AclState::gone)
        << "the worker is still in its turn";
    ground.maintenance->set(second, 1);
    ground.round(false);
    EXPECT_NE(*ground.packet({}), slot);
    ground.round(true);
    ground.round(true);
    EXPECT_EQ(AclStateWord::of(ground.arena->slots[slot].state).state, AclState::free);
}

TEST(acl_maintain, counts_from_0_when_a_rule_is_made_again_and_goes_on_otherwise) {
    Ground ground;
    const AclRule rule = acl_rule("web", AclAction::permit, 1);
    ground.maintenance->set(rule, 1);
    ground.round();
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(ground.packet({}));
    std::uint32_t slot = *ground.packet({});
    EXPECT_EQ(hits_of(*ground.arena, slot).frames, 6u);
    ground.maintenance->set(rule, 2);  // a new master says it again
    ground.start();                    // and a new data plane finds it
    EXPECT_EQ(hits_of(*ground.arena, slot).frames, 6u);
    EXPECT_EQ(*ground.packet({}), slot);
    for (int i = 0; i < 4; ++i) {
        ground.maintenance->remove(rule);
        ground.round();
        ground.round();
        ground.maintenance->set(rule, 2);
        ground.round();
        slot = *ground.packet({});
        EXPECT_EQ(hits_of(*ground.arena, slot).frames, 1u);
        EXPECT_EQ(hits_of(*ground.arena, slot).bytes, 100u);
    }
}

TEST(acl_maintain, tells_which_rules_a_master_did_not_say_the_last_to_decide_first) {
    Ground ground;
    for (unsigned n = 0; n < 5; ++n) ground.maintenance->set(acl_rule(nth(n), AclAction::deny, n), 1);
    ground.maintenance->set(acl_rule("r2", AclAction::deny, 2), 2);
    const auto stale = ground.maintenance->stale(2);
    ASSERT_EQ(stale.size(), 4u);
    EXPECT_EQ(stale.front().order, 4u);
    EXPECT_EQ(stale.back().order, 0u);
    EXPECT_TRUE(ground.maintenance->is_stale(stale[0], 2));
    ground.maintenance->set(stale[0], 2);
    EXPECT_FALSE(ground.maintenance->is_stale(stale[0], 2));
}

TEST(acl_maintain, refuses_what_has_no_place_or_makes_no_sense) {
    Ground ground(nullptr);
    AclRule rule = acl_rule("x", AclAction::deny, 1);
    rule.destination_length = 40;
    EXPECT_EQ(ground.maintenance->set(rule, 1), Outcome::bad_argument);
    EXPECT_EQ(ground.maintenance->remove(rule), Outcome::bad_argument);
    for (std::uint32_t n = 0; n < max_acl_slots; ++n)
        ASSERT_EQ(ground.maintenance->set(acl_rule(nth(n), AclAction::deny, n), 1), Outcome::done);
    EXPECT_EQ(ground.maintenance->set(acl_rule("more", AclAction::deny, 1), 1), Outcome::table_full);
}

TEST(acl_maintain, goes_on_without_an_image_when_there_is_no_memory_for_one) {
    Ground ground([](const std::vector<AclEntry>&) { return std::shared_ptr<const AclImage>(); });
    for (unsigned n = 0; n < 60; ++n) ground.maintenance->set(acl_rule(nth(n), AclAction::deny, n), 1);
    EXPECT_FALSE(ground.maintenance->compile_now());
    EXPECT_EQ(ground.arena->images_failed, 1u);
    EXPECT_TRUE(ground.packet({}));
}

}  // namespace
}  // namespace baton::test
