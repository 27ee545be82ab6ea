// SPDX-License-Identifier: Apache-2.0
// Cores for threads, and the CPU time that threads have had, as the kernel accounts for it.
#pragma once

#include <sched.h>
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace baton::programming {

/// This thread, and those and the programs that it starts from now on.
inline void stay_on(unsigned core) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    ::sched_setaffinity(0, sizeof set, &set);
}

/// Of the process's threads of that name, in ns; no name: of all. 0 when it is gone.
inline std::uint64_t cpu_ns(pid_t pid, std::string_view thread = {}) {
    std::uint64_t sum = 0;
    std::error_code ignored;
    for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task", ignored)) {
        std::string name;
        std::getline(std::ifstream(task.path() / "comm"), name);
        if (!thread.empty() && name != thread) continue;
        std::uint64_t ran = 0;
        std::ifstream(task.path() / "schedstat") >> ran;
        sum += ran;
    }
    return sum;
}

}  // namespace baton::programming
