// SPDX-License-Identifier: Apache-2.0
// Static routes: a destination and a gateway in each command; several gateways of one metric share the traffic.
#include <fmt/core.h>

#include "controlplane/commands/handlers.h"
#include "controlplane/config/routing.h"

namespace baton::commands {
namespace {

struct GatewayAsked {
    std::string address, vlan;
    Family family{};
};

GatewayAsked gateway_asked(const Call& call) {
    const auto& text = *call.match.get<std::string>("gateway");
    const auto mark = text.find('%');
    GatewayAsked out{text.substr(0, mark), mark == text.npos ? "" : text.substr(mark + 1), {}};
    out.family = IpAddress::parse(out.address)->family;
    if (const auto* vlan = call.sw.running().vlan(out.vlan)) out.vlan = vlan->name;
    return out;
}

std::string gateway_text(const GatewayAsked& gateway) {
    return gateway.vlan.empty() ? gateway.address : gateway.address + "%" + gateway.vlan;
}

/// `default` is of the gateway's family.
std::string prefix_asked(const Call& call, Family family) {
    if (const auto* prefix = call.match.get<std::string>("ipnetmask")) return *prefix;
    return family == Family::ipv4 ? "0.0.0.0/0" : "::/0";
}

}  // namespace

Result<Plan> configure_iproute_add(const Call& call) {
    const auto gateway = gateway_asked(call);
    const auto* metric = call.match.get<std::uint64_t>("metric");
    Plan plan;
    auto* change = plan.changes.emplace_back().mutable_static_route_add();
    change->set_prefix(prefix_asked(call, gateway.family));
    change->set_gateway(gateway.address);
    change->set_vlan(gateway.vlan);
    change->set_metric(metric ? static_cast<std::uint32_t>(*metric) : config::metric_factory);
    const auto* subnet = call.sw.running().subnet_of(*IpAddress::parse(gateway.address));
    plan.text =
        fmt::format("Route to {} by {} added{}.\n", change->prefix(), gateway_text(gateway),
                    subnet || !gateway.vlan.empty() ? "" : "; it waits until a VLAN has a subnet with that gateway");
    return plan;
}

Result<Plan> configure_iproute_delete(const Call& call) {
    const auto gateway = gateway_asked(call);
    Plan plan;
    auto* change = plan.changes.emplace_back().mutable_static_route_delete();
    change->set_prefix(prefix_asked(call, gateway.family));
    change->set_gateway(gateway.address);
    change->set_vlan(gateway.vlan);
    plan.text = fmt::format("Route to {} by {} deleted.\n", change->prefix(), gateway_text(gateway));
    return plan;
}

Result<Plan> configure_iproute_add_blackhole(const Call& call) {
    Plan plan;
    auto* change = plan.changes.emplace_back().mutable_static_route_add();
    change->set_prefix(prefix_asked(call, Family::ipv4));
    change->set_blackhole(true);
    plan.text = fmt::format("Packets to {} are dropped.\n", change->prefix());
    return plan;
}

Result<Plan> configure_iproute_delete_blackhole(const Call& call) {
    Plan plan;
    auto* change = plan.changes.emplace_back().mutable_static_route_delete();
    change->set_prefix(prefix_asked(call, Family::ipv4));
    change->set_blackhole(true);
    plan.text = fmt::format("Black hole {} deleted.\n", change->prefix());
    return plan;
}

}  // namespace baton::commands
