// SPDX-License-Identifier: Apache-2.0
// bench_wire: what the whole L2 path costs at 64 bytes on one core, beside io and macswap on the same wires, and stage
// by stage.
//
//   one core    the neighbours put 512 frames into the wires, then the worker's turns are timed until all have come
//               out: its own cycles, without the neighbours' and without the trip between cores
//   two cores   worker on core 1, neighbours on core 0: what comes through, bound also by the transfer between cores
//   in cache    one core again, on wires so small that they stay in the core's own cache: computing, and nothing else
//
// The wires are as the product makes them (16,384 slots of 2,048 bytes), but for the last form.
//
// In cache the path is also cut off behind each stage (parse, classify, learn, lookup; check, route and rewrite before
// the lookup where packets are routed), so that the difference of two rows is a stage's price; what is left to l2 is
// transmit, and the turn. Each table size comes twice: sources drawn like destinations, and one source behind each
// wire, which is what most figures of switches are taken with.
//
// Then packets that are routed between two VLANs, their destinations drawn from so many prefixes (mode l3), and the
// same while 100,000 routes a second come and go on the other core (churned). And, in cache, routed over 10,000 routes
// with access lists of so many rules, of which none is about these packets.
//
// Modes take turns (io macswap ... l2, and back, again and again). A run counts by its median piece, so that time
// slices lost to others do not; pieces of more than four medians are counted as void beside it. A figure is the median
// of the runs, with the lowest and the highest. Ratios are paired within a round. A/A is io against io in the same
// round: what a ratio is worth today.
#include <fmt/core.h>
#include <rte_lcore.h>
#include <x86intrin.h>

#include <boost/program_options.hpp>
#include <map>
#include <sstream>
#include <thread>

#include "bench/program.h"
#include "bench/wire/machine.h"
#include "bench/wire/traffic.h"
#include "sync/base/log.h"

namespace baton::bench {
namespace {

struct Plan {
    std::vector<std::uint64_t> macs{1, 10'000, 60'000, 1'000'000, 16'000'000}, routes{1, 10'000, 1'000'000};
    std::vector<std::uint32_t> rules{1, 1'000, 10'000};
    unsigned rounds = 7;
    double run_seconds = 0.1;
    bool one_core = true, two_cores = true, in_cache = true, json = false, only_l2 = false;
    std::vector<Sources> sources{Sources::drawn, Sources::one};
    unsigned neighbours_core = 0, worker_core = 1;
    std::string commit = "unknown";
};

constexpr unsigned updates_per_second = 100'000;

struct Run {
    double cycles = 0;  // for a frame
    bool astray = false;
    std::size_t pieces = 0, void_pieces = 0;  // while the host had other things to do
};

double median(std::vector<double> values) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    return (values[(values.size() - 1) / 2] + values[values.size() / 2]) / 2;
}

Run run_of(std::vector<double> pieces, bool astray) {
    const double middle = median(pieces);
    const auto paused = std::count_if(pieces.begin(), pieces.end(), [&](double one) { return one > 4 * middle; });
    return {middle, astray, pieces.size(), static_cast<std::size_t>(paused)};
}

Run one_core(Rig& rig, Neighbours& neighbours, Mode mode, double run_seconds) {
    constexpr std::uint32_t piece = 256;  // frames into each wire
    const std::uint64_t before = rig.astray();
    const auto until = __rdtsc() + static_cast<std::uint64_t>(run_seconds * tsc_hz());
    std::vector<double> pieces;
    while (__rdtsc() < until) {
        const std::uint32_t in = neighbours.fill(rig, 0, piece) + neighbours.fill(rig, 1, piece);
        const std::uint64_t begin = __rdtsc();
        while (rig.turn(mode)) {
        }
        const std::uint64_t end = __rdtsc();
        const std::uint32_t out = neighbours.drain(rig, 0, 2 * piece) + neighbours.drain(rig, 1, 2 * piece);
        if (out != in) return run_of({}, true);
        pieces.push_back(static_cast<double>(end - begin) / in);
    }
    return run_of(std::move(pieces), rig.astray() != before);
}

/// The worker's thread of the two-core form: does as `mode` says, until -1.
class Other {
  public:
    Other(Rig& rig, unsigned core)
        : thread_([this, &rig, core] {
              pin(core);
              rte_thread_register();
              for (int mode; (mode = mode_.load(std::memory_order_acquire)) >= 0;) rig.turn(static_cast<Mode>(mode));
              rte_thread_unregister();
          }) {}

