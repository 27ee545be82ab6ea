// SPDX-License-Identifier: Apache-2.0
// What the L2 FDB costs by itself, on one core, over random addresses: TSC cycles and Mpps for looking up a
// destination, for a destination and a source (a switched frame needs both), and for learning new addresses; beside
// them two floors. `touch` mixes a key and loads one word of its bucket's cache line. `bare` is a table lookup and
// nothing besides: one table, one bucket, eight words compared, the port taken from the one that fits; it knows no
// growth, no second bucket, no flush and no age, so no table that has them can be faster. `of_floor` is bare / lookup.
//
// A run is timed in pieces of 4,096 and counts by its median piece, so that time slices lost to others do not. The
// works take turns, forth and back (A B C, C B A), five times; a figure is the median of its ten runs, with their
// range; ratios are of one pass. A/A is a work's forth against its back. `adds` is dependent additions per TSC cycle at
// that time, so that a slow moment of the machine can be told.
//
// Keys come from a stream of up to 4 M draws with repetition, read in order. The table is as large as the switch would
// make it for that many entries. fdb_scalar is the same program without the AVX2 compare.
#include <x86intrin.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <random>
#include <string_view>
#include <vector>

#include "bench/micro/table.h"
#include "bench/wire/machine.h"

namespace baton::micro {
namespace {

using bench::adds_per_cycle;
using bench::tsc_hz;

constexpr std::uint64_t piece = 4096;
constexpr unsigned passes = 5;

struct Stream {  // keys in bursts of 64; all sources of a burst come from one port
    std::vector<std::uint64_t> destinations, sources;

