// SPDX-License-Identifier: Apache-2.0
// The way out of a seat (a module on a worker): for every port a short queue, sent when it is full and at the end of
// each turn. A port that this seat drives is sent to directly; for a port of the same module that another worker drives
// the frame goes, ready to send, into the single-producer ring to that worker; for a port of another module it crosses
// the fabric (dataplane/fabric/crossing.h). One queue per port for unicast and flood alike, so order within a flow is
// kept.
//
// A frame handed over travels as one word, port number above the mbuf's address, because a flooded mbuf is shared
// between ports and cannot carry the number itself.
#pragma once

#include <rte_mbuf.h>
#include <rte_ring.h>

#include <algorithm>
#include <cstdint>

#include "dataplane/fabric/crossing.h"
#include "dataplane/port/port.h"
#include "dataplane/worker/batch.h"
#include "sync/layout/tables.h"

namespace baton {

inline constexpr unsigned handoff_slots =
    2048;  // per pair of workers: 64 bursts, that is some 50 us of one worker's best

inline constexpr unsigned handoff_port_shift = 48;  // user addresses end below it

struct HandedOver {
    PortId port;
    rte_mbuf* frame;
};

inline void* hand_over_word(PortId port, rte_mbuf* frame) {
    return reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(frame) | static_cast<std::uintptr_t>(port)
                                                                                 << handoff_port_shift);
}

inline HandedOver handed_over(void* word) {
    const auto bits = reinterpret_cast<std::uintptr_t>(word);
    return {static_cast<PortId>(bits >> handoff_port_shift),
            reinterpret_cast<rte_mbuf*>(bits & ((std::uintptr_t{1} << handoff_port_shift) - 1))};
}

class Outlets {
  public:
    /// Before the loop begins: whose counters.
    void count_in(WorkerCounters* counters) { counters_ = counters; }

    /// How the frames of an outlet go on; one of them.
    struct Way {
        Port* port = nullptr;          // of this seat
        rte_ring* ring = nullptr;      // to the same module's seat on another worker
        Crossing* crossing = nullptr;  // to another module's seat
    };

    /// Before the loop begins.
    void open(PortId id, const Way& way, std::uint32_t max_frame) {
        outlets_[id].way = way;
        outlets_[id].max_frame = max_frame;
        least_max_frame_ = std::min(least_max_frame_, max_frame);
    }

    std::uint32_t max_frame(PortId id) const { return outlets_[id].max_frame; }

    std::uint32_t least_max_frame() const { return least_max_frame_; }  // what every port can send

    /// Queues a frame, which is this outlet's from then on; the caller has checked that the port is there.
    void push(PortId id, rte_mbuf* frame) {
        Outlet& outlet = outlets_[id];
        if (outlet.count == 0) waiting_.add(id);
        outlet.frames[outlet.count++] = frame;
        outlet.bytes += frame->pkt_len;
        if (outlet.count == burst_size) [[unlikely]]
            send(id);
    }

    /// Queues several; their bytes.
    std::uint64_t push(PortId id, rte_mbuf* const* frames, unsigned count) {
        Outlet& outlet = outlets_[id];
        if (outlet.count == 0) waiting_.add(id);
        std::uint64_t bytes = 0, sent = 0;
        unsigned at = outlet.count;
        for (unsigned i = 0; i < count; ++i) {
            bytes += frames[i]->pkt_len;
            outlet.frames[at++] = frames[i];
            if (at == burst_size) [[unlikely]] {
                outlet.count = burst_size;
                outlet.bytes += bytes - sent;
                sent = bytes;
                send(id);
                at = 0;
            }
        }
        outlet.count = static_cast<std::uint16_t>(at);
        outlet.bytes += bytes - sent;
        return bytes;
    }

    /// Sends all that is queued.
    void flush() {
        for (unsigned word = 0; word < 4; ++word)
            for (; waiting_.words[word]; waiting_.words[word] &= waiting_.words[word] - 1)
                send(static_cast<PortId>(word * 64 + static_cast<unsigned>(__builtin_ctzll(waiting_.words[word]))));
    }

  private:
    struct alignas(64) Outlet {
        Way way;
        std::uint32_t max_frame = 0;
        std::uint16_t count = 0;
        std::uint64_t bytes = 0;  // of `frames`
        rte_mbuf* frames[burst_size];
    };

    void send(PortId id);
    void hand_over(PortId id, Outlet& outlet, std::uint16_t count);

    WorkerCounters* counters_ = nullptr;
    std::uint32_t least_max_frame_ = UINT32_MAX;
    PortSet256 waiting_;  // ports with something queued, or lately sent because they were full
    Outlet outlets_[max_ports];
};

}  // namespace baton
