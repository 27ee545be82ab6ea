// SPDX-License-Identifier: Apache-2.0
// bench_wire: what the whole path costs at 64 bytes on one core, switched (l2) and routed (l3), beside io and macswap
// on the same wires.
//
//   one core    the neighbours put 512 frames into the wires, then the worker's turns are timed until all have come
//   out:
//               its own cycles, without the neighbours' and without the trip between cores
//   two cores   worker on core 1, neighbours on core 0: what comes through, bound also by the transfer between cores
//   in cache    one core again, on wires so small that they stay in the core's own cache: computing, and nothing else
//
// The wires are as the product makes them (16,384 slots of 2,048 bytes), but for the last form.
//
// Modes take turns (io macswap l2 l2 macswap io, again and again; l3 for l2 where there are routes). A run counts by
// its median piece, so that time slices lost to others do not; a figure is the median of the runs, with the lowest and
// the highest. Ratios are paired within a round. A/A is io against io in the same round: what a ratio is worth today.
#include <rte_eal.h>
#include <rte_lcore.h>
#include <x86intrin.h>

#include <boost/program_options.hpp>
#include <cstdio>
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
    std::vector<std::uint64_t> macs{1, 10'000, 1'000'000, 16'000'000};
    std::vector<std::uint64_t> routes{1, 10'000, 1'000'000};
    unsigned rounds = 7;
    double run_seconds = 0.1;
    bool one_core = true, two_cores = true, in_cache = true, json = false, only_path = false;
    unsigned neighbours_core = 0, worker_core = 1;
    std::string commit = "unknown";
};

struct Run {
    double cycles = 0;  // for a frame
    bool astray = false;
};

double median(std::vector<double> values) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    return (values[(values.size() - 1) / 2] + values[values.size() / 2]) / 2;
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
        if (out != in) return {0, true};
        pieces.push_back(static_cast<double>(end - begin) / in);
    }
    return {median(std::move(pieces)), rig.astray() != before};
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
    if (begin == 0) return {0, true};
    const std::uint64_t give_up = __rdtsc() + static_cast<std::uint64_t>(tsc_hz());
    while (out < in[0] + in[1] && __rdtsc() < give_up) trip(0);
    return {median(std::move(pieces)), out != in[0] + in[1] || rig.astray() != before};
}

struct Figure {
    std::vector<double> cycles, to_io;
};

/// `entries`: addresses, or routes where it routes.
void report(const Plan& plan, const Rig& rig, const char* form, std::uint64_t entries,
            const std::map<Mode, Figure>& figures, const std::vector<double>& aa, double adds, double ping_before,
            double ping_after, bool astray) {
    for (const auto& [mode, figure] : figures) {
        const auto [least, most] = std::minmax_element(figure.cycles.begin(), figure.cycles.end());
        const double cycles = median(figure.cycles), mpps = cycles > 0 ? tsc_hz() / cycles / 1e6 : 0;
        const double least_aa = aa.empty() ? 0 : *std::min_element(aa.begin(), aa.end());
        const double most_aa = aa.empty() ? 0 : *std::max_element(aa.begin(), aa.end());
        const std::string name(mode_names[static_cast<int>(mode)]);
        if (plan.json)
            std::printf(
                "{\"bench\":\"wire\",\"form\":\"%s\",\"%s\":%llu,\"mode\":\"%s\",\"valid\":%s,\"mpps\":%.2f,"
                "\"cycles\":%.2f,\"cycles_min\":%.2f,\"cycles_max\":%.2f,\"ratio_to_io\":%.3f,\"aa\":%.3f,"
                "\"aa_min\":%.3f,\"aa_max\":%.3f,\"runs\":%zu,\"burst\":%u,\"frame_bytes\":%u,\"table_bits\":%u,"
                "\"huge\":%s,\"adds_per_cycle\":%.2f,\"ping_pong_before\":%.0f,\"ping_pong_after\":%.0f,"
                "\"tsc_mhz\":%.0f,\"commit\":\"%s\"}\n",
                form, rig.routed() ? "routes" : "macs", static_cast<unsigned long long>(entries), name.c_str(),
                astray ? "false" : "true", mpps, cycles, *least, *most, median(figure.to_io), median(aa), least_aa,
                most_aa, figure.cycles.size(), burst_size, frame_size, rig.table_bits(),
                rig.table_is_huge() ? "true" : "false", adds, ping_before, ping_after, tsc_hz() / 1e6,
                plan.commit.c_str());
        else
            std::printf(
                "%-9s %10llu  %-8s %7.1f Mpps  %6.1f cycles (%.1f to %.1f)  %.2f of io  A/A %.2f (%.2f to %.2f)  "
                "adds %.1f%s%s\n",
                form, static_cast<unsigned long long>(entries), name.c_str(), mpps, cycles, *least, *most,
                median(figure.to_io), median(aa), least_aa, most_aa, adds,
                ping_before > 0 ? (", ping-pong " + std::to_string(static_cast<int>(ping_before)) + " then " +
                                   std::to_string(static_cast<int>(ping_after)))
                                      .c_str()
                                : "",
                astray ? "  VOID: frames went astray" : "");
    }
    std::fflush(stdout);
}

