// SPDX-License-Identifier: Apache-2.0
// What a VLAN is to IP: its addresses, whether it forwards, its MTU and the ICMP errors that may be sent there. The
// rules are the transaction's (config/apply_interfaces.cc); here is only how it is said.
#include <fmt/core.h>

#include "controlplane/commands/handlers.h"
#include "controlplane/config/routing.h"

namespace baton::commands {
namespace {

Result<const config::Vlan*> vlan_asked(const Call& call) {
    const auto& name = *call.match.get<std::string>("vlan");
    const auto* vlan = call.sw.running().vlan(name);
    if (!vlan) return failure(fmt::format("there is no VLAN \"{}\"; show vlan lists them", name));
    return vlan;
}

/// The mask that an address has by its class, as long as nobody says another (RFC 791 3.2).
std::string natural_mask(const IpAddress& address) {
    const std::uint32_t first = address.bits.v4() >> 24;
    return first < 128 ? "/8" : first < 192 ? "/16" : "/24";
}

/// "<address>/<length>" of whichever form was typed.
Result<std::string> interface_asked(const Call& call) {
    if (const auto* both = call.match.get<std::string>("ipnetmask")) return *both;
    const auto& text = *call.match.get<std::string>("ipaddress");
    const auto address = *IpAddress::parse(text);
    if (const auto* mask = call.match.get<std::string>("netmask")) return text + " " + *mask;
    if (address.family == Family::ipv6)
        return Error{Code::syntax, fmt::format("say how long the subnet's prefix is, as {}/64", text)};
    return text + natural_mask(address);
}

/// The VLAN that was named, or all of which `wanted` says so.
template <class Wanted>
Result<std::vector<const config::Vlan*>> vlans_asked(const Call& call, const Wanted& wanted) {
    std::vector<const config::Vlan*> out;
    if (call.match.says("vlan")) {
        const auto vlan = vlan_asked(call);
        if (!vlan) return vlan.error();
        out.push_back(*vlan);
        return out;
    }
    for (const auto& [key, vlan] : call.sw.running().vlans())
        if (wanted(vlan)) out.push_back(&vlan);
    return out;
}

Result<Plan> forwarding(const Call& call, bool enabled) {
    const bool ipv6 = call.match.says("ipv6");
    const Family family = ipv6 ? Family::ipv6 : Family::ipv4;
    const std::string_view what = ipv6 ? "IPv6" : "IP";
    const auto vlans = vlans_asked(call, [&](const config::Vlan& vlan) {
        return enabled ? vlan.ip.primary(family) != nullptr : ipv6 ? vlan.ip.forwards_v6 : vlan.ip.forwards_v4;
    });
    if (!vlans) return vlans.error();
    if (vlans->empty() && enabled)
        return failure(fmt::format("no VLAN has an {} address yet; first: configure vlan <vlan> ipaddress {}", what,
                                   ipv6 ? "2001:db8::1/64" : "10.0.0.1/24"));
    Plan plan;
    for (const auto* vlan : *vlans) {
        auto* change = plan.changes.emplace_back().mutable_vlan_forwarding();
        change->set_name(vlan->name);
        change->set_ipv6(ipv6);
        change->set_enabled(enabled);
        plan.text += fmt::format("{} forwarding {} in VLAN \"{}\"{}.\n", what, enabled ? "enabled" : "disabled",
                                 vlan->name, enabled && !vlan->ip.primary(family) ? ", once it has an address" : "");
    }
    if (vlans->empty()) plan.text = fmt::format("No VLAN forwards {}.\n", what);
    return plan;
}

Result<Plan> icmp(const Call& call, bool enabled) {
    const bool redirects = call.match.says("redirects");
    const auto vlans = vlans_asked(call, [&](const config::Vlan& vlan) {
        return (redirects ? vlan.ip.redirects : vlan.ip.unreachables) != enabled;
    });
    if (!vlans) return vlans.error();
    Plan plan;
    for (const auto* vlan : *vlans) {
        auto* change = plan.changes.emplace_back().mutable_vlan_icmp();
        change->set_name(vlan->name);
        redirects ? change->set_redirects(enabled) : change->set_unreachables(enabled);
    }
    plan.text =
        fmt::format("ICMP {} {} in {}.\n", redirects ? "redirects" : "unreachables", enabled ? "enabled" : "disabled",
                    call.match.says("vlan") ? fmt::format("VLAN \"{}\"", vlans->front()->name) : "all VLANs");
    return plan;
}

}  // namespace

Result<Plan> configure_vlan_ipaddress(const Call& call) {
    const auto vlan = vlan_asked(call);
    if (!vlan) return vlan.error();
    const auto wanted = interface_asked(call);
    if (!wanted) return wanted.error();
    const auto read = IpInterface::parse(*wanted);
    const std::string text = read ? read->text() : *wanted;
    Plan plan;
    auto* change = plan.changes.emplace_back().mutable_vlan_address_add();
    change->set_name((*vlan)->name);
    change->set_address(text);
    plan.text = fmt::format("IP address {} added to VLAN \"{}\".\n", text, (*vlan)->name);
    return plan;
}

Result<Plan> unconfigure_vlan_ipaddress(const Call& call) {
    const auto vlan = vlan_asked(call);
    if (!vlan) return vlan.error();
    std::vector<std::string> which;
    if (const auto* one = call.match.get<std::string>("ipaddress"))
        which.push_back(*one);
    else
        for (const auto& each : (*vlan)->ip.addresses) which.push_back(each.address.text());
    Plan plan;
    if (which.empty()) plan.text = fmt::format("VLAN \"{}\" has no IP address.\n", (*vlan)->name);
    for (const auto& address : which) {
        auto* change = plan.changes.emplace_back().mutable_vlan_address_delete();
        change->set_name((*vlan)->name);
        change->set_address(address);
        plan.text += fmt::format("IP address {} removed from VLAN \"{}\".\n", address, (*vlan)->name);
    }
    return plan;
}

Result<Plan> enable_ipforwarding(const Call& call) {
    return forwarding(call, true);
}

Result<Plan> disable_ipforwarding(const Call& call) {
    return forwarding(call, false);
}

Result<Plan> configure_ip_mtu(const Call& call) {
    const auto vlan = vlan_asked(call);
    if (!vlan) return vlan.error();
    const auto bytes = static_cast<std::uint32_t>(*call.match.get<std::uint64_t>("mtu"));
    Plan plan;
    auto* change = plan.changes.emplace_back().mutable_vlan_mtu();
    change->set_name((*vlan)->name);
    change->set_bytes(bytes);
    plan.text = fmt::format("IP packets in VLAN \"{}\" have at most {} bytes.\n", (*vlan)->name, bytes);
    return plan;
}

Result<Plan> enable_icmp(const Call& call) {
    return icmp(call, true);
}

Result<Plan> disable_icmp(const Call& call) {
    return icmp(call, false);
}

}  // namespace baton::commands
