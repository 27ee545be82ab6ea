// SPDX-License-Identifier: Apache-2.0
// The data plane's end concerns nobody else: it is started again on the same memory and the same port fds.
#include <signal.h>

#include "tests/sync/chassis/harness.h"

namespace baton::test {
namespace {

TEST_F(Keeper, starts_a_dead_data_plane_on_its_kept_fds_and_arenas) {
    start_and_settle();
    wait_event("dataplane kept");
    const std::string first = wait_event("dataplane begun");
    EXPECT_EQ(value(first, "max_bits"), "22");
    EXPECT_EQ(value(first, "applied"), "0");
    EXPECT_EQ(value(first, "journal"), "false");
    const pid_t a = pid_of(Slot::msm_a), b = pid_of(Slot::msm_b);
    ::kill(static_cast<pid_t>(baton().dataplane_pid.load()), SIGKILL);
    const std::string second = wait_event("dataplane begun", 2);
    EXPECT_NE(second.find("port/1:1/pipe=frames in flight"), std::string::npos)
        << "the bytes in the pipe outlived its owner";
    EXPECT_EQ(value(second, "applied"), "1") << "the same tables";
    EXPECT_EQ(value(second, "seed"), value(first, "seed"));
    wait_log("started unit=dataplane start=2 kept_fds=2");
    EXPECT_EQ(pid_of(Slot::msm_a), a);
    EXPECT_EQ(pid_of(Slot::msm_b), b);
    EXPECT_EQ(GrantWord::of(baton().grant).term, 1u);
    EXPECT_EQ(baton().dataplane_starts, 2u);
}

TEST_F(Keeper, waits_ever_longer_for_a_data_plane_that_dies_at_once) {
    tell_first("dataplane", "exit");
    start();
    for (const char* ms : {"100", "200", "400"}) wait_log(fmt::format("back-off unit=dataplane restart_in_ms={}", ms));
    wait_event("msm-a granted term=1");
    tell_first("dataplane", "");
    wait_event("dataplane begun");
}

TEST_F(Keeper, gives_wires_and_readable_arenas_at_its_door_and_nothing_else) {
    start_and_settle();
    wait_event("dataplane kept");
    wait_log("refused to keep name=nonsense");
    EXPECT_TRUE(want("port/1:1/pipe"));
    const Fd tables = want("tables");
    EXPECT_TRUE(map_arena(tables.get(), ArenaKind::tables, fingerprint<TablesArena>(), Access::read_only));
    EXPECT_FALSE(map_arena(tables.get(), ArenaKind::tables, fingerprint<TablesArena>(), Access::read_write));
    for (const char* name : {"wake:dataplane", "journal", "commands", "session", "port/9:9/wire", ""})
        EXPECT_FALSE(want(name)) << name;
}

TEST_F(Keeper, outlives_clients_that_misbehave) {
    start_and_settle();
    std::vector<Fd> open;
    for (int i = 0; i < 100; ++i) open.push_back(want("baton"));
    EXPECT_TRUE(want("baton"));
    EXPECT_EQ(end_with(SIGTERM), 0);
}

}  // namespace
}  // namespace baton::test
