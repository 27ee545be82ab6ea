// SPDX-License-Identifier: Apache-2.0
// The fabric planes, as far as the chassis knows of them: whose hardware is in its slot and works.
#include "sync/base/log.h"
#include "sync/baton/child.h"
#include "sync/chassis/keeper.h"
#include "sync/layout/fabric.h"

namespace baton::chassis {

// The time first, so that who sees the state also sees since when. Everybody is woken: workers look by themselves, and
// the master has to tell the modules which planes are left (frames are lost until it has).
void Keeper::set_plane(Unit unit, PlaneState state, std::string_view why) {
    BatonPage& baton = arenas_.baton();
    const std::size_t plane = index_of(unit);
    if (baton.plane[plane].load(std::memory_order_relaxed) == state) return;
    baton.plane_changed_ns[plane].store(monotonic_now().ns, std::memory_order_relaxed);
    baton.plane[plane].store(state, std::memory_order_seq_cst);
    for (const Unit each : {Unit::dataplane, Unit::msm_a, Unit::msm_b}) wake(wake_fd(each));
    log::notice("plane={} of={} state={} because={}", plane_name(plane), name_of(unit),
                state == PlaneState::working ? "working" : "absent", why);
}

// What failed its diagnostics stays out until somebody resets the board hard or takes it out; a removed one until it is
// back in.
void Keeper::plane_out(Unit unit, Out why) {
    Out& out = planes_[index_of(unit)];
    if (out == Out::removed && why != Out::removed) return;
    out = why;
    constexpr std::string_view reasons[] = {"", "hard-reset", "diagnostics", "removal"};
    set_plane(unit, PlaneState::absent, reasons[static_cast<std::size_t>(why)]);
}

void Keeper::plane_in(Unit unit) {
    planes_[index_of(unit)] = Out::no;
    set_plane(unit, PlaneState::working, "board-back");
}

Result<void> Keeper::handle(NoteType what, Slot slot) {
    const Unit unit = unit_of(slot);
    const bool remove = what == NoteType::remove;
    if (remove == decider_.removed(unit))
        return failure(std::string(name_of(slot)) +
                       (remove ? " is not in its slot; insert it first" : " is in its slot; remove it first"));
    log::notice("{} slot={}", remove ? "removed" : "inserted", name_of(slot));
    if (remove)
        plane_out(unit, Out::removed);
    else
        planes_[index_of(unit)] = Out::reset;  // works again with the board's first word
    happen({.type = remove ? Event::Type::remove : Event::Type::insert, .unit = unit});
    return {};
}

}  // namespace baton::chassis
