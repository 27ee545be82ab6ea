// SPDX-License-Identifier: Apache-2.0
// show configuration: the running configuration as the commands that make it out of the factory's. The factory's VLAN
// Default holds every port untagged, so the first command empties it.
#include <fmt/core.h>

#include "controlplane/commands/columns.h"
#include "controlplane/commands/handlers.h"
#include "controlplane/commands/ports_view.h"
#include "controlplane/config/syslog_host.h"

namespace baton::commands {
namespace {

template <class Ports>
std::string list_of(const Ports& ports) {
    std::vector<PortName> names;
    for (const auto& port : ports)
        if (const auto name = PortName::parse(port)) names.push_back(*name);
    return text_of(names);
}

/// In an order in which none is refused by what the factory has.
std::vector<std::string> commands_of(const config::MsmFailoverSet& set) {
    using namespace config;
    std::vector<std::string> out;
    const auto add = [&out](std::string_view what, std::string value) {
        out.push_back(fmt::format("configure msm-failover {} {}", what, value));
    };
    const auto with = [](std::string_view first, bool more, const std::string& rest) {
        return more ? fmt::format("{} {}", first, rest) : std::string(first);
    };
    add("slave-config", with(name_in(slave_config_names, set.slave_config()), false, {}));
    add("link-action", with(name_in(link_action_names, set.link_action()), set.preserve() != 0,
                            fmt::format("preserve-state {}", name_in(preserve_names, set.preserve()))));
    add("timeout", std::to_string(set.timeout_seconds()));
    add("esrp-failover-mode",
        with(name_in(esrp_mode_names, set.esrp_mode()),
             static_cast<EsrpMode>(set.esrp_mode()) == EsrpMode::remain_master, std::to_string(set.esrp_timeout())));
    add("hang-action", with(name_in(hang_action_names, set.hang_action()), false, {}));
    return out;
}

std::string quote(std::string_view name) {
    return fmt::format("\"{}\"", name);
}

/// The command that makes this change; nothing for one that the factory has made already.
std::string command_of(const config::Change& change) {
    switch (change.change_case()) {
        case config::Change::kVlanCreate:
            if (same_word(change.vlan_create().name(), config::default_vlan)) return {};
            return fmt::format("create vlan {}", quote(change.vlan_create().name()));
        case config::Change::kVlanDelete: return fmt::format("delete vlan {}", quote(change.vlan_delete().name()));
        case config::Change::kVlanTag:
            return fmt::format("configure vlan {} tag {}", quote(change.vlan_tag().name()), change.vlan_tag().tag());
        case config::Change::kVlanAddPorts:
            if (change.vlan_add_ports().ports().empty()) return {};
            return fmt::format("configure vlan {} add ports {} {}", quote(change.vlan_add_ports().name()),
                               list_of(change.vlan_add_ports().ports()),
                               change.vlan_add_ports().tagged() ? "tagged" : "untagged");
        case config::Change::kVlanDeletePorts:
            return fmt::format("configure vlan {} delete ports {}", quote(change.vlan_delete_ports().name()),
                               list_of(change.vlan_delete_ports().ports()));
        case config::Change::kFdbEntryCreate: {
            const auto& entry = change.fdb_entry_create();
            return fmt::format("create fdbentry {} vlan {} {}", entry.mac(), quote(entry.vlan()),
                               entry.blackhole() ? "blackhole" : fmt::format("ports {}", entry.port()));
        }
        case config::Change::kFdbEntryDelete:
            return fmt::format("delete fdbentry {} vlan {}", change.fdb_entry_delete().mac(),
                               quote(change.fdb_entry_delete().vlan()));
        case config::Change::kFdbAgingTime:
            return fmt::format("configure fdb agingtime {}", change.fdb_aging_time().seconds());
        case config::Change::kPortsEnable:
            if (change.ports_enable().ports().empty()) return {};
            return fmt::format("{} ports {}", change.ports_enable().enabled() ? "enable" : "disable",
                               list_of(change.ports_enable().ports()));
        case config::Change::kSystemName:
            return fmt::format("configure sys-name {}", quote(change.system_name().name()));
        case config::Change::kMsmFailover: break;  // several commands, see above
        case config::Change::kRecoveryLevel: {
            const auto& set = change.recovery_level();
            const auto level = config::name_in(config::recovery_names, set.level());
            return set.level() == 0 ? fmt::format("configure sys-recovery-level {}", level)
                                    : fmt::format("configure sys-recovery-level {} {}", level,
                                                  config::name_in(config::recovery_action_names, set.action()));
        }
        case config::Change::kSyslogAdd:
            return fmt::format("configure syslog add {} {}", change.syslog_add().host(),
                               config::severity_name(static_cast<log::Level>(change.syslog_add().severity())));
        case config::Change::kSyslogDelete:
            return fmt::format("configure syslog delete {}", change.syslog_delete().host());
        case config::Change::kSyslogEnable:
            return change.syslog_enable().enabled() ? "enable syslog" : "disable syslog";
        case config::Change::CHANGE_NOT_SET: break;
    }
    return {};
}

}  // namespace

Result<Json> show_configuration(const Call& call) {
    const auto& running = call.sw.running();
    Json out;
    out["name"] = running.name();
    out["version"] = BATON_VERSION;
    out["commands"] = Json::array();
    out["commands"].push_back(fmt::format("configure vlan {} delete ports all", quote(config::default_vlan)));
    for (const auto& change : running.as_changes())
        if (change.has_msm_failover())
            for (auto& command : commands_of(change.msm_failover())) out["commands"].push_back(std::move(command));
        else if (auto command = command_of(change); !command.empty())
            out["commands"].push_back(std::move(command));
    return out;
}

std::string show_configuration_text(const Json& json) {
    std::string out = fmt::format("#\n# Baton Configuration\n# Software Version {}\n#\n", plain(json["version"]));
    for (const auto& command : json["commands"]) out += plain(command) + "\n";
    return out + fmt::format("# End of configuration file for \"{}\".\n", plain(json["name"]));
}

}  // namespace baton::commands
