// SPDX-License-Identifier: Apache-2.0
// What the frame is: IEEE 802.3 lengths, addresses, the outer 802.1Q tag (a second tag is payload), and the addresses
// that a bridge never forwards (802.1Q-2018 table 8-1, 01-80-C2-00-00-00 to -0F). One test finds the many frames with
// nothing odd about them; only the others pay for telling oddities apart.
//
// Ports behind which no MAC pads (a kernel's tap or veth, a guest) deliver ARP in 42 bytes and a bare TCP segment
// in 54. Those are whole by their own account: such a frame is padded here, and only one that lies about its length is
// a runt.
#include <algorithm>

#include "dataplane/stage/stages.h"
#include "dataplane/worker/retag.h"

namespace baton::stage {
namespace {

constexpr std::uint64_t reserved_addresses = 0x0180c2000000;
constexpr std::uint16_t reserved_vid = 4095;

std::uint64_t load_be64(const std::uint8_t* at) {
    std::uint64_t value;
    std::memcpy(&value, at, sizeof value);
    return __builtin_bswap64(value);
}

/// The frame holds all the bytes that its own payload claims; only kinds that hosts send unpadded are known here.
bool whole_by_its_own_account(const std::uint8_t* data, std::uint32_t length) {
    std::uint32_t at = addresses_size;
    if (length < at + 2) return false;
    std::uint16_t type = load_be16(data + at);
    at += 2;
    if (type == tag_type) {
        if (length < at + tag_size) return false;
        type = load_be16(data + at + 2);
        at += tag_size;
    }
    const std::uint32_t rest = length - at;
    const std::uint8_t* payload = data + at;
    switch (type) {
        case 0x0800: return rest >= 20 && load_be16(payload + 2) <= rest;        // IPv4: total length
        case 0x86dd: return rest >= 40 && load_be16(payload + 4) + 40u <= rest;  // IPv6: payload length
        case 0x0806: return rest >= 28;                                          // ARP for IPv4 over Ethernet
        case 0x888e: return rest >= 4 && load_be16(payload + 2) + 4u <= rest;    // EAPOL: body length
        default: return type >= 3 && type <= 1500 && type <= rest;               // LLC: 802.3 length (BPDUs)
    }
}

/// Nothing wrong (short frames padded), or why it is dropped.
Drop judge_length(const Batch& batch, rte_mbuf* frame) {
    const std::uint32_t length = frame->pkt_len;
    if (frame->nb_segs != 1 || length > batch.max_frame) return Drop::oversize;
    if (length >= least_frame) return Drop::count_;
    const auto* data = rte_pktmbuf_mtod(frame, const std::uint8_t*);
    if (length >= addresses_size + 2 && length < addresses_size + 2 + tag_size &&
        load_be16(data + addresses_size) == tag_type)
        return Drop::broken_tag;
    if (!batch.pads_short || !whole_by_its_own_account(data, length)) return Drop::runt;
    pad_to_least(frame);
    return Drop::count_;
}

constexpr std::uint64_t address_bits = 0xffffffffffff;

// Only bursts that have such frames pay for telling which, and before the addresses are mixed. Dropped frames have no
// address.
void mark_own(Batch& batch, std::uint64_t router) {
    for (unsigned i = 0; i < batch.count; ++i)
        batch.own |= static_cast<std::uint64_t>((batch.dst[i] & address_bits) == router) << i;
    batch.own &= ~batch.gone;
}

void mark_groups(Batch& batch) {
    for (unsigned i = 0; i < batch.count; ++i) {
        const std::uint64_t dst = batch.dst[i] & address_bits;
        const bool reserved = (dst & ~0xfull) == reserved_addresses;
        batch.reserved |= static_cast<std::uint64_t>(reserved) << i;
        batch.group |= static_cast<std::uint64_t>(!reserved && (dst >> 40 & 1)) << i;
    }
    batch.reserved &= ~batch.gone;
    batch.group &= ~batch.gone;
}

/// From VLAN and address to what the FDB takes, and the buckets asked for. Loops of their own: the compiler mixes four
/// keys at a time (5 cycles a frame), and mixing stands between the two lots of misses, which together are more than a
/// core can have under way (4 cycles at 10,000 addresses). Keys of dropped frames are mixed too: nobody looks at them.
void mix_and_fetch(Batch& batch) {
    const FdbView fdb = batch.fdb;
    const unsigned count = batch.count;
    for (unsigned i = 0; i < count; ++i) batch.src[i] = fdb.mix(0, batch.src[i]);
    fdb.prefetch(batch.src, count);
    for (unsigned i = 0; i < count; ++i) batch.dst[i] = fdb.mix(0, batch.dst[i]);
    fdb.prefetch(batch.dst, count);
}

}  // namespace

void parse(Context& context, Batch& batch) {
    const std::uint32_t max_frame = batch.max_frame;
    const VlanId port_vlan = batch.port_vlan;
    const unsigned count = batch.count;
    const std::uint64_t router = context.tables->applier.router_mac.load(std::memory_order_relaxed);
    std::uint64_t all = 0, bytes = 0;
    bool any_own = false;
    std::uint32_t longest = 0, in_some = 0, in_all = ~0u;  // VLAN and form of tag: bits that some, that all have
    for (unsigned i = 0; i < count; ++i) {
        rte_mbuf* frame = batch.frame[i];
        const std::uint32_t length = frame->pkt_len;
        bytes += length;
        longest = std::max(longest, length);
        if (length - least_frame > max_frame - least_frame || frame->nb_segs != 1) [[unlikely]] {
            const Drop why = judge_length(batch, frame);
            if (why != Drop::count_) {
                drop_from(context, batch, i, why);
                continue;
            }
        }
        const auto* data = rte_pktmbuf_mtod(frame, const std::uint8_t*);
        const std::uint64_t dst = load_be64(data) >> 16;
        const std::uint64_t src_type = load_be64(data + 6);
        const std::uint64_t src = src_type >> 16;
        VlanId vlan = port_vlan;
        TagForm tag = TagForm::none;
        if ((src_type & 0xffff) == tag_type) {
            const auto vid = static_cast<VlanId>(load_be16(data + addresses_size + 2) & 0xfff);
            tag = vid ? TagForm::tagged : TagForm::priority;
            vlan = vid ? vid : vlan;
        }
        if ((src >> 40 & 1) || vlan == reserved_vid) [[unlikely]] {
            drop_from(context, batch, i, vlan == reserved_vid ? Drop::broken_tag : Drop::source_multicast);
            continue;
        }
        any_own |= dst == router;
        all |= dst;
        batch.vlan[i] = vlan;
        batch.tag[i] = tag;
        const std::uint32_t kind = vlan | static_cast<std::uint32_t>(tag) << 16;
        in_some |= kind;
        in_all &= kind;
        batch.dst[i] = fdb_key(vlan, dst);
        batch.src[i] = fdb_key(vlan, src);
    }
    if (any_own) mark_own(batch, router);
    if (all >> 40 & 1) mark_groups(batch);
    batch.bytes = bytes;
    batch.longest = longest;
    batch.uniform = in_some == in_all && batch.gone == 0;
    mix_and_fetch(batch);
}

}  // namespace baton::stage
