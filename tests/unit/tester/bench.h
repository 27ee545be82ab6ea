// SPDX-License-Identifier: Apache-2.0
// A tester and a fake switch or router on simulated time: every turn of the loop takes 20 us, so a second of traffic
// takes a few milliseconds to try, and a run is the same every time.
//
// Bench, a switch: ports a and b are untagged in VLAN 1, c in VLAN 10, d is a trunk with both; VLAN 20 is tagged
// everywhere. RoutedBench, a router: a and b untagged, c tagged 30, d tagged 40, each with a subnet of both families.
#pragma once

#include <fmt/format.h>

#include "bench/tester/commands.h"
#include "bench/tester/report.h"
#include "tests/unit/tester/fake_router.h"
#include "tests/unit/tester/fake_switch.h"

namespace baton::tester {

template <class Fake>
struct Trial {
    static constexpr std::uint16_t run = 0x1234;

    Fake fake;
    Plan plan;
    Time now = seconds_in(1);
    std::unique_ptr<Runner> runner;
    std::vector<std::string> events;

    static Time seconds_in(std::int64_t s) { return {s * 1'000'000'000}; }

    explicit Trial(std::uint32_t slots) : fake(4, slots) {
        for (const auto* name : {"a", "b", "c", "d"}) plan.ends.push_back({name, ""});
        plan.drain_s = 0.1;
        plan.ready_s = 0.5;
        plan.duration_s = 0.05;
    }

    void host(const std::string& text) {
        const auto added = add_host(plan, text);
        if (!added) throw std::runtime_error(added.error().what);
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

struct Bench : Trial<FakeSwitch> {
    explicit Bench(std::uint32_t slots = 256) : Trial(slots) {
        fake.vlan(1, {{0, false}, {1, false}, {3, true}});
        fake.vlan(10, {{2, false}, {3, true}});
        fake.vlan(20, {{3, true}, {0, true}, {1, true}, {2, true}});
    }

    /// ab and ba: unicast; td: from the trunk into VLAN 10; fl: a flood in VLAN 20 with three copies.
    void usual_flows() {
        for (const auto* text :
             {"name=ab,from=a,to=b,rate=20000", "name=ba,from=b,to=a,rate=20000,size=60+590",
              "name=dc,from=d/10,to=c,rate=10000", "name=fl,from=c/20,to=a/20+b/20+d/20,rate=5000,expect=flood"})
            flow(text);
    }
};

struct RoutedBench : Trial<FakeRouter> {
    static constexpr std::uint16_t denied_port = 9;

    explicit RoutedBench(std::uint32_t slots = 256) : Trial(slots) {
        const std::pair<const char*, VlanId> ports[] = {{"a", 0}, {"b", 0}, {"c", 30}, {"d", 40}};
        for (unsigned p = 0; p < 4; ++p) {
            const auto [end, tag] = ports[p];
            const auto at = tag ? fmt::format("{}/{}", end, tag) : end;
            const auto v4 = fmt::format("10.0.{}.", p + 1), v6 = fmt::format("fd00:{}::", p + 1);
            fake.interface(p, tag, (v4 + "1").c_str());
            fake.interface(p, tag, (v6 + "1").c_str());
            fake.route((v4 + "0").c_str(), 3, {{p, tag, ""}});
            fake.route(v6.c_str(), 8, {{p, tag, ""}});
            host(fmt::format("name=h{},at={},ip={}2,gateway={}1,ask=200", end, at, v4, v4));
            host(fmt::format("name=h{}6,at={},ip={}2,gateway={}1,ask=200", end, at, v6, v6));
        }
        fake.route("198.51.100.0", 3, {{1, 0, "10.0.2.2"}, {2, 30, "10.0.3.2"}, {3, 40, "10.0.4.2"}});
        fake.deny(denied_port);
    }

    static std::string router() { return ",router=" + FakeRouter::mac.text(); }

    /// 0, 1: untagged to untagged, tagged to tagged; 2: IPv6, untagged to tagged; 3: one of three next hops; 4: denied;
    /// 5 and 6: echoes.
    void usual_flows() {
        for (const std::string text :
             {"name=ab,from=ha,to=hb,rate=20000", "name=cd,from=hc,to=hd,rate=20000,size=60+590",
              "name=ac6,from=ha6,to=hc6,rate=10000,size=80+1280",
              "name=many,from=ha,to=hb+hc+hd,expect=one,src-ips=2,dst-ip=198.51.100.0,dst-ips=16,rate=20000",
              "name=denied,from=ha,dst-ip=10.0.2.2,dst-port=9,expect=denied,rate=10000",
              "name=ping,from=hb,dst-ip=10.0.2.1,expect=echo,rate=2000",
              "name=ping6,from=hd6,dst-ip=fd00:4::1,expect=echo,rate=2000,size=80+300"})
            flow(text + router());
    }
};

}  // namespace baton::tester
