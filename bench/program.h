// SPDX-License-Identifier: Apache-2.0
// What the benches that drive the real programs have in common: where those lie, and how a bench ends.
#pragma once

#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <string>
#include <string_view>

#include "sync/base/result.h"

namespace baton::bench {

/// The build folder: a bench lies in BUILD/bench/NAME/.
inline std::string build_folder() {
    char path[4096];
    const ssize_t size = ::readlink("/proc/self/exe", path, sizeof path);
    std::string folder(path, size < 0 ? 0 : static_cast<std::size_t>(size));
    for (int up = 0; up < 3; ++up) folder = folder.substr(0, folder.rfind('/'));
    return folder;
}

/// Runs it; the exit code. What cannot be is a sentence and StartupError's code, a wrong option 2.
inline int finish(std::string_view name, int (*run)(int, char**), int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const StartupError& error) {
        fmt::print(stderr, "{}: {}\n", name, error.what);
        return error.exit_code;
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}: {}; --help lists the options\n", name, error.what());
        return 2;
    }
}

}  // namespace baton::bench
