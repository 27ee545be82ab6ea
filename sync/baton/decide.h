// SPDX-License-Identifier: Apache-2.0
// Who shall carry the baton, who is killed, who is started again and when: the keeper's mind, without a syscall or a
// clock. Events in (each with its time), actions out; sync/chassis does the deeds. Its laws, tested on simulated time:
//
//   1. A grant is made only when the last holder has released the baton or is lost (its writing thread is proven dead).
//   2. The term rises with every grant.
//   3. A holder that must lose the baton is killed first; the grant waits for the proof, however long it takes.
//   4. A unit is started again only when its last process is gone.
//   5. Always in motion: while nobody holds the baton, either a board is coming or a time is set to start one - unless
//      both were pulled out.
//
// A board's way:   down -> starting -> present -> able          `lost`: its main thread has ended, it can write no more
//                   ^         |           |        |            `gone`: the whole process has, its page may be cleared
//                   +- gone --+--- ending / killed / lost
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sync/base/ids.h"
#include "sync/base/time.h"
#include "sync/layout/baton.h"

namespace baton {

enum class Unit : std::uint8_t { msm_a = 0, msm_b = 1, dataplane = 2 };
inline constexpr std::size_t unit_count = 3;

constexpr std::size_t index_of(Unit unit) {
    return static_cast<std::size_t>(unit);
}

constexpr bool is_board(Unit unit) {
    return unit != Unit::dataplane;
}

constexpr Unit unit_of(Slot slot) {
    return static_cast<Unit>(slot);
}

constexpr Slot slot_of(Unit unit) {
    return is_board(unit) ? static_cast<Slot>(unit) : Slot::none;
}

constexpr std::string_view name_of(Unit unit) {
    return unit == Unit::dataplane ? "dataplane" : name_of(static_cast<Slot>(unit));
}

struct Event {
    enum class Type : std::uint8_t {
        begin,          // the chassis is ready: start everything
        hello,          // the unit was given everything
        able,           // a board follows and could take the baton
        loop_beat,      // a board's loop has gone round since the last time
        watchdog_beat,  // its watchdog has
        release,        // of `term`
        dying,          // it has said words (cause, signal), or hung up; it should end by itself now
        lost,           // its main thread has ended
        gone,           // the process has (signal: what ended it)
        reboot,         // an operator wants the board restarted; `hard`: at once
        remove,         // the board is pulled out of its slot: it ends at once, and none is started there
        insert,         // and put back
        tick,           // time has passed
        stop,           // end everything
    };
    Type type{};
    Unit unit{};
    Time now{};
    Term term = 0;
    Cause cause{};
    std::uint32_t signal = 0;
    bool hard = false;
};

struct Action {
    enum class Type : std::uint8_t { start, leave, kill, grant };
    Type type{};
    Unit unit{};
    Cause cause{};  // grant: why the last holder lost it; kill: why
    Term term = 0;  // grant
    Slot last_holder = Slot::none;
    std::uint32_t signal = 0;  // grant: that ended the last holder
    Time lost{};               // grant: since when nobody held it
};

using Actions = std::vector<Action>;

struct Timing {
    Duration first_wait = milliseconds(500);      // how long the first grant waits for msm-a once msm-b is able
    Duration keepalive = milliseconds(2000);      // silence of a whole board
    Duration stuck_loop = milliseconds(10'000);   // loop stands, watchdog turns, and yet did nothing about it
    Duration start_limit = milliseconds(10'000);  // from start to hello, for a board
    Duration dying_grace = milliseconds(50);      // from dying words to the end: time for a handler, not for a core
    Duration breather = milliseconds(10);       // a new master has the cores to itself before the last one starts again
    Duration leave_grace = milliseconds(2000);  // from leave or release to the end
    Duration settled = milliseconds(2000);      // a data plane that lived this long did not die at once
    Duration backoff_first = milliseconds(100);
    Duration backoff_last = milliseconds(5000);
    Duration longest_tick = milliseconds(100);  // a longer gap between ticks is the machine's sleep, not a board's
};

class Decider {
  public:
    enum class Phase : std::uint8_t { down, starting, present, able, leaving, ending, killed, lost };

    explicit Decider(Timing timing) : timing_(timing) {}

    /// One event; what is to be done is appended to `actions`, in order.
    void on(const Event& event, Actions& actions);

    /// When a tick is due at the latest; Time::never() when nothing is timed.
    Time next_due() const;

    Term term() const { return term_; }

    Slot holder() const { return holder_; }

    Phase phase(Unit unit) const { return units_[index_of(unit)].phase; }

    Time restart_at(Unit unit) const { return units_[index_of(unit)].restart_at; }

    bool removed(Unit unit) const { return removed_[index_of(unit)]; }

    Duration backoff(Unit unit) const { return units_[index_of(unit)].backoff; }  // 0: it did not end too early

    bool all_gone() const;

  private:
    struct State {
        Phase phase = Phase::down;
        Time started{};
        Time deadline = Time::never();    // SIGKILL then
        Time restart_at = Time::never();  // while down
        Duration backoff{};               // of the next death that comes too early; 0: the first
        Duration silent{};                // since the last sign of life
        Duration loop_silent{};
        bool beaten = false;      // silence counts from the first beat on; until then start_limit does
        bool was_holder = false;  // of the baton, when it released it or died
        bool proved = false;      // was able (a board), has settled (the data plane): no back-off
        Cause why{};              // it ends; `never`: not known to end
        std::uint32_t signal = 0;

        bool eligible() const { return phase == Phase::present || phase == Phase::able; }

        bool running() const { return eligible() || phase == Phase::leaving || phase == Phase::ending; }
    };

    State& of(Unit unit) { return units_[index_of(unit)]; }

    const State& of(Unit unit) const { return units_[index_of(unit)]; }

    void start(Unit unit, Time now, Actions& actions);
    void kill(Unit unit, Cause cause, Actions& actions);
    void released(const Event& event);
    void dying(const Event& event);
    void lost(const Event& event);
    void gone(const Event& event, Actions& actions);
    void reboot(const Event& event, Actions& actions);
    void remove(const Event& event, Actions& actions);
    void insert(const Event& event, Actions& actions);
    void tick(Time now, Actions& actions);
    void stop(Time now, Actions& actions);
    void vacate(Cause cause, std::uint32_t signal, Time now);
    void grant_if_free(Time now, Actions& actions);
    Slot next_holder(Time now) const;

    Timing timing_;
    std::array<State, unit_count> units_{};
    std::array<bool, unit_count> removed_{};  // only boards are
    Term term_ = 0;
    Slot holder_ = Slot::none;
    Slot last_holder_ = Slot::none;
    Cause cause_{};  // of the vacancy
    std::uint32_t signal_ = 0;
    Time vacant_since_{};
    Time first_able_ = Time::never();
    Time last_tick_{};
    bool stopping_ = false;
};

}  // namespace baton
