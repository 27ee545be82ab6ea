// SPDX-License-Identifier: Apache-2.0
// What keeping the FDB costs, beside using it (fdb.cc):
//
//   memory    bytes per MAC at the load at which the table grows, which is as full as it gets, and the load at which
//             the first address found no room
//   flush     of a port with all of the table's addresses: cycles of the call, and the time until a reader on another
//             core sees it. It must not depend on their number
//   aging     cycles more for a source not seen in this epoch, which renews its age; what that is for a frame, with the
//             default aging time and every address speaking all the time; and the sweep's share of the other core
//
// Nothing else writes, as on a switch in that moment. Medians, with the range; the keeper is here, the reader on
// core 1.
#include <pthread.h>
#include <x86intrin.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <string_view>
#include <thread>
#include <vector>

#include "bench/micro/table.h"
#include "bench/wire/machine.h"

namespace baton::micro {
namespace {

constexpr unsigned batch = 64;
constexpr std::uint32_t default_aging_s = 300;
constexpr double line_rate = 14.88e6;

struct Spread {
    double median, least, most;
};

Spread spread(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return {values[values.size() / 2], values.front(), values.back()};
}

struct Kept {
    Table table;
    Fdb fdb;
    FdbMaintenance keeper;
    Time now{seconds(1000).ns};

    explicit Kept(std::uint64_t entries)
        : table(entries),
          fdb(table.mapping.bytes()),
          keeper(std::move(*FdbMaintenance::open(table.fd.get(), table.mapping.bytes(), table.bits, seed, now))) {}

    FdbControl& control() { return *table.mapping.as<FdbControl>(); }

    /// All at one port; how many are known to be there now, and cycles for each.
    std::uint64_t teach(std::uint64_t entries, PortId port, double* cycles = nullptr) {
        std::uint64_t known = 0;
        std::vector<double> pieces;
        for (std::uint64_t at = 0; at < entries; at += batch) {
            const auto count = static_cast<unsigned>(std::min<std::uint64_t>(batch, entries - at));
            std::uint64_t keys[batch], mixed[batch];
            VlanId vlan[batch];
            for (unsigned i = 0; i < count; ++i) keys[i] = key_of(at + i);
            const std::uint64_t begin = __rdtsc();
            FdbView view = fdb.begin_batch();
            for (unsigned i = 0; i < count; ++i) {
                vlan[i] = vlan_of(keys[i]);
                mixed[i] = view.mix(vlan[i], keys[i] & 0xffffffffffff);
                view.prefetch(mixed[i]);
            }
            const LearnCounts counts = view.learn(mixed, vlan, count, port);
            pieces.push_back(static_cast<double>(__rdtsc() - begin) / count);
            known += count - counts.full - counts.lost;
        }
        if (cycles) *cycles = spread(std::move(pieces)).median;
        return known;
    }

