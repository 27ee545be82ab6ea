// SPDX-License-Identifier: Apache-2.0
#include "controlplane/host/peer.h"

#include "sync/baton/heartbeat.h"

namespace baton {
namespace {

constexpr Duration snapshot_every = seconds(10);

bool mended_by_snapshot(Reason reason) {
    return reason == Reason::invalid_record || reason == Reason::config_failed || reason == Reason::invalid_subtype;
}

}  // namespace

std::string_view remedy(Reason reason) {
    switch (reason) {
        case Reason::none: return "wait a moment: the state is on its way";
        case Reason::newer_master: return "run one release on both boards";
        case Reason::hotswap: return "put the slave back";
        case Reason::config_command: return "finish the upgrade on the slave";
        case Reason::memory: return "remove configuration, or give the chassis a larger journal";
        case Reason::journal_overflow: return "wait a moment: the slave transfers all state again by itself";
        case Reason::invalid_record: return "wait for the next snapshot, at most 10 s, or reboot the slave";
        case Reason::invalid_subtype: return "run one release on both boards, then reboot the slave";
        case Reason::comm_error: return "reboot the slave";
        case Reason::no_support: return "run a release that can take over";
        case Reason::tables_differ: return "see 'show log'; the tables are programmed again every 10 s";
        case Reason::config_failed: return "wait for the next snapshot, at most 10 s, or reboot the slave";
        case Reason::keepalive:
        case Reason::watchdog: return "reboot the slave";
    }
    return "reboot the slave";
}

Peer::News Peer::look(Time now) {
    const std::uint64_t beat = baton::beats(page_, CriticalThread::loop);
    const std::uint32_t pid = page_.pid.load(std::memory_order_relaxed);
    if (!seen_ || beat != beat_ || pid != pid_) {
        beat_ = beat;
        pid_ = pid;
        beat_at_ = now;
        seen_ = true;
    }
    const bool slave = page_.role.load(std::memory_order_acquire) == BoardRole::slave && pid != 0;
    const bool is_ready = slave && ready(page_);
    if (is_ready != ready_) {
        ready_ = is_ready;
        return is_ready ? News::became_ready : News::no_longer_ready;
    }
    if (!slave || now.ns - snapshot_at_.ns < snapshot_every.ns) return News::none;
    for (const Subsystem subsystem : followed_subsystems) {
        const SubsystemWord word = subsystem_of(page_, subsystem);
        if (word.state != SubsystemState::failed || !mended_by_snapshot(word.reason)) continue;
        snapshot_at_ = now;
        return News::wants_snapshot;
    }
    return News::none;
}

Result<void> Peer::hitless(const JournalArena& journal, Time now) const {
    const auto no = [this](const std::string& why) {
        return Error{Code::not_ready, std::string(name_of(slot_)) + " cannot take over hitless: " + why};
    };
    if (page_.pid.load(std::memory_order_relaxed) == 0)
        return no("it is not running; the chassis restarts it, see 'show msm-failover'");
    if (page_.role.load(std::memory_order_acquire) != BoardRole::slave)
        return no("it is still starting; try again in a moment");
    if (!beats(now)) return no("its heartbeat has stood for a second; wait for the chassis to restart it");
    for (const Subsystem subsystem : followed_subsystems) {
        const SubsystemWord word = subsystem_of(page_, subsystem);
        if (word.state == SubsystemState::ready) continue;
        return no("subsystem " + std::string(subsystem_names[static_cast<std::size_t>(subsystem)]) + " is " +
                  std::string(subsystem_state_names[static_cast<std::size_t>(word.state)]) + ", reason " +
                  std::string(reason_names[static_cast<std::size_t>(word.reason)]) + "; " +
                  std::string(remedy(word.reason)));
    }
    const std::uint64_t head = journal.head.load(std::memory_order_acquire);
    const std::uint64_t there = page_.journal_position.load(std::memory_order_acquire);
    if (there > head || head - there > journal_lag_most)
        return no("it is " + std::to_string(head - there) + " bytes of the journal behind; try again in a moment");
    return {};
}

}  // namespace baton