    ~Other() {
        mode_ = -1;
        thread_.join();
    }

    void set(Mode mode) { mode_.store(static_cast<int>(mode), std::memory_order_release); }

  private:
    std::atomic<int> mode_ = 0;
    std::thread thread_;
};

Run two_cores(Rig& rig, Neighbours& neighbours, Other& other, Mode mode, double run_seconds) {
    constexpr std::uint32_t burst = 64;
    constexpr std::uint32_t piece = 32768;
    other.set(mode);
    const auto until = __rdtsc() + static_cast<std::uint64_t>(run_seconds * tsc_hz());
    std::uint64_t in[2] = {}, out = 0, out_of[2] = {}, counted = 0, before = 0, begin = 0;
    std::vector<double> pieces;
    const std::uint32_t most_under_way = rig.slots() - burst;  // so that no wire out can be full: nothing is ever lost
    const auto trip = [&](std::uint32_t count) {
        for (unsigned port = 0; port < 2; ++port) {
            if (in[port] - out_of[1 - port] < most_under_way) in[port] += neighbours.fill(rig, port, count);
            const std::uint32_t drained = neighbours.drain(rig, port, burst);
            out_of[port] += drained;
            out += drained;
        }
    };
    while (true) {
        const std::uint64_t now = __rdtsc();
        if (now > until) break;
        trip(burst);
        if (begin == 0 && out > piece) {  // the rings have filled up
            begin = __rdtsc();
            counted = out;
            before = rig.astray();
        } else if (begin != 0 && out - counted >= piece) {
            const std::uint64_t end = __rdtsc();
            pieces.push_back(static_cast<double>(end - begin) / static_cast<double>(out - counted));
            begin = end;
            counted = out;
        }
    }
    if (begin == 0) return run_of({}, true);
    const std::uint64_t give_up = __rdtsc() + static_cast<std::uint64_t>(tsc_hz());
    while (out < in[0] + in[1] && __rdtsc() < give_up) trip(0);
    return run_of(std::move(pieces), out != in[0] + in[1] || rig.astray() != before);
}

struct Figure {
    std::vector<double> cycles, to_io;
    std::size_t pieces = 0, void_pieces = 0;
};

/// What was measured in one form, over one number of addresses.
struct Row {
    const char* form;
    std::uint64_t macs;
    Sources sources;
    std::uint64_t routes = 0;  // 0: frames are switched
    std::uint32_t rules = 0;   // of access lists
    std::map<Mode, Figure> figures = {};
    std::vector<double> aa = {};
    double adds = 0, ping_before = 0, ping_after = 0;
    bool astray = false;
};

void report(const Plan& plan, const Rig& rig, const Row& row) {
    for (const auto& [mode, figure] : row.figures) {
        const auto [least, most] = std::minmax_element(figure.cycles.begin(), figure.cycles.end());
        const double cycles = median(figure.cycles), mpps = cycles > 0 ? tsc_hz() / cycles / 1e6 : 0;
        const auto [least_aa, most_aa] = std::minmax_element(row.aa.begin(), row.aa.end());
        const double aa[] = {median(row.aa), row.aa.empty() ? 0 : *least_aa, row.aa.empty() ? 0 : *most_aa};
        const bool routed = row.routes != 0;
        const auto name = mode_names[static_cast<int>(mode)];
        const auto size = routed ? row.routes : row.macs;
        const char* sources = row.sources == Sources::drawn ? "drawn" : "one";
        if (plan.json)
            fmt::print(
                R"({{"bench":"wire","form":"{}","ports":"wire","{}":{},"acl_rules":{},"sources":"{}","hits":"destinations drawn","mode":"{}",)"
                R"("valid":{},"mpps":{:.2f},"cycles":{:.2f},"cycles_min":{:.2f},"cycles_max":{:.2f},"ratio_to_io":{:.3f},)"
                R"("aa":{:.3f},"aa_min":{:.3f},"aa_max":{:.3f},"runs":{},"pieces":{},"void_pieces":{},"burst":{},)"
                R"("frame_bytes":{},"table_bits":{},"huge":{},"adds_per_cycle":{:.2f},"ping_pong_before":{:.0f},)"
                R"("ping_pong_after":{:.0f},"tsc_mhz":{:.0f},"commit":"{}"}})"
                "\n",
                row.form, routed ? "routes" : "macs", size, row.rules, sources, name, !row.astray, mpps, cycles, *least,
                *most, median(figure.to_io), aa[0], aa[1], aa[2], figure.cycles.size(), figure.pieces,
                figure.void_pieces, burst_size, frame_size, rig.table_bits(), rig.table_is_huge(), row.adds,
                row.ping_before, row.ping_after, tsc_hz() / 1e6, plan.commit);
        else
            fmt::print(
                "{:<9} {:>10} {:<5} {:>6} {:<8} {:7.1f} Mpps  {:6.1f} cycles ({:.1f} to {:.1f})  {:.2f} of io  A/A "
                "{:.2f} "
                "({:.2f} to {:.2f})  void {} of {}  adds {:.1f}{}{}\n",
                row.form, size, sources, row.rules, name, mpps, cycles, *least, *most, median(figure.to_io), aa[0],
                aa[1], aa[2], figure.void_pieces, figure.pieces, row.adds,
                row.ping_before > 0 ? fmt::format(", ping-pong {:.0f} then {:.0f}", row.ping_before, row.ping_after)
                                    : "",
                row.astray ? "  VOID: frames went astray" : "");
    }
    std::fflush(stdout);
}

/// Measures the modes of a row in turns; `run` makes what runs one.
template <class Measure>
void measure(const Plan& plan, Rig& rig, Row row, std::vector<Mode> modes, bool ping, Measure&& run) {
    row.ping_before = ping ? ping_pong_cycles(plan.worker_core) : 0;
    row.adds = adds_per_cycle();
    {
        auto runner = run();
        for (const Mode mode : modes) runner(mode);  // warm-up, not counted
        if (plan.only_l2) {
            for (unsigned round = 0; round < plan.rounds; ++round)
                fmt::print("{} {} l2 {:.1f} cycles\n", row.form, row.macs, runner(Mode::l2).cycles);
            return;
        }
        modes.insert(modes.end(), modes.rbegin(), modes.rend());
        for (unsigned round = 0; round < plan.rounds; ++round) {
            std::map<Mode, std::vector<double>> cycles;
            for (const Mode mode : modes) {
                const Run result = runner(mode);
                row.astray |= result.astray;
                row.figures[mode].pieces += result.pieces;
                row.figures[mode].void_pieces += result.void_pieces;
                cycles[mode].push_back(result.cycles);
            }
            const double io = (cycles[Mode::io][0] + cycles[Mode::io][1]) / 2;
            if (cycles[Mode::io][1] > 0) row.aa.push_back(cycles[Mode::io][0] / cycles[Mode::io][1]);
            for (const auto& [mode, both] : cycles)
                for (const double one : both) {
                    row.figures[mode].cycles.push_back(one);
                    if (one > 0) row.figures[mode].to_io.push_back(io / one);
                }
        }
    }
    row.ping_after = ping ? ping_pong_cycles(plan.worker_core) : 0;
    report(plan, rig, row);
}

/// The forms on one pair of wires: alone on the worker's core, then with the neighbours on the other.
void bench_on(const Plan& plan, const Settings& settings, const char* alone, const char* apart,
              const std::vector<Mode>& modes) {
    Rig rig(settings);
    if (!rig.table_is_huge() && settings.macs > 10'000)
        fmt::print(stderr, "{} addresses: no huge pages left for the table, 4 KB pages make it slower\n",
                   settings.macs);
    if (settings.routes != 0) {
        Neighbours neighbours = Neighbours::of_packets(*rig.routed());
        const auto churned = [&](auto&& one) {
            return [&rig, &plan, one](Mode mode) {
                if (mode == Mode::churned)
                    rig.routed()->churn(rig.counters(0), updates_per_second, plan.neighbours_core);
                const Run run = one(mode);
                rig.routed()->quiet();
                return run;
            };
        };
        pin(plan.worker_core);
        if (alone)
            measure(
                plan, rig, {alone, settings.macs, Sources::drawn, settings.routes, settings.rules}, modes, false,
                [&] { return churned([&](Mode mode) { return one_core(rig, neighbours, mode, plan.run_seconds); }); });
        pin(plan.neighbours_core);
        if (apart)
            measure(plan, rig, {apart, settings.macs, Sources::drawn, settings.routes, settings.rules},
                    {Mode::io, Mode::l3}, true, [&] {
                        auto other = std::make_shared<Other>(rig, plan.worker_core);
                        return [&, other](Mode mode) {
                            return two_cores(rig, neighbours, *other, mode, plan.run_seconds);
                        };
                    });
        return;
    }
    for (const Sources sources : plan.sources) {
        if (sources == Sources::one && settings.macs <= settings.ports) continue;  // the same
        Neighbours neighbours(settings.macs, sources);
        const auto of = sources == Sources::drawn ? modes : std::vector{Mode::io, Mode::l2};
        if (alone) {
            pin(plan.worker_core);
            measure(plan, rig, {alone, settings.macs, sources}, of, false,
                    [&] { return [&](Mode mode) { return one_core(rig, neighbours, mode, plan.run_seconds); }; });
        }
        if (apart) {
            pin(plan.neighbours_core);
            measure(plan, rig, {apart, settings.macs, sources}, of, true, [&] {
                return [&, other = std::make_unique<Other>(rig, plan.worker_core)](Mode mode) {
                    return two_cores(rig, neighbours, *other, mode, plan.run_seconds);
                };
            });
        }
    }
}

void bench(const Plan& plan, Settings settings) {
    const std::vector modes{Mode::io, Mode::macswap, Mode::l2};
    const std::vector stages{Mode::io, Mode::macswap, Mode::parse, Mode::classify, Mode::learn, Mode::lookup, Mode::l2};
    for (const std::uint64_t macs : plan.macs) {
        settings.macs = macs;
        if (plan.one_core || plan.two_cores)
            bench_on(plan, settings, plan.one_core ? "one-core" : nullptr, plan.two_cores ? "two-cores" : nullptr,
                     modes);
        Settings small = settings;
        small.slots = 1024;
        small.slot_size = 2112;  // not a multiple of 2048: that would use one set in 32 of the caches
        if (plan.in_cache) bench_on(plan, small, "in-cache", nullptr, stages);
    }
    const std::vector routed{Mode::io, Mode::l3, Mode::churned};
    const std::vector routed_stages{Mode::io,      Mode::learn,  Mode::check, Mode::route,
                                    Mode::rewrite, Mode::lookup, Mode::l3};
    settings.macs = settings.ports;  // the next hops
    for (const std::uint64_t routes : plan.routes) {
        settings.routes = routes;
        if (plan.one_core || plan.two_cores)
            bench_on(plan, settings, plan.one_core ? "one-core" : nullptr, plan.two_cores ? "two-cores" : nullptr,
                     routed);
        Settings small = settings;
        small.slots = 1024;
        small.slot_size = 2112;
        if (plan.in_cache) bench_on(plan, small, "in-cache", nullptr, routed_stages);
    }
    for (const std::uint32_t rules : plan.rules) {
        Settings listed = settings;
        listed.routes = 10'000;
        listed.rules = rules;
        listed.slots = 1024;
        listed.slot_size = 2112;
        if (plan.in_cache) bench_on(plan, listed, "in-cache", nullptr, {Mode::io, Mode::l3});
    }
}

int run(int argc, char** argv) {
    namespace po = boost::program_options;
    Plan plan;
    Settings settings;
    std::vector<std::uint64_t> macs, routes;
    po::options_description described(
        "bench_wire: the whole L2 path beside io and macswap, 64-byte frames, in-memory wires");
    auto add = described.add_options();
    add("macs", po::value(&macs)->multitoken(), "addresses (default 1 10000 60000 1000000 16000000)");
    add("routes", po::value(&routes)->multitoken(), "prefixes, for packets that are routed (default 1 10000 1000000)");
    add("rules", po::value(&plan.rules)->multitoken(), "of access lists, with 10,000 routes (default 1 1000 10000)");
    add("switched", "nothing routed")("routed", "nothing else");
    add("rounds", po::value(&plan.rounds)->default_value(plan.rounds), "of io macswap ... l2, and back");
    add("seconds", po::value(&plan.run_seconds)->default_value(plan.run_seconds), "of each run");
    add("slots", po::value(&settings.slots)->default_value(settings.slots), "of each wire");
    add("slot-size", po::value(&settings.slot_size)->default_value(settings.slot_size), "bytes");
    add("max-frame", po::value(&settings.max_frame)->default_value(settings.max_frame), "size of packet buffers");
    add("worker-core", po::value(&plan.worker_core)->default_value(1), "core that is measured");
    add("neighbours-core", po::value(&plan.neighbours_core)->default_value(0), "core of the frames' source and sink");
    add("one-core", "only this form")("two-cores", "only this form")("in-cache", "only this form");
    add("drawn-sources", "no rows with one source");
    add("only-l2", "for a profiler: the L2 path alone")("no-huge", "4 KB pages");
    add("commit", po::value(&plan.commit)->default_value(plan.commit), "named in the results");
    add("quick", "3 rounds of 30 ms, 1 and 10,000 addresses")("json", "one object a line")("help", "this text");
    po::variables_map given;
    po::store(po::parse_command_line(argc, argv, described), given);
    po::notify(given);
    if (given.count("help") != 0) {
        std::ostringstream text;
        text << described;
        std::puts(text.str().c_str());
        return 0;
    }
    if (given.count("quick") != 0) {
        plan.macs = {1, 10'000};
        plan.rounds = 3;
        plan.run_seconds = 0.03;
    }
    if (given.count("quick") != 0) plan.routes = {10'000};
    if (!macs.empty()) plan.macs = macs;
    if (!routes.empty()) plan.routes = routes;
    if (given.count("switched") != 0) plan.routes.clear(), plan.rules.clear();
    if (given.count("routed") != 0) plan.macs.clear();
    const bool all = given.count("one-core") + given.count("two-cores") + given.count("in-cache") == 0;
    plan.one_core = all || given.count("one-core") != 0;
    plan.two_cores = (all || given.count("two-cores") != 0) && std::thread::hardware_concurrency() > 1;
    plan.in_cache = all || given.count("in-cache") != 0;
    plan.only_l2 = given.count("only-l2") != 0;
    if (given.count("drawn-sources") != 0) plan.sources = {Sources::drawn};
    plan.json = given.count("json") != 0;
    settings.huge = given.count("no-huge") == 0 && huge_pages_available(64u << 20);
    weigh_more();
    log::open("bench_wire", log::Level::warning);
    start_eal("bench_wire", settings.huge, settings.mbufs, plan.worker_core);
    bench(plan, settings);
    return 0;
}

}  // namespace
}  // namespace baton::bench

int main(int argc, char** argv) {
    return baton::bench::finish("bench_wire", baton::bench::run, argc, argv);
}
