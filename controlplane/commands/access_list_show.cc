// SPDX-License-Identifier: Apache-2.0
// show access-list: rules in the order in which they decide, with what they matched; a walk, because there may be
// 10,000. And how they are looked up, for who wants to know whether all of them are compiled.
#include <fmt/core.h>

#include <algorithm>
#include <unordered_map>

#include "controlplane/commands/access_list.h"
#include "controlplane/commands/columns.h"
#include "controlplane/commands/handlers.h"
#include "controlplane/commands/ports_view.h"

namespace baton::commands {
namespace {

std::string port_column(const config::AccessList& list, bool to) {
    const config::AclRange& range = to ? list.destination_ports : list.source_ports;
    if (list.protocol == AclProtocol::ip) return "";
    if (list.protocol == AclProtocol::icmp) {
        if (!to || range.any()) return "";
        return range.first == range.last ? fmt::format("{}/{}", range.first >> 8, range.first & 255)
                                         : fmt::format("{}/any", range.first >> 8);
    }
    if (range.any()) return "any";
    return range.first == range.last ? std::to_string(range.first) : fmt::format("{}-{}", range.first, range.last);
}

Json numbers(const config::AclRange& range) {
    if (range.any()) return nullptr;
    return Json::array({range.first, range.last});
}

class AccessListShow final : public Walk {
  public:
    AccessListShow(Switch& sw, std::vector<config::AccessList> lists) : arena_(sw.acl()), lists_(std::move(lists)) {
        std::stable_sort(lists_.begin(), lists_.end(),
                         [](const auto& a, const auto& b) { return a.order() < b.order(); });
        if (!arena_) return;
        const std::uint32_t high = std::min(arena_->high.load(std::memory_order_acquire), max_acl_slots);
        AclRule rule;
        for (std::uint32_t slot = 0; slot < high; ++slot)
            if (read_rule(arena_->slots[slot], rule)) slots_.emplace(std::string(rule.name_view()), slot);
    }

    std::string_view name() const override { return "access_lists"; }

    std::string heading() const override {
        return fmt::format("{:<20} {:>5} {:<5} {:<18} {:<11} {:<18} {:<11} {:<8} {:<12} {:>12} {:>15}\n{}\n", "Rule",
                           "Prec", "Proto", "Destination", "Port", "Source", "Port", "Action", "Ports", "Frames",
                           "Bytes", std::string(145, '-'));
    }

    Step next(Json& row) override {
        if (at_ == lists_.size()) return Step::end;
        row = json(lists_[at_++]);
        return Step::row;
    }

    std::string text(const Json& row) const override {
        const std::string action = row["action"] == "permit-established" ? "perm-est" : plain(row["action"]);
        return fmt::format("{:<20} {:>5} {:<5} {:<18} {:<11} {:<18} {:<11} {:<8} {:<12} {:>12} {:>15}{}\n",
                           plain(row["name"]), plain(row["precedence"]), plain(row["protocol"]),
                           plain(row["destination"]), plain(row["destination_text"]), plain(row["source"]),
                           plain(row["source_text"]), action, plain(row["ports"]), plain(row["frames"]),
                           plain(row["bytes"]),
                           !row["in_force"].get<bool>() ? " !"
                           : row["log"].get<bool>()     ? " L"
                                                        : "");
    }

    Json summary() override {
        Json out;
        out["total"] = lists_.size();
        return out;
    }

    std::string footer(const Json& summary) const override {
        return fmt::format("\nFlags : L - logged, ! - not in force (none of its ports is there)\nTotal: {}\n",
                           plain(summary["total"]));
    }

  private:
    Json json(const config::AccessList& list) const {
        Json row;
        row["name"] = list.name;
        row["precedence"] = list.precedence == 0 ? Json(nullptr) : Json(list.precedence);
        row["protocol"] = acl_protocol_names[static_cast<std::size_t>(list.protocol)];
        row["destination"] = prefix_text(list.destination);
        row["destination_text"] = port_column(list, true);
        row["destination_ports"] = numbers(list.destination_ports);
        row["source"] = prefix_text(list.source);
        row["source_text"] = port_column(list, false);
        row["source_ports"] = numbers(list.source_ports);
        row["action"] = acl_action_names[static_cast<std::size_t>(list.action)];
        row["ports"] = ports_text(list.ports);
        row["log"] = list.log;
        const auto slot = slots_.find(lower_case(list.name));
        const AclCount count = slot == slots_.end() ? AclCount{} : hits_of(*arena_, slot->second);
        row["in_force"] = slot != slots_.end();
        row["frames"] = count.frames;
        row["bytes"] = count.bytes;
        row["command"] = create_command(list);
        return row;
    }

    static std::string lower_case(std::string text) {
        for (char& c : text)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        return text;
    }

    const AclArena* arena_;
    std::vector<config::AccessList> lists_;
    std::unordered_map<std::string, std::uint32_t> slots_;
    std::size_t at_ = 0;
};

}  // namespace

Result<std::unique_ptr<Walk>> show_access_list(const Call& call) {
    const auto& running = call.sw.running();
    std::vector<config::AccessList> lists;
    if (const auto* name = call.match.get<std::string>("access-list")) {
        const auto* list = running.access_list(*name);
        if (!list) return failure(fmt::format("there is no access list \"{}\"; show access-list lists them", *name));
        lists.push_back(*list);
    } else if (call.match.get<PortList>("portlist")) {
        const auto ports = ports_asked(call);
        if (!ports) return ports.error();
        for (const auto& [key, list] : running.access_lists()) {
            const auto& of = list.ports;
            if (of.empty() ||
                std::any_of(ports->begin(), ports->end(), [&](PortName port) { return of.contains(port); }))
                lists.push_back(list);
        }
    } else {
        for (const auto& [key, list] : running.access_lists()) lists.push_back(list);
    }
    return std::unique_ptr<Walk>(std::make_unique<AccessListShow>(call.sw, std::move(lists)));
}

Result<Json> show_access_list_monitor(const Call& call) {
    Json out;
    out["configured"] = call.sw.running().access_lists().size();
    const AclArena* arena = call.sw.acl();
    if (!arena) return failure("the data plane is away; try again when 'show switch' says that it runs");
    out["in_force"] = arena->rules.load();
    out["compiled"] = arena->image_rules.load();
    out["beside"] = arena->beside.load();
    out["images"] = arena->images.load();
    out["images_failed"] = arena->images_failed.load();
    out["compile_ms"] = static_cast<double>(arena->image_ns.load() / 1000) / 1000;
    std::uint64_t denied = 0;
    for (const auto& worker : call.sw.tables().workers)
        for (const auto& port : worker.drops) denied += port[static_cast<std::size_t>(Drop::acl_denied)].load();
    out["denied"] = denied;
    return out;
}

std::string show_access_list_monitor_text(const Json& json) {
    return labelled("Configured:", plain(json["configured"])) + labelled("In force:", plain(json["in_force"])) +
           labelled("Compiled:", plain(json["compiled"])) + labelled("Looked through:", plain(json["beside"])) +
           labelled("Last compiled in:", plain(json["compile_ms"]) + " ms") +
           labelled("Times compiled:", plain(json["images"])) +
           labelled("Times failed:", plain(json["images_failed"])) + labelled("Frames denied:", plain(json["denied"]));
}

}  // namespace baton::commands
