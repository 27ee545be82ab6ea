// SPDX-License-Identifier: Apache-2.0
// bench_aside: what a worker bears beside frames of addresses that it knows, on the rig of bench_wire. JSON lines.
//
//   learning   every frame has a source never seen before; cycles a frame, and that all of them were learned. The table
//              has room, as growth sees to that (bench/growth measures it growing)
//   counters   what a burst adds to counters is added once more, to counters that nobody reads; cycles a frame
//   journal    on the other core a master writes 10,000 records a second and a slave follows, with the journal's own
//              code; or nothing does. The ratio of the worker's rate with to without: high availability costs nothing
//   workers    four ports and one worker, on either core; the same and two, frames staying with their worker or
//              crossing to the other's ports by the ring between them. All frames are put into the wires first, then
//              the workers run, so that no core is needed for neighbours; order is looked at
//
// Everything is taken in turns and back (A B B A); figures are medians, with the range; A/A is the first form against
// itself. Its wires and pages are bench_wire's.
#include <fmt/core.h>
#include <rte_lcore.h>
#include <x86intrin.h>

#include <boost/program_options.hpp>
#include <iostream>
#include <thread>

#include "bench/program.h"
#include "bench/wire/machine.h"
#include "bench/wire/traffic.h"
#include "sync/base/log.h"
#include "sync/channel/journal.h"

namespace baton::bench {
namespace {

struct Plan {
    unsigned rounds = 10;
    double run_seconds = 0.2;
    std::uint64_t newcomers = 4'000'000;
    unsigned other_core = 0, worker_core = 1;
    std::string commit = "unknown";
};

struct Spread {
    double median = 0, least = 0, most = 0;
};

Spread spread(std::vector<double> values) {
    if (values.empty()) return {};
    std::sort(values.begin(), values.end());
    return {(values[(values.size() - 1) / 2] + values[values.size() / 2]) / 2, values.front(), values.back()};
}

std::string about(const Plan& plan, std::size_t runs, Spread aa) {
    return fmt::format(
        R"("ports":"wire","burst":{},"frame_bytes":{},"runs":{},"aa":{:.3f},"aa_min":{:.3f},"aa_max":{:.3f},)"
        R"("adds_per_cycle":{:.2f},"commit":"{}"}})"
        "\n",
        burst_size, frame_size, runs, aa.median, aa.least, aa.most, adds_per_cycle(), plan.commit);
}

/// Frames whose sources are new each time, to one address that is known behind the other wire.
class Newcomers {
  public:
    explicit Newcomers(std::uint64_t known) : known_(known), next_(known) {}

    void begin_again() { next_ = known_; }

    std::uint64_t shown() const { return next_ - known_; }

    std::uint32_t fill(Rig& rig, unsigned port, std::uint32_t count) {
        WireEnd& end = rig.into(port);
        const std::uint32_t room = end.room(count);
        const std::uint64_t to = Rig::mac(port ^ 1);
        for (std::uint32_t i = 0; i < room; ++i) {
            const std::uint64_t from = Rig::mac(next_++);
            WireSlot& slot = end.to_fill(i);
            slot.length = frame_size;
            const std::uint64_t words[8] = {__builtin_bswap64(to << 16 | from >> 32),
                                            __builtin_bswap64(from << 32 | 0x88b50000), next_};
            std::memcpy(WireEnd::bytes(slot), words, sizeof words);
        }
        end.publish(room);
        return room;
    }

