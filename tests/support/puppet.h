// SPDX-License-Identifier: Apache-2.0
// A port that no frame comes from or goes to, for what only asks ports about themselves.
#pragma once

#include "dataplane/port/port.h"

namespace baton::test {

class Puppet : public Port {
  public:
    Puppet() = default;

    explicit Puppet(PortName name) { about_.name = name; }

    std::uint16_t receive(rte_mbuf**, std::uint16_t) override { return 0; }

    std::uint16_t transmit(rte_mbuf**, std::uint16_t) override { return 0; }

    bool link_up() override { return up; }

    std::uint64_t missed() override { return lost; }

    void set_enabled(bool now) override { enabled = now; }

    bool up = true, enabled = true;
    std::uint64_t lost = 0;
};

}  // namespace baton::test
