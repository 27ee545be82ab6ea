// SPDX-License-Identifier: Apache-2.0
#include "pmd-config/port_spec.h"

#include <algorithm>

namespace baton {
namespace {

constexpr std::string_view blanks = " \t\r";

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

bool is_word(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
}

}  // namespace

std::optional<std::string_view> PortSpec::option(std::string_view key) const {
    for (const auto& [name, value] : options)
        if (name == key) return value;
    return std::nullopt;
}

std::string PortSpec::text() const {
    std::string out = name.text() + " " + kind;
    for (const auto& [key, value] : options) out += "," + key + "=" + value;
    return out;
}

Result<PortSpec> parse_port(std::string_view text) {
    text = trimmed(text);
    const auto blank = text.find_first_of(blanks);
    const std::string_view name = text.substr(0, blank);
    PortSpec spec;
    const auto parsed = PortName::parse(name);
    if (!parsed)
        return failure("port \"" + std::string(name) + "\": expected module:port, each from 1 to 255, as in \"1:3\"");
    spec.name = *parsed;
    const std::string who = "port " + spec.name.text() + ": ";
    std::string_view rest = blank == std::string_view::npos ? std::string_view{} : trimmed(text.substr(blank));
    if (rest.empty()) return failure(who + "expected a kind behind the name, as in \"" + spec.name.text() + " wire\"");
    if (rest.find_first_of(blanks) != std::string_view::npos)
        return failure(who + "expected kind,option=value,... without blanks, not \"" + std::string(rest) + "\"");

    for (bool first = true, more = true; more; first = false) {
        const auto comma = rest.find(',');
        more = comma != std::string_view::npos;
        const std::string_view part = rest.substr(0, comma);
        if (more) rest.remove_prefix(comma + 1);
        if (first) {
            if (!is_word(part)) return failure(who + "expected a kind, not \"" + std::string(part) + "\"");
            spec.kind = part;
            continue;
        }
        const auto equals = part.find('=');
        const std::string key(part.substr(0, equals));
        if (equals == std::string_view::npos || equals + 1 == part.size() || !is_word(key))
            return failure(who + "expected option=value, not \"" + std::string(part) + "\"");
        if (spec.option(key)) return failure(who + "option " + key + " is given twice; leave one out");
        spec.options.emplace_back(key, part.substr(equals + 1));
    }
    return spec;
}

PortList parse_ports(const std::vector<std::string>& texts) {
    PortList list;
    for (const auto& text : texts) {
        auto spec = parse_port(text);
        if (!spec) {
            list.faults.push_back(spec.error().what);
            continue;
        }
        const auto same = [&](const PortSpec& other) { return other.name == spec->name; };
        if (std::any_of(list.ports.begin(), list.ports.end(), same))
            list.faults.push_back("port " + spec->name.text() + " is configured twice; leave one of the lines out");
        else
            list.ports.push_back(std::move(*spec));
    }
    return list;
}

}  // namespace baton
