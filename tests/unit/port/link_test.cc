// SPDX-License-Identifier: Apache-2.0
// Link, both ways round: the port says what the neighbour did, the neighbour sees what `disable port` did; also where
// the interface was moved to another network namespace. And frames that a port lost before the switch saw them.
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dataplane/port/interface.h"
#include "tests/unit/port/rig.h"

namespace baton::rig {
namespace {

/// A process in a network namespace of its own, so that an interface can be moved there.
class Elsewhere {
  public:
    Elsewhere() {
        int ends[2];
        if (::pipe(ends) != 0) return;
        pid_ = ::fork();
        if (pid_ == 0) {
            const char done = ::unshare(CLONE_NEWNET) == 0 ? 1 : 0;
            if (::write(ends[1], &done, 1) == 1)
                for (;;) ::pause();
            ::_exit(1);
        }
        char done = 0;
        ready_ = ::read(ends[0], &done, 1) == 1 && done == 1;
        ::close(ends[0]);
        ::close(ends[1]);
    }

    ~Elsewhere() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }

    bool take(const std::string& interface) const {
        return ready_ && command("ip link set dev " + interface + " netns " + std::to_string(pid_));
    }

    bool run(const std::string& line) const { return command("nsenter -t " + std::to_string(pid_) + " -n " + line); }

