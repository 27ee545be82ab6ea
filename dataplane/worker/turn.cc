// SPDX-License-Identifier: Apache-2.0
#include <rte_cycles.h>

#include "dataplane/stage/pipeline.h"
#include "dataplane/stage/route_pipeline.h"
#include "dataplane/worker/host_path.h"
#include "dataplane/worker/own.h"
#include "dataplane/worker/retag.h"
#include "dataplane/worker/worker.h"

namespace baton {

// Once a turn and not once a frame: a port that goes down is noticed within microseconds, and no frame pays for it.
void Worker::look_at_ports() {
    PortSet256 usable;
    for (const PortId id : known_ports_) {
        const PortEntry& entry = setup_.tables->ports[id];
        if (entry.present.load(std::memory_order_relaxed) & entry.enabled.load(std::memory_order_relaxed) &
            entry.link_up.load(std::memory_order_relaxed))
            usable.add(id);
    }
    for (const auto& seat : seats_) seat->context.usable = usable;
    looking_at_vlans_ = vlans_.look(*setup_.tables, usable);
    if (looks_at_planes_) planes_.look();
}

bool Worker::receive(Seat& seat, Inlet& inlet) {
    Batch batch(setup_.fdb->begin_batch());
    const std::uint16_t count = inlet.port->receive(batch.frame, burst_size);
    if (count == 0) return false;
    batch.count = count;
    batch.ingress = inlet.id;
    batch.barred = inlet.id;
    batch.pads_short = inlet.pads_short;
    batch.max_frame = inlet.entry->max_frame;
    batch.port_vlan = inlet.entry->port_vlan.load(std::memory_order_relaxed);

    Traffic& traffic = counters_->port[inlet.id];
    const bool resetting = inlet.entry->resetting.load(std::memory_order_relaxed) != 0;
    if (inlet.entry->enabled.load(std::memory_order_relaxed) && !resetting) [[likely]] {
        run_pipeline(seat.context, batch);
    } else {
        for (unsigned i = 0; i < count; ++i) batch.bytes += batch.frame[i]->pkt_len;
        count_drop(*counters_, inlet.id, resetting ? Drop::link_reset : Drop::port_disabled, count);
        rte_pktmbuf_free_bulk(batch.frame, count);
    }
    add(traffic.rx_frames, count);
    add(traffic.rx_bytes, batch.bytes);
    return true;
}

// Frames that the host and the boards say. They are the router's own, so they belong to no port: nothing is learned
// from them, and they go to every member of their VLAN that they are for.
bool Worker::take_injected(Seat& seat) {
    Context& context = seat.context;
    Batch batch(setup_.fdb->begin_batch());
    unsigned taken = 0;
    const auto use = [&](VlanId vlan, std::span<const std::uint8_t> bytes) {
        ++taken;
        add(counters_->born, 1);
        if (vlan == 0 || vlan >= max_vlans || setup_.tables->vlans[vlan].present.load(std::memory_order_acquire) != 1)
            return count_drop(*counters_, no_port, Drop::vlan_unknown);
        rte_mbuf* frame = rte_pktmbuf_alloc(setup_.mempool);
        if (!frame) return count_shared_drop(*counters_, no_port, Drop::no_buffer);
        auto* data =
            reinterpret_cast<std::uint8_t*>(rte_pktmbuf_append(frame, static_cast<std::uint16_t>(bytes.size())));
        if (!data) return drop(*counters_, frame, no_port, Drop::oversize);
        std::memcpy(data, bytes.data(), bytes.size());
        pad_to_least(frame);
        append_own(batch, frame, vlan);
    };
    while (taken < burst_size && setup_.host->injected(use)) {
    }
    if (batch.count != 0) send_on(context, batch);
    return taken != 0;
}

// The sender has judged VLAN, tag and length; what is left is to queue the frame at its port, in order.
bool Worker::take_handed_over(Seat& seat) {
    bool any = false;
    for (rte_ring* ring : seat.handoffs) {
        void* words[burst_size];
        const unsigned count = rte_ring_sc_dequeue_burst(ring, words, burst_size, nullptr);
        for (unsigned i = 0; i < count; ++i) {
            const HandedOver handed = handed_over(words[i]);
            seat.context.outlets.push(handed.port, handed.frame);
        }
        any |= count != 0;
    }
    for (Crossing* crossing : seat.arrivals) any |= crossing->take();
    return any;
}

bool Worker::turn() {
    look_at_ports();
    bool busy = false;
    now_ = rte_rdtsc() + skipped_;
    for (const auto& seat : seats_) busy |= take_handed_over(*seat);
    if (speaker_) busy |= take_injected(*speaker_);
    for (const auto& seat : seats_) {
        seat->context.now = now_;
        if (seat->context.waiting.any()) [[unlikely]]
            tend_waiting(seat->context);
    }
    for (const auto& seat : seats_)
        for (Inlet& inlet : seat->inlets) busy |= receive(*seat, inlet);
    for (const auto& seat : seats_) seat->context.outlets.flush();

    WorkerCounters& counters = *counters_;
    if (busy) add(counters.busy_turns, 1);
    counters.turns.store(counters.turns.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    return busy | looking_at_vlans_;
}

void Worker::run(const std::atomic<bool>& stop) {
    std::atomic<std::uint64_t>& longest_ns = counters_->longest_gap_ns;
    longest_ns.store(0, std::memory_order_relaxed);
    const double ns_per_cycle = 1e9 / static_cast<double>(rte_get_tsc_hz());
    std::uint64_t longest = 0, last = rte_rdtsc();
    while (!stop.load(std::memory_order_relaxed)) {
        turn();
        const std::uint64_t now = rte_rdtsc();
        if (now - last > longest) [[unlikely]] {
            longest = now - last;
            longest_ns.store(static_cast<std::uint64_t>(static_cast<double>(longest) * ns_per_cycle),
                             std::memory_order_relaxed);
        }
        last = now;
    }
    for (const auto& seat : seats_)
        seat->context.outlets.flush();  // what a crossing made room for after its seat's turn
}

}  // namespace baton
