// SPDX-License-Identifier: Apache-2.0
// How a test and its fake children talk, by files in the folder that BATON_FAKE_DIR names: a child appends what happens
// to it to `events`, one line each, and does what it finds in `<name>.do`. `<name>.first` is looked at before anything
// else.
#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "sync/base/time.h"
#include "sync/region/arena.h"

namespace baton::fake {

inline std::string folder() {
    const char* path = std::getenv("BATON_FAKE_DIR");
    return path ? path : "/nonexistent";
}

/// "<ns> <name> <pid> <what>", in one write, so that lines of several children never mix.
inline void tell(const std::string& name, const std::string& what) {
    const Fd file{::open((folder() + "/events").c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666)};
    const std::string line = fmt::format("{} {} {} {}\n", monotonic_now().ns, name, ::getpid(), what);
    if (::write(file.get(), line.data(), line.size()) < 0) std::abort();
}

inline std::string content(const std::string& path) {
    const Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    char text[256] = {};
    if (!file || ::read(file.get(), text, sizeof text - 1) < 0) return "";
    return text;
}

/// What the test wants done; taken once. Empty: nothing.
inline std::string order(const std::string& name) {
    const std::string path = folder() + "/" + name + ".do";
    std::string text = content(path);
    if (!text.empty()) ::unlink(path.c_str());
    return text;
}

/// What the test wants of each incarnation of this child before it says hello.
inline std::string first_order(const std::string& name) {
    return content(folder() + "/" + name + ".first");
}

}  // namespace baton::fake
