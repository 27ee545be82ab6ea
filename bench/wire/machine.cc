// SPDX-License-Identifier: Apache-2.0
#include "bench/wire/machine.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <x86intrin.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "sync/base/time.h"

namespace baton::bench {

void weigh_more() {
    if (::setsid() < 0) {
        const pid_t child = ::fork();
        if (child > 0) {
            int status = 0;
            ::waitpid(child, &status, 0);
            std::exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
        }
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::setsid();
    }
    if (FILE* group = std::fopen("/proc/self/autogroup", "w")) {
        std::fputs("-20", group);
        std::fclose(group);
    }
}

void pin(unsigned core) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    ::pthread_setaffinity_np(::pthread_self(), sizeof set, &set);
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), -20);
}

double tsc_hz() {
    static const double hz = [] {
        const Time begin = monotonic_now();
        const std::uint64_t tsc = __rdtsc();
        while (monotonic_now() - begin < milliseconds(50)) {
        }
        const std::uint64_t passed = __rdtsc() - tsc;
        return static_cast<double>(passed) / (monotonic_now() - begin).seconds();
    }();
    return hz;
}

double adds_per_cycle() {
    std::uint64_t x = 1;
    const std::uint64_t begin = __rdtsc();
    for (int i = 0; i < 1'000'000; ++i) asm volatile("add $1, %0" : "+r"(x));
    return 1e6 / static_cast<double>(__rdtsc() - begin);
}

double ping_pong_cycles(unsigned other_core) {
    constexpr std::uint32_t rounds = 20'000, piece = 100;
    alignas(64) std::atomic<std::uint32_t> ball = 0;
    std::thread other([&ball, other_core] {
        pin(other_core);
        for (std::uint32_t n = 1; n < 2 * rounds; n += 2) {
            while (ball.load(std::memory_order_acquire) != n) {
            }
            ball.store(n + 1, std::memory_order_release);
        }
    });
    std::vector<double> trips;
    std::uint64_t begin = __rdtsc();
    for (std::uint32_t n = 0; n < 2 * rounds; n += 2) {
        ball.store(n + 1, std::memory_order_release);
        while (ball.load(std::memory_order_acquire) != n + 2) {
        }
        if (n / 2 % piece == piece - 1) {
            const std::uint64_t now = __rdtsc();
            trips.push_back(static_cast<double>(now - begin) / piece);
            begin = now;
        }
    }
    other.join();
    std::nth_element(trips.begin(), trips.begin() + static_cast<std::ptrdiff_t>(trips.size() / 2), trips.end());
    return trips[trips.size() / 2];
}

}  // namespace baton::bench
