// SPDX-License-Identifier: Apache-2.0
// TAPs of routed VLANs and their addresses, in a network namespace of the test's own. Skipped by name where none can be
// made (root, or a user namespace, is needed).
#include "dataplane/router/host_taps.h"

#include <gtest/gtest.h>
#include <net/if.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <memory>

#include "dataplane/port/interface.h"
#include "dataplane/table/routes_maintain.h"

namespace baton {
namespace {

struct HostTapsTest : ::testing::Test {
    std::unique_ptr<TablesArena> tables = std::make_unique<TablesArena>();
    Fd memory;
    std::byte* routes = nullptr;
    std::optional<RoutesMaintenance> maintenance;
    std::uint64_t version = 0;
    std::map<std::string, Fd> kept;
    Namespace where{"/proc/thread-self/ns/net"};
    std::unique_ptr<HostTaps> taps;
    Time now{seconds(100).ns};

    void SetUp() override {
        if (::unshare(CLONE_NEWNET) < 0) GTEST_SKIP() << "no network namespace can be made here";
        if (::access("/dev/net/tun", R_OK | W_OK) < 0) GTEST_SKIP() << "no /dev/net/tun";
        ASSERT_TRUE(where.enter());
        memory = Fd{::memfd_create("routes", MFD_CLOEXEC)};
        ASSERT_EQ(::ftruncate(memory.get(), static_cast<off_t>(routes_arena_size)), 0);
        void* mapped =
            ::mmap(nullptr, routes_arena_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, memory.get(), 0);
        ASSERT_NE(mapped, MAP_FAILED);
        routes = static_cast<std::byte*>(mapped);
        new (routes) RoutesControl;
        auto opened = RoutesMaintenance::open(memory.get(), routes, now);
        ASSERT_TRUE(opened) << opened.error().what;
        maintenance.emplace(std::move(*opened));
        tables->applier.router_mac.store(Mac::parse("02:00:00:00:00:01")->value());
        HostTaps::settle_kernel();
        start();
    }

    void TearDown() override {
        taps.reset();
        maintenance.reset();
        if (routes) ::munmap(routes, routes_arena_size);
    }

    void start() {
        HostTaps::Setup setup;
        setup.tables = tables.get();
        setup.routes = routes;
        setup.configuration_version = [this] { return version; };
        setup.keep = [this](std::string_view name, int fd) {
            if (fd < 0)
                kept.erase(std::string(name));
            else
                kept.insert_or_assign(std::string(name), Fd{::dup(fd)});
        };
        setup.watch = [](VlanId, int, bool) {};
        taps = std::make_unique<HostTaps>(std::move(setup), where);
    }

    void interface(VlanId vlan, std::uint16_t mtu = 1500) {
        tables->vlans[vlan].present.store(1);
        tables->vlans[vlan].mtu.store(mtu);
        tables->vlans[vlan].routing.store(interface_up);
    }

    void route(Family family, IpBits bits, unsigned length, RouteKind kind, VlanId vlan) {
        const RouteHop hop{0, 0, vlan, 1, 0};
        const IpPrefix prefix = IpPrefix::of({family, bits}, length);
        ASSERT_EQ(maintenance->set(Owner::configuration, {prefix, kind, RouteProtocol::direct, 0, {&hop, 1}}),
                  Outcome::done);
        ++version;
    }

    void look() {
        now = now + milliseconds(100);
        taps->look(now);
    }

