// SPDX-License-Identifier: Apache-2.0
// A sorted map whose values each say when they are due, and that knows which is the first. put() is the only way to
// change a value, so map and times cannot come to differ. find, put, erase: log n; next_due: 1.
#pragma once

#include <map>
#include <set>
#include <utility>

#include "sync/base/time.h"

namespace baton::arp {

/// `Value::due` is Time::never() for what only waits for others.
template <class Key, class Value>
class Timetable {
  public:
    const Value* find(const Key& key) const {
        const auto found = values_.find(key);
        return found == values_.end() ? nullptr : &found->second;
    }

    void put(const Key& key, const Value& value) {
        const auto [at, added] = values_.try_emplace(key, value);
        if (!added) times_.erase({at->second.due, key});
        at->second = value;
        if (value.due != Time::never()) times_.emplace(value.due, key);
    }

    bool erase(const Key& key) {
        const auto found = values_.find(key);
        if (found == values_.end()) return false;
        times_.erase({found->second.due, key});
        values_.erase(found);
        return true;
    }

    Time next_due() const { return times_.empty() ? Time::never() : times_.begin()->first; }

    /// Whose it is. Only when something is due at all.
    const Key& first_due() const { return times_.begin()->second; }

    /// Calls `is` with each key and value that is due up to `until`, in that order; the first that it is true for, or
    /// null.
    template <class Is>
    const Key* first_until(Time until, Is is) const {
        for (const auto& [due, key] : times_) {
            if (due > until) return nullptr;
            if (is(key, values_.at(key))) return &key;
        }
        return nullptr;
    }

    std::size_t size() const { return values_.size(); }

    auto begin() const { return values_.begin(); }

    auto end() const { return values_.end(); }

    friend bool operator==(const Timetable& a, const Timetable& b) { return a.values_ == b.values_; }

  private:
    std::map<Key, Value> values_;
    std::set<std::pair<Time, Key>> times_;
};

}  // namespace baton::arp
