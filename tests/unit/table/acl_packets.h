// SPDX-License-Identifier: Apache-2.0
// Access lists for tests: rules made in the open, IPv4 packets as their bytes, and an oracle that takes both literally:
// it knows nothing of keys, images or views.
#pragma once

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "dataplane/table/acl_linear.h"

namespace baton::test {

inline AclRule acl_rule(const std::string& name, AclAction action, std::uint32_t order) {
    AclRule rule{};
    std::memcpy(rule.name, name.data(), std::min(name.size(), sizeof rule.name));
    for (auto& word : rule.ports.words) word = ~0ull;
    rule.destination_last = rule.source_last = 65535;
    rule.action = action;
    rule.order = order;
    return rule;
}

/// "r7"
inline std::string nth(std::uint64_t n) {
    std::string out("r");
    out += std::to_string(n);
    return out;
}

constexpr std::uint32_t ip(unsigned a, unsigned b, unsigned c, unsigned d) {
    return a << 24 | b << 16 | c << 8 | d;
}

struct Packet {
    std::uint8_t protocol = 6;
    std::uint32_t source = 0, destination = 0;
    std::uint16_t source_port = 0, destination_port = 0;  // of ICMP: type << 8 | code in destination_port
    std::uint8_t flags = tcp_syn;
    std::uint16_t fragment = 0;  // offset in units of 8 bytes
    unsigned options = 0;        // words of them
    std::size_t transport = 20;  // bytes of layer 4

    std::vector<std::uint8_t> bytes() const {
        std::vector<std::uint8_t> out;
        const auto put = [&out](std::uint32_t value, int size) {
            for (int i = size - 1; i >= 0; --i) out.push_back(static_cast<std::uint8_t>(value >> 8 * i));
        };
        const std::size_t header = 20 + 4ul * options;
        put(0x40 | static_cast<std::uint32_t>(5 + options), 1);
        put(0, 1);
        put(static_cast<std::uint32_t>(header + transport), 2);
        put(0, 2);
        put(fragment, 2);
        put(64, 1);
        put(protocol, 1);
        put(0, 2);
        put(source, 4);
        put(destination, 4);
        out.resize(header, 1);
        std::vector<std::uint8_t> inside(std::max<std::size_t>(transport, 14), 0);
        if (protocol == 1) {
            inside[0] = static_cast<std::uint8_t>(destination_port >> 8);
            inside[1] = static_cast<std::uint8_t>(destination_port);
        } else {
            inside[0] = static_cast<std::uint8_t>(source_port >> 8);
            inside[1] = static_cast<std::uint8_t>(source_port);
            inside[2] = static_cast<std::uint8_t>(destination_port >> 8);
            inside[3] = static_cast<std::uint8_t>(destination_port);
            inside[13] = flags;
        }
        inside.resize(transport);
        out.insert(out.end(), inside.begin(), inside.end());
        return out;
    }
};

inline bool oracle_matches(const AclRule& rule, const Packet& packet, PortId ingress) {
    for (unsigned bit = 0; bit < 32; ++bit) {
        const std::uint32_t at = 1u << (31 - bit);
        if (bit < rule.destination_length && (rule.destination & at) != (packet.destination & at)) return false;
        if (bit < rule.source_length && (rule.source & at) != (packet.source & at)) return false;
    }
    if (!rule.ports.has(ingress)) return false;
    if (rule.protocol == AclProtocol::ip) return true;
    const std::uint8_t numbers[] = {0, 6, 17, 1};
    if (packet.protocol != numbers[static_cast<int>(rule.protocol)]) return false;
    if (!rule.looks_at_ports()) return true;
    if (packet.fragment != 0 || packet.transport < (packet.protocol == 1 ? 2u : 4u)) return false;
    if (packet.destination_port < rule.destination_first || packet.destination_port > rule.destination_last)
        return false;
    return packet.protocol == 1 || (packet.source_port >= rule.source_first && packet.source_port <= rule.source_last);
}

/// The rule that decides; null: none does.
inline const AclEntry* oracle(const std::vector<AclEntry>& entries, const Packet& packet, PortId ingress) {
    const AclEntry* best = nullptr;
    for (const AclEntry& entry : entries)
        if (oracle_matches(entry.rule, packet, ingress) && (!best || entry.rank() < best->rank())) best = &entry;
    return best;
}

/// Random rules and packets from a small world, so that they meet.
class AclDice {
  public:
    explicit AclDice(std::uint64_t seed) : random_(seed) {}

    std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }

    std::uint32_t address() { return ip(10, below(2), below(3), below(4)); }

    AclRule rule(const std::string& name) {
        constexpr std::uint8_t lengths[] = {0, 8, 15, 16, 23, 24, 31, 32};
        AclRule rule = acl_rule(name, static_cast<AclAction>(below(2) * 2), below(60));
        rule.destination_length = lengths[below(8)];
        rule.source_length = lengths[below(8)];
        rule.destination = address() & acl_mask(rule.destination_length);
        rule.source = address() & acl_mask(rule.source_length);
        rule.protocol = static_cast<AclProtocol>(below(4));
        if (rule.protocol == AclProtocol::tcp && below(4) == 0) rule.action = AclAction::permit_established;
        if (rule.protocol == AclProtocol::tcp || rule.protocol == AclProtocol::udp) {
            if (below(2))
                rule.destination_last = static_cast<std::uint16_t>((rule.destination_first = port()) + below(3));
            if (below(3) == 0) rule.source_last = static_cast<std::uint16_t>((rule.source_first = port()) + below(3));
        }
        if (rule.protocol == AclProtocol::icmp && below(2)) {
            rule.destination_first = static_cast<std::uint16_t>(below(3) << 8 | below(2));
            rule.destination_last =
                static_cast<std::uint16_t>(below(2) ? rule.destination_first : rule.destination_first | 255);
        }
        if (below(3) == 0) {
            rule.ports = {};
            for (unsigned n = 0; n < 1 + below(3); ++n) rule.ports.add(static_cast<PortId>(1 + below(6)));
        }
        return rule;
    }

    Packet packet() {
        constexpr std::uint8_t protocols[] = {6, 6, 17, 1, 47};
        Packet packet;
        packet.protocol = protocols[below(5)];
        packet.source = address();
        packet.destination = address();
        packet.source_port = port();
        packet.destination_port = packet.protocol == 1 ? static_cast<std::uint16_t>(below(3) << 8 | below(3)) : port();
        packet.flags = static_cast<std::uint8_t>(below(64));
        packet.fragment = below(8) == 0 ? static_cast<std::uint16_t>(2 + below(5)) : 0;
        packet.options = below(8) == 0 ? 1 + below(10) : 0;
        packet.transport = below(10) == 0 ? below(20) : 20;
        return packet;
    }

    PortId ingress() { return static_cast<PortId>(1 + below(6)); }

  private:
    std::uint16_t port() { return static_cast<std::uint16_t>(78 + below(8)); }

    std::mt19937_64 random_;
};

inline AclKey key_of(const Packet& packet, PortId ingress) {
    AclKey key;
    const auto bytes = packet.bytes();
    if (!read_acl_key(bytes.data(), static_cast<std::uint32_t>(bytes.size()), ingress, key)) key.what = 0xff;
    return key;
}

}  // namespace baton::test
