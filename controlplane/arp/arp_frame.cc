// SPDX-License-Identifier: Apache-2.0
#include "controlplane/arp/arp_frame.h"

#include "controlplane/arp/ethernet.h"

namespace baton::arp {
namespace {

constexpr std::uint16_t hardware_ethernet = 1, protocol_ipv4 = 0x0800, request = 1, reply = 2;
constexpr std::size_t frame_size = 14 + 28;

std::vector<std::uint8_t> frame(Mac to, Mac sender_mac, IpAddress sender, Mac target_mac, IpAddress target) {
    std::vector<std::uint8_t> bytes(frame_size);
    ByteWriter writer(bytes);
    put_header(writer, to, sender_mac, type_arp);
    writer.u16(hardware_ethernet);
    writer.u16(protocol_ipv4);
    writer.u8(6);
    writer.u8(4);
    writer.u16(request);
    writer.put(sender_mac.bytes);
    writer.u32(sender.bits.v4());
    writer.put(target_mac.bytes);
    writer.u32(target.bits.v4());
    return bytes;
}

}  // namespace

std::optional<Heard> read_arp(std::span<const std::uint8_t> frame) {
    ByteReader reader(frame);
    if (take_header(reader) != type_arp) return std::nullopt;
    const bool ours =
        reader.u16() == hardware_ethernet && reader.u16() == protocol_ipv4 && reader.u8() == 6 && reader.u8() == 4;
    const std::uint16_t operation = reader.u16();
    Heard heard;
    heard.mac = take_mac(reader);
    heard.address = IpAddress::v4(reader.u32());
    (void)take_mac(reader);
    heard.asks = IpAddress::v4(reader.u32());
    heard.confirms = true;
    if (!reader.ok() || !ours || (operation != request && operation != reply)) return std::nullopt;
    if (heard.mac->is_multicast() || heard.mac == Mac{}) return std::nullopt;
    return heard;
}

std::vector<std::uint8_t> arp_request(Mac own, IpAddress source, IpAddress target, std::optional<Mac> to) {
    return frame(to.value_or(broadcast), own, source, to.value_or(Mac{}), target);
}

std::vector<std::uint8_t> arp_announcement(Mac own, IpAddress address) {
    return frame(broadcast, own, address, Mac{}, address);
}

}  // namespace baton::arp