template <class Measure>
void measure(const Plan& plan, Rig& rig, const char* form, std::uint64_t entries, bool ping, Measure&& run) {
    const Mode path = rig.routed() ? Mode::l3 : Mode::l2;
    std::map<Mode, Figure> figures;
    std::vector<double> aa;
    bool astray = false;
    const double before = ping ? ping_pong_cycles(plan.worker_core) : 0;
    const double adds = adds_per_cycle();
    {
        auto runner = run();
        for (const Mode mode : {Mode::io, Mode::macswap, path}) runner(mode);  // warm-up, not counted
        if (plan.only_path) {
            for (unsigned round = 0; round < plan.rounds; ++round)
                std::printf("%s %llu %s %.1f cycles\n", form, static_cast<unsigned long long>(entries),
                            mode_names[static_cast<int>(path)].data(), runner(path).cycles);
            return;
        }
        for (unsigned round = 0; round < plan.rounds; ++round) {
            std::map<Mode, std::vector<double>> cycles;
            for (const Mode mode : {Mode::io, Mode::macswap, path, path, Mode::macswap, Mode::io}) {
                const Run result = runner(mode);
                astray |= result.astray;
                cycles[mode].push_back(result.cycles);
            }
            const double io = (cycles[Mode::io][0] + cycles[Mode::io][1]) / 2;
            if (cycles[Mode::io][1] > 0) aa.push_back(cycles[Mode::io][0] / cycles[Mode::io][1]);
            for (const auto& [mode, both] : cycles)
                for (const double one : both) {
                    figures[mode].cycles.push_back(one);
                    if (one > 0) figures[mode].to_io.push_back(io / one);
                }
        }
    }
    const double after = ping ? ping_pong_cycles(plan.worker_core) : 0;
    report(plan, rig, form, entries, figures, aa, adds, before, after, astray);
}

