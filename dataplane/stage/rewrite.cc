// SPDX-License-Identifier: Apache-2.0
// Packets that leave become frames of the next VLAN: new addresses, one less in the time to live with the checksum kept
// true (RFC 1624), the new VLAN's identifier in a tag that stays, its priority kept. From here on they are frames like
// those that a host of the next VLAN would have sent, and they go by the same table of addresses.
#include "dataplane/ip/checksum.h"
#include "dataplane/ip/header.h"
#include "dataplane/stage/stages.h"

namespace baton::stage {
namespace {

/// Both in two stores.
void write_addresses(std::uint8_t* frame, std::uint64_t to, std::uint64_t from) {
    const std::uint64_t head = __builtin_bswap64(to << 16 | from >> 32);
    std::memcpy(frame, &head, sizeof head);
    ip::store_be32(frame + 8, static_cast<std::uint32_t>(from));
}

/// From VLAN and address to what the FDB takes, and the buckets asked for; loops of their own, as in parse.
void mix_and_fetch(Batch& batch, std::uint64_t leaving) {
    const FdbView fdb = batch.fdb;
    if (leaving == first_bits(batch.count)) [[likely]] {
        for (unsigned i = 0; i < batch.count; ++i) batch.dst[i] = fdb.mix(0, batch.dst[i]);
        return fdb.prefetch(batch.dst, batch.count);
    }
    for (std::uint64_t rest = leaving; rest; rest &= rest - 1) {
        const auto i = static_cast<unsigned>(__builtin_ctzll(rest));
        batch.dst[i] = fdb.mix(0, batch.dst[i]);
        fdb.prefetch(batch.dst[i]);
    }
}

}  // namespace

void rewrite(Context& context, Batch& batch, const Packets& packets) {
    const std::uint64_t router = context.tables->applier.router_mac.load(std::memory_order_relaxed);
    for (std::uint64_t rest = packets.leaving; rest; rest &= rest - 1) {
        const auto i = static_cast<unsigned>(__builtin_ctzll(rest));
        rte_mbuf* frame = batch.frame[i];
        auto* data = rte_pktmbuf_mtod(frame, std::uint8_t*);
        const HopWord hop = packets.hop(i);
        write_addresses(data, hop.mac, router);
        if (batch.tag[i] == TagForm::tagged) write_identifier(frame, hop.vlan);
        std::uint8_t* packet = data + packets.offset[i];
        if (packets.v4 >> i & 1)
            ip::lower_ttl(packet);
        else
            --packet[7];
        batch.vlan[i] = hop.vlan;
        batch.dst[i] = fdb_key(hop.vlan, hop.mac);
    }
    mix_and_fetch(batch, packets.leaving);
    add(context.counters->routed, count_of(packets.leaving));
}

}  // namespace baton::stage
