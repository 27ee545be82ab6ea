// SPDX-License-Identifier: Apache-2.0
#include "controlplane/host/acl_log.h"

#include <fmt/core.h>

#include "sync/base/bytes.h"
#include "sync/base/ip.h"
#include "sync/base/log.h"

namespace baton {

std::string describe_packet(std::span<const std::uint8_t> frame) {
    ByteReader reader(frame);
    reader.take(12);
    std::uint16_t type = reader.u16();
    if (type == 0x8100) {
        reader.u16();
        type = reader.u16();
    }
    const std::uint8_t first = reader.u8();
    if (!reader.ok() || type != 0x0800 || first >> 4 != 4 || (first & 15) < 5) return "no IPv4";
    reader.take(5);
    const bool later = (reader.u16() & 0x1fff) != 0;
    reader.u8();
    const std::uint8_t protocol = reader.u8();
    reader.u16();
    const auto source = IpAddress::v4(reader.u32()), destination = IpAddress::v4(reader.u32());
    reader.take((first & 15) * 4u - 20);
    if (!reader.ok()) return "no IPv4";
    const bool transport = protocol == 6 || protocol == 17;
    const std::string name = protocol == 6    ? "tcp"
                             : protocol == 17 ? "udp"
                             : protocol == 1  ? "icmp"
                                              : fmt::format("protocol {}", protocol);
    const std::uint16_t one = reader.u16(), other = reader.u16();
    if (later || !reader.ok() || (!transport && protocol != 1))
        return fmt::format("{} {} to {}{}", name, source.text(), destination.text(), later ? ", a later fragment" : "");
    if (protocol == 1)
        return fmt::format("icmp type {} code {} {} to {}", one >> 8, one & 0xff, source.text(), destination.text());
    return fmt::format("{} {}:{} to {}:{}", name, source.text(), one, destination.text(), other);
}

void AclLogger::take(const PuntedFrame& frame, const std::string& port, Time now) {
    PuntedRule about;
    if (frame.length < sizeof about) return;
    std::memcpy(&about, frame.bytes, sizeof about);
    held_back_ += about.held_back;
    if (!rate_.let_through(now)) {
        ++held_back_;
        return;
    }
    AclRule rule;
    std::uint32_t version = 0;
    const bool known =
        about.slot < max_acl_slots && read_rule(arena_.slots[about.slot], rule, &version) && version == about.version;
    const std::uint64_t more = std::exchange(held_back_, 0);
    log::info("access-list={} {} port={} vlan={} {}{}", known ? rule.name_view() : "deleted",
              about.denied ? "denied" : "permitted", port, frame.vlan,
              describe_packet(frame.frame().subspan(sizeof about)),
              more == 0 ? "" : fmt::format(" ({} more not told)", more));
}

}  // namespace baton
