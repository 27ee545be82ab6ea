// SPDX-License-Identifier: Apache-2.0
// What the ARP engine goes by, and the neighbours that it need not ask for; of IPv6, too.
#include <fmt/core.h>

#include "controlplane/commands/handlers.h"
#include "controlplane/config/routing.h"

namespace baton::commands {
namespace {

constexpr const char* command_of(Family family) {
    return family == Family::ipv4 ? "iparp" : "neighbor-discovery cache";
}

/// IPv4 has its neighbours in `iparp`, IPv6 in `neighbor-discovery cache`.
Result<std::string> address_asked(const Call& call, std::string_view verb) {
    const auto& text = *call.match.get<std::string>("ipaddress");
    const Family asked = call.match.says("iparp") ? Family::ipv4 : Family::ipv6;
    const Family given = IpAddress::parse(text)->family;
    if (given != asked)
        return failure(fmt::format("{} is an {} address; use: configure {} {} {}", text,
                                   given == Family::ipv4 ? "IPv4" : "IPv6", command_of(given), verb, text));
    return text;
}

std::uint32_t number_asked(const Call& call, std::string_view kind) {
    return static_cast<std::uint32_t>(*call.match.get<std::uint64_t>(kind));
}

Plan settled(config::ArpSet set, std::string text) {
    Plan plan;
    *plan.changes.emplace_back().mutable_arp_set() = std::move(set);
    plan.text = std::move(text);
    return plan;
}

Plan switched(const Call& call, bool enabled) {
    config::ArpSet set;
    const bool checking = call.match.says("checking");
    checking ? set.set_checking(enabled) : set.set_refresh(enabled);
    return settled(set,
                   fmt::format("ARP {} {}.\n", checking ? "checking" : "refresh", enabled ? "enabled" : "disabled"));
}

}  // namespace

Result<Plan> configure_neighbor_add(const Call& call) {
    const auto address = address_asked(call, "add");
    if (!address) return address.error();
    const auto mac = *call.match.get<Mac>("mac");
    Plan plan;
    auto* change = plan.changes.emplace_back().mutable_static_neighbor_add();
    change->set_address(*address);
    change->set_mac(mac.text());
    plan.text = fmt::format("Permanent entry: {} is at {}.\n", *address, mac.text());
    return plan;
}

Result<Plan> configure_neighbor_delete(const Call& call) {
    const auto address = address_asked(call, "delete");
    if (!address) return address.error();
    Plan plan;
    plan.changes.emplace_back().mutable_static_neighbor_delete()->set_address(*address);
    plan.text = fmt::format("Permanent entry {} deleted.\n", *address);
    return plan;
}

Result<Plan> configure_iparp_timeout(const Call& call) {
    const auto minutes = number_asked(call, "minutes");
    config::ArpSet set;
    set.set_timeout_minutes(minutes);
    return settled(set, minutes == 0 ? "ARP entries do not time out.\n"
                                     : fmt::format("ARP entries time out after {} minutes.\n", minutes));
}

Result<Plan> configure_iparp_max_entries(const Call& call) {
    config::ArpSet set;
    set.set_max_entries(number_asked(call, "entries"));
    return settled(set, fmt::format("At most {} ARP entries.\n", set.max_entries()));
}

Result<Plan> configure_iparp_max_pending(const Call& call) {
    config::ArpSet set;
    set.set_max_pending(number_asked(call, "entries"));
    return settled(set, fmt::format("At most {} ARP entries that wait for an answer.\n", set.max_pending()));
}

Result<Plan> enable_iparp(const Call& call) {
    return switched(call, true);
}

Result<Plan> disable_iparp(const Call& call) {
    return switched(call, false);
}

Result<Plan> configure_ipfdb_agingtime(const Call& call) {
    const auto seconds = number_asked(call, "seconds");
    Plan plan;
    plan.changes.emplace_back().mutable_ipfdb_aging_time()->set_seconds(seconds);
    plan.text = seconds == 0 ? "Hosts of the IP FDB do not age.\n" : fmt::format("IP FDB aging time: {} s.\n", seconds);
    return plan;
}

}  // namespace baton::commands