  private:
    std::uint64_t known_, next_;
};

void learning(const Plan& plan, Settings settings) {
    settings.macs = 2;
    settings.room_for = plan.newcomers;
    Rig rig(settings);
    Newcomers newcomers(settings.macs);
    std::vector<double> runs, aa;
    std::uint64_t shown = 0, learned = 0, lost = 0;
    for (unsigned round = 0; round < 2 * plan.rounds; ++round) {
        rig.teach(settings.macs);
        newcomers.begin_again();
        const std::uint64_t before = rig.counters(0).learned;
        std::vector<double> pieces;
        while (newcomers.shown() + 512 <= plan.newcomers) {
            const std::uint32_t in = newcomers.fill(rig, 0, 256) + newcomers.fill(rig, 1, 256);
            const std::uint64_t begin = __rdtsc();
            while (rig.turn(Mode::l2)) {
            }
            pieces.push_back(static_cast<double>(__rdtsc() - begin) / in);
            std::uint32_t out = 0;
            for (unsigned port = 0; port < 2; ++port) {
                const std::uint32_t waiting = rig.out_of(port).waiting(512);
                rig.out_of(port).release(waiting);
                out += waiting;
            }
            lost += in - out;
        }
        shown += newcomers.shown();
        learned += rig.counters(0).learned - before;
        runs.push_back(spread(std::move(pieces)).median);
        if (round % 2 == 1) aa.push_back(runs[round - 1] / runs[round]);
    }
    const Spread cycles = spread(runs);
    fmt::print(
        R"({{"bench":"learning","board":"none","macs":{},"hits":"every source new","cycles":{:.1f},"cycles_min":{:.1f},)"
        R"("cycles_max":{:.1f},"m_per_second":{:.2f},"shown":{},"learned":{},"not_learned":{},"frames_lost":{},)"
        R"("table_bits":{},"huge":{},{})",
        plan.newcomers, cycles.median, cycles.least, cycles.most, tsc_hz() / cycles.median / 1e6, shown, learned,
        shown - learned, lost, rig.table_bits(), rig.table_is_huge(), about(plan, runs.size(), spread(aa)));
}

/// The worker's cycles a frame, over known addresses; `after` follows each turn, within the time.
template <class After>
double run(Rig& rig, Neighbours& neighbours, double seconds, After&& after) {
    constexpr std::uint32_t piece = 256;
    const auto until = __rdtsc() + static_cast<std::uint64_t>(seconds * tsc_hz());
    std::vector<double> pieces;
    while (__rdtsc() < until) {
        const std::uint32_t in = neighbours.fill(rig, 0, piece) + neighbours.fill(rig, 1, piece);
        const std::uint64_t begin = __rdtsc();
        while (rig.turn(Mode::l2)) after();
        pieces.push_back(static_cast<double>(__rdtsc() - begin) / in);
        for (unsigned port = 0; port < 2; ++port) neighbours.drain(rig, port, 2 * piece);
    }
    return spread(std::move(pieces)).median;
}

Settings in_cache(Settings settings) {
    settings.slots = 1024;
    settings.slot_size = 2112;
    return settings;
}

struct Pair {
    std::vector<double> without, with, ratio, aa;

    /// A B B A.
    template <class Without, class With>
    void round(Without&& a, With&& b) {
        const double one = a(), two = b(), three = b(), four = a();
        without.insert(without.end(), {one, four});
        with.insert(with.end(), {two, three});
        ratio.push_back((one + four) / (two + three));
        aa.push_back(one / four);
    }
};

void counters(const Plan& plan, const Settings& settings) {
    Rig rig(in_cache(settings));
    Neighbours neighbours(settings.macs);
    WorkerCounters& spare = rig.counters(max_workers - 1);
    std::uint32_t lengths[burst_size * 16];  // a length to a cache line, as in buffers
    std::fill(std::begin(lengths), std::end(lengths), frame_size);
    const auto count_again = [&] {
        for (PortId id = 1; id <= 2; ++id) {  // both ports had a burst
            std::uint64_t bytes = 0;
            for (int reader = 0; reader < 3; ++reader)  // parse, the outlet's push, its send
                for (unsigned i = 0; i < burst_size; ++i) {
                    asm volatile("" : "+m"(lengths[i * 16]));
                    bytes += lengths[i * 16];
                }
            add(spare.port[id].rx_frames, burst_size);
            add(spare.port[id].rx_bytes, bytes);
            add(spare.port[id].tx_frames, burst_size);
            add(spare.port[id].tx_bytes, bytes);
            add(spare.vlan[1].rx_frames, burst_size);
            add(spare.vlan[1].rx_bytes, bytes);
            add(spare.vlan[1].tx_frames, burst_size);
            add(spare.vlan[1].tx_bytes, bytes);
        }
        add(spare.busy_turns, 1);
        add(spare.turns, 1);
    };
    Pair pair;
    for (unsigned round = 0; round < plan.rounds; ++round)
        pair.round([&] { return run(rig, neighbours, plan.run_seconds, [] {}); },
                   [&] { return run(rig, neighbours, plan.run_seconds, count_again); });
    const Spread once = spread(pair.without), twice = spread(pair.with);
    fmt::print(
        R"({{"bench":"counters","macs":{},"cycles":{:.2f},"cycles_min":{:.2f},"cycles_max":{:.2f},"cycles_counted_twice":{:.2f},)"
        R"("counters_cycles":{:.2f},{})",
        settings.macs, once.median, once.least, once.most, twice.median, twice.median - once.median,
        about(plan, pair.without.size(), spread(pair.aa)));
}

/// A master that writes and a slave that follows, both on the other core, as long as `at_work` says so.
class Boards {
  public:
    static constexpr double records_per_second = 10'000;

