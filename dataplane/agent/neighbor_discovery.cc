// SPDX-License-Identifier: Apache-2.0
#include "dataplane/agent/neighbor_discovery.h"

#include <cstring>

#include "dataplane/agent/own_address.h"
#include "dataplane/agent/speak.h"

namespace baton::agent {
namespace {

constexpr unsigned message_size = 24;  // of solicitations and advertisements, before their options
constexpr std::uint8_t farthest = 255;
constexpr std::uint8_t from_router = 0x80, solicited = 0x40, overrides = 0x20;  // first byte of flags
constexpr IpBits all_nodes{0xff02ull << 48, 1};
constexpr std::uint64_t all_nodes_mac = 0x333300000001;

struct Discovery {
    std::uint8_t type;
    std::uint8_t flags;
    IpBits source, destination, target;
    std::uint64_t link_address = 0;  // source's, of a solicitation; 0: not said
    bool sound = false;
};

/// Every option has a length, and lies within the message. The source's link-layer address if it is there.
bool read_options(std::span<const std::uint8_t> options, Discovery& into) {
    while (!options.empty()) {
        const std::size_t size = options.size() < 2 ? 0 : options[1] * 8u;
        if (size == 0 || size > options.size()) return false;
        if (options[0] == ip::icmp6::source_link_address && size == 8)
            into.link_address = load_be48(options.data() + 2);
        options = options.subspan(size);
    }
    return true;
}

constexpr bool is_solicited_node(const IpBits& address) {
    return address.high == 0xff02ull << 48 && address.low >> 24 == 0x1ff;
}

/// RFC 4861 7.1.1 and 7.1.2. `size`: bytes of the packet that are there; the message is at least its type.
Discovery read(ip::V6 packet, std::size_t size) {
    const std::uint8_t* at = packet.at + ip::v6_header;
    Discovery out{at[0], 0, packet.source(), packet.destination(), {}};
    const unsigned length = packet.payload_length();
    if (length < message_size || ip::v6_header + length > size) return out;
    out.flags = at[4];
    out.target = ip::load_v6(at + 8);
    if (packet.hop_limit() != farthest || at[1] != 0 || !ip::icmp6_is_whole(packet, size)) return out;
    if (!ip::is_unicast(out.target) || ip::is_multicast(out.source)) return out;
    if (!read_options({at + message_size, length - message_size}, out)) return out;
    if (out.link_address >> 40 & 1) return out;
    const bool nobody = ip::is_unspecified(out.source);
    if (out.type == ip::icmp6::neighbor_solicitation)
        out.sound = !nobody || (is_solicited_node(out.destination) && out.link_address == 0);
    else
        out.sound = !nobody && !(ip::is_multicast(out.destination) && (out.flags & solicited));
    return out;
}

void answer(Context& context, const Discovery& asked, const Origin& from) {
    constexpr unsigned option_size = 8;
    rte_mbuf* frame = new_frame(context, ip::v6_header + message_size + option_size);
    if (!frame) return;
    const std::uint64_t router = context.tables->applier.router_mac.load(std::memory_order_relaxed);
    const bool to_all = ip::is_unspecified(asked.source);
    std::uint8_t* packet = rte_pktmbuf_mtod(frame, std::uint8_t*) + own_offset;
    packet[0] = 0x60;
    store_be16(packet + 4, message_size + option_size);
    packet[6] = ip::protocol_icmp6;
    packet[7] = farthest;
    ip::store_v6(packet + 8, asked.target);
    ip::store_v6(packet + 24, to_all ? all_nodes : asked.source);
    std::uint8_t* message = packet + ip::v6_header;
    message[0] = ip::icmp6::neighbor_advertisement;
    message[4] = static_cast<std::uint8_t>(from_router | overrides | (to_all ? 0 : solicited));
    ip::store_v6(message + 8, asked.target);
    message[message_size] = ip::icmp6::target_link_address;
    message[message_size + 1] = 1;
    store_be48(message + message_size + 2, router);
    ip::seal_icmp6(packet);
    const std::uint64_t to = to_all ? all_nodes_mac : asked.link_address != 0 ? asked.link_address : from.mac;
    speak_to(context, frame, Family::ipv6, {from.vlan, to});
}

}  // namespace

Heard hear_discovery(Context& context, const Batch& batch, unsigned i) {
    const bool to_us = batch.own >> i & 1;
    const Heard not_ours = to_us ? Heard::host : Heard::bridge;
    const VlanId vlan = batch.vlan[i];
    const unsigned offset = ip::offset_behind(batch.tag[i]);
    const rte_mbuf* frame = batch.frame[i];
    const auto* data = rte_pktmbuf_mtod(frame, const std::uint8_t*);
    if (frame->data_len < offset + ip::v6_header + ip::icmp_header) return not_ours;
    const ip::V6 packet{data + offset};
    const std::uint8_t type = packet.at[ip::v6_header];
    if (packet.version() != 6 || packet.next_header() != ip::protocol_icmp6) return not_ours;
    if (type != ip::icmp6::neighbor_solicitation && type != ip::icmp6::neighbor_advertisement) return not_ours;

    const Discovery asked = read(packet, frame->data_len - offset);
    const bool ours = is_own(context, vlan, asked.target);
    const bool asks = type == ip::icmp6::neighbor_solicitation;
    if (!asked.sound) return to_us || (ours && asks) ? Heard::malformed : Heard::bridge;
    Budgets& budgets = context.budgets;
    const auto tell = [&](Bucket& budget) { return tell_master(context, batch, i, budget, PuntReason::neighbor); };
    if (asks && ours) {
        if (!ip::is_unspecified(asked.source)) tell(budgets.asked);
        answer(context, asked, {vlan, load_be48(data + 6)});
        return Heard::answered;
    }
    const bool told = tell(to_us || ours ? budgets.asked : budgets.overheard);
    if (!to_us) return Heard::bridge;
    return told ? Heard::told : Heard::untold;
}

}  // namespace baton::agent
