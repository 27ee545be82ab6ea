// SPDX-License-Identifier: Apache-2.0
#include "bench/tester/frame.h"

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

#include <cstring>

#include "sync/base/crc32c.h"

namespace baton::tester {
namespace {

constexpr std::size_t ip_size = 20, udp_size = 8;
constexpr std::size_t stamp_at = 2 + ip_size + udp_size;  // from the EtherType
constexpr std::size_t crc_at = stamp_at + 14;
constexpr std::size_t payload_at = crc_at + 4;

std::uint64_t load(const std::uint8_t* at, int size) {
    std::uint64_t value = 0;
    for (int i = 0; i < size; ++i) value = value << 8 | at[i];
    return value;
}

/// Writes `value`, network order, and steps past it. Sizes are fixed by the mould, so no bounds are looked after.
void put(std::uint8_t*& at, std::uint64_t value, int size) {
    for (int i = size - 1; i >= 0; --i, value >>= 8) at[i] = static_cast<std::uint8_t>(value);
    at += size;
}

std::uint16_t ip_checksum(const std::uint8_t* header) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < ip_size; i += 2) sum += static_cast<std::uint32_t>(load(header + i, 2));
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

/// Over the addresses and everything from the EtherType on, but for the CRC itself. `type` points at the EtherType.
std::uint32_t crc_of(const std::uint8_t* frame, const std::uint8_t* type, std::size_t rest) {
    std::uint32_t crc = fast_crc32c({frame, 12});
    crc = fast_crc32c({type, crc_at}, crc);
    return fast_crc32c({type + payload_at, rest - payload_at}, crc);
}

/// Two of three signs suffice, so that one wrong byte does not hide a frame of ours among the foreign ones.
bool looks_like_ours(std::span<const std::uint8_t> frame, std::size_t type_at, std::uint16_t run) {
    if (frame.size() < type_at + payload_at) return false;
    const auto* udp = frame.data() + type_at + 2 + ip_size;
    return (load(udp, 2) == udp_port) + (load(udp + 2, 2) == udp_port) +
               (load(frame.data() + type_at + stamp_at, 2) == run) >=
           2;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t crc32c_by_cpu(std::span<const std::uint8_t> bytes, std::uint32_t crc) {
    std::uint64_t wide = ~crc;
    const auto* at = bytes.data();
    std::size_t left = bytes.size();
    for (; left >= 8; left -= 8, at += 8) {
        std::uint64_t word;
        std::memcpy(&word, at, 8);
        wide = _mm_crc32_u64(wide, word);
    }
    auto narrow = static_cast<std::uint32_t>(wide);
    for (; left; --left, ++at) narrow = _mm_crc32_u8(narrow, *at);
    return ~narrow;
}
#endif

}  // namespace

std::uint32_t fast_crc32c(std::span<const std::uint8_t> bytes, std::uint32_t crc) {
#if defined(__x86_64__)
    static const bool by_cpu = __builtin_cpu_supports("sse4.2");
    if (by_cpu) return crc32c_by_cpu(bytes, crc);
#endif
    return crc32c(bytes, crc);
}

FrameMould::FrameMould(std::uint16_t flow, std::size_t size, VlanId tag)
    : bytes_(size + (tag ? 4 : 0)), type_at_(tag ? 16 : 12) {
    auto* out = bytes_.data() + 12;
    if (tag) {
        put(out, 0x8100, 2);
        put(out, tag, 2);
    }
    const auto ip_length = static_cast<std::uint16_t>(size - 14);
    const std::uint32_t flow_low = flow & flow_mask;
    put(out, 0x0800, 2);
    put(out, 0x4500, 2);
    put(out, ip_length, 2);
    put(out, 0x00004000, 4);  // do not fragment
    put(out, 0x4011, 2);      // time to live 64, UDP
    put(out, 0, 2);
    put(out, 0xc6120000 | flow_low, 4);
    put(out, 0xc6130000 | flow_low, 4);
    put(out, udp_port, 2);
    put(out, udp_port, 2);
    put(out, ip_length - ip_size, 2);
    put(out, 0, 2);
    auto* ip = bytes_.data() + type_at_ + 2;
    const auto checksum = ip_checksum(ip);
    ip[10] = static_cast<std::uint8_t>(checksum >> 8);
    ip[11] = static_cast<std::uint8_t>(checksum);
    for (std::size_t i = type_at_ + payload_at; i < bytes_.size(); ++i)
        bytes_[i] = static_cast<std::uint8_t>(i * 7 + flow);
}

void FrameMould::cast(std::uint8_t* into, const Mac& to, const Mac& from, const Stamp& stamp) const {
    std::memcpy(into + 12, bytes_.data() + 12, bytes_.size() - 12);
    std::memcpy(into, to.bytes.data(), 6);
    std::memcpy(into + 6, from.bytes.data(), 6);
    auto* type = into + type_at_;
    auto* out = type + stamp_at;
    put(out, stamp.run, 2);
    put(out, stamp.flow, 2);
    put(out, stamp.sequence, 6);
    put(out, stamp.sent, 4);
    put(out, crc_of(into, type, bytes_.size() - type_at_), 4);
}

Looked look_at(std::span<const std::uint8_t> frame, std::optional<std::uint16_t> tag, std::uint16_t run) {
    Looked seen;
    if (frame.size() < 14) return seen;
    const bool tag_inside = load(frame.data() + 12, 2) == 0x8100;
    std::size_t type_at = tag_inside ? 16 : 12;
    if (!looks_like_ours(frame, type_at, run)) {
        type_at = tag_inside ? 12 : 16;  // a damaged EtherType or tag
        if (!looks_like_ours(frame, type_at, run)) return seen;
        seen.look = Look::corrupted;
    }
    if (tag)
        seen.tag = *tag & 0xfff;
    else if (type_at == 16)
        seen.tag = static_cast<VlanId>(load(frame.data() + 14, 2) & 0xfff);
    const auto* type = frame.data() + type_at;
    const std::size_t rest = frame.size() - type_at;
    seen.stamp.run = static_cast<std::uint16_t>(load(type + stamp_at, 2));
    seen.stamp.flow = static_cast<std::uint16_t>(load(type + stamp_at + 2, 2));
    seen.stamp.sequence = load(type + stamp_at + 4, 6);
    seen.stamp.sent = static_cast<std::uint32_t>(load(type + stamp_at + 10, 4));
    if (seen.look == Look::corrupted) return seen;
    const bool whole = load(type, 2) == 0x0800 && load(type + 4, 2) + 2 == rest &&
                       load(type + crc_at, 4) == crc_of(frame.data(), type, rest);
    seen.look = !whole ? Look::corrupted : seen.stamp.run == run ? Look::ours : Look::other_run;
    return seen;
}

}  // namespace baton::tester
