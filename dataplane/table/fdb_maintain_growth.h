// SPDX-License-Identifier: Apache-2.0
// Growth, a slice at a time, and the slices' order. See fdb_maintain.h.
#pragma once

#include "dataplane/table/fdb_maintain.h"

namespace baton {

inline constexpr std::uint64_t fdb_allocation_slice = 2 << 20;  // bytes a turn that the kernel clears
inline constexpr Duration fdb_reader_grace = seconds(2);        // for a board between the shape and the words
inline constexpr Duration fdb_refused_pause = seconds(10);
inline constexpr Duration fdb_early_sweep_pause = milliseconds(100);

template <class Geometry, class Stores>
bool BasicFdbMaintenance<Geometry, Stores>::turn(Time now, const FdbWorkers& workers) {
    workers_ = workers;
    if (!told_) {
        told_ = true;
        learned_at_count_ = learned_at_sweep_ = learned_at_growth_ = workers.learned;
        full_seen_ = workers.full;
    }
    if (retiring_) retire(now);  // before growth: what it compares with was read after growth ended
    if (allocating_ != 0)
        allocate_slice();
    else if (shape().growing != 0)
        grow(slices_.growth);
    else
        consider_growth(now);
    tick(now);
    if (sweeping_) sweep(slices_.sweep);
    workers_.turns = {};  // the caller's
    return sweeping_ || is_growing();
}

template <class Geometry, class Stores>
void BasicFdbMaintenance<Geometry, Stores>::consider_growth(Time now) {
    if (refused_) {
        refused_ = false;
        growth_at_ = now + fdb_refused_pause;
    }
    const std::uint64_t slots = std::uint64_t{fdb_bucket_slots} << shape().live;
    const std::uint64_t entries = control_->entries.load(std::memory_order_relaxed);
    const std::uint64_t at_most = entries + workers_.learned - learned_at_count_;
    const bool overflowed = workers_.full != full_seen_;
    full_seen_ = workers_.full;
    // Below 0.4 an overflow is not for want of slots: it was counted before the table grew.
    if (entries * 10 > slots * 7 || (overflowed && at_most * 10 > slots * 4)) {
        if (now >= growth_at_) begin_growth();
    } else if (at_most * 10 > slots * 7 && !sweeping_ && now >= early_sweep_at_) {
        // Maybe so many live, maybe learned, flushed and learned again: count before memory is taken.
        early_sweep_at_ = now + fdb_early_sweep_pause;
        begin_sweep();
    }
}

template <class Geometry, class Stores>
void BasicFdbMaintenance<Geometry, Stores>::refuse_growth() {
    refused_ = true;
    allocating_ = 0;
    Stores::store(control_->growth_refused, control_->growth_refused.load(std::memory_order_relaxed) + 1);
}

template <class Geometry, class Stores>
bool BasicFdbMaintenance<Geometry, Stores>::begin_growth() {
    if (is_growing()) return true;
    const unsigned next = shape().live + 1;
    if (next > control_->max_bits.load(std::memory_order_relaxed)) {
        refuse_growth();
        return false;
    }
    allocating_ = next;
    allocated_ = 0;
    return true;
}

template <class Geometry, class Stores>
void BasicFdbMaintenance<Geometry, Stores>::allocate_slice() {
    const std::uint64_t offset = offset_of(allocating_), size = fdb_table_offset(allocating_);
    const std::uint64_t slice = std::min(size - allocated_, fdb_allocation_slice);
    if (!Stores::allocate(fd_, offset + allocated_, slice)) {
        if (allocated_ != 0) Stores::deallocate(fd_, offset, allocated_);
        refuse_growth();
        return;
    }
    allocated_ += slice;
    if (allocated_ < size) return;
    learned_at_growth_ = workers_.learned;
    moved_words_ = 0;
    moved_all_ = true;
    Stores::store(control_->shape, FdbShape{shape().live, allocating_, 0}.word());
    allocating_ = 0;
}

template <class Geometry, class Stores>
void BasicFdbMaintenance<Geometry, Stores>::grow(std::uint64_t buckets) {
    FdbShape now = shape();
    const View table = view();
    const std::uint64_t end = 1ull << now.live;
    for (; buckets > 0 && now.cursor < end; --buckets) {
        move_bucket(table, now.live, now.cursor);
        ++now.cursor;
        Stores::store(control_->shape, now.word());
    }
    if (now.cursor == end) finish_growth(now.growing);
}

/// Copies each word to the table of twice the size, then freezes it, so that a frozen word is known to be copied: a
/// redo passes it by. Between copy and freezing nobody reads the copy, for the cursor has not passed; if a worker
/// changes the word meanwhile the swap fails and it is copied anew. Dead words are left behind, lest freezing renew
/// their age.
template <class Geometry, class Stores>
void BasicFdbMaintenance<Geometry, Stores>::move_bucket(const View& table, unsigned bits, std::uint64_t number) {
    const auto put = [](std::atomic<std::uint64_t>& at, std::uint64_t value) {
        if (at.load(std::memory_order_relaxed) != value) Stores::store(at, value);
    };
    FdbBucket& from = bucket_at(bits, number);
    FdbBucket* const to[2] = {&bucket_at(bits + 1, 2 * number), &bucket_at(bits + 1, 2 * number + 1)};
    const std::uint64_t position = number << (fdb_mixed_bits<Geometry> - bits);
    for (unsigned slot = 0; slot < fdb_bucket_slots; ++slot)
        for (;;) {
            const FdbWord word{from.words[slot].load(std::memory_order_acquire)};
            if (word.is_frozen()) break;
            FdbWord copy;
            unsigned side = 0;
            if (!word.is_empty()) {
                const std::uint64_t mixed = table.mixed_of(word, position);
                const std::uint64_t whole = word.is_alt() ? table.second(mixed) : mixed;
                side = fdb_bucket_of<Geometry>(whole, bits + 1) & 1;
                if (table.is_live(word, static_cast<VlanId>(hash_.unmix(mixed) >> 48))) copy = word;
            }
            put(to[side]->words[slot], copy.bits);
            put(to[!side]->words[slot], 0);
            if (!Stores::swap(from.words[slot], word.bits, copy.frozen().bits)) continue;
            moved_words_ += !copy.is_empty();
            break;
        }
}

template <class Geometry, class Stores>
void BasicFdbMaintenance<Geometry, Stores>::finish_growth(unsigned bits) {
    Stores::store(control_->shape, FdbShape{bits, 0, 0}.word());
    Stores::store(control_->growths, control_->growths.load(std::memory_order_relaxed) + 1);
    place_ *= 2;
    if (moved_all_) {
        Stores::store(control_->entries, moved_words_);
        learned_at_count_ = learned_at_growth_;
    }
    moved_all_ = false;
    full_seen_ = workers_.full;
    retiring_ = true;
    retire_marked_ = false;
}

/// Gives back the tables below the live one. A worker's view lives for a turn, so whoever has passed one since growth
/// ended reads the new table; a board reads the shape anew for every bucket.
template <class Geometry, class Stores>
void BasicFdbMaintenance<Geometry, Stores>::retire(Time now) {
    if (!retire_marked_) {
        std::copy(workers_.turns.begin(), workers_.turns.end(), retire_turns_);
        retire_at_ = now + fdb_reader_grace;
        retire_marked_ = true;
        return;
    }
    if (now < retire_at_) return;
    for (std::size_t i = 0; i < workers_.turns.size(); ++i)
        if (workers_.turns[i] == retire_turns_[i]) return;
    const std::uint64_t from = offset_of(Geometry::min_bits);
    Stores::deallocate(fd_, from, offset_of(shape().live) - from);
    retiring_ = false;
}

template <class Geometry, class Stores>
void BasicFdbMaintenance<Geometry, Stores>::grow_all() {
    if (!begin_growth()) return;
    while (allocating_ != 0) allocate_slice();
    while (shape().growing != 0) grow(1 << 16);
}

}  // namespace baton
