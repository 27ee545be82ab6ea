// SPDX-License-Identifier: Apache-2.0
// The fabric planes, as far as the chassis knows of them: whose hardware is in its slot and works.
#include "sync/base/log.h"
#include "sync/baton/child.h"
#include "sync/chassis/keeper.h"

namespace baton::chassis {

// What failed its diagnostics stays out until somebody resets the board hard or takes it out; a removed one until it is
// back in. Everybody is woken: workers see the word themselves, the master tells the modules.
void Keeper::plane_out(Unit unit, Out why) {
    Out& out = planes_[index_of(unit)];
    if (out == Out::removed && why != Out::removed) return;
    out = why;
    arenas_.baton().plane[index_of(unit)].store(PlaneState::absent, std::memory_order_release);
    for (const Unit each : {Unit::dataplane, Unit::msm_a, Unit::msm_b}) wake(wake_fd(each));
    constexpr const char* reasons[] = {"", "hard-reset", "diagnostics", "removal"};
    log::notice("plane slot={} state=absent because={}", name_of(unit), reasons[static_cast<std::size_t>(why)]);
}

void Keeper::plane_in(Unit unit) {
    planes_[index_of(unit)] = Out::no;
    arenas_.baton().plane[index_of(unit)].store(PlaneState::working, std::memory_order_release);
    for (const Unit each : {Unit::dataplane, Unit::msm_a, Unit::msm_b}) wake(wake_fd(each));
    log::notice("plane slot={} state=working", name_of(unit));
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
