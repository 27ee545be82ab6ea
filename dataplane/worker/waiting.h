// SPDX-License-Identifier: Apache-2.0
// Packets that wait until the address of their next hop is known (RFC 1122 2.3.2.2 wants at least one to be kept). By
// next hop, each a list in the order in which they came, so that they leave in order. Bounded in number, by next hop
// and in time: who sends to addresses that nobody has fills his own share and no more. Owned by a seat.
//
// A packet lies here as it came, before anything was written into it: when it may go, its route is looked up again.
#pragma once

#include <rte_mbuf.h>

#include <cstdint>

#include "dataplane/worker/batch.h"
#include "sync/layout/routes.h"

namespace baton {

inline constexpr unsigned waiting_most = 256;         // packets
inline constexpr unsigned waiting_most_for_one = 16;  // of them, for the same next hop
inline constexpr unsigned waiting_seconds = 3;        // then it is dropped
inline constexpr unsigned asking_seconds = 1;         // between two questions to the master for the same next hop

class Waiting {
  public:
    struct Packet {
        rte_mbuf* frame = nullptr;
        std::uint64_t since = 0;  // Context::now
        PortId ingress = no_port;
        VlanId vlan = 0;  // where it came from
        TagForm tag{};
        std::uint8_t offset = 0;  // where IP begins
        bool own = false;         // the router's own: sent, not forwarded
        std::uint16_t next = 0;   // of the same next hop, or of the free ones
    };

    struct NextHop {
        IpBits address;
        Family family{};
        VlanId vlan = 0;          // where it is to be asked for
        std::uint32_t index = 0;  // its adjacency, or the connected subnet's
        std::uint64_t asked = 0;  // Context::now when the master was last asked
        std::uint16_t count = 0;
        std::uint16_t first = none, last = none;
    };

    Waiting();
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

    /// Gives what still waits back to its pool.
    ~Waiting();

    bool any() const { return packets_ != 0; }

    /// False: no room, and the packet is still the caller's. `asked` of a next hop that is new is 0.
    bool add(const IpBits& address, Family family, VlanId vlan, std::uint32_t index, const Packet& packet);

    unsigned hops() const { return hops_; }

    NextHop& hop(unsigned i) { return hop_[i]; }

    const Packet& packet(std::uint16_t i) const { return packet_[i]; }

    /// The next hop with this address, or that adjacency; hops(): nothing waits for it. Quick when the answer is no.
    unsigned find(const IpBits& address, std::uint32_t index) const;

    /// Takes the oldest packet out of a next hop's list, which has one. The list may be empty then: see close().
    Packet take(NextHop& hop);

    /// Forgets next hops whose lists are empty.
    void close();

    static constexpr std::uint16_t none = 0xffff;

  private:
    static std::uint64_t bit_of(const IpBits& address) {
        return 1ull << ((address.high ^ address.low ^ (address.high >> 32) ^ (address.low >> 7)) * 0x9e3779b97f4a7c15 >>
                        58);
    }

    static std::uint64_t bit_of(std::uint32_t index) { return 1ull << (index * 0x9e3779b9u >> 26); }

    unsigned packets_ = 0, hops_ = 0;
    std::uint16_t free_ = 0;
    std::uint64_t addresses_ = 0, indices_ = 0;  // a bit for each that something waits for: no bit, nothing waits
    NextHop hop_[waiting_most];
    Packet packet_[waiting_most];
};

}  // namespace baton
