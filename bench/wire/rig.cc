// SPDX-License-Identifier: Apache-2.0
#include "bench/wire/rig.h"

#include <rte_eal.h>
#include <rte_ethdev.h>

#include <array>
#include <cstdio>
#include <random>
#include <utility>

#include "dataplane/stage/stages.h"
#include "dataplane/table/acl_compiled.h"

namespace baton::bench {
namespace {

constexpr VlanId vlan = 1;

/// Every VLAN has a port by which frames can leave.
constexpr std::array<std::uint64_t, max_vlans / 64> everywhere = [] {
    std::array<std::uint64_t, max_vlans / 64> words{};
    words.fill(~0ull);
    return words;
}();

template <class Root>
Mapping arena(ArenaKind kind, bool huge, std::size_t size = sizeof(Root), std::size_t touch = 0, Fd* keep = nullptr) {
    auto fd = create_arena(kind, size, fingerprint<Root>(), huge ? Pages::huge : Pages::small, touch);
    if (!fd) throw StartupError{1, fd.error().what};
    auto mapping = map_arena(fd->get(), kind, fingerprint<Root>(), Access::read_write);
    if (!mapping) throw StartupError{1, mapping.error().what};
    if (keep) *keep = std::move(*fd);
    return std::move(*mapping);
}

}  // namespace

void start_eal(const char* name, bool huge, std::uint32_t mbufs, unsigned core) {
    std::vector<std::string> words{
        name, "--no-pci", "--no-telemetry", "--log-level=error", "--lcores", "0@" + std::to_string(core)};
    for (const char* word : {"--no-huge", "--no-shconf", "-m"})
        if (!huge) words.emplace_back(word);
    words.push_back(huge ? "--in-memory" : std::to_string(128 + (mbufs * 4ull >> 10)));
    std::vector<char*> pointers;
    for (auto& word : words) pointers.push_back(word.data());
    if (rte_eal_init(static_cast<int>(pointers.size()), pointers.data()) < 0)
        throw StartupError{1, "DPDK did not start; with no free huge pages use --no-huge"};
}

// An odd multiplier mod 2^46 is a bijection; the group and the local bit stay as they are in a host's own address.
std::uint64_t Rig::mac(std::uint64_t i) {
    return 0x020000000000ull | ((i + 1) * 0x9e3779b97f4b5ull & 0x00ffffffffffull);
}

Rig::Rig(const Settings& settings) {
    static unsigned rigs = 0;
    tables_ = arena<TablesArena>(ArenaKind::tables, settings.huge);
    pool_ = rte_pktmbuf_pool_create(("bench-" + std::to_string(rigs++)).c_str(), settings.mbufs, 256, 0,
                                    mbuf_data_room(settings.max_frame), SOCKET_ID_ANY);
    if (!pool_) throw StartupError{1, "no memory for packet buffers; reserve more huge pages or use --no-huge"};

    KeptFds kept;
    std::vector<PortSpec> specs;
    for (unsigned n = 0; n < settings.ports; ++n) {
        auto fd = create_wire(settings.slots, settings.slot_size, settings.huge ? Pages::huge : Pages::small);
        if (!fd) throw StartupError{1, fd.error().what};
        auto mapping = map_arena(fd->get(), ArenaKind::wire, fingerprint<WireArena>(), Access::read_write);
        if (!mapping) throw StartupError{1, mapping.error().what};
        auto& wire = *mapping->as<WireArena>();
        wire.peer_up = 1;
        into_.emplace_back(wire, 0);
        out_of_.emplace_back(wire, 1);
        wires_.push_back(std::move(*mapping));
        const std::string name = "1:" + std::to_string(n + 1);
        kept.add("port/" + name + "/wire", std::move(*fd));
        auto spec = parse_port(name + " wire,slots=" + std::to_string(settings.slots) +
                               ",slot-size=" + std::to_string(settings.slot_size));
        if (!spec) throw StartupError{1, spec.error().what};
        specs.push_back(*spec);
    }
    PortSetting setting;
    setting.max_frame = settings.max_frame;
    setting.mempool = pool_;
    setting.keep = [](std::string_view, int) {};
    ports_ = open_ports(specs, kept, setting);

    fill_tables(settings);
    fill_rules(settings.rules, settings.huge);
    Crew::Setup setup;
    setup.tables = tables_.as<TablesArena>();
    setup.fdb = fdb_.get();
    setup.mempool = pool_;
    setup.workers = settings.workers;
    if (routed_) setup.routes = routed_->arena();
    if (acl_) setup.acl = &*acl_;
    crew_ = std::make_unique<Crew>(setup);
    context_ = std::make_unique<Context>();
    context_->tables = tables_.as<TablesArena>();
    context_->counters = &counters(0);
    context_->mempool = pool_;
    context_->fdb = fdb_.get();
    context_->vlan_up = everywhere.data();
    if (routed_) context_->routes = Routes(routed_->arena());
    for (unsigned n = 0; n < ports(); ++n) {
        crew_->add_port(static_cast<PortId>(n + 1), *ports_[n]);
        context_->usable.add(static_cast<PortId>(n + 1));
    }
    crew_->connect();
}

Rig::~Rig() {
    crew_.reset();
    ports_.clear();
    rte_mempool_free(pool_);
}

void Rig::fill_tables(const Settings& settings) {
    const std::uint64_t macs = settings.macs + settings.room_for;
    auto& tables = *tables_.as<TablesArena>();
    for (PortId id = 1; id <= ports(); ++id) {
        PortEntry& port = tables.ports[id];
        port.max_frame = ports_[id - 1]->about().max_frame;
        port.enabled = 1;
        port.link_up = 1;
        port.port_vlan = settings.routes != 0 ? id : vlan;
        port.present = 1;
    }
    for (VlanId id = 1; id <= (settings.routes != 0 ? ports() : 1); ++id) {
        VlanEntry& entry = tables.vlans[id];
        entry.member[0] = entry.untagged[0] = settings.routes != 0 ? 1u << id : ((1u << ports()) - 1) << 1;
        entry.flags = vlan_has_tag;
        entry.present = 1;
    }
    if (settings.routes != 0) routed_.emplace(tables, settings.routes, settings.huge);

    // The table has the size to which the switch would have grown it; aging is off, so that one learning lasts.
    table_bits_ = fdb_bits_for(macs);
    const std::size_t size = fdb_table_offset(table_bits_);
    table_is_huge_ = huge_pages_available(size + (4 << 20));
    fdb_arena_ = arena<FdbControl>(ArenaKind::fdb, table_is_huge_, fdb_arena_size, sizeof(FdbControl), &fdb_fd_);
    if (!allocate(fdb_fd_.get(), fdb_table_offset(table_bits_), size))
        throw StartupError{1, "no memory for the FDB of " + std::to_string(macs) + " addresses"};
    auto& control = *fdb_arena_.as<FdbControl>();
    control.seed = 0x1234567;
    control.max_bits = table_bits_;
    control.shape = FdbShape{table_bits_, 0, 0}.word();
    fdb_ = std::make_unique<Fdb>(fdb_arena_.bytes());
    teach(settings.macs);
}

/// TCP to one port of so many subnets is denied; the packets are UDP, to any of them.
void Rig::fill_rules(std::uint32_t rules, bool huge) {
    if (rules == 0) return;
    acl_arena_ = arena<AclArena>(ArenaKind::acl, huge);
    acl_.emplace(*acl_arena_.as<AclArena>());
    access_lists_.emplace(*acl_arena_.as<AclArena>(), *acl_, compile_acl);
    std::mt19937_64 random(rules);
    for (std::uint32_t i = 0; i < rules; ++i) {
        AclRule rule{};
        std::snprintf(rule.name, sizeof rule.name, "r%u", i);
        for (auto& word : rule.ports.words) word = ~0ull;
        rule.destination_length = static_cast<std::uint8_t>(16 + random() % 17);
        rule.destination =
            static_cast<std::uint32_t>(random()) & static_cast<std::uint32_t>(~0ull << (32 - rule.destination_length));
        rule.protocol = AclProtocol::tcp;
        rule.destination_first = rule.destination_last = static_cast<std::uint16_t>(random());
        rule.source_last = 65535;
        rule.action = AclAction::deny;
        rule.order = 1 + i;
        if (access_lists_->set(rule, 1) != Outcome::done) throw StartupError{1, "no room for the access lists"};
    }
    access_lists_->publish();
    access_lists_->compile_now();
}

void Rig::teach(std::uint64_t macs) {
    std::memset(fdb_arena_.bytes() + fdb_table_offset(table_bits_), 0, fdb_table_offset(table_bits_));
    if (routed_)
        for (VlanId id = 1; id <= ports(); ++id)
            for (unsigned n = 0; n < Routed::next_hops; ++n) learn(id, Routed::mac(id, n), id);
    else
        for (std::uint64_t i = 0; i < std::max<std::uint64_t>(macs, ports()); ++i)
            learn(vlan, mac(i), static_cast<PortId>(1 + i % ports()));
}

void Rig::learn(VlanId id, std::uint64_t mac, PortId port) {
    FdbView view = fdb_->begin_batch();
    if (view.learn(view.mix(id, mac), id, port) != Learn::inserted)
        throw StartupError{1, "an address found no room in the FDB"};
}

bool Rig::turn(Mode mode) {
    switch (mode) {
        case Mode::io: return forward(false);
        case Mode::macswap: return forward(true);
        case Mode::l2:
        case Mode::l3:
        case Mode::churned: return crew_->worker(0).turn();
        default: return cut_off(mode);
    }
}

/// What testpmd calls io and macswap, with the same bursts as the worker.
bool Rig::forward(bool swap) {
    bool busy = false;
    for (unsigned n = 0; n < ports(); ++n) {
        rte_mbuf* frames[burst_size];
        const std::uint16_t count = ports_[n]->receive(frames, burst_size);
        if (count == 0) continue;
        busy = true;
        if (swap)
            for (unsigned i = 0; i < count; ++i) {
                auto* header = rte_pktmbuf_mtod(frames[i], rte_ether_hdr*);
                std::swap(header->dst_addr, header->src_addr);
            }
        send(n, frames, count);
    }
    return busy;
}

/// As the worker does it, up to and with the stage `last`.
bool Rig::cut_off(Mode last) {
    bool busy = false;
    for (unsigned n = 0; n < ports(); ++n) {
        Batch batch(fdb_->begin_batch());
        batch.count = ports_[n]->receive(batch.frame, burst_size);
        if (batch.count == 0) continue;
        busy = true;
        const PortEntry& entry = tables_.as<TablesArena>()->ports[n + 1];
        batch.ingress = static_cast<PortId>(n + 1);
        batch.max_frame = entry.max_frame;
        batch.port_vlan = entry.port_vlan.load(std::memory_order_relaxed);
        stage::parse(*context_, batch);
        if (last >= Mode::classify) stage::classify(*context_, batch);
        if (last >= Mode::learn) stage::learn(*context_, batch);
        if (routed_ && last >= Mode::check) route(batch, last);
        if (last == Mode::lookup) stage::lookup(*context_, batch);
        send(n, batch.frame, batch.count);
    }
    return busy;
}

/// The stages that frames to the router's address go through between learning and the lookup of addresses.
void Rig::route(Batch& batch, Mode last) {
    Packets packets;
    stage::terminate(*context_, batch);
    stage::check(*context_, batch, packets);
    if (last >= Mode::route) stage::route(*context_, batch, packets);
    if (last >= Mode::rewrite) stage::rewrite(*context_, batch, packets);
}

void Rig::send(unsigned from, rte_mbuf** frames, std::uint16_t count) {
    const std::uint16_t sent = ports_[from ^ 1]->transmit(frames, count);
    if (sent < count) rte_pktmbuf_free_bulk(frames + sent, count - sent);
}

std::uint64_t Rig::astray() const {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < crew_->size(); ++i) {
        const WorkerCounters& counters = tables_.as<TablesArena>()->workers[i];
        sum += counters.flooded + counters.learned + counters.moved;
        for (const auto& port : counters.drops)
            for (const auto& drop : port) sum += drop;
    }
    return sum;
}

}  // namespace baton::bench
