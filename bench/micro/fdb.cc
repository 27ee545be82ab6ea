// SPDX-License-Identifier: Apache-2.0
// What the L2 FDB costs by itself, on one core, over random addresses: TSC cycles and Mpps for looking up a
// destination, for a destination and a source (a switched frame needs both), for learning new addresses, and, as the
// floor, for merely mixing a key and touching its bucket's cache line. A run is timed in pieces of 4,096 and counts by
// its median piece, so that time slices lost to others do not; each figure is the median of five runs, with their
// range. `adds` is dependent additions per TSC cycle at that time, so that a slow moment of the machine can be told.
//
// Keys come from a stream of up to 4 M draws with repetition, read in order. The table is as large as the switch would
// make it for that many entries. fdb_scalar is the same program without the AVX2 compare.
#include <sched.h>
#include <sys/resource.h>
#include <x86intrin.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <random>
#include <string_view>
#include <vector>

#include "dataplane/table/fdb_maintain.h"

namespace baton {
namespace {

constexpr unsigned ports = 4;
constexpr std::uint64_t piece = 4096;
constexpr std::uint64_t seed = 0x1234567;

std::uint64_t scramble(std::uint64_t i) {  // a bijection, so that addresses differ
    i = (i ^ i >> 30) * 0xbf58476d1ce4e5b9ull;
    i = (i ^ i >> 27) * 0x94d049bb133111ebull;
    return i ^ i >> 31;
}

std::uint64_t key_of(std::uint64_t i) {
    return fdb_key(static_cast<VlanId>(1 + i % 8), (i << 20 | (scramble(i) & 0xfffff)) & 0xfeffffffffffull);
}

PortId port_of(std::uint64_t i) {
    return static_cast<PortId>(1 + i % ports);
}

VlanId vlan_of(std::uint64_t key) {
    return static_cast<VlanId>(key >> 48);
}

struct Table {
    Fd fd;
    Mapping mapping;
    unsigned bits;
    bool huge;

