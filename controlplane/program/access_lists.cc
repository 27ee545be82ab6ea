// SPDX-License-Identifier: Apache-2.0
#include "controlplane/program/access_lists.h"

#include <algorithm>
#include <iterator>

#include "controlplane/config/apply.h"

namespace baton {
namespace {

bool before(const AclRule& a, const AclRule& b) {
    return a.order != b.order ? a.order < b.order : std::memcmp(&a, &b, sizeof a) < 0;
}

void sort(Image& image) {
    std::sort(image.rules.begin(), image.rules.end(), before);
}

void add(Image& image, const config::AccessList& list, const PortMap& ports) {
    if (const auto rule = rule_of(list, ports)) image.rules.push_back(*rule);
}

std::vector<AclRule> lacking(const Image& from, const Image& to) {
    std::vector<AclRule> out;
    std::set_difference(to.rules.begin(), to.rules.end(), from.rules.begin(), from.rules.end(), std::back_inserter(out),
                        before);
    return out;
}

}  // namespace

std::optional<AclRule> rule_of(const config::AccessList& list, const PortMap& ports) {
    AclRule rule{};
    const std::string key = config::lower(list.name);
    std::memcpy(rule.name, key.data(), std::min(key.size(), sizeof rule.name));
    for (const PortName name : list.ports)
        if (const PortId id = ports.id(name); id != no_port) rule.ports.add(id);
    if (list.ports.empty())
        for (auto& word : rule.ports.words) word = ~0ull;
    if (rule.ports.empty()) return std::nullopt;
    rule.destination = list.destination.bits;
    rule.source = list.source.bits;
    rule.destination_first = list.destination_ports.first;
    rule.destination_last = list.destination_ports.last;
    rule.source_first = list.source_ports.first;
    rule.source_last = list.source_ports.last;
    rule.order = list.order();
    rule.destination_length = list.destination.length;
    rule.source_length = list.source.length;
    rule.protocol = list.protocol;
    rule.action = list.action;
    rule.flags = list.log ? acl_log : 0;
    return rule;
}

void add_access_lists(Image& image, const config::Running& running, const PortMap& ports) {
    for (const auto& [key, list] : running.access_lists()) add(image, list, ports);
    sort(image);
}

void add_access_lists(Image& image, const AclArena& arena) {
    const std::uint32_t high = std::min(arena.high.load(std::memory_order_acquire), max_acl_slots);
    for (std::uint32_t slot = 0; slot < high; ++slot) {
        AclRule rule;
        if (read_rule(arena.slots[slot], rule)) image.rules.push_back(rule);
    }
    sort(image);
}

void add_changed_access_lists(Image& from, Image& to, const config::Running& before, const config::Running& after,
                              const PortMap& ports) {
    differences(before.access_lists(), after.access_lists(),
                [&](const std::string&, const config::AccessList* old, const config::AccessList* now) {
                    if (old) add(from, *old, ports);
                    if (now) add(to, *now, ports);
                });
    sort(from);
    sort(to);
}

std::vector<AclRule> rules_that_come(const Image& from, const Image& to) {
    return lacking(from, to);
}

std::vector<AclRule> rules_that_go(const Image& from, const Image& to) {
    auto out = lacking(to, from);
    std::reverse(out.begin(), out.end());
    return out;
}

}  // namespace baton
