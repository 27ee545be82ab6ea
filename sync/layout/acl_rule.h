// SPDX-License-Identifier: Apache-2.0
// An access list's rule, as a master says it and as the tables hold it: 96 bytes, canonical, so that two rules are the
// same if and only if their bytes are. A rule never changes. Another rule of the same name is another rule, and both may
// be in force for a moment, while one configuration takes the place of another.
//
// `order` says which of several rules that match a packet decides: the lowest. It comes from the rule's precedence, or
// from how much it names (controlplane/config/access_list.h); of equals the one in the lower slot, which only matters
// where they agree anyway.
#pragma once

#include <cstring>

#include "sync/layout/port_set.h"

namespace baton {

enum class AclProtocol : std::uint8_t { ip, tcp, udp, icmp };  // ip: any of them
inline constexpr std::string_view acl_protocol_names[] = {"ip", "tcp", "udp", "icmp"};

enum class AclAction : std::uint8_t {
    permit,
    permit_established,  // TCP: segments of connections pass, those that open one are denied
    deny,
};
inline constexpr std::string_view acl_action_names[] = {"permit", "permit-established", "deny"};

inline constexpr std::uint8_t acl_log = 1;            // AclRule::flags: the master is told of what it matches
inline constexpr std::uint32_t acl_order_end = 1u << 20;  // every order is below

struct AclRule {
    char name[32];                    // in lower case, filled up with zeros
    PortSet256 ports;                 // by which frames come in; all ones: any, also those that do not exist yet
    std::uint32_t destination;        // host order; bits beyond the length are 0
    std::uint32_t source;
    std::uint16_t destination_first;  // TCP and UDP ports, from first to last; 0 to 65535: any, also where there are none
    std::uint16_t destination_last;   // (later fragments). ICMP: type << 8 | code
    std::uint16_t source_first;
    std::uint16_t source_last;
    std::uint32_t order;
    std::uint8_t destination_length;  // 0 to 32
    std::uint8_t source_length;
    AclProtocol protocol;
    AclAction action;
    std::uint8_t flags;               // acl_log
    std::uint8_t pad[7];

    std::string_view name_view() const { return {name, ::strnlen(name, sizeof name)}; }

    /// It asks for more of layer 4 than its protocol.
    constexpr bool looks_at_ports() const {
        return destination_first != 0 || destination_last != 65535 || source_first != 0 || source_last != 65535;
    }
    friend bool operator==(const AclRule& a, const AclRule& b) { return __builtin_memcmp(&a, &b, sizeof a) == 0; }
};
static_assert(sizeof(AclRule) == 96 && std::has_unique_object_representations_v<AclRule>);

/// The bits that a prefix of this length fixes.
constexpr std::uint32_t acl_mask(unsigned length) { return length == 0 ? 0 : ~0u << (32 - length); }

/// It could be a rule: what an applier takes from a master without believing it.
constexpr bool is_sound(const AclRule& rule) {
    const bool icmp = rule.protocol == AclProtocol::icmp, transport = rule.protocol == AclProtocol::tcp ||
                                                                      rule.protocol == AclProtocol::udp;
    return rule.name[0] != 0 && rule.destination_length <= 32 && rule.source_length <= 32 &&
           (rule.destination & ~acl_mask(rule.destination_length)) == 0 &&
           (rule.source & ~acl_mask(rule.source_length)) == 0 && rule.protocol <= AclProtocol::icmp &&
           rule.action <= AclAction::deny &&
           (rule.action != AclAction::permit_established || rule.protocol == AclProtocol::tcp) &&
           rule.destination_first <= rule.destination_last && rule.source_first <= rule.source_last &&
           (transport || icmp || !rule.looks_at_ports()) &&
           (!icmp || (rule.source_first == 0 && rule.source_last == 65535)) && rule.order < acl_order_end &&
           (rule.flags & ~acl_log) == 0 && !rule.ports.empty();
}

}  // namespace baton
