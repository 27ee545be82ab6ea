// SPDX-License-Identifier: Apache-2.0
// The round trip of a cache line between core 0 and core 1, in TSC cycles: one number, for benches that are scripts.
#include <cstdio>
#include <thread>

#include "bench/wire/machine.h"

int main() {
    if (std::thread::hardware_concurrency() < 2) return 77;
    baton::bench::pin(0);
    std::printf("%.0f\n", baton::bench::ping_pong_cycles(1));
    return 0;
}
