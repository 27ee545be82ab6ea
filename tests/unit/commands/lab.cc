// SPDX-License-Identifier: Apache-2.0
// A master without a switch, for trying the client by hand and by interactive_test.py: prints its socket's path, serves
// until standard input ends. Each line on standard input is a failover: the sessions break, the next term answers. The
// line "unsaved" makes the configuration one that is not saved.
//   commands-lab [number of addresses in the FDB]
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "tests/unit/commands/session_rig.h"

int main(int argc, char* argv[]) {
    using namespace baton;
    const Listener listener;
    Term term = 1;
    auto master = std::make_unique<Master>(listener, term);
    const auto count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 3;
    master->on_loop([&] {
        for (std::uint64_t mac = 1; mac <= count; ++mac)
            master->sw.put_mac(1, 0x020000000000 + mac, static_cast<std::uint16_t>(1 + mac % 4));
    });
    std::printf("%s\n", listener.path().c_str());
    std::fflush(stdout);
    for (std::string line; std::getline(std::cin, line);) {
        if (line == "unsaved") {
            master->on_loop([&] { ++master->sw.kept_.changes; });
            std::printf("%llu\n", static_cast<unsigned long long>(term));
            std::fflush(stdout);
            continue;
        }
        master->die();
        master = std::make_unique<Master>(listener, ++term, SessionServer::Limits{}, &master->sw);
        std::printf("%llu\n", static_cast<unsigned long long>(term));
        std::fflush(stdout);
    }
}