/// The forms on one pair of wires: alone on the worker's core, then with the neighbours on the other.
void bench_on(const Plan& plan, const Settings& settings, const char* alone, const char* apart) {
    Rig rig(settings);
    Neighbours neighbours(rig, settings.macs);
    const std::uint64_t entries = settings.routes != 0 ? settings.routes : settings.macs;
    if (!rig.table_is_huge() && settings.macs > 10'000)
        std::fprintf(stderr, "%llu addresses: no huge pages left for the table, 4 KB pages make it slower\n",
                     static_cast<unsigned long long>(settings.macs));
    if (alone) {
        pin(plan.worker_core);
        measure(plan, rig, alone, entries, false,
                [&] { return [&](Mode mode) { return one_core(rig, neighbours, mode, plan.run_seconds); }; });
    }
    if (apart) {
        pin(plan.neighbours_core);
        measure(plan, rig, apart, entries, true, [&] {
            return [&, other = std::make_unique<Other>(rig, plan.worker_core)](Mode mode) {
                return two_cores(rig, neighbours, *other, mode, plan.run_seconds);
            };
        });
    }
}

void bench(const Plan& plan, Settings settings) {
    const auto on_each_form = [&plan](const Settings& settings) {
        bench_on(plan, settings, plan.one_core ? "one-core" : nullptr, plan.two_cores ? "two-cores" : nullptr);
        Settings small = settings;
        small.slots = 1024;
        small.slot_size = 2112;  // not a multiple of 2048: that would use one set in 32 of the caches
        if (plan.in_cache) bench_on(plan, small, "in-cache", nullptr);
    };
    for (const std::uint64_t macs : plan.macs) {
        settings.macs = macs;
        on_each_form(settings);
    }
    for (const std::uint64_t routes : plan.routes) {
        settings.routes = routes;
        on_each_form(settings);
    }
}

std::string commit() {
    std::string text = "unknown";
    if (FILE* git = ::popen("git rev-parse --short HEAD 2>/dev/null", "r")) {
        char line[64] = {};
        if (std::fgets(line, sizeof line, git)) text.assign(line, std::strcspn(line, "\n"));
        ::pclose(git);
    }
    return text;
}

void start_eal(bool huge, std::uint32_t mbufs, unsigned core) {
    std::vector<std::string> words{"bench_wire",        "--no-pci", "--no-telemetry",
                                   "--log-level=error", "--lcores", "0@" + std::to_string(core)};
    for (const char* word : {"--no-huge", "--no-shconf", "-m"})
        if (!huge) words.emplace_back(word);
    words.push_back(huge ? "--in-memory" : std::to_string(128 + (mbufs * 4ull >> 10)));
    std::vector<char*> pointers;
    for (auto& word : words) pointers.push_back(word.data());
    if (rte_eal_init(static_cast<int>(pointers.size()), pointers.data()) < 0)
        throw StartupError{1, "DPDK did not start; with no free huge pages use --no-huge"};
}

int run(int argc, char** argv) {
    namespace po = boost::program_options;
    Plan plan;
    Settings settings;
    std::vector<std::uint64_t> macs, routes;
    po::options_description described(
        "bench_wire: the whole path, switched and routed, beside io and macswap, 64-byte frames, in-memory wires");
    auto add = described.add_options();
    add("macs", po::value(&macs)->multitoken(), "addresses (default 1 10000 1000000 16000000)");
    add("routes", po::value(&routes)->multitoken(), "routes (default 1 10000 1000000; with --macs alone none)");
    add("rounds", po::value(&plan.rounds)->default_value(plan.rounds), "of io macswap l2 l2 macswap io");
    add("seconds", po::value(&plan.run_seconds)->default_value(plan.run_seconds), "of each run");
    add("slots", po::value(&settings.slots)->default_value(settings.slots), "of each wire");
    add("slot-size", po::value(&settings.slot_size)->default_value(settings.slot_size), "bytes");
    add("max-frame", po::value(&settings.max_frame)->default_value(settings.max_frame), "size of packet buffers");
    add("worker-core", po::value(&plan.worker_core)->default_value(1), "core that is measured");
    add("neighbours-core", po::value(&plan.neighbours_core)->default_value(0), "core of the frames' source and sink");
    add("one-core", "only this form")("two-cores", "only this form")("in-cache", "only this form");
    add("only-path", "for a profiler: l2 or l3 alone")("no-huge", "4 KB pages");
    add("quick", "3 rounds of 30 ms, 1 and 10,000 addresses or routes")("json", "one object a line")("help",
                                                                                                     "this text");
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
        plan.macs = plan.routes = {1, 10'000};
        plan.rounds = 3;
        plan.run_seconds = 0.03;
    }
    if (!macs.empty() || !routes.empty()) {
        plan.macs = macs;
        plan.routes = routes;
    }
    const bool all = given.count("one-core") + given.count("two-cores") + given.count("in-cache") == 0;
    plan.one_core = all || given.count("one-core") != 0;
    plan.two_cores = (all || given.count("two-cores") != 0) && std::thread::hardware_concurrency() > 1;
    plan.in_cache = all || given.count("in-cache") != 0;
    plan.only_path = given.count("only-path") != 0;
    plan.json = given.count("json") != 0;
    plan.commit = commit();
    settings.huge = given.count("no-huge") == 0 && huge_pages_available(64u << 20);
    weigh_more();
    log::open("bench_wire", log::Level::warning);
    start_eal(settings.huge, settings.mbufs, plan.worker_core);
    bench(plan, settings);
    return 0;
}

}  // namespace
}  // namespace baton::bench

int main(int argc, char** argv) {
    return baton::bench::finish("bench_wire", baton::bench::run, argc, argv);
}
