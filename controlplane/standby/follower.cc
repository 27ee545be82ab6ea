// SPDX-License-Identifier: Apache-2.0
#include "controlplane/standby/follower.h"

#include "sync/base/log.h"

namespace baton {

Follower::Follower(const JournalArena& journal, BoardPage& page)
    : journal_(journal), page_(page), subsystems_(page), reader_(journal) {
    subsystems_.set_followed(SubsystemState::initial);
}

void Follower::begin_again(Reason reason) {
    transfer_reason_ = reason;
    caught_up_ = false;
    reader_.restart();
    replica_.restart();
    subsystems_.set_followed(SubsystemState::xfr, reason);
    page_.resyncs.fetch_add(1, std::memory_order_relaxed);
}

void Follower::took(Replica::Took took) {
    if (took == Replica::Took::failed) {
        for (const Subsystem subsystem : {Subsystem::configuration, Subsystem::log})
            if (replica_.reason(subsystem) != Reason::none)
                subsystems_.set(subsystem, SubsystemState::failed, replica_.reason(subsystem));
        log::error("cannot follow the master: {}", replica_.complaint());
    }
    if (took == Replica::Took::snapshot && replica_.snapshot_differed() && caught_up_)
        log::error("the master's snapshot differs from what was followed; the snapshot holds");
}

void Follower::publish() {
    page_.term.store(reader_.term(), std::memory_order_relaxed);
    page_.journal_sequence.store(reader_.sequence(), std::memory_order_relaxed);
    page_.journal_position.store(reader_.position(), std::memory_order_release);
    if (!caught_up_) return;
    for (const Subsystem subsystem : followed_subsystems) {
        const Reason reason =
            replica_.reason(subsystem == Subsystem::l2_hardware ? Subsystem::configuration : subsystem);
        if (reason != Reason::none)
            subsystems_.set(subsystem, SubsystemState::failed, reason);
        else if (replica_.complete())
            subsystems_.set(subsystem, SubsystemState::ready);
    }
}

bool Follower::follow(std::size_t most) {
    if (corrupt()) {
        if (journal_.base.load(std::memory_order_acquire) <= reader_.position()) return true;
        log::notice("the master's snapshot has passed the corrupt record: transferring all state again");
        begin_again(Reason::invalid_record);
    }
    for (std::size_t i = 0; i < most; ++i) {
        JournalRecord record;
        switch (reader_.next(record)) {
            case JournalRead::record:
                if (!caught_up_ && subsystems_[Subsystem::configuration].state == SubsystemState::initial)
                    subsystems_.set_followed(SubsystemState::xfr);
                took(replica_.apply(record));
                break;
            case JournalRead::nothing:
                caught_up_ = true;
                publish();
                return true;
            case JournalRead::overrun:
                log::warning("the journal overran this slave at byte {} (brkt ovflow): transferring all state again",
                             reader_.position());
                subsystems_.set_followed(SubsystemState::failed, Reason::journal_overflow);
                begin_again(Reason::journal_overflow);
                break;
            case JournalRead::corrupt:
                log::error(
                    "the journal is damaged at byte {}: wrong {} (invalid brkt); waiting for the master's next "
                    "snapshot",
                    reader_.position(), name_of(reader_.fault()));
                subsystems_.set_followed(SubsystemState::failed, Reason::invalid_record);
                caught_up_ = false;
                publish();
                return true;
        }
    }
    publish();
    return false;
}

void Follower::drain() {
    while (!follow(4096)) {
    }
}

}  // namespace baton
