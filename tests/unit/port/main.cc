// SPDX-License-Identifier: Apache-2.0
// The port tests' program. `--echo SPEC` makes it a small data plane instead (echo.cc), for tests that kill one.
#include <gtest/gtest.h>
#include <rte_eal.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <sched.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string_view>

#include "sync/base/log.h"
#include "tests/unit/port/echo.h"
#include "tests/unit/port/rig.h"

namespace baton::rig {
namespace {

rte_mempool* the_pool = nullptr;

bool start_eal(const char* program) {
    static char prefix[64];
    std::snprintf(prefix, sizeof prefix, "--file-prefix=port%d", ::getpid());
    const char* words[] = {program,
                           "--no-huge",
                           "-m",
                           "192",
                           "--no-shconf",
                           "--no-pci",
                           "--no-telemetry",
                           "--log-level=lib.eal:3",
                           "--log-level=pmd:3",
                           "-l",
                           "0",
                           prefix};
    if (rte_eal_init(static_cast<int>(std::size(words)), const_cast<char**>(words)) < 0) return false;
    the_pool = rte_pktmbuf_pool_create("frames", 8191, 256, 0, mbuf_data_room(max_frame), SOCKET_ID_ANY);
    return the_pool != nullptr;
}

}  // namespace

rte_mempool* pool() {
    return the_pool;
}

/// No mbuf may be missing when all ports are closed: a leak in a port is a fault of its own.
class NothingLeaks : public ::testing::EmptyTestEventListener {
    void OnTestEnd(const ::testing::TestInfo&) override {
        if (!the_pool) return;
        EXPECT_EQ(rte_mempool_avail_count(the_pool), 8191u) << "mbufs leaked";
    }
};

}  // namespace baton::rig

int main(int argc, char** argv) {
    using namespace baton;
    log::open("port-test", log::Level::warning);
    if (argc == 3 && std::string_view(argv[1]) == "--echo") return rig::start_eal(argv[0]) ? rig::echo(argv[2]) : 1;
    ::testing::InitGoogleTest(&argc, argv);
    if (::testing::GTEST_FLAG(list_tests)) return RUN_ALL_TESTS();
    if (::geteuid() != 0)
        rig::cannot_run = "ports need root";
    else if (::unshare(CLONE_NEWNET) != 0 || !rig::command("ip link set lo up"))
        rig::cannot_run = "no network namespace of our own to be had";
    else if (!rig::start_eal(argv[0]))
        rig::cannot_run = "EAL does not start here";
    // Or the kernel's own router solicitations would take slots that tests count.
    if (rig::cannot_run.empty()) std::ofstream("/proc/sys/net/ipv6/conf/default/disable_ipv6") << 1;
    ::testing::UnitTest::GetInstance()->listeners().Append(new rig::NothingLeaks);
    return RUN_ALL_TESTS();
}
