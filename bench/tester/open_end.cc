// SPDX-License-Identifier: Apache-2.0
// From the way an end is written on the command line to the end itself.
#include "bench/tester/end.h"
#include "bench/tester/packet_end.h"
#include "bench/tester/wire_end.h"
#include "sync/base/ids.h"

namespace baton::tester {

Result<std::unique_ptr<End>> open_end(std::string_view spec) {
    if (spec.starts_with("wire:")) {
        spec.remove_prefix(5);
        const auto hash = spec.rfind('#');
        if (hash == std::string_view::npos || !PortName::parse(spec.substr(hash + 1)))
            return failure("wire:" + std::string(spec) + ": a wire is written wire:PATH_OF_CHASSIS_SOCKET#1:1");
        auto fd = ask_for_wire(std::string(spec.substr(0, hash)), spec.substr(hash + 1));
        if (!fd) return fd.error();
        return WirePeer::attach(std::move(*fd));
    }
    if (spec.starts_with("packet:")) {
        spec.remove_prefix(7);
        const auto slash = spec.find('/');
        if (slash == std::string_view::npos) return PacketEnd::open("", std::string(spec));
        return PacketEnd::open(std::string(spec.substr(0, slash)), std::string(spec.substr(slash + 1)));
    }
    return failure(std::string(spec) + ": an end is wire:SOCKET#PORT, packet:IFACE or packet:NETNS/IFACE");
}

}  // namespace baton::tester
