// SPDX-License-Identifier: Apache-2.0
// Changes about access lists, and random ones from a small world, so that they overlap.
#pragma once

#include <functional>
#include <string>

#include "controlplane/config/access_list_message.h"

namespace baton::test {

inline config::AccessList access_list(const std::string& name, AclAction action = AclAction::deny) {
    config::AccessList list;
    list.name = name;
    list.action = action;
    return list;
}

inline config::Change create(const config::AccessList& list) {
    config::Change change;
    *change.mutable_access_list_create() = config::as_message(list);
    return change;
}

inline config::Change delete_access_list(const std::string& name) {
    config::Change change;
    change.mutable_access_list_delete()->set_name(name);
    return change;
}

/// `below(n)`: a random number; `ports`: those that may be named.
inline config::AccessList random_access_list(const std::string& name,
                                             const std::function<std::uint32_t(std::size_t)>& below,
                                             const std::vector<PortName>& ports) {
    constexpr std::uint8_t lengths[] = {0, 0, 8, 24, 25, 32};
    config::AccessList list = access_list(name, below(2) ? AclAction::permit : AclAction::deny);
    const auto prefix = [&] {
        const std::uint8_t length = lengths[below(std::size(lengths))];
        return config::AclPrefix{(10u << 24 | below(2) << 7 | below(2)) & acl_mask(length), length};
    };
    list.destination = prefix();
    list.source = prefix();
    list.protocol = static_cast<AclProtocol>(below(4));
    const auto first = static_cast<std::uint16_t>(80 + below(3));
    if ((list.protocol == AclProtocol::tcp || list.protocol == AclProtocol::udp) && below(2))
        list.destination_ports = {first, static_cast<std::uint16_t>(first + below(3))};
    if (list.protocol == AclProtocol::tcp && below(4) == 0) list.action = AclAction::permit_established;
    if (list.protocol == AclProtocol::icmp && below(2))
        list.destination_ports = {0x800, below(2) ? std::uint16_t{0x800} : std::uint16_t{0x8ff}};
    if (below(3) == 0) list.ports.insert(ports[below(ports.size())]);
    if (below(3) == 0) list.precedence = 1 + below(6);
    list.log = below(8) == 0;
    return list;
}

}  // namespace baton::test
