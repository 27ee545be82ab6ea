// SPDX-License-Identifier: Apache-2.0
// baton-tester: sends numbered frames into a switch and judges what comes out. Plain C++ over shared memory and packet
// sockets, without DPDK: it starts in milliseconds, needs no EAL arguments, huge pages or ethdev, and can be linked
// into a test that runs it on simulated time; a wire is faster than any virtual ethdev anyway. Exit: 0 good, 1 bad,
// 2 wrong use, 3 void (the tester itself fell short).
#include <fmt/format.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <boost/program_options.hpp>
#include <cstdio>
#include <iostream>
#include <random>

#include "bench/tester/commands.h"
#include "bench/tester/report.h"

namespace baton::tester {
namespace {

namespace po = boost::program_options;

volatile sig_atomic_t interrupted = 0;

constexpr const char* flow_help = R"(
A flow is KEY=VALUE,KEY=VALUE,... with
  name=TEXT       in the report
  from=END[/TAG]  where it is sent in; with TAG, as 802.1Q frames
  to=END[/TAG]    where it must come out, and how tagged; several: to=b+c/20
  src=MAC dst=MAC default: each end's own address; for a flood ff:ff:ff:ff:ff:ff
  src-macs=N dst-macs=N   drawn per frame from N addresses upwards (1)
  order=random|sequence   how they are drawn (random)
  size=BYTES      untagged, without FCS, 60 to 9216 (60); several in turn: 60+1514; or imix
  rate=N|max      frames per second (1000)
  count=N         then it is complete; 0: until the run ends (0)
  expect=unicast|flood|one|echo|none|denied|any   any: not judged (unicast)
  start=yes|no    no: waits for the command `start NAME` (yes)
  probe=yes|no    no: starts without a probe, so its very first frame must pass (yes)
A flow is routed when it says so, or is between hosts:
  router=MAC      where its packets are sent to, and what they come from
  from=HOST to=HOST   a host instead of an end: its place and its addresses
  src-ip=IP dst-ip=IP     of the packets, IPv4 or IPv6, when they are others than the hosts'
  src-ips=N dst-ips=N     drawn per packet from N addresses upwards (1)
  src-port=N dst-port=N   of UDP (47863); ttl=N as sent (64)
  expect=one      one of the ends in to=, the same for all packets of two addresses; moves=yes: it may change
  expect=echo     ICMP echo requests to the router itself, answered to where they came from
  expect=denied   must come out nowhere, because an access list denies it
A host is KEY=VALUE,... : name=TEXT at=END[/TAG] ip=IP count=N (addresses from that upwards, 1) mac=MAC gateway=IP
  ask=N (questions for the gateway per second, each to be answered; 0) answers=yes|no
An end is wire:SOCKET_OF_CHASSIS#1:1, packet:IFACE or packet:NETNS/IFACE.

