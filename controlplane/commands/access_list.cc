// SPDX-License-Identifier: Apache-2.0
// The access list family: create and delete. What may stand beside what is decided by the transaction
// (config/apply_access_list.cc); a command is turned into its message here, and back.
#include "controlplane/commands/access_list.h"

#include <fmt/core.h>

#include "controlplane/commands/handlers.h"
#include "controlplane/commands/ports_view.h"
#include "controlplane/config/access_list_message.h"

namespace baton::commands {
namespace {

constexpr std::uint64_t length_bits = 6;  // of a prefix as one number (argument.cc): address << 6 | length

void say_prefix(const Call& call, std::string_view kind, config::AclAddresses* into) {
    const auto* said = call.match.get<std::uint64_t>(kind);
    into->set_bits(said ? static_cast<std::uint32_t>(*said >> length_bits) : 0);
    into->set_length(said ? static_cast<std::uint32_t>(*said & ((1u << length_bits) - 1)) : 0);
}

/// One port, a range, or neither: any.
template <class Mutable>
void say_ports(const Call& call, std::string_view one, std::string_view first, std::string_view last,
               const Mutable& into) {
    if (const auto* port = call.match.get<std::uint64_t>(one)) {
        into()->set_first(static_cast<std::uint32_t>(*port));
        into()->set_last(static_cast<std::uint32_t>(*port));
    } else if (const auto* from = call.match.get<std::uint64_t>(first)) {
        into()->set_first(static_cast<std::uint32_t>(*from));
        into()->set_last(static_cast<std::uint32_t>(*call.match.get<std::uint64_t>(last)));
    }
}

/// type << 8 | code. A code of any type is no range, and no rule.
Result<void> say_icmp(const Call& call, config::AccessListCreate& into) {
    const auto *type = call.match.get<std::uint64_t>("icmp-type"), *code = call.match.get<std::uint64_t>("icmp-code");
    if (!type && code)
        return failure("a code means something together with its type only; name the type, or say code any");
    if (!type) return {};
    const auto first = static_cast<std::uint32_t>(*type << 8 | (code ? *code : 0));
    into.mutable_destination_numbers()->set_first(first);
    into.mutable_destination_numbers()->set_last(code ? first : first | 255);
    return {};
}

std::string numbers_text(const config::AclRange& range) {
    if (range.any()) return "any";
    return range.first == range.last ? std::to_string(range.first)
                                     : fmt::format("range {} {}", range.first, range.last);
}

}  // namespace

std::string prefix_text(const config::AclPrefix& prefix) {
    return prefix.length == 0 ? "any" : prefix.text();
}

std::string icmp_text(const config::AclRange& range) {
    if (range.any()) return "type any code any";
    const bool one = range.first == range.last;
    return fmt::format("type {} code {}", range.first >> 8, one ? std::to_string(range.first & 255) : "any");
}

std::string ports_text(const std::set<PortName>& ports) {
    if (ports.empty()) return "any";
    const std::vector<PortName> names(ports.begin(), ports.end());
    return text_of(names);
}

std::string create_command(const config::AccessList& list) {
    const bool transport = list.protocol == AclProtocol::tcp || list.protocol == AclProtocol::udp;
    std::string out =
        fmt::format("create access-list \"{}\" {} destination {}", list.name,
                    acl_protocol_names[static_cast<std::size_t>(list.protocol)], prefix_text(list.destination));
    if (transport) out += " ip-port " + numbers_text(list.destination_ports);
    out += " source " + prefix_text(list.source);
    if (transport) out += " ip-port " + numbers_text(list.source_ports);
    if (list.protocol == AclProtocol::icmp) out.append(" ").append(icmp_text(list.destination_ports));
    out += fmt::format(" {} ports {}", acl_action_names[static_cast<std::size_t>(list.action)], ports_text(list.ports));
    if (list.precedence != 0) out += fmt::format(" precedence {}", list.precedence);
    if (list.log) out += " log";
    return out;
}

std::string access_list_command(const config::Change& change) {
    if (change.has_access_list_delete())
        return fmt::format("delete access-list \"{}\"", change.access_list_delete().name());
    const auto& message = change.access_list_create();
    auto list = config::access_list_of(message);
    if (!list) return {};
    for (const std::string& text : message.ports())
        if (const auto port = PortName::parse(text)) list->ports.insert(*port);
    return create_command(*list);
}

Result<Plan> create_access_list(const Call& call) {
    Plan plan;
    auto& made = *plan.changes.emplace_back().mutable_access_list_create();
    made.set_name(*call.match.get<std::string>("name"));
    for (std::size_t i = 0; i < std::size(acl_protocol_names); ++i)
        if (call.match.says(acl_protocol_names[i])) made.set_protocol(static_cast<std::uint32_t>(i));
    for (std::size_t i = 0; i < std::size(acl_action_names); ++i)
        if (call.match.says(acl_action_names[i])) made.set_action(static_cast<std::uint32_t>(i));
    say_prefix(call, "destination", made.mutable_destination());
    say_prefix(call, "source", made.mutable_source());
    say_ports(call, "destination-port", "destination-first", "destination-last",
              [&made] { return made.mutable_destination_numbers(); });
    say_ports(call, "source-port", "source-first", "source-last", [&made] { return made.mutable_source_numbers(); });
    if (call.match.says("icmp"))
        if (auto good = say_icmp(call, made); !good) return good.error();
    if (const auto* profile = call.match.get<std::uint64_t>("qosprofile"); profile && *profile != 1)
        return failure(fmt::format(
            "all traffic of this switch has QoS profile qp1, so qp{} cannot be given; say permit", *profile));
    if (call.match.get<PortList>("portlist")) {
        const auto ports = ports_asked(call);
        if (!ports) return ports.error();
        for (const PortName port : *ports) made.add_ports(port.text());
    }
    if (const auto* precedence = call.match.get<std::uint64_t>("precedence"))
        made.set_precedence(static_cast<std::uint32_t>(*precedence));
    made.set_log(call.match.says("log"));
    plan.text = fmt::format("Access list \"{}\" created.\n", made.name());
    return plan;
}

Result<Plan> delete_access_list(const Call& call) {
    const auto& said = *call.match.get<std::string>("access-list");
    const auto* list = call.sw.running().access_list(said);
    Plan plan;
    plan.changes.emplace_back().mutable_access_list_delete()->set_name(list ? list->name : said);
    plan.text = fmt::format("Access list \"{}\" deleted.\n", list ? list->name : said);
    return plan;
}

}  // namespace baton::commands
