// SPDX-License-Identifier: Apache-2.0
// Where does it go? The longest prefix for all packets of the burst at once, then each packet's adjacency, and what
// that says is to be done with it (RFC 1812 5.2.1 and 5.3, RFC 8200 3). Nothing is written into a packet here, so
// whoever is told that his ended sees it as he sent it.
//
//   hop            packet
//   neighbor       leaves, unless its time to live is over or it is too long and must not be cut
//   unresolved     } waits for the next hop's address
//   connected      }
//   local          has arrived
//   broadcast, blackhole, reject, none: ends
#include "dataplane/agent/icmp.h"
#include "dataplane/ip/flow.h"
#include "dataplane/stage/stages.h"
#include "dataplane/worker/next_hop.h"

namespace baton::stage {
namespace {

const std::uint8_t* packet_at(const Batch& batch, const Packets& packets, unsigned i) {
    return rte_pktmbuf_mtod(batch.frame[i], const std::uint8_t*) + packets.offset[i];
}

std::uint32_t flow_of(const Batch& batch, const Packets& packets, unsigned i) {
    const std::uint8_t* at = packet_at(batch, packets, i);
    const std::size_t size = batch.frame[i]->data_len - packets.offset[i];
    return packets.v4 >> i & 1 ? ip::flow_of(ip::V4{at}, size) : ip::flow_of(ip::V6{at}, size);
}

/// From the leaf of each packet in `set` to its adjacency, whose word is asked for.
void choose(const Context& context, const Batch& batch, Packets& packets, const Leaf* leaves, std::uint64_t set) {
    for (unsigned n = 0; set != 0; set &= set - 1, ++n) {
        const auto i = static_cast<unsigned>(__builtin_ctzll(set));
        const std::uint32_t flow = leaves[n].kind() == LeafKind::group ? flow_of(batch, packets, i) : 0;
        packets.index[i] = context.routes.choose(leaves[n], flow, context.vlan_up);
        context.routes.prefetch_adjacency(packets.index[i]);
    }
}

void look_up_v4(const Context& context, const Batch& batch, Packets& packets) {
    Leaf leaves[burst_size];
    if (packets.v4 == first_bits(batch.count)) [[likely]] {
        context.routes.follow4(packets.destination, packets.slot, leaves, batch.count);
    } else {
        std::uint32_t addresses[burst_size];
        unsigned n = 0;
        for (std::uint64_t rest = packets.v4; rest; rest &= rest - 1)
            addresses[n++] = packets.destination[__builtin_ctzll(rest)];
        context.routes.lookup4(addresses, leaves, n);
    }
    choose(context, batch, packets, leaves, packets.v4);
}

void look_up_v6(const Context& context, const Batch& batch, Packets& packets) {
    Leaf leaves[burst_size];
    IpBits addresses[burst_size];
    unsigned n = 0;
    for (std::uint64_t rest = packets.v6; rest; rest &= rest - 1)
        addresses[n++] = ip::V6{packet_at(batch, packets, static_cast<unsigned>(__builtin_ctzll(rest)))}.destination();
    context.routes.lookup6(addresses, leaves, n);
    choose(context, batch, packets, leaves, packets.v6);
}

/// What is the same for all packets of one family between two VLANs.
struct Passage {
    VlanId from = 0, to = 0;
    bool v4 = false;
    bool open = false;  // both VLANs forward this family
    std::uint16_t mtu = 0;
    bool redirects = false;         // whoever sends this way is told of a shorter one
    std::uint64_t plainly = ~0ull;  // the low 16 bits of adjacencies by which plain packets leave, nothing asked

    Passage() = default;

    Passage(const Context& context, const Batch& batch, VlanId from, VlanId to, bool v4) : from(from), to(to), v4(v4) {
        const VlanEntry &in = vlan_of(context, from), &out = vlan_of(context, to);
        const std::uint16_t forwards = interface_up | (v4 ? interface_forwards_v4 : interface_forwards_v6);
        const std::uint16_t flags = in.routing.load(std::memory_order_relaxed);
        open = (flags & out.routing.load(std::memory_order_acquire) & forwards) == forwards;
        mtu = out.mtu.load(std::memory_order_relaxed);
        redirects = from == to && (flags & interface_redirects);
        const bool all_fit = batch.longest <= mtu + ip::offset_behind(TagForm::none);
        if (open && v4 && all_fit && !redirects) plainly = HopWord{Hop::neighbor, to, 0}.word();
    }
};

class Judge {
  public:
    Judge(Context& context, Batch& batch, Packets& packets) : context_(context), batch_(batch), packets_(packets) {}

