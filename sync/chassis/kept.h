// SPDX-License-Identifier: Apache-2.0
// What the data plane entrusts to the chassis: port fds (wires, taps, AF_XDP sockets) and those of the router's own side
// (its TAPs, the socket that zebra comes to) by name, held for its next incarnation, so that they outlive the process
// that drives them.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "sync/region/arena.h"

namespace baton::chassis {

class Kept {
  public:
    static constexpr std::size_t most = 8192;  // 255 ports, eight fds each; a TAP for each VLAN

    /// Holds `fd` under that name, in place of what was there; without an fd, forgets it. False: too many, or a name
    /// that begins with neither "port/" nor "route/".
    bool keep(std::string_view name, Fd fd) {
        if (!name.starts_with("port/") && !name.starts_with("route/")) return false;
        const auto it = held_.find(name);
        if (!fd) {
            if (it != held_.end()) held_.erase(it);
        } else if (it != held_.end()) {
            it->second = std::move(fd);
        } else {
            if (held_.size() >= most) return false;
            held_.emplace(std::string(name), std::move(fd));
        }
        return true;
    }

    int find(std::string_view name) const {
        const auto it = held_.find(name);
        return it == held_.end() ? -1 : it->second.get();
    }

    auto begin() const { return held_.begin(); }

    auto end() const { return held_.end(); }

    std::size_t size() const { return held_.size(); }

  private:
    std::map<std::string, Fd, std::less<>> held_;
};

}  // namespace baton::chassis
