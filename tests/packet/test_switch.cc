// SPDX-License-Identifier: Apache-2.0
#include "tests/packet/test_switch.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "dataplane/numbering.h"
#include "dataplane/table/acl_compiled.h"
#include "tests/support/arena.h"

namespace baton::test {
namespace {

PortSet256 set_of(std::initializer_list<PortId> ports) {
    PortSet256 set;
    for (const PortId port : ports) set.add(port);
    return set;
}

/// A wire that the workers take for another kind: one whose neighbour has no MAC that pads.
class Disguised final : public Port {
  public:
    Disguised(std::unique_ptr<Port> port, const std::string& kind) : port_(std::move(port)) {
        about_ = port_->about();
        about_.kind = kind;
    }

    std::uint16_t receive(rte_mbuf** into, std::uint16_t count) override { return port_->receive(into, count); }

    std::uint16_t transmit(rte_mbuf** frames, std::uint16_t count) override { return port_->transmit(frames, count); }

    bool link_up() override { return port_->link_up(); }

    void set_enabled(bool enabled) override { port_->set_enabled(enabled); }

  private:
    std::unique_ptr<Port> port_;
};

/// "10.0.0.1/24" or "2001:db8::1": the address as a host's prefix, and the length said (the whole when none was).
std::pair<IpPrefix, unsigned> prefix_of(const std::string& text) {
    const bool alone = text.find('/') == std::string::npos;
    const auto both = IpInterface::parse(alone ? text + (text.find(':') == std::string::npos ? "/32" : "/128") : text);
    if (!both) throw StartupError{1, "no address: " + text};
    return {host_prefix(both->address.family, both->address.bits), both->length};
}

constexpr Term term = 1;

}  // namespace

TestSwitch::TestSwitch(const Shape& shape) : ports_(shape.ports) {
    static unsigned switches = 0;
    baton_ = arena<BatonPage>(ArenaKind::baton);
    board_a_ = arena<BoardPage>(ArenaKind::board_a);
    board_b_ = arena<BoardPage>(ArenaKind::board_b);
    commands_ = arena<CommandArena>(ArenaKind::commands);
    tables_ = arena<TablesArena>(ArenaKind::tables);
    punt_ = arena<PuntArena>(ArenaKind::punt);
    acl_arena_ = arena<AclArena>(ArenaKind::acl);
    fdb_arena_ = arena<FdbControl>(ArenaKind::fdb, &fdb_fd_, fdb_arena_size, 1 << 20);
    routes_arena_ = arena<RoutesControl>(ArenaKind::routes, &routes_fd_, routes_arena_size, routes_touched);
    pool_ = rte_pktmbuf_pool_create(("frames-" + std::to_string(switches++)).c_str(), shape.mbufs, 0, 0,
                                    mbuf_data_room(shape.max_frame), SOCKET_ID_ANY);
    if (!pool_) throw StartupError{1, "no memory for packet buffers"};

    KeptFds kept;
    std::vector<PortSpec> specs;
    for (unsigned n = 1; n <= shape.ports; ++n) {
        auto fd = create_wire(shape.slots, shape.slot_size, Pages::small);
        auto mapping = map_arena(fd->get(), ArenaKind::wire, fingerprint<WireArena>(), Access::read_write);
        auto& wire = *mapping->as<WireArena>();
        wire.peer_up = 1;
        neighbours_.push_back({std::move(*mapping), WireEnd(wire, 0), WireEnd(wire, 1)});
        const unsigned each = shape.ports / shape.modules;
        const std::string name = std::to_string(1 + (n - 1) / each) + ":" + std::to_string(1 + (n - 1) % each);
        kept.add("port/" + name + "/wire", std::move(*fd));
        auto spec = parse_port(name + " wire,slots=" + std::to_string(shape.slots) +
                               ",slot-size=" + std::to_string(shape.slot_size));
        if (!spec) throw StartupError{1, spec.error().what};
        specs.push_back(*spec);
    }
    PortSetting setting;
    setting.max_frame = shape.max_frame;
    setting.pages = Pages::small;
    setting.mempool = pool_;
    setting.keep = [](std::string_view, int) {};
    opened_ = open_ports(specs, kept, setting);
    if (shape.kind != "wire")
        for (auto& port : opened_) port = std::make_unique<Disguised>(std::move(port), shape.kind);

    auto maintenance = FdbMaintenance::open(fdb_fd_.get(), fdb_arena_.bytes(), fdb_min_bits, 12345, now);
    if (!maintenance) throw StartupError{1, maintenance.error().what};
    maintenance_.emplace(std::move(*maintenance));
    fdb_.emplace(fdb_arena_.bytes());
    auto routes = RoutesMaintenance::open(routes_fd_.get(), routes_arena_.bytes(), now);
    if (!routes) throw StartupError{1, routes.error().what};
    routes_.emplace(std::move(*routes));

    acl_.emplace(acl());
    access_lists_.emplace(acl(), *acl_, compile_acl);

    Crew::Setup crew;
    crew.tables = &tables();
    crew.fdb = &*fdb_;
    crew.mempool = pool_;
    crew.acl = &*acl_;
    crew.punt = punt_.as<PuntArena>();
    crew.board_a = board_a_.as<BoardPage>();
    crew.board_b = board_b_.as<BoardPage>();
    host_ = std::make_unique<HostPath>(shape.workers);
    crew.host = host_.get();
    crew.routes = routes_arena_.bytes();
    crew.workers = shape.workers;
    crew.baton = baton_.as<BatonPage>();
    if (shape.modules > 1) crew.modules = seats(shape);
    crew_ = std::make_unique<Crew>(crew);
    std::vector<PortName> names;
    for (const auto& port : opened_) names.push_back(port->about().name);
    const auto ids = dataplane::number_ports(tables(), *maintenance_, names);
    ApplierRounds::Setup setup;
    for (std::size_t i = 0; i < opened_.size(); ++i) {
        const PortAbout& about = opened_[i]->about();
        const WorkerId worker = crew_->add_port(ids[i], *opened_[i]);
        dataplane::publish_port(tables(), ids[i],
                                {about.name, about.kind, about.device, about.max_frame, about.mac, worker});
        setup.ports.push_back({ids[i], opened_[i].get()});
    }
    crew_->connect();
    tables().applier.worker_count = shape.workers;

    for (auto& state : baton_.as<BatonPage>()->plane) state = PlaneState::working;
    baton_.as<BatonPage>()->grant = GrantWord{term, Slot::msm_a}.word();
    commands_.as<CommandArena>()->rings[term % ring_count].term = term;
    setup.baton = baton_.as<BatonPage>();
    setup.commands = commands_.as<CommandArena>();
    setup.tables = &tables();
    setup.fdb = &*maintenance_;
    setup.routes = &*routes_;
    setup.send_frame = [this](VlanId vlan, std::span<const std::uint8_t> frame) { return host_->inject(vlan, frame); };
    setup.acl = &*access_lists_;
    setup.wake_boards = [] {};
    applier_ = std::make_unique<ApplierRounds>(std::move(setup), now);
    applier_->ask_all_links();
    tables().applier.router_mac = router().value();
    master_.emplace(*commands_.as<CommandArena>(), tables().applier, term);
}

std::vector<ModuleSeats> TestSwitch::seats(const Shape& shape) {
    std::vector<std::uint8_t> modules;
    for (unsigned n = 1; n <= shape.modules; ++n) modules.push_back(static_cast<std::uint8_t>(n));
    auto seats = seat_modules(modules, {}, shape.workers);
    if (!seats) throw StartupError{1, seats.error().what};
    const auto indices = dataplane::number_modules(tables(), modules);
    for (std::size_t i = 0; i < seats->size(); ++i) (*seats)[i].index = indices[i];
    return std::move(*seats);
}

TestSwitch::~TestSwitch() {
    crew_.reset();
    applier_.reset();
    opened_.clear();
    rte_mempool_free(pool_);
}

void TestSwitch::apply() {
    now = now + milliseconds(21);  // past one round of links
    for (int i = 0; i < 1000 && applier_->turn(now); ++i) {
    }
}

void TestSwitch::vlan(VlanId id, std::initializer_list<PortId> untagged, std::initializer_list<PortId> tagged) {
    VlanSet body{id, vlan_has_tag, 0, set_of(tagged), set_of(untagged)};
    for (const PortId port : untagged) body.member.add(port);
    ASSERT_EQ(command(CommandType::vlan_set, body), Outcome::done);
}

void TestSwitch::delete_vlan(VlanId id) {
    ASSERT_EQ(command(CommandType::vlan_delete, VlanDelete{id}), Outcome::done);
}

void TestSwitch::port(PortId id, VlanId port_vlan, bool enabled) {
    ASSERT_EQ(command(CommandType::port_set, PortConfig{id, port_vlan, enabled}), Outcome::done);
}

void TestSwitch::fixed(Mac mac, VlanId id, PortId port) {
    ASSERT_EQ(command(CommandType::fdb_static_set, FdbStatic{mac.value(), id, port, 0, 0}), Outcome::done);
}

void TestSwitch::black_hole(Mac mac, VlanId id) {
    ASSERT_EQ(command(CommandType::fdb_static_set, FdbStatic{mac.value(), id, 0, static_blackhole, 0}), Outcome::done);
}

void TestSwitch::interface(VlanId id, const std::string& address, std::uint16_t mtu) {
    const auto [own, length] = prefix_of(address);
    const VlanEntry& entry = tables().vlans[id];
    InterfaceSet body{
        id,
        interface_up | interface_forwards_v4 | interface_forwards_v6 | interface_redirects | interface_unreachables,
        mtu,
        0,
        entry.ipv4.load(),
        0,
        entry.ipv6_high.load(),
        entry.ipv6_low.load()};
    if (own.family == Family::ipv4)
        body.ipv4 = own.bits.v4();
    else
        body.ipv6_high = own.bits.high, body.ipv6_low = own.bits.low;
    ASSERT_EQ(command(CommandType::interface_set, body), Outcome::done);
    say_route(host_prefix(own.family, own.bits), RouteKind::local, id);
    const IpPrefix subnet = IpPrefix::of({own.family, own.bits}, length);
    say_route(subnet, RouteKind::connected, id);
    if (own.family == Family::ipv4 && length < 31)
        say_route(host_prefix(Family::ipv4, IpBits::v4(subnet.bits.v4() | 0xffffffffu >> length)), RouteKind::broadcast,
                  id);
}

void TestSwitch::say_route(const IpPrefix& prefix, RouteKind kind, VlanId place) {
    RouteSet body{};
    body.high = prefix.bits.high, body.low = prefix.bits.low;
    body.family = prefix.family, body.length = prefix.length;
    body.kind = kind;
    body.protocol = kind == RouteKind::blackhole ? RouteProtocol::blackhole : RouteProtocol::direct;
    body.hop_count = place != 0;
    body.hops[0].vlan = place;
    ASSERT_EQ(command(CommandType::route_set, body), Outcome::done);
}

void TestSwitch::route(const std::string& prefix, RouteKind kind, VlanId place) {
    const auto [address, length] = prefix_of(prefix);
    say_route(IpPrefix::of({address.family, address.bits}, length), kind, place);
}

void TestSwitch::route(const std::string& prefix, std::initializer_list<std::pair<VlanId, std::string>> hops,
                       Owner owner) {
    const auto [address, length] = prefix_of(prefix);
    RouteSet body{};
    const IpPrefix to = IpPrefix::of({address.family, address.bits}, length);
    body.high = to.bits.high, body.low = to.bits.low;
    body.family = to.family, body.length = to.length;
    body.kind = RouteKind::forward;
    body.protocol = owner == Owner::routing ? RouteProtocol::ospf : RouteProtocol::fixed;
    std::vector<RouteHop> all;
    for (const auto& [vlan, hop] : hops) {
        const IpBits bits = prefix_of(hop).first.bits;
        all.push_back({bits.high, bits.low, vlan, 1, 0});
    }
    while (all.size() > std::size(body.hops)) {
        RouteHops more{};
        more.hop_count = static_cast<std::uint8_t>(std::min(all.size() - std::size(body.hops), std::size(more.hops)));
        std::copy_n(all.begin(), more.hop_count, more.hops);
        all.erase(all.begin(), all.begin() + more.hop_count);
        ASSERT_EQ(command(CommandType::route_hops, more, owner), Outcome::done);
    }
    body.hop_count = static_cast<std::uint8_t>(all.size());
    std::copy(all.begin(), all.end(), body.hops);
    ASSERT_EQ(command(CommandType::route_set, body, owner), Outcome::done);
}

void TestSwitch::delete_route(const std::string& prefix, Owner owner) {
    const auto [address, length] = prefix_of(prefix);
    const IpPrefix to = IpPrefix::of({address.family, address.bits}, length);
    const RouteDelete body{to.bits.high, to.bits.low, to.family, to.length, {}};
    ASSERT_EQ(command(CommandType::route_delete, body, owner), Outcome::done);
}

void TestSwitch::neighbor(VlanId id, const std::string& address, Mac mac) {
    const IpPrefix host = prefix_of(address).first;
    const NeighborSet body{host.bits.high, host.bits.low, mac.value(), id, host.family, {}};
    ASSERT_EQ(command(CommandType::neighbor_set, body, Owner::arp), Outcome::done);
}

void TestSwitch::lose_neighbor(VlanId id, const std::string& address) {
    const IpPrefix host = prefix_of(address).first;
    const NeighborDelete body{host.bits.high, host.bits.low, id, host.family, {}};
    ASSERT_EQ(command(CommandType::neighbor_delete, body, Owner::arp), Outcome::done);
}

void TestSwitch::planes(std::uint32_t usable) {
    ASSERT_EQ(command(CommandType::fabric_set, FabricSet{usable}), Outcome::done);
}

void TestSwitch::all_in_one() {
    VlanSet body{1, vlan_has_tag, 0, {}, {}};
    for (PortId id = 1; id <= ports_; ++id) body.member.add(id);
    body.untagged = body.member;
    ASSERT_EQ(command(CommandType::vlan_set, body), Outcome::done);
    for (PortId id = 1; id <= ports_; ++id) port(id, 1);
}

void TestSwitch::send(PortId port, const Frame& frame) {
    if (neighbours_[port - 1].to_switch.room(1) == 0) settle();
    send_now(port, frame);
}

void TestSwitch::send_now(PortId port, const Frame& frame) {
    WireEnd& end = neighbours_[port - 1].to_switch;
    ASSERT_EQ(end.room(1), 1u) << "the wire to the switch is full";
    ASSERT_LE(frame.size(), end.largest_frame());
    WireSlot& slot = end.to_fill(0);
    slot.length = static_cast<std::uint32_t>(frame.size());
    std::copy(frame.begin(), frame.end(), reinterpret_cast<std::uint8_t*>(WireEnd::bytes(slot)));
    end.publish(1);
}

void TestSwitch::settle() {
    for (bool busy = true; busy;) {
        busy = false;
        for (std::size_t i = 0; i < crew_->size(); ++i) busy |= crew_->worker(i).turn();
    }
}

std::vector<Frame> TestSwitch::received(PortId port) {
    std::vector<Frame> frames;
    WireEnd& end = neighbours_[port - 1].from_switch;
    while (end.waiting(1) == 1) {
        const WireSlot& slot = end.to_read(0);
        const auto* bytes = reinterpret_cast<const std::uint8_t*>(WireEnd::bytes(slot));
        frames.emplace_back(bytes, bytes + slot.length);
        end.release(1);
    }
    return frames;
}

void TestSwitch::link(PortId port, bool up) {
    neighbours_[port - 1].wire.as<WireArena>()->peer_up = up ? 1 : 0;
    apply();
}

std::optional<std::vector<PortId>> TestSwitch::where(const Frame& expected) {
    settle();
    std::vector<PortId> ports;
    bool others = false;
    for (PortId id = 1; id <= ports_; ++id)
        for (const Frame& frame : received(id)) {
            if (frame == expected)
                ports.push_back(id);
            else
                others = true;
        }
    if (others) return std::nullopt;
    return ports;
}

std::uint64_t TestSwitch::drops(PortId port, Drop why) const {
    std::uint64_t sum = 0;
    for (const auto& worker : tables().workers) sum += worker.drops[port][static_cast<std::size_t>(why)].load();
    return sum;
}

std::uint64_t TestSwitch::total(std::atomic<std::uint64_t> WorkerCounters::*counter) const {
    std::uint64_t sum = 0;
    for (const auto& worker : tables().workers) sum += (worker.*counter).load();
    return sum;
}

std::uint64_t TestSwitch::crossed(std::atomic<std::uint64_t> Crossed::*counter, unsigned plane, unsigned from,
                                  unsigned to) const {
    std::uint64_t sum = 0;
    for (const auto& worker : tables().crossed) sum += (worker.crossed[plane][from][to].*counter).load();
    return sum;
}

bool TestSwitch::accounts_balance() const {
    std::uint64_t rx = 0, tx = 0, dropped = 0;
    for (const auto& worker : tables().workers)
        for (PortId id = no_port; id <= ports_; ++id) {
            rx += worker.port[id].rx_frames;
            tx += worker.port[id].tx_frames;
            for (const auto& drop : worker.drops[id]) dropped += drop;
        }
    return rx + total(&WorkerCounters::flood_copies) + total(&WorkerCounters::born) ==
           tx + dropped + total(&WorkerCounters::punted) + total(&WorkerCounters::taken);
}

unsigned TestSwitch::buffers_in_use() const {
    return rte_mempool_in_use_count(pool_);
}

}  // namespace baton::test
