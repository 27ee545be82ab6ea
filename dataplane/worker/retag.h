// SPDX-License-Identifier: Apache-2.0
// The 802.1Q tag on the way out: pushed, taken off, or turned from a priority tag into the VLAN's (IEEE 802.1Q-2018
// clause 9.6). Priority bits that came in leave again wherever there is a tag to carry them. A frame that becomes
// shorter than 60 bytes is padded with zeros, as a MAC would. Works in place: never on a shared mbuf.
//
//   came with     leaves untagged     leaves tagged
//   none          as it is            tag pushed, priority 0
//   priority      tag taken off       identifier written into the tag
//   tagged        tag taken off       as it is
#pragma once

#include <rte_mbuf.h>

#include <bit>
#include <cstdint>
#include <cstring>

#include "dataplane/worker/batch.h"

namespace baton {

inline constexpr unsigned addresses_size = 12;  // destination and source
inline constexpr unsigned tag_size = 4;         // 0x8100, then priority:3 dei:1 vid:12
inline constexpr unsigned least_frame = 60;     // without FCS
inline constexpr std::uint16_t tag_type = 0x8100;

inline std::uint16_t load_be16(const std::uint8_t* at) {
    std::uint16_t value;
    std::memcpy(&value, at, sizeof value);
    return __builtin_bswap16(value);
}

/// An address of Ethernet as a number.
inline std::uint64_t load_be48(const std::uint8_t* at) {
    std::uint32_t high;
    std::memcpy(&high, at, sizeof high);
    return static_cast<std::uint64_t>(__builtin_bswap32(high)) << 16 | load_be16(at + 4);
}

inline void store_be48(std::uint8_t* at, std::uint64_t value) {
    const std::uint32_t high = __builtin_bswap32(static_cast<std::uint32_t>(value >> 16));
    std::memcpy(at, &high, sizeof high);
    const std::uint16_t low = __builtin_bswap16(static_cast<std::uint16_t>(value));
    std::memcpy(at + 4, &low, sizeof low);
}

inline void store_be16(std::uint8_t* at, std::uint16_t value) {
    value = __builtin_bswap16(value);
    std::memcpy(at, &value, sizeof value);
}

/// Zeros up to least_frame; the data room has that much in every pool that ports use.
inline void pad_to_least(rte_mbuf* frame) {
    if (frame->data_len >= least_frame) return;
    auto* data = rte_pktmbuf_mtod(frame, std::uint8_t*);
    std::memset(data + frame->data_len, 0, least_frame - frame->data_len);
    frame->data_len = least_frame;
    frame->pkt_len = least_frame;
}

inline void take_tag_off(rte_mbuf* frame) {
    auto* data = rte_pktmbuf_mtod(frame, std::uint8_t*);
    std::uint8_t addresses[addresses_size];
    std::memcpy(addresses, data, addresses_size);
    std::memcpy(data + tag_size, addresses, addresses_size);
    frame->data_off = static_cast<std::uint16_t>(frame->data_off + tag_size);
    frame->data_len = static_cast<std::uint16_t>(frame->data_len - tag_size);
    frame->pkt_len -= tag_size;
    pad_to_least(frame);
}

inline void push_tag(rte_mbuf* frame, VlanId vlan) {
    const auto* data = rte_pktmbuf_mtod(frame, const std::uint8_t*);
    std::uint8_t addresses[addresses_size];
    std::memcpy(addresses, data, addresses_size);
    frame->data_off = static_cast<std::uint16_t>(frame->data_off - tag_size);
    frame->data_len = static_cast<std::uint16_t>(frame->data_len + tag_size);
    frame->pkt_len += tag_size;
    auto* start = rte_pktmbuf_mtod(frame, std::uint8_t*);
    std::memcpy(start, addresses, addresses_size);
    store_be16(start + addresses_size, tag_type);
    store_be16(start + addresses_size + 2, vlan);
}

inline void write_identifier(rte_mbuf* frame, VlanId vlan) {
    auto* control = rte_pktmbuf_mtod(frame, std::uint8_t*) + addresses_size + 2;
    store_be16(control, static_cast<std::uint16_t>((load_be16(control) & 0xf000) | vlan));
}

/// Bytes the frame has once it is in the form wanted.
inline std::uint32_t length_as(const rte_mbuf* frame, TagForm came, bool tagged) {
    if (tagged) return frame->pkt_len + (came == TagForm::none ? tag_size : 0);
    return frame->pkt_len - (came == TagForm::none ? 0 : tag_size);
}

inline void retag(rte_mbuf* frame, TagForm came, bool tagged, VlanId vlan) {
    if (tagged) {
        if (came == TagForm::tagged) return;
        if (came == TagForm::priority) return write_identifier(frame, vlan);
        return push_tag(frame, vlan);
    }
    if (came != TagForm::none) take_tag_off(frame);
}

}  // namespace baton
