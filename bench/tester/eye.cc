// SPDX-License-Identifier: Apache-2.0
#include "bench/tester/eye.h"

namespace baton::tester {

Looked Eye::look(unsigned end, std::span<const std::uint8_t> frame, std::optional<std::uint16_t> tag) const {
    const auto plain = look_at(frame, tag, run_);
    if (plain.look != Look::foreign || frame.size() < 18) return plain;
    const bool tag_inside = frame[12] == 0x81 && frame[13] == 0;
    const std::size_t proper = tag_inside ? 16 : 12;
    for (const std::size_t type_at : {proper, 28 - proper}) {  // the other one: a damaged EtherType or tag
        const bool v6 = frame[type_at] == 0x86;
        for (const bool family : {v6, !v6}) {
            auto seen = packet(end, frame, type_at, family);
            if (!seen) continue;
            if (type_at != proper) seen->look = Look::corrupted;
            if (tag)
                seen->tag = *tag & 0xfff;
            else if (type_at == 16)
                seen->tag = static_cast<VlanId>((frame[14] & 15) << 8 | frame[15]);
            return *seen;
        }
    }
    return plain;
}

std::optional<Looked> Eye::packet(unsigned end, std::span<const std::uint8_t> frame, std::size_t type_at,
                                  bool v6) const {
    const auto number = flow_of_packet(frame, type_at, v6);
    if (!number) return std::nullopt;
    const unsigned f = *number & flow_mask;
    const bool known = f < plan_.flows.size() && plan_.flows[f].packet && plan_.flows[f].packet->source.v6() == v6;
    Packet nobody;  // the flow's number may be what was damaged
    nobody.source = nobody.destination = Ip::of(std::array<std::uint8_t, 16>{});
    nobody.source.size = nobody.destination.size = v6 ? 16 : 4;
    unsigned signs = 0;
    const auto seen = read_packet(frame, type_at, known ? *plan_.flows[f].packet : nobody, run_, signs);
    if (!seen || signs < 2) return std::nullopt;
    if (known) return judge(end, plan_.flows[f], *seen);
    Looked looked;
    looked.look = seen->stamp.run == run_ ? Look::corrupted : Look::other_run;
    looked.stamp = seen->stamp;
    return looked;
}

Looked Eye::judge(unsigned end, const FlowPlan& flow, const PacketSeen& seen) const {
    Looked looked;
    looked.stamp = seen.stamp;
    looked.stream = seen.stream;
    looked.look = !seen.whole ? Look::corrupted : seen.stamp.run != run_ ? Look::other_run : Look::ours;
    if (looked.look != Look::ours) return looked;
    looked.wrong_checksum = !seen.checksums_right;
    for (std::size_t i = 0; i < flow.to.size(); ++i) {
        if (flow.to[i].end != end) continue;
        looked.wrong_ttl = !flow.packet->echo && seen.ttl + 1 != flow.packet->ttl;
        looked.wrong_hop =
            seen.from != flow.packet->router || seen.to != flow.hops[i] || seen.reply != flow.packet->echo;
    }
    if (looked.wrong_ttl || looked.wrong_checksum) looked.look = Look::corrupted;
    return looked;
}

}  // namespace baton::tester
