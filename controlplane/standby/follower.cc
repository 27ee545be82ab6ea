// SPDX-License-Identifier: Apache-2.0
#include "controlplane/standby/follower.h"

#include <new>

#include "sync/base/log.h"

namespace baton {
namespace {

constexpr Duration slice = milliseconds(5);  // of reading; then the loop beats
constexpr Duration memory_retry = seconds(10);
constexpr std::size_t reserve_size = 256 * 1024;

}  // namespace

Follower::Follower(const JournalArena& journal, BoardPage& page, Reason why, config::Release release)
    : journal_(journal),
      page_(page),
      subsystems_(page),
      reader_(journal),
      replica_(release),
      transfer_reason_(why == Reason::none ? subsystems_.left_behind() : why),
      reserve_(new char[reserve_size]) {
    subsystems_.set_followed(SubsystemState::initial, transfer_reason_);
}

void Follower::begin_again(Reason reason) {
    transfer_reason_ = reason;
    caught_up_ = false;
    transferring_ = false;
    reader_.restart();
    replica_.restart();
    subsystems_.set_followed(SubsystemState::xfr, reason);
    page_.resyncs.fetch_add(1, std::memory_order_relaxed);
}

/// From base to where the journal ends now: that is how much there is to transfer. What the master adds meanwhile is
/// not counted, so the progress never goes back.
void Follower::begin_transfer(const JournalRecord& first) {
    transferring_ = true;
    page_.transfer_from.store(first.position, std::memory_order_relaxed);
    page_.transfer_to.store(journal_.head.load(std::memory_order_acquire), std::memory_order_relaxed);
    page_.transfer_first.store(first.sequence, std::memory_order_relaxed);
    page_.transfer_last.store(journal_.sequence.load(std::memory_order_acquire), std::memory_order_relaxed);
    subsystems_.set_followed(SubsystemState::xfr, transfer_reason_);
}

void Follower::took(Replica::Took took) {
    if (took == Replica::Took::failed) {
        for (const Subsystem subsystem : {Subsystem::configuration, Subsystem::arp, Subsystem::log})
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
    const bool lacking = page_.lacks.load(std::memory_order_relaxed) & lacks_takeover;
    for (const Subsystem subsystem : followed_subsystems) {
        const bool tables = subsystem == Subsystem::l2_hardware || subsystem == Subsystem::l3_hardware ||
                            subsystem == Subsystem::acl;
        Reason reason = replica_.reason(tables ? Subsystem::configuration : subsystem);
        if (reason == Reason::none && lacking) reason = Reason::no_support;
        if (reason != Reason::none)
            subsystems_.set(subsystem, SubsystemState::failed, reason);
        else if (replica_.complete())
            subsystems_.set(subsystem, SubsystemState::ready);
    }
}

/// What was gathered goes back first: saying it, and everything else that this board does, takes memory too.
void Follower::out_of_memory() {
    replica_.restart();
    reserve_.reset();
    memory_at_ = monotonic_now() + memory_retry;
    caught_up_ = false;
    subsystems_.set_followed(SubsystemState::failed, Reason::memory);
    publish();
    log::error("no memory for the master's state at byte {} of the journal (memory); trying again in {} s",
               reader_.position(), memory_retry.ns / 1'000'000'000);
}

bool Follower::follow(std::size_t most) {
    if (memory_at_ && monotonic_now() < *memory_at_) return true;
    if (corrupt()) {
        if (journal_.base.load(std::memory_order_acquire) <= reader_.position()) return true;
        log::notice("the master's snapshot has passed the corrupt record: transferring all state again");
        begin_again(Reason::invalid_record);
    }
    try {
        if (memory_at_) {
            reserve_.reset(new char[reserve_size]);
            memory_at_.reset();
            begin_again(Reason::memory);
        }
        return read(most);
    } catch (const std::bad_alloc&) {
        out_of_memory();
        return true;
    }
}

bool Follower::read(std::size_t most) {
    const Time until = monotonic_now() + slice;
    for (std::size_t i = 0; i < most && (i % 8 != 0 || i == 0 || monotonic_now() < until); ++i) {
        JournalRecord record;
        switch (reader_.next(record)) {
            case JournalRead::record:
                if (!caught_up_ && !transferring_) begin_transfer(record);
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
    if (memory_at_) memory_at_ = Time{};  // once more, now or never
    while (!follow(4096)) {
    }
}

}  // namespace baton
