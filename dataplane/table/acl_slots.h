// SPDX-License-Identifier: Apache-2.0
// The applier's hand on the acl arena: which rule lies in which slot. Every shared store goes through `Stores`, so that
// the crash test can die before each of them; what is left behind is the old set of rules or the new one.
//
//   put       a free slot: words, bases, confirmed, then in_force with the next version
//   leave     gone
//   release   free: no worker can count there any more
//   open      what is gone becomes free: the workers that could count there ended with the last process
#pragma once

#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include "dataplane/table/acl_linear.h"
#include "dataplane/table/stores.h"
#include "sync/layout/acl.h"

namespace baton {

template <class Stores = PlainStores>
class AclSlots {
  public:
    /// Reads back what is in force.
    explicit AclSlots(AclArena& arena) : arena_(&arena) {
        const std::uint32_t high = std::min(arena.high.load(std::memory_order_relaxed), max_acl_slots);
        for (std::uint32_t slot = 0; slot < high; ++slot) {
            AclEntry entry{.slot = slot};
            if (read_rule(arena.slots[slot], entry.rule, &entry.version) && is_sound(entry.rule) &&
                by_rule_.emplace(key_of(entry.rule), slot).second)
                continue;
            release(slot);
        }
        count();
    }

    std::size_t size() const { return by_rule_.size(); }

    std::optional<std::uint32_t> find(const AclRule& rule) const {
        const auto found = by_rule_.find(key_of(rule));
        return found == by_rule_.end() ? std::nullopt : std::optional(found->second);
    }

    /// Where it lies now, in force from here on; nothing when no slot is free.
    std::optional<AclEntry> put(const AclRule& rule, Term term) {
        std::uint32_t at = 0;
        if (free_.empty()) {
            at = arena_->high.load(std::memory_order_relaxed);
            if (at >= max_acl_slots) return std::nullopt;
            Stores::store(arena_->high, at + 1);
        } else {
            at = free_.back();
            free_.pop_back();
        }
        AclSlot& slot = arena_->slots[at];
        std::uint64_t words[acl_rule_words];
        std::memcpy(words, &rule, sizeof words);
        for (std::size_t i = 0; i < acl_rule_words; ++i) Stores::store(slot.words[i], words[i]);
        const AclCount counted = hits_of(*arena_, at);
        Stores::store(slot.base_frames, slot.base_frames.load(std::memory_order_relaxed) + counted.frames);
        Stores::store(slot.base_bytes, slot.base_bytes.load(std::memory_order_relaxed) + counted.bytes);
        Stores::store(slot.confirmed_term, term);
        const std::uint32_t version = AclStateWord::of(slot.state.load(std::memory_order_relaxed)).version + 1;
        Stores::store(slot.state, AclStateWord{AclState::in_force, version}.word());
        by_rule_.emplace(key_of(rule), at);
        count();
        return AclEntry{rule, at, AclStateWord::of(slot.state.load(std::memory_order_relaxed)).version};
    }

    void confirm(std::uint32_t slot, Term term) { Stores::store(arena_->slots[slot].confirmed_term, term); }

    Term confirmed(std::uint32_t slot) const {
        return arena_->slots[slot].confirmed_term.load(std::memory_order_relaxed);
    }

    /// No longer in force; the slot stays taken until it is released.
    void leave(std::uint32_t slot) {
        AclRule rule;
        if (read_rule(arena_->slots[slot], rule)) by_rule_.erase(key_of(rule));
        set_state(slot, AclState::gone);
        count();
    }

    void release(std::uint32_t slot) {
        set_state(slot, AclState::free);
        free_.push_back(slot);
    }

    /// All that is in force, by rank.
    std::vector<AclEntry> entries() const {
        std::vector<AclEntry> out;
        out.reserve(by_rule_.size());
        for (const auto& [key, slot] : by_rule_) {
            AclEntry& entry = out.emplace_back();
            entry.slot = slot;
            read_rule(arena_->slots[slot], entry.rule, &entry.version);
        }
        std::sort(out.begin(), out.end(), [](const AclEntry& a, const AclEntry& b) { return a.rank() < b.rank(); });
        return out;
    }

  private:
    static std::string key_of(const AclRule& rule) {
        return std::string(reinterpret_cast<const char*>(&rule), sizeof rule);
    }

    void set_state(std::uint32_t slot, AclState state) {
        auto& word = arena_->slots[slot].state;
        Stores::store(word, AclStateWord{state, AclStateWord::of(word.load(std::memory_order_relaxed)).version}.word());
    }

    /// For people: nobody decides by these.
    void count() {
        arena_->rules.store(static_cast<std::uint32_t>(by_rule_.size()), std::memory_order_relaxed);
        arena_->changes.fetch_add(1, std::memory_order_relaxed);
    }

    AclArena* arena_;
    std::unordered_map<std::string, std::uint32_t> by_rule_;
    std::vector<std::uint32_t> free_;
};

}  // namespace baton
