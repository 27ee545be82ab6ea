// SPDX-License-Identifier: Apache-2.0
// Is it a packet that a router may have to do with? IPv4 by RFC 1812 5.2.2 (length, checksum, version, header length,
// total length) and 5.3.7 (addresses that no sender has, or that nobody can be reached by), with source routes refused
// (5.2.4.1 lets a router refuse them, and nobody wants them); IPv6 by RFC 8200 3 and RFC 4291. Bytes behind the
// packet's own end are cut off, so that what is said to be short is short.
#include <algorithm>

#include "dataplane/agent/icmp.h"
#include "dataplane/ip/icmp.h"
#include "dataplane/stage/stages.h"

namespace baton::stage {
namespace {

void cut_to(rte_mbuf* frame, std::uint32_t length) {
    const std::uint32_t kept = std::max(length, std::uint32_t{least_frame});
    if (frame->pkt_len <= kept) [[likely]]
        return;
    frame->pkt_len = kept;
    frame->data_len = static_cast<std::uint16_t>(kept);
}

/// RFC 791 3.1. Nothing against them, malformed, or a source route.
Drop judge_options(const std::uint8_t* options, unsigned size) {
    constexpr std::uint8_t end = 0, none = 1, loose_source_route = 131, strict_source_route = 137;
    for (unsigned at = 0; at < size && options[at] != end;) {
        if (options[at] == none) {
            ++at;
            continue;
        }
        if (options[at] == loose_source_route || options[at] == strict_source_route) return Drop::ip_options;
        if (at + 1 >= size || options[at + 1] < 2 || at + options[at + 1] > size) return Drop::ip_malformed;
        at += options[at + 1];
    }
    return Drop::count_;
}

Drop judge_v4(rte_mbuf* frame, unsigned offset) {
    const std::size_t there = frame->data_len - offset;
    const ip::V4 packet{rte_pktmbuf_mtod(frame, const std::uint8_t*) + offset};
    if (there < ip::v4_header || packet.version() != 4) return Drop::ip_malformed;
    const unsigned header = packet.header_size(), total = packet.total_length();
    if (header < ip::v4_header || total < header || total > there) return Drop::ip_malformed;
    if (header == ip::v4_header) [[likely]] {
        if (!ip::header_is_whole(packet.at)) return Drop::ip_checksum;
    } else if (ip::checksum(ip::sum_of({packet.at, header})) != 0) {
        return Drop::ip_checksum;
    }
    if (!ip::is_unicast(packet.source())) return Drop::ip_source;
    if (!ip::is_unicast(packet.destination())) return Drop::ip_destination;
    cut_to(frame, offset + total);
    if (header == ip::v4_header) [[likely]]
        return Drop::count_;
    return judge_options(packet.at + ip::v4_header, header - ip::v4_header);
}

Drop judge_v6(rte_mbuf* frame, unsigned offset, bool& link_local) {
    const std::size_t there = frame->data_len - offset;
    const ip::V6 packet{rte_pktmbuf_mtod(frame, const std::uint8_t*) + offset};
    if (there < ip::v6_header || packet.version() != 6) return Drop::ip_malformed;
    const unsigned total = ip::v6_header + packet.payload_length();
    if (total > there) return Drop::ip_malformed;
    const IpBits source = packet.source(), destination = packet.destination();
    if (!ip::is_unicast(source)) return Drop::ip_source;
    if (!ip::is_unicast(destination)) return Drop::ip_destination;
    link_local = ip::is_link_local(source) || ip::is_link_local(destination);
    cut_to(frame, offset + total);
    return Drop::count_;
}

}  // namespace

void check(Context& context, Batch& batch, Packets& packets) {
    for (std::uint64_t rest = batch.own; rest; rest &= rest - 1) {
        const auto i = static_cast<unsigned>(__builtin_ctzll(rest));
        rte_mbuf* frame = batch.frame[i];
        const unsigned offset = ip::offset_behind(batch.tag[i]);
        packets.offset[i] = static_cast<std::uint8_t>(offset);
        const bool v4 = ip::type_of(rte_pktmbuf_mtod(frame, const std::uint8_t*), batch.tag[i]) == ip::type_v4;
        bool link_local = false;
        const Drop why = v4 ? judge_v4(frame, offset) : judge_v6(frame, offset, link_local);
        if (why != Drop::count_) [[unlikely]] {
            if (why == Drop::ip_options)
                agent::refuse(context, {frame, offset, Family::ipv4, batch.vlan[i]}, agent::Refusal::source_route);
            drop_from(context, batch, i, why);
            continue;
        }
        (v4 ? packets.v4 : packets.v6) |= 1ull << i;
        packets.link_local |= static_cast<std::uint64_t>(link_local) << i;
    }
    batch.own &= ~batch.gone;
}

}  // namespace baton::stage