    explicit Boards(unsigned core) {
        auto fd = create_arena(ArenaKind::journal, 16 << 20, fingerprint<JournalArena>(), Pages::small);
        if (!fd) throw StartupError{1, fd.error().what};
        auto mapping = map_arena(fd->get(), ArenaKind::journal, fingerprint<JournalArena>(), Access::read_write);
        if (!mapping) throw StartupError{1, mapping.error().what};
        mapping_ = std::move(*mapping);
        format_journal(*mapping_.as<JournalArena>());
        master_ = std::thread([this, core] { write(core); });
        slave_ = std::thread([this, core] { follow(core); });
    }

    ~Boards() {
        stop_ = true;
        master_.join();
        slave_.join();
    }

    void at_work(bool now) { at_work_ = now; }

    std::uint64_t written() const { return mapping_.as<JournalArena>()->sequence; }

    std::uint64_t followed() const { return followed_; }

  private:
    void write(unsigned core) {
        pin(core);
        JournalWriter writer(*mapping_.as<JournalArena>(), 1, 0);
        std::uint8_t payload[100] = {1, 2, 3};  // an address that an engine has learnt, a line of configuration
        Time due = monotonic_now();
        while (!stop_) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
            if (!at_work_) {
                due = monotonic_now();
                continue;
            }
            for (const Time now = monotonic_now(); due < now;
                 due = due + nanoseconds(static_cast<std::int64_t>(1e9 / records_per_second))) {
                if (writer.used() > writer.capacity() / 2) {
                    writer.begin_snapshot();
                    writer.end_snapshot();
                }
                if (!writer.append(1, 1, 0, payload)) return;
            }
        }
    }

    void follow(unsigned core) {
        pin(core);
        JournalReader reader(*mapping_.as<JournalArena>());
        JournalRecord record;
        while (!stop_) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
            for (JournalRead read; (read = reader.next(record)) != JournalRead::nothing;) {
                if (read == JournalRead::record)
                    ++followed_;
                else
                    reader.restart();
            }
        }
    }

    Mapping mapping_;
    std::atomic<bool> stop_ = false, at_work_ = false;
    std::atomic<std::uint64_t> followed_ = 0;
    std::thread master_, slave_;
};

void journal(const Plan& plan, const Settings& settings) {
    Rig rig(settings);
    Neighbours neighbours(settings.macs);
    Boards boards(plan.other_core);
    Pair pair;
    double busy_seconds = 0;
    for (unsigned round = 0; round < plan.rounds; ++round)
        pair.round([&] { return run(rig, neighbours, plan.run_seconds, [] {}); },
                   [&] {
                       boards.at_work(true);
                       const Time begin = monotonic_now();
                       const double cycles = run(rig, neighbours, plan.run_seconds, [] {});
                       busy_seconds += (monotonic_now() - begin).seconds();
                       boards.at_work(false);
                       return cycles;
                   });
    const Spread ratio = spread(pair.ratio), without = spread(pair.without), with = spread(pair.with);
    fmt::print(
        R"({{"bench":"journal","macs":{},"cycles_without":{:.2f},"cycles_with":{:.2f},"rate_kept":{:.4f},"rate_kept_min":{:.4f},)"
        R"("rate_kept_max":{:.4f},"records_per_second":{:.0f},"followed":{},{})",
        settings.macs, without.median, with.median, ratio.median, ratio.least, ratio.most,
        static_cast<double>(boards.written()) / busy_seconds, boards.followed(),
        about(plan, pair.without.size(), spread(pair.aa)));
}

