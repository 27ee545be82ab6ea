// SPDX-License-Identifier: Apache-2.0
#include "bench/tester/plan.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "bench/tester/frame.h"

namespace baton::tester {
namespace {

constexpr std::uint64_t most_streams = 65536;

std::vector<std::string_view> split(std::string_view text, char by) {
    std::vector<std::string_view> parts;
    for (std::size_t at = 0; at <= text.size();) {
        const auto end = std::min(text.find(by, at), text.size());
        parts.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return parts;
}

template <class Number>
bool number(std::string_view text, Number& into) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
    return error == std::errc{} && end == text.data() + text.size();
}

Result<Place> place(const Plan& plan, std::string_view text) {
    Place place;
    const auto slash = text.find('/');
    auto end = plan.end_named(text.substr(0, slash));
    if (!end) return end.error();
    place.end = *end;
    if (slash != std::string_view::npos && (!number(text.substr(slash + 1), place.tag) || place.tag > 4094))
        return failure(std::string(text) + ": a tag is 1 to 4094");
    return place;
}

const HostPlan* host_named(const Plan& plan, std::string_view name) {
    for (const auto& host : plan.hosts)
        if (host.name == name) return &host;
    return nullptr;
}

bool address(std::string_view text, Ip& into) {
    const auto parsed = Ip::parse(text);
    if (parsed) into = *parsed;
    return parsed.has_value();
}

bool addresses(std::string_view text, Mac& mac) {
    const auto parsed = Mac::parse(text);
    if (parsed) mac = *parsed;
    return parsed.has_value();
}

bool sizes(std::string_view text, std::vector<std::uint16_t>& into) {
    if (text == "imix") {  // 7 : 4 : 1, mixed so that large ones do not come in a row
        into = {60, 590, 60, 60, 590, 60, 1514, 60, 590, 60, 590, 60};
        return true;
    }
    into.clear();
    for (const auto part : split(text, '+')) {
        std::uint16_t size = 0;
        if (!number(part, size) || size < least_frame || size > largest_frame) return false;
        into.push_back(size);
    }
    return true;
}

bool expectation(std::string_view text, Expect& into) {
    constexpr std::pair<std::string_view, Expect> words[] = {
        {"unicast", Expect::unicast}, {"flood", Expect::flood}, {"one", Expect::one},      {"echo", Expect::echo},
        {"none", Expect::none},       {"any", Expect::any},     {"denied", Expect::denied}};
    for (const auto& [word, value] : words)
        if (word == text) {
            into = value;
            return true;
        }
    return false;
}

bool yes_or_no(std::string_view text, bool& into) {
    into = text == "yes" || text == "true" || text == "1";
    return into || text == "no" || text == "false" || text == "0";
}

bool positive(std::string_view text, double& into) {
    return number(text, into) && into >= 0;
}

Packet& packet_of(FlowPlan& flow) {
    if (!flow.packet) flow.packet.emplace();
    return *flow.packet;
}

/// From a host: its place, and its addresses where the flow names no others.
Result<void> set_from(const Plan& plan, FlowPlan& flow, std::string_view text) {
    if (const auto* host = host_named(plan, text)) {
        flow.from = host->at;
        if (flow.source == Mac{}) flow.source = host->mac;
        if (!packet_of(flow).source) packet_of(flow).source = host->address;
        return {};
    }
    auto from = place(plan, text);
    if (!from) return from.error();
    flow.from = *from;
    return {};
}

Result<void> set_to(const Plan& plan, FlowPlan& flow, std::string_view text) {
    flow.to.clear();
    flow.hops.clear();
    for (const auto part : split(text, '+')) {
        const auto* host = host_named(plan, part);
        auto to = host ? Result<Place>(host->at) : place(plan, part);
        if (!to) return to.error();
        flow.to.push_back(*to);
        flow.hops.push_back(host ? host->mac : Mac{});
        if (host && !packet_of(flow).destination) packet_of(flow).destination = host->address;
    }
    return {};
}

/// What only a routed flow has; false when it is not such a key.
bool set_packet_field(FlowPlan& flow, std::string_view key, std::string_view value, bool& ok) {
    if (key == "router")
        ok = addresses(value, packet_of(flow).router);
    else if (key == "src-ip")
        ok = address(value, packet_of(flow).source);
    else if (key == "dst-ip")
        ok = address(value, packet_of(flow).destination);
    else if (key == "src-ips")
        ok = number(value, packet_of(flow).sources) && packet_of(flow).sources > 0;
    else if (key == "dst-ips")
        ok = number(value, packet_of(flow).destinations) && packet_of(flow).destinations > 0;
    else if (key == "src-port")
        ok = number(value, packet_of(flow).source_port);
    else if (key == "dst-port")
        ok = number(value, packet_of(flow).destination_port);
    else if (key == "ttl")
        ok = number(value, packet_of(flow).ttl) && packet_of(flow).ttl > 0;
    else if (key == "moves")
        ok = yes_or_no(value, flow.moves);
    else
        return false;
    return true;
}

Result<void> set_field(const Plan& plan, FlowPlan& flow, std::string_view key, std::string_view value) {
    bool ok = true;
    if (key == "name") {
        flow.name = value;
    } else if (key == "from") {
        return set_from(plan, flow, value);
    } else if (key == "to") {
        return set_to(plan, flow, value);
    } else if (key == "src") {
        ok = addresses(value, flow.source);
    } else if (key == "dst") {
        ok = addresses(value, flow.destination);
    } else if (key == "src-macs") {
        ok = number(value, flow.sources) && flow.sources > 0;
    } else if (key == "dst-macs") {
        ok = number(value, flow.destinations) && flow.destinations > 0;
    } else if (key == "order") {
        flow.in_order = value == "sequence";
        ok = flow.in_order || value == "random";
    } else if (key == "size") {
        ok = sizes(value, flow.sizes);
    } else if (key == "rate") {
        if (value == "max")
            flow.rate = 0;
        else
            ok = positive(value, flow.rate) && flow.rate > 0;
    } else if (key == "count") {
        ok = number(value, flow.count);
    } else if (key == "expect") {
        ok = expectation(value, flow.expect);
    } else if (key == "start") {
        ok = yes_or_no(value, flow.autostart);
    } else if (key == "probe") {
        ok = yes_or_no(value, flow.probe);
    } else if (!set_packet_field(flow, key, value, ok)) {
        return failure("a flow has no '" + std::string(key) + "'; see --help for what it has");
    }
    if (!ok) return failure(std::string(key) + "=" + std::string(value) + ": not a value for it; see --help");
    return {};
}

/// The address that an end uses in a VLAN when the plan names none.
Mac own_address(const Place& place) {
    return Mac::of(0x02ba70000000ull | std::uint64_t{place.end + 1} << 16 | place.tag);
}

/// The address that a host has when the plan names none.
Mac host_address(std::size_t host) {
    return Mac::of(0x02ba71000000ull | (host + 1) << 8);
}

Result<void> complete_routed(FlowPlan& flow) {
    auto& packet = *flow.packet;
    const auto refuse = [&](const std::string& why) { return failure("flow " + flow.name + " " + why); };
    if (packet.router == Mac{})
        return refuse("is between hosts, so it is routed: say the router's address, router=MAC");
    if (!packet.source || !packet.destination || packet.source.size != packet.destination.size)
        return refuse("is routed, so it needs src-ip= and dst-ip= of one family, or hosts that have them");
    if (flow.expect == Expect::flood) return refuse("is routed, and no router floods");
    if (flow.destinations != 1) return refuse("is routed, so its destinations are dst-ips=, not dst-macs=");
    flow.destination = packet.router;
    if (flow.expect == Expect::echo) {
        if (!flow.to.empty()) return refuse("expects an answer, which comes out where the question went in: no to=");
        packet.echo = true;
        flow.to = {flow.from};
        flow.hops = {Mac{}};
    }
    if (flow.expect == Expect::one &&
        (flow.to.size() < 2 || std::uint64_t{packet.sources} * packet.destinations > most_streams))
        return refuse("comes out at one of several ends: two or more in to=, and at most 65536 pairs of addresses");
    for (auto& size : flow.sizes) size = std::max(size, static_cast<std::uint16_t>(packet.least_size()));
    return {};
}

}  // namespace

Result<unsigned> Plan::end_named(std::string_view name) const {
    for (unsigned i = 0; i < ends.size(); ++i)
        if (ends[i].name == name) return i;
    return failure("there is no end called '" + std::string(name) + "'; name it with --end " + std::string(name) +
                   "=...");
}

Result<void> Plan::complete() {
    if (ends.empty() || flows.empty()) return failure("a run needs at least one --end and one --flow; see --help");
    if (ends.size() > 64 || flows.size() > flow_mask) return failure("at most 64 ends and 16383 flows");
    for (auto& flow : flows) {
        const bool judged =
            flow.expect == Expect::unicast || flow.expect == Expect::flood || flow.expect == Expect::one;
        if (flow.name.empty()) flow.name = ends[flow.from.end].name + std::to_string(&flow - flows.data());
        if (judged && flow.to.empty()) return failure("flow " + flow.name + " says not where it comes out: to=END");
        if (flow.expect == Expect::unicast && flow.to.size() != 1)
            return failure("flow " + flow.name + " is unicast, so it has one end in to=; or say expect=flood");
        if ((flow.expect == Expect::none || flow.expect == Expect::denied) && !flow.to.empty())
            return failure("flow " + flow.name + " expects nothing, so it can have no to=");
        if (flow.source == Mac{}) flow.source = own_address(flow.from);
        if (flow.packet) {
            if (auto routed = complete_routed(flow); !routed) return routed;
            for (std::size_t i = 0; i < flow.to.size(); ++i)
                if (flow.hops[i] == Mac{})
                    flow.hops[i] = flow.expect == Expect::echo ? flow.source : own_address(flow.to[i]);
        } else if (flow.expect == Expect::one || flow.expect == Expect::echo) {
            return failure("flow " + flow.name + " expects what only a router does: say router=MAC, src-ip=, dst-ip=");
        }
        if (flow.destination == Mac{})
            flow.destination = flow.expect == Expect::unicast ? own_address(flow.to[0]) : Mac::of(0xffffffffffffull);
        for (const auto& other : flows)
            if (&other < &flow && other.name == flow.name) return failure("two flows are called " + flow.name);
    }
    return {};
}

Result<void> add_end(Plan& plan, std::string_view text) {
    const auto equals = text.find('=');
    if (equals == 0 || equals == std::string_view::npos || text.substr(0, equals).find_first_of("/+,:") != text.npos)
        return failure(std::string(text) + ": an end is written NAME=wire:SOCKET#1:1 or NAME=packet:NETNS/IFACE");
    if (plan.end_named(text.substr(0, equals)))
        return failure("two ends are called " + std::string(text.substr(0, equals)));
    plan.ends.push_back({std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))});
    return {};
}

