// SPDX-License-Identifier: Apache-2.0
// What the router itself says, on its way out: packets are routed like anybody's, but for the time to live. To an
// address that is only good on the link, and to one of this link whose MAC the table does not know (yet), it goes back
// to the MAC that it answers: so answers need no board.
#pragma once

#include "dataplane/worker/context.h"

namespace baton::agent {

/// Whence what is answered came.
struct Origin {
    VlanId vlan = 0;
    std::uint64_t mac = 0;  // 0: not known
};

inline constexpr unsigned own_offset = 14;  // of IP in what the router says: no tag

/// A new frame of the router's, `size` bytes behind the Ethernet header, zeros; null when no buffer is free (counted).
rte_mbuf* new_frame(Context& context, unsigned size);

/// Sends a packet, IP at own_offset; whatever happens, it is accounted for, as born and then sent or dropped.
void speak(Context& context, rte_mbuf* frame, Family family, const Origin& to);

/// The same straight to that MAC, whatever the routes say: what discovery says stays on its link.
void speak_to(Context& context, rte_mbuf* frame, Family family, const Origin& to);

/// Sends a whole frame into the VLAN: to whom is in it.
void speak_on_link(Context& context, rte_mbuf* frame, VlanId vlan);

/// Once more what waited for its next hop; it is born already.
void speak_again(Context& context, rte_mbuf* frame, Family family, const Origin& to);

}  // namespace baton::agent