/// Four ports, and workers that run at once when told to, until all frames are out.
class Team {
  public:
    Team(Settings settings, std::vector<unsigned> cores) : rig_(settings), cores_(std::move(cores)) {
        for (unsigned i = 0; i < cores_.size(); ++i) threads_.emplace_back([this, i] { work(i); });
    }

    ~Team() {
        stop_ = true;
        for (auto& thread : threads_) thread.join();
    }

    Rig& rig() { return rig_; }

    /// Cycles a frame of the whole team, or 0 when frames went astray, which the machine's pauses may do.
    double run(Neighbours& neighbours, std::uint32_t each) {
        total_ = 0;
        const std::uint64_t astray = rig_.astray();
        for (unsigned port = 0; port < rig_.ports(); ++port) total_ += neighbours.fill(rig_, port, each);
        base_ = sent();
        done_ = 0;
        go_.fetch_add(1, std::memory_order_release);
        while (done_.load(std::memory_order_acquire) < threads_.size())
            std::this_thread::sleep_for(std::chrono::microseconds(200));
        for (unsigned port = 0; port < rig_.ports(); ++port) neighbours.drain(rig_, port, 2 * each);
        if (rig_.astray() != astray) return 0;
        const auto [first, unused] = std::minmax_element(begins_, begins_ + threads_.size());
        const auto [also_unused, last] = std::minmax_element(ends_, ends_ + threads_.size());
        return static_cast<double>(*last - *first) / static_cast<double>(total_);
    }

  private:
    std::uint64_t sent() const {
        std::uint64_t sum = 0;
        for (unsigned worker = 0; worker < cores_.size(); ++worker) {
            const WorkerCounters& counters = rig_.counters(worker);
            for (PortId id = 1; id <= 4; ++id) {
                sum += counters.port[id].tx_frames;
                for (const auto& drop : counters.drops[id]) sum += drop;
            }
        }
        return sum;
    }

    void work(unsigned i) {
        pin(cores_[i]);
        rte_thread_register();
        for (unsigned seen = 0; !stop_;) {
            if (go_.load(std::memory_order_acquire) == seen) {
                std::this_thread::sleep_for(std::chrono::microseconds(50));
                continue;
            }
            ++seen;
            // The others may still be asleep: all begin together.
            ready_.fetch_add(1);
            while (ready_.load() < seen * threads_.size()) {
            }
            std::uint64_t last = begins_[i] = __rdtsc();
            while (true) {
                if (rig_.worker(i).turn())
                    last = __rdtsc();
                else if (sent() - base_ >= total_)
                    break;
            }
            ends_[i] = last;
            done_.fetch_add(1, std::memory_order_release);
        }
        rte_thread_unregister();
    }

    Rig rig_;
    std::vector<unsigned> cores_;
    std::atomic<bool> stop_ = false;
    std::atomic<unsigned> go_ = 0, done_ = 0;
    std::atomic<std::size_t> ready_ = 0;
    std::uint64_t total_ = 0, base_ = 0;
    std::uint64_t begins_[2] = {}, ends_[2] = {};
    std::vector<std::thread> threads_;
};

