// SPDX-License-Identifier: Apache-2.0
#include "controlplane/config/access_list_message.h"

namespace baton::config {
namespace {

Error unknown(const char* what) {
    return failure(std::string("this release does not know that ") + what + "; run one release on both boards");
}

Result<AclPrefix> prefix_of(const AclAddresses& message) {
    if (message.length() > 32) return Error{Code::syntax, "the length of a prefix is 0 to 32"};
    const AclPrefix prefix{message.bits(), static_cast<std::uint8_t>(message.length())};
    if ((prefix.bits & ~acl_mask(prefix.length)) != 0) {
        const AclPrefix meant{prefix.bits & acl_mask(prefix.length), prefix.length}, host{prefix.bits, 32};
        const std::string text = host.text();
        return Error{Code::syntax, text.substr(0, text.find('/')) + "/" + std::to_string(prefix.length) +
                                       " has bits beyond its length; write " + meant.text()};
    }
    return prefix;
}

Result<AclRange> range_of(const AclNumbers& message, bool said) {
    if (!said) return AclRange{};
    if (message.first() > 65535 || message.last() > 65535 || message.first() > message.last())
        return Error{Code::syntax, "a range of ports runs from a lower number to a higher one, at most 65535, unlike " +
                                       std::to_string(message.first()) + " to " + std::to_string(message.last())};
    return AclRange{static_cast<std::uint16_t>(message.first()), static_cast<std::uint16_t>(message.last())};
}

void say(const AclRange& range, AclNumbers* message) {
    message->set_first(range.first);
    message->set_last(range.last);
}

}  // namespace

Result<AccessList> access_list_of(const AccessListCreate& message) {
    AccessList list;
    list.name = message.name();
    if (message.protocol() >= std::size(acl_protocol_names)) return unknown("protocol of an access list");
    if (message.action() >= std::size(acl_action_names)) return unknown("action of an access list");
    list.protocol = static_cast<AclProtocol>(message.protocol());
    list.action = static_cast<AclAction>(message.action());
    if (list.action == AclAction::permit_established && list.protocol != AclProtocol::tcp)
        return Error{Code::syntax, "permit-established is about TCP; write tcp, or permit"};
    for (const bool to : {true, false}) {
        const auto prefix = prefix_of(to ? message.destination() : message.source());
        if (!prefix) return prefix.error();
        (to ? list.destination : list.source) = *prefix;
        const bool said = to ? message.has_destination_numbers() : message.has_source_numbers();
        if (said && (list.protocol == AclProtocol::ip || (!to && list.protocol == AclProtocol::icmp)))
            return Error{Code::syntax, "only TCP and UDP have ports; write tcp or udp"};
        const auto range = range_of(to ? message.destination_numbers() : message.source_numbers(), said);
        if (!range) return range.error();
        (to ? list.destination_ports : list.source_ports) = *range;
    }
    if (message.precedence() > precedence_most)
        return Error{Code::syntax, "a precedence is 1 to " + std::to_string(precedence_most) + ", not " +
                                       std::to_string(message.precedence())};
    list.precedence = message.precedence();
    list.log = message.log();
    return list;
}

AccessListCreate as_message(const AccessList& list) {
    AccessListCreate message;
    message.set_name(list.name);
    message.set_protocol(static_cast<std::uint32_t>(list.protocol));
    message.set_action(static_cast<std::uint32_t>(list.action));
    message.mutable_destination()->set_bits(list.destination.bits);
    message.mutable_destination()->set_length(list.destination.length);
    message.mutable_source()->set_bits(list.source.bits);
    message.mutable_source()->set_length(list.source.length);
    if (!list.destination_ports.any()) say(list.destination_ports, message.mutable_destination_numbers());
    if (!list.source_ports.any()) say(list.source_ports, message.mutable_source_numbers());
    for (const PortName port : list.ports) message.add_ports(port.text());
    message.set_precedence(list.precedence);
    message.set_log(list.log);
    return message;
}

}  // namespace baton::config
