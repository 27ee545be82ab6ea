// SPDX-License-Identifier: Apache-2.0
#include "controlplane/arp/nd_frame.h"

#include "controlplane/arp/ethernet.h"

namespace baton::arp {
namespace {

constexpr std::uint8_t icmpv6 = 58, hop_limit = 255;
constexpr std::uint8_t router_solicitation = 133, neighbor_solicitation = 135, neighbor_advertisement = 136;
constexpr std::uint8_t option_source = 1, option_target = 2;
constexpr std::uint32_t flag_router = 1u << 31, flag_solicited = 1u << 30, flag_override = 1u << 29;
constexpr std::size_t message_size = 24 + 8;  // solicitation or advertisement with one option
constexpr IpAddress all_nodes = IpAddress::v6(0xff02ull << 48, 1);

IpAddress take_address(ByteReader& reader) {
    const std::uint64_t high = reader.u64();
    return IpAddress::v6(high, reader.u64());
}

void put_address(ByteWriter& writer, IpAddress address) {
    writer.u64(address.bits.high);
    writer.u64(address.bits.low);
}

std::uint32_t sum(std::uint64_t word) {
    return static_cast<std::uint32_t>((word >> 48) + (word >> 32 & 0xffff) + (word >> 16 & 0xffff) + (word & 0xffff));
}

/// Over the pseudo header and the message (RFC 8200 8.1); 0 when the checksum in it is right.
std::uint16_t checksum(IpAddress source, IpAddress destination, std::span<const std::uint8_t> message) {
    std::uint32_t total = sum(source.bits.high) + sum(source.bits.low) + sum(destination.bits.high) +
                          sum(destination.bits.low) + static_cast<std::uint32_t>(message.size()) + icmpv6;
    for (std::size_t i = 0; i < message.size(); ++i)
        total += static_cast<std::uint32_t>(message[i]) << (i % 2 == 0 ? 8 : 0);
    while (total >> 16) total = (total & 0xffff) + (total >> 16);
    return static_cast<std::uint16_t>(~total);
}

/// ff02::1:ffXX:XXXX (RFC 4291 2.7.1).
constexpr IpAddress solicited_node(IpAddress address) {
    return IpAddress::v6(0xff02ull << 48, 0x1'ff00'0000ull | (address.bits.low & 0xff'ffff));
}

/// 33:33 and the last four bytes (RFC 2464 7).
constexpr Mac group_mac(IpAddress group) {
    return Mac::of(0x3333ull << 32 | (group.bits.low & 0xffff'ffff));
}

std::vector<std::uint8_t> frame(Mac to, Mac own, IpAddress source, IpAddress destination, std::uint8_t type,
                                std::uint32_t flags, IpAddress target, std::uint8_t option) {
    std::vector<std::uint8_t> bytes(14 + 40 + message_size);
    ByteWriter writer(bytes);
    put_header(writer, to, own, type_ipv6);
    writer.u32(6u << 28);
    writer.u16(message_size);
    writer.u8(icmpv6);
    writer.u8(hop_limit);
    put_address(writer, source);
    put_address(writer, destination);
    writer.u8(type);
    writer.u8(0);
    writer.u16(0);
    writer.u32(flags);
    put_address(writer, target);
    writer.u8(option);
    writer.u8(1);
    writer.put(own.bytes);
    const std::uint16_t check = checksum(source, destination, std::span(bytes).subspan(54));
    bytes[56] = static_cast<std::uint8_t>(check >> 8);
    bytes[57] = static_cast<std::uint8_t>(check);
    return bytes;
}

struct Options {
    bool good = true;
    std::optional<Mac> source, target;
};

/// An option of length 0 spoils the message (4.6); unknown ones, and those of another size than Ethernet's, say
/// nothing.
Options take_options(ByteReader& reader) {
    Options options;
    while (reader.left() > 0) {
        const std::uint8_t type = reader.u8(), length = reader.u8();
        ByteReader value(reader.take(length == 0 ? 0 : std::size_t{length} * 8 - 2));
        if (length == 0 || !reader.ok()) return {false, {}, {}};
        if (length != 1) continue;
        const Mac mac = take_mac(value);
        if (mac.is_multicast() || mac == Mac{}) continue;
        if (type == option_source) options.source = mac;
        if (type == option_target) options.target = mac;
    }
    return options;
}

struct Packet {
    IpAddress source, destination;
    std::span<const std::uint8_t> message;
};

/// The checks that all messages have in common.
std::optional<Packet> read_packet(std::span<const std::uint8_t> frame) {
    ByteReader reader(frame);
    if (take_header(reader) != type_ipv6) return std::nullopt;
    const std::uint32_t version = reader.u32() >> 28;
    const std::uint16_t length = reader.u16();
    const std::uint8_t next = reader.u8(), hops = reader.u8();
    Packet packet;
    packet.source = take_address(reader);
    packet.destination = take_address(reader);
    packet.message = reader.take(length);
    if (!reader.ok() || version != 6 || next != icmpv6 || hops != hop_limit) return std::nullopt;
    if (checksum(packet.source, packet.destination, packet.message) != 0) return std::nullopt;
    if (packet.source.is_multicast() || packet.source.is_loopback()) return std::nullopt;
    return packet;
}

}  // namespace

std::optional<Heard> read_nd(std::span<const std::uint8_t> frame) {
    const auto packet = read_packet(frame);
    if (!packet) return std::nullopt;
    ByteReader reader(packet->message);
    const std::uint8_t type = reader.u8(), code = reader.u8();
    (void)reader.u16();
    const std::uint32_t flags = reader.u32();
    if (code != 0 || !reader.ok()) return std::nullopt;
    if (type != router_solicitation && type != neighbor_solicitation && type != neighbor_advertisement)
        return std::nullopt;
    IpAddress target{Family::ipv6, {}};
    if (type != router_solicitation) target = take_address(reader);
    if (!reader.ok()) return std::nullopt;
    const Options options = take_options(reader);
    const bool from_nobody = packet->source.is_unspecified();
    if (!options.good || target.is_multicast()) return std::nullopt;

    Heard heard;
    if (type == neighbor_advertisement) {
        heard.address = target;
        heard.mac = options.target;
        heard.confirms = flags & flag_solicited;
        heard.overrides = flags & flag_override;
        if (from_nobody || (packet->destination.is_multicast() && heard.confirms)) return std::nullopt;
        return heard;
    }
    if (from_nobody && options.source) return std::nullopt;  // 6.1.1, 7.1.1
    heard.address = packet->source;
    heard.mac = options.source;
    if (type == router_solicitation) {
        heard.asks_any_router = true;
        return heard;
    }
    if (from_nobody && packet->destination != solicited_node(target)) return std::nullopt;
    heard.asks = target;
    return heard;
}

std::vector<std::uint8_t> nd_solicitation(Mac own, IpAddress source, IpAddress target, std::optional<Mac> to) {
    const IpAddress group = solicited_node(target);
    return frame(to.value_or(group_mac(group)), own, source, to ? target : group, neighbor_solicitation, 0, target,
                 option_source);
}

std::vector<std::uint8_t> nd_announcement(Mac own, IpAddress address) {
    return frame(group_mac(all_nodes), own, address, all_nodes, neighbor_advertisement, flag_router | flag_override,
                 address, option_target);
}

}  // namespace baton::arp
