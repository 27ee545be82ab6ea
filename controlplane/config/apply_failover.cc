// SPDX-License-Identifier: Apache-2.0
// The rules of the failover settings. The guide: with `slave-config flash`, `preserve-state` cannot be used. Whoever
// asks for the second of the two is refused and told the command that makes room for it; neither setting changes the
// other behind the operator's back, so what `show configuration` prints is always what somebody typed.
#include "controlplane/config/apply.h"

namespace baton::config {
namespace {

constexpr std::size_t count_of(const auto& names) {
    return std::size(names);
}

Error unknown_value(const char* what) {
    return failure(std::string("this release does not know that ") + what + "; run one release on both boards");
}

Error out_of_range(const char* what, std::uint32_t least, std::uint32_t most, std::uint32_t given) {
    return Error{Code::syntax, std::string(what) + " is " + std::to_string(least) + " to " + std::to_string(most) +
                                   " seconds, not " + std::to_string(given)};
}

}  // namespace

Result<void> Editor::apply(const MsmFailoverSet& change) {
    MsmFailover next = running_.msm_failover_;
    if (change.has_slave_config()) {
        if (change.slave_config() >= count_of(slave_config_names)) return unknown_value("slave-config");
        next.slave_config = static_cast<SlaveConfig>(change.slave_config());
    }
    if (change.has_link_action()) {
        if (change.link_action() >= count_of(link_action_names)) return unknown_value("link-action");
        next.link_action = static_cast<LinkAction>(change.link_action());
    }
    if (change.has_preserve()) {
        if (change.preserve() >= count_of(preserve_names)) return unknown_value("preserve-state");
        next.preserve = static_cast<Preserve>(change.preserve());
    }
    if (change.has_timeout_seconds()) next.timeout_seconds = change.timeout_seconds();
    if (change.has_esrp_mode()) {
        if (change.esrp_mode() >= count_of(esrp_mode_names)) return unknown_value("esrp-failover-mode");
        next.esrp_mode = static_cast<EsrpMode>(change.esrp_mode());
    }
    if (change.has_esrp_timeout()) next.esrp_timeout = change.esrp_timeout();
    if (next.esrp_mode != EsrpMode::remain_master) next.esrp_timeout = esrp_timeout_factory;  // nobody waits
    if (change.has_hang_action()) {
        if (change.hang_action() >= count_of(hang_action_names)) return unknown_value("hang-action");
        next.hang_action = static_cast<HangAction>(change.hang_action());
    }

    if (next.timeout_seconds < failover_timeout_least || next.timeout_seconds > failover_timeout_most)
        return out_of_range("the failover timeout", failover_timeout_least, failover_timeout_most,
                            next.timeout_seconds);
    if (change.has_esrp_timeout() &&
        (change.esrp_timeout() < esrp_timeout_least || change.esrp_timeout() > esrp_timeout_most))
        return out_of_range("the re-elect timeout", esrp_timeout_least, esrp_timeout_most, change.esrp_timeout());
    if (next.preserve != Preserve::none && next.link_action == LinkAction::take_links_down)
        return failure(
            "state cannot be preserved behind links that go down; first: configure msm-failover "
            "link-action keep-links-up");
    if (next.preserve != Preserve::none && next.slave_config == SlaveConfig::flash) {
        if (running_.msm_failover_.preserve != Preserve::none)
            return failure(
                "preserve-state is set, and cannot be used with a slave that takes its configuration from "
                "flash; first: configure msm-failover link-action keep-links-up");
        return failure(
            "preserve-state cannot be used while the slave takes its configuration from flash; first: "
            "configure msm-failover slave-config inherited");
    }
    running_.msm_failover_ = next;
    return {};
}

Result<void> Editor::apply(const RecoveryLevelSet& change) {
    if (change.level() >= count_of(recovery_names)) return unknown_value("recovery level");
    if (change.action() >= count_of(recovery_action_names)) return unknown_value("recovery action");
    RecoveryLevel next{static_cast<Recovery>(change.level()), static_cast<RecoveryAction>(change.action())};
    if (next.level == Recovery::none) next.action = {};
    running_.recovery_level_ = next;
    return {};
}

}  // namespace baton::config
