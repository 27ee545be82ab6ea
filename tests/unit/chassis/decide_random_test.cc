// SPDX-License-Identifier: Apache-2.0
// The keeper's laws under a world that does its worst: random crashes, hangs, releases, stale and impossible events, in
// random order and at random times. A model of the processes, independent of the Decider's own state, judges each
// action.
#include <gtest/gtest.h>

#include <random>

#include "sync/baton/decide.h"

namespace baton {
namespace {

using Type = Event::Type;
using Deed = Action::Type;

struct Body {  // a process, as it is, not as the Decider believes
    bool exists = false;
    bool writes = false;  // its main thread runs
    bool hung = false;    // does nothing, beats not
    bool killed = false;  // SIGKILL is on its way
    bool greeted = false;
    bool able = false;
    Term holds = 0;  // the term it was granted and has not released
    Time starts_to_speak{};
};

class World {
  public:
    explicit World(unsigned seed) : random_(seed) {}

    void run(int steps) {
        say({.type = Type::begin});
        for (int i = 0; i < steps && !::testing::Test::HasFatalFailure(); ++i) step();
        quieten();
    }

    int grants() const { return grants_; }

  private:
    int pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }

    Body& body(Unit unit) { return bodies_[index_of(unit)]; }

    void say(Event event) {
        event.now = now_;
        Actions actions;
        decider_.on(event, actions);
        for (const Action& action : actions) obey(action);
    }

    void obey(const Action& action) {
        Body& it = body(action.unit);
        switch (action.type) {
            case Deed::start:
                ASSERT_FALSE(it.exists) << "law 4: started while its last process is there";
                ASSERT_FALSE(out_[index_of(action.unit)]) << "started in an empty slot";
                it = Body{.exists = true, .writes = true, .starts_to_speak = now_ + milliseconds(pick(50))};
                break;
            case Deed::kill:
                ASSERT_TRUE(it.exists) << "killed what is not there";
                it.killed = true;
                break;
            case Deed::leave:
                if (pick(3) > 0) it.killed = true;  // obeys; else it stays, and must be killed in time
                break;
            case Deed::grant: judge(action); break;
        }
    }

    void judge(const Action& action) {
        ++grants_;
        ASSERT_EQ(action.term, last_term_ + 1) << "law 2";
        last_term_ = action.term;
        for (const Unit unit : {Unit::msm_a, Unit::msm_b})
            ASSERT_FALSE(body(unit).writes && body(unit).holds != 0)
                << "law 1: " << name_of(unit) << " still holds term " << body(unit).holds << " and runs";
        Body& next = body(action.unit);
        ASSERT_TRUE(next.greeted) << "granted to a board that is not there";
        next.holds = action.term;
        vacant_ = false;
    }

    void end_of(Unit unit) {  // the kernel ends it: main thread first, the rest later
        Body& it = body(unit);
        it.writes = false;
        if (it.holds != 0) vacant_ = true;
        it.holds = 0;
    }

    void step() {
        now_ = now_ + milliseconds(pick(20));
        const Unit unit = static_cast<Unit>(pick(3));
        Body& it = body(unit);
        live(unit);
        switch (pick(18)) {
            case 0:
                if (it.exists) it.hung = it.hung || pick(4) == 0;
                break;
            case 1:
                if (it.exists) crash(unit);
                break;
            case 2:
                if (it.holds != 0 && !it.hung) release(unit);
                break;
            case 3: stale_release(unit, static_cast<Term>(pick(5))); break;
            case 4:
                if (pick(4) == 0) say({.type = Type::reboot, .unit = unit, .hard = pick(2) == 0});
                break;
            case 5:
                if (!it.exists) say({.type = Type::lost, .unit = unit});
                break;  // late news of the last process
            case 6:
                if (!it.exists) say({.type = Type::gone, .unit = unit});
                break;
            case 7:
                if (!it.exists) say({.type = Type::dying, .unit = unit, .cause = Cause::exception});
                break;
            case 8:
                if (pick(4) == 0) pull(unit);
                break;
            case 9: put_back(unit); break;
            default: break;
        }
        say({.type = Type::tick});
        ASSERT_LE(holders(), 1) << "two holders run";
    }

