// SPDX-License-Identifier: Apache-2.0
// Equal pieces of the routes arena, given out and taken back by number. Memory comes in steps of 2 MB when the first
// piece of a step is used, and before the high-water mark passes it, so that whoever looks below the mark finds memory.
// Which pieces are free is not written down anywhere: whoever opens the arena finds what is linked, and the rest is
// free.
#pragma once

#include <vector>

#include "dataplane/table/stores.h"
#include "sync/layout/routes.h"
#include "sync/region/arena.h"

namespace baton {

struct RouteStores : PlainStores {
    static bool allocate(int fd, std::size_t offset, std::size_t size) { return baton::allocate(fd, offset, size); }
};

template <class Stores>
class RoutePool {
  public:
    /// Pieces of `each` bytes from `at`, `most` of them; `mark` is their high-water mark. `touched`: their memory is
    /// there.
    RoutePool(int fd, std::uint64_t at, std::uint64_t each, std::uint32_t most, std::atomic<std::uint32_t>& mark,
              bool touched = false)
        : fd_(fd), at_(at), each_(each), most_(most), mark_(&mark) {
        const std::uint64_t used = std::uint64_t{this->mark()} * each;
        there_ = touched ? most * each : (used + routes_step - 1) / routes_step * routes_step;
    }

    std::uint32_t mark() const { return mark_->load(std::memory_order_relaxed); }

    /// False when there is no room or no memory for `count` more; then nothing has changed.
    bool reserve(std::uint32_t count) {
        while (free_.size() < count) {
            const std::uint32_t next = mark();
            if (next == most_) return false;
            if ((next + 1) * each_ > there_) {
                if (!Stores::allocate(fd_, at_ + there_, routes_step)) return false;
                there_ += routes_step;
            }
            Stores::store(*mark_, next + 1);
            free_.push_back(next);
        }
        return true;
    }

    /// Of those that reserve() has made sure of.
    std::uint32_t take() {
        const std::uint32_t index = free_.back();
        free_.pop_back();
        return index;
    }

    void give(std::uint32_t index) { free_.push_back(index); }

    std::uint32_t in_use() const { return mark() - static_cast<std::uint32_t>(free_.size()); }

    /// At open: what `used` does not say yes to is free; the lowest will be taken first.
    template <class Used>
    void recover(Used&& used) {
        free_.clear();
        for (std::uint32_t index = mark(); index-- > 0;)
            if (!used(index)) free_.push_back(index);
    }

  private:
    int fd_;
    std::uint64_t at_, each_, there_ = 0;
    std::uint32_t most_;
    std::atomic<std::uint32_t>* mark_;
    std::vector<std::uint32_t> free_;
};

}  // namespace baton
