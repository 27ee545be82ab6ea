// SPDX-License-Identifier: Apache-2.0
// The network namespace that the router's own side lives in: its TAPs, its sockets, and beside them routing daemons.
// One thread of the data plane lives there too; the others stay where they are.
#pragma once

#include <string>

#include "sync/base/result.h"

namespace baton {

class Namespace {
  public:
    /// A name as `ip netns` has it, or a path.
    explicit Namespace(const std::string& name) : path_(name.starts_with('/') ? name : "/run/netns/" + name) {}

    const std::string& path() const { return path_; }

    /// Takes the calling thread there, for good. Again after it was made anew under the same name.
    Result<void> enter();

    /// The one entered is still the one of that name.
    bool current() const;

    /// Whether the tun fd, or the socket, belongs to the namespace entered.
    bool holds_tun(int fd) const;
    bool holds_socket(int fd) const;

  private:
    bool is(int namespace_fd) const;

    std::string path_;
    std::uint64_t inode_ = 0;
};

}  // namespace baton
