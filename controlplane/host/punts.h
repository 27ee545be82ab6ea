// SPDX-License-Identifier: Apache-2.0
// What workers punted, read by the master and handed to whoever wants frames of that reason; the others are counted by
// destination address. The cursor lies in the board's page, so the next master goes on where this one stopped; it moves
// on only when what the frames led to lasts (the journal has it), so a master that dies in between loses none.
#pragma once

#include <algorithm>
#include <functional>
#include <map>

#include "controlplane/host/surroundings.h"
#include "sync/base/mac.h"
#include "sync/channel/punt_ring.h"

namespace baton {

class Punts {
  public:
    using Take = std::function<void(const PuntedFrame&)>;

    explicit Punts(const Surroundings& around) : around_(around) {
        for (WorkerId worker = 0; worker < max_workers; ++worker)
            around_.own.punt_cursor[worker].store(
                punt_cursor(around_.own, around_.other, worker,
                            around_.punt.written[worker].load(std::memory_order_acquire)),
                std::memory_order_release);
    }

    /// Who takes frames of that reason from now on. The same frame may come twice, if it did not settle the first time.
    void hand(PuntReason reason, Take take) { takers_[reason] = std::move(take); }

    /// `settle`: makes last what was taken; false: it could not, and the frames will come again.
    void drain(const std::function<bool()>& settle) {
        PuntedFrame frame;
        for (WorkerId worker = 0; worker < max_workers; ++worker) {
            std::uint64_t cursor = around_.own.punt_cursor[worker].load(std::memory_order_relaxed);
            const std::uint64_t first = cursor;
            while (cursor - first < punt_slots && read_punt(around_.punt, worker, cursor, frame)) take(frame);
            if (cursor == first || !settle()) continue;
            around_.own.punt_cursor[worker].store(cursor, std::memory_order_release);
        }
    }

    const std::map<Mac, std::uint64_t>& by_destination() const { return by_destination_; }

    std::uint64_t others() const { return others_; }  // beyond the 64 addresses that are told apart

  private:
    void take(const PuntedFrame& frame) {
        const auto taker = takers_.find(frame.reason);
        if (taker != takers_.end())
            taker->second(frame);
        else
            count(frame.frame());
    }

    void count(std::span<const std::uint8_t> frame) {
        Mac mac;
        if (frame.size() < mac.bytes.size()) return;
        std::copy_n(frame.begin(), mac.bytes.size(), mac.bytes.begin());
        const auto found = by_destination_.find(mac);
        if (found != by_destination_.end())
            ++found->second;
        else if (by_destination_.size() < 64)
            by_destination_.emplace(mac, 1);
        else
            ++others_;
    }

    const Surroundings& around_;
    std::map<PuntReason, Take> takers_;
    std::map<Mac, std::uint64_t> by_destination_;
    std::uint64_t others_ = 0;
};

}  // namespace baton