  baton-tester --end a=wire:/run/baton/chassis.sock#1:1 --end b=wire:/run/baton/chassis.sock#1:2 \
      --flow name=ab,from=a,to=b,rate=100000 --flow name=ba,from=b,to=a,rate=100000 --duration 5
  baton-tester --end a=packet:h1/eth0 --learn a/10:1000000

With --commands, lines on standard input: mark NAME, start FLOW, pause FLOW, rate FLOW N, silence HOST, answer HOST,
announce, status, stop.
Exit: 0 good, 1 bad, 2 wrong use, 3 void (the tester's own queues fell short).
)";

struct Settings {
    Plan plan;
    std::string json;
    int core = 0;
    int nice = 0;
    int nap_us = 50;
    bool commands = false;
    bool poll = false;
};

void require(const Result<void>& result) {
    if (!result) throw StartupError{2, result.error().what};
}

Settings read_settings(int argc, char** argv) {
    Settings settings;
    auto& plan = settings.plan;
    po::options_description options("baton-tester: sends numbered frames into a switch and judges what comes out");
    using Lines = std::vector<std::string>;
    // clang-format off
    options.add_options()
        ("help,h", "this text")
        ("end", po::value<Lines>()->composing(), "NAME=SPEC, an end to drive; may repeat")
        ("host", po::value<Lines>()->composing(), "a neighbour of the router to play, see below; may repeat")
        ("flow", po::value<Lines>()->composing(), "what to send, see below; may repeat")
        ("learn", po::value<Lines>()->composing(), "END[/TAG]:N[:MAC], one frame from each of N addresses; may repeat")
        ("plan", po::value<std::string>(), "FILE, ends and flows as JSON")
        ("duration", po::value(&plan.duration_s), "seconds; 0: until all counts are sent or `stop` comes (0)")
        ("ready", po::value(&plan.ready_s), "seconds that probes may take until they pass (10)")
        ("drain", po::value(&plan.drain_s), "seconds that the last frames may take (1)")
        ("announce", po::value(&plan.announce_s), "seconds between announcements of destinations; 0: once (5)")
        ("late", po::value(&plan.late_s), "seconds that the schedule may be behind before it is cut (0.02)")
        ("sample", po::value(&plan.sample_s), "seconds between points of the timeline; 0: none (0)")
        ("window", po::value(&plan.first_window), "name of the first window (run)")
        ("no-probe", "start without probing that the flows pass")
        ("json", po::value(&settings.json)->implicit_value("-"), "[=FILE] the report as JSON (standard output)")
        ("commands", po::bool_switch(&settings.commands), "take commands from standard input; its end ends the run")
        ("core", po::value(&settings.core), "pin to this core; -1: none (0)")
        ("nice", po::value(&settings.nice), "priority, -20 to 19 (0)")
        ("nap", po::value(&settings.nap_us), "microseconds to sleep when there is nothing to do (50)")
        ("poll", po::bool_switch(&settings.poll), "never sleep: for latencies below the nap");
    // clang-format on
    po::variables_map values;
    try {
        po::store(po::command_line_parser(argc, argv).options(options).run(), values);
        po::notify(values);
    } catch (const po::error& error) {
        throw StartupError{2, std::string(error.what()) + "; see --help"};
    }
    if (values.count("help")) {
        std::cout << options << flow_help;
        throw StartupError{0, ""};
    }
    plan.probe = !values.count("no-probe");
    const auto each = [&](const char* name, auto&& add) {
        if (!values.count(name)) return;
        for (const auto& line : values[name].as<Lines>()) require(add(plan, line));
    };
    each("end", add_end);
    if (values.count("plan")) require(read_plan(plan, values["plan"].as<std::string>()));
    each("host", add_host);
    each("flow", add_flow);
    each("learn", add_learn);
    require(plan.complete());
    return settings;
}

Ends open_ends(const Plan& plan) {
    Ends ends;
    for (const auto& end : plan.ends) {
        auto opened = open_end(end.spec);
        if (!opened) throw StartupError{2, "end " + end.name + ": " + opened.error().what};
        ends.push_back(std::move(*opened));
    }
    for (const auto& flow : plan.flows)
        for (const auto size : flow.sizes)
            if (size + (flow.from.tag ? 4u : 0u) > ends[flow.from.end]->largest())
                throw StartupError{2, fmt::format("flow {}: {} bytes are too long for end {} (largest {})", flow.name,
                                                  size, plan.ends[flow.from.end].name, ends[flow.from.end]->largest())};
    return ends;
}

void settle_on_core(const Settings& settings) {
    if (settings.core >= 0) {
        cpu_set_t cores;
        CPU_ZERO(&cores);
        CPU_SET(static_cast<unsigned>(settings.core), &cores);
        if (::sched_setaffinity(0, sizeof cores, &cores) < 0)
            throw StartupError{2, "cannot run on core " + std::to_string(settings.core) + "; see --core"};
    }
    if (settings.nice && ::setpriority(PRIO_PROCESS, 0, settings.nice) < 0)
        throw StartupError{2, "cannot take priority " + std::to_string(settings.nice) + " (run as root)"};
    ::prctl(PR_SET_TIMERSLACK, 1ul);
}

int run(int argc, char** argv) {
    const auto settings = read_settings(argc, argv);
    settle_on_core(settings);
    auto ends = open_ends(settings.plan);

    struct sigaction on_interrupt {};

    on_interrupt.sa_handler = [](int) { interrupted = 1; };
    ::sigaction(SIGINT, &on_interrupt, nullptr);
    ::sigaction(SIGTERM, &on_interrupt, nullptr);
    ::signal(SIGPIPE, SIG_IGN);

    const bool events = settings.commands;
    const Runner::Tell tell = [events](const std::string& event) {
        if (!events) return;
        std::fputs((event + "\n").c_str(), stdout);
        std::fflush(stdout);
    };
    const auto number = static_cast<std::uint16_t>(std::random_device{}());
    Runner runner(settings.plan, std::move(ends), number, monotonic_now, tell);
    Commands commands;
    Time next_look;
    while (runner.phase() != Runner::Phase::finished) {
        const bool busy = runner.turn();
        if (const Time now = monotonic_now(); now >= next_look) {
            next_look = now + microseconds(500);
            if (interrupted) runner.stop();
            if (settings.commands) commands.serve(STDIN_FILENO, runner, tell);
        }
        if (busy || settings.poll) continue;
        const timespec nap{0, settings.nap_us * 1000L};
        ::nanosleep(&nap, nullptr);
    }

    const auto outcome = outcome_of(runner);
    const auto json = as_json(runner, outcome) + "\n";
    if (settings.json == "-") {
        std::fputs(json.c_str(), stdout);
    } else {
        if (!settings.json.empty()) {
            FILE* file = std::fopen(settings.json.c_str(), "w");
            if (!file) throw StartupError{2, "cannot write " + settings.json};
            std::fputs(json.c_str(), file);
            std::fclose(file);
        }
        std::fputs(as_text(runner, outcome).c_str(), settings.commands ? stderr : stdout);
        if (settings.commands)
            tell(R"({"event":"finished","verdict":")" + std::string(name_of(outcome.verdict.judgement)) + "\"}");
    }
    return static_cast<int>(outcome.verdict.judgement);
}

}  // namespace
}  // namespace baton::tester

int main(int argc, char** argv) {
    try {
        return baton::tester::run(argc, argv);
    } catch (const baton::StartupError& error) {
        if (!error.what.empty()) std::cerr << "baton-tester: " << error.what << "\n";
        return error.exit_code;
    }
}
