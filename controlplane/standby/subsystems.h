// SPDX-License-Identifier: Apache-2.0
// This board's word on each subsystem, in its page: what it is now and why, and what it was before. One word each, so
// the other board and `show msm-failover` never see a state without its reason. Subsystems whose engines are not built
// yet stay `disable`.
#pragma once

#include <array>

#include "sync/layout/board.h"

namespace baton {

/// What a board follows today; hitless means that all of these are ready.
inline constexpr std::array followed_subsystems{Subsystem::configuration, Subsystem::l2_hardware,
                                                Subsystem::l3_hardware,   Subsystem::arp,
                                                Subsystem::acl,           Subsystem::log};

inline SubsystemWord subsystem_of(const BoardPage& page, Subsystem subsystem) {
    return SubsystemWord::of(page.subsystem[static_cast<std::size_t>(subsystem)].load(std::memory_order_acquire));
}

/// That board's release is older than the subsystem, so it says nothing of it. What it would have to hold of it is
/// configuration, which it cannot take then (config/since.h).
inline bool is_beyond(const BoardPage& page, Subsystem subsystem) {
    constexpr std::uint32_t layer3_came_with = 0x000400;  // 0.4.0
    const bool of_layer3 =
        subsystem == Subsystem::l3_hardware || subsystem == Subsystem::arp || subsystem == Subsystem::acl;
    return of_layer3 && page.release.load(std::memory_order_relaxed) < layer3_came_with &&
           subsystem_of(page, subsystem).state == SubsystemState::disable;
}

class Subsystems {
  public:
    explicit Subsystems(BoardPage& page) : page_(page) {}

    SubsystemWord operator[](Subsystem subsystem) const { return subsystem_of(page_, subsystem); }

    /// The last state and reason become the old ones; nothing happens when nothing changed.
    void set(Subsystem subsystem, SubsystemState state, Reason reason = Reason::none) {
        const SubsystemWord last = (*this)[subsystem];
        if (last.state == state && last.reason == reason) return;
        store(subsystem, {state, reason, last.state, last.reason});
    }

    /// The same for a master, whose old columns go on saying what it was as a slave, before the last failover.
    void become(Subsystem subsystem, SubsystemState state, Reason reason = Reason::none) {
        const SubsystemWord last = (*this)[subsystem];
        store(subsystem, {state, reason, last.old_state, last.old_reason});
    }

    void set_followed(SubsystemState state, Reason reason = Reason::none) {
        for (const Subsystem subsystem : followed_subsystems) set(subsystem, state, reason);
    }

    /// Before the first word of a board: why its last process failed, which is then why it has to transfer all again.
    Reason left_behind() const {
        for (const Subsystem subsystem : followed_subsystems) {
            const SubsystemWord last = (*this)[subsystem];
            if (last.state == SubsystemState::unknown && last.old_state == SubsystemState::failed)
                return last.old_reason;
        }
        return Reason::none;
    }

    /// At a take-over: the old columns of the new master say what it was as a slave, whatever it becomes now.
    void remember_as_old() {
        for (const Subsystem subsystem : followed_subsystems) {
            const SubsystemWord now = (*this)[subsystem];
            store(subsystem, {now.state, now.reason, now.state, now.reason});
        }
    }

  private:
    void store(Subsystem subsystem, SubsystemWord word) {
        page_.subsystem[static_cast<std::size_t>(subsystem)].store(word.word(), std::memory_order_release);
    }

    BoardPage& page_;
};

/// All that a slave follows is ready.
inline bool ready(const BoardPage& page) {
    for (const Subsystem subsystem : followed_subsystems)
        if (subsystem_of(page, subsystem).state != SubsystemState::ready && !is_beyond(page, subsystem)) return false;
    return true;
}

}  // namespace baton
