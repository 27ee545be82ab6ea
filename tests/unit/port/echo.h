// SPDX-License-Identifier: Apache-2.0
// A data plane of one port that gives back what it gets, in a process that can be killed; and its chassis, which holds
// the fds. They talk as the real ones do: give and begin, then keep, and hello when the port is open.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>

#include "sync/region/arena.h"

namespace baton::rig {

/// The child's main.
int echo(const char* spec);

class EchoChassis {
  public:
    explicit EchoChassis(std::string spec) : spec_(std::move(spec)) {}

    ~EchoChassis() { kill_it(); }

    bool start();    // true once the port is open
    void kill_it();  // SIGKILL, and seen gone
    int fd(const std::string& name) const;

  private:
    std::string spec_;
    pid_t pid_ = 0;
    Fd socket_;
    std::map<std::string, Fd> kept_;
};

}  // namespace baton::rig