    explicit Stream(std::uint64_t entries) {
        const std::size_t length = std::max<std::size_t>(1 << 16, std::min<std::uint64_t>(entries, 1 << 22));
        std::mt19937_64 random(entries);
        for (std::size_t i = 0; i < length; ++i) {
            destinations.push_back(key_of(random() % entries));
            const std::uint64_t port = i / fdb_batch % ports;
            sources.push_back(key_of(random() % (entries / ports) * ports + port));
        }
    }
};

std::uint64_t sink = 0;

template <unsigned Batch>
void touch(const Fdb& fdb, const Stream& stream, std::size_t begin) {
    for (std::size_t at = begin; at < begin + piece; at += Batch) {
        const FdbView view = fdb.begin_batch();
        std::uint64_t mixed[Batch];
        for (unsigned i = 0; i < Batch; ++i) {
            const std::uint64_t key = stream.destinations[at + i];
            mixed[i] = view.mix(vlan_of(key), key & 0xffffffffffff);
            view.prefetch(mixed[i]);
        }
        for (unsigned i = 0; i < Batch; ++i) sink += view.bucket(mixed[i]).words[0].load(std::memory_order_relaxed);
    }
}

template <unsigned Batch>
void bare(const Fdb& fdb, const Stream& stream, std::size_t begin) {
    const FdbView view = fdb.begin_batch();
    for (std::size_t at = begin; at < begin + piece; at += Batch) {
        std::uint64_t mixed[Batch];
        for (unsigned i = 0; i < Batch; ++i) {
            const std::uint64_t key = stream.destinations[at + i];
            mixed[i] = view.mix(vlan_of(key), key & 0xffffffffffff);
            view.prefetch(mixed[i]);
        }
        for (unsigned i = 0; i < Batch; ++i) {
            const FdbBucket& bucket = view.bucket(mixed[i]);
            const unsigned lanes = matching(bucket, fdb_name_mask, FdbWord::name(mixed[i], false));
            sink += load(bucket, lanes | 0x80).dest();  // the last word for those that are not here: no branch
        }
    }
}

template <unsigned Batch>
void lookup(const Fdb& fdb, const Stream& stream, std::size_t begin) {
    for (std::size_t at = begin; at < begin + piece; at += Batch) {
        const FdbView view = fdb.begin_batch();
        std::uint64_t mixed[Batch];
        VlanId vlan[Batch];
        std::uint16_t dest[Batch];
        for (unsigned i = 0; i < Batch; ++i) {
            const std::uint64_t key = stream.destinations[at + i];
            vlan[i] = vlan_of(key);
            mixed[i] = view.mix(vlan[i], key & 0xffffffffffff);
            view.prefetch(mixed[i]);
        }
        view.lookup(mixed, vlan, dest, Batch);
        for (unsigned i = 0; i < Batch; ++i) sink += dest[i];
    }
}

template <unsigned Batch>
void both(const Fdb& fdb, const Stream& stream, std::size_t begin) {
    for (std::size_t at = begin; at < begin + piece; at += Batch) {
        FdbView view = fdb.begin_batch();
        std::uint64_t to[Batch], from[Batch];
        VlanId vlan[Batch], source_vlan[Batch];
        std::uint16_t dest[Batch];
        for (unsigned i = 0; i < Batch; ++i) {
            const std::uint64_t key = stream.destinations[at + i], source = stream.sources[at + i];
            vlan[i] = vlan_of(key);
            source_vlan[i] = vlan_of(source);
            to[i] = view.mix(vlan[i], key & 0xffffffffffff);
            from[i] = view.mix(source_vlan[i], source & 0xffffffffffff);
            view.prefetch(to[i]);
            view.prefetch(from[i]);
        }
        const auto counts = view.learn(from, source_vlan, Batch, static_cast<PortId>(1 + at / fdb_batch % ports));
        sink += counts.inserted + counts.moved;
        view.lookup(to, vlan, dest, Batch);
        for (unsigned i = 0; i < Batch; ++i) sink += dest[i];
    }
}

std::uint64_t learn(const Fdb& fdb, std::uint64_t begin, std::uint64_t entries) {
    std::uint64_t learned = 0;
    for (std::uint64_t at = begin; at < std::min(begin + piece, entries); at += 32) {
        FdbView view = fdb.begin_batch();
        for (unsigned port = 0; port < ports; ++port) {
            std::uint64_t mixed[8];
            VlanId vlan[8];
            unsigned count = 0;
            for (std::uint64_t i = at + port; i < std::min(at + 32, entries); i += ports) {
                const std::uint64_t key = key_of(i);
                vlan[count] = vlan_of(key);
                mixed[count] = view.mix(vlan[count], key & 0xffffffffffff);
                view.prefetch(mixed[count++]);
            }
            learned += view.learn(mixed, vlan, count, port_of(port)).inserted;
        }
    }
    return learned;
}

struct Work {
    const char* what;
    unsigned batch;
    void (*run)(const Fdb&, const Stream&, std::size_t);
    std::vector<double> cycles = {};  // forth, back, forth, back
};

/// Cycles an operation by the median piece; `work(begin)` does the operations [begin, begin + piece).
double timed(std::uint64_t operations, std::uint64_t rounds, const std::function<void(std::uint64_t)>& work) {
    std::vector<std::uint64_t> pieces;
    for (std::uint64_t round = 0; round < rounds; ++round)
        for (std::uint64_t at = 0; at < operations; at += piece) {
            const std::uint64_t begin = __rdtsc();
            work(at);
            pieces.push_back((__rdtsc() - begin) * piece / std::min(piece, operations - at));
        }
    std::nth_element(pieces.begin(), pieces.begin() + static_cast<long>(pieces.size() / 2), pieces.end());
    return static_cast<double>(pieces[pieces.size() / 2]) / piece;
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values.empty() ? 0 : values[values.size() / 2];
}

void report(bool json, std::uint64_t entries, const Table& table, const Work& work, double of_floor, double adds) {
    const double cycles = median(work.cycles), mpps = tsc_hz() / cycles / 1e6;
    const auto [least, most] = std::minmax_element(work.cycles.begin(), work.cycles.end());
    std::vector<double> aa;
    for (std::size_t i = 0; i + 1 < work.cycles.size(); i += 2) aa.push_back(work.cycles[i] / work.cycles[i + 1]);
    const char* compare = BATON_FDB_VECTOR ? "avx2" : "scalar";
    if (json)
        std::printf(
            "{\"bench\":\"fdb\",\"what\":\"%s\",\"macs\":%llu,\"batch\":%u,\"compare\":\"%s\",\"cycles\":%.1f,"
            "\"cycles_least\":%.1f,\"cycles_most\":%.1f,\"mpps\":%.1f,\"of_floor\":%.2f,\"runs\":%zu,\"aa\":%.3f,"
            "\"hits\":\"%s\",\"table_bits\":%u,\"huge\":%d,\"adds\":%.2f}\n",
            work.what, static_cast<unsigned long long>(entries), work.batch, compare, cycles, *least, *most, mpps,
            of_floor, work.cycles.size(), median(aa), work.run ? "drawn at random" : "each once", table.bits,
            table.huge, adds);
    else
        std::printf("%9llu  %-14s %5u  %7.1f  %6.1f..%-6.1f %8.1f  %5.2f  %5.2f   %5.2f\n",
                    static_cast<unsigned long long>(entries), work.what, work.batch, cycles, *least, *most, mpps,
                    of_floor, median(aa), adds);
    std::fflush(stdout);
}

void bench(std::uint64_t entries, bool json) {
    const Table table(entries);
    const Fdb fdb(table.mapping.bytes());
    Work learning{"learn new", 8, nullptr};
    std::uint64_t learned = 0;
    double adds = adds_per_cycle();
    for (unsigned pass = 0; pass < passes; ++pass) {
        std::memset(table.mapping.bytes() + fdb_table_offset(table.bits), 0, fdb_table_offset(table.bits));
        learned = 0;
        learning.cycles.push_back(timed(entries, 1, [&](std::uint64_t at) { learned += learn(fdb, at, entries); }));
    }
    report(json, entries, table, learning, 0, adds);
    if (learned < entries)
        std::fprintf(stderr, "%llu of %llu found no room\n", static_cast<unsigned long long>(entries - learned),
                     static_cast<unsigned long long>(entries));
    const Stream stream(entries);
    const std::uint64_t count = stream.destinations.size();
    const std::uint64_t rounds = std::max<std::uint64_t>(1, (1 << 21) / count);
    Work works[] = {{"touch", 32, touch<32>},       {"touch", 64, touch<64>},      {"bare", 32, bare<32>},
                    {"bare", 64, bare<64>},         {"lookup", 32, lookup<32>},    {"lookup", 64, lookup<64>},
                    {"lookup+learn", 32, both<32>}, {"lookup+learn", 64, both<64>}};
    const auto run = [&](Work& work) {
        work.cycles.push_back(timed(count, rounds, [&](std::uint64_t at) { work.run(fdb, stream, at); }));
    };
    for (unsigned pass = 0; pass < passes; ++pass) {
        adds = std::max(adds, adds_per_cycle());
        for (Work& work : works) run(work);
        for (std::size_t i = std::size(works); i-- > 0;) run(works[i]);
    }
    for (const Work& work : works) {
        std::vector<double> to_floor;
        const Work& floor = works[work.batch == 32 ? 2 : 3];
        for (std::size_t i = 0; i < work.cycles.size(); ++i) to_floor.push_back(floor.cycles[i] / work.cycles[i]);
        report(json, entries, table, work, median(to_floor), adds);
    }
}

}  // namespace
}  // namespace baton::micro

int main(int argc, char** argv) {
    bool json = false;
    unsigned core = 1;
    std::vector<std::uint64_t> populations;
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        if (argument == "--json") {
            json = true;
        } else if (argument == "--core" && i + 1 < argc) {
            core = static_cast<unsigned>(std::atoi(argv[++i]));
        } else if (argument == "--macs" && i + 1 < argc) {
            populations.push_back(std::strtoull(argv[++i], nullptr, 10));
        } else {
            std::puts(
                "fdb [--json] [--core N] [--macs COUNT]...   costs of the L2 FDB; default 1000 10000 65536 1000000 "
                "16000000");
            return argument == "--help" ? 0 : 2;
        }
    }
    if (populations.empty()) populations = {1000, 10'000, 65'536, 1'000'000, 16'000'000};
    baton::bench::pin(core);
    if (!json) std::puts("     MACs  what           batch   cycles  least..most       Mpps  floor    A/A    adds");
    for (const auto entries : populations) baton::micro::bench(entries, json);
    return baton::micro::sink == 42 ? 1 : 0;
}
