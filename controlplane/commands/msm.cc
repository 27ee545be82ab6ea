// SPDX-License-Identifier: Apache-2.0
// The boards: who carries the baton, how it came to, whether the other could take it now.
#include <fmt/core.h>

#include "controlplane/commands/boards_view.h"
#include "controlplane/commands/columns.h"
#include "controlplane/commands/handlers.h"
#include "controlplane/config/consequences.h"
#include "controlplane/commands/msm_subsystems.h"

namespace baton::commands {
namespace {

constexpr std::size_t history_shown = 10;

std::string upper(std::string_view slot) {
    std::string out(slot);
    for (auto& c : out)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return out;
}

Json slot_json(Slot slot) {
    return slot == Slot::none ? Json(nullptr) : Json(name_of(slot));
}

template <std::size_t count>
std::string name_in(const std::string_view (&names)[count], std::size_t index) {
    return std::string(index < count ? names[index] : "unknown");
}

Json configuration_json(const config::Running& running) {
    const auto& failover = running.msm_failover();
    const auto& recovery = running.recovery_level();
    Json out;
    out["slave_config"] = name_in(config::slave_config_names, failover.slave_config);
    out["link_action"] = name_in(config::link_action_names, failover.link_action);
    out["preserve_state"] = name_in(config::preserve_names, failover.preserve);
    out["timeout"] = failover.timeout_seconds;
    out["esrp_failover_mode"] = name_in(config::esrp_mode_names, failover.esrp_mode);
    out["esrp_reelect_timeout"] = failover.esrp_timeout;
    out["hang_action"] = name_in(config::hang_action_names, failover.hang_action);
    out["sys_recovery_level"] = name_in(config::recovery_names, recovery.level);
    out["sys_recovery_action"] = recovery.level == config::Recovery::none
                                     ? Json(nullptr)
                                     : Json(name_in(config::recovery_action_names, recovery.action));
    return out;
}

std::string configuration_text(const Json& json) {
    std::string out = "\n";
    out += labelled("Recovery level",
                    json["sys_recovery_action"].is_null()
                        ? plain(json["sys_recovery_level"])
                        : fmt::format("{} {}", plain(json["sys_recovery_level"]), plain(json["sys_recovery_action"])));
    out += labelled("Link action", plain(json["link_action"]));
    out += labelled("Preserve state", plain(json["preserve_state"]));
    out += labelled("Slave config", plain(json["slave_config"]));
    out += labelled("Timeout", fmt::format("{} s", plain(json["timeout"])));
    out += labelled("ESRP mode", json["esrp_failover_mode"] == "remain-esrp-master-in-l2-domains"
                                     ? fmt::format("{}, re-elect timeout {} s", plain(json["esrp_failover_mode"]),
                                                   plain(json["esrp_reelect_timeout"]))
                                     : plain(json["esrp_failover_mode"]));
    out += labelled("Hang action", plain(json["hang_action"]));
    return out;
}

Json grant_json(const GrantView& grant) {
    Json out;
    out["term"] = grant.term;
    out["cause"] = name_of(grant.cause);
    out["from"] = slot_json(grant.last_holder);
    out["to"] = slot_json(grant.holder);
    out["signal"] = grant.signal;
    out["duration_us"] = grant.duration_ns / 1000;
    out["at"] = wall_time(grant.wall_ns);
    out["frames_dropped"] = grant.frames_dropped ? Json(*grant.frames_dropped) : Json(nullptr);
    return out;
}

std::string duration(const Json& us) {
    return us == 0 ? "-" : fmt::format("{} us", plain(us));
}

}  // namespace

Result<Json> show_msm_failover(const Call& call) {
    auto& sw = call.sw;
    Json out;
    out["term"] = sw.term();
    const auto ready = sw.hitless_ready();
    out["hitless_ready"] = ready.has_value();
    if (!ready) out["why_not"] = ready.error().what;
    out["boards"] = Json::array();
    const auto& journal = sw.journal();
    const auto head = journal.head.load(), sequence = journal.sequence.load();
    for (const auto slot : {Slot::msm_a, Slot::msm_b}) {
        const auto view = board_view(sw, slot);
        Json one;
        one["slot"] = name_of(slot);
        one["role"] = view.role;
        one["pid"] = view.pid;
        one["state"] = view.state;
        one["release"] = view.release;
        one["starts"] = view.starts;
        one["subsystems"] = subsystems_json(sw, view);
        add_following(one, sw, view);
        out["boards"].push_back(std::move(one));
    }
    const auto history = grants(sw);
    Json last;
    if (!history.empty() && history.back().term == sw.term() && history.back().cause != Cause::never) {
        last = grant_json(history.back());
    } else {
        last["cause"] = name_of(Cause::never);
        last["duration_us"] = 0;
        last["at"] = nullptr;
        last["frames_dropped"] = nullptr;
    }
    out["last_failover"] = std::move(last);
    out["configuration"] = configuration_json(sw.running());
    out["journal"] = {
        {"head", head}, {"base", journal.base.load()}, {"capacity", journal.capacity.load()}, {"records", sequence}};
    out["refused_commands"] = sw.tables().applier.refused.load();
    out["history"] = Json::array();
    for (const auto& grant : history) out["history"].push_back(grant_json(grant));
    return out;
}

std::string show_msm_failover_text(const Json& json) {
    const auto& boards = json["boards"];
    std::string out;
    for (const auto& board : boards) {
        out += fmt::format("{}:            {}", upper(plain(board["slot"])), upper(plain(board["role"])));
        out += board["role"] == "absent"
                   ? fmt::format("  {}\n", plain(board["state"]))
                   : fmt::format("  {}, release {}, pid {}, starts {}\n", plain(board["state"]),
                                 plain(board["release"]), plain(board["pid"]), plain(board["starts"]));
    }
    out += labelled("Term", plain(json["term"]));
    out += labelled("Hitless failover",
                    json["hitless_ready"].get<bool>() ? "ready" : fmt::format("NOT READY: {}", plain(json["why_not"])));
    out += following_text(boards);
    const auto& last = json["last_failover"];
    out += fmt::format("\nCause of last MSM failover: {}\n", plain(last["cause"]));
    if (last["cause"] != "never")
        out += fmt::format("    {} to {}, at {}, took {}\n    frames dropped by the switch meanwhile: {}\n",
                           plain(last["from"]), plain(last["to"]), plain(last["at"]), duration(last["duration_us"]),
                           last["frames_dropped"].is_null() ? "still counting" : plain(last["frames_dropped"]));
    out += configuration_text(json["configuration"]);

    out += "\n";
    out += subsystems_text(boards);

    const auto& history = json["history"];
    if (history.size() < 2) return out;
    out += "\n";
    Columns terms({">Term", "Cause", "From", "To", ">Took", "At"});
    for (std::size_t i = history.size() > history_shown ? history.size() - history_shown : 0; i < history.size(); ++i) {
        const auto& grant = history[i];
        auto cause = plain(grant["cause"]);
        if (grant["signal"] != 0) cause += fmt::format(" (signal {})", plain(grant["signal"]));
        terms.add({plain(grant["term"]), std::move(cause), plain(grant["from"]), plain(grant["to"]),
                   duration(grant["duration_us"]), plain(grant["at"])});
    }
    return out + terms.text();
}

void run_msm_failover(const Call& call, Done done) {
    const auto to = other(call.sw.slot());
    const auto handed = call.sw.hand_over();
    if (!handed) return done(handed.error());
    done(fmt::format("The baton goes to {}.\n", name_of(to)));
}

void reboot_slot(const Call& call, Done done) {
    const auto slot = call.match.says("msm-a") ? Slot::msm_a : Slot::msm_b;
    const bool hard = call.match.says("hard-reset");
    const auto asked = call.sw.reboot(slot, hard);
    if (!asked) return done(asked.error());
    done(fmt::format("{} {}.\n", name_of(slot), hard ? "is being reset" : "restarts"));
}

void run_diagnostics(const Call& call, Done done) {
    const auto slot = call.match.says("msm-a") ? Slot::msm_a : Slot::msm_b;
    const bool extended = call.match.says("extended");
    call.sw.diagnose(slot, extended, [done = std::move(done), slot, extended](Result<void> result) {
        if (!result) return done(result.error());
        done(fmt::format("{} passed its {}diagnostics.\n", name_of(slot), extended ? "extended " : ""));
    });
}

}  // namespace baton::commands