    /// The kernel's own watch of carriers takes up to a second.
    static bool becomes_running(const Interface& interface, bool running) {
        for (int tries = 0; tries < 200 && interface.running() != running; ++tries) ::usleep(20'000);
        return interface.running() == running;
    }

    HostAddresses addresses(VlanId vlan) {
        AddressSocket socket;
        auto there = socket.of(tables->vlans[vlan].interface_index.load());
        EXPECT_TRUE(there);
        return there ? *there : HostAddresses{};
    }
};

constexpr IpBits v4(unsigned a, unsigned b, unsigned c, unsigned d) {
    return IpBits::v4(a << 24 | b << 16 | c << 8 | d);
}

TEST_F(HostTapsTest, makes_an_interface_for_a_routed_vlan_with_its_mac_mtu_and_addresses) {
    interface(10, 9000);
    route(Family::ipv4, v4(10, 0, 10, 0), 24, RouteKind::connected, 10);
    route(Family::ipv4, v4(10, 0, 10, 1), 32, RouteKind::local, 10);
    const IpBits v6{0x20010db800100000ull, 1};
    route(Family::ipv6, v6, 64, RouteKind::connected, 10);
    route(Family::ipv6, v6, 128, RouteKind::local, 10);
    look();
    const Interface made("bv10");
    EXPECT_NE(made.index(), 0u);
    EXPECT_EQ(tables->vlans[10].interface_index.load(), made.index());
    EXPECT_EQ(made.mac()->text(), "02:00:00:00:00:01");
    EXPECT_EQ(made.mtu(), 9000u);
    EXPECT_EQ(addresses(10), (HostAddresses{{Family::ipv4, v4(10, 0, 10, 1), 24}, {Family::ipv6, v6, 64}}));
    EXPECT_EQ(::if_nametoindex("bv20"), 0u);
}

TEST_F(HostTapsTest, follows_addresses_that_change_without_touching_those_that_stay) {
    interface(10);
    route(Family::ipv4, v4(10, 0, 10, 0), 24, RouteKind::connected, 10);
    route(Family::ipv4, v4(10, 0, 10, 1), 32, RouteKind::local, 10);
    look();
    route(Family::ipv4, v4(10, 0, 10, 2), 32, RouteKind::local, 10);
    look();
    EXPECT_EQ(addresses(10),
              (HostAddresses{{Family::ipv4, v4(10, 0, 10, 1), 24}, {Family::ipv4, v4(10, 0, 10, 2), 24}}));
    maintenance->remove(Owner::configuration, IpPrefix::of({Family::ipv4, v4(10, 0, 10, 1)}, 32));
    ++version;
    look();
    EXPECT_EQ(addresses(10), (HostAddresses{{Family::ipv4, v4(10, 0, 10, 2), 24}}));
}

TEST_F(HostTapsTest, gives_an_interface_a_carrier_while_its_vlan_has_an_active_port) {
    interface(10);
    look();
    const Interface made("bv10");
    EXPECT_TRUE(becomes_running(made, false));
    tables->ports[3].enabled.store(1);
    tables->ports[3].link_up.store(1);
    tables->vlans[10].member[0].store(1u << 3);
    look();
    EXPECT_TRUE(becomes_running(made, true));
    tables->ports[3].link_up.store(0);
    look();
    EXPECT_TRUE(becomes_running(made, false));
}

TEST_F(HostTapsTest, finds_its_interfaces_again_by_what_the_chassis_kept) {
    interface(10);
    look();
    const unsigned index = ::if_nametoindex("bv10");
    taps.reset();
    EXPECT_EQ(::if_nametoindex("bv10"), index) << "the chassis holds it";
    start();
    for (auto& [name, fd] : std::exchange(kept, {})) {
        kept.emplace(name, Fd{::dup(fd.get())});
        taps->adopt(name, std::move(fd));
    }
    look();
    EXPECT_EQ(::if_nametoindex("bv10"), index);
    EXPECT_EQ(taps->size(), 1u);
}

TEST_F(HostTapsTest, lets_an_interface_go_only_when_its_vlan_stays_without_one) {
    interface(10);
    look();
    tables->vlans[10].routing.store(0);
    look();
    EXPECT_NE(::if_nametoindex("bv10"), 0u) << "it may have blinked";
    now = now + seconds(3);
    look();
    EXPECT_EQ(::if_nametoindex("bv10"), 0u);
    EXPECT_EQ(tables->vlans[10].interface_index.load(), 0u);
    EXPECT_TRUE(kept.empty());
}

TEST_F(HostTapsTest, carries_frames_both_ways) {
    interface(10);
    tables->ports[3].enabled.store(1);
    tables->ports[3].link_up.store(1);
    tables->vlans[10].member[0].store(1u << 3);
    look();
    EXPECT_FALSE(taps->deliver(20, std::vector<std::uint8_t>(60)));
    EXPECT_TRUE(taps->deliver(10, std::vector<std::uint8_t>(60)));
    unsigned frames = 0;  // the kernel asks for routers, at least
    for (int tries = 0; tries < 100 && frames == 0; ++tries) {
        taps->drain(10, 64, [&](std::span<const std::uint8_t> frame) { frames += frame.size() >= 14; });
        ::usleep(50'000);
    }
    EXPECT_GT(frames, 0u);
}

}  // namespace
}  // namespace baton
