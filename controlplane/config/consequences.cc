// SPDX-License-Identifier: Apache-2.0
#include "controlplane/config/consequences.h"

namespace baton::config {
namespace {

Consequences as_configured(const MsmFailover& failover) {
    Consequences out;
    out.from_flash = failover.slave_config == SlaveConfig::flash;
    out.reset_links = failover.link_action == LinkAction::take_links_down;
    out.reset_l2 = failover.preserve == Preserve::none;
    out.reset_l3 = failover.preserve != Preserve::l2_l3;
    return out;
}

}  // namespace

Consequences consequences_of(Cause cause, const MsmFailover& failover, const RecoveryLevel& recovery) {
    switch (cause) {
        case Cause::never: return {};  // the first master of all: there is nothing that could be lost
        case Cause::operator_command:
        case Cause::diagnostic:
        case Cause::removal: return as_configured(failover);
        case Cause::exception:
            if (recovery.level != Recovery::none && recovery.action == RecoveryAction::msm_failover)
                return as_configured(failover);
            return {.from_flash = true, .reset_links = true, .reset_l2 = true, .reset_l3 = true};
        case Cause::watchdog:
        case Cause::keepalive: {
            Consequences out = as_configured(failover);
            if (failover.hang_action == HangAction::hitless) return out;
            out.from_flash = out.reset_l2 = out.reset_l3 = out.reset_failed = true;
            return out;
        }
    }
    return as_configured(failover);
}

std::string describe(const Consequences& consequences) {
    std::string out;
    const auto add = [&out](bool so, const char* what) {
        if (!so) return;
        if (!out.empty()) out += ", ";
        out += what;
    };
    add(consequences.from_flash, "the configuration comes from the new master's flash");
    add(consequences.reset_links, "all links go down for a moment");
    add(consequences.reset_l2, "learned addresses are forgotten");
    add(consequences.reset_l3, "layer 3 state is forgotten");
    add(consequences.reset_failed, "the failed board is reset hard");
    return out.empty() ? "nothing is lost" : out;
}

std::vector<Obstacle> obstacles(const MsmFailover& failover, const RecoveryLevel& recovery) {
    std::vector<Obstacle> out;
    if (failover.slave_config != SlaveConfig::inherited)
        out.push_back({"slave-config", std::string(name_in(slave_config_names, failover.slave_config)),
                       "configure msm-failover slave-config inherited", true});
    if (failover.link_action != LinkAction::keep_links_up)
        out.push_back({"link-action", std::string(name_in(link_action_names, failover.link_action)),
                       "configure msm-failover link-action keep-links-up preserve-state l2_l3", true});
    else if (failover.preserve == Preserve::none)
        out.push_back({"preserve-state", std::string(name_in(preserve_names, failover.preserve)),
                       "configure msm-failover link-action keep-links-up preserve-state l2_l3", true});
    if (recovery.level == Recovery::none)
        out.push_back({"sys-recovery-level", "none", "configure sys-recovery-level all msm-failover", false});
    else if (recovery.action != RecoveryAction::msm_failover)
        out.push_back({"sys-recovery-level", std::string(name_in(recovery_action_names, recovery.action)),
                       "configure sys-recovery-level all msm-failover", false});
    if (failover.hang_action != HangAction::hitless)
        out.push_back({"hang-action", std::string(name_in(hang_action_names, failover.hang_action)),
                       "configure msm-failover hang-action hitless", false});
    return out;
}

}  // namespace baton::config
