// SPDX-License-Identifier: Apache-2.0
// A token bucket: so many a second, and so many at once after a pause. Time is told by the caller, in ticks of the
// worker's clock; a bucket belongs to one worker.
#pragma once

#include <algorithm>
#include <cstdint>

namespace baton {

class Bucket {
  public:
    /// Full at first. `ticks`: in a second.
    void open(std::uint64_t ticks, std::uint32_t each_second, std::uint32_t at_once) {
        price_ = std::max<std::uint64_t>(ticks / each_second, 1);
        most_ = price_ * at_once;
        held_ = most_;
    }

    /// True: one may pass, and is paid for.
    bool take(std::uint64_t now) {
        held_ = std::min(most_, held_ + (now - last_));
        last_ = now;
        if (held_ < price_) return false;
        held_ -= price_;
        return true;
    }

  private:
    std::uint64_t price_ = 1, most_ = 0, held_ = 0, last_ = 0;  // in ticks
};

}  // namespace baton
