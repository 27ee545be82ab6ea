// SPDX-License-Identifier: Apache-2.0
// The way of frames from one module to another: a ring for each plane, from one seat (a module on a worker) to another.
// Frames between ports of one module never come here; a switch of one module has no crossing and pays nothing.
//
// Which plane. By the frame's two addresses, so a conversation stays on one plane. Each flow has a home plane; while
// that is not usable it goes over another, and flows at home on the planes that remain never move.
//
// Gone planes. `usable` is what the master has programmed, `working` what the chassis says is there; a worker reads
// both once a turn. Until the master has reprogrammed, a frame that belongs on a plane that is gone is lost, and so is
// what lay in that plane's ring: each counted (Drop::fabric_lost, Crossed::lost), its buffer freed. A plane that comes
// back loses nothing: a sender uses it only once `usable` says so, which is after it was there, and a receiver asks
// whether it is there after it has seen that something lies in its ring.
//
// Order, when a flow moves to another plane and its last frames still lie in the old one's ring. Refused: waiting until
// the old ring is empty (it never is while other flows use it), and a lock. Instead the sender counts its changes of
// `usable`, and each frame carries that epoch; the receiver takes all frames of an epoch out of all the rings before
// any of the next. It knows that there are no more because epochs only rise: once it has seen a later one in some ring,
// every frame of the earlier ones lies in its ring already, so one more look at all rings that finds none of them is
// proof. Epochs are 8 bits: the receiver would have to stand still over 128 changes of the fabric to confuse two. A
// frame of an epoch that is over can only have been sent into a plane that was gone for a moment; it is lost like the
// others there.
//
//   sender:    A  1 1 1 . . . . . .      usable A and B, then only B (epoch 2), then both again (3)
//              B  1 1 2 2 2 2 3 3        taken: all 1, then B's 2, and only then what A carries of 3
//              A  . . . . . . 3 3
//
// A word in a ring: the mbuf's address, the egress port above it, the epoch in the highest bits. VLAN, tag, link and
// length have been judged by the sender; the receiver only queues the frame at its port.
#pragma once

#include <rte_mbuf.h>

#include <bit>
#include <cstdint>
#include <cstring>

#include "dataplane/fabric/plane_ring.h"
#include "sync/layout/baton.h"
#include "sync/layout/tables.h"

namespace baton {

class Outlets;

/// The fabric as a worker sees it during a turn.
class Planes {
  public:
    Planes() = default;

    Planes(const BatonPage* chassis, const Fabric* programmed) : chassis_(chassis), programmed_(programmed) {}

    /// Once a turn. In this order: who reads that a plane may be used again also reads that it is there.
    void look() {
        const std::uint32_t usable = programmed_->usable.load(std::memory_order_acquire) & all_planes;
        usable_ = usable != 0 ? usable : all_planes;
        working_ = 0;
        for (unsigned plane = 0; plane < plane_count; ++plane)
            working_ |= static_cast<std::uint32_t>(there(plane)) << plane;
    }

    std::uint32_t usable() const { return usable_; }  // programmed by the master

    bool working(unsigned plane) const { return working_ >> plane & 1; }  // as of look()

    bool there(unsigned plane) const {  // as of now
        return chassis_->plane[plane].load(std::memory_order_acquire) == PlaneState::working;
    }

  private:
    const BatonPage* chassis_ = nullptr;
    const Fabric* programmed_ = nullptr;
    std::uint32_t usable_ = all_planes, working_ = 0;
};

/// The same for all frames between two addresses in one direction, whatever their tags.
inline std::uint32_t flow_hash(const std::uint8_t* addresses) {
    std::uint64_t first, last;  // of the 12 bytes; they overlap
    std::memcpy(&first, addresses, 8);
    std::memcpy(&last, addresses + 4, 8);
    std::uint64_t mixed = first * 0x9e3779b97f4a7c15 ^ std::rotl(last * 0xc2b2ae3d27d4eb4f, 31);
    mixed ^= mixed >> 32;
    return static_cast<std::uint32_t>(mixed * 0xd6e8feb86659fd93 >> 32);
}

/// The plane of a flow; `usable` has at least one bit.
constexpr unsigned plane_of(std::uint32_t hash, std::uint32_t usable) {
    const unsigned home = hash % plane_count;
    if (usable >> home & 1) return home;
    for (unsigned n = hash / plane_count % static_cast<unsigned>(std::popcount(usable)); n > 0; --n)
        usable &= usable - 1;
    return static_cast<unsigned>(std::countr_zero(usable));
}

class alignas(64) Crossing {
  public:
    /// What an end needs of the worker that it belongs to.
    struct End {
        const Planes* planes = nullptr;
        WorkerCounters* counters = nullptr;
        FabricCounters* crossed = nullptr;
    };

    /// From and to: the modules' indices. `outlets` are the receiving seat's.
    Crossing(unsigned from, unsigned to, const End& sender, const End& receiver, Outlets& outlets)
        : from_(from), to_(to), sender_(sender), receiver_(receiver), outlets_(&outlets) {}

    /// Frees what lies in the rings; both workers have stopped.
    ~Crossing();
    Crossing(const Crossing&) = delete;
    Crossing& operator=(const Crossing&) = delete;

    /// Sender: the frames, all to that port, are the crossing's from then on.
    void send(PortId port, rte_mbuf* const* frames, unsigned count);

    /// Receiver: queues at their ports what has come over the planes; true when there was something.
    bool take();

  private:
    void send_over(unsigned plane, PortId port, std::uint64_t* words, unsigned count);
    unsigned take_epoch(unsigned plane, unsigned most);
    unsigned lose(unsigned plane, unsigned count);
    void lose_one(unsigned plane, std::uint64_t word);

    Crossed& sent(unsigned plane) const { return sender_.crossed->crossed[plane][from_][to_]; }

    Crossed& taken(unsigned plane) const { return receiver_.crossed->crossed[plane][from_][to_]; }

    unsigned from_, to_;
    End sender_, receiver_;
    Outlets* outlets_;
    PlaneRing rings_[plane_count];
    alignas(64) std::uint32_t usable_ = all_planes;  // owner: sender; of the last frame sent
    std::uint8_t sending_ = 0;                       // owner: sender; its epoch
    alignas(64) std::uint8_t taking_ = 0;            // owner: receiver; the epoch that it takes
};

}  // namespace baton
