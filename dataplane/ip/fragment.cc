// SPDX-License-Identifier: Apache-2.0
#include "dataplane/ip/fragment.h"

#include <algorithm>
#include <cstring>

#include "dataplane/ip/checksum.h"
#include "dataplane/ip/header.h"

namespace baton::ip {
namespace {

constexpr unsigned longest_header = 60;

/// The header of the pieces behind the first: options that say so are copied (RFC 791 3.1), the others are not.
struct LaterHeader {
    std::uint8_t bytes[longest_header] = {};
    unsigned size = v4_header;

    LaterHeader(const std::uint8_t* header, unsigned whole) {
        std::memcpy(bytes, header, v4_header);
        for (unsigned at = v4_header; at < whole;) {
            const std::uint8_t kind = header[at];
            if (kind == 0) break;
            const unsigned length = kind == 1 || at + 1 >= whole ? 1 : std::max<unsigned>(header[at + 1], 2);
            if (at + length > whole) break;
            if (kind & 0x80) {
                std::memcpy(bytes + size, header + at, length);
                size += length;
            }
            at += length;
        }
        size = (size + 3) & ~3u;  // padded with ends of options, which are zeros
        bytes[0] = static_cast<std::uint8_t>(0x40 | size / 4);
    }
};

}  // namespace

Drop fragment(const rte_mbuf* packet, unsigned offset, unsigned mtu, rte_mempool* pool, Fragments& into) {
    const auto* frame = rte_pktmbuf_mtod(packet, const std::uint8_t*);
    const V4 header{frame + offset};
    const unsigned first_size = header.header_size();
    const unsigned payload = header.total_length() - first_size;
    if (mtu < first_size + 8) return Drop::too_big;
    const unsigned each = (mtu - first_size) & ~7u;
    const unsigned count = (payload + each - 1) / each;
    if (count > fragments_most || count == 0) return Drop::too_big;
    if (rte_pktmbuf_alloc_bulk(pool, into.frame, count) != 0) return Drop::no_buffer;
    into.count = count;

    const LaterHeader later(header.at, first_size);
    const std::uint16_t word = header.fragment_word();
    for (unsigned n = 0; n < count; ++n) {
        const unsigned begin = n * each, size = std::min(each, payload - begin);
        const std::uint8_t* its_header = n == 0 ? header.at : later.bytes;
        const unsigned header_size = n == 0 ? first_size : later.size;
        auto* to = reinterpret_cast<std::uint8_t*>(
            rte_pktmbuf_append(into.frame[n], static_cast<std::uint16_t>(offset + header_size + size)));
        std::memcpy(to, frame, offset);
        std::uint8_t* at = to + offset;
        std::memcpy(at, its_header, header_size);
        std::memcpy(at + header_size, header.at + first_size + begin, size);
        const unsigned place = (word & fragment_offset) + begin / 8;
        const bool last = n == count - 1 && !(word & more_fragments);
        store_be16(at + 2, static_cast<std::uint16_t>(header_size + size));
        store_be16(at + 6, static_cast<std::uint16_t>((word & dont_fragment) | (last ? 0 : more_fragments) |
                                                      (place & fragment_offset)));
        std::memset(at + 10, 0, 2);
        const std::uint16_t check = checksum(sum_of({at, header_size}));
        std::memcpy(at + 10, &check, sizeof check);
        pad_to_least(into.frame[n]);
    }
    return Drop::count_;
}

}  // namespace baton::ip
