// SPDX-License-Identifier: Apache-2.0
// The settings of failovers, in the guide's words. Each handler says only what was typed; the rules between settings
// are the configuration's own (config/apply_failover.cc), so that no way in can get past them.
#include <fmt/core.h>

#include "controlplane/commands/handlers.h"

namespace baton::commands {
namespace {

config::MsmFailoverSet& setting_of(Plan& plan) {
    return *plan.changes.emplace_back().mutable_msm_failover();
}

template <class Enum>
std::uint32_t number(Enum value) {
    return static_cast<std::uint32_t>(value);
}

}  // namespace

Result<Plan> configure_sys_recovery_level(const Call& call) {
    const auto& match = call.match;
    if (match.says("system-dump"))
        return failure(
            "a core is kept of every exception as it is, in run-dir/cores; leave system-dump out: configure "
            "sys-recovery-level all msm-failover");
    if (match.says("shutdown"))
        return failure("a switch that shuts down after an exception forwards nothing; choose msm-failover, or reboot");
    config::RecoveryLevel wanted;
    if (!match.says("none")) {
        wanted.level = match.says("all") ? config::Recovery::all : config::Recovery::critical;
        wanted.action = match.says("reboot") ? config::RecoveryAction::reboot : config::RecoveryAction::msm_failover;
    }
    Plan plan;
    plan.changes.push_back(change_to(wanted));
    plan.text =
        wanted.level == config::Recovery::none
            ? std::string("After an exception the switch comes up anew, on the other MSM.\n")
            : fmt::format("After {} exception: {}.\n",
                          wanted.level == config::Recovery::all ? "any" : "a critical task's",
                          wanted.action == config::RecoveryAction::reboot ? "the switch comes up anew, on the other MSM"
                                                                          : "the other MSM takes over as configured");
    return plan;
}

Result<Plan> configure_msm_slave_config(const Call& call) {
    const bool inherited = call.match.says("inherited");
    Plan plan;
    setting_of(plan).set_slave_config(number(inherited ? config::SlaveConfig::inherited : config::SlaveConfig::flash));
    plan.text = inherited ? "The next master goes on with this configuration.\n"
                          : "The next master takes its configuration from its flash.\n";
    return plan;
}

Result<Plan> configure_msm_link_action(const Call& call) {
    const bool keep = call.match.says("keep-links-up");
    const auto preserve = call.match.says("l2_l3") ? config::Preserve::l2_l3
                          : call.match.says("l2")  ? config::Preserve::l2
                                                   : config::Preserve::none;
    Plan plan;
    auto& setting = setting_of(plan);
    setting.set_link_action(number(keep ? config::LinkAction::keep_links_up : config::LinkAction::take_links_down));
    setting.set_preserve(number(preserve));
    plan.text = !keep ? std::string("A failover takes all links down.\n")
                      : fmt::format("A failover keeps the links up{}.\n",
                                    preserve == config::Preserve::none ? " and preserves nothing else"
                                    : preserve == config::Preserve::l2 ? " and preserves layer 2"
                                                                       : " and preserves layers 2 and 3");
    return plan;
}

Result<Plan> configure_msm_timeout(const Call& call) {
    const auto seconds = *call.match.get<std::uint64_t>("time");
    Plan plan;
    setting_of(plan).set_timeout_seconds(static_cast<std::uint32_t>(seconds));
    plan.text = fmt::format("Failover timeout: {} s.\n", seconds);
    return plan;
}

Result<Plan> configure_msm_esrp_mode(const Call& call) {
    const auto& match = call.match;
    Plan plan;
    auto& setting = setting_of(plan);
    if (match.says("remain-esrp-master-in-l2-domains")) {
        const auto* given = match.get<std::uint64_t>("reelect-timeout");
        const auto seconds = given ? static_cast<std::uint32_t>(*given) : config::esrp_timeout_factory;
        setting.set_esrp_mode(number(config::EsrpMode::remain_master));
        setting.set_esrp_timeout(seconds);
        plan.text = fmt::format("ESRP remains master in layer 2 domains; standbys wait {} s.\n", seconds);
        return plan;
    }
    const bool rapid = match.says("rapid-reelection");
    setting.set_esrp_mode(number(rapid ? config::EsrpMode::rapid_reelection : config::EsrpMode::none));
    setting.set_esrp_timeout(config::esrp_timeout_factory);
    plan.text = rapid ? "ESRP lets a standby be elected at once.\n" : "ESRP takes no part in hitless failover.\n";
    return plan;
}

Result<Plan> configure_msm_hang_action(const Call& call) {
    const bool hitless = call.match.says("hitless");
    Plan plan;
    setting_of(plan).set_hang_action(number(hitless ? config::HangAction::hitless : config::HangAction::discard));
    plan.text =
        hitless ? "A failover after a hang is like any other.\n" : "A failover after a hang discards all state.\n";
    return plan;
}

Result<Plan> unconfigure_msm_failover(const Call&) {
    Plan plan;
    plan.changes.push_back(change_to(config::MsmFailover{}));
    plan.text = "MSM failover is as the factory has it: links go down, nothing is preserved, the timeout is 60 s.\n";
    return plan;
}

}  // namespace baton::commands
