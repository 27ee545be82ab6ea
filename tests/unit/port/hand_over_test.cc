// SPDX-License-Identifier: Apache-2.0
// A data plane dies by SIGKILL and the next one goes on with its port: on the fds that the chassis held, without a lost
// or doubled frame. And at random moments under load, where a frame in the dead process's hands is lost with it,
// nothing else may be: no buffer, no slot, no later frame.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>
#include <thread>

#include "dataplane/port/xdp.h"
#include "tests/unit/port/echo.h"
#include "tests/unit/port/rig.h"

namespace baton::rig {
namespace {

constexpr std::size_t frame_size = 300;

/// Sends numbered frames and hears them come back; remembers which did.
class Stream {
  public:
    explicit Stream(Neighbour& neighbour) : neighbour_(neighbour) {}

    bool send() {
        if (!within(1000, [&] { return neighbour_.send(frame_of(frame_size, sent_)); })) return false;
        ++sent_;
        return true;
    }

    void hear() {
        while (const auto frame = neighbour_.receive()) {
            const auto number = number_of(frame->data(), frame->size());
            if (!number || *number >= sent_ || *frame != frame_of(frame_size, *number)) {
                ++broken_;
                continue;
            }
            if (*number < next_) ++late_;
            next_ = *number + 1;
            if (!heard_.insert(*number).second) ++doubled_;
        }
    }

    bool all_back(int ms) {
        return within(ms, [&] { return hear(), heard_.size() == sent_; });
    }

    void expect_whole() const {
        EXPECT_EQ(heard_.size(), sent_) << "lost";
        EXPECT_EQ(doubled_, 0u);
        EXPECT_EQ(late_, 0u);
        EXPECT_EQ(broken_, 0u);
    }

    std::uint64_t lost() const { return sent_ - heard_.size(); }

    std::uint64_t doubled() const { return doubled_; }

    std::uint64_t broken() const { return broken_; }

