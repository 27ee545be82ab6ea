// SPDX-License-Identifier: Apache-2.0
#include "dataplane/worker/waiting.h"

namespace baton {

Waiting::Waiting() {
    for (unsigned i = 0; i < waiting_most; ++i)
        packet_[i].next = i + 1 < waiting_most ? static_cast<std::uint16_t>(i + 1) : none;
}

Waiting::~Waiting() {
    for (unsigned h = 0; h < hops_; ++h)
        while (hop_[h].count != 0) rte_pktmbuf_free(take(hop_[h]).frame);
}

unsigned Waiting::find(const IpBits& address, std::uint32_t index) const {
    if ((addresses_ & bit_of(address)) == 0 && (indices_ & bit_of(index)) == 0) return hops_;
    for (unsigned h = 0; h < hops_; ++h)
        if (hop_[h].address == address || hop_[h].index == index) return h;
    return hops_;
}

bool Waiting::add(const IpBits& address, Family family, VlanId vlan, std::uint32_t index, const Packet& packet) {
    if (free_ == none) return false;
    unsigned h = hops_;
    if (addresses_ & bit_of(address))
        for (h = 0; h < hops_; ++h)
            if (hop_[h].address == address && hop_[h].vlan == vlan && hop_[h].family == family) break;
    if (h < hops_ && hop_[h].count == waiting_most_for_one) return false;
    if (h == hops_) {
        hop_[hops_++] = {address, family, vlan, index, 0, 0, none, none};
        addresses_ |= bit_of(address);
        indices_ |= bit_of(index);
    }
    NextHop& hop = hop_[h];
    const std::uint16_t at = free_;
    free_ = packet_[at].next;
    packet_[at] = packet;
    packet_[at].next = none;
    (hop.count == 0 ? hop.first : packet_[hop.last].next) = at;
    hop.last = at;
    ++hop.count;
    ++packets_;
    return true;
}

Waiting::Packet Waiting::take(NextHop& hop) {
    const std::uint16_t at = hop.first;
    Packet packet = packet_[at];
    hop.first = packet.next;
    --hop.count;
    --packets_;
    packet_[at].next = free_;
    free_ = at;
    packet.next = none;
    return packet;
}

void Waiting::close() {
    addresses_ = indices_ = 0;
    for (unsigned h = 0; h < hops_;) {
        if (hop_[h].count == 0) {
            hop_[h] = hop_[--hops_];
            continue;
        }
        addresses_ |= bit_of(hop_[h].address);
        indices_ |= bit_of(hop_[h].index);
        ++h;
    }
}

}  // namespace baton
