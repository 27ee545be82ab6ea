// SPDX-License-Identifier: Apache-2.0
// The addresses of a kernel interface, set by rtnetlink (RFC 3549): made to be those that Baton has configured there,
// each touched only if it differs, so that daemons see no interface that blinks. Without duplicate address detection:
// Baton answers for these addresses already, and the kernel must not take its own switch for a stranger.
#pragma once

#include <compare>
#include <set>

#include "sync/base/result.h"
#include "sync/layout/routes.h"
#include "sync/region/arena.h"

namespace baton {

struct HostAddress {
    Family family{};
    IpBits bits;
    std::uint8_t length = 0;  // of its subnet's prefix
    friend constexpr auto operator<=>(const HostAddress&, const HostAddress&) = default;
};

using HostAddresses = std::set<HostAddress>;

class AddressSocket {
  public:
    /// In the calling thread's namespace.
    AddressSocket();

    /// What the kernel has; link-local ones are its own affair and left out.
    Result<HostAddresses> of(std::uint32_t interface_index);

    Result<void> make(std::uint32_t interface_index, const HostAddresses& wanted);

  private:
    Result<void> change(std::uint16_t type, std::uint16_t flags, std::uint32_t interface_index,
                        const HostAddress& what);
    Result<void> acknowledged();

    Fd socket_;
};

}  // namespace baton