    void pull(Unit unit) {
        say({.type = Type::remove, .unit = unit});
        if (!is_board(unit)) return;
        out_[index_of(unit)] = true;
        ASSERT_TRUE(!body(unit).exists || body(unit).killed) << "pulled out, and lives on";
    }

    void put_back(Unit unit) {
        out_[index_of(unit)] = false;
        say({.type = Type::insert, .unit = unit});
    }

    void stale_release(Unit unit, Term term) {
        if (body(unit).holds == 0 || body(unit).holds != term) say({.type = Type::release, .unit = unit, .term = term});
    }

    void release(Unit unit) {
        const Term term = body(unit).holds;
        body(unit).holds = 0;  // it stopped before it said so
        say({.type = Type::release, .unit = unit, .term = term});
        if (pick(2) == 0) body(unit).killed = true;  // ends by itself
    }

    void crash(Unit unit) {
        if (pick(2) == 0) say({.type = Type::dying, .unit = unit, .cause = Cause::exception, .signal = 11});
        body(unit).killed = true;
    }

    void live(Unit unit) {
        Body& it = body(unit);
        if (!it.exists) return;
        if (it.killed && pick(2) == 0) {  // death takes its time
            if (it.writes) {
                end_of(unit);
                if (is_board(unit) && pick(4) > 0)
                    say({.type = Type::lost, .unit = unit});  // sometimes only the pidfd tells
            } else {
                it.exists = false;
                say({.type = Type::gone, .unit = unit, .signal = 9});
            }
            return;
        }
        if (it.hung || !it.writes || now_ < it.starts_to_speak) return;
        if (!it.greeted) {
            it.greeted = true;
            say({.type = Type::hello, .unit = unit});
        } else if (!it.able && is_board(unit)) {
            it.able = true;
            say({.type = Type::able, .unit = unit});
        }
        if (is_board(unit)) say({.type = pick(5) > 0 ? Type::loop_beat : Type::watchdog_beat, .unit = unit});
    }

    int holders() {
        int count = 0;
        for (const Unit unit : {Unit::msm_a, Unit::msm_b}) count += body(unit).writes && body(unit).holds != 0;
        return count;
    }

    // Law 5: once nothing breaks any more, somebody holds the baton within bounded time, and both boards are there.
    void quieten() {
        for (const Unit unit : {Unit::msm_a, Unit::msm_b}) put_back(unit);
        for (int i = 0; i < 4000 && !::testing::Test::HasFatalFailure(); ++i) {
            now_ = now_ + milliseconds(5);
            for (const Unit unit : {Unit::msm_a, Unit::msm_b, Unit::dataplane}) {
                live(unit);
            }
            say({.type = Type::tick});
        }
        EXPECT_EQ(holders(), 1);
        for (const Unit unit : {Unit::msm_a, Unit::msm_b, Unit::dataplane}) EXPECT_TRUE(body(unit).exists);
    }

    std::mt19937 random_;
    Decider decider_{Timing{}};
    Body bodies_[unit_count];
    bool out_[unit_count] = {};  // pulled out of its slot
    Time now_{1};
    Term last_term_ = 0;
    bool vacant_ = true;
    int grants_ = 0;
};

TEST(decider, keeps_its_laws_whatever_happens_in_whatever_order) {
    int grants = 0;
    for (unsigned seed = 1; seed <= 2000; ++seed) {
        SCOPED_TRACE(seed);
        World world(seed);
        world.run(400);
        grants += world.grants();
        if (::testing::Test::HasFailure()) return;
    }
    EXPECT_GT(grants, 10'000) << "the stories were too quiet to say much";
}

}  // namespace
}  // namespace baton
