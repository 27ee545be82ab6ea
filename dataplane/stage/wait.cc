// SPDX-License-Identifier: Apache-2.0
// Packets whose next hop's address is not known: they wait in this worker, and the master is asked for it. Those for
// which there is no room end.
#include "dataplane/stage/stages.h"
#include "dataplane/worker/next_hop.h"

namespace baton::stage {

void wait(Context& context, Batch& batch, const Packets& packets) {
    for (std::uint64_t rest = packets.waiting; rest; rest &= rest - 1) {
        const auto i = static_cast<unsigned>(__builtin_ctzll(rest));
        Waiting::Packet packet;
        packet.frame = batch.frame[i];
        packet.ingress = batch.ingress;
        packet.vlan = batch.vlan[i];
        packet.tag = batch.tag[i];
        packet.offset = packets.offset[i];
        const Family family = packets.v4 >> i & 1 ? Family::ipv4 : Family::ipv6;
        if (!let_wait(context, packet, family, packets.hop(i), packets.index[i])) {
            drop_from(context, batch, i, Drop::unresolved_full);
            continue;
        }
        batch.gone |= 1ull << i;
    }
}

}  // namespace baton::stage