    /// Turns until nothing is left to do, as the applier would; how long the whole sweep took.
    double settle() {
        const std::uint64_t begin = __rdtsc();
        while (keeper.turn(now, {})) {
        }
        return static_cast<double>(__rdtsc() - begin) / bench::tsc_hz();
    }
};

void memory(unsigned bits) {
    const std::uint64_t slots = std::uint64_t{fdb_bucket_slots} << bits, full_load = slots * 7 / 10;
    Kept kept(full_load);
    if (kept.table.bits != bits) return;
    std::uint64_t first_refused = 0, refused_at_load = 0;
    for (std::uint64_t i = 0; i < slots && (first_refused == 0 || i < full_load); ++i) {
        const std::uint64_t key = key_of(i);
        FdbView view = kept.fdb.begin_batch();
        const Learn how = view.learn(view.mix(vlan_of(key), key & 0xffffffffffff), vlan_of(key), 1);
        if (how == Learn::inserted) continue;
        if (first_refused == 0) first_refused = i;
        refused_at_load += i < full_load;
    }
    const double bytes = static_cast<double>(fdb_table_offset(bits)) / static_cast<double>(full_load - refused_at_load);
    std::printf(
        "{\"bench\":\"fdb-memory\",\"macs\":%llu,\"bytes_per_mac\":%.2f,\"load\":0.7,\"found_no_room\":%llu,"
        "\"first_without_room_at_load\":%.3f,\"table_bits\":%u}\n",
        static_cast<unsigned long long>(full_load), bytes, static_cast<unsigned long long>(refused_at_load),
        static_cast<double>(first_refused) / static_cast<double>(slots), bits);
}

void flush(std::uint64_t entries, unsigned rounds) {
    Kept kept(entries);
    const std::uint64_t key = key_of(entries / 2);
    std::atomic<std::uint64_t> seen_gone = 0;
    std::atomic<bool> seen_there = false, stop = false;
    std::thread reader([&] {
        bench::pin(1);
        for (bool there = false; !stop.load(std::memory_order_relaxed);) {
            const FdbView view = kept.fdb.begin_batch();
            const bool found = view.lookup(view.mix(vlan_of(key), key & 0xffffffffffff), vlan_of(key)) == 1;
            if (there && !found) seen_gone.store(__rdtsc(), std::memory_order_release);
            if (there != found) seen_there.store(found, std::memory_order_release);
            there = found;
        }
    });
    std::vector<double> call_us, effect_us;
    const double us = 1e6 / bench::tsc_hz();
    std::uint64_t known = 0;
    for (unsigned round = 0; round < rounds; ++round) {
        known = kept.teach(entries, 1);
        while (!seen_there.load(std::memory_order_acquire)) {
        }
        seen_gone = 0;
        const std::uint64_t begin = __rdtsc();
        kept.keeper.flush(0, 1);
        call_us.push_back(static_cast<double>(__rdtsc() - begin) * us);
        while (seen_gone.load(std::memory_order_acquire) == 0) {
        }
        effect_us.push_back(static_cast<double>(seen_gone.load() - begin) * us);
        kept.now = kept.now + seconds(61);
        kept.settle();
    }
    stop = true;
    reader.join();
    const Spread call = spread(call_us), effect = spread(effect_us);
    std::printf(
        "{\"bench\":\"fdb-flush\",\"macs\":%llu,\"effect_us\":%.2f,\"effect_us_least\":%.2f,\"effect_us_most\":%.2f,"
        "\"call_us\":%.2f,\"call_us_most\":%.2f,\"runs\":%u,\"table_bits\":%u,\"huge\":%d}\n",
        static_cast<unsigned long long>(known), effect.median, effect.least, effect.most, call.median, call.most,
        rounds, kept.table.bits, kept.table.huge);
    std::fflush(stdout);
}

void aging(std::uint64_t entries, unsigned rounds) {
    Kept kept(entries);
    kept.teach(entries, 1);
    std::vector<double> known, stale, sweeps;
    for (unsigned round = 0; round < rounds; ++round) {
        double cycles = 0;
        kept.teach(entries, 1, &cycles);
        known.push_back(cycles);
        kept.control().epoch = (kept.control().epoch + 1) % fdb_ages;
        kept.teach(entries, 1, &cycles);
        stale.push_back(cycles);
        kept.now = kept.now + seconds(61);
        sweeps.push_back(kept.settle());
    }
    const Spread before = spread(known), after = spread(stale), sweep = spread(sweeps);
    const double renewal = after.median - before.median, tick_s = default_aging_s / 5.0;
    std::printf(
        "{\"bench\":\"fdb-aging\",\"macs\":%llu,\"known_cycles\":%.1f,\"stale_cycles\":%.1f,\"renewal_cycles\":%.1f,"
        "\"cycles_a_frame\":%.3f,\"sweep_ms\":%.2f,\"sweep_share_of_a_core\":%.6f,\"aging_s\":%u,\"mpps\":14.88,"
        "\"runs\":%u,\"table_bits\":%u,\"huge\":%d}\n",
        static_cast<unsigned long long>(entries), before.median, after.median, renewal,
        renewal * static_cast<double>(entries) / (tick_s * line_rate), sweep.median * 1e3, sweep.median / tick_s,
        default_aging_s, rounds, kept.table.bits, kept.table.huge);
}

}  // namespace
}  // namespace baton::micro

int main(int argc, char** argv) {
    using namespace baton::micro;
    const bool quick = argc > 1 && std::string_view(argv[1]) == "--quick";
    if (argc > 1 && !quick) {
        std::puts("fdb_keeping [--quick]   memory, flush and aging of the L2 FDB, one JSON object a line");
        return std::string_view(argv[1]) == "--help" ? 0 : 2;
    }
    baton::bench::pin(0);
    for (const unsigned bits : {17u, 20u})
        if (!quick || bits == 17) memory(bits);
    for (const std::uint64_t entries : {1'000u, 100'000u, 1'000'000u, 16'000'000u})
        if (!quick || entries <= 1'000'000) flush(entries, entries > 1'000'000 ? 5 : 25);
    for (const std::uint64_t entries : {10'000u, 1'000'000u, 16'000'000u})
        if (!quick || entries <= 1'000'000) aging(entries, 5);
    return 0;
}
