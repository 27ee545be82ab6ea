// SPDX-License-Identifier: Apache-2.0
// Frames for the master: those to the addresses that a bridge never forwards. Copied into the punt ring, so the mbuf is
// free at once and a board that does not read costs nothing but its own frames.
#include "dataplane/stage/stages.h"

namespace baton::stage {

void punt(Context& context, Batch& batch) {
    for (std::uint64_t rest = batch.reserved; rest; rest &= rest - 1) {
        const auto i = static_cast<unsigned>(__builtin_ctzll(rest));
        rte_mbuf* frame = batch.frame[i];
        const std::span bytes(rte_pktmbuf_mtod(frame, const std::uint8_t*), frame->data_len);
        if (!context.punt.push(bytes, batch.ingress, batch.vlan[i])) {
            drop_from(context, batch, i, Drop::punt_full);
            continue;
        }
        add(context.counters->punted, 1);
        rte_pktmbuf_free(frame);
        batch.gone |= 1ull << i;
    }
}

}  // namespace baton::stage
