// SPDX-License-Identifier: Apache-2.0
// check msm-failover: would a failover now be hitless; if not, what stands in the way, why, and which command mends it.
// And, cause by cause, what a failover would do. Exit code 5 when something stands in the way, for scripts that ask
// before they act.
#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "controlplane/commands/boards_view.h"
#include "controlplane/commands/columns.h"
#include "controlplane/commands/handlers.h"
#include "controlplane/config/consequences.h"

namespace baton::commands {
namespace {

constexpr Cause causes[] = {Cause::operator_command, Cause::exception,  Cause::watchdog,
                            Cause::keepalive,        Cause::diagnostic, Cause::removal};

/// What the switch itself says: its sentence is "why; what to do".
Json finding_of(const Error& error, std::string_view what) {
    const auto cut = error.what.rfind("; ");
    Json out;
    out["what"] = what;
    out["value"] = "not ready";
    out["reason"] = error.what.substr(0, cut);
    out["remedy"] = cut == std::string::npos ? Json(nullptr) : Json(error.what.substr(cut + 2));
    return out;
}

Json finding_of(const config::Obstacle& obstacle) {
    Json out;
    out["what"] = obstacle.setting;
    out["value"] = obstacle.value;
    out["reason"] = obstacle.any_cause                  ? "no failover is hitless"
                    : obstacle.setting == "hang-action" ? "a failover after a hang (watchdog, keepalive) is not hitless"
                                                        : "a failover after an exception is not hitless";
    out["remedy"] = obstacle.remedy;
    return out;
}

std::string lines_of(const Json& findings) {
    std::string out;
    for (const auto& finding : findings) {
        out +=
            fmt::format("  {} is {}: {}\n", plain(finding["what"]), plain(finding["value"]), plain(finding["reason"]));
        if (!finding["remedy"].is_null()) out += fmt::format("      {}\n", plain(finding["remedy"]));
    }
    return out;
}

}  // namespace

Result<Json> check_msm_failover(const Call& call) {
    auto& sw = call.sw;
    const auto& failover = sw.running().msm_failover();
    const auto& recovery = sw.running().recovery_level();
    auto findings = Json::array(), notes = Json::array();
    const auto slave = sw.slave_ready();
    if (!slave) findings.push_back(finding_of(slave.error(), name_of(other(sw.slot()))));
    // The guide leaves a hang unhitless whatever is configured, so that is a remark; the rest its steps would have
    // mended.
    for (const auto& obstacle : obstacles(failover, recovery))
        (obstacle.setting == "hang-action" ? notes : findings).push_back(finding_of(obstacle));
    const auto now = sw.hitless_ready();
    if (!now && findings.empty()) findings.push_back(finding_of(now.error(), "the switch"));
    Json out;
    out["hitless"] = findings.empty();
    out["findings"] = std::move(findings);
    out["notes"] = std::move(notes);
    out["causes"] = Json::array();
    for (const Cause cause : causes) {
        const auto consequences = consequences_of(cause, failover, recovery);
        const bool partial = cause == Cause::diagnostic || cause == Cause::removal;
        auto what = describe(consequences);
        if (partial)
            what = consequences.hitless() ? "the board's fabric plane is lost, all else goes on"
                                          : what + ", and the board's fabric plane is lost";
        out["causes"].push_back({{"cause", name_of(cause)},
                                 {"hitless", !consequences.hitless() ? "no"
                                             : partial               ? "partial"
                                                                     : "yes"},
                                 {"consequences", what}});
    }
    return out;
}

std::string check_msm_failover_text(const Json& json) {
    std::string out = json["hitless"].get<bool>() ? "A failover now is hitless.\n"
                                                  : "A failover now is NOT hitless. What stands in the way:\n";
    out += lines_of(json["findings"]);
    if (!json["notes"].empty()) out += "To know:\n" + lines_of(json["notes"]);
    out += "\n";
    Columns table({"Cause", "Hitless", "What a failover does"});
    for (const auto& cause : json["causes"]) {  // a line for each consequence: they are long
        std::string name = plain(cause["cause"]), hitless = plain(cause["hitless"]);
        const std::string all = plain(cause["consequences"]);
        for (std::size_t from = 0; from < all.size();) {
            const std::size_t comma = std::min(all.find(", ", from), all.size());
            table.add({std::exchange(name, {}), std::exchange(hitless, {}), all.substr(from, comma - from)});
            from = comma + 2;
        }
    }
    return out + table.text();
}

Code check_msm_failover_code(const Json& json) {
    return json["hitless"].get<bool>() ? Code::ok : Code::not_ready;
}

/// Only when the slave could, and the configuration alone makes it cost something: an unready slave is refused anyway.
std::string ask_before_failover(const Call& call) {
    const auto& running = call.sw.running();
    const auto consequences =
        consequences_of(Cause::operator_command, running.msm_failover(), running.recovery_level());
    if (consequences.hitless() || !call.sw.slave_ready()) return {};
    return fmt::format("This failover is not hitless: {}. Do it? (y or n) ", describe(consequences));
}

}  // namespace baton::commands
