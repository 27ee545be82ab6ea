// SPDX-License-Identifier: Apache-2.0
// The payload of an FPM frame, as a hostile or broken zebra may send it. Whatever comes: no read outside of it, every
// change a prefix that is whole, next hops within their number, nothing at all after a fault; and what the data plane
// is told for it is well-formed.
#include <cstdlib>
#include <memory>

#include "controlplane/route/commands.h"

namespace {

void must(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
    using namespace baton;
    static const auto tables = [] {
        auto made = std::make_unique<TablesArena>();
        for (VlanId vlan = 1; vlan < 64; ++vlan) made->vlans[vlan].interface_index.store(vlan + 1u);
        return made;
    }();
    static zebra::Frame frame;
    const zebra::Fault fault = zebra::read_frame({input, size}, frame);
    must(fault == zebra::Fault::none || frame.changes.empty());
    zebra::Interfaces interfaces(*tables);
    std::vector<Command> commands;
    for (const zebra::Change& change : frame.changes) {
        must(change.length <= address_bits(change.family));
        must(change.hop_count <= hops_most);
        must(change.sentinel || change.remove || change.kind != RouteKind::forward || change.hop_count > 0);
        if (change.sentinel) continue;
        commands.clear();
        zebra::append_commands(change, interfaces, commands);
        must(!commands.empty() && commands.size() <= 5);
        for (std::size_t i = 0; i + 1 < commands.size(); ++i) must(commands[i].type == CommandType::route_hops);
    }
    return 0;
}
