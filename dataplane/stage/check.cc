// SPDX-License-Identifier: Apache-2.0
// Is it a packet that a router may have to do with? IPv4 by RFC 1812 5.2.2 (length, checksum, version, header length,
// total length) and 5.3.7 (addresses that no sender has, or that nobody can be reached by), with source routes refused
// (5.2.4.1 lets a router refuse them, and nobody wants them); IPv6 by RFC 8200 3 and RFC 4291. Bytes behind the
// packet's own end are cut off, so that what is said to be short is short. One test of eight packets at a time finds
// the many plain ones; only the others are judged one by one.
#include <algorithm>

#include "dataplane/agent/icmp.h"
#include "dataplane/ip/icmp.h"
#include "dataplane/ip/plain_v4.h"
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

/// Frames from `first` of which `mine` are IPv4: those that are plain, and where they all go. Their routes are asked
/// for here, so that they come while the next eight are looked at: 5 cycles a packet with a million routes.
std::uint64_t find_plain(const Context& context, const Batch& batch, Packets& packets, unsigned first, unsigned mine) {
    ip::V4Headers headers;
    const auto some = first + static_cast<unsigned>(__builtin_ctz(mine));
    for (unsigned n = 0; n < ip::plain_batch; ++n) {
        const unsigned i = mine >> n & 1 ? first + n : some;
        const rte_mbuf* frame = batch.frame[i];
        const unsigned offset = packets.offset[i];
        headers.at[n] = rte_pktmbuf_mtod(frame, const std::uint8_t*) + offset;
        headers.there[n] = frame->data_len - offset;
        headers.least[n] = least_frame - offset;
    }
    const unsigned plain = ip::plain(headers, packets.destination + first) & mine;
    context.routes.enter4(packets.destination + first, packets.slot + first, ip::plain_batch);
    return std::uint64_t{plain} << first;
}

/// Which family each is of, and where it begins. What is not IPv4 is IPv6 by now.
void sort(const Batch& batch, Packets& packets) {
    for (std::uint64_t rest = batch.own; rest; rest &= rest - 1) {
        const auto i = static_cast<unsigned>(__builtin_ctzll(rest));
        packets.offset[i] = static_cast<std::uint8_t>(ip::offset_behind(batch.tag[i]));
        const auto* data = rte_pktmbuf_mtod(batch.frame[i], const std::uint8_t*);
        packets.v4 |= static_cast<std::uint64_t>(ip::type_of(data, batch.tag[i]) == ip::type_v4) << i;
    }
    packets.v6 = batch.own & ~packets.v4;
}

void judge(Context& context, Batch& batch, Packets& packets, unsigned i) {
    rte_mbuf* frame = batch.frame[i];
    const unsigned offset = packets.offset[i];
    bool link_local = false;
    const Drop why = packets.v4 >> i & 1 ? judge_v4(frame, offset) : judge_v6(frame, offset, link_local);
    packets.link_local |= static_cast<std::uint64_t>(link_local) << i;
    if (why == Drop::count_) [[likely]]
        return;
    if (why == Drop::ip_options)
        agent::refuse(context, {frame, offset, Family::ipv4, batch.vlan[i]}, agent::Refusal::source_route);
    drop_from(context, batch, i, why);
}

}  // namespace

void check(Context& context, Batch& batch, Packets& packets) {
    sort(batch, packets);
    for (unsigned first = 0; first < batch.count; first += ip::plain_batch)
        if (const unsigned mine = packets.v4 >> first & 0xff; mine != 0)
            packets.plain |= find_plain(context, batch, packets, first, mine);
    for (std::uint64_t rest = batch.own & ~packets.plain; rest; rest &= rest - 1)
        judge(context, batch, packets, static_cast<unsigned>(__builtin_ctzll(rest)));
    packets.v4 &= ~batch.gone;
    packets.v6 &= ~batch.gone;
    batch.own &= ~batch.gone;
}

}  // namespace baton::stage