  private:
    pid_t pid_ = 0;
    bool ready_ = false;
};

bool becomes(Port& port, bool up) {
    return within(2000, [&] { return port.link_up() == up; });
}

TEST(PortLink, tap_has_link_while_its_interface_is_up) {
    NEEDS_PORTS();
    const auto name = fresh_interface();
    Opened opened("1:2 tap,iface=" + name);
    EXPECT_TRUE(becomes(opened.port(), true));
    ASSERT_TRUE(command("ip link set " + name + " down"));
    EXPECT_TRUE(becomes(opened.port(), false));
    ASSERT_TRUE(command("ip link set " + name + " up"));
    EXPECT_TRUE(becomes(opened.port(), true));
}

TEST(PortLink, tap_has_link_as_well_in_another_namespace_and_under_another_name) {
    NEEDS_PORTS();
    const auto name = fresh_interface();
    Opened opened("1:2 tap,iface=" + name);
    const Elsewhere elsewhere;
    ASSERT_TRUE(elsewhere.take(name));
    EXPECT_TRUE(becomes(opened.port(), false)) << "a move takes an interface down";
    ASSERT_TRUE(elsewhere.run("ip link set " + name + " name eth0"));
    ASSERT_TRUE(elsewhere.run("ip link set eth0 up"));
    EXPECT_TRUE(becomes(opened.port(), true));
    ASSERT_TRUE(elsewhere.run("ip link set eth0 down"));
    EXPECT_TRUE(becomes(opened.port(), false));
}

TEST(PortLink, a_disabled_tap_takes_the_carrier_from_its_host) {
    NEEDS_PORTS();
    const auto name = fresh_interface();
    Opened opened("1:2 tap,iface=" + name);
    const Interface host(name);
    EXPECT_TRUE(within(2000, [&] { return host.running(); }));
    opened.port().set_enabled(false);
    EXPECT_TRUE(within(2000, [&] { return !host.running(); }));
    EXPECT_FALSE(opened.port().link_up());
    opened.port().set_enabled(true);
    EXPECT_TRUE(within(2000, [&] { return host.running(); }));
    EXPECT_TRUE(opened.port().link_up());
}

TEST(PortLink, ports_on_a_veth_follow_its_far_end_and_take_its_link_when_disabled) {
    NEEDS_PORTS();
    for (const char* kind : {"net_af_packet", "xsk"}) {
        SCOPED_TRACE(kind);
        Veth veth;
        Opened opened("1:4 " + std::string(kind) + ",iface=" + veth.port);
        const Interface far(veth.peer);
        EXPECT_TRUE(becomes(opened.port(), true));
        ASSERT_TRUE(command("ip link set " + veth.peer + " down"));
        EXPECT_TRUE(becomes(opened.port(), false));
        ASSERT_TRUE(command("ip link set " + veth.peer + " up"));
        EXPECT_TRUE(becomes(opened.port(), true));
        opened.port().set_enabled(false);
        EXPECT_TRUE(within(2000, [&] { return !far.running(); }));
        opened.port().set_enabled(true);
        EXPECT_TRUE(within(2000, [&] { return far.running(); }));
        const auto neighbour = on_interface(veth.peer);
        ASSERT_TRUE(neighbour->send(frame_of(100, 1)));
        EXPECT_EQ(opened.receive(1).size(), 1u) << "frames flow after disable and enable";
        opened.port().shut_down();
    }
}

TEST(PortLink, net_tap_has_link_while_its_interface_is_up) {
    NEEDS_PORTS();
    const auto name = fresh_interface();
    Opened opened("1:3 net_tap,iface=" + name);
    EXPECT_TRUE(becomes(opened.port(), true));
    ASSERT_TRUE(command("ip link set " + name + " down"));
    EXPECT_TRUE(becomes(opened.port(), false));
    ASSERT_TRUE(command("ip link set " + name + " up"));
    EXPECT_TRUE(becomes(opened.port(), true));
}

TEST(PortLink, net_tap_works_on_in_another_namespace) {
    NEEDS_PORTS();
    const auto name = fresh_interface();
    Opened opened("1:3 net_tap,iface=" + name);
    const Elsewhere elsewhere;
    ASSERT_TRUE(elsewhere.take(name));
    ASSERT_TRUE(elsewhere.run("ip link set " + name + " up"));
    EXPECT_TRUE(becomes(opened.port(), true));
}

TEST(PortLink, each_end_of_a_wire_sees_the_other) {
    NEEDS_PORTS();
    Opened opened("1:1 wire,slots=64");
    auto mapping = map_arena(opened.kept().at("port/1:1/wire").get(), ArenaKind::wire, fingerprint<WireArena>(),
                             Access::read_write);
    ASSERT_TRUE(mapping);
    auto& wire = *mapping->as<WireArena>();
    EXPECT_FALSE(opened.port().link_up());
    wire.peer_up = 1;
    EXPECT_TRUE(opened.port().link_up());
    EXPECT_EQ(wire.switch_up, 1u);
    opened.port().set_enabled(false);
    EXPECT_EQ(wire.switch_up, 0u);
    opened.port().set_enabled(true);
    EXPECT_EQ(wire.switch_up, 1u);
    opened.port().shut_down();
    EXPECT_EQ(wire.switch_up, 0u);
}

TEST(PortLink, tap_counts_what_its_queue_could_not_hold_here_and_elsewhere) {
    NEEDS_PORTS();
    const auto name = fresh_interface();
    Opened opened("1:2 tap,txqueuelen=64,iface=" + name);
    const auto neighbour = on_interface(name);
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(neighbour->send(frame_of(60, static_cast<std::uint64_t>(i))));
    const auto got = opened.receive(100, 200).size();
    EXPECT_LT(got, 100u);
    EXPECT_GE(opened.port().missed(), 100 - got);
    const auto before = opened.port().missed();
    const Elsewhere elsewhere;
    ASSERT_TRUE(elsewhere.take(name));
    EXPECT_EQ(opened.port().missed(), before) << "the count survives a move";
}

TEST(PortLink, xsk_counts_what_its_ring_could_not_hold) {
    NEEDS_PORTS();
    Veth veth;
    Opened opened("1:5 xsk,frames=512,iface=" + veth.port);
    const auto neighbour = on_interface(veth.peer);
    std::uint64_t sent = 0;
    EXPECT_TRUE(within(5000, [&] {
        for (int i = 0; i < 50; ++i) EXPECT_TRUE(neighbour->send(frame_of(60, sent++)));
        ::usleep(1000);  // a veth's own ring is 256 frames; the socket's is what is meant here
        return opened.port().missed() >= 100;
    }));
    EXPECT_GE(sent, 612u) << "counted frames that were not lost";
    const auto got = opened.receive(512, 500).size();
    EXPECT_EQ(got, 512u);
    opened.port().shut_down();
}

}  // namespace
}  // namespace baton::rig
