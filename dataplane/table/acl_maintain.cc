// SPDX-License-Identifier: Apache-2.0
#include "dataplane/table/acl_maintain.h"

#include <utility>

#include "sync/base/log.h"

namespace baton {
namespace {

// A script that loads thousands of rules is compiled once it pauses, or now and then while it goes on.
constexpr Duration pause = milliseconds(2), patience = milliseconds(100);

}  // namespace

AclMaintenance::AclMaintenance(AclArena& arena, Acl& acl, AclWorkshop::Make make)
    : arena_(&arena), acl_(&acl), slots_(arena), workshop_(std::move(make)), places_(max_acl_slots, none) {
    for (AclEntry& entry : slots_.entries()) beside_.emplace(entry.rank(), std::move(entry));
    arena.image_rules.store(0, std::memory_order_relaxed);
    dirty_ = true;
    publish();
}

AclMaintenance::~AclMaintenance() {
    acl_->publish(nullptr);  // workers have stopped
}

Outcome AclMaintenance::set(const AclRule& rule, Term term) {
    if (!is_sound(rule)) return Outcome::bad_argument;
    if (const auto slot = slots_.find(rule)) {
        slots_.confirm(*slot, term);
        return Outcome::done;
    }
    const auto entry = slots_.put(rule, term);
    if (!entry) return Outcome::table_full;
    beside_.emplace(entry->rank(), *entry);
    dirty_ = true;
    return Outcome::done;
}

Outcome AclMaintenance::remove(const AclRule& rule) {
    if (!is_sound(rule)) return Outcome::bad_argument;
    const auto slot = slots_.find(rule);
    if (!slot) return Outcome::done;
    slots_.leave(*slot);
    leave(*slot, AclEntry{rule, *slot, 0}.rank());
    return Outcome::done;
}

void AclMaintenance::leave(std::uint32_t slot, std::uint64_t rank) {
    dirty_ = true;
    if (const std::uint32_t place = places_[slot]; place != none) {
        gone_[place / 64] |= 1ull << place % 64;
        ++gone_count_;
        places_[slot] = none;
    } else {
        beside_.erase(rank);
    }
    leaving_.push_back(slot);
}

std::vector<AclRule> AclMaintenance::stale(Term term) const {
    std::vector<AclRule> out;
    auto entries = slots_.entries();
    for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry)
        if (slots_.confirmed(entry->slot) < term) out.push_back(entry->rule);
    return out;
}

bool AclMaintenance::is_stale(const AclRule& rule, Term term) const {
    const auto slot = slots_.find(rule);
    return slot && slots_.confirmed(*slot) < term;
}

void AclMaintenance::publish() {
    if (!dirty_) return;
    dirty_ = false;
    changed_at_ = monotonic_now();
    if (dirty_since_ == Time{}) dirty_since_ = changed_at_;
    std::unique_ptr<const AclView> next;
    if (slots_.size() != 0) {
        std::vector<AclEntry> beside;
        beside.reserve(beside_.size());
        for (const auto& [rank, entry] : beside_) beside.push_back(entry);
        next = std::make_unique<const AclView>(image_, gone_count_ == 0 ? std::vector<std::uint64_t>() : gone_, beside);
    }
    acl_->publish(next.get());
    std::atomic_thread_fence(
        std::memory_order_seq_cst);  // whoever reads the workers' turns now reads them after the store
    retired_.push_back({std::exchange(view_, std::move(next)), std::exchange(leaving_, {}), {}});
    arena_->beside.store(static_cast<std::uint32_t>(beside_.size()), std::memory_order_relaxed);
}

bool AclMaintenance::wants_image() const {
    if (!workshop_.can_make() || workshop_.busy()) return false;
    if (slots_.size() <= few) return image_ != nullptr;  // to be done without one
    return !beside_.empty() || gone_count_ != 0;
}

void AclMaintenance::begin_image(Time now) {
    if (!wants_image() || now < retry_at_ || (now - changed_at_ < pause && now - dirty_since_ < patience)) return;
    dirty_since_ = Time{};
    began_at_change_ = arena_->changes.load(std::memory_order_relaxed);
    workshop_.begin(slots_.size() <= few ? std::vector<AclEntry>() : slots_.entries());
}

void AclMaintenance::take_image() {
    auto made = workshop_.take();
    if (!made) return;
    if (!made->image && !made->entries.empty()) {
        log::warning("acl rules={} not compiled: no memory; looking through them costs more", made->entries.size());
        arena_->images_failed.fetch_add(1, std::memory_order_relaxed);
        retry_at_ = monotonic_now() + seconds(10);
        return;
    }
    image_ = std::move(made->image);
    std::fill(places_.begin(), places_.end(), none);
    gone_.assign((made->entries.size() + 63) / 64, 0);
    gone_count_ = 0;
    for (std::uint32_t place = 0; place < made->entries.size(); ++place) {
        const AclEntry& entry = made->entries[place];
        const AclStateWord state = AclStateWord::of(arena_->slots[entry.slot].state.load(std::memory_order_relaxed));
        if (state.state == AclState::in_force && state.version == entry.version) {
            places_[entry.slot] = place;
            continue;
        }
        gone_[place / 64] |= 1ull << place % 64;  // it went while the image was made
        ++gone_count_;
    }
    beside_.clear();
    for (AclEntry& entry : slots_.entries())
        if (places_[entry.slot] == none) beside_.emplace(entry.rank(), std::move(entry));
    arena_->image_changes.store(began_at_change_, std::memory_order_relaxed);
    arena_->image_rules.store(static_cast<std::uint32_t>(made->entries.size()), std::memory_order_relaxed);
    arena_->image_ns.store(static_cast<std::uint64_t>(made->took.ns), std::memory_order_relaxed);
    arena_->images.fetch_add(1, std::memory_order_relaxed);
    const bool more = !beside_.empty() || gone_count_ != 0;
    dirty_ = true;
    publish();
    if (!more) dirty_since_ = Time{};
}

void AclMaintenance::turn(Time now, std::span<const std::uint64_t> turns) {
    give_back(turns);  // first, because `turns` were read before what follows publishes
    take_image();
    publish();
    begin_image(now);
}

/// A worker that has not ended the turn that was under way when a view was replaced may still hold it.
void AclMaintenance::give_back(std::span<const std::uint64_t> turns) {
    for (Retired& each : retired_)
        if (each.turns.empty()) each.turns.assign(turns.begin(), turns.end());
    while (!retired_.empty()) {
        Retired& oldest = retired_.front();
        for (std::size_t i = 0; i < oldest.turns.size() && i < turns.size(); ++i)
            if (turns[i] == oldest.turns[i]) return;
        for (const std::uint32_t slot : oldest.slots) slots_.release(slot);
        retired_.pop_front();
    }
}

bool AclMaintenance::compile_now() {
    publish();
    const std::uint64_t failed = arena_->images_failed.load(std::memory_order_relaxed);
    while (wants_image() || workshop_.busy()) {
        if (!workshop_.busy()) begin_image(Time::never());
        workshop_.wait();
        take_image();
        if (arena_->images_failed.load(std::memory_order_relaxed) != failed) return false;
    }
    return true;
}

}  // namespace baton
