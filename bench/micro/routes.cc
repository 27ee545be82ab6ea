// SPDX-License-Identifier: Apache-2.0
// What routes cost by themselves, on one core: TSC cycles and millions a second for looking up random destinations,
// beside DPDK's rte_lpm, rte_fib and rte_fib6 with the same prefixes in the same process; how many routes a second can
// be set, said again, led elsewhere and deleted; what the failure of the next hop of all of them costs; and bytes a
// route.
//
//   lookup        the longest prefix's leaf            lookup+hop    and the word of the adjacency that it leads to
//   lpm fib fib6  the next hop's number
//
// `of_best` is the fastest rival's cycles / ours, in the same pass. Runs are timed in pieces of 4,096 and count by
// their median piece; works take turns, forth and back, five times; a figure is the median of its ten runs, with their
// range. A/A is a work's forth against its back; `adds` is dependent additions per TSC cycle, so that a slow moment can
// be told.
#include <x86intrin.h>

#include <algorithm>
#include <functional>
#include <string_view>

#include "bench/micro/routes_rivals.h"
#include "bench/micro/routes_table.h"
#include "bench/wire/machine.h"

namespace baton::micro {
namespace {

using bench::adds_per_cycle;
using bench::tsc_hz;

constexpr std::size_t piece = 4096, stream_size = 1 << 20;
constexpr unsigned passes = 5, batch = routes_batch;

std::uint64_t sink = 0;

struct Stream {
    std::vector<IpBits> v6;
    std::vector<std::uint32_t> v4;
    std::vector<std::uint8_t> bytes;

    Stream(Family family, const std::vector<IpPrefix>& prefixes) : v6(destinations(prefixes, stream_size)) {
        for (const IpBits& address : v6) {
            v4.push_back(address.v4());
            if (family == Family::ipv6)
                for (unsigned n = 0; n < 16; ++n) bytes.push_back(address.byte(n));
        }
    }

    const std::uint8_t (*packets(std::size_t at) const)[16] {
        return reinterpret_cast<const std::uint8_t(*)[16]>(bytes.data() + at * 16);
    }
};

struct Work {
    const char* what;
    bool ours;
    std::function<void(std::size_t)> burst;  // the batch of the stream from here
    std::vector<double> cycles = {};         // forth, back, forth, back
};

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values.empty() ? 0 : values[values.size() / 2];
}

/// Cycles an operation by the median piece; `work(begin, end)` does the operations between.
double timed(std::size_t operations, const std::function<void(std::size_t, std::size_t)>& work) {
    std::vector<double> pieces;
    for (std::size_t at = 0; at < operations; at += piece) {
        const std::size_t end = std::min(operations, at + piece);
        const std::uint64_t begin = __rdtsc();
        work(at, end);
        pieces.push_back(static_cast<double>(__rdtsc() - begin) / static_cast<double>(end - at));
    }
    return median(pieces);
}

void run(Work& work) {
    work.cycles.push_back(timed(stream_size, [&](std::size_t at, std::size_t end) {
        for (; at < end; at += batch) work.burst(at);
    }));
}

struct Report {
    bool json;
    Family family;
    std::size_t count;
    bool huge;

    void line(const char* what, const char* unit, double value, double least, double most, double aa,
              double of_best) const {
        const char* name = family == Family::ipv4 ? "ipv4" : "ipv6";
        if (json)
            std::printf(
                "{\"bench\":\"routes\",\"family\":\"%s\",\"routes\":%zu,\"what\":\"%s\",\"%s\":%.4g,\"least\":%.4g,"
                "\"most\":%.4g,\"aa\":%.3f,\"of_best\":%.2f,\"mpps\":%.1f,\"huge\":%d,\"adds\":%.2f}\n",
                name, count, what, unit, value, least, most, aa, of_best,
                std::string_view(unit) == "cycles" ? tsc_hz() / value / 1e6 : 0.0, huge, adds_per_cycle());
        else
            std::printf("%s %9zu  %-16s %10.4g %-12s %8.4g..%-10.4g %5.2f  %5.2f\n", name, count, what, value, unit,
                        least, most, aa, of_best);
        std::fflush(stdout);
    }