Result<void> add_flow(Plan& plan, std::string_view text) {
    FlowPlan flow;
    for (const auto part : split(text, ',')) {
        const auto equals = part.find('=');
        if (equals == std::string_view::npos)
            return failure(std::string(part) + ": a flow is written name=...,from=...,to=...; see --help");
        if (auto set = set_field(plan, flow, part.substr(0, equals), part.substr(equals + 1)); !set) return set;
    }
    plan.flows.push_back(std::move(flow));
    return {};
}

Result<void> add_host(Plan& plan, std::string_view text) {
    HostPlan host;
    bool placed = false;
    for (const auto part : split(text, ',')) {
        const auto equals = part.find('=');
        const auto key = part.substr(0, equals);
        const auto value = equals == std::string_view::npos ? "" : part.substr(equals + 1);
        bool ok = true;
        if (key == "name") {
            host.name = value;
            ok = !value.empty() && !plan.end_named(value) && !host_named(plan, value);
        } else if (key == "at") {
            auto at = place(plan, value);
            if (!at) return at.error();
            host.at = *at;
            placed = true;
        } else if (key == "mac") {
            ok = addresses(value, host.mac) && !host.mac.is_multicast();
        } else if (key == "ip") {
            ok = address(value, host.address);
        } else if (key == "count") {
            ok = number(value, host.count) && host.count > 0;
        } else if (key == "gateway") {
            ok = address(value, host.gateway);
        } else if (key == "ask") {
            ok = positive(value, host.ask);
        } else if (key == "answers") {
            ok = yes_or_no(value, host.answers);
        } else {
            return failure("a host has no '" + std::string(key) + "'; see --help for what it has");
        }
        if (!ok) return failure(std::string(part) + ": not a value for it, or there is one called so; see --help");
    }
    if (host.name.empty() || !placed || !host.address)
        return failure(std::string(text) + ": a host is written name=...,at=END/TAG,ip=ADDRESS; see --help");
    if (host.gateway && host.gateway.size != host.address.size)
        return failure("host " + host.name + " and its gateway are of two families");
    if (host.ask > 0 && !host.gateway) return failure("host " + host.name + " has no gateway= to ask for");
    if (host.mac == Mac{}) host.mac = host_address(plan.hosts.size());
    plan.hosts.push_back(std::move(host));
    return {};
}

Result<void> add_learn(Plan& plan, std::string_view text) {
    const auto parts = split(text, ':');
    FlowPlan flow;
    flow.source = Mac::of(0x020000000000ull);
    auto from = place(plan, parts[0]);
    if (!from) return from.error();
    const bool has_count = parts.size() >= 2 && number(parts[1], flow.sources) && flow.sources > 0;
    const bool has_mac = parts.size() == 8;
    if (!has_count || (parts.size() != 2 && !has_mac) ||
        (has_mac && !addresses(text.substr(static_cast<std::size_t>(parts[2].data() - text.data())), flow.source)))
        return failure(std::string(text) + ": learning is written END:N or END/TAG:N:02:00:00:00:00:00");
    flow.name = "learn-" + std::string(parts[0]);
    flow.from = *from;
    flow.destination = flow.source;  // known behind the same port by the second frame, so nothing is flooded
    flow.in_order = true;
    flow.count = flow.sources;
    flow.rate = 0;
    flow.expect = Expect::any;
    plan.flows.push_back(std::move(flow));
    return {};
}

}  // namespace baton::tester
