// SPDX-License-Identifier: Apache-2.0
// The packet tests need EAL, once in a process, without huge pages so that they run anywhere.
// --workers=N: switches whose test names no number have N.
#include <gtest/gtest.h>
#include <rte_eal.h>

#include "sync/base/log.h"
#include "tests/packet/test_switch.h"

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    for (int i = 1; i < argc; ++i)
        if (const std::string_view word = argv[i]; word.starts_with("--workers="))
            baton::test::workers_of_this_run = static_cast<unsigned>(std::atoi(argv[i] + word.find('=') + 1));
    baton::log::open("packet-test", baton::log::Level::warning);
    const char* words[] = {"packet-test", "--no-huge",      "--no-shconf",        "-m", "256", "--no-pci", "--lcores",
                           "0",           "--no-telemetry", "--log-level=warning"};
    if (rte_eal_init(static_cast<int>(std::size(words)), const_cast<char**>(words)) < 0) {
        std::fputs("skipped: EAL does not start here even without huge pages\n", stderr);
        return 77;
    }
    const int result = RUN_ALL_TESTS();
    rte_eal_cleanup();
    return result;
}
