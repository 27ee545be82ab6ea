// SPDX-License-Identifier: Apache-2.0
#include "bench/tester/plan.h"

#include <charconv>
#include <cstdlib>

#include "bench/tester/frame.h"

namespace baton::tester {
namespace {

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
        {"unicast", Expect::unicast}, {"flood", Expect::flood}, {"none", Expect::none}, {"any", Expect::any}};
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

Result<void> set_field(const Plan& plan, FlowPlan& flow, std::string_view key, std::string_view value) {
    bool ok = true;
    if (key == "name") {
        flow.name = value;
    } else if (key == "from") {
        auto from = place(plan, value);
        if (!from) return from.error();
        flow.from = *from;
    } else if (key == "to") {
        flow.to.clear();
        for (const auto part : split(value, '+')) {
            auto to = place(plan, part);
            if (!to) return to.error();
            flow.to.push_back(*to);
        }
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
    } else {
        return failure("a flow has no '" + std::string(key) + "'; see --help for what it has");
    }
    if (!ok) return failure(std::string(key) + "=" + std::string(value) + ": not a value for it; see --help");
    return {};
}

/// The address that an end uses in a VLAN when the plan names none.
Mac own_address(const Place& place) {
    return Mac::of(0x02ba70000000ull | std::uint64_t{place.end + 1} << 16 | place.tag);
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
        const bool judged = flow.expect == Expect::unicast || flow.expect == Expect::flood;
        if (flow.name.empty()) flow.name = ends[flow.from.end].name + std::to_string(&flow - flows.data());
        if (judged && flow.to.empty()) return failure("flow " + flow.name + " says not where it comes out: to=END");
        if (flow.expect == Expect::unicast && flow.to.size() != 1)
            return failure("flow " + flow.name + " is unicast, so it has one end in to=; or say expect=flood");
        if (flow.expect == Expect::none && !flow.to.empty())
            return failure("flow " + flow.name + " expects nothing, so it can have no to=");
        if (flow.source == Mac{}) flow.source = own_address(flow.from);
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
