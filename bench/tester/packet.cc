// SPDX-License-Identifier: Apache-2.0
#include "bench/tester/packet.h"

#include <cstring>

namespace baton::tester {
namespace {

constexpr std::size_t l4_size = 8, stamp_size = 14, crc_size = 4;
constexpr std::uint8_t udp = 17, icmp = 1, icmp6 = 58;

std::uint64_t load(const std::uint8_t* at, int size) {
    std::uint64_t value = 0;
    for (int i = 0; i < size; ++i) value = value << 8 | at[i];
    return value;
}

void store(std::uint8_t* at, std::uint64_t value, int size) {
    for (int i = size - 1; i >= 0; --i, value >>= 8) at[i] = static_cast<std::uint8_t>(value);
}

/// The sum does not care for the order of bytes, so words are added as the CPU has them.
std::uint64_t sum_of(std::span<const std::uint8_t> bytes, std::uint64_t sum = 0) {
    std::size_t at = 0;
    for (; at + 4 <= bytes.size(); at += 4) {
        std::uint32_t word;
        std::memcpy(&word, bytes.data() + at, 4);
        sum += word;
    }
    std::uint32_t rest = 0;
    std::memcpy(&rest, bytes.data() + at, bytes.size() - at);
    return sum + rest;
}

std::uint16_t folded(std::uint64_t sum) {
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

void store_checksum(std::uint8_t* at, std::uint16_t checksum) {
    std::memcpy(at, &checksum, 2);
}

std::uint8_t protocol_of(const Packet& packet) {
    return !packet.echo ? udp : packet.source.v6() ? icmp6 : icmp;
}

/// Where things stand in a packet, from its EtherType on: to be written, or const to be read.
template <class Byte>
struct Parts {
    Byte* type;
    std::size_t rest;  // bytes from there
    bool v6;

    operator Parts<const std::uint8_t>() const { return {type, rest, v6}; }

    Byte* ip() const { return type + 2; }

    std::size_t ip_size() const { return v6 ? 40 : 20; }

    std::size_t address_size() const { return v6 ? 16 : 4; }

    Byte* source() const { return ip() + (v6 ? 8 : 12); }

    Byte* destination() const { return source() + address_size(); }

    Byte* l4() const { return ip() + ip_size(); }

    Byte* stamp() const { return l4() + l4_size; }

    Byte* crc() const { return stamp() + stamp_size; }

    Byte* payload() const { return crc() + crc_size; }

    std::size_t l4_bytes() const { return rest - 2 - ip_size(); }

    std::size_t payload_bytes() const { return l4_bytes() - l4_size - stamp_size - crc_size; }

    std::span<const std::uint8_t> address(const std::uint8_t* at) const { return {at, address_size()}; }
};

using Writing = Parts<std::uint8_t>;
using Reading = Parts<const std::uint8_t>;

/// `swapped`: an echo's answer, whose addresses are read the other way round.
std::uint32_t crc_of(const Reading& parts, bool echo, bool swapped) {
    std::uint32_t crc;
    if (echo) {
        crc = fast_crc32c(parts.address(swapped ? parts.destination() : parts.source()));
        crc = fast_crc32c(parts.address(swapped ? parts.source() : parts.destination()), crc);
        crc = fast_crc32c({parts.l4() + 4, 4}, crc);
    } else {
        std::array<std::uint8_t, 40> header;
        std::memcpy(header.data(), parts.ip(), parts.ip_size());
        header[parts.v6 ? 7 : 8] = 0;
        if (!parts.v6) header[10] = header[11] = 0;
        crc = fast_crc32c({header.data(), parts.ip_size()});
        crc = fast_crc32c({parts.l4(), 6}, crc);
    }
    crc = fast_crc32c({parts.stamp(), stamp_size}, crc);
    return fast_crc32c({parts.payload(), parts.payload_bytes()}, crc);
}

std::uint64_t pseudo_sum(std::span<const std::uint8_t> source, std::span<const std::uint8_t> destination,
                         std::uint8_t protocol, std::size_t size) {
    std::uint8_t rest[8] = {};
    store(rest, size, 4);
    rest[7] = protocol;
    return sum_of(rest, sum_of(destination, sum_of(source)));
}

/// Over the transport header and all behind it; ICMP over IPv4 has no pseudo-header.
std::uint16_t l4_checksum(const Reading& parts, std::uint8_t protocol) {
    const std::uint64_t pseudo =
        protocol == icmp
            ? 0
            : pseudo_sum(parts.address(parts.source()), parts.address(parts.destination()), protocol, parts.l4_bytes());
    return folded(sum_of({parts.l4(), parts.l4_bytes()}, pseudo));
}

std::size_t checksum_at(std::uint8_t protocol) {
    return protocol == udp ? 6 : 2;
}

/// Version, length and protocol as of a packet of ours; a UDP packet's other fields are the CRC's.
bool header_fits(const Reading& parts, std::uint8_t protocol) {
    const auto* ip = parts.ip();
    if (parts.v6)
        return load(parts.type, 2) == 0x86dd && ip[0] >> 4 == 6 && load(ip + 4, 2) == parts.l4_bytes() &&
               ip[6] == protocol;
    return load(parts.type, 2) == 0x0800 && ip[0] == 0x45 && load(ip + 2, 2) + 2 == parts.rest && ip[9] == protocol;
}

}  // namespace

std::uint16_t internet_checksum(std::span<const std::uint8_t> bytes) {
    return folded(sum_of(bytes));
}

std::uint16_t transport_checksum(const Ip& source, const Ip& destination, std::uint8_t protocol,
                                 std::span<const std::uint8_t> bytes) {
    return folded(sum_of(bytes, pseudo_sum(source.view(), destination.view(), protocol, bytes.size())));
}

PacketMould::PacketMould(const Packet& packet, std::size_t size, VlanId tag)
    : packet_(packet), bytes_(size + (tag ? 4 : 0)), type_at_(tag ? 16 : 12) {
    if (tag) {
        store(bytes_.data() + 12, 0x8100, 2);
        store(bytes_.data() + 14, tag, 2);
    }
    const Writing parts{bytes_.data() + type_at_, bytes_.size() - type_at_, packet.source.v6()};
    auto* ip = parts.ip();
    store(parts.type, parts.v6 ? 0x86dd : 0x0800, 2);
    if (parts.v6) {
        ip[0] = 0x60;
        store(ip + 4, parts.l4_bytes(), 2);
        ip[6] = protocol_of(packet);
        ip[7] = packet.ttl;
    } else {
        ip[0] = 0x45;
        store(ip + 2, parts.rest - 2, 2);
        ip[6] = 0x40;  // do not fragment
        ip[8] = packet.ttl;
        ip[9] = protocol_of(packet);
    }
    auto* l4 = parts.l4();
    if (packet.echo) {
        l4[0] = parts.v6 ? 128 : 8;
    } else {
        store(l4, packet.source_port, 2);
        store(l4 + 2, packet.destination_port, 2);
        store(l4 + 4, parts.l4_bytes(), 2);
    }
    for (std::size_t i = 0; i < parts.payload_bytes(); ++i) parts.payload()[i] = static_cast<std::uint8_t>(i * 7 + tag);
}

void PacketMould::cast(std::uint8_t* into, const Mac& from, std::uint32_t source, std::uint32_t destination,
                       const Stamp& stamp) const {
    std::memcpy(into, packet_.router.bytes.data(), 6);
    std::memcpy(into + 6, from.bytes.data(), 6);
    std::memcpy(into + 12, bytes_.data() + 12, bytes_.size() - 12);
    const Writing parts{into + type_at_, bytes_.size() - type_at_, packet_.source.v6()};
    std::memcpy(parts.source(), packet_.source.plus(source).bytes.data(), parts.address_size());
    std::memcpy(parts.destination(), packet_.destination.plus(destination).bytes.data(), parts.address_size());
    if (packet_.echo) {
        store(parts.l4() + 4, stamp.run, 2);
        store(parts.l4() + 6, stamp.sequence, 2);
    }
    store(parts.stamp(), stamp.run, 2);
    store(parts.stamp() + 2, stamp.flow, 2);
    store(parts.stamp() + 4, stamp.sequence, 6);
    store(parts.stamp() + 10, stamp.sent, 4);
    store(parts.crc(), crc_of(parts, packet_.echo, false), 4);
    const auto protocol = protocol_of(packet_);
    const auto checksum = l4_checksum(parts, protocol);
    store_checksum(parts.l4() + checksum_at(protocol), checksum == 0 && protocol == udp ? 0xffff : checksum);
    if (!parts.v6) store_checksum(parts.ip() + 10, internet_checksum({parts.ip(), 20}));
}

std::optional<std::uint16_t> flow_of_packet(std::span<const std::uint8_t> frame, std::size_t type_at, bool v6) {
    const std::size_t at = type_at + 2 + (v6 ? 40 : 20) + l4_size + 2;
    if (frame.size() < at + stamp_size - 2 + crc_size) return std::nullopt;
    return static_cast<std::uint16_t>(load(frame.data() + at, 2));
}

std::optional<PacketSeen> read_packet(std::span<const std::uint8_t> frame, std::size_t type_at, const Packet& packet,
                                      std::uint16_t run, unsigned& signs) {
    if (frame.size() < type_at + packet.least_size() - 12) return std::nullopt;
    const Reading parts{frame.data() + type_at, frame.size() - type_at, packet.source.v6()};
    const auto* l4 = parts.l4();
    PacketSeen seen;
    std::memcpy(seen.to.bytes.data(), frame.data(), 6);
    std::memcpy(seen.from.bytes.data(), frame.data() + 6, 6);
    seen.source = Ip::of(parts.address(parts.source()));
    seen.destination = Ip::of(parts.address(parts.destination()));
    seen.ttl = parts.ip()[parts.v6 ? 7 : 8];
    seen.stamp = {static_cast<std::uint16_t>(load(parts.stamp(), 2)),
                  static_cast<std::uint16_t>(load(parts.stamp() + 2, 2)), load(parts.stamp() + 4, 6),
                  static_cast<std::uint32_t>(load(parts.stamp() + 10, 4))};
    signs = seen.stamp.run == run;
    const auto protocol = protocol_of(packet);
    if (packet.echo) {
        const std::uint8_t request = parts.v6 ? 128 : 8, reply = parts.v6 ? 129 : 0;
        seen.reply = l4[0] == reply;
        signs += ((l4[0] == request || seen.reply) && l4[1] == 0) + (load(l4 + 4, 2) == run);
    } else {
        signs += (load(l4, 2) == packet.source_port) + (load(l4 + 2, 2) == packet.destination_port);
    }
    seen.whole = header_fits(parts, protocol) && load(parts.crc(), 4) == crc_of(parts, packet.echo, seen.reply);
    const bool stated = protocol != udp || load(l4 + 6, 2) != 0;  // a UDP checksum that was taken out is not right
    seen.checksums_right =
        (parts.v6 || internet_checksum({parts.ip(), 20}) == 0) && stated && l4_checksum(parts, protocol) == 0;
    const auto source = packet.source.distance(seen.reply ? seen.destination : seen.source, packet.sources);
    const auto destination =
        packet.destination.distance(seen.reply ? seen.source : seen.destination, packet.destinations);
    if (source && destination)
        seen.stream = *source * packet.destinations + *destination;
    else
        seen.whole = false;
    return seen;
}

}  // namespace baton::tester