    void figure(const char* what, const char* unit, double value) const { line(what, unit, value, value, value, 0, 0); }
};

std::vector<Work> works_of(Family family, const Routes& routes, const Stream& stream, const Rivals& rivals) {
    const auto look = [&routes, &stream, family](std::size_t at, Leaf* leaves) {
        if (family == Family::ipv4)
            routes.lookup4(&stream.v4[at], leaves, batch);
        else
            routes.lookup6(&stream.v6[at], leaves, batch);
    };
    static const std::vector<std::uint64_t> up(64, ~0ull);
    std::vector<Work> works{
        {"lookup", true,
         [look](std::size_t at) {
             Leaf leaves[batch];
             look(at, leaves);
             for (const Leaf leaf : leaves) sink += leaf.word;
         }},
        {"lookup+hop", true, [look, &routes](std::size_t at) {
             Leaf leaves[batch];
             look(at, leaves);
             for (const Leaf leaf : leaves)
                 sink +=
                     routes.adjacency(routes.choose(leaf, leaf.word, up.data())).word.load(std::memory_order_relaxed);
         }}};
    if (rivals.has_lpm())
        works.push_back({"lpm", false, [&](std::size_t at) { sink += rivals.lpm(&stream.v4[at], batch); }});
    if (rivals.has_fib() && family == Family::ipv4)
        works.push_back({"fib", false, [&](std::size_t at) { sink += rivals.fib(&stream.v4[at], batch); }});
    if (rivals.has_fib() && family == Family::ipv6)
        works.push_back({"fib6", false, [&](std::size_t at) { sink += rivals.fib6(stream.packets(at), batch); }});
    return works;
}

void lookups(const Report& report, std::vector<Work> works) {
    for (unsigned pass = 0; pass < passes; ++pass) {
        for (Work& work : works) run(work);
        for (std::size_t i = works.size(); i-- > 0;) run(works[i]);
    }
    for (const Work& work : works) {
        std::vector<double> aa, of_best;
        for (std::size_t i = 0; i < work.cycles.size(); ++i) {
            if (i % 2 == 1) aa.push_back(work.cycles[i - 1] / work.cycles[i]);
            double best = 0;
            for (const Work& rival : works)
                if (!rival.ours && (best == 0 || rival.cycles[i] < best)) best = rival.cycles[i];
            of_best.push_back(best / work.cycles[i]);
        }
        const auto [least, most] = std::minmax_element(work.cycles.begin(), work.cycles.end());
        report.line(work.what, "cycles", median(work.cycles), *least, *most, median(aa), median(of_best));
    }
}

/// Each of the prefixes once, in another order each time; grace passes as it does beside workers that turn.
void changes(const Report& report, RouteTable& table, std::vector<IpPrefix> prefixes) {
    std::mt19937_64 random(5);
    Time now{1};
    const auto all = [&](const char* what, const std::function<void(const IpPrefix&, std::size_t)>& change) {
        std::shuffle(prefixes.begin(), prefixes.end(), random);
        const double cycles = timed(prefixes.size(), [&](std::size_t at, std::size_t end) {
            for (; at < end; ++at) {
                change(prefixes[at], at);
                if (at % 256 == 0) table.keeper->turn(now = now + microseconds(100), {}, true);
            }
        });
        report.figure(what, "per_second", tsc_hz() / cycles);
    };
    all("said again", [&](const IpPrefix& prefix, std::size_t) { table.set(prefix, 0); });
    all("other hop", [&](const IpPrefix& prefix, std::size_t at) { table.set(prefix, static_cast<unsigned>(1 + at)); });
    all("all to one hop", [&](const IpPrefix& prefix, std::size_t) { table.set(prefix, 0); });
    std::vector<double> fails;
    for (int n = 0; n < 9; ++n) {
        const std::uint64_t begin = __rdtsc();
        table.keeper->delete_neighbor(10, report.family, gateway(report.family, 0));
        fails.push_back(static_cast<double>(__rdtsc() - begin));
        table.keeper->set_neighbor(10, report.family, gateway(report.family, 0), Mac::of(0x020000000000), 1);
    }
    report.figure("hop of all fails", "cycles", median(fails));
    all("delete", [&](const IpPrefix& prefix, std::size_t) { table.keeper->remove(Owner::routing, prefix); });
}

void bench(Family family, std::size_t count, bool json, bool rivals_too) {
    const auto all = prefixes(family, count);
    RouteTable table;
    const Report report{json, family, count, table.huge};
    std::vector<unsigned> hops(all.size());
    const double set = timed(all.size(), [&](std::size_t at, std::size_t end) {
        for (; at < end; ++at) table.set(all[at], static_cast<unsigned>(at));
    });
    report.figure("set", "per_second", tsc_hz() / set);
    report.figure("memory", "bytes_a_route", static_cast<double>(table.memory()) / static_cast<double>(count));
    {
        const Rivals rivals(family, rivals_too ? all : std::vector<IpPrefix>{});
        if (rivals.lpm_adds > 0) report.figure("lpm set", "per_second", rivals.lpm_adds);
        if (rivals.fib_adds > 0) report.figure("fib set", "per_second", rivals.fib_adds);
        const Stream stream(family, all);
        const Routes routes(table.mapping.bytes());
        lookups(report, works_of(family, routes, stream, rivals));
    }
    for (std::size_t n = 0; n < all.size(); ++n) table.set(all[n], 0);
    changes(report, table, all);
}

}  // namespace
}  // namespace baton::micro

int main(int argc, char** argv) {
    using baton::Family;
    bool json = false, v4 = true, v6 = true, alone = false;
    unsigned core = 1;
    std::vector<std::size_t> populations;
    constexpr std::size_t most_of_ipv6 = 1'000'000;  // the table's nodes end before 2 million
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        if (argument == "--json") {
            json = true;
        } else if (argument == "--ipv4") {
            v6 = false;
        } else if (argument == "--ipv6") {
            v4 = false;
        } else if (argument == "--alone") {
            alone = true;
        } else if (argument == "--core" && i + 1 < argc) {
            core = static_cast<unsigned>(std::atoi(argv[++i]));
        } else if (argument == "--routes" && i + 1 < argc) {
            populations.push_back(std::strtoull(argv[++i], nullptr, 10));
        } else {
            std::puts(
                "routes [--json] [--core N] [--ipv4 | --ipv6] [--alone] [--routes COUNT]...   costs of routes; default "
                "1 10000 1000000, and 2000000 of IPv4");
            return argument == "--help" ? 0 : 2;
        }
    }
    const bool named = !populations.empty();
    if (!named) populations = {1, 10'000, 1'000'000, 2'000'000};
    const bool huge = baton::huge_pages_available(std::size_t{2} << 30);
    const bool rivals = !alone && baton::micro::start_eal(huge);
    if (!rivals && !alone) std::fputs("EAL does not start: no rivals beside\n", stderr);
    baton::bench::pin(core);
    if (!json)
        std::puts("        routes  what                  value unit            least..most         A/A  of_best");
    for (const auto count : populations) {
        if (v4) baton::micro::bench(Family::ipv4, count, json, rivals);
        if (v6 && (named || count <= most_of_ipv6)) baton::micro::bench(Family::ipv6, count, json, rivals);
    }
    return baton::micro::sink == 42 ? 1 : 0;
}
