// SPDX-License-Identifier: Apache-2.0
// Any bytes as frames through the whole path of a worker whose VLANs route: ARP, discovery, IPv4, IPv6, ICMP,
// fragments, packets that wait. It must stay inside each frame, account for each, lose no buffer; and what leaves with
// the router's address as IPv4 must have a header whose checksum a second, slow reading finds right, and fit the VLAN's
// MTU.
//
// Input: frames, each: where it comes in and to whom (1 byte), length (2 bytes), bytes. To whom: the router's MAC or
// what the bytes say; the type: IPv4, IPv6, ARP or what the bytes say.
#include <rte_eal.h>
#include <rte_mbuf.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "dataplane/stage/pipeline.h"
#include "dataplane/stage/route_pipeline.h"
#include "dataplane/table/fdb_maintain.h"
#include "dataplane/table/routes_maintain.h"

namespace {

using namespace baton;

constexpr std::uint32_t longest = 2000;
constexpr unsigned mtu = 1280;
constexpr std::uint64_t router = 0x020000ba7001;
constexpr std::uint64_t ticks = 1'000'000;
constexpr unsigned buffers = 2047;

void must(bool holds) {
    if (!holds) std::abort();
}

std::uint64_t number(const std::uint8_t* at, std::size_t size) {
    std::uint64_t out = 0;
    for (std::size_t i = 0; i < size; ++i) out = out << 8 | at[i];
    return out;
}

IpPrefix prefix(Family family, const IpBits& bits, unsigned length) {
    return IpPrefix::of({family, bits}, length);
}

/// What left, looked at and given back.
class Sink final : public Port {
  public:
    Sink() {
        about_.kind = "sink";
        about_.max_frame = longest;
    }

    std::uint16_t receive(rte_mbuf**, std::uint16_t) override { return 0; }

    std::uint16_t transmit(rte_mbuf** frames, std::uint16_t count) override {
        for (unsigned i = 0; i < count; ++i) {
            look_at(frames[i]);
            rte_pktmbuf_free(frames[i]);
        }
        return count;
    }

    bool link_up() override { return true; }

    void set_enabled(bool) override {}

  private:
    static void look_at(const rte_mbuf* frame) {
        must(frame->nb_segs == 1 && frame->data_len == frame->pkt_len && frame->pkt_len >= 60);
        const auto* data = rte_pktmbuf_mtod(frame, const std::uint8_t*);
        if (number(data + 6, 6) != router) return;
        const std::size_t at = number(data + 12, 2) == 0x8100 ? 18 : 14;
        if (number(data + at - 2, 2) != 0x0800) return;
        const std::size_t header = (data[at] & 15u) * 4, total = number(data + at + 2, 2);
        must(data[at] >> 4 == 4 && header >= 20 && at + total <= frame->pkt_len && total <= mtu);
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < header; i += 2) sum += number(data + at + i, 2);
        while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
        must(sum == 0xffff);
    }
};

rte_mempool* pool() {
    const char* words[] = {"fuzz", "--no-huge",      "--no-shconf",      "-m", "64", "--no-pci", "--lcores",
                           "0",    "--no-telemetry", "--log-level=error"};
    must(rte_eal_init(static_cast<int>(std::size(words)), const_cast<char**>(words)) >= 0);
    rte_mempool* made = rte_pktmbuf_pool_create("frames", buffers, 0, 0, RTE_PKTMBUF_HEADROOM + longest + 64, 0);
    must(made != nullptr);
    return made;
}

template <class Root>
Mapping arena(Fd& fd, ArenaKind kind, std::size_t size, std::size_t touch) {
    fd = std::move(create_arena(kind, size, fingerprint<Root>(), Pages::small, touch).value());
    return std::move(map_arena(fd.get(), kind, fingerprint<Root>(), Access::read_write).value());
}

/// VLAN 10 untagged at ports 1 and 2, VLAN 20 tagged at port 2 and untagged at port 3; the router is .1 and ::1.
struct Ground {
    rte_mempool* frames = pool();
    Fd fdb_fd, routes_fd;
    Mapping fdb_memory = arena<FdbControl>(fdb_fd, ArenaKind::fdb, fdb_arena_size, 4096);
    Mapping routes_memory = arena<RoutesControl>(routes_fd, ArenaKind::routes, routes_arena_size, routes_touched);
    FdbMaintenance fdb =
        std::move(FdbMaintenance::open(fdb_fd.get(), fdb_memory.bytes(), fdb_min_bits, 1, Time{1}).value());
    RoutesMaintenance routes =
        std::move(RoutesMaintenance::open(routes_fd.get(), routes_memory.bytes(), Time{1}).value());
    Fdb table{fdb_memory.bytes()};
    std::unique_ptr<TablesArena> tables = std::make_unique<TablesArena>();
    std::unique_ptr<Context> context = std::make_unique<Context>();
    Sink sinks[3];
    std::uint64_t vlan_up[64] = {1ull << 10 | 1ull << 20};

    WorkerCounters& counters() { return tables->workers[0]; }

