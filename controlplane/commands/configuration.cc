// SPDX-License-Identifier: Apache-2.0
#include "controlplane/commands/configuration.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "controlplane/commands/access_list.h"
#include "controlplane/commands/configuration_routing.h"
#include "controlplane/commands/line.h"
#include "controlplane/commands/portlist.h"
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

std::string create_command(const config::Account& account) {
    return fmt::format("create account {} {}{}", account.admin ? "admin" : "user", quote(account.name),
                       account.hash.empty() ? "" : fmt::format(" encrypted {}", quote(account.hash)));
}

/// The accounts out of the factory's two. There is an administrator all along, and never one account too many: a new
/// administrator comes before the factory's goes, and the rest after.
std::deque<std::string> account_commands(const config::Running& running) {
    std::deque<std::string> out;
    const auto factory = config::Running::factory({});
    std::vector<config::Account> fresh;
    for (const auto& [key, account] : running.accounts())
        if (!factory.account(key)) fresh.push_back(account);
    std::stable_partition(fresh.begin(), fresh.end(), [](const auto& account) { return account.admin; });
    const auto mend = [&](const config::Account& made) {
        const auto* wanted = running.account(made.name);
        const bool same = wanted && wanted->admin == made.admin;
        if (!same) out.push_back(fmt::format("delete account {}", quote(made.name)));
        if (!same && wanted) out.push_back(create_command(*wanted));
        if (same && wanted->hash != made.hash)
            out.push_back(fmt::format("configure account {} encrypted {}", quote(made.name), quote(wanted->hash)));
    };
    mend(*factory.account("user"));
    if (!fresh.empty()) out.push_back(create_command(fresh.front()));
    mend(*factory.account("admin"));
    for (std::size_t i = 1; i < fresh.size(); ++i) out.push_back(create_command(fresh[i]));
    return out;
}

}  // namespace

ConfigurationCommands::ConfigurationCommands(const config::Running& running, bool accounts)
    : changes_(config::changes_between(config::Running::factory({}), running)), taken_(max_vlans) {
    if (const auto* first = running.vlan(config::default_vlan)) taken_[first->id] = true;
    if (accounts) accounts_ = account_commands(running);
    // The factory's Default holds every port untagged; the first command takes them out.
}

bool ConfigurationCommands::next(std::string& command) {
    if (!begun_) {
        begun_ = true;
        command = fmt::format("configure vlan {} delete ports all", quote(config::default_vlan));
        return true;
    }
    while (waiting_.empty() && at_ < changes_.size()) {
        const config::Change& change = changes_[at_++];
        if (change.has_msm_failover())
            for (auto& each : commands_of(change.msm_failover())) waiting_.push_back(std::move(each));
        else if (auto one = command_of(change); !one.empty())
            waiting_.push_back(std::move(one));
    }
    if (waiting_.empty()) std::exchange(accounts_, {}).swap(waiting_);
    if (waiting_.empty()) return false;
    command = std::move(waiting_.front());
    waiting_.pop_front();
    return true;
}

/// The command that makes this change; empty for one that another command has made already.
std::string ConfigurationCommands::command_of(const config::Change& change) {
    switch (change.change_case()) {
        case config::Change::kVlanCreate: {
            const auto& made = change.vlan_create();
            while (taken_[free_] && free_ > 1) --free_;
            const bool tag_follows = at_ < changes_.size() && changes_[at_].has_vlan_tag();
            const bool said = !tag_follows && made.id() != free_;
            taken_[made.id()] = true;
            return fmt::format("create vlan {}{}", quote(made.name()),
                               said ? fmt::format(" number {}", made.id()) : std::string());
        }
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
        case config::Change::kAccessListCreate:
        case config::Change::kAccessListDelete: return access_list_command(change);
        case config::Change::kAccountSet:
        case config::Change::kAccountDelete:  // account_commands()
        case config::Change::CHANGE_NOT_SET: break;
        default: return routing_command(change);
    }
    return {};
}

std::string configuration_heading(std::string_view version) {
    return fmt::format("#\n# Baton Configuration\n# Software Version {}\n#\n", version);
}

std::string configuration_footing(std::string_view name) {
    return fmt::format("# End of configuration file for \"{}\".\n", name);
}

std::string configuration_text(const config::Running& running) {
    std::string out = configuration_heading(BATON_VERSION), command;
    for (ConfigurationCommands commands(running); commands.next(command);) out += command + "\n";
    return out + configuration_footing(running.name());
}

}  // namespace baton::commands
