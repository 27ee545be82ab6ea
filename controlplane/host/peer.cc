// SPDX-License-Identifier: Apache-2.0
#include "controlplane/host/peer.h"

#include "sync/baton/heartbeat.h"

namespace baton {
namespace {

constexpr Duration snapshot_every = seconds(10);

std::string named(Subsystem subsystem) {
    return std::string(subsystem_names[static_cast<std::size_t>(subsystem)]);
}

std::string named(Reason reason) {
    const auto index = static_cast<std::size_t>(reason);
    return std::string(index < std::size(reason_names) ? reason_names[index] : "unknown");
}

}  // namespace

/// Some cannot be mended by writing the same state once more: an older slave cannot take what it does not know, unless
/// the change that was too new has been taken back.
bool Peer::mended_by_snapshot(Reason reason) const {
    switch (reason) {
        case Reason::invalid_record:
        case Reason::config_failed:
        case Reason::invalid_subtype: return true;
        case Reason::newer_master:
        case Reason::config_command: return representable_(page_.release.load(std::memory_order_relaxed));
        default: return false;
    }
}

std::string_view remedy(Reason reason) {
    switch (reason) {
        case Reason::none: return "wait a moment: the state is on its way";
        case Reason::newer_master: return "run the master's release on the slave too, then reboot the slave";
        case Reason::hotswap: return "put the slave back, or finish the upgrade: one release on both boards";
        case Reason::config_command:
            return "take the change back (the slave follows again within 10 s), or run the master's release on the "
                   "slave too and "
                   "reboot it";
        case Reason::memory: return "give the slave more memory, or remove configuration; it tries again every 10 s";
        case Reason::journal_overflow: return "wait a moment: the slave transfers all state again by itself";
        case Reason::invalid_record: return "wait for the next snapshot, at most 10 s, or reboot the slave";
        case Reason::invalid_subtype:
            return "wait for the next snapshot, at most 10 s; if it stays, run one release on both boards";
        case Reason::comm_error: return "wait a moment: the chassis restarts the slave";
        case Reason::no_support: return "start the slave without --follow-only, or run a release that can take over";
        case Reason::tables_differ: return "see 'show log'; the tables are programmed again every 10 s";
        case Reason::config_failed: return "wait for the next snapshot, at most 10 s, or reboot the slave";
        case Reason::keepalive:
        case Reason::watchdog: return "wait a moment: the board that hung transfers all state again";
    }
    return "reboot the slave";
}

/// The lines of a slave that comes up, in the guide's order: it has initialized, then one for each database; the last
/// one, that a failover may come, is the master's (News::became_ready).
void Peer::look_at_words() {
    const std::string name(name_of(slot_));
    if (greeted_ != pid_) {
        greeted_ = pid_;
        lines_.emplace_back(log::Level::notice, name + " has initialized as slave, release " +
                                                    config::text_of(page_.release.load(std::memory_order_relaxed)) +
                                                    ".");
        for (SubsystemWord& word : words_) word = {};
        resyncs_ = page_.resyncs.load(std::memory_order_relaxed);
    }
    const bool transferred = std::exchange(resyncs_, page_.resyncs.load(std::memory_order_relaxed)) != resyncs_;
    for (const Subsystem subsystem : followed_subsystems) {
        SubsystemWord& last = words_[static_cast<std::size_t>(subsystem)];
        const SubsystemWord word = subsystem_of(page_, subsystem);
        if (word.state == last.state && word.reason == last.reason) {
            if (transferred && word.state == SubsystemState::ready)  // begun and ended since the last look
                lines_.emplace_back(
                    log::Level::warning,
                    name + ": " + named(subsystem) + " was downloaded again, reason " + named(word.old_reason) + ".");
            continue;
        }
        const bool again = last.state == SubsystemState::ready || last.state == SubsystemState::failed;
        last = word;
        switch (word.state) {
            case SubsystemState::ready:
                lines_.emplace_back(log::Level::notice, name + ": " + named(subsystem) + " database downloaded.");
                break;
            case SubsystemState::failed:
                lines_.emplace_back(log::Level::error, name + ": " + named(subsystem) + " failed, reason " +
                                                           named(word.reason) + "; " +
                                                           std::string(remedy(word.reason)) + ".");
                break;
            case SubsystemState::xfr:
                if (again || word.reason != Reason::none)
                    lines_.emplace_back(
                        log::Level::warning,
                        name + ": " + named(subsystem) + " is downloaded again, reason " + named(word.reason) + ".");
                break;
            default: break;
        }
    }
}

/// A page stays as the dead left it until the next process starts: the chassis knows who lives.
bool Peer::runs() const {
    const std::uint32_t pid = page_.pid.load(std::memory_order_relaxed);
    return pid != 0 && (!baton_ || baton_->board_pid[index_of(slot_)].load(std::memory_order_relaxed) == pid);
}

void Peer::look_at_plane(bool slave) {
    if (slave) {
        older_ = page_.release.load(std::memory_order_relaxed) < config::own_release();
        if (pid_ != removed_pid_) absent_because_ = Reason::none;  // that one is still on its way out
    }
    if (!baton_) return;
    const bool working = baton_->plane[index_of(slot_)].load(std::memory_order_relaxed) == PlaneState::working;
    if (plugged_ && !working && older_) {
        absent_because_ = Reason::hotswap;
        removed_pid_ = pid_;
        lines_.emplace_back(log::Level::warning, std::string(name_of(slot_)) +
                                                     " was removed while an upgrade is under way (hotswap); " +
                                                     std::string(remedy(Reason::hotswap)) + ".");
    }
    plugged_ = working;
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
    const bool slave = page_.role.load(std::memory_order_acquire) == BoardRole::slave && runs();
    look_at_plane(slave);
    if (slave) look_at_words();
    const bool is_ready = slave && ready(page_);
    if (is_ready != ready_) {
        ready_ = is_ready;
        return is_ready ? News::became_ready : News::no_longer_ready;
    }
    if (!slave || now.ns - snapshot_at_.ns < snapshot_every.ns) return News::none;
    for (const Subsystem subsystem : followed_subsystems) {
        const SubsystemWord word = subsystem_of(page_, subsystem);
        if (word.state != SubsystemState::failed) continue;
        snapshot_at_ = now;
        if (mended_by_snapshot(word.reason)) return News::wants_snapshot;
    }
    return News::none;
}

Result<void> Peer::hitless(const JournalArena& journal, Time now) const {
    const auto no = [this](const std::string& why) {
        return Error{Code::not_ready, std::string(name_of(slot_)) + " cannot take over hitless: " + why};
    };
    if (absent_because_ != Reason::none)
        return no("it was removed, reason " + named(absent_because_) + "; " + std::string(remedy(absent_because_)));
    if (!runs()) return no("it is not running; the chassis restarts it unless it was removed, see 'show msm-failover'");
    if (page_.role.load(std::memory_order_acquire) != BoardRole::slave)
        return no("it is still starting; try again in a moment");
    if (!beats(now)) return no("its heartbeat has stood for a second; wait for the chassis to restart it");
    for (const Subsystem subsystem : followed_subsystems) {
        const SubsystemWord word = subsystem_of(page_, subsystem);
        if (word.state == SubsystemState::ready || is_beyond(page_, subsystem)) continue;
        return no("subsystem " + named(subsystem) + " is " +
                  std::string(subsystem_state_names[static_cast<std::size_t>(word.state)]) + ", reason " +
                  named(word.reason) + "; " + std::string(remedy(word.reason)));
    }
    const std::uint64_t head = journal.head.load(std::memory_order_acquire);
    const std::uint64_t there = page_.journal_position.load(std::memory_order_acquire);
    if (there > head || head - there > journal_lag_most)
        return no("it is " + std::to_string(head - there) + " bytes of the journal behind; try again in a moment");
    return {};
}

}  // namespace baton
