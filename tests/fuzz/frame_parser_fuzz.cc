// SPDX-License-Identifier: Apache-2.0
// Any bytes as frames into the parse stage, in real mbufs: it must stay inside each frame, end or keep each as a
// second, slow reading of IEEE 802.3 and 802.1Q says (below; written for clarity, from the standards and not from the
// stage), and lose no buffer.
//
// Input: the port in two bytes (its VLAN, whether short frames are padded), then frames: length (2 bytes), bytes.
#include <rte_eal.h>
#include <rte_mbuf.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>

#include "dataplane/stage/stages.h"
#include "dataplane/table/fdb_maintain.h"

namespace {

using namespace baton;

constexpr std::uint32_t longest = 2000;
constexpr PortId ingress = 3;
constexpr std::uint64_t router = 0x020000ba7001;

void must(bool holds) {
    if (!holds) std::abort();
}

rte_mempool* pool() {
    const char* words[] = {"fuzz", "--no-huge",      "--no-shconf",      "-m", "64", "--no-pci", "--lcores",
                           "0",    "--no-telemetry", "--log-level=error"};
    must(rte_eal_init(static_cast<int>(std::size(words)), const_cast<char**>(words)) >= 0);
    rte_mempool* made = rte_pktmbuf_pool_create("frames", 2 * burst_size, 0, 0, RTE_PKTMBUF_HEADROOM + longest + 64, 0);
    must(made != nullptr);
    return made;
}

struct Ground {
    rte_mempool* frames = pool();
    Fd fd =
        std::move(create_arena(ArenaKind::fdb, fdb_arena_size, fingerprint<FdbControl>(), Pages::small, 4096).value());
    Mapping memory =
        std::move(map_arena(fd.get(), ArenaKind::fdb, fingerprint<FdbControl>(), Access::read_write).value());
    FdbMaintenance fdb = std::move(FdbMaintenance::open(fd.get(), memory.bytes(), fdb_min_bits, 1, Time{1}).value());
    Fdb table{memory.bytes()};
    std::unique_ptr<WorkerCounters> counters = std::make_unique<WorkerCounters>();
    std::unique_ptr<TablesArena> tables = std::make_unique<TablesArena>();
    std::unique_ptr<Context> context = std::make_unique<Context>();

    Ground() {
        tables->applier.router_mac = router;
        context->tables = tables.get();
        context->counters = counters.get();
    }
};

using Bytes = std::vector<std::uint8_t>;

struct Reading {
    std::optional<Drop> dropped = {};
    VlanId vlan = 0;
    TagForm tag{};
    std::uint64_t destination = 0, source = 0;
    bool reserved = false;
};

std::uint64_t number(const Bytes& frame, std::size_t at, std::size_t size) {
    std::uint64_t out = 0;
    for (std::size_t i = 0; i < size; ++i)
        out = out << 8 | frame.at(at + i);  // at() throws: no test reads beyond either
    return out;
}

/// Does a frame below 60 bytes hold all that its payload says it has?
bool whole(const Bytes& frame) {
    std::size_t at = 12;
    const auto has = [&](std::size_t size) { return frame.size() >= at + size; };
    if (!has(2)) return false;
    if (number(frame, at, 2) == 0x8100) at += 4;
    if (!has(2)) return false;
    const std::uint64_t type = number(frame, at, 2);
    at += 2;
    if (type == 0x0800) return has(20) && has(number(frame, at + 2, 2));
    if (type == 0x86dd) return has(40) && has(40 + number(frame, at + 4, 2));
    if (type == 0x0806) return has(28);
    if (type == 0x888e) return has(4) && has(4 + number(frame, at + 2, 2));
    return type >= 3 && type <= 1500 && has(type);
}

Reading read(Bytes frame, VlanId port_vlan, bool pads) {
    Reading out;
    if (frame.size() > longest) return {Drop::oversize};
    if (frame.size() < 60) {
        if (frame.size() >= 14 && frame.size() < 18 && number(frame, 12, 2) == 0x8100) return {Drop::broken_tag};
        if (!pads || !whole(frame)) return {Drop::runt};
        frame.resize(60);
    }
    out.destination = number(frame, 0, 6);
    out.source = number(frame, 6, 6);
    out.vlan = port_vlan;
    if (number(frame, 12, 2) == 0x8100) {
        const auto vid = static_cast<VlanId>(number(frame, 14, 2) & 0xfff);
        out.tag = vid == 0 ? TagForm::priority : TagForm::tagged;
        if (vid != 0) out.vlan = vid;
    }
    if (out.vlan == 4095) return {Drop::broken_tag};
    if (frame[6] & 1) return {Drop::source_multicast};
    out.reserved = out.destination >> 4 == 0x0180c200000;
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
    static Ground ground;
    if (size < 2) return 0;
    Batch batch(ground.table.begin_batch());
    batch.ingress = ingress;
    batch.port_vlan = static_cast<VlanId>(input[0] * 16 % 4095);
    batch.max_frame = longest;
    batch.pads_short = input[1] & 1;
    input += 2;
    size -= 2;

    std::vector<Bytes> frames;
    while (size >= 2 && frames.size() < burst_size) {
        const std::size_t wanted = 1 + (input[0] << 8 | input[1]) % (longest + 8);
        const std::size_t length = std::min(wanted, size - 2);
        if (length == 0) break;
        frames.emplace_back(input + 2, input + 2 + length);
        input += 2 + length;
        size -= 2 + length;
    }
    if (frames.empty()) return 0;
    std::uint64_t drops[drop_count] = {}, before[drop_count];
    for (std::size_t i = 0; i < drop_count; ++i) before[i] = ground.counters->drops[ingress][i].load();
    for (const Bytes& bytes : frames) {
        rte_mbuf* frame = rte_pktmbuf_alloc(ground.frames);
        must(frame != nullptr);
        std::memcpy(rte_pktmbuf_append(frame, static_cast<std::uint16_t>(bytes.size())), bytes.data(), bytes.size());
        batch.frame[batch.count++] = frame;
    }
    stage::parse(*ground.context, batch);

    for (unsigned i = 0; i < frames.size(); ++i) {
        const Reading expected = read(frames[i], batch.port_vlan, batch.pads_short);
        must((batch.gone >> i & 1) == expected.dropped.has_value());
        if (expected.dropped) {
            ++drops[static_cast<std::size_t>(*expected.dropped)];
            continue;
        }
        must(batch.vlan[i] == expected.vlan && batch.tag[i] == expected.tag);
        must(batch.dst[i] == batch.fdb.mix(expected.vlan, expected.destination));
        must(batch.src[i] == batch.fdb.mix(expected.vlan, expected.source));
        must((batch.reserved >> i & 1) == expected.reserved);
        must((batch.own >> i & 1) == (expected.destination == router));
        must((batch.group >> i & 1) == (!expected.reserved && (expected.destination >> 40 & 1)));
        must(batch.frame[i]->pkt_len == std::max<std::size_t>(frames[i].size(), 60));
        rte_pktmbuf_free(batch.frame[i]);
    }
    for (std::size_t i = 0; i < drop_count; ++i)
        must(ground.counters->drops[ingress][i].load() - before[i] == drops[i]);
    must(rte_mempool_avail_count(ground.frames) == 2 * burst_size);
    return 0;
}