  private:
    Neighbour& neighbour_;
    std::set<std::uint64_t> heard_;
    std::uint64_t sent_ = 0, next_ = 0, doubled_ = 0, late_ = 0, broken_ = 0;
};

/// 200 frames through the first data plane at 10 000 a second; killed between two frames; 200 more while nobody is
/// there; the next one gives them back, and 200 more.
void goes_on_after_a_kill(EchoChassis& chassis, Neighbour& neighbour) {
    Stream stream(neighbour);
    const auto send_200 = [&] {
        for (int i = 0; i < 200; ++i) {
            ASSERT_TRUE(stream.send());
            ::usleep(100);
        }
    };
    for (int kills = 0; kills < 3; ++kills) {
        send_200();
        ASSERT_TRUE(stream.all_back(3000)) << stream.lost() << " missing before kill " << kills;
        chassis.kill_it();
        send_200();
        ASSERT_TRUE(chassis.start());
        send_200();
        EXPECT_TRUE(stream.all_back(3000)) << "after kill " << kills;
    }
    stream.expect_whole();
}

/// Killed at random moments of a stream that never pauses. What a process held is lost, a burst at most, and nothing
/// else is: no frame that waited, no buffer, no slot. Never more than 128 frames are under way, or a busy machine's
/// queues (a veth's own holds 256) would lose some that are none of the port's business.
void loses_only_what_was_in_hand(EchoChassis& chassis, Neighbour& neighbour, int kills, std::size_t burst) {
    Stream stream(neighbour);
    std::mt19937 random(11);
    for (int kill = 0; kill < kills; ++kill) {
        const auto before = stream.lost();
        const auto moment = Clock::now() + std::chrono::microseconds(5000 + random() % 20000);
        std::thread killer([&] {
            std::this_thread::sleep_until(moment);
            chassis.kill_it();
        });
        while (Clock::now() < moment + std::chrono::milliseconds(2)) {
            if (stream.lost() < before + 128 && !stream.send()) break;
            stream.hear();
        }
        killer.join();
        ASSERT_TRUE(chassis.start());
        within(300, [&] { return stream.hear(), stream.lost() == before; });
        EXPECT_LE(stream.lost() - before, 32u) << "at kill " << kill;
    }
    EXPECT_EQ(stream.broken(), 0u);
    EXPECT_EQ(stream.doubled(), 0u);
    Stream after(neighbour);
    for (int round = 0; round < 3; ++round) {
        for (std::size_t i = 0; i < burst; ++i) {
            ASSERT_TRUE(within(3000, [&] { return after.hear(), after.lost() < 128; }));
            ASSERT_TRUE(after.send());
        }
        EXPECT_TRUE(after.all_back(3000)) << after.lost() << " missing in round " << round;
    }
    after.expect_whole();
}

TEST(PortHandOver, tap_goes_on_after_a_kill) {
    NEEDS_PORTS();
    const auto name = fresh_interface();
    EchoChassis chassis("1:2 tap,iface=" + name);
    ASSERT_TRUE(chassis.start());
    goes_on_after_a_kill(chassis, *on_interface(name));
}

TEST(PortHandOver, xsk_goes_on_after_a_kill) {
    NEEDS_PORTS();
    Veth veth;
    EchoChassis chassis("1:5 xsk,frames=512,iface=" + veth.port);
    ASSERT_TRUE(chassis.start());
    goes_on_after_a_kill(chassis, *on_interface(veth.peer));
}

TEST(PortHandOver, wire_goes_on_after_a_kill_of_the_switch) {
    NEEDS_PORTS();
    EchoChassis chassis("1:1 wire,slots=1024");
    ASSERT_TRUE(chassis.start());
    goes_on_after_a_kill(chassis, *on_wire(chassis.fd("port/1:1/wire")));
}

TEST(PortHandOver, tap_loses_only_what_was_in_hand) {
    NEEDS_PORTS();
    const auto name = fresh_interface();
    EchoChassis chassis("1:2 tap,iface=" + name);
    ASSERT_TRUE(chassis.start());
    loses_only_what_was_in_hand(chassis, *on_interface(name), 5, 512);
}

TEST(PortHandOver, xsk_loses_only_what_was_in_hand_and_no_buffer) {
    NEEDS_PORTS();
    Veth veth;
    const std::string spec = "1:5 xsk,frames=2048,iface=" + veth.port;
    EchoChassis chassis(spec);
    ASSERT_TRUE(chassis.start());
    const auto neighbour = on_interface(veth.peer);
    loses_only_what_was_in_hand(chassis, *neighbour, 10, 2048);
    // No chunk is gone: as many frames wait in the socket as it was made with, while nobody reads.
    chassis.kill_it();
    for (int i = 0; i < 3000; ++i) {
        ASSERT_TRUE(neighbour->send(frame_of(60, static_cast<std::uint64_t>(i))));
        if (i % 32 == 31) ::usleep(500);
    }
    KeptFds kept;
    for (const char* what : {"xsk", "umem", "map", "prog"}) {
        const std::string fd_name = std::string("port/1:5/") + what;
        ASSERT_GE(chassis.fd(fd_name), 0);
        kept.add(fd_name, Fd{::dup(chassis.fd(fd_name))});
    }
    Opened opened(spec, std::move(kept));
    EXPECT_TRUE(opened.kept().empty()) << "nothing new was made";
    EXPECT_EQ(opened.receive(2048, 1000).size(), 2048u);
    for (int round = 0; round < 3; ++round) {
        std::vector<Frame> frames;
        for (std::uint64_t i = 0; i < 2048; ++i) frames.push_back(frame_of(70, i));
        std::vector<Frame> heard;
        ASSERT_TRUE(opened.transmit({frames.begin(), frames.begin() + 200}));
        within(2000, [&] {
            while (auto frame = neighbour->receive()) heard.push_back(std::move(*frame));
            return heard.size() == 200;
        });
        EXPECT_EQ(heard, (std::vector<Frame>{frames.begin(), frames.begin() + 200}));
    }
    opened.port().shut_down();
}

TEST(PortHandOver, wire_loses_only_what_was_in_hand) {
    NEEDS_PORTS();
    EchoChassis chassis("1:1 wire,slots=1024");
    ASSERT_TRUE(chassis.start());
    loses_only_what_was_in_hand(chassis, *on_wire(chassis.fd("port/1:1/wire")), 10, 1024);
}

/// The far end of a wire sends its head's own position, so whoever comes next knows where to go on.
[[noreturn]] void wire_peer(int fd) {
    auto mapping = map_arena(fd, ArenaKind::wire, fingerprint<WireArena>(), Access::read_write);
    if (!mapping) ::_exit(1);
    auto& wire = *mapping->as<WireArena>();
    WireEnd out(wire, 0);
    const pid_t parent = ::getppid();
    for (;;) {
        const std::uint32_t room = out.room(16);
        const std::uint64_t head = wire.lanes[0].head.load();
        for (std::uint32_t i = 0; i < room; ++i) {
            const Frame frame = frame_of(60 + (head + i) % 1000, head + i);
            WireSlot& slot = out.to_fill(i);
            slot.length = static_cast<std::uint32_t>(frame.size());
            std::memcpy(WireEnd::bytes(slot), frame.data(), frame.size());
        }
        out.publish(room);
        if (room == 0 && ::getppid() != parent) ::_exit(0);
    }
}

TEST(PortHandOver, wire_loses_and_doubles_nothing_when_its_far_end_is_killed) {
    NEEDS_PORTS();
    Opened opened("1:1 wire,slots=256");
    const int fd = opened.kept().at("port/1:1/wire").get();
    std::uint64_t next = 0;
    std::mt19937 random(7);
    for (int kill = 0; kill < 40; ++kill) {
        const pid_t peer = ::fork();
        if (peer == 0) wire_peer(fd);
        const auto until = next + 1 + random() % 1000;
        const auto take = [&](int ms) {
            for (const auto& frame : opened.receive(1, ms)) {
                ASSERT_EQ(frame, frame_of(60 + next % 1000, next)) << "frame " << next << " after " << kill << " kills";
                ++next;
            }
        };
        ASSERT_TRUE(within(5000, [&] { return take(1), next >= until || ::testing::Test::HasFailure(); }));
        ::kill(peer, SIGKILL);
        ::waitpid(peer, nullptr, 0);
        take(1);
        if (::testing::Test::HasFailure()) return;
    }
    EXPECT_GT(next, 40u);
}

TEST(PortHandOver, xsk_stays_steered_while_nobody_is_there_and_is_let_go_at_the_end) {
    NEEDS_PORTS();
    Veth veth;
    const auto shows_xdp = [&] { return command("ip link show " + veth.port + " | grep -q xdp"); };
    {
        Opened opened("1:5 xsk,frames=512,iface=" + veth.port);
        EXPECT_TRUE(shows_xdp());
    }
    EXPECT_TRUE(shows_xdp()) << "the end of a process is not the end of the port";
    Opened next("1:5 xsk,frames=512,iface=" + veth.port);  // a new chassis: nothing was kept, ours is replaced
    const auto neighbour = on_interface(veth.peer);
    ASSERT_TRUE(neighbour->send(frame_of(100, 1)));
    EXPECT_EQ(next.receive(1).size(), 1u);
    next.port().shut_down();
    EXPECT_FALSE(shows_xdp());
}

TEST(PortHandOver, what_cannot_be_opened_is_a_sentence_that_names_the_port) {
    NEEDS_PORTS();
    const auto fault = [](const std::string& text, KeptFds kept = {}) -> std::string {
        try {
            Opened opened(text, std::move(kept));
        } catch (const StartupError& error) {
            return error.what;
        }
        return "";
    };
    EXPECT_EQ(fault("1:5 xsk,iface=nowhere0").rfind("port 1:5: there is no interface nowhere0", 0), 0u);
    EXPECT_EQ(fault("1:4 net_af_packet,iface=nowhere0").rfind("port 1:4: ", 0), 0u);
    EXPECT_EQ(fault("1:2 tap").rfind("port 1:2: tap needs iface", 0), 0u);
    EXPECT_EQ(fault("1:2 tap,iface=lo").rfind("port 1:2: cannot make interface lo", 0), 0u);
    EXPECT_EQ(fault("1:9 pci,address=ff:1f.7").rfind("port 1:9: DPDK cannot open \"0000:ff:1f.7\"", 0), 0u);
    Veth veth;
    EXPECT_EQ(fault("1:5 xsk,queue=9,iface=" + veth.port).rfind("port 1:5: cannot bind to queue 9", 0), 0u);
    EXPECT_FALSE(command("ip link show " + veth.port + " | grep -q xdp")) << "a failed start leaves no program behind";
    KeptFds kept;
    kept.add("port/1:1/wire", std::move(*create_wire(64, 2048, Pages::small)));
    EXPECT_EQ(fault("1:1 wire,slots=128", std::move(kept)).rfind("port 1:1: the kept wire has 64 slots", 0), 0u);
}

}  // namespace
}  // namespace baton::rig
