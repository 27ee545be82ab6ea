// SPDX-License-Identifier: Apache-2.0
// Our XDP program on an interface, through libbpf: loaded from the bytes built into the program, attached over netlink,
// so that it stays when the process that attached it dies (a bpf_link would go with its last fd, and needs bpffs or the
// chassis to live on). Start-up only.
#pragma once

#include <cstdint>
#include <string_view>

#include "sync/base/result.h"
#include "sync/region/arena.h"

namespace baton {

struct Steering {
    Fd program;
    Fd sockets;  // XSKMAP: queue -> socket
};

/// Loads program and map, and attaches: `mode` auto, native or generic. A program of ours that a dead switch left is
/// replaced; one of somebody else's is an error that names it.
Result<Steering> attach_steering(unsigned interface, std::string_view mode);

/// Makes sure that a kept program is still attached; attaches it again when somebody took it off.
Result<void> confirm_steering(unsigned interface, int program, std::string_view mode);

/// Frames of `queue` go to `socket` from now on.
Result<void> steer(int sockets, std::uint32_t queue, int socket);

/// Takes the program off, if it is still ours.
void detach_steering(unsigned interface, int program);

}  // namespace baton
