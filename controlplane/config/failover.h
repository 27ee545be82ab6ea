// SPDX-License-Identifier: Apache-2.0
// What the operator wants of a failover, as the guide has it: `configure msm-failover ...` and `configure
// sys-recovery-level ...`. Plain values, part of the running configuration (running.h); what follows from them for each
// cause is host/consequences.h. The first word of each enum is the factory's, and none of the factory's is hitless.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace baton::config {

/// Which configuration the new master goes on with: that of its own flash, or the last master's, unsaved changes and
/// all.
enum class SlaveConfig : std::uint8_t { flash, inherited };
inline constexpr std::string_view slave_config_names[] = {"flash", "inherited"};

/// What becomes of the ports' links.
enum class LinkAction : std::uint8_t { take_links_down, keep_links_up };
inline constexpr std::string_view link_action_names[] = {"take-links-down", "keep-links-up"};

/// What else is preserved. Only together with `inherited` and `keep_links_up`.
enum class Preserve : std::uint8_t { none, l2, l2_l3 };
inline constexpr std::string_view preserve_names[] = {"none", "l2", "l2_l3"};

enum class EsrpMode : std::uint8_t { none, rapid_reelection, remain_master };
inline constexpr std::string_view esrp_mode_names[] = {"none", "rapid-reelection", "remain-esrp-master-in-l2-domains"};

/// After a hang (watchdog, keepalive): discard all state, as the guide has it, or take over as after an exception.
enum class HangAction : std::uint8_t { discard, hitless };
inline constexpr std::string_view hang_action_names[] = {"discard", "hitless"};

inline constexpr std::uint32_t failover_timeout_factory = 60, failover_timeout_least = 30, failover_timeout_most = 300;
inline constexpr std::uint32_t esrp_timeout_factory = 30, esrp_timeout_least = 15, esrp_timeout_most = 180;

struct MsmFailover {
    SlaveConfig slave_config{};
    LinkAction link_action{};
    Preserve preserve{};
    std::uint32_t timeout_seconds = failover_timeout_factory;  // until what no database confirmed is deleted
    EsrpMode esrp_mode{};
    std::uint32_t esrp_timeout = esrp_timeout_factory;  // seconds; of remain_master
    HangAction hang_action{};

    friend bool operator==(const MsmFailover&, const MsmFailover&) = default;
};

/// After a software exception in the master. Every thread of a board is critical (one that fails ends the board), so
/// `critical` and `all` differ in name only; with `none`, and with `reboot`, the switch comes up anew.
enum class Recovery : std::uint8_t { none, critical, all };
inline constexpr std::string_view recovery_names[] = {"none", "critical", "all"};

enum class RecoveryAction : std::uint8_t { msm_failover, reboot };  // not looked at when the level is `none`
inline constexpr std::string_view recovery_action_names[] = {"msm-failover", "reboot"};

struct RecoveryLevel {
    Recovery level{};
    RecoveryAction action{};

    friend bool operator==(const RecoveryLevel&, const RecoveryLevel&) = default;
};

template <class Enum, std::size_t count>
constexpr std::string_view name_in(const std::string_view (&names)[count], Enum value) {
    const auto index = static_cast<std::size_t>(value);
    return index < count ? names[index] : "unknown";
}

}  // namespace baton::config
