// SPDX-License-Identifier: Apache-2.0
#include "sync/baton/decide.h"

#include <algorithm>

namespace baton {
namespace {

constexpr Unit all_units[] = {Unit::dataplane, Unit::msm_a, Unit::msm_b};  // in the order they are started

}  // namespace

void Decider::on(const Event& event, Actions& actions) {
    State& unit = of(event.unit);
    switch (event.type) {
        case Event::Type::begin:
            last_tick_ = event.now;
            for (const Unit each : all_units) start(each, event.now, actions);
            break;
        case Event::Type::hello:
            if (unit.phase != Phase::starting) break;
            unit.phase = Phase::present;
            unit.deadline = is_board(event.unit) ? event.now + timing_.start_limit : Time::never();
            break;
        case Event::Type::able:
            if (unit.phase != Phase::present) break;
            unit.phase = Phase::able;
            unit.proved = true;
            unit.backoff = {};
            if (is_board(event.unit)) first_able_ = std::min(first_able_, event.now);
            break;
        case Event::Type::loop_beat: unit.loop_silent = {}; [[fallthrough]];
        case Event::Type::watchdog_beat:
            unit.silent = {};
            if (!unit.beaten && unit.eligible()) unit.deadline = Time::never();
            unit.beaten = true;
            break;
        case Event::Type::release: released(event); break;
        case Event::Type::dying: dying(event); break;
        case Event::Type::lost: lost(event); break;
        case Event::Type::gone: gone(event, actions); break;
        case Event::Type::reboot: reboot(event, actions); break;
        case Event::Type::remove: remove(event, actions); break;
        case Event::Type::insert: insert(event, actions); break;
        case Event::Type::tick: tick(event.now, actions); break;
        case Event::Type::stop: stop(event.now, actions); break;
    }
    grant_if_free(event.now, actions);
}

void Decider::start(Unit unit, Time now, Actions& actions) {
    State fresh;
    fresh.phase = Phase::starting;
    fresh.started = now;
    fresh.backoff = of(unit).backoff;
    if (is_board(unit)) fresh.deadline = now + timing_.start_limit;
    of(unit) = fresh;
    actions.push_back({.type = Action::Type::start, .unit = unit});
}

void Decider::kill(Unit unit, Cause cause, Actions& actions) {
    State& state = of(unit);
    if (state.why == Cause::never) state.why = cause;
    state.phase = Phase::killed;
    state.deadline = Time::never();
    actions.push_back({.type = Action::Type::kill, .unit = unit, .cause = state.why});
}

// The master has stopped writing of its own will. Its process ends soon; it is not waited for, because what it might
// still send carries an old term.
void Decider::released(const Event& event) {
    State& unit = of(event.unit);
    if (slot_of(event.unit) != holder_ || holder_ == Slot::none || event.term != term_ || !unit.running()) return;
    vacate(Cause::operator_command, 0, event.now);
    unit.was_holder = true;
    unit.proved = true;
    unit.backoff = {};
    unit.why = Cause::operator_command;
    if (unit.phase == Phase::ending) return;
    unit.phase = Phase::leaving;
    unit.deadline = std::min(unit.deadline, event.now + timing_.leave_grace);
}

void Decider::dying(const Event& event) {
    State& unit = of(event.unit);
    if (unit.phase == Phase::starting || unit.running()) {
        if (event.cause != Cause::never) unit.why = event.cause;
        unit.phase = Phase::ending;
        unit.deadline = std::min(unit.deadline, event.now + timing_.dying_grace);
    }
    if (event.signal != 0) unit.signal = event.signal;
}

void Decider::lost(const Event& event) {
    State& unit = of(event.unit);
    if (unit.phase == Phase::down || unit.phase == Phase::lost) return;
    unit.phase = Phase::lost;
    unit.deadline = Time::never();
    if (slot_of(event.unit) != holder_ || holder_ == Slot::none) return;
    unit.was_holder = true;
    vacate(unit.why == Cause::never ? Cause::exception : unit.why, unit.signal != 0 ? unit.signal : event.signal,
           event.now);
}

void Decider::gone(const Event& event, Actions& actions) {
    State& unit = of(event.unit);
    if (unit.phase == Phase::down) return;
    lost(event);
    unit.phase = Phase::down;
    if (stopping_ || removed(event.unit)) return;
    grant_if_free(event.now, actions);  // before the start: that takes a fork's time, and nobody may wait for it
    if (unit.proved) {
        unit.backoff = {};
        if (unit.was_holder && holder_ != Slot::none)
            unit.restart_at = event.now + timing_.breather;
        else
            start(event.unit, event.now, actions);
    } else {
        unit.backoff = unit.backoff == Duration{} ? timing_.backoff_first
                                                  : std::min(Duration{unit.backoff.ns * 2}, timing_.backoff_last);
        unit.restart_at = event.now + unit.backoff;
    }
}

void Decider::reboot(const Event& event, Actions& actions) {
    State& unit = of(event.unit);
    if (!is_board(event.unit)) return;
    if (unit.phase == Phase::starting || (event.hard && unit.running())) {
        unit.why = Cause::never;  // the operator's wish outranks what it was about to end for
        kill(event.unit, event.hard ? Cause::removal : Cause::operator_command, actions);
    } else if (unit.eligible()) {
        unit.why = Cause::operator_command;
        unit.phase = Phase::leaving;
        unit.deadline = event.now + timing_.leave_grace;
        actions.push_back({.type = Action::Type::leave, .unit = event.unit, .cause = unit.why});
    }
}

// Whatever it was about to end for, it has been pulled out now.
void Decider::remove(const Event& event, Actions& actions) {
    State& unit = of(event.unit);
    if (!is_board(event.unit) || removed(event.unit)) return;
    removed_[index_of(event.unit)] = true;
    unit.restart_at = Time::never();
    if (unit.phase != Phase::starting && !unit.running()) return;
    unit.why = Cause::never;
    kill(event.unit, Cause::removal, actions);
}

void Decider::insert(const Event& event, Actions& actions) {
    State& unit = of(event.unit);
    if (!is_board(event.unit) || !removed(event.unit)) return;
    removed_[index_of(event.unit)] = false;
    if (unit.phase != Phase::down || stopping_) return;  // its last process is still on its way out
    unit.backoff = {};
    start(event.unit, event.now, actions);
}

void Decider::tick(Time now, Actions& actions) {
    const Duration passed = std::min(now - last_tick_, timing_.longest_tick);
    last_tick_ = now;
    for (const Unit each : all_units) {
        State& unit = of(each);
        if (unit.phase == Phase::down && unit.restart_at <= now) {
            start(each, now, actions);
            continue;
        }
        if (unit.phase == Phase::starting || unit.running()) {
            if (is_board(each) && unit.beaten) {
                unit.silent.ns += passed.ns;
                unit.loop_silent.ns += passed.ns;
            }
            if (unit.silent >= timing_.keepalive)
                kill(each, Cause::keepalive, actions);
            else if (unit.loop_silent >= timing_.stuck_loop)
                kill(each, Cause::watchdog, actions);
            else if (unit.deadline <= now)
                kill(each, unit.phase == Phase::ending ? Cause::exception : Cause::keepalive, actions);
        }
        if (each == Unit::dataplane && unit.running() && !unit.proved && now - unit.started >= timing_.settled) {
            unit.proved = true;
            unit.backoff = {};
        }
    }
}

void Decider::stop(Time now, Actions& actions) {
    stopping_ = true;
    for (const Unit each : all_units) {
        State& unit = of(each);
        unit.restart_at = Time::never();
        if (unit.phase != Phase::starting && !unit.eligible()) continue;
        unit.why = Cause::operator_command;
        unit.phase = Phase::leaving;
        unit.deadline = now + timing_.leave_grace;
        actions.push_back({.type = Action::Type::leave, .unit = each, .cause = unit.why});
    }
}

void Decider::vacate(Cause cause, std::uint32_t signal, Time now) {
    last_holder_ = holder_;
    holder_ = Slot::none;
    cause_ = cause;
    signal_ = signal;
    vacant_since_ = now;
}

void Decider::grant_if_free(Time now, Actions& actions) {
    if (holder_ != Slot::none || stopping_) return;
    const Slot next = next_holder(now);
    if (next == Slot::none) return;
    ++term_;
    holder_ = next;
    actions.push_back({.type = Action::Type::grant,
                       .unit = unit_of(next),
                       .cause = cause_,
                       .term = term_,
                       .last_holder = last_holder_,
                       .signal = signal_,
                       .lost = vacant_since_});
}

Slot Decider::next_holder(Time now) const {
    if (term_ == 0) {  // a cold start: both boards come at about the same time, and msm-a is the one people expect
        if (phase(Unit::msm_a) == Phase::able) return Slot::msm_a;
        const bool waited = first_able_ != Time::never() && now - first_able_ >= timing_.first_wait;
        return waited && phase(Unit::msm_b) == Phase::able ? Slot::msm_b : Slot::none;
    }
    for (const Slot slot : {other(last_holder_), last_holder_})
        if (of(unit_of(slot)).eligible()) return slot;
    return Slot::none;
}

Time Decider::next_due() const {
    Time due = Time::never();
    for (const Unit each : all_units) {
        const State& unit = of(each);
        due = std::min({due, unit.deadline, unit.phase == Phase::down ? unit.restart_at : Time::never()});
    }
    if (term_ == 0 && !stopping_ && phase(Unit::msm_b) == Phase::able)
        due = std::min(due, first_able_ + timing_.first_wait);
    return due;
}

bool Decider::all_gone() const {
    return std::all_of(units_.begin(), units_.end(), [](const State& unit) { return unit.phase == Phase::down; });
}

}  // namespace baton
