// SPDX-License-Identifier: Apache-2.0
// An IPv4 packet that is longer than the next link allows, cut into pieces that fit (RFC 791 3.2): each a frame of its
// own with the whole frame's Ethernet header, copied. All of them, or none when there are not enough buffers.
#pragma once

#include <rte_mbuf.h>

#include "sync/layout/drop.h"

namespace baton::ip {

inline constexpr unsigned fragments_most = 200;  // the longest packet over the shortest link: 9198 bytes, 48 in each

struct Fragments {
    unsigned count = 0;
    rte_mbuf* frame[fragments_most];
};

/// Drop::count_: done, and `packet` is still the caller's, as it was. Otherwise why not: too_big (more pieces than
/// anybody wants), no_buffer. `offset`: where IP begins. The caller has looked at the header, and at its
/// don't-fragment bit.
Drop fragment(const rte_mbuf* packet, unsigned offset, unsigned mtu, rte_mempool* pool, Fragments& into);

}  // namespace baton::ip
