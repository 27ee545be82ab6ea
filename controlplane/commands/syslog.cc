// SPDX-License-Identifier: Apache-2.0
// Where the log goes besides `show log`.
#include <fmt/core.h>

#include <algorithm>

#include "controlplane/commands/columns.h"
#include "controlplane/commands/handlers.h"
#include "controlplane/config/syslog_host.h"

namespace baton::commands {
namespace {

Plan switched(const Call& call, bool on) {
    Plan plan;
    if (call.sw.running().syslog().enabled != on) plan.changes.emplace_back().mutable_syslog_enable()->set_enabled(on);
    plan.text = fmt::format("Syslog is {}.\n", on ? "enabled" : "disabled");
    if (on && call.sw.running().syslog().hosts.empty())
        plan.text += "No syslog host is configured; name one with `configure syslog add <host>`.\n";
    return plan;
}

}  // namespace

Result<Plan> configure_syslog(const Call& call) {
    const auto& host = *call.match.get<std::string>("host");
    const auto* severity = call.match.get<std::uint64_t>("severity");
    const auto level = severity ? static_cast<log::Level>(*severity) : log::Level::debug;
    Plan plan;
    auto* change = plan.changes.emplace_back().mutable_syslog_add();
    change->set_host(host);
    change->set_severity(static_cast<std::uint32_t>(level));
    plan.text = fmt::format("Lines of severity {} and above go to {}{}.\n", config::severity_name(level), host,
                            call.sw.running().syslog().enabled ? "" : " once syslog is enabled");
    return plan;
}

Result<Plan> configure_syslog_delete(const Call& call) {
    const auto& host = *call.match.get<std::string>("host");
    Plan plan;
    plan.changes.emplace_back().mutable_syslog_delete()->set_host(host);
    plan.text = fmt::format("No more lines go to {}.\n", host);
    return plan;
}

Result<Plan> enable_syslog(const Call& call) {
    return switched(call, true);
}

Result<Plan> disable_syslog(const Call& call) {
    return switched(call, false);
}

Result<Json> show_syslog(const Call& call) {
    const auto& syslog = call.sw.running().syslog();
    const auto accounts = call.sw.syslog_accounts();
    Json out;
    out["enabled"] = syslog.enabled;
    out["hosts"] = Json::array();
    for (const auto& [host, severity] : syslog.hosts) {
        const auto found = std::find_if(accounts.begin(), accounts.end(),
                                        [&host = host](const SyslogAccount& each) { return each.host == host; });
        const SyslogAccount account = found == accounts.end() ? SyslogAccount{} : *found;
        out["hosts"].push_back({{"host", host},
                                {"severity", config::severity_name(severity)},
                                {"sent", account.sent},
                                {"lost", account.lost},
                                {"last_error", account.last_error}});
    }
    return out;
}

std::string show_syslog_text(const Json& json) {
    std::string out = labelled("Syslog", json["enabled"].get<bool>() ? "enabled" : "disabled");
    if (json["hosts"].empty()) return out + "No syslog host is configured.\n";
    Columns table({"Host", "Severity", ">Sent", ">Lost", "Last error"});
    for (const auto& host : json["hosts"])
        table.add({plain(host["host"]), plain(host["severity"]), plain(host["sent"]), plain(host["lost"]),
                   host["last_error"] == "" ? "-" : plain(host["last_error"])});
    return out + "\n" + table.text();
}

}  // namespace baton::commands
