// SPDX-License-Identifier: Apache-2.0
// The ends that the tester drives, against the real thing: a chassis's socket that hands out a wire, and packet sockets
// on a veth pair in a network namespace of the test's own.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "bench/tester/report.h"
#include "bench/tester/wire_end.h"
#include "sync/channel/backplane.h"

namespace baton::tester {
namespace {

/// Answers one client like the chassis: gives the wire of port 1:1, has none of any other.
class Door {
  public:
    Door() : path_(::testing::TempDir() + "baton-tester-door-" + std::to_string(::getpid())) {
        wire_ = std::move(create_wire(64, 2048, Pages::small).value());
        listener_ = Fd{::socket(AF_UNIX, SOCK_SEQPACKET, 0)};
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path_.copy(address.sun_path, sizeof address.sun_path - 1);
        EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        EXPECT_EQ(::listen(listener_.get(), 4), 0);
        thread_ = std::thread([this] { serve(); });
    }

    ~Door() {
        ::shutdown(listener_.get(), SHUT_RDWR);
        thread_.join();
        ::unlink(path_.c_str());
    }

    const std::string& path() const { return path_; }

    Mapping map() {
        return std::move(map_arena(wire_.get(), ArenaKind::wire, fingerprint<WireArena>(), Access::read_write).value());
    }

  private:
    void serve() {
        for (;;) {
            const Fd client{::accept(listener_.get(), nullptr, nullptr)};
            if (!client) return;
            ReceivedNote asked;
            if (receive_note(client.get(), asked, true) != Receive::note) continue;
            Note answer = asked.note;
            const bool known = asked.note.type == NoteType::want && asked.note.name_view() == "port/1:1/wire";
            answer.type = known ? NoteType::give : NoteType::none;
            send_note(client.get(), answer, known ? wire_.get() : -1);
        }
    }

    std::string path_;
    Fd wire_, listener_;
    std::thread thread_;
};

TEST(WireEnd, is_asked_of_the_chassis_and_raises_the_link_while_it_lives) {
    Door door;
    const auto mapping = door.map();
    auto& arena = *mapping.as<WireArena>();
    {
        auto end = open_end("wire:" + door.path() + "#1:1");
        ASSERT_TRUE(end) << end.error().what;
        EXPECT_EQ(arena.peer_up, 1u);
        EXPECT_FALSE((*end)->link_up());
        arena.switch_up = 1;
        EXPECT_TRUE((*end)->link_up());
        ASSERT_EQ((*end)->room(5), 5u);
        std::fill_n((*end)->to_fill(0, 60), 60, std::uint8_t{7});
        EXPECT_EQ((*end)->send(1), 1u);
        EXPECT_EQ(arena.lanes[0].head, 1u) << "frames to the switch go by lane 0";
    }
    EXPECT_EQ(arena.peer_up, 0u);
}

TEST(WireEnd, throws_away_what_waited_before_it_came) {
    Door door;
    const auto mapping = door.map();
    WireEnd switch_side(*mapping.as<WireArena>(), 1);
    ASSERT_EQ(switch_side.room(3), 3u);
    for (unsigned n = 0; n < 3; ++n) switch_side.to_fill(n).length = 60;
    switch_side.publish(3);
    auto end = open_end("wire:" + door.path() + "#1:1");
    ASSERT_TRUE(end);
    EXPECT_TRUE((*end)->receive().empty());
}

TEST(WireEnd, says_what_is_wrong_in_a_sentence) {
    Door door;
    const std::pair<std::string, const char*> faults[] = {
        {"wire:" + door.path() + "#1:9", "has no wire for port 1:9"},
        {"wire:" + door.path(), "a wire is written"},
        {"wire:/nowhere/chassis.sock#1:1", "cannot reach the chassis"},
        {"packet:baton-nope", "interface baton-nope"},
        {"carrier-pigeon", "an end is"}};
    for (const auto& [spec, says] : faults) {
        const auto end = open_end(spec);
        ASSERT_FALSE(end) << spec;
        EXPECT_NE(end.error().what.find(says), std::string::npos) << end.error().what;
    }
}

TEST(PacketEnd, carries_tagged_and_untagged_frames_both_ways_over_a_kernel_interface) {
    if (::geteuid() != 0 || ::unshare(CLONE_NEWNET) != 0) GTEST_SKIP() << "needs root and network namespaces";
    if (std::system("ip link add tst0 type veth peer name tst1 && ip link set tst0 up && ip link set tst1 up") != 0)
        GTEST_SKIP() << "cannot make a veth pair";
    Plan plan;
    ASSERT_TRUE(add_end(plan, "a=packet:tst0") && add_end(plan, "b=packet:tst1"));
    for (const char* flow : {"name=tagged,from=a/10,to=b/10,count=300,size=60+1514,rate=5000",
                             "name=plain,from=b,to=a,count=300,size=imix,rate=5000"})
        ASSERT_TRUE(add_flow(plan, flow));
    ASSERT_TRUE(plan.complete());
    Ends ends;
    for (const auto& end : plan.ends) {
        auto opened = open_end(end.spec);
        ASSERT_TRUE(opened) << opened.error().what;
        ends.push_back(std::move(*opened));
    }
    Runner runner(plan, std::move(ends), 77, monotonic_now, [](const auto&) {});
    const Time limit = monotonic_now() + seconds(20);
    while (runner.phase() != Runner::Phase::finished && monotonic_now() < limit)
        if (!runner.turn()) ::usleep(20);
    const auto outcome = outcome_of(runner);
    EXPECT_EQ(outcome.verdict.judgement, Judgement::good) << as_text(runner, outcome);
    EXPECT_EQ(outcome.total.offered, 600u);
    EXPECT_EQ(outcome.total.delivered, 600u);
}

}  // namespace
}  // namespace baton::tester