    /// Sends a packet on its way if it is plain and goes as one before it went; false: judge it.
    bool waves_through(unsigned i) {
        const std::uint32_t index = packets_.index[i];
        const std::uint64_t word =
            index < max_adjacencies ? context_.routes.adjacency(index).word.load(std::memory_order_acquire) : 0;
        packets_.word[i] = word;
        if ((word & 0xffff) != passage_.plainly || batch_.vlan[i] != passage_.from || !(packets_.plain >> i & 1))
            return false;
        stamp(context_, index, second_);
        packets_.leaving |= 1ull << i;
        return true;
    }

    void judge(unsigned i) {
        const std::uint64_t bit = 1ull << i;
        const bool v4 = packets_.v4 & bit;
        const HopWord hop = packets_.hop(i);
        if (hop.hop == Hop::local) {
            packets_.arrived |= bit;
            return;
        }
        if (packets_.link_local & bit) return end_on_link(i);
        const VlanId from = batch_.vlan[i];
        const bool goes_on = hop.hop == Hop::neighbor || hop.hop == Hop::unresolved || hop.hop == Hop::connected;
        const VlanId to = goes_on ? hop.vlan : from;
        if (passage_.from != from || passage_.to != to || passage_.v4 != v4)
            passage_ = {context_, batch_, from, to, v4};
        if (!passage_.open) [[unlikely]]
            return drop_from(context_, batch_, i, Drop::not_routed);
        const std::uint8_t* at = packet_at(batch_, packets_, i);
        if ((v4 ? ip::V4{at}.ttl() : ip::V6{at}.hop_limit()) <= 1) [[unlikely]]
            return end(i, Drop::ttl_expired, agent::Refusal::expired);
        if (!goes_on) [[unlikely]]
            return end_of_the_road(i, hop.hop);
        if (hop.hop == Hop::neighbor) [[likely]]
            return leave(i, v4, at);
        packets_.waiting |= bit;
    }

  private:
    agent::Subject subject(unsigned i) const {
        return {batch_.frame[i], packets_.offset[i], packets_.v4 >> i & 1 ? Family::ipv4 : Family::ipv6,
                batch_.vlan[i]};
    }

    void end(unsigned i, Drop why, agent::Refusal told, unsigned mtu = 0) {
        agent::refuse(context_, subject(i), told, mtu);
        drop_from(context_, batch_, i, why);
    }

    /// An address that is only good on its link does not leave it (RFC 4291 2.5.6, RFC 4443 3.1).
    void end_on_link(unsigned i) {
        if (ip::is_link_local(ip::V6{packet_at(batch_, packets_, i)}.destination()))
            return drop_from(context_, batch_, i, Drop::ip_destination);
        end(i, Drop::ip_source, agent::Refusal::beyond_scope);
    }

    void end_of_the_road(unsigned i, Hop hop) {
        switch (hop) {
            case Hop::blackhole: return drop_from(context_, batch_, i, Drop::route_blackhole);
            case Hop::broadcast: return drop_from(context_, batch_, i, Drop::directed_broadcast);
            case Hop::reject: return end(i, Drop::route_reject, agent::Refusal::rejected);
            default: return end(i, Drop::no_route, agent::Refusal::no_route);
        }
    }

    void leave(unsigned i, bool v4, const std::uint8_t* at) {
        const unsigned length = v4 ? ip::V4{at}.total_length() : ip::v6_header + ip::V6{at}.payload_length();
        if (length > passage_.mtu) [[unlikely]] {
            if (!v4 || (ip::V4{at}.fragment_word() & ip::dont_fragment))
                return end(i, Drop::too_big, agent::Refusal::too_big, passage_.mtu);
            packets_.too_long |= 1ull << i;
        }
        if (passage_.redirects) [[unlikely]]
            agent::redirect(context_, subject(i), packets_.hop(i), packets_.index[i]);
        stamp(context_, packets_.index[i], second_);
        packets_.leaving |= 1ull << i;
    }

    Context& context_;
    Batch& batch_;
    Packets& packets_;
    Passage passage_;  // of the packet before
    const std::uint32_t second_ = context_.routes.second();
};

}  // namespace

void route(Context& context, Batch& batch, Packets& packets) {
    if (packets.v4 != 0) look_up_v4(context, batch, packets);
    if (packets.v6 != 0) look_up_v6(context, batch, packets);
    Judge judge(context, batch, packets);
    for (std::uint64_t rest = packets.v4 | packets.v6; rest; rest &= rest - 1) {
        const auto i = static_cast<unsigned>(__builtin_ctzll(rest));
        if (!judge.waves_through(i)) judge.judge(i);
    }
}

}  // namespace baton::stage