void workers(const Plan& plan, Settings settings) {
    if (std::thread::hardware_concurrency() < 2) return;
    constexpr std::uint32_t each = 1000;  // of two ports they fit into the ring between workers
    settings.ports = 4;
    settings.slots = 4096;
    settings.slot_size = 136;
    Team first(settings, {plan.other_core}), second(settings, {plan.worker_core});
    settings.workers = 2;
    Team both(settings, {plan.other_core, plan.worker_core});

    struct Form {
        const char* name;
        Team& team;
        Neighbours neighbours;
        std::vector<double> runs = {};
        unsigned void_pieces = 0;
    };

    // Ports n and n ^ 2 are of one worker, n and n ^ 1 of two.
    Form forms[] = {{"one, on the first core", first, Neighbours(settings.macs, Sources::drawn, 4, 2)},
                    {"one, on the second core", second, Neighbours(settings.macs, Sources::drawn, 4, 2)},
                    {"two, frames stay", both, Neighbours(settings.macs, Sources::drawn, 4, 2)},
                    {"two, frames cross", both, Neighbours(settings.macs, Sources::drawn, 4, 1)}};
    const auto measure = [&](Form& form) {
        std::vector<double> pieces;
        const Time until = monotonic_now() + nanoseconds(static_cast<std::int64_t>(plan.run_seconds * 1e9));
        while (monotonic_now() < until) {
            const double cycles = form.team.run(form.neighbours, each);
            if (cycles > 0)
                pieces.push_back(cycles);
            else
                ++form.void_pieces;
        }
        form.runs.push_back(spread(std::move(pieces)).median);
    };
    pin(plan.other_core);
    const double before = ping_pong_cycles(plan.worker_core);
    for (unsigned round = 0; round < plan.rounds; ++round) {
        for (Form& form : forms) measure(form);
        for (std::size_t i = std::size(forms); i-- > 0;) measure(forms[i]);
    }
    const double after = ping_pong_cycles(plan.worker_core);
    const double one = (spread(forms[0].runs).median + spread(forms[1].runs).median) / 2;
    for (const Form& form : forms) {
        std::vector<double> aa;
        for (std::size_t i = 0; i + 1 < form.runs.size(); i += 2) aa.push_back(form.runs[i] / form.runs[i + 1]);
        const Spread cycles = spread(form.runs);
        fmt::print(
            R"({{"bench":"workers","form":"{}","macs":{},"mpps":{:.2f},"cycles":{:.2f},"cycles_min":{:.2f},"cycles_max":{:.2f},)"
            R"("scaling":{:.2f},"out_of_order":{},"void_pieces":{},"ping_pong_before":{:.0f},"ping_pong_after":{:.0f},{})",
            form.name, settings.macs, cycles.median > 0 ? tsc_hz() / cycles.median / 1e6 : 0, cycles.median,
            cycles.least, cycles.most, cycles.median > 0 ? one / cycles.median : 0, form.neighbours.disorder(),
            form.void_pieces, before, after, about(plan, form.runs.size(), spread(aa)));
    }
}

int run(int argc, char** argv) {
    namespace po = boost::program_options;
    Plan plan;
    Settings settings;
    std::string only;
    po::options_description described("bench_aside: what a worker bears beside frames of addresses that it knows");
    auto add = described.add_options();
    add("only", po::value(&only), "learning, counters, journal or workers");
    add("rounds", po::value(&plan.rounds)->default_value(plan.rounds), "of A B B A");
    add("seconds", po::value(&plan.run_seconds)->default_value(plan.run_seconds), "of each run");
    add("macs", po::value(&settings.macs)->default_value(settings.macs), "addresses that are known");
    add("newcomers", po::value(&plan.newcomers)->default_value(plan.newcomers), "addresses to learn");
    add("commit", po::value(&plan.commit)->default_value(plan.commit), "named in the results");
    add("quick", "3 rounds of 50 ms, 500,000 newcomers")("no-huge", "4 KB pages")("help", "this text");
    po::variables_map given;
    po::store(po::parse_command_line(argc, argv, described), given);
    po::notify(given);
    if (given.count("help") != 0) {
        std::cout << described;
        return 0;
    }
    if (given.count("quick") != 0) {
        plan.rounds = 3;
        plan.run_seconds = 0.05;
        plan.newcomers = 500'000;
    }
    settings.huge = given.count("no-huge") == 0 && huge_pages_available(64u << 20);
    weigh_more();
    log::open("bench_aside", log::Level::warning);
    start_eal("bench_aside", settings.huge, 6 * settings.mbufs, plan.worker_core);
    pin(plan.worker_core);
    const std::pair<const char*, void (*)(const Plan&, Settings)> parts[] = {
        {"learning", learning},
        {"counters", [](const Plan& p, Settings s) { counters(p, s); }},
        {"journal", [](const Plan& p, Settings s) { journal(p, s); }},
        {"workers", workers}};
    for (const auto& [name, part] : parts)
        if (only.empty() || only == name) {
            pin(plan.worker_core);
            part(plan, settings);
            std::fflush(stdout);
        }
    return 0;
}

}  // namespace
}  // namespace baton::bench

int main(int argc, char** argv) {
    return baton::bench::finish("bench_aside", baton::bench::run, argc, argv);
}
