// SPDX-License-Identifier: Apache-2.0
// A program that the bench runs: ended with it, by pid, whatever happens.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "sync/base/time.h"
#include "sync/region/arena.h"

namespace baton::takeover {

class Process {
  public:
    Process() = default;
    /// Starts it. Standard error (and output, unless `talks`) go to the file `log`; `talks`: pipes to and from it.
    Process(const std::vector<std::string>& words, const std::string& log, bool talks);
    Process(Process&&) noexcept;
    Process& operator=(Process&&) noexcept;
    ~Process();  // SIGTERM, then SIGKILL after three seconds

    pid_t pid() const { return pid_; }

    /// Waits for its end; the exit code, or 128 + signal; -1 when it did not end in time.
    int wait(Duration at_most);
    void say(const std::string& line) const;

    /// The next line it prints; empty when none comes in time.
    std::string line(Duration at_most);

  private:
    pid_t pid_ = 0;
    Fd to_, from_;
    std::string pending_;
};

}  // namespace baton::takeover