    explicit Table(std::uint64_t entries)
        : bits(fdb_bits_for(entries)), huge(huge_pages_available(fdb_table_offset(bits) + (4 << 20))) {
        auto made = create_arena(ArenaKind::fdb, fdb_arena_size, fingerprint<FdbControl>(),
                                 huge ? Pages::huge : Pages::small, sizeof(FdbControl));
        if (!made || !allocate(made->get(), fdb_table_offset(bits), fdb_table_offset(bits))) {
            std::fputs("no memory for the table\n", stderr);
            std::exit(1);
        }
        fd = std::move(*made);
        auto mapped = map_arena(fd.get(), ArenaKind::fdb, fingerprint<FdbControl>(), Access::read_write);
        if (!mapped) std::exit(1);
        mapping = std::move(*mapped);
        auto& control = *mapping.as<FdbControl>();
        control.seed = seed;
        control.max_bits = bits;
        control.shape = FdbShape{bits, 0, 0}.word();
        for (std::uint64_t at = 0; at < fdb_table_offset(bits); at += 4096)  // map it all
            static_cast<volatile std::byte*>(mapping.bytes() + fdb_table_offset(bits))[at] = std::byte{0};
    }
};

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

double adds_per_cycle() {
    std::uint64_t x = 1;
    const std::uint64_t begin = __rdtsc();
    for (int i = 0; i < 1'000'000; ++i) asm volatile("add $1, %0" : "+r"(x));
    return 1e6 / static_cast<double>(__rdtsc() - begin);
}

double tsc_hz() {
    static const double hz = [] {
        const Time begin = monotonic_now();
        const std::uint64_t tsc = __rdtsc();
        while ((monotonic_now() - begin) < milliseconds(50)) {
        }
        const std::uint64_t passed = __rdtsc() - tsc;
        return static_cast<double>(passed) / (monotonic_now() - begin).seconds();
    }();
    return hz;
}

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

struct Figure {
    double median, least, most, adds;  // cycles per operation
};

/// `work(begin)` does the operations [begin, begin + piece).
Figure measure(std::uint64_t operations, std::uint64_t rounds, const std::function<void()>& prepare,
               const std::function<void(std::uint64_t)>& work) {
    std::array<double, 5> runs{};
    double adds = 0;
    for (double& run : runs) {
        if (prepare) prepare();
        adds = std::max(adds, adds_per_cycle());
        std::vector<std::uint64_t> pieces;
        for (std::uint64_t round = 0; round < rounds; ++round)
            for (std::uint64_t at = 0; at < operations; at += piece) {
                const std::uint64_t begin = __rdtsc();
                work(at);
                pieces.push_back((__rdtsc() - begin) * piece / std::min(piece, operations - at));
            }
        std::nth_element(pieces.begin(), pieces.begin() + static_cast<long>(pieces.size() / 2), pieces.end());
        run = static_cast<double>(pieces[pieces.size() / 2]) / piece;
    }
    std::sort(runs.begin(), runs.end());
    return {runs[2], runs[0], runs[4], adds};
}

void report(bool json, std::uint64_t entries, const Table& table, const char* what, unsigned batch, Figure figure) {
    const double mpps = tsc_hz() / figure.median / 1e6;
    const char* compare = BATON_FDB_VECTOR ? "avx2" : "scalar";
    if (json)
        std::printf(
            "{\"bench\":\"fdb\",\"what\":\"%s\",\"macs\":%llu,\"batch\":%u,\"compare\":\"%s\",\"cycles\":%.1f,"
            "\"cycles_least\":%.1f,\"cycles_most\":%.1f,\"mpps\":%.1f,\"table_bits\":%u,\"huge\":%d,\"adds\":%.2f}\n",
            what, static_cast<unsigned long long>(entries), batch, compare, figure.median, figure.least, figure.most,
            mpps, table.bits, table.huge, figure.adds);
    else
        std::printf("%9llu  %-14s %5u  %7.1f  %6.1f..%-6.1f %8.1f   %5.2f\n", static_cast<unsigned long long>(entries),
                    what, batch, figure.median, figure.least, figure.most, mpps, figure.adds);
    std::fflush(stdout);
}

void bench(std::uint64_t entries, bool json) {
    const Table table(entries);
    const Fdb fdb(table.mapping.bytes());
    const auto clear = [&] {
        std::memset(table.mapping.bytes() + fdb_table_offset(table.bits), 0, fdb_table_offset(table.bits));
    };
    std::uint64_t learned = 0;
    const auto begin = [&] {
        clear();
        learned = 0;
    };
    report(json, entries, table, "learn new", 8,
           measure(entries, 1, begin, [&](std::uint64_t at) { learned += learn(fdb, at, entries); }));
    if (learned < entries)
        std::fprintf(stderr, "%llu of %llu found no room\n", static_cast<unsigned long long>(entries - learned),
                     static_cast<unsigned long long>(entries));
    const Stream stream(entries);
    const std::uint64_t count = stream.destinations.size();
    const std::uint64_t rounds = std::max<std::uint64_t>(1, (1 << 22) / count);
    const auto run = [&](const char* what, unsigned batch, void (*work)(const Fdb&, const Stream&, std::size_t)) {
        report(json, entries, table, what, batch,
               measure(count, rounds, {}, [&](std::uint64_t at) { work(fdb, stream, at); }));
    };
    run("touch", 32, touch<32>);
    run("touch", 64, touch<64>);
    run("lookup", 32, lookup<32>);
    run("lookup", 64, lookup<64>);
    run("lookup+learn", 32, both<32>);
    run("lookup+learn", 64, both<64>);
}

}  // namespace
}  // namespace baton

int main(int argc, char** argv) {
    bool json = false;
    int core = 1;
    std::vector<std::uint64_t> populations;
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        if (argument == "--json") {
            json = true;
        } else if (argument == "--core" && i + 1 < argc) {
            core = std::atoi(argv[++i]);
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
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(static_cast<unsigned>(core), &cpus);
    sched_setaffinity(0, sizeof cpus, &cpus);
    setpriority(PRIO_PROCESS, 0, -20);
    if (!json) std::puts("     MACs  what           batch   cycles  least..most       Mpps    adds");
    for (const auto entries : populations) baton::bench(entries, json);
    return baton::sink == 42 ? 1 : 0;
}
