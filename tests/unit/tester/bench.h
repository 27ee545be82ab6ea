// SPDX-License-Identifier: Apache-2.0
// A tester and a fake switch on simulated time: every turn of the loop takes 20 us, so a second of traffic takes a few
// milliseconds to try, and a run is the same every time. Ports a and b are untagged in VLAN 1, c in VLAN 10, d is a
// trunk with both; VLAN 20 is tagged everywhere.
#pragma once

#include "bench/tester/commands.h"
#include "bench/tester/report.h"
#include "tests/unit/tester/fake_switch.h"

namespace baton::tester {

struct Bench {
    static constexpr std::uint16_t run = 0x1234;

    FakeSwitch fake;
    Plan plan;
    Time now = seconds_in(1);
    std::unique_ptr<Runner> runner;
    std::vector<std::string> events;

    static Time seconds_in(std::int64_t s) { return {s * 1'000'000'000}; }

    explicit Bench(std::uint32_t slots = 256) : fake(4, slots) {
        for (const auto* name : {"a", "b", "c", "d"}) plan.ends.push_back({name, ""});
        fake.vlan(1, {{0, false}, {1, false}, {3, true}});
        fake.vlan(10, {{2, false}, {3, true}});
        fake.vlan(20, {{3, true}, {0, true}, {1, true}, {2, true}});
        plan.drain_s = 0.1;
        plan.ready_s = 0.5;
        plan.duration_s = 0.05;
    }

    /// ab and ba: unicast; td: from the trunk into VLAN 10; fl: a flood in VLAN 20 with three copies.
    void usual_flows() {
        for (const auto* text :
             {"name=ab,from=a,to=b,rate=20000", "name=ba,from=b,to=a,rate=20000,size=60+590",
              "name=dc,from=d/10,to=c,rate=10000", "name=fl,from=c/20,to=a/20+b/20+d/20,rate=5000,expect=flood"})
            flow(text);
    }

    void flow(const std::string& text) {
        const auto added = add_flow(plan, text);
        if (!added) throw std::runtime_error(added.error().what);
    }

    void begin() {
        if (const auto complete = plan.complete(); !complete) throw std::runtime_error(complete.error().what);
        Ends ends;
        for (unsigned p = 0; p < plan.ends.size(); ++p) ends.push_back(fake.end(p));
        runner = std::make_unique<Runner>(
            plan, std::move(ends), run, [this] { return now; }, [this](const auto& event) { events.push_back(event); });
    }

    void turn(Duration step = microseconds(20)) {
        now = now + step;
        runner->turn();
        fake.turn(run);
    }

    /// Turns for so long of simulated time.
    void go_on(Duration how_long) {
        for (const Time until = now + how_long; now < until && runner->phase() != Runner::Phase::finished;) turn();
    }

    void until_running() {
        while (runner->phase() == Runner::Phase::warming) turn();
    }

    Outcome finish() {
        for (int turns = 0; runner->phase() != Runner::Phase::finished; ++turns) {
            if (turns > 1'000'000) throw std::runtime_error("the run does not end");
            turn();
        }
        return outcome_of(*runner);
    }

    Outcome whole_run() {
        begin();
        return finish();
    }
};

}  // namespace baton::tester
