// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <bit>
#include <charconv>
#include <numeric>

#include "pmd-config/profile.h"
#include "sync/base/mac.h"

namespace baton {
namespace {

using Type = ProfileOption::Type;

std::optional<std::uint64_t> number_of(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// "0000:01:00.0" or "01:00.0": what lspci prints.
bool is_pci_address(std::string_view text) {
    if (text.size() == 12 && text[4] == ':') text.remove_prefix(5);
    if (text.size() != 7 || text[2] != ':' || text[5] != '.') return false;
    const auto hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); };
    return hex(text[0]) && hex(text[1]) && hex(text[3]) && hex(text[4]) && text[6] >= '0' && text[6] <= '7';
}

/// Fills {names} in; a [part] with a name that has no value is left out, elsewhere such a name is a fault.
Result<std::string> fill_in(std::string_view text, const std::map<std::string, std::string, std::less<>>& values) {
    std::string out, part;
    bool inside = false, whole = true;
    for (std::size_t at = 0; at < text.size(); ++at) {
        std::string& into = inside ? part : out;
        if (text[at] == '[') {
            inside = whole = true;
            part.clear();
        } else if (text[at] == ']') {
            if (whole) out += part;
            inside = false;
        } else if (text[at] == '{') {
            const auto end = text.find('}', at);
            const auto name = text.substr(at + 1, end - at - 1);
            const auto value = values.find(name);
            if (value != values.end())
                into += value->second;
            else if (!inside)
                return failure(std::string(name).append(" stands in devargs and has no value"));
            else
                whole = false;
            if (end == std::string_view::npos) break;
            at = end;
        } else {
            into += text[at];
        }
    }
    return out;
}

std::string list_of(const std::vector<std::string>& words, const char* last) {
    std::string out;
    for (std::size_t i = 0; i < words.size(); ++i)
        out += (i == 0 ? "" : i + 1 == words.size() ? last : ", ") + words[i];
    return out;
}

}  // namespace

bool ProfileOption::accepts(std::string_view value) const {
    switch (type) {
        case Type::word: return !value.empty();
        case Type::number: {
            const auto number = number_of(value);
            return number && *number >= least && *number <= most && *number % step == 0 &&
                   (!power || std::has_single_bit(*number));
        }
        case Type::choice: return std::find(choices.begin(), choices.end(), value) != choices.end();
        case Type::interface:
            return !value.empty() && value.size() <= 15 && value != "." && value != ".." &&
                   value.find_first_of("/: ") == std::string_view::npos;
        case Type::mac: return Mac::parse(value).has_value();
        case Type::path: return !value.empty() && value.front() == '/' && value.size() < 108;
        case Type::pci: return is_pci_address(value);
    }
    return false;
}

std::string ProfileOption::expected() const {
    switch (type) {
        case Type::word: return "a word";
        case Type::number:
            if (most == UINT64_MAX) return "a number";
            return (power      ? "a power of two from "
                    : step > 1 ? "a multiple of " + std::to_string(step) + " from "
                               : "a number from ") +
                   std::to_string(least) + " to " + std::to_string(most);
        case Type::choice: return list_of(choices, " or ");
        case Type::interface: return "the name of an interface (at most 15 characters)";
        case Type::mac: return "an Ethernet address as in 02:00:00:00:00:01";
        case Type::path: return "a path from / on, of at most 107 characters";
        case Type::pci: return "a PCI address as in 0000:01:00.0";
    }
    return {};
}

std::string PortPlan::value(std::string_view name) const {
    const auto found = values.find(name);
    return found == values.end() ? std::string() : found->second;
}

std::uint32_t PortPlan::number(std::string_view name) const {
    return static_cast<std::uint32_t>(number_of(value(name)).value_or(0));
}

std::optional<PortPlan> plan_port(const PortSpec& spec, const Profiles& profiles, std::uint32_t max_frame,
                                  std::vector<std::string>& faults) {
    const std::string who = "port " + spec.name.text() + ": ";
    const auto before = faults.size();
    PortPlan plan{spec, profiles.find(spec.kind), {}, {}};
    if (!plan.profile) {
        faults.push_back(who + "there is no kind \"" + spec.kind + "\"; the kinds are " + profiles.kinds());
        return std::nullopt;
    }
    const Profile& profile = *plan.profile;
    std::vector<std::string> known;
    for (const auto& option : profile.options) {
        known.push_back(option.name);
        if (option.preset) plan.values[option.name] = *option.preset;
        if (option.required && !spec.option(option.name))
            faults.push_back(who + spec.kind + " needs " + option.name + "=..., " + option.help);
    }
    for (const auto& [name, value] : spec.options) {
        const auto* option = profile.option(name);
        if (!option)
            faults.push_back(who + spec.kind + " has no option \"" + name + "\"; " +
                             (known.empty() ? "it has none" : "its options are " + list_of(known, " and ")));
        else if (!option->accepts(value))
            faults.push_back(who + name + " must be " + option->expected() + ", not \"" + value + "\"");
        else
            plan.values[name] =
                option->type == Type::pci && value.size() == 7 ? std::string("0000:").append(value) : value;
    }
    const auto given = [&](const std::string& name) { return spec.option(name).has_value(); };
    if (!profile.one_of.empty() && std::none_of(profile.one_of.begin(), profile.one_of.end(), given))
        faults.push_back(who + spec.kind + " needs at least one of " + list_of(profile.one_of, " and "));

    auto names = plan.values;
    const std::uint32_t room = frame_room(max_frame);
    names["id"] = std::to_string(spec.name.module) + "_" + std::to_string(spec.name.port);
    names["room"] = std::to_string(room);
    names["block"] = std::to_string(std::lcm(room, 4096u));
    if (faults.size() == before && profile.bus != Bus::own) {
        const auto text = fill_in(profile.devargs, names);
        if (text)
            plan.devargs = *text;
        else
            faults.push_back(who + "profile " + spec.kind + ": " + text.error().what);
    }
    if (faults.size() != before) return std::nullopt;
    return plan;
}

}  // namespace baton
