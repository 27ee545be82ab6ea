// SPDX-License-Identifier: Apache-2.0
// The sweep and the epoch. A sweep empties words that expired or were flushed, leaves one of each address, and counts.
// It goes by live buckets, so growth may go on beside it. See fdb_maintain.h.
#pragma once

#include "dataplane/table/fdb_maintain.h"

namespace baton {

inline constexpr Duration fdb_idle_sweep =
    seconds(60);  // with aging off: so that flushed words and the count do not stay

template <class Geometry, class Stores>
void BasicFdbMaintenance<Geometry, Stores>::set_aging(std::uint32_t aging_seconds, Time now) {
    const Duration tick = nanoseconds(std::int64_t{aging_seconds} * 1'000'000'000 / 5);
    if (tick == tick_) return;  // every new master says it again; that must not put off the tick
    const bool sooner = tick_.ns == 0 || now + tick < next_tick_;
    tick_ = tick;
    if (sooner || tick.ns == 0) next_tick_ = now + (tick.ns == 0 ? fdb_idle_sweep : tick);
}

template <class Geometry, class Stores>
void BasicFdbMaintenance<Geometry, Stores>::tick(Time now) {
    if (next_tick_.ns == 0) next_tick_ = now + fdb_idle_sweep;
    // Half-way to the flush that must sweep first, so that it seldom has to: a storm of flushes is swept in slices.
    if (!sweeping_ && control_->flushes.load(std::memory_order_relaxed) >= 7) begin_sweep();
    if (now < next_tick_ || (tick_.ns != 0 && !clean_)) return;
    next_tick_ = now + (tick_.ns == 0 ? fdb_idle_sweep : tick_);
    if (tick_.ns != 0) {
        Stores::store(control_->epoch, (control_->epoch.load(std::memory_order_relaxed) + 1) % fdb_ages);
        clean_ = false;
    } else if (sweeping_) {
        return;
    }
    begin_sweep();
}

template <class Geometry, class Stores>
void BasicFdbMaintenance<Geometry, Stores>::begin_sweep() {
    sweeping_ = true;
    place_ = 0;
    counted_ = 0;
    pending_ = 0;
    flushes_before_ = control_->flushes.load(std::memory_order_relaxed);
    learned_at_sweep_ = workers_.learned;
}

template <class Geometry, class Stores>
void BasicFdbMaintenance<Geometry, Stores>::sweep(std::uint64_t buckets) {
    const std::uint64_t end = 1ull << shape().live;
    const std::uint64_t to = std::min(end, place_ + buckets);
    each_bucket(place_, to, [this](View& table, std::uint64_t position) { sweep_bucket(table, position); });
    View table = view();
    check_pending(table);
    place_ = to;
    Stores::store(control_->sweep_cursor, static_cast<std::uint32_t>(place_));
    if (place_ == end) end_sweep();
}

template <class Geometry, class Stores>
void BasicFdbMaintenance<Geometry, Stores>::sweep_bucket(View& table, std::uint64_t position) {
    FdbBucket& bucket = table.bucket(position);
    const unsigned used = ~matching(bucket, 0xfff, fdb_dest_none) & 0xff;
    for (unsigned lanes = used; lanes != 0; lanes &= lanes - 1) {
        const unsigned lane = lanes & -lanes;
        auto& at = bucket.words[__builtin_ctz(lane)];
        const FdbWord word{at.load(std::memory_order_acquire)};
        if (word.is_empty()) continue;
        const std::uint64_t mixed = table.mixed_of(word, position);
        const auto vlan = static_cast<VlanId>(hash_.unmix(mixed) >> 48);
        if (!table.is_live(word, vlan) && Stores::swap(at, word.bits, 0)) continue;  // else refreshed just now
        if (matching(bucket, fdb_name_mask, word.bits & fdb_name_mask) & used & ~lane) {
            table.leave_one(mixed, vlan);
            if (at.load(std::memory_order_acquire) == 0) continue;
        }
        ++counted_;
        if (!word.is_alt()) continue;
        table.prefetch(mixed);
        pending_mixed_[pending_++] = mixed;
        if (pending_ == std::size(pending_mixed_)) check_pending(table);
    }
}

/// Looks in the primary bucket for copies of words found in their secondary one.
template <class Geometry, class Stores>
void BasicFdbMaintenance<Geometry, Stores>::check_pending(View& table) {
    for (unsigned i = 0; i < pending_; ++i) {
        const std::uint64_t mixed = pending_mixed_[i];
        const FdbBucket& primary = table.bucket(mixed);
        if (matching(primary, fdb_name_mask, FdbWord::name(mixed, false)) & ~matching(primary, 0xfff, fdb_dest_none))
            table.leave_one(mixed, static_cast<VlanId>(hash_.unmix(mixed) >> 48));
    }
    pending_ = 0;
}

template <class Geometry, class Stores>
void BasicFdbMaintenance<Geometry, Stores>::end_sweep() {
    sweeping_ = false;
    clean_ = true;
    learned_at_count_ = learned_at_sweep_;
    Stores::store(control_->entries, counted_);
    Stores::store(control_->sweeps, control_->sweeps.load(std::memory_order_relaxed) + 1);
    Stores::store(control_->flushes, control_->flushes.load(std::memory_order_relaxed) - flushes_before_);
}

template <class Geometry, class Stores>
void BasicFdbMaintenance<Geometry, Stores>::sweep_all() {
    begin_sweep();
    while (sweeping_) sweep(1 << 16);
}

}  // namespace baton
