// SPDX-License-Identifier: Apache-2.0
// Frames at 10 Gb/s line rate through one worker core while masters die, one after the other: the real programs, two
// wires, every frame accounted for (stream.h). Without a rate it first looks for the highest that the machine carries
// without loss in quiet, and never more than line rate: generator, checker, chassis and boards share the other core.
//
//   search   trials in quiet, halving the interval (RFC 2544, 26.1); a trial holds when nothing was lost and nothing
//            waited
//   quiet    and failover, in turn: operator, SIGKILL, SIGSEGV, operator, ...; the latency of each apart
//
// What was really sent stands beside the rate: mpps_sent, and longest_behind_ms while the machine carried less.
// The verdict: good, or lossy. Void: frames were lost, but this bench's own wire was found full, because the machine
// kept its thread away: that is no finding about the switch.
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <iostream>

#include "bench/linerate/traffic.h"
#include "bench/program.h"
#include "bench/takeover/options.h"
#include "bench/takeover/rounds.h"
#include "bench/wire/machine.h"

namespace baton::linerate {
namespace {

using namespace takeover;
namespace po = boost::program_options;

constexpr double gap_bytes = 24;  // preamble, FCS and the gap between frames
constexpr double search_seconds = 1;

struct Plan {
    unsigned failovers = 1000;
    unsigned quiet_ms = 50;
    double rate = 0;  // frames per second; 0: searched for
    bool imix = false;
    std::string commit;
};

std::uint64_t astray(const Lab& lab) {
    const WorkerCounters& counters = lab.tables().workers[0];
    return flooded_or_dropped(lab) + counters.learned + counters.moved;
}

double line_rate(const std::vector<std::uint16_t>& lengths) {
    double bytes = 0;
    for (const auto length : lengths) bytes += length + gap_bytes;
    return 10e9 / 8 / (bytes / static_cast<double>(lengths.size()));
}

bool holds(const Account& account) {
    return account.lost_in_all() == 0 && account.blocked == 0 && account.corrupted == 0 && account.misdelivered == 0;
}

/// The highest rate without loss in quiet, `most` at the most, to within 2 %.
double searched(WireArena& from, WireArena& to, Offer offer, double most) {
    double low = 0, high = most;
    for (offer.frames_per_second = most; high - low > most / 50; offer.frames_per_second = (low + high) / 2) {
        Stream stream(from, to, offer);
        const Account account = with_traffic(stream, [](auto&) { nap(search_seconds * 1000); });
        (holds(account) ? low : high) = offer.frames_per_second;
        if (isatty(2))
            fmt::print(stderr, "{:.2f} Mpps: {}\n", offer.frames_per_second / 1e6, holds(account) ? "holds" : "no");
        if (low == most) break;
    }
    if (low == 0) throw StartupError{1, "no rate was carried without loss; is the machine busy?"};
    return low;
}

struct Outcome {
    Account account;
    std::vector<std::int64_t> served;  // ns from the master's end to the new one's answering sessions, sorted
    double rate = 0, seconds = 0;
    std::uint64_t astray = 0;  // frames that the switch dropped or flooded, addresses that it learned
    std::uint64_t worker_gap_us = 0;
};

Outcome measure(const Plan& plan, const Setup& setup, Offer offer) {
    const Lab lab(setup);
    const Mapping from_map = wire(lab, "1:1"), to_map = wire(lab, "1:2");
    auto &from = *from_map.as<WireArena>(), &to = *to_map.as<WireArena>();
    Stream(from, to, offer).introduce();
    if (plan.rate <= 0) offer.frames_per_second = searched(from, to, offer, line_rate(offer.lengths));

    Outcome out;
    out.rate = offer.frames_per_second;
    const std::uint64_t astray_before = astray(lab);
    Stream stream(from, to, offer);
    const Time began = monotonic_now();
    out.account = with_traffic(stream, [&](std::atomic<Phase>& phase) {
        Rounds rounds(lab);
        for (unsigned i = 0; i < plan.failovers; ++i) {
            phase = Phase::quiet;
            nap(plan.quiet_ms);
            phase = Phase::failover;
            out.served.push_back(rounds.one(all_ways[i % all_ways.size()]).serving_ns);
            lab.wait_ready();
            if (i % 10 == 9) lab.remove_cores();
            if (i % 50 == 49 && isatty(2)) fmt::print(stderr, "{} failovers\n", i + 1);
        }
        phase = Phase::quiet;
        nap(plan.quiet_ms);
    });
    out.seconds = (monotonic_now() - began).seconds();
    out.astray = astray(lab) - astray_before;
    out.worker_gap_us = lab.tables().workers[0].longest_gap_ns / 1000;
    std::sort(out.served.begin(), out.served.end());
    return out;
}

std::string json(const Plan& plan, const Setup& setup, const Offer& offer, const Outcome& outcome,
                 double ping_pong_before, double ping_pong_after) {
    const Account& account = outcome.account;
    const auto served_ms = [&](double part) {
        const auto last = static_cast<double>(outcome.served.size()) - 1;
        return outcome.served.empty()
                   ? 0.0
                   : static_cast<double>(outcome.served[static_cast<std::size_t>(part * last)]) / 1e6;
    };
    const auto ratio = [&](double percent) {
        const auto quiet = static_cast<double>(account.latency[0].percentile(percent));
        return quiet > 0 ? static_cast<double>(account.latency[1].percentile(percent)) / quiet : 0.0;
    };
    return fmt::format(
               R"({{"bench":"linerate","commit":"{}","frames":"{}","macs":{},"mpps":{:.3f},"of_line_rate":{:.3f},)"
               R"("seconds":{:.1f},"failovers":{},"verdict":"{}",)",
               plan.commit, plan.imix ? "imix" : "64", offer.macs, outcome.rate / 1e6,
               outcome.rate / line_rate(offer.lengths), outcome.seconds, plan.failovers, verdict(account)) +
           fmt::format(
               R"("offered":{},"delivered":{},"lost":{},"lost_in_quiet":{},"duplicated":{},"reordered":{},"misdelivered":{},)"
               R"("corrupted":{},"dropped_or_flooded":{},"new_master_ms":{{"p50":{:.2f},"p99":{:.2f},"max":{:.2f}}},)",
               account.offered, account.delivered, account.lost_in_all(), account.lost[0], account.duplicated,
               account.reordered, account.misdelivered, account.corrupted, outcome.astray, served_ms(0.5),
               served_ms(0.99), served_ms(1)) +
           fmt::format(
               R"("latency_us_quiet":{},"latency_us_failover":{},"latency_ratio":{{"p50":{:.2f},"p99":{:.2f},"p99.9":{:.2f}}},)"
               R"("worker_longest_gap_us":{},"own_longest_trip_us":{},"own_overflows":{},"blocked_trips":{},"longest_behind_ms":{:.1f},"mpps_sent":{:.3f},"wire_slots":{},)"
               R"("ping_pong_cycles":[{:.0f},{:.0f}]}})",
               percentiles(account.latency[0]), percentiles(account.latency[1]), ratio(50), ratio(99), ratio(99.9),
               outcome.worker_gap_us, account.longest_trip_ns / 1000, account.overflows, account.blocked,
               static_cast<double>(account.most_behind) / outcome.rate * 1e3,
               static_cast<double>(account.offered) / outcome.seconds / 1e6, setup.wire_slots, ping_pong_before,
               ping_pong_after);
}

int run(int argc, char** argv) {
    Setup setup;
    Plan plan;
    Offer offer;
    double mpps = 0;
    po::options_description known("Options");
    known.add_options()("quick", "30 failovers")("failovers", po::value(&plan.failovers)->default_value(1000),
                                                 "how many")("rate", po::value(&mpps),
                                                             "Mpps; found out when it is not said")(
        "imix", "64, 594 and 1518 bytes, 7:4:1, in place of 64")("macs", po::value(&offer.macs)->default_value(10'000),
                                                                 "addresses in the FDB")(
        "slots", po::value(&setup.wire_slots)->default_value(1u << 17),
        "depth of the wires: what the machine's own pauses take");
    const auto given = read_options(known, "linerate - failovers at line rate", setup, plan.commit, argc, argv);
    if (!given) return 0;
    const auto& options = *given;
    if (options.count("quick")) plan.failovers = std::min(plan.failovers, 30u);
    plan.imix = options.count("imix") > 0;
    plan.rate = mpps * 1e6;
    setup.slot_size = 136;
    if (plan.imix) {
        offer.lengths = {60, 590, 60, 60, 590, 60, 1514, 60, 590, 60, 60, 590};
        setup.slot_size = 2048;
        setup.wire_slots = std::min(setup.wire_slots, 1u << 15);
    }
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(setup.housekeeping_core, &cores);
    ::sched_setaffinity(0, sizeof cores, &cores);  // and all threads and programs that this one starts
    const double before = bench::ping_pong_cycles(setup.worker_core);
    const Outcome outcome = measure(plan, setup, offer);
    const double after = bench::ping_pong_cycles(setup.worker_core);
    fmt::print("{}\n", json(plan, setup, offer, outcome, before, after));
    return good(outcome.account) ? 0 : 1;
}

}  // namespace
}  // namespace baton::linerate

int main(int argc, char** argv) {
    return baton::bench::finish("linerate", baton::linerate::run, argc, argv);
}