    Ground() {
        tables->applier.router_mac = router;
        for (const VlanId id : {10, 20}) {
            VlanEntry& entry = tables->vlans[id];
            entry.member[0] = id == 10 ? 0b0110 : 0b1100;
            entry.untagged[0] = id == 10 ? 0b0110 : 0b1000;
            entry.flags = vlan_has_tag;
            entry.mtu = mtu;
            entry.ipv4 = 0x0a000001u | id / 10u << 8;
            entry.ipv6_high = 0x20010db800000000 | id / 10u << 16;
            entry.ipv6_low = 1;
            entry.routing = interface_up | interface_forwards_v4 | interface_forwards_v6 | interface_redirects |
                            interface_unreachables;
            entry.present = 1;
            const IpBits own4 = IpBits::v4(entry.ipv4), own6{entry.ipv6_high, 1};
            say(prefix(Family::ipv4, own4, 32), RouteKind::local, id);
            say(prefix(Family::ipv4, own4.first(24), 24), RouteKind::connected, id);
            say(prefix(Family::ipv6, own6, 128), RouteKind::local, id);
            say(prefix(Family::ipv6, own6.first(64), 64), RouteKind::connected, id);
            routes.set_neighbor(id, Family::ipv4, IpBits::v4(entry.ipv4 + 1), Mac::of(0x020000000000 + id), 1);
            routes.set_neighbor(id, Family::ipv6, {entry.ipv6_high, 2}, Mac::of(0x020000000000 + id), 1);
        }
        say(prefix(Family::ipv6, {0xfe80000000000000, 0x000000fffeba7001}, 128), RouteKind::local, 10);
        say(prefix(Family::ipv4, IpBits::v4(0xc0000200), 24), RouteKind::reject, 0);
        Context& to = *context;
        to.tables = tables.get();
        to.counters = &counters();
        to.mempool = frames;
        to.fdb = &table;
        to.routes = Routes(routes_memory.bytes());
        to.ticks = ticks;
        to.vlan_up = vlan_up;
        to.outlets.count_in(to.counters);
        for (PortId id = 1; id <= 3; ++id) {
            to.usable.add(id);
            to.outlets.open(id, {&sinks[id - 1], nullptr, nullptr}, longest);
        }
        for (Bucket* each :
             {&to.budgets.errors, &to.budgets.redirects, &to.budgets.asked, &to.budgets.overheard, &to.budgets.copies})
            each->open(ticks, 1000, 1000);
    }

    void say(const IpPrefix& prefix, RouteKind kind, VlanId vlan) {
        const RouteHop place{0, 0, vlan, 1, 0};
        RouteSaid said{prefix, kind, RouteProtocol::direct, 0, {&place, vlan != 0 ? 1u : 0u}};
        must(routes.set(Owner::configuration, said) == Outcome::done);
    }

    std::uint64_t dropped() {
        std::uint64_t sum = 0;
        for (PortId id = 0; id <= 3; ++id)
            for (const auto& each : counters().drops[id]) sum += each;
        return sum;
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
    static Ground ground;
    Context& context = *ground.context;
    WorkerCounters& counters = ground.counters();
    std::uint64_t before = ground.dropped() + counters.punted + counters.taken - counters.born - counters.flood_copies,
                  rx = 0;
    for (PortId id = 1; id <= 3; ++id) before += counters.port[id].tx_frames;

    while (size >= 3 && rx < burst_size) {
        const std::uint8_t what = input[0];
        const std::size_t wanted = 1 + (input[1] << 8 | input[2]) % (longest + 8);
        const std::size_t length = std::min(wanted, size - 3);
        if (length == 0) break;
        rte_mbuf* frame = rte_pktmbuf_alloc(ground.frames);
        must(frame != nullptr);
        auto* data = reinterpret_cast<std::uint8_t*>(rte_pktmbuf_append(frame, static_cast<std::uint16_t>(length)));
        std::memcpy(data, input + 3, length);
        input += 3 + length;
        size -= 3 + length;
        if (length >= 14 && (what & 4))
            for (unsigned i = 0; i < 6; ++i) data[i] = static_cast<std::uint8_t>(router >> (40 - 8 * i));
        if (length >= 12 && number(data + 6, 6) == router) data[11] ^= 1;  // what the sink takes for routed is
        constexpr std::uint8_t types[4][2] = {{0, 0}, {0x08, 0x00}, {0x86, 0xdd}, {0x08, 0x06}};
        if (length >= 14 && (what >> 3 & 3)) std::memcpy(data + 12, types[what >> 3 & 3], 2);
        Batch batch(ground.table.begin_batch());
        batch.count = 1;
        batch.frame[0] = frame;
        batch.ingress = batch.barred = static_cast<PortId>(1 + what % 3);
        batch.port_vlan = what % 3 == 2 ? 20 : 10;
        batch.max_frame = longest;
        batch.pads_short = what & 0x20;
        ++rx;
        context.now += 100;
        run_pipeline(context, batch);
    }
    for (int wait = 0; wait < 3; ++wait) {  // what waits ends, and so does what is said about it
        context.now += 4 * ticks;
        if (context.waiting.any()) tend_waiting(context);
    }
    context.outlets.flush();
    must(!context.waiting.any());
    std::uint64_t after = ground.dropped() + counters.punted + counters.taken - counters.born - counters.flood_copies;
    for (PortId id = 1; id <= 3; ++id) after += counters.port[id].tx_frames;
    must(after - before == rx);
    must(rte_mempool_avail_count(ground.frames) == buffers);
    return 0;
}
